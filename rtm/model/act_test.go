package model_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/model"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

func TestActErrors(t *testing.T) {
	tests := []struct {
		api       session.API
		act, args string
		want      string
	}{
		{session.Customer, "dance", `{}`, `model: dance: is no act of a screen of the customer API`},
		{session.Customer, "open", `{"chat_id":"C"}`, `model: open: is no act of a screen of the customer API`},
		{session.Agent, "start", `{}`, `model: start: is no act of a screen of the agent API`},
		{session.Customer, "send", `[]`, `model: send: the arguments must be a JSON object`},
		{session.Customer, "send", `{`, `model: send: the arguments must be a JSON object`},
		{session.Customer, "send", ``, `model: send: text is missing; it must be a string`},
		{session.Customer, "send", `{"text":7}`, `model: send: text must be a string`},
		{session.Customer, "send", `{"text":" \n"}`, `model: send: text is empty; it must say something`},
		{session.Customer, "send", `{"text":"` + strings.Repeat("é", 8193) + `"}`, `model: send: text has 16386 bytes; at most 16384 are allowed`},
		{session.Customer, "send", `{"text":"x","chat_id":"X"}`, `model: send: chat_id names no chat that is known here: "X"`},
		{session.Agent, "send", `{"text":"x"}`, `model: send: chat_id is missing; it must be a string`},
		{session.Agent, "send", `{"text":"x","chat_id":""}`, `model: send: chat_id names no chat that is known here: ""`},
		{session.Agent, "typing", `{"chat_id":"C","is_typing":"yes"}`, `model: typing: is_typing must be true or false`},
		{session.Customer, "sneak_peek", `{"chat_id":"C"}`, `model: sneak_peek: text is missing; it must be a string`},
		{session.Customer, "retry", `{"chat_id":"C","key":"X"}`, `model: retry: key names nothing that was sent from here: "X"`},
		{session.Customer, "update_customer", `{}`, `model: update_customer: name and email are missing; at least one must be there`},
		{session.Customer, "update_customer", `{"email":5}`, `model: update_customer: email must be a string`},
	}
	for _, tt := range tests {
		h := newCustomer(t)
		if tt.api == session.Agent {
			h = newHost(t, session.Agent, agentLogin)
		}
		before := string(h.m.Snapshot())
		err := h.m.Act(h.now, tt.act, []byte(tt.args))
		var ae *model.ActError
		if !errors.As(err, &ae) || err.Error() != tt.want {
			t.Errorf("%s %.40s: %v, want %s", tt.act, tt.args, err, tt.want)
		}
		h.drain()
		if len(h.open) != 0 || string(h.m.Snapshot()) != before {
			t.Errorf("%s %.40s: has an effect", tt.act, tt.args)
		}
	}
}

func TestRetryAndDiscard(t *testing.T) {
	h := newCustomer(t)
	fails := func(act, key, want string) {
		t.Helper()
		err := h.m.Act(h.now, act, []byte(`{"chat_id":"C","key":"`+key+`"}`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", act, err, want)
		}
	}
	h.act("send", `{"text":"a"}`)
	h.act("send", `{"text":"b"}`)
	keys := keysOf(h.mirror.chat("C"))
	fails("retry", keys[1], "is being sent")
	fails("discard", keys[1], "is being sent")
	fails("retry", keys[2], "has not failed")
	h.act("discard", `{"chat_id":"C","key":"`+keys[2]+`"}`)
	h.want("C", "sent hello", "pending a")
	h.refuse("send_event", "validation")
	h.act("discard", `{"chat_id":"C","key":"`+keys[1]+`"}`)
	h.want("C", "sent hello")
	h.act("send", `{"text":"c"}`)
	key := keysOf(h.mirror.chat("C"))[1]
	h.answer("send_event", `{"event_id":"T_2"}`)
	fails("discard", key, "has been sent")
	if key == keys[1] || key == keys[2] {
		t.Error("a custom id was used twice")
	}
}

func TestSneakPeek(t *testing.T) {
	h := newCustomer(t)
	peek := func(text string) { h.act("sneak_peek", `{"chat_id":"C","text":"`+text+`"}`) }
	peek("a")
	peek("ab")
	peek("abc")
	if p := h.answer("send_sneak_peek", `{}`); p != `{"chat_id":"C","sneak_peek_text":"a"}` || len(h.open) != 0 {
		t.Errorf("first %s, then %v", p, h.actions())
	}
	h.pass(time.Second - 1)
	if len(h.open) != 0 {
		t.Errorf("too early: %v", h.actions())
	}
	h.pass(1)
	if p := h.answer("send_sneak_peek", `{}`); p != `{"chat_id":"C","sneak_peek_text":"abc"}` || len(h.open) != 0 {
		t.Errorf("then %s, then %v", p, h.actions())
	}
	peek("abcd")
	h.act("send", `{"text":"abcd"}`)
	h.pass(time.Minute)
	for _, a := range h.actions() {
		if a == "send_sneak_peek" {
			t.Error("a sneak peek follows its message")
		}
	}
	h.push("chat_deactivated", `{"chat_id":"C","thread_id":"T"}`)
	h.open = nil
	peek("x")
	if len(h.open) != 0 {
		t.Errorf("inactive, yet %v", h.actions())
	}
}

func TestTypingAct(t *testing.T) {
	h := newHost(t, session.Agent, agentLogin)
	on, off := `{"chat_id":"C","is_typing":true}`, `{"chat_id":"C","is_typing":false}`
	n := func() int { defer func() { h.open = nil }(); return len(h.open) }
	steps := []struct {
		wait time.Duration
		args string
		want int
	}{{0, off, 0}, {0, on, 1}, {0, on, 0}, {2 * time.Second, on, 0}, {time.Second, on, 1}, {0, off, 1}, {0, off, 0}, {0, on, 1}}
	for i, s := range steps {
		h.pass(s.wait)
		h.act("typing", s.args)
		if got := n(); got != s.want {
			t.Errorf("step %d: %d requests, want %d", i, got, s.want)
		}
	}
	h.act("send", `{"chat_id":"C","text":"x"}`)
	h.act("typing", on)
	if got := n(); got != 2 {
		t.Errorf("%d requests, want send_event and send_typing_indicator", got)
	}
}

func TestSeen(t *testing.T) {
	h := newCustomer(t)
	h.cut()
	h.act("seen", `{"chat_id":"C"}`)
	if h.mirror.chat("C").Unread != 0 {
		t.Error("still unread")
	}
	h.reconnect()
	h.relogin(`{"customer":{"id":"me","name":"Ann"},"has_active_thread":true,"chats":[{"chat_id":"C","has_unread_events":true}]}`)
	if p := h.answer("mark_events_as_seen", `{}`); p != `{"chat_id":"C","seen_up_to":"`+at(1)+`"}` {
		t.Errorf("mark_events_as_seen %s", p)
	}
}

func TestUpdateCustomer(t *testing.T) {
	h := newCustomer(t)
	h.act("update_customer", `{"name":"Anna","email":"a@example.com","age":5}`)
	if p := h.answer("update_customer", `{}`); p != `{"name":"Anna","email":"a@example.com"}` {
		t.Errorf("update_customer %s", p)
	}
	h.push("customer_updated", `{"id":"me","name":"Anna"}`)
	if h.mirror.Me.Name != "Anna" {
		t.Errorf("me %+v", h.mirror.Me)
	}
	h.act("update_customer", `{"name":"A"}`)
	h.refuse("update_customer", "validation")
	if e := h.mirror.Error; e == nil || *e != (failure{"update_customer", "validation", "no"}) {
		t.Errorf("error %+v", e)
	}
	h.act("dismiss", `{}`)
	if h.mirror.Error != nil {
		t.Error("dismissed, yet there")
	}
}
