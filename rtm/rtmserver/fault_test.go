package rtmserver_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestFaultRules holds rules that cannot be to one sentence that names the field.
func TestFaultRules(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	for body, want := range map[string]string{
		`{}`:                                     "effect: is required: one of drop, delay,",
		`{"effect":"burn"}`:                      `effect: must be one of drop, delay, duplicate, reorder, corrupt, error, disconnect, close, half_open, refuse, not "burn"`,
		`{"effect":"drop","api":"web"}`:          `api: must be one of customer, agent, not "web"`,
		`{"effect":"drop","direction":"up"}`:     `direction: must be one of dial, request, response, push, not "up"`,
		`{"effect":"drop","action":"sendevent"}`: `action: neither API has a method or push "sendevent"`,
		`{"effect":"drop","api":"customer","action":"list_archives"}`:       `action: the customer API does not have a method "list_archives"`,
		`{"effect":"drop","direction":"push","action":"send_event"}`:        `action: neither API has a push "send_event"`,
		`{"effect":"drop","direction":"request","action":"incoming_event"}`: `action: neither API has a method "incoming_event"`,
		`{"effect":"error"}`:                                                     "error: is required for the effect error",
		`{"effect":"error","error":"oops"}`:                                      `error: neither API has an error type "oops"`,
		`{"effect":"error","error":"groups_offline","api":"agent"}`:              `error: the agent API does not have an error type "groups_offline"`,
		`{"effect":"error","error":"internal","direction":"push"}`:               "direction: must be request or response for the effect error, not push",
		`{"effect":"disconnect"}`:                                                "reason: is required for the effect disconnect",
		`{"effect":"disconnect","reason":"bored"}`:                               `reason: neither API has a disconnect reason "bored"`,
		`{"effect":"disconnect","reason":"agent_deleted","api":"customer"}`:      `reason: the customer API does not have a disconnect reason "agent_deleted"`,
		`{"effect":"disconnect","reason":"misdirected_connection","data":"fra"}`: "data: must be an object",
		`{"effect":"disconnect","reason":"misdirected_connection","data":null}`:  "data: must be an object",
		`{"effect":"drop","reason":"internal_error"}`:                            "reason: belongs to the effect disconnect, not to drop",
		`{"effect":"delay"}`:                                                     "delay: is required for the effect delay",
		`{"effect":"delay","delay":2}`:                                           "delay: must be a string, not a number",
		`{"effect":"delay","delay":"soon"}`:                                      `delay: must be a duration such as 1.5s, not "soon"`,
		`{"effect":"delay","delay":"-1s"}`:                                       "delay: must be from 0 to 24h0m0s, not -1s",
		`{"effect":"drop","delay":"1s"}`:                                         "delay: belongs to the effect delay or reorder, not to drop",
		`{"effect":"corrupt","corrupt":"burn"}`:                                  `corrupt: must be one of truncate, flip, garbage, not "burn"`,
		`{"effect":"close","code":1006}`:                                         "code: must be a close code that can be sent, such as 1001, 1011 or 4000 to 4999, not 1006",
		`{"effect":"refuse","status":200}`:                                       "status: must be from 400 to 599, not 200",
		`{"effect":"refuse","direction":"push"}`:                                 `direction: must be dial, or request for those of the Web API, for the effect refuse, not "push"`,
		`{"effect":"drop","direction":"dial"}`:                                   "effect: drop is not possible at a dial: use one of delay, disconnect, close, half_open, refuse",
		`{"effect":"refuse","user":"x"}`:                                         "user: is not known yet at a dial",
		`{"effect":"refuse","action":"login"}`:                                   "action: a dial has none, and login is no request of the Web API",
		`{"effect":"refuse","direction":"dial","action":"get_chat"}`:             "action: a dial has none",
		`{"effect":"refuse","action":"get_chat","connection":"c1"}`:              "connection: does not exist yet",
		`{"effect":"drop","nth":-1}`:                                             "nth: must not be negative",
		`{"effect":"drop","nth":1,"every":2}`:                                    "every: must not be sent together with nth",
		`{"effect":"drop","nth":"third"}`:                                        "nth: must be a whole number that is not out of range, not a string",
		`{"effect":"drop","nth":1.5}`:                                            "nth: must be a whole number that is not out of range, not a number",
		`{"effect":"drop","probability":1.5}`:                                    "probability: must be more than 0 and 1 at most, not 1.5",
		`{"effect":"drop","organization":"x"}`:                                   `organization: there is no organization "x"`,
		`{"effect":"drop","nht":3}`:                                              "nht: there is no such field",
	} {
		code, answer := operate(t, srv, "POST", "faults", body)
		if text, _ := at(answer, "error", "message").(string); code != 400 || !strings.HasPrefix(text, want) {
			t.Errorf("%s: %d %v, want %s", body, code, answer, want)
		}
	}
	if left := srv.RTM.Faults(); len(left) != 0 {
		t.Errorf("there are %+v", left)
	}
	if _, err := srv.RTM.AddFault(rtmserver.Fault{ID: "a", Effect: "drop"}); err != nil {
		t.Error(err)
	}
	if _, err := srv.RTM.AddFault(rtmserver.Fault{ID: "a", Effect: "drop"}); err == nil || err.Error() != `rtmserver: fault: id: there is a fault "a" already` {
		t.Errorf("the same id again: %v", err)
	}
}

// TestFaultsMatch holds the counting to what the fields say.
func TestFaultsMatch(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	cu, other := customer(t, srv), customer(t, srv)
	for name, f := range map[string]rtmserver.Fault{
		"third":   {Action: "list_chats", Nth: 3},
		"every":   {Action: "list_chats", Every: 4},
		"twice":   {Action: "list_chats", Count: 2},
		"conn":    {Action: "list_chats", Connection: "c2"},
		"agents":  {API: "agent"},
		"answers": {Action: "list_chats", Direction: "response"},
	} {
		// Faults of which only the oldest acts would hide each other: each is alone.
		f.Effect, f.Delay = "delay", 1
		id := srv.Fault(t, f)
		for range 6 {
			cu.ok("list_chats", object{})
			other.ok("list_chats", object{})
		}
		have := srv.RTM.Faults()[0]
		want := map[string][2]int{"third": {12, 1}, "every": {12, 3}, "twice": {12, 2}, "conn": {6, 6}, "agents": {0, 0}, "answers": {12, 12}}[name]
		if got := [2]int{have.Matches, have.Hits}; got != want {
			t.Errorf("%s: matches and hits are %v, want %v", name, got, want)
		}
		srv.RTM.RemoveFault(id)
	}
}

// FuzzFault reads rules. One that is taken is the same when it is written and
// read again.
func FuzzFault(f *testing.F) {
	for _, s := range []string{
		`{"action":"send_event","nth":3,"effect":"error","error":"internal"}`,
		`{"direction":"dial","effect":"disconnect","reason":"misdirected_connection","data":{"region":"fra"}}`,
		`{"user":"agent1@example.com","count":1,"effect":"half_open"}`,
		`{"effect":"delay","delay":"1.5s","probability":0.5,"seed":7,"every":2}`,
		`{"effect":"corrupt","corrupt":"flip","id":"x"}`, `{"effect":"refuse","status":502}`, `{"effect":"close","code":4000}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var fault rtmserver.Fault
		if json.Unmarshal(data, &fault) != nil {
			return
		}
		srv, err := rtmserver.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Shutdown(t.Context())
		if _, err := srv.AddFault(fault); err != nil {
			if !strings.HasPrefix(err.Error(), "rtmserver: fault: ") {
				t.Errorf("the error is %v", err)
			}
			return
		}
		first := srv.Faults()
		text, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		var again []rtmserver.Fault
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if first[0].Data != nil {
			first[0].Data, again[0].Data = nil, nil // spaces are no matter
		}
		if !reflect.DeepEqual(first, again) {
			t.Errorf("%+v is read as %+v", first, again)
		}
	})
}

// FuzzJournal has frames of any kind told, and no token with them.
func FuzzJournal(f *testing.F) {
	for _, s := range []string{
		`{"action":"login","payload":{"token":"Bearer dal:x"}}`, `{"action":"login","payload":{"tok\u0065n":"Bearer dal:x"}}`,
		`{"action":"update_session","request_id":"1","payload":{"token":"Bearer dal:x","token":"dal:y"}}`,
		`{"action":"login","payload":{"token":"Bearer dal:x"`, `{"token" : "a\"b"`, `{"action":1}`, "{\"action\":\"\xff\"}", `[`, ``, `{"a":"token\":\"x"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		e := rtmserver.JournalOf(frame)
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Action  string
			Payload map[string]any
		}
		if json.Unmarshal(frame, &m) != nil || m.Action != e.Action || m.Action != "login" && m.Action != "update_session" {
			return
		}
		if token, _ := m.Payload["token"].(string); len(token) > 20 && strings.Contains(string(data), token) {
			t.Errorf("%q is told as %s", frame, data)
		}
	})
}
