package session

import (
	"fmt"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"strings"
	"testing"
	"time"
)

// at is a time of the server's, n seconds into the test.
func at(n int) string {
	return time.Date(2026, 1, 2, 3, 4, 5+n, 0, time.UTC).Format("2006-01-02T15:04:05.000000Z")
}

func event(n int) string {
	return fmt.Sprintf(`{"id":"E%d","type":"message","created_at":%q}`, n, at(n))
}

// thread is a thread of the chat C with the events from..to.
func thread(id string, active bool, from, to int) string {
	var events []string
	for n := from; n <= to; n++ {
		events = append(events, event(n))
	}
	return fmt.Sprintf(`{"id":%q,"active":%v,"created_at":%q,"events":[%s]}`, id, active, at(from), strings.Join(events, ","))
}

func threads(list ...string) string {
	return `{"threads":[` + strings.Join(list, ",") + `]}`
}

func (p *peer) push(action, format string, args ...any) []Output {
	p.t.Helper()
	return p.receive(`{"version":"3.6","type":"push","action":%q,"payload":%s}`, action, fmt.Sprintf(format, args...))
}

func (p *peer) pushEvent(thread string, n int) []Output {
	p.t.Helper()
	return p.push("incoming_event", `{"chat_id":"C","thread_id":%q,"event":%s}`, thread, event(n))
}

// pushes lists the pushes among outs: action and what they are about; those
// that were recovered end in "+".
func pushes(outs []Output) string {
	var list []string
	for _, out := range outs {
		if out.Kind != Pushed {
			continue
		}
		var text string
		switch out.Action {
		case "incoming_event":
			text = get(out.Payload, "chat_id") + "/" + get(out.Payload, "thread_id") + "/" + get(out.Payload, "event", "id")
		case "incoming_chat":
			text = "chat " + get(out.Payload, "chat", "id") + "/" + get(out.Payload, "chat", "thread", "id")
		case "chat_deactivated":
			text = "end " + get(out.Payload, "chat_id") + "/" + get(out.Payload, "thread_id")
		default:
			text = out.Action
		}
		if out.Recovered {
			text += "+"
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

// inUse brings a session to Live with the chat C, whose thread T has the events
// 1 to n.
func (p *peer) inUse(n int) *peer {
	p.t.Helper()
	p.live()
	p.push("incoming_chat", `{"chat":{"id":"C","users":[],"thread":%s}}`, thread("T", true, 1, 1))
	for i := 2; i <= n; i++ {
		p.pushEvent("T", i)
	}
	return p
}

func TestMissedEventsAreFetched(t *testing.T) {
	p := newPeer(t, Config{}).inUse(3)
	p.reopen()
	outs := p.answer("login", `{"chats":[{"chat_id":"C","has_active_thread":true}]}`)
	p.in(Syncing)
	if out, _ := last(outs, StateChanged); out.State != Syncing {
		t.Fatalf("state = %+v", out)
	}
	waits := p.call("update_customer", "{}")
	if p.sends("update_customer") != 0 {
		t.Fatal("a call does not wait for the recovery")
	}
	if outs := p.pushEvent("T", 6); pushes(outs) != "" {
		t.Fatalf("a push overtakes what came before it: %s", pushes(outs))
	}
	p.push("incoming_typing_indicator", `{}`)
	outs = p.answer("list_threads", threads(thread("T", true, 1, 6)))
	p.in(Live)
	if got, want := pushes(outs), "C/T/E4+ C/T/E5+ C/T/E6+ incoming_typing_indicator"; got != want {
		t.Errorf("pushes: %s, want %s", got, want)
	}
	if p.sends("update_customer") != 1 {
		t.Error("the call is not sent")
	}
	p.open(waits)
	if st := p.s.Stats(); st.Recovered != 3 || st.Doubles != 1 || st.Reconnects != 1 {
		t.Errorf("stats = %+v", st)
	}
	if outs := p.pushEvent("T", 5); pushes(outs) != "" {
		t.Errorf("a double: %s", pushes(outs))
	}
}

// Frames may come in another order: what is missing may lie between what is
// there.
func TestHolesAreFilled(t *testing.T) {
	p := newPeer(t, Config{}).inUse(1)
	p.pushEvent("T", 3)
	p.pushEvent("T", 5)
	p.reopen()
	p.answer("login", `{}`)
	outs := p.answer("list_threads", threads(thread("T", true, 1, 5)))
	if got, want := pushes(outs), "C/T/E2+ C/T/E4+"; got != want {
		t.Errorf("pushes: %s, want %s", got, want)
	}
}

func TestMissedThreads(t *testing.T) {
	p := newPeer(t, Config{}).inUse(2)
	p.reopen()
	p.answer("login", `{}`)
	page := `{"threads":[` + thread("V", true, 8, 9) + `,` + thread("U", false, 5, 6) + `],"next_page_id":"next"}`
	p.answer("list_threads", page)
	if got := p.sent("list_threads")["payload"].(map[string]any)["page_id"]; got != "next" {
		t.Fatalf("page_id = %v", got)
	}
	outs := p.answer("list_threads", `{"threads":[`+thread("T", false, 1, 3)+`],"next_page_id":"older"}`)
	if got, want := pushes(outs), "C/T/E3+ end C/T+"; got != want {
		t.Errorf("pushes: %s, want %s", got, want)
	}
	p.in(Syncing)
	outs = p.answer("get_chat", `{"id":"C","users":[{"id":"u"}],"thread":`+thread("V", true, 8, 9)+`}`)
	if got, want := pushes(outs), "chat C/U+ end C/U+ chat C/V+"; got != want {
		t.Errorf("pushes: %s, want %s", got, want)
	}
	p.in(Live)
	for n := 5; n < 10; n++ {
		if outs := p.pushEvent("V", n); n != 7 && pushes(outs) != "" {
			t.Errorf("E%d was given already", n)
		}
	}
	p.reopen()
	p.answer("login", `{}`)
	outs = p.answer("list_threads", threads(thread("V", true, 8, 9), thread("U", false, 5, 6)))
	if got := pushes(outs); got != "" {
		t.Errorf("a second time: %s", got)
	}
}

func TestChatsThatAreNew(t *testing.T) {
	for api, login := range map[API]string{
		Customer: `{"chats":[{"chat_id":"C"},{"chat_id":"N","has_active_thread":true}]}`,
		Agent:    `{"chats_summary":[{"id":"C"},{"id":"N"}]}`,
	} {
		p := newPeer(t, Config{API: api}).inUse(2)
		p.reopen()
		p.answer("login", login)
		outs := p.answer("list_threads", threads(thread("T", true, 1, 2)))
		outs = append(outs, p.answer("get_chat", `{"id":"N","users":[],"thread":`+thread("X", true, 4, 5)+`}`)...)
		if got, want := pushes(outs), "chat N/X+"; got != want {
			t.Errorf("%s: %s, want %s", api, got, want)
		}
		p.in(Live)
	}
}

// What is in the chats at the first login is the host's to fetch.
func TestBaseline(t *testing.T) {
	summary := fmt.Sprintf(`{"chats_summary":[{"id":"C","last_thread_summary":{"id":"T","active":true,"created_at":%q},"last_event_per_type":{"message":{"event":%s}}}]}`, at(1), event(3))
	for _, c := range []struct {
		name, login, read string
		api               API
	}{
		{"agent", summary, "", Agent},
		{"customer", `{"chats":[{"chat_id":"C","has_active_thread":true}]}`, threads(thread("T", true, 1, 3)), Customer},
		{"customer who did not read", `{"chats":[{"chat_id":"C","has_active_thread":true}]}`, "", Customer},
	} {
		p := newPeer(t, Config{API: c.api}).authorizing()
		p.now = p.now.Add(guess)
		p.call("login", `{"token":"t"}`)
		p.answer("login", c.login)
		p.in(Live)
		if c.read != "" {
			p.call("list_threads", `{"chat_id":"C"}`)
			p.answer("list_threads", c.read)
		}
		p.reopen()
		p.answer("login", c.login)
		outs := p.answer("list_threads", threads(thread("T", true, 1, 4)))
		want := "C/T/E4+"
		if c.name == "customer who did not read" {
			outs = append(outs, p.answer("get_chat", `{"id":"C","thread":`+thread("T", true, 1, 4)+`}`)...)
			want = "chat C/T+" // the thread is not older than the guess
		}
		if got := pushes(outs); got != want {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
	}
}

func TestRecoveryFails(t *testing.T) {
	start := func() *peer {
		p := newPeer(t, Config{}).inUse(2)
		p.reopen()
		p.answer("login", `{}`)
		p.pushEvent("T", 4)
		p.push("something", `{}`)
		return p
	}
	for _, errorType := range []string{"not_found", "missing_access"} {
		p := start()
		outs := p.refuse("list_threads", errorType)
		p.in(Live)
		if got := pushes(outs); got != "C/T/E4 something" {
			t.Errorf("%s: %q", errorType, got)
		}
	}
	for _, errorType := range []string{"internal", "too_many_requests"} {
		p := start()
		p.refuse("list_threads", errorType)
		p.in(Syncing)
		if p.after(retryFirst); p.sends("list_threads") != 2 {
			t.Fatalf("%s: not tried again", errorType)
		}
		outs := p.answer("list_threads", threads(thread("T", true, 1, 4)))
		p.in(Live)
		if got, want := pushes(outs), "C/T/E3+ C/T/E4+ something"; got != want {
			t.Errorf("%s: %s, want %s", errorType, got, want)
		}
	}
	p := start()
	for range maxTries {
		p.refuse("list_threads", "internal")
		p.in(Syncing)
		for n := p.sends("list_threads"); p.sends("list_threads") == n; {
			wake, _ := last(p.out, Wake)
			p.after(wake.At.Sub(p.now))
			p.push("something", `{}`)
		}
	}
	outs := p.refuse("list_threads", "internal")
	p.in(Waiting)
	if got := pushes(outs); strings.Contains(got, "C/T/E4") || !strings.Contains(got, "something") {
		t.Errorf("the broken recovery gave %q", got)
	}

	p = start()
	p.after(defaultTimeout)
	p.in(Waiting)
	p.after(time.Minute)
	p.do(func() { p.s.Opened(p.now) })
	p.answer("login", `{}`)
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	p.in(Waiting)
	p.do(func() { p.s.Stop(p.now) })
	p.in(Stopped)
}

// A server that never comes to an end is left alone in the end.
func TestEndlessPages(t *testing.T) {
	p := newPeer(t, Config{}).inUse(2)
	id := p.durable("send_event", hello)
	p.reopen()
	p.answer("login", `{}`)
	page := fmt.Sprintf(`{"threads":[{"id":"X","created_at":%q,"events":[]}],"next_page_id":"next"}`, at(9))
	for n := 0; p.s.State() == Syncing || p.sends("send_event") == 1; n++ {
		if n > 3*maxPages {
			t.Fatal("it asks for ever")
		}
		if p.s.State() == Syncing && p.sends("get_chat") > 0 {
			p.answer("get_chat", `{"id":"C"}`)
			continue
		}
		p.answer("list_threads", page)
	}
	p.open(id)
}

func TestManyChatsAreFetchedInTurn(t *testing.T) {
	p := newPeer(t, Config{API: Agent}).live()
	for n := range 25 {
		p.push("incoming_event", `{"chat_id":"C%d","thread_id":"T","event":%s}`, n, event(1))
	}
	p.reopen()
	p.answer("login", `{}`)
	for n := range 25 {
		p.in(Syncing)
		if got, want := p.sends("list_threads"), min(25, maxCalls+n); got != want {
			t.Fatalf("%d are asked for, want %d", got, want)
		}
		id := p.ids("list_threads")[n]
		p.receive(`{"request_id":%q,"type":"response","success":true,"payload":%s}`, id, threads())
	}
	p.in(Live)
}

// ids lists the request ids of an action in order.
func (p *peer) ids(action string) (ids []string) {
	for _, out := range p.out {
		if out.Kind == Send && get(out.Frame, "action") == action {
			ids = append(ids, get(out.Frame, "request_id"))
		}
	}
	return ids
}

func TestWindowIsBounded(t *testing.T) {
	p := newPeer(t, Config{}).inUse(3 * windowSize)
	n := p.s.notes["C"]
	if len(n.window) != windowSize {
		t.Errorf("%d events are remembered", len(n.window))
	}
	p.reopen()
	p.answer("login", `{}`)
	outs := p.answer("list_threads", threads(thread("T", true, 1, 3*windowSize+1)))
	if got, want := pushes(outs), fmt.Sprintf("C/T/E%d+", 3*windowSize+1); got != want {
		t.Errorf("pushes: %s, want %s", got, want)
	}
	for i := range 3 * maxNotes {
		p.push("incoming_event", `{"chat_id":"N%d","thread_id":"T","event":%s}`, i, event(1))
	}
	if len(p.s.notes) != maxNotes {
		t.Errorf("%d chats are remembered", len(p.s.notes))
	}
}

func TestSideStorage(t *testing.T) {
	p := newPeer(t, Config{}).authorizing()
	p.call("login", `{"token":"t","customer_side_storage":{"a":"old"}}`)
	p.answer("login", `{}`)
	if got := p.sent("login")["payload"].(map[string]any)["customer_side_storage"]; fmt.Sprint(got) != "map[a:old]" {
		t.Fatalf("sent %v", got)
	}
	p.push("customer_side_storage_updated", `{"customer_side_storage":{"a":"new"}}`)
	p.push("customer_side_storage_updated", `{}`)
	kept := p.stored()
	if len(kept) != 1 || kept[0].Key != sideStorage || string(kept[0].Value) != `{"a":"new"}` {
		t.Fatalf("stored %v", kept)
	}
	p.reopen()
	if got := p.sent("login")["payload"].(map[string]any)["customer_side_storage"]; fmt.Sprint(got) != "map[a:new]" {
		t.Errorf("sent again: %v", got)
	}
	p = newPeer(t, Config{})
	p.do(func() { p.s.Restore(p.now, kept) })
	p.live()
	if got := p.sent("login")["payload"].(map[string]any)["customer_side_storage"]; fmt.Sprint(got) != "map[a:new]" {
		t.Errorf("after a restart: %v", got)
	}
}

func get(obj []byte, path ...string) string { return wire.Str(obj, path...) }

// A doubled incoming_chat would show its events twice.
func TestDoubledChats(t *testing.T) {
	p := newPeer(t, Config{API: Agent}).inUse(3)
	chat := func(more, thread string) string {
		return `{"chat":{"id":"C","users":[],"thread":` + thread + `}` + more + `}`
	}
	for _, c := range []struct{ before, payload, want string }{
		{"", chat("", thread("T", true, 1, 1)), ""},
		{"", chat("", thread("T", true, 1, 3)), ""},
		{"", chat("", thread("T", true, 1, 4)), "chat C/T"},
		{"", chat("", thread("U", true, 6, 6)), "chat C/U"},
		{"", chat("", thread("U", true, 6, 6)), ""},
		{"", chat("", thread("T", true, 1, 1)), ""},
		{"", chat(`,"transferred_from":{"group_ids":[1]}`, thread("U", true, 6, 6)), "chat C/U"},
		{"chat_unfollowed", chat("", thread("U", true, 6, 6)), "chat C/U"},
	} {
		if c.before != "" {
			p.push(c.before, `{"chat_id":"C"}`)
		}
		if got := pushes(p.push("incoming_chat", "%s", c.payload)); got != c.want {
			t.Errorf("%s: %q, want %q", c.payload, got, c.want)
		}
	}
	if n := p.s.notes["C"]; n.thread != "U" || n.before != "T" {
		t.Errorf("the newest thread is %s after %s", n.thread, n.before)
	}
}

// A new thread whose push comes while it is being fetched is given out once.
func TestChatThatComesTwiceWhileSyncing(t *testing.T) {
	p := newPeer(t, Config{}).inUse(2)
	p.reopen()
	p.answer("login", `{}`)
	p.push("incoming_chat", `{"chat":{"id":"C","thread":%s}}`, thread("U", true, 5, 5))
	p.pushEvent("U", 6)
	p.answer("list_threads", threads(thread("U", true, 5, 6), thread("T", false, 1, 2)))
	outs := p.answer("get_chat", `{"id":"C","thread":`+thread("U", true, 5, 6)+`}`)
	if got, want := pushes(outs), "chat C/U+"; got != want {
		t.Errorf("pushes: %s, want %s", got, want)
	}
}

// The push that brings a new chat may be the one that is lost.
func TestChatWithoutItsFirstPush(t *testing.T) {
	p := newPeer(t, Config{}).live()
	p.pushEvent("T", 2)
	p.pushEvent("T", 4)
	p.reopen()
	p.answer("login", `{"chats":[{"chat_id":"C"}]}`)
	outs := p.answer("list_threads", `{"threads":[`+thread("T", true, 1, 4)+`,`+thread("S", false, 0, 0)+`],"next_page_id":"older"}`)
	if got, want := pushes(outs), "C/T/E1+ C/T/E3+"; got != want {
		t.Errorf("pushes: %s, want %s", got, want)
	}
	p.in(Live)
}
