package model_test

import (
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// actions are what Observe and Act look at.
var actions = strings.Fields("login list_chats get_chat incoming_chat incoming_event event_updated event_deleted chat_deactivated chat_transferred " +
	"user_added_to_chat user_removed_from_chat events_marked_as_seen incoming_typing_indicator incoming_sneak_peek queue_position_updated " +
	"queue_positions_updated customer_updated send start close sneak_peek seen retry discard open typing update_customer " +
	"groups_status_updated incoming_greeting greeting_accepted greeting_canceled event_properties_updated event_properties_deleted " +
	"thread_properties_updated thread_properties_deleted incoming_thinking_indicator older recent dismiss rate form form_cancel submit " +
	"greeting_accept greeting_cancel upload upload_progress upload_done upload_failed")

// FuzzObserve feeds a payload to every push, response and act, twice over, and
// holds the mirror against the snapshot.
func FuzzObserve(f *testing.F) {
	f.Add([]byte(customerLogin), []byte(agentLogin))
	f.Add([]byte(`{"id":"C","chat_id":"C","chat":{"id":"C","thread":`+thread("T", 0, true, message("T_1", "bob", "hello", 1))+`}}`),
		[]byte(`{"chat_id":"C","thread_id":"T","user_id":"bob","event_id":"T_1","event":`+message("T_2", "me", "hi", 2)+`}`))
	f.Add([]byte(`{"chat_id":"C","typing_indicator":{"author_id":"bob","is_typing":true},"sneak_peek":{"author_id":"bob","text":"\ud800"}}`), []byte(`{"text":"x"}`))
	f.Add([]byte(`{"text":"x","chat_id":"","key":"","chats":[{"chat_id":"Q"}]}`), []byte(`[{"chat_id":"C","queue":{"position":-1,"wait_time":9e9}}]`))
	f.Add([]byte(`{"key":"x","name":"n","size":5,"sent":3,"url":"u","type":"prechat","fields":[{}],"form_id":"F","score":1,"unique_id":"g","chat_id":"C","enabled":true,"form":{"id":"F"}}`),
		[]byte(`{"seq":1,"made":"2026-03-01T12:00:00Z","action":"send_event","payload":{"chat_id":"C","event":{"custom_id":"x","type":"message"}},"properties":{"a":{"b":1},"rating":{"score":1}},"event_id":"T_1","thread_id":"T","author_id":"bob"}`))
	f.Add([]byte(`{"seq":1,"chat_id":"","event":{"custom_id":"x","created_at":"2026-03-01T12:00:00Z"}}`), []byte(`{"groups":[{"id":1,"status":"online"}],"properties":{"a":["b"],"rating":["score"]}}`))
	f.Add([]byte(`{"id":"a","created_at":"0000-01-01T00:00:00+23:59"}`), []byte("{\"id\":\"\xff\"}"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, api := range []session.API{session.Customer, session.Agent} {
			h := newHost(t, api, customerLogin)
			if api == session.Agent {
				h = newHost(t, api, agentLogin)
			}
			h.push("incoming_chat", `{"chat":{"id":"C","users":`+customerUsers+`,"thread":`+thread("T", 0, true, message("T_1", "bob", "hello", 1))+`}}`)
			for _, payload := range [][]byte{a, b, a} {
				for _, action := range actions {
					h.m.Observe(h.now, session.Output{Kind: session.Pushed, Action: action, Payload: payload})
					h.m.Observe(h.now, session.Output{Kind: session.Settled, ID: 1, Action: action, Payload: payload})
					_ = h.m.Act(h.now, action, payload)
				}
				for _, r := range h.open {
					h.s.Receive(h.now, []byte(`{"type":"response","success":true,"request_id":"`+r.ID+`","action":"x","payload":`+string(payload)+`}`))
				}
				h.open = nil
				h.drainLoosely()
			}
			h.m.Restore(h.now, []session.Entry{{Key: "item:x", Value: a}, {Key: "item:" + string(b), Value: a}, {Key: "k", Value: b}, {Key: "l", Value: a}})
			h.drainLoosely()
		}
	})
}

// drainLoosely compares only what any JSON reader reads alike: a payload that
// is not UTF-8, or nested too deep, is none of them.
func (h *host) drainLoosely() {
	h.lazy = true
	h.drain()
	p, s := h.m.Patch(), h.m.Snapshot()
	if p == nil {
		return
	}
	if err := h.mirror.apply(p); err != nil {
		h.t.Fatalf("%v\npatch %s", err, p)
	}
	if err := h.mirror.same(s); err != nil {
		h.t.Fatal(err)
	}
}
