package session

import (
	"fmt"
	"testing"
)

// TestGivenByAnEarlierSession has a session go on where another one died: what
// that one gave out does not come again, what came since does, in order.
func TestGivenByAnEarlierSession(t *testing.T) {
	given := func(list string) *peer {
		p := newPeer(t, Config{})
		p.do(func() { p.s.Restore(p.now, []Entry{{Given, []byte(list)}}) })
		return p
	}
	// first logs in and returns the outputs of the answer.
	first := func(p *peer, answer string) []Output {
		p.do(func() { p.s.Start(p.now) })
		p.do(func() { p.s.Opened(p.now) })
		p.call("login", `{"token":"t"}`)
		return p.answer("login", answer)
	}
	const login = `{"customer":{"id":"me"},"chats":[{"chat_id":"C","has_active_thread":true}]}`
	known := fmt.Sprintf(`[{"id":"C","thread":"T","active":true,"events":[%s,%s]}]`, event(2), event(3))

	t.Run("events", func(t *testing.T) {
		p := given(known)
		first(p, login)
		p.in(Syncing)
		if outs := p.pushEvent("T", 5); pushes(outs) != "" {
			t.Fatalf("a push overtakes what came before it: %s", pushes(outs))
		}
		outs := p.answer("list_threads", threads(thread("T", true, 1, 5)))
		p.in(Live)
		if got, want := pushes(outs), "C/T/E4+ C/T/E5+"; got != want {
			t.Errorf("pushes: %s, want %s", got, want)
		}
		p.reopen()
		p.answer("login", login)
		if outs := p.answer("list_threads", threads(thread("T", true, 1, 5))); pushes(outs) != "" {
			t.Errorf("doubles after the next reconnect: %s", pushes(outs))
		}
	})
	t.Run("the end of a thread and a new one", func(t *testing.T) {
		p := given(known)
		first(p, login)
		p.answer("list_threads", threads(thread("U", true, 6, 6), thread("T", false, 1, 4)))
		outs := p.answer("get_chat", `{"id":"C","users":[],"thread":{}}`)
		if got, want := pushes(outs), "chat C/U"; got != want+"+" {
			t.Errorf("pushes: %s, want %s+", got, want)
		}
	})
	t.Run("a chat whose events were never fetched", func(t *testing.T) {
		p := given(fmt.Sprintf(`[{"id":"C","thread":"T","active":true,"at":%q}]`, at(3)))
		first(p, login)
		if got, want := pushes(p.answer("list_threads", threads(thread("T", true, 1, 4)))), "C/T/E4+"; got != want {
			t.Errorf("pushes: %s, want %s", got, want)
		}
	})
	t.Run("a chat that is new", func(t *testing.T) {
		p := given(`[{"id":"B","thread":"T","active":false,"at":"2026-01-02T03:04:05Z"}]`)
		first(p, login)
		p.answer("list_threads", threads())
		if got, want := pushes(p.answer("get_chat", `{"id":"C","thread":{"id":"T"}}`)), "chat C/T+"; got != want {
			t.Errorf("pushes: %s, want %s", got, want)
		}
	})
	for _, nothing := range []string{``, `{`, `{}`, `[]`, `[7,{"id":7}]`} {
		p := given(nothing)
		first(p, login)
		p.in(Live)
	}
}

// TestUnsure has a durable call looked for before it is sent at all.
func TestUnsure(t *testing.T) {
	for _, arrived := range []string{"one", "another"} {
		p := newPeer(t, Config{}).live()
		var id CallID
		p.do(func() {
			id = p.s.Call(p.now, "send_event", []byte(`{"chat_id":"C","event":{"type":"message","custom_id":"one"}}`), CallOptions{Durable: true, Unsure: true})
		})
		if p.sends("send_event") != 0 {
			t.Fatal("sent before it was looked for")
		}
		p.answer("list_threads", threadWith(arrived))
		if arrived == "one" {
			p.settled(id, "")
			continue
		}
		p.answer("send_event", `{"event_id":"E9"}`)
		p.settled(id, "")
	}
}
