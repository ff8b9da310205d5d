package agent_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/agent"
	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/internal/contract"
)

const golden = "testdata/golden.jsonl"

func TestTypesFollowTheCatalogue(t *testing.T) {
	types.Check(t, catalogue.Agent(), reflect.TypeFor[*agent.Client]())
}

func TestGoldenFramesRoundTrip(t *testing.T) {
	types.RoundTrip(t, catalogue.Agent(), types.Frames(t, golden))
}

// TestVariantsFollowTheCatalogue decodes a value of each variant of each union.
func TestVariantsFollowTheCatalogue(t *testing.T) {
	api := catalogue.Agent()
	decode := map[string]func(string) (any, error){
		"Event": func(s string) (any, error) { return agent.DecodeEvent([]byte(s)) },
		"User":  func(s string) (any, error) { return agent.DecodeUser([]byte(s)) },
		"EventInput": func(s string) (any, error) {
			var req agent.SendEventRequest
			err := req.UnmarshalJSON([]byte(`{"chat_id":"C","event":` + s + `}`))
			return req.Event, err
		},
	}
	for name, u := range api.Unions {
		if name == "Event.system.details" {
			continue // see TestSystemDetails
		}
		if decode[name] == nil {
			t.Errorf("nothing decodes %s", name)
			continue
		}
		for value, object := range u.Variants {
			v, err := decode[name](fmt.Sprintf(`{%q:%q}`, u.Discriminator, value))
			if err != nil || strings.Contains(fmt.Sprintf("%T", v), "Unknown") {
				t.Errorf("%s %s: %T, %v", name, value, v, err)
				continue
			}
			contract.Variant(t, api, object, v)
		}
		for _, object := range u.Others {
			if object != "Event.deleted" {
				t.Errorf("%s: nothing makes %s", name, object)
			}
		}
		v, err := decode[name](`{"type":"hologram","depth":[1.50]}`)
		if got := fmt.Sprintf("%T", v); err != nil || !strings.HasPrefix(got, "*agent.Unknown") {
			t.Errorf("an unknown %s is %s, %v", name, got, err)
		}
		if _, err := decode[name](`3`); err == nil || !strings.HasSuffix(err.Error(), "must be an object, not a number") {
			t.Errorf("a number for %s: %v", name, err)
		}
	}
}

func FuzzPush(f *testing.F) {
	for _, frame := range types.Frames(f, golden) {
		f.Add(frame.Payload)
	}
	makers := slices.SortedFunc(maps.Keys(types.Pushes), strings.Compare)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, action := range makers {
			contract.Stable(t, types.Pushes[action](), types.Pushes[action](), data)
		}
	})
}

func FuzzEvent(f *testing.F) {
	for _, line := range unionFrames(f) {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		event, err := agent.DecodeEvent(data)
		if err != nil || event == nil {
			return
		}
		base := event.Base()
		again, err := event.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		second, err := agent.DecodeEvent(again)
		if err != nil || reflect.TypeOf(second) != reflect.TypeOf(event) || second.Base().ID != base.ID {
			t.Fatalf("%q: %#v is %#v again: %v", data, event, second, err)
		}
	})
}

func FuzzUser(f *testing.F) {
	f.Add([]byte(`{"id":"a","type":"agent","present":true}`))
	f.Add([]byte(`{"id":"c","type":"customer","tickets":[{"ticket_id":"t"}],"session_fields":[{"a":"b"}]}`))
	f.Add([]byte(`{"id":"x","type":"robot","arms":4}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		user, err := agent.DecodeUser(data)
		if err != nil || user == nil {
			return
		}
		again, err := user.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if second, err := agent.DecodeUser(again); err != nil || second.Base().ID != user.Base().ID {
			t.Fatalf("%q: %#v is %#v again: %v", data, user, second, err)
		}
	})
}
