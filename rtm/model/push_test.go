package model_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/model"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// TestPushes starts each case in the customer's chat C: thread T, "hello" of
// Bob one second after epoch.
func TestPushes(t *testing.T) {
	ev := func(e string) string { return `{"chat_id":"C","thread_id":"T","event":` + e + `}` }
	tests := []struct {
		name   string
		pushes []string // action, payload, action, payload …
		lines  string   // of the timeline, joined by |
		check  func(c *chat) bool
	}{
		{name: "incoming_event", pushes: []string{"incoming_event", ev(message("T_2", "bob", "more", 2))}, lines: "sent hello|sent more",
			check: func(c *chat) bool { return c.Unread == 2 && c.UpdatedAt == at(2) }},
		{name: "a replay", pushes: []string{"incoming_event", ev(message("T_1", "bob", "HELLO", 9))}, lines: "sent hello",
			check: func(c *chat) bool { return c.Unread == 1 }},
		{name: "out of order", pushes: []string{"incoming_event", ev(message("T_3", "bob", "three", 3)), "incoming_event", ev(message("T_2", "bob", "two", 2))},
			lines: "sent hello|sent two|sent three"},
		{name: "same time, ids count", pushes: []string{
			"incoming_event", ev(message("T_10", "bob", "ten", 3)), "incoming_event", ev(message("T_9", "bob", "nine", 3)),
			"incoming_event", ev(message("T_0", "bob", "zero", 3)), "incoming_event", ev(message("A", "bob", "a", 3))},
			lines: "sent hello|sent a|sent zero|sent nine|sent ten"},
		{name: "older thread before", pushes: []string{"incoming_event", `{"chat_id":"C","thread_id":"S","event":` + message("S_1", "bob", "old", -60) + `}`},
			lines: "sent old|sent hello", check: func(c *chat) bool { return c.ThreadID == "T" && c.Timeline[0].ThreadID == "S" }},
		{name: "my own message from elsewhere", pushes: []string{"incoming_event", ev(message("T_2", "me", "mine", 2))}, lines: "sent hello|sent mine",
			check: func(c *chat) bool { return c.Unread == 0 }},
		{name: "system message", pushes: []string{"incoming_event", ev(`{"id":"T_2","type":"system_message","created_at":"` + at(2) + `","system_message_type":"x"}`)},
			lines: "sent hello|sent system_message", check: func(c *chat) bool { return c.Unread == 1 }},
		{name: "unknown type kept", pushes: []string{"incoming_event", ev(`{"id":"T_2","type":"hologram","created_at":"` + at(2) + `","beam":[1, {"x":null}]}`)},
			lines: "sent hello|sent hologram", check: func(c *chat) bool { return strings.Contains(string(c.Timeline[1].Event), `"beam":[1, {"x":null}]`) }},
		{name: "event_updated", pushes: []string{"event_updated", ev(message("T_1", "bob", "hello!", 1))}, lines: "sent hello!",
			check: func(c *chat) bool { return c.Timeline[0].Updated }},
		{name: "event_updated of an unknown event", pushes: []string{"event_updated", ev(message("S_1", "bob", "old", -60))}, lines: "sent hello"},
		{name: "event_deleted", pushes: []string{"event_deleted", `{"chat_id":"C","thread_id":"T","event_id":"T_1"}`}, lines: "sent message",
			check: func(c *chat) bool {
				return c.Unread == 0 && c.UpdatedAt == at(1) && c.Timeline[0].Deleted && !strings.Contains(string(c.Timeline[0].Event), "hello")
			}},
		{name: "chat_deactivated", pushes: []string{"chat_deactivated", `{"chat_id":"C","thread_id":"T"}`}, lines: "sent hello",
			check: func(c *chat) bool { return !c.Active }},
		{name: "chat_deactivated of an older thread", pushes: []string{"chat_deactivated", `{"chat_id":"C","thread_id":"S"}`}, lines: "sent hello",
			check: func(c *chat) bool { return c.Active }},
		{name: "incoming_chat replayed after the end", pushes: []string{"chat_deactivated", `{"chat_id":"C","thread_id":"T"}`,
			"incoming_chat", `{"chat":{"id":"C","users":` + customerUsers + `,"thread":` + thread("T", 0, true) + `}}`}, lines: "sent hello",
			check: func(c *chat) bool { return !c.Active }},
		{name: "next thread", pushes: []string{"chat_deactivated", `{"chat_id":"C","thread_id":"T"}`,
			"incoming_chat", `{"chat":{"id":"C","users":` + customerUsers + `,"thread":` + thread("U", 60, true, message("U_1", "bob", "back", 61)) + `}}`},
			lines: "sent hello|sent back", check: func(c *chat) bool { return c.Active && c.ThreadID == "U" && c.Loaded }},
		{name: "incoming_chat replayed into a queue", pushes: []string{"user_added_to_chat", `{"chat_id":"C","thread_id":"T","user":{"id":"bob","type":"agent","name":"Bob","present":true},"reason":"routing"}`,
			"incoming_chat", `{"chat":{"id":"C","users":` + customerUsers + `,"thread":{"id":"T","active":true,"created_at":"` + at(0) + `","events":[],"queue":{"position":1,"wait_time":1}}}}`},
			lines: "sent hello", check: func(c *chat) bool { return c.Active && c.Queue == nil }},
		{name: "a user who is in no list any more", pushes: []string{"incoming_chat", `{"chat":{"id":"C","users":[{"id":"me","type":"customer","present":true}],"thread":` + thread("U", 5, true) + `}}`},
			lines: "sent hello", check: func(c *chat) bool { return c.Users[0].Present && !c.Users[1].Present }},
		{name: "user_removed_from_chat", pushes: []string{"user_removed_from_chat", `{"chat_id":"C","thread_id":"T","user_id":"bob","reason":"manual"}`},
			lines: "sent hello", check: func(c *chat) bool { return len(c.Users) == 2 && !c.Users[1].Present && c.Users[1].Name == "Bob" }},
		{name: "user_added_to_chat", pushes: []string{"user_added_to_chat", `{"chat_id":"C","user":{"id":"eve","type":"agent","name":"Eve","avatar":"//a/e.png","present":true},"reason":"manual"}`},
			lines: "sent hello", check: func(c *chat) bool {
				return len(c.Users) == 3 && c.Users[2] == user{ID: "eve", Type: "agent", Name: "Eve", Avatar: "//a/e.png", Present: true}
			}},
		{name: "queue_position_updated", pushes: []string{"queue_position_updated", `{"chat_id":"C","thread_id":"T","queue":{"position":2,"wait_time":30}}`},
			lines: "sent hello", check: func(c *chat) bool { return c.Queue != nil && *c.Queue == queue{2, 30} }},
		{name: "queue, then an agent", pushes: []string{"queue_position_updated", `{"chat_id":"C","thread_id":"T","queue":{"position":2,"wait_time":30}}`,
			"user_added_to_chat", `{"chat_id":"C","thread_id":"T","user":{"id":"bob","type":"agent","name":"Bob","present":true},"reason":"routing"}`},
			lines: "sent hello", check: func(c *chat) bool { return c.Queue == nil }},
		{name: "chat_transferred into a queue", pushes: []string{"chat_transferred", `{"chat_id":"C","thread_id":"T","transferred_to":{"group_ids":[1]},"queue":{"position":1,"wait_time":9,"queued_at":"` + at(5) + `"}}`},
			lines: "sent hello", check: func(c *chat) bool { return c.Queue != nil && c.Queue.WaitTime == 9 }},
		{name: "chat_transferred to an agent", pushes: []string{"queue_position_updated", `{"chat_id":"C","thread_id":"T","queue":{"position":2,"wait_time":30}}`,
			"chat_transferred", `{"chat_id":"C","thread_id":"T","transferred_to":{"agent_ids":["bob"]}}`},
			lines: "sent hello", check: func(c *chat) bool { return c.Queue == nil }},
		{name: "events_marked_as_seen by the agent", pushes: []string{"events_marked_as_seen", `{"user_id":"bob","chat_id":"C","seen_up_to":"` + at(1) + `"}`},
			lines: "sent hello", check: func(c *chat) bool { return c.Users[1].EventsSeenUpTo == at(1) && c.Unread == 1 }},
		{name: "events_marked_as_seen by me elsewhere", pushes: []string{"events_marked_as_seen", `{"user_id":"me","chat_id":"C","seen_up_to":"` + at(1) + `"}`},
			lines: "sent hello", check: func(c *chat) bool { return c.Unread == 0 && c.Users[0].EventsSeenUpTo == at(1) }},
		{name: "customer_updated", pushes: []string{"customer_updated", `{"id":"me","name":"Anna"}`}, lines: "sent hello",
			check: func(c *chat) bool { return c.Users[0].Name == "Anna" && c.Users[0].Type == "customer" }},
		{name: "a toggle of another device", pushes: []string{"incoming_event", ev(card(`"keep","user_ids":["bob"]`)), "incoming_rich_message_postback", postback("keep", true)},
			lines: "sent hello|sent rich_message", check: func(c *chat) bool {
				return string(c.Timeline[1].Event) == card(`"keep","user_ids":["bob","me"]`) && !c.Timeline[1].Updated
			}},
		{name: "a toggle of a button that nobody had, and the event_updated after it", pushes: []string{"incoming_event", ev(card(`"keep"`)), "incoming_rich_message_postback", postback("keep", true),
			"event_updated", ev(card(`"keep","user_ids":["me","eve"]`))},
			lines: "sent hello|sent rich_message", check: func(c *chat) bool {
				return string(c.Timeline[1].Event) == card(`"keep","user_ids":["me","eve"]`) && !c.Timeline[1].Updated
			}},
		{name: "a toggle that is taken back", pushes: []string{"incoming_event", ev(card(`"keep","user_ids":["me","bob"]`)), "incoming_rich_message_postback", postback("keep", false)},
			lines: "sent hello|sent rich_message", check: func(c *chat) bool { return string(c.Timeline[1].Event) == card(`"keep","user_ids":["bob"]`) }},
		{name: "a toggle of no button", pushes: []string{"incoming_event", ev(card(`"keep","user_ids":[]`)), "incoming_rich_message_postback", postback("other", true)},
			lines: "sent hello|sent rich_message", check: func(c *chat) bool { return string(c.Timeline[1].Event) == card(`"keep","user_ids":[]`) }},
		{name: "a card with another text", pushes: []string{"incoming_event", ev(card(`"keep"`)), "event_updated", ev(card(`"other"`))},
			lines: "sent hello|sent rich_message", check: func(c *chat) bool { return c.Timeline[1].Updated }},
		{name: "incoming_event_preview", pushes: []string{"incoming_event_preview", ev(preview("It is")), "incoming_event_preview", ev(preview("It is 9"))}, lines: "sent hello",
			check: func(c *chat) bool { return c.Users[1].Typing && c.Users[1].SneakPeek == "It is 9" }},
		{name: "a preview, then a typing indicator", pushes: []string{"incoming_event_preview", ev(preview("It is")),
			"incoming_typing_indicator", `{"chat_id":"C","thread_id":"T","typing_indicator":{"author_id":"bob","is_typing":true}}`}, lines: "sent hello",
			check: func(c *chat) bool { return c.Users[1].Typing && c.Users[1].SneakPeek == "It is" }},
		{name: "a preview, then the event", pushes: []string{"incoming_event_preview", ev(preview("It is")), "incoming_event", ev(message("T_2", "bob", "It is 9.", 2))},
			lines: "sent hello|sent It is 9.", check: func(c *chat) bool { return !c.Users[1].Typing && c.Users[1].SneakPeek == "" }},
		{name: "unknown push", pushes: []string{"chat_painted", `{"chat_id":"C"}`}, lines: "sent hello"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newCustomer(t)
			for i := 0; i < len(tt.pushes); i += 2 {
				h.push(tt.pushes[i], tt.pushes[i+1])
			}
			var lines []string
			if tt.lines != "" {
				lines = strings.Split(tt.lines, "|")
			}
			h.want("C", lines...)
			if c := h.mirror.chat("C"); tt.check != nil && !tt.check(c) {
				t.Errorf("chat %+v", c)
			}
			if n := h.m.Stats().Ignored; n != 0 {
				t.Errorf("%d ignored", n)
			}
		})
	}
}

// card is a rich message of Bob with a button; postback is its postback_id and
// what follows in it.
func card(postback string) string {
	return `{"id":"T_2","type":"rich_message","author_id":"bob","created_at":"` + at(2) + `","template_id":"cards","elements":[{"title":"Kite","buttons":[{"text":"Keep","postback_id":` + postback + `},{"text":"See","type":"url"}]}]}`
}

func postback(button string, on bool) string {
	return fmt.Sprintf(`{"user_id":"me","chat_id":"C","thread_id":"T","event_id":"T_2","postback":{"id":%q,"toggled":%t}}`, button, on)
}

func preview(text string) string {
	return `{"type":"message","author_id":"bob","custom_id":"x","text":"` + text + `"}`
}

func TestMalformedPushesAreCounted(t *testing.T) {
	tests := map[string][]string{
		"incoming_chat":                  {`{}`, `[]`, `{"chat":null}`, `{"chat":{"id":7}}`, `{"chat":{"id":"Q","thread":{"id":""}}}`},
		"incoming_event":                 {`{}`, `null`, `{"chat_id":"C","event":null}`, `{"chat_id":"C","event":{"id":"x"}}`, `{"chat_id":"C","event":{"id":"x","created_at":"now"}}`},
		"event_updated":                  {`{"chat_id":"C","event":[]}`},
		"event_deleted":                  {`{"chat_id":"C"}`},
		"chat_deactivated":               {`{"thread_id":"T"}`},
		"user_added_to_chat":             {`{"chat_id":"C","user":{}}`},
		"user_removed_from_chat":         {`{"chat_id":"C"}`},
		"events_marked_as_seen":          {`{"chat_id":"C","user_id":"bob","seen_up_to":1}`},
		"incoming_typing_indicator":      {`{"chat_id":"C"}`, `{"chat_id":"C","typing_indicator":{"author_id":"bob","is_typing":1}}`},
		"incoming_sneak_peek":            {`{"chat_id":"C","sneak_peek":{"author_id":"bob"}}`},
		"incoming_event_preview":         {`{"chat_id":"C","event":{"text":"x"}}`, `{"chat_id":"C","event":{"author_id":"bob"}}`},
		"incoming_rich_message_postback": {`{"chat_id":"C","event_id":"T_1","user_id":"me"}`, `{"chat_id":"C","event_id":"T_1","user_id":"me","postback":{"id":"x"}}`},
		"queue_position_updated":         {`{"chat_id":"C","queue":{}}`, `{"chat_id":"C","queue":{"position":1e9,"wait_time":0}}`},
		"queue_positions_updated":        {`{}`, `[{"chat_id":"C"}]`},
		"customer_updated":               {`{}`},
	}
	for action, payloads := range tests {
		for _, p := range payloads {
			h := newCustomer(t)
			h.push(action, p)
			if n := h.m.Stats().Ignored; n != 1 {
				t.Errorf("%s %s: %d ignored, want 1", action, p, n)
			}
			h.want("C", "sent hello")
		}
	}
}

func TestTyping(t *testing.T) {
	const on = `{"chat_id":"C","thread_id":"T","typing_indicator":{"author_id":"bob","timestamp":1,"is_typing":true}}`
	typing := func(h *host) bool { return h.mirror.chat("C").Users[1].Typing }
	tests := []struct {
		name string
		do   func(h *host)
		want bool
	}{
		{"shown", func(*host) {}, true},
		{"for six seconds", func(h *host) { h.pass(6*time.Second - 1) }, true},
		{"not longer", func(h *host) { h.pass(6 * time.Second) }, false},
		{"longer with another", func(h *host) {
			h.pass(5 * time.Second)
			h.push("incoming_typing_indicator", on)
			h.pass(5 * time.Second)
		}, true},
		{"until stopped", func(h *host) { h.push("incoming_typing_indicator", strings.Replace(on, "true", "false", 1)) }, false},
		{"until the message", func(h *host) {
			h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+message("T_2", "bob", "x", 2)+`}`)
		}, false},
		{"not by a replay", func(h *host) {
			h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+message("T_1", "bob", "x", 1)+`}`)
		}, true},
		{"until the end", func(h *host) { h.push("chat_deactivated", `{"chat_id":"C","thread_id":"T"}`) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newCustomer(t)
			h.push("incoming_typing_indicator", on)
			tt.do(h)
			if typing(h) != tt.want {
				t.Errorf("typing %v, want %v", typing(h), tt.want)
			}
			if w := h.m.Wake(); w.IsZero() == tt.want {
				t.Errorf("wake %v", w)
			}
		})
	}
	t.Run("not mine", func(t *testing.T) {
		h := newCustomer(t)
		h.push("incoming_typing_indicator", strings.Replace(on, "bob", "me", 1))
		if h.mirror.chat("C").Users[0].Typing {
			t.Error("I am shown as typing to myself")
		}
	})
}

func TestIncomingSneakPeek(t *testing.T) {
	peek := func(text string) string {
		return `{"chat_id":"C","thread_id":"T","sneak_peek":{"author_id":"ann","text":"` + text + `","timestamp":1}}`
	}
	h := newHost(t, session.Agent, agentLogin)
	ann := func() user { return h.mirror.chat("C").Users[1] }
	h.push("incoming_sneak_peek", peek("I wa"))
	h.push("incoming_sneak_peek", peek("I want"))
	if u := ann(); !u.Typing || u.SneakPeek != "I want" {
		t.Errorf("user %+v", u)
	}
	h.push("incoming_sneak_peek", peek(""))
	if u := ann(); u.Typing || u.SneakPeek != "" {
		t.Errorf("after an empty one: %+v", u)
	}
	h.push("incoming_sneak_peek", peek("I want"))
	h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+message("T_4", "ann", "I want", 4)+`}`)
	if u := ann(); u.Typing || u.SneakPeek != "" {
		t.Errorf("after the message: %+v", u)
	}
	h.push("incoming_sneak_peek", peek("x"))
	h.pass(6 * time.Second)
	if u := ann(); u.Typing || u.SneakPeek != "" {
		t.Errorf("after six seconds: %+v", u)
	}
}

func TestCustomerLogin(t *testing.T) {
	h := newHost(t, session.Customer, `{"customer":{"id":"me","name":"Ann"},"has_active_thread":true,"chats":[{"chat_id":"C","has_unread_events":true},{"chat_id":"D","has_unread_events":false,"has_active_thread":false},{}]}`)
	if s := h.mirror.state; *s.Me != (me{"me", "customer", "Ann"}) || len(s.Chats) != 2 || !s.Chats[0].Active || s.Chats[1].Active || s.Chats[0].Loaded {
		t.Errorf("state %+v", s)
	}
	h.answer("get_chat", `{"id":"C","users":`+customerUsers+`,"thread":`+thread("U", 60, true, message("U_1", "bob", "new", 61))+`}`)
	payload := h.answer("list_threads", `{"threads":[`+
		thread("U", 60, true, message("U_1", "bob", "new", 61))+`,`+
		thread("T", 0, false, message("T_1", "bob", "old", 1), message("T_2", "me", "reply", 2))+`],"found_threads":2}`)
	if payload != `{"chat_id":"C","limit":3}` {
		t.Errorf("list_threads %s", payload)
	}
	h.want("C", "sent old", "sent reply", "sent new")
	if c := h.mirror.chat("C"); !c.Loaded || !c.Active || c.ThreadID != "U" || c.Unread != 1 {
		t.Errorf("chat %+v", c)
	}
	h.refuse("get_chat", "not_found")
	h.refuse("list_threads", "not_found")
	if got := h.m.Stats(); got != (model.Stats{Ignored: 1, Failed: 2}) {
		t.Errorf("stats %+v", got)
	}
}

func TestAgent(t *testing.T) {
	h := newHost(t, session.Agent, agentLogin)
	h.want("C", "sent three")
	if got := h.mirror.Me; *got != (me{"me", "agent", "Bob"}) {
		t.Errorf("me %+v", got)
	}
	if c := h.mirror.chat("C"); c.Loaded || !c.Active || c.ThreadID != "T" || c.Unread != 1 || len(h.open) != 0 {
		t.Errorf("chat %+v, requests %v", c, h.actions())
	}
	h.act("open", `{"chat_id":"C"}`)
	h.act("open", `{"chat_id":"C"}`)
	h.answer("list_threads", `{"threads":[`+thread("T", 0, true, message("T_1", "ann", "one", 1), message("T_2", "me", "two", 2), message("T_3", "ann", "three", 3))+`]}`)
	h.want("C", "sent one", "sent two", "sent three")
	if len(h.open) != 0 || !h.mirror.chat("C").Loaded {
		t.Errorf("requests %v, chat %+v", h.actions(), h.mirror.chat("C"))
	}
	h.act("seen", `{"chat_id":"C"}`)
	h.act("seen", `{"chat_id":"C"}`)
	if p := h.answer("mark_events_as_seen", `{}`); p != `{"chat_id":"C","seen_up_to":"`+at(3)+`"}` || h.mirror.chat("C").Unread != 0 || len(h.open) != 0 {
		t.Errorf("mark_events_as_seen %s; chat %+v; requests %v", p, h.mirror.chat("C"), h.actions())
	}
	h.push("incoming_chat", `{"chat":{"id":"D","users":[{"id":"dan","type":"customer","present":true}],"thread":{"id":"U","active":true,"created_at":"`+at(9)+`","events":[],"queue":{"position":1,"wait_time":2}}}}`)
	if s := h.mirror.state; s.Chats[0].ID != "D" || !s.Chats[0].Loaded || s.Chats[0].Queue == nil {
		t.Errorf("chats %+v", s.Chats)
	}
	h.push("queue_positions_updated", `[{"chat_id":"D","thread_id":"U","queue":{"position":3,"wait_time":4}},{"chat_id":"X","thread_id":"U","queue":{"position":3,"wait_time":4}}]`)
	if q := h.mirror.chat("D").Queue; *q != (queue{3, 4}) {
		t.Errorf("queue %+v", q)
	}
	h.push("user_added_to_chat", `{"chat_id":"E","user":{"id":"me","type":"agent","name":"Bob","present":true},"reason":"manual"}`)
	h.answer("get_chat", `{"id":"E","users":[{"id":"zoe","type":"customer","name":"Zoe","present":true}],"thread":`+thread("V", 20, true)+`}`)
	if c := h.mirror.chat("E"); !c.Active || len(c.Users) != 2 || c.Users[1].Name != "Zoe" {
		t.Errorf("chat %+v", c)
	}
	h.cut()
	h.reconnect()
	h.relogin(agentLogin) // D and E are over
	for _, id := range []string{"D", "E"} {
		if h.mirror.chat(id).Active {
			t.Errorf("%s is still active", id)
		}
	}
	if !h.mirror.chat("C").Active {
		t.Error("C is not active any more")
	}
	for range 2 { // C was opened, D was complete; E was not
		h.answer("list_threads", `{"threads":[]}`)
	}
	if len(h.open) != 0 {
		t.Errorf("requests %v", h.actions())
	}
}

func TestOverheard(t *testing.T) {
	h := newHost(t, session.Agent, agentLogin)
	id := h.s.Call(h.now, "list_chats", nil, session.CallOptions{})
	h.drain()
	h.answer("list_chats", `{"chats_summary":[{"id":"D","users":[],"last_thread_summary":{"id":"U","created_at":"`+at(-60)+`","active":false}}],"found_chats":1}`)
	if c := h.mirror.chat("D"); c == nil || c.Active || c.ThreadID != "U" {
		t.Errorf("chat %+v", c)
	}
	if h.m.Observe(h.now, session.Output{Kind: session.Settled, ID: id, Action: "list_chats", Payload: []byte(`{}`)}) {
		t.Error("the host's call is taken for the model's")
	}
}
