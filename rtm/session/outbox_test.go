package session

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

const hello = `{"chat_id":"C","event":{"type":"message","text":"hello","custom_id":"mine"}}`

// durable makes a durable call.
func (p *peer) durable(action, payload string) CallID {
	p.t.Helper()
	var id CallID
	p.do(func() { id = p.s.Call(p.now, action, []byte(payload), CallOptions{Durable: true}) })
	return id
}

// sends returns how many requests with the action went out.
func (p *peer) sends(action string) int {
	n := 0
	for _, out := range p.out {
		var frame struct{ Action string }
		if out.Kind == Send && json.Unmarshal(out.Frame, &frame) == nil && frame.Action == action {
			n++
		}
	}
	return n
}

// stored returns what a host would have kept by now.
func (p *peer) stored() []Entry {
	var all []Entry
	for _, out := range p.out {
		if out.Kind != Stored {
			continue
		}
		for i := range all {
			if all[i].Key == out.Key {
				all = append(all[:i], all[i+1:]...)
				break
			}
		}
		if out.Value != nil {
			all = append(all, Entry{out.Key, out.Value})
		}
	}
	return all
}

// relogin breaks the connection and brings the next one to a login.
func (p *peer) relogin() {
	p.t.Helper()
	p.reopen()
	p.answer("login", `{"customer":{"id":"me"}}`)
}

// thread is an answer to list_threads with events of mine by custom_id.
func threadWith(events ...string) string {
	list := ""
	for i, event := range events {
		if i > 0 {
			list += ","
		}
		list += fmt.Sprintf(`{"id":"E%d","custom_id":%q,"author_id":"me","created_at":"2026-01-02T03:04:06Z","type":"message"}`, i+1, event)
	}
	return `{"threads":[{"id":"T","active":true,"created_at":"2026-01-02T03:04:00Z","events":[` + list + `]}],"found_threads":1}`
}

func TestDurableIsStoredUntilItArrived(t *testing.T) {
	p := newPeer(t, Config{}).live()
	id := p.durable("send_event", `{"chat_id":"C","event":{"type":"message","text":"hello"}}`)
	kept := p.stored()
	if len(kept) != 1 {
		t.Fatalf("stored: %v", kept)
	}
	event := p.sent("send_event")["payload"].(map[string]any)["event"].(map[string]any)
	if event["text"] != "hello" || len(event["custom_id"].(string)) != 16 {
		t.Errorf("event = %v", event)
	}
	p.after(defaultTimeout / 2)
	p.open(id)
	p.answer("send_event", `{"event_id":"E1"}`)
	if out := p.settled(id, ""); out.Key != kept[0].Key || string(out.Payload) != `{"event_id":"E1"}` {
		t.Errorf("settled: %+v", out)
	}
	if left := p.stored(); len(left) != 0 {
		t.Errorf("still stored: %v", left)
	}
}

func TestDurableLooksBeforeItSendsAgain(t *testing.T) {
	for _, arrived := range []bool{true, false} {
		p := newPeer(t, Config{}).live()
		id := p.durable("send_event", hello)
		p.relogin()
		p.open(id)
		if p.sends("send_event") != 1 || p.sends("list_threads") != 1 {
			t.Fatalf("sent %d times, %d look-ups", p.sends("send_event"), p.sends("list_threads"))
		}
		if arrived {
			p.answer("list_threads", threadWith("other", "mine"))
			if got := string(p.settled(id, "").Payload); got != `{"event_id":"E2"}` {
				t.Errorf("payload = %s", got)
			}
			if p.sends("send_event") != 1 || p.s.Stats().Found != 1 {
				t.Error("what arrived was sent again")
			}
			continue
		}
		p.answer("list_threads", threadWith("other"))
		if p.sends("send_event") != 2 || p.s.Stats().Resent != 1 {
			t.Fatal("what did not arrive was not sent again")
		}
		p.answer("send_event", `{"event_id":"E9"}`)
		p.settled(id, "")
	}
}

// A custom_id is its author's own: another user may have the same.
func TestDurableOfAnotherAuthor(t *testing.T) {
	p := newPeer(t, Config{})
	p.do(func() { p.s.Start(p.now) })
	p.do(func() { p.s.Opened(p.now) })
	p.call("login", `{"token":"t"}`)
	p.answer("login", `{"customer":{"id":"somebody"}}`)
	id := p.durable("send_event", hello)
	p.relogin()
	p.answer("list_threads", threadWith("mine"))
	p.open(id)
	if p.sends("send_event") != 2 {
		t.Error("an event of another user passes for this one")
	}
}

// The look-up goes back as far as the event may be, and no further.
func TestLookUpPages(t *testing.T) {
	p := newPeer(t, Config{}).live()
	id := p.durable("send_event", hello)
	p.relogin()
	page := func(created, next string) {
		p.t.Helper()
		p.answer("list_threads", fmt.Sprintf(`{"threads":[{"id":"T","created_at":%q,"events":[]}],"next_page_id":%q}`, created, next))
	}
	page("2026-01-02T03:04:00Z", "p2")
	if got := p.sent("list_threads")["payload"].(map[string]any); got["page_id"] != "p2" || got["chat_id"] != "C" {
		t.Fatalf("next page: %v", got)
	}
	page("2026-01-01T04:00:00Z", "p3")
	page("2026-01-01T03:00:00Z", "p4") // a day before: the one it went to was seen
	if p.sends("list_threads") != 3 || p.sends("send_event") != 2 {
		t.Errorf("%d look-ups, sent %d times", p.sends("list_threads"), p.sends("send_event"))
	}
	p.open(id)
}

func TestLookUpFails(t *testing.T) {
	p := newPeer(t, Config{}).live()
	id := p.durable("send_event", hello)
	p.relogin()
	p.refuse("list_threads", "internal")
	p.open(id)
	p.after(retryFirst)
	if p.sends("list_threads") != 2 {
		t.Fatal("the look-up is not tried again")
	}
	p.after(defaultTimeout) // no answer
	if p.sends("list_threads") != 3 {
		t.Fatal("the look-up without an answer is not tried again")
	}
	p.refuse("list_threads", "not_found") // then it is not there
	p.refuse("send_event", "not_found")
	p.settled(id, "not_found")
	if left := p.stored(); len(left) != 0 {
		t.Errorf("a refused call is still stored: %v", left)
	}
}

func TestDurableOrder(t *testing.T) {
	p := newPeer(t, Config{}).live()
	send := func(chat, custom string) CallID {
		return p.durable("send_event", fmt.Sprintf(`{"chat_id":%q,"event":{"type":"message","custom_id":%q}}`, chat, custom))
	}
	a1, a2, b1 := send("A", "a1"), send("A", "a2"), send("B", "b1")
	if p.sends("send_event") != 2 {
		t.Fatalf("%d are on their way, want one per chat", p.sends("send_event"))
	}
	p.answer("send_event", `{"event_id":"b"}`)
	p.settled(b1, "")
	p.open(a1)
	p.receive(`{"request_id":"%d","type":"response","success":true,"payload":{"event_id":"a"}}`, a1)
	p.settled(a1, "")
	p.open(a2)
	p.answer("send_event", `{"event_id":"aa"}`)
	p.settled(a2, "")
}

func TestDurableIsRefused(t *testing.T) {
	for errorType, tries := range map[string]int{"validation": 1, "chat_inactive": 1, "something_new": 1, "internal": 1 + maxTries, "service_unavailable": 1 + maxTries} {
		p := newPeer(t, Config{}).live()
		id := p.durable("send_event", hello)
		for i := range tries {
			p.open(id)
			if p.sends("send_event") != i+1 {
				t.Fatalf("%s: sent %d times, want %d", errorType, p.sends("send_event"), i+1)
			}
			p.refuse("send_event", errorType)
			if i < tries-1 {
				p.after(retryLast)
				p.answer("list_threads", threadWith())
			}
		}
		p.settled(id, errorType)
	}
	p := newPeer(t, Config{}).live()
	id := p.durable("send_event", hello)
	for range 20 {
		p.refuse("send_event", "too_many_requests") // was not carried out: no look-up
		p.after(10 * time.Second)
		p.receive(`{"type":"push","action":"x"}`)
	}
	p.open(id)
	if p.sends("list_threads") != 0 || p.sends("send_event") != 21 {
		t.Errorf("sent %d times, %d look-ups", p.sends("send_event"), p.sends("list_threads"))
	}
}

func TestDurableWithoutAnAnswer(t *testing.T) {
	p := newPeer(t, Config{}).live()
	id := p.durable("send_event", hello)
	p.after(defaultTimeout)
	p.open(id)
	p.answer("list_threads", threadWith("mine"))
	p.settled(id, "")
	outs := p.receive(`{"request_id":"%d","type":"response","success":true,"payload":{"event_id":"E1"}}`, id)
	if count(outs, Settled) != 0 || p.s.Stats().Late != 1 {
		t.Errorf("a late answer gave %+v", outs)
	}
}

func TestDurableBeforeLogin(t *testing.T) {
	p := newPeer(t, Config{})
	id := p.durable("send_event", hello)
	p.after(24 * time.Hour)
	p.open(id)
	p.live()
	p.answer("send_event", `{"event_id":"E1"}`)
	p.settled(id, "")
}

func TestRestore(t *testing.T) {
	old := newPeer(t, Config{Seed: 1}).live()
	for i := range 3 {
		old.durable("send_event", fmt.Sprintf(`{"chat_id":"C","event":{"type":"message","custom_id":"n%d"}}`, i))
	}
	kept := old.stored()
	kept[0], kept[2] = kept[2], kept[0]

	p := newPeer(t, Config{Seed: 2})
	outs := p.do(func() { p.s.Restore(p.now, append(kept, Entry{"bad", []byte(`{"seq":1`)}, Entry{"odd", []byte(`{}`)})) })
	if count(outs, Reported) != 2 || count(outs, Stored) != 2 {
		t.Errorf("entries that cannot be read: %+v", outs)
	}
	p.live()
	if p.sends("send_event") != 0 {
		t.Fatal("what may have arrived was sent again at once")
	}
	p.answer("list_threads", `{"threads":[{"id":"T","created_at":"2026-01-02T03:04:00Z","events":[{"id":"E1","custom_id":"n0"}]}]}`)
	for i := 1; i < 3; i++ {
		event := p.sent("send_event")["payload"].(map[string]any)["event"].(map[string]any)
		if event["custom_id"] != fmt.Sprintf("n%d", i) {
			t.Fatalf("sent %v, want n%d", event, i)
		}
		p.answer("send_event", `{"event_id":"E"}`)
	}
	if p.sends("list_threads") != 1 {
		t.Errorf("%d look-ups for one chat", p.sends("list_threads"))
	}
	keys := map[string]bool{}
	for _, out := range p.out {
		if out.Kind == Settled && out.Action == "send_event" {
			keys[out.Key] = out.Err == nil && out.ID != 0
		}
	}
	for _, e := range kept {
		if !keys[e.Key] {
			t.Errorf("%s was not settled", e.Key)
		}
	}
	if p.durable("send_event", hello); len(p.stored()) != 1 {
		t.Fatal("not stored")
	}
	var value struct{ Seq int }
	if err := json.Unmarshal(p.stored()[0].Value, &value); err != nil || value.Seq != 4 {
		t.Errorf("a new call is %d in the order of %d before it: %v", value.Seq, 3, err)
	}
}

func TestDurableStartAndResume(t *testing.T) {
	start := `{"chat":{"thread":{"events":[{"type":"message","text":"a"},{"type":"message","custom_id":"two"}]}},"continuous":true}`
	t.Run("start_chat", func(t *testing.T) {
		p := newPeer(t, Config{}).live()
		id := p.durable("start_chat", start)
		sent := p.sent("start_chat")["payload"].(map[string]any)
		events := sent["chat"].(map[string]any)["thread"].(map[string]any)["events"].([]any)
		first := events[0].(map[string]any)["custom_id"].(string)
		if first == "" || events[1].(map[string]any)["custom_id"] != "two" || sent["continuous"] != true {
			t.Fatalf("sent %v", sent)
		}
		p.relogin()
		p.answer("list_chats", `{"chats_summary":[{"id":"NEW","last_thread_created_at":"2026-01-02T03:04:06Z"},{"id":"OLD","last_thread_created_at":"2025-01-02T03:04:06Z"}],"next_page_id":"more"}`)
		if got := p.sent("list_threads")["payload"].(map[string]any)["chat_id"]; got != "NEW" {
			t.Fatalf("looks in %v", got)
		}
		p.answer("list_threads", threadWith(first, "two"))
		if got, want := string(p.settled(id, "").Payload), `{"chat_id":"NEW","thread_id":"T","event_ids":["E1","E2"]}`; got != want {
			t.Errorf("payload = %s, want %s", got, want)
		}
		if p.sends("list_chats") != 1 || p.sends("list_threads") != 1 {
			t.Error("it looked where it could not be")
		}
	})
	t.Run("not started", func(t *testing.T) {
		p := newPeer(t, Config{API: Agent}).live()
		p.durable("start_chat", start)
		p.reopen()
		p.answer("login", `{"my_profile":{"id":"me"}}`)
		p.answer("list_chats", `{"chats_summary":[{"id":"X","last_thread_summary":{"created_at":"2026-01-02T03:04:06Z"}}],"next_page_id":"more"}`)
		p.answer("list_chats", `{"chats_summary":[]}`)
		p.answer("list_threads", threadWith("two of another"))
		if p.sends("start_chat") != 2 {
			t.Error("it is not sent again")
		}
	})
	t.Run("resume_chat", func(t *testing.T) {
		p := newPeer(t, Config{}).live()
		id := p.durable("resume_chat", `{"chat":{"id":"C","thread":{"events":[{"type":"message","custom_id":"one"}]}}}`)
		p.relogin()
		p.answer("list_threads", threadWith("one"))
		if got, want := string(p.settled(id, "").Payload), `{"thread_id":"T","event_ids":["E1"]}`; got != want {
			t.Errorf("payload = %s, want %s", got, want)
		}
	})
	t.Run("nothing to look for", func(t *testing.T) {
		p := newPeer(t, Config{}).live()
		id := p.durable("start_chat", `{}`)
		p.do(func() { p.s.Closed(p.now, 1006, "") })
		p.settled(id, ErrConnectionLost)
		if len(p.stored()) != 0 {
			t.Error("stored")
		}
	})
}

func TestConfirmStored(t *testing.T) {
	p := newPeer(t, Config{ConfirmStored: true}).live()
	a, b := p.durable("send_event", hello), p.durable("send_event", hello)
	if p.sends("send_event") != 0 {
		t.Fatal("sent before it was kept")
	}
	keys := p.stored()
	p.do(func() { p.s.Kept(p.now, keys[0].Key, "the disk is full") })
	if out := p.settled(a, ErrNotStored); out.Err.Message != "the disk is full" {
		t.Errorf("message = %q", out.Err.Message)
	}
	p.do(func() { p.s.Kept(p.now, keys[1].Key, ""); p.s.Kept(p.now, "nothing", "") })
	p.answer("send_event", `{"event_id":"E"}`)
	p.settled(b, "")
}

func TestCancelDurable(t *testing.T) {
	p := newPeer(t, Config{}).live()
	sent, waits := p.durable("send_event", hello), p.durable("send_event", hello)
	p.cancel(waits)
	p.settled(waits, ErrCanceled)
	p.cancel(sent)
	p.settled(sent, ErrCanceled)
	if len(p.stored()) != 1 {
		t.Fatalf("stored: %v", p.stored())
	}
	p.relogin()
	p.answer("list_threads", threadWith())
	p.answer("send_event", `{"event_id":"E"}`)
	p.settled(sent, ErrCanceled)
	if len(p.stored()) != 0 || p.sends("send_event") != 2 {
		t.Error("what was sent does not go on")
	}
}

func TestStopLeavesTheOutbox(t *testing.T) {
	p := newPeer(t, Config{}).live()
	a, b := p.durable("send_event", hello), p.durable("send_event", hello)
	p.do(func() { p.s.Stop(p.now) })
	p.settled(a, ErrClosed)
	p.settled(b, ErrClosed)
	if len(p.stored()) != 2 {
		t.Errorf("stored: %v", p.stored())
	}
}

func TestOutboxIsBounded(t *testing.T) {
	p := newPeer(t, Config{})
	for range maxOutbox {
		p.durable("send_event", hello)
	}
	p.settled(p.durable("send_event", hello), ErrQueueFull)
}

func TestNoWait(t *testing.T) {
	p := newPeer(t, Config{})
	try := func() CallID {
		var id CallID
		p.do(func() { id = p.s.Call(p.now, "get_chat", nil, CallOptions{NoWait: true}) })
		return id
	}
	p.settled(try(), ErrOffline)
	p.live()
	p.open(try())
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	p.settled(try(), ErrOffline)
}

func TestReadsAreRepeated(t *testing.T) {
	p := newPeer(t, Config{}).live()
	write, read, waits := p.call("update_customer", "{}"), p.call("get_chat", `{"n":1}`), p.call("list_threads", "{}")
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	p.settled(write, ErrConnectionLost)
	p.open(read)
	p.after(2 * time.Second)
	p.do(func() { p.s.Opened(p.now) })
	p.answer("login", `{}`)
	p.answer("get_chat", `{"id":"X"}`)
	p.settled(read, "")
	p.after(defaultTimeout - 2*time.Second)
	p.settled(waits, ErrTimeout)
}
