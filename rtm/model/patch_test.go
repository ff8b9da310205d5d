package model_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

func TestPatchIsNilWithoutChange(t *testing.T) {
	h := newCustomer(t)
	if p := h.m.Patch(); p != nil {
		t.Errorf("patch %s", p)
	}
	h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+message("T_1", "bob", "hello", 1)+`}`) // a replay
	h.push("incoming_typing_indicator", `{"chat_id":"X","typing_indicator":{"author_id":"bob","is_typing":true}}`)
	if got := strings.Count(string(h.trace), "\n"); got != 3 {
		t.Errorf("%d patches, want those of start, login and incoming_chat:\n%s", got, h.trace)
	}
}

func TestPatchIsSmall(t *testing.T) {
	h := newCustomer(t)
	h.trace = nil
	h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+message("T_2", "bob", "more", 2)+`}`)
	if got := strings.Count(string(h.trace), `"op"`); got != 2 || !bytes.Contains(h.trace, []byte(`{"op":"put","chat_id":"C","key":"T_2","index":1,"item":{"key":"T_2","state":"sent","thread_id":"T","event":{"id":"T_2",`)) {
		t.Errorf("patch %s, want a chat and a put", h.trace)
	}
}

// A host that takes no patches for long gets one reset, not a history.
func TestReset(t *testing.T) {
	t.Run("many changes", func(t *testing.T) {
		h := newCustomer(t)
		h.lazy, h.trace = true, nil
		for i := range 200 {
			h.push("event_updated", `{"chat_id":"C","thread_id":"T","event":`+message("T_1", "bob", "hello"+strings.Repeat("!", i), 1)+`}`)
		}
		h.check()
		h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+message("T_2", "bob", "more", 2)+`}`)
		h.check()
		if n := bytes.Count(h.trace, []byte(`"op"`)); n != 3 || !bytes.HasPrefix(h.trace, []byte(`[{"op":"reset"`)) {
			t.Errorf("patches %s, want a reset, then a chat and a put", h.trace)
		}
	})
	t.Run("many drafts", func(t *testing.T) {
		h := newHost(t, session.Customer, customerLogin)
		h.lazy, h.trace = true, nil
		for range 100 {
			h.act("send", `{"text":"x"}`)
			h.refuse("start_chat", "validation")
			p := h.m.Snapshot()
			key := bytes.SplitN(bytes.SplitN(p, []byte(`"key":"`), 2)[1], []byte(`"`), 2)[0]
			h.act("discard", `{"key":"`+string(key)+`"}`)
		}
		h.check()
		if n := bytes.Count(h.trace, []byte(`"op"`)); n != 1 {
			t.Errorf("%d ops, want a reset", n)
		}
	})
}

func TestKeyOfAnotherItem(t *testing.T) {
	h := newCustomer(t)
	h.act("send", `{"text":"hi"}`)
	key := keysOf(h.mirror.chat("C"))[1]
	h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+message(key, "bob", "forged", 2)+`}`)
	h.want("C", "sent hello", "pending hi")
	if n := h.m.Stats().Ignored; n != 1 {
		t.Errorf("%d ignored, want 1", n)
	}
}
