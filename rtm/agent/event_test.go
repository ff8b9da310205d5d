package agent_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/internal/contract"
)

// unionFrames returns the events of testdata/events.jsonl, which are written by
// hand: each type of event, template, element, button and form field, and types
// that this version does not know.
func unionFrames(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range bytes.Lines(data) {
		lines = append(lines, string(bytes.TrimRight(line, "\n")))
	}
	return lines
}

func TestEventsRoundTrip(t *testing.T) {
	for _, line := range unionFrames(t) {
		frame := `{"chat_id":"C","thread_id":"T","event":` + line + `}`
		var push agent.IncomingEvent
		if err := push.UnmarshalJSON([]byte(frame)); err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if got, err := push.MarshalJSON(); err != nil || string(got) != frame {
			t.Errorf("%v\ngot  %s\nwant %s", err, got, frame)
		}
	}
}

func event[T agent.Event](t *testing.T, id string) T {
	t.Helper()
	for _, line := range unionFrames(t) {
		e, err := agent.DecodeEvent([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := e.(T); ok && string(e.Base().ID) == id {
			return got
		}
	}
	t.Fatalf("there is no %T %s", *new(T), id)
	panic("unreachable")
}

func TestEventsByType(t *testing.T) {
	message := event[*agent.MessageEvent](t, "m1")
	if want := time.Date(2026, 3, 4, 5, 6, 7, 123_456_000, time.UTC); !message.CreatedAt.Equal(want) {
		t.Errorf("created_at = %v, want %v", message.CreatedAt, want)
	}
	if message.Text != "Grüße <b>&</b> 👋" || message.Properties["rating"]["score"] != 1 || message.Properties["rating"]["share"] != 0.5 {
		t.Errorf("message = %+v", message)
	}
	if got := string(message.Unknown.Get("mood")); got != `{"happy":1.50}` {
		t.Errorf("the unknown field is %s", got)
	}
	unknown := event[*agent.UnknownEvent](t, "u1").Base()
	if unknown.Type != "hologram" || unknown.AuthorID != "a" || unknown.CreatedAt.Nanosecond() != 1000 || unknown.Properties["n"]["k"] != true {
		t.Errorf("the base of an unknown event is %+v", unknown)
	}
	cards := event[*agent.RichMessageEvent](t, "r1")
	button := cards.Elements[0].Buttons[0]
	if button.Type != agent.ButtonTypeMessage || len(button.UserIDs) != 1 {
		t.Errorf("button = %+v", button)
	}
	answer := button.Message("T", cards.ID)
	if got, _ := answer.MarshalJSON(); string(got) != `{"type":"message","text":"yes please","postback":{"id":"p1","thread_id":"T","event_id":"r1","type":"message","value":"yes please"}}` {
		t.Errorf("the answer of a button is %s", got)
	}
	if p := button.Postback(true); !p.Toggled || p.ID != "p1" || p.ButtonType != "message" || p.ButtonValue != "yes please" {
		t.Errorf("the postback is %+v", p)
	}
	if odd := event[*agent.RichMessageEvent](t, "r5"); odd.TemplateID != "carousel" || odd.Elements[0].Buttons[0].Type != "teleport" || odd.Elements[0].Buttons[0].Unknown.Get("where") == nil {
		t.Errorf("an unknown template came out as %+v", odd)
	}
}

func TestDeletedEvents(t *testing.T) {
	gone := event[*agent.DeletedEvent](t, "d1")
	if gone.Type != agent.EventTypeMessage || gone.AuthorID != "c" || gone.Unknown.Get("why") == nil || gone.Base().CustomID != "x" {
		t.Errorf("what is left of a deleted event is %+v", gone)
	}
	if kept := event[*agent.MessageEvent](t, "d2"); kept.Text != "still here" || !kept.Deleted {
		t.Errorf("a deleted event with its content is %+v", kept)
	}
	e, err := agent.DecodeEvent([]byte(`{"id":"d3","type":"hologram","deleted":true}`))
	if _, ok := e.(*agent.DeletedEvent); !ok || err != nil {
		t.Errorf("a deleted event of an unknown type is %T, %v", e, err)
	}
	contract.Variant(t, catalogue.Agent(), "Event.deleted", gone)
}

func TestSystemDetails(t *testing.T) {
	details, err := event[*agent.SystemEvent](t, "y1").DecodeDetails()
	if got, ok := details.(*agent.SystemDetailsSummary); err != nil || !ok || got.Summary.Status != agent.SummaryStatusOk || got.RequestedBy != "a" {
		t.Errorf("details = %#v, %v", details, err)
	}
	for subtype, object := range catalogue.Agent().Union("Event.system.details").Variants {
		e := agent.SystemEvent{Subtype: agent.SystemEventSubtype(subtype), Details: "{}"}
		if details, err := e.DecodeDetails(); err != nil {
			t.Errorf("%s: %v", subtype, err)
		} else {
			contract.Variant(t, catalogue.Agent(), object, details)
		}
	}
	if details, err := (&agent.SystemEvent{Subtype: "summary", Details: `{"summary":1}`}).DecodeDetails(); err == nil {
		t.Errorf("details of another shape are %#v", details)
	}
	if details, err := (&agent.SystemEvent{Subtype: "new"}).DecodeDetails(); err == nil {
		t.Errorf("unknown details are %#v", details)
	}
}

func TestForms(t *testing.T) {
	form := event[*agent.FormEvent](t, "f1")
	var filled []agent.FilledFormField
	for _, field := range form.Fields {
		switch field.Type {
		case agent.FormFieldTypeCheckbox:
			filled = append(filled, field.Choose(field.Options...))
		case agent.FormFieldTypeRadio, agent.FormFieldTypeSelect, agent.FormFieldTypeGroupChooser:
			filled = append(filled, field.Choose(field.Options[0]))
		case agent.FormFieldTypeHeader:
		default:
			filled = append(filled, field.Fill("it's "+field.Label))
		}
	}
	data, err := json.Marshal(agent.FilledFormInput{FormID: form.FormID, Fields: filled})
	if err != nil {
		t.Fatal(err)
	}
	var back agent.FilledFormInput
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	texts, chosen := 0, 0
	for _, field := range back.Fields {
		if text, ok := field.Text(); ok && text == "it's "+field.Label {
			texts++
		}
		chosen += len(field.Chosen())
	}
	if texts != 5 || chosen != 5 {
		t.Errorf("%d texts and %d choices in %s", texts, chosen, data)
	}
	group := back.Fields[len(back.Fields)-1].Chosen()[0].GroupID
	if group == nil || *group != 0 {
		t.Errorf("group 0 got lost: %s", data)
	}
}

func TestOptionalFields(t *testing.T) {
	for _, tt := range []struct {
		v    json.Marshaler
		want string
	}{
		{agent.StartChatRequest{}, `{}`},
		{agent.StartChatRequest{Active: new(false)}, `{"active":false}`},
		{agent.ListChatsRequest{Filters: &agent.ListChatsFilters{Active: new(false)}}, `{"filters":{"active":false}}`},
		{agent.ListChatsRequest{Filters: &agent.ListChatsFilters{GroupIDs: []rtm.GroupID{0}}}, `{"filters":{"group_ids":[0]}}`},
		{agent.ListArchivesRequest{Highlights: new(agent.Highlights)}, `{"highlights":{}}`},
		{agent.SetAwayStatusRequest{}, `{"away":false}`},
		{agent.TransferChatRequest{ID: "C", Target: agent.ToGroups(0, 2)}, `{"id":"C","target":{"type":"group","ids":[0,2]}}`},
		{agent.TransferChatRequest{ID: "C", Target: agent.ToAgents("a@b.c")}, `{"id":"C","target":{"type":"agent","ids":["a@b.c"]}}`},
		{agent.SendEventRequest{}, `{}`},
		{agent.Send("C", agent.Message("hi")), `{"chat_id":"C","event":{"type":"message","text":"hi"}}`},
		{agent.Send("C", &agent.UnknownInput{JSON: json.RawMessage(`{"type":"new"}`)}), `{"chat_id":"C","event":{"type":"new"}}`},
		{agent.Resume("C"), `{"chat":{"id":"C"}}`},
		{agent.Start(agent.Message("hi")), `{"chat":{"thread":{"events":[{"type":"message","text":"hi"}]}}}`},
		{agent.Start(), `{}`},
		{agent.Token("t"), `{"token":"t"}`},
		{agent.UpdateChatPropertiesRequest{ID: "C"}, `{"id":"C","properties":{}}`},
		{agent.MarkEventsAsSeenRequest{ChatID: "C", SeenUpTo: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600))}, `{"chat_id":"C","seen_up_to":"2026-01-02T02:04:05.000006Z"}`},
		{agent.Thread{ID: "T"}, `{"id":"T","created_at":"0001-01-01T00:00:00.000000Z","active":false,"user_ids":[]}`},
	} {
		if got, err := tt.v.MarshalJSON(); err != nil || string(got) != tt.want {
			t.Errorf("%T: got %s, %v; want %s", tt.v, got, err, tt.want)
		}
	}
}

func TestDecodeNamesThePlace(t *testing.T) {
	var push agent.IncomingChat
	err := push.UnmarshalJSON([]byte(`{"chat":{"id":"C","users":[],"thread":{"events":[{"type":"message","id":"e","created_at":5}]}}}`))
	if want := "chat.thread.events[0].created_at: must be a string with an RFC 3339 time, not a number"; err == nil || err.Error() != want {
		t.Errorf("err = %v, want %s", err, want)
	}
}
