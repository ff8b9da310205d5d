package bridge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// peer is a host that writes down what it is told; on, when set, comes first
// and may call back.
type peer struct {
	said []string
	on   func(what string)
}

func (p *peer) say(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	if p.on != nil {
		p.on(what)
	}
	p.said = append(p.said, what)
}

func (p *peer) Dial(conn int, url string)            { p.say("%d dial %s", conn, url) }
func (p *peer) Send(conn int, frame []byte)          { p.say("%d send %s", conn, frame) }
func (p *peer) Shut(conn, code int, reason string)   { p.say("%d shut %d %s", conn, code, reason) }
func (p *peer) Wake(conn int, d time.Duration)       { p.say("%d wake %v", conn, d) }
func (p *peer) Patch(conn int, ops []byte)           { p.say("%d patch %s", conn, ops) }
func (p *peer) State(conn int, state, reason string) { p.say("%d state %s %s", conn, state, reason) }
func (p *peer) NeedToken(conn int, fresh bool)       { p.say("%d token %v", conn, fresh) }
func (p *peer) Report(conn int, text string)         { p.say("%d report %s", conn, text) }
func (p *peer) Unstable(conn int, is bool)           { p.say("%d unstable %v", conn, is) }
func (p *peer) Push(conn int, action, id string, payload []byte, recovered bool) {
	if recovered {
		action += " (recovered)"
	}
	p.say("%d push %s %s %s", conn, action, id, payload)
}
func (p *peer) Stored(conn int, key string, value []byte) {
	if value == nil {
		p.say("%d forget %s", conn, key)
		return
	}
	p.say("%d store %s %s", conn, key, value)
}
func (p *peer) Settle(conn, ref int, payload []byte, err *session.Error) {
	if err != nil {
		text := err.Type
		if text == "validation" || text == "unsupported_version" {
			text += ": " + err.Message
		}
		p.say("%d settle %d %s", conn, ref, text)
		return
	}
	p.say("%d settle %d ok %s", conn, ref, payload)
}

// all returns what was said that has the word what in second place.
func (p *peer) all(what string) (found []string) {
	for _, s := range p.said {
		if f := strings.Fields(s); len(f) > 1 && f[1] == what {
			found = append(found, s)
		}
	}
	return found
}

func (p *peer) want(t *testing.T, what string, want ...string) {
	t.Helper()
	if got := p.all(what); !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q\nall of it: %q", what, got, want, p.said)
	}
}

var epoch = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// live returns a bridge whose connection 1, an agent's, is logged in.
func live(t *testing.T) (*Bridge, *peer) {
	t.Helper()
	p := &peer{}
	b := New(p)
	must(t, b.Create(1, session.Config{API: session.Agent, Server: "http://h"}))
	must(t, b.Start(1, epoch))
	must(t, b.Call(1, epoch, 10, "login", []byte(`{"token":"Bearer x"}`), 0))
	must(t, b.Opened(1, epoch))
	answer(t, b, p, `{"my_profile":{"id":"a","name":"Ann"},"chats_summary":[]}`)
	p.want(t, "settle", `1 settle 10 ok {"my_profile":{"id":"a","name":"Ann"},"chats_summary":[]}`)
	p.said = nil
	return b, p
}

// answer answers the newest request.
func answer(t *testing.T, b *Bridge, p *peer, payload string) {
	t.Helper()
	sent := p.all("send")
	if len(sent) == 0 {
		t.Fatal("nothing was sent")
	}
	var request struct {
		ID     string `json:"request_id"`
		Action string `json:"action"`
	}
	must(t, json.Unmarshal([]byte(strings.TrimPrefix(sent[len(sent)-1], "1 send ")), &request))
	must(t, b.Receive(1, epoch, fmt.Appendf(nil, `{"request_id":%q,"action":%q,"type":"response","success":true,"payload":%s}`, request.ID, request.Action, payload)))
}

func TestCallsKeepTheHostsNumbers(t *testing.T) {
	b, p := live(t)
	must(t, b.Call(1, epoch, 5, "get_chat", []byte(`{"chat_id":"c"}`), 0))
	if err := b.Call(1, epoch, 5, "get_chat", []byte(`{}`), 0); err == nil {
		t.Error("a number in use must be refused")
	}
	answer(t, b, p, `{"id":"c","users":[]}`)
	p.want(t, "settle", `1 settle 5 ok {"id":"c","users":[]}`)
	must(t, b.Call(1, epoch, 5, "ping", []byte(`{}`), 0)) // free again
	must(t, b.Cancel(1, epoch, 5))
	must(t, b.Cancel(1, epoch, 5))
	p.want(t, "settle", `1 settle 5 ok {"id":"c","users":[]}`, `1 settle 5 canceled`)
}

// TestWhatTheRulesForbidIsNotSent makes calls that settle at once, each with
// the sentence that a server would have.
func TestWhatTheRulesForbidIsNotSent(t *testing.T) {
	b, p := live(t)
	for ref, call := range []struct{ action, payload, want string }{
		{"send_event", `{"event":{"type":"message","text":"x"}}`, "validation: payload.chat_id: is required"},
		{"send_event", `{"chat_id":"c","event":{"type":"message","text":"` + strings.Repeat("x", 16385) + `"}}`, "validation: payload.event.text: must have at most 16384 bytes, not 16385"},
		{"list_chats", `{"sort_order":"up"}`, `validation: payload.sort_order: must be one of asc, desc, not "up"`},
		{"list_chats", `{"page_id":"p","limit":5}`, "validation: payload.page_id: cannot be combined with limit"},
		{"list_customers", `{}`, "unsupported_version: list_customers was removed in version 3.6, and this connection speaks 3.6"},
		{"login", `{"timezone":7}`, "validation: payload.timezone: must be a string, not a number"},
	} {
		must(t, b.Call(1, epoch, ref, call.action, []byte(call.payload), 0))
		p.want(t, "settle", fmt.Sprintf("1 settle %d %s", ref, call.want))
		p.said = nil
	}
	p.want(t, "send")
	must(t, b.Call(1, epoch, 0, "an_action_of_tomorrow", []byte(`{"x":1}`), 0)) // nothing is known of it
	if got := p.all("send"); len(got) != 1 {
		t.Errorf("sent %q", got)
	}
	// An answer to a refusal may ask again.
	p.said = nil
	again := true
	p.on = func(what string) {
		if again && strings.Contains(what, "settle 1 ") {
			again = false
			must(t, b.Call(1, epoch, 1, "get_chat", []byte(`{}`), 0))
		}
	}
	must(t, b.Call(1, epoch, 1, "get_chat", []byte(`{}`), 0))
	p.want(t, "settle", "1 settle 1 validation: payload.chat_id: is required", "1 settle 1 validation: payload.chat_id: is required")
}

func TestTheModelsCallsAreItsOwn(t *testing.T) {
	b, p := live(t)
	must(t, b.Receive(1, epoch, []byte(`{"action":"incoming_chat","type":"push","payload":{"chat":{"id":"c","users":[],"thread":{"id":"t","active":true,"user_ids":[],"events":[],"created_at":"2030-01-01T00:00:00.000000Z"}}}}`)))
	must(t, b.Act(1, epoch, "send", []byte(`{"chat_id":"c","text":"hello"}`)))
	if sent := p.all("send"); len(sent) == 0 || !strings.Contains(sent[len(sent)-1], `"send_event"`) {
		t.Fatalf("sent %q, want a send_event", sent)
	}
	answer(t, b, p, `{"event_id":"e"}`)
	p.want(t, "settle")
	state, err := b.Snapshot(1)
	must(t, err)
	if !json.Valid(state) || !bytes.Contains(state, []byte(`"hello"`)) {
		t.Errorf("snapshot %s", state)
	}
}

func TestPatchFollowsWhatCausedIt(t *testing.T) {
	b, p := live(t)
	must(t, b.Receive(1, epoch, []byte(`{"action":"incoming_chat","type":"push","payload":{"chat":{"id":"c","users":[],"thread":{"id":"t","active":true,"user_ids":[],"events":[],"created_at":"2030-01-01T00:00:00.000000Z"}}}}`)))
	push := slices.IndexFunc(p.said, func(s string) bool { return strings.HasPrefix(s, "1 push incoming_chat") })
	patch := slices.IndexFunc(p.said, func(s string) bool { return strings.HasPrefix(s, "1 patch ") })
	if push < 0 || patch < push {
		t.Errorf("push at %d, patch at %d of %q", push, patch, p.said)
	}
}

func TestHostCallsBack(t *testing.T) {
	p := &peer{}
	b := New(p)
	p.on = func(what string) {
		switch {
		case strings.HasPrefix(what, "1 dial"):
			must(t, b.Opened(1, epoch))
		case strings.HasPrefix(what, "1 token"):
			must(t, b.Token(1, epoch, "Bearer x", "", 0))
		}
	}
	must(t, b.Create(1, session.Config{API: session.Agent, Server: "http://h"}))
	must(t, b.Call(1, epoch, 1, "login", []byte(`{}`), 0))
	must(t, b.Start(1, epoch))
	p.want(t, "send", `1 send {"request_id":"1","action":"login","payload":{"token":"Bearer x"}}`)
	p.want(t, "state", "1 state connecting ", "1 state authorizing ")
}

func TestStopAndDestroy(t *testing.T) {
	b, p := live(t)
	must(t, b.Call(1, epoch, 5, "get_chat", []byte(`{"chat_id":"c"}`), 0))
	must(t, b.Stop(1, epoch))
	p.want(t, "settle", "1 settle 5 closed")
	p.want(t, "state", "1 state stopped closed")
	p.want(t, "shut", "1 shut 1000 ")
	if wakes := p.all("wake"); wakes[len(wakes)-1] != "1 wake -1ns" {
		t.Errorf("the timer must be taken back: %q", wakes)
	}
	b.Destroy(1)
	if err := b.Tick(1, epoch); err == nil {
		t.Error("a connection that is gone must be refused")
	}
	if len(b.conns) != 0 {
		t.Error("connections left")
	}
}

func TestWakeIsTheEarlierOfBoth(t *testing.T) {
	b, p := live(t)
	must(t, b.Receive(1, epoch, []byte(`{"action":"incoming_chat","type":"push","payload":{"chat":{"id":"c","users":[{"id":"u","type":"customer","present":true}],"thread":{"id":"t","active":true,"user_ids":["u"],"events":[],"created_at":"2030-01-01T00:00:00.000000Z"}}}}`)))
	p.said = nil
	at := epoch.Add(time.Second)
	must(t, b.Receive(1, at, []byte(`{"action":"incoming_sneak_peek","type":"push","payload":{"chat_id":"c","thread_id":"t","sneak_peek":{"author_id":"u","text":"hel","timestamp":1}}}`)))
	p.want(t, "wake", "1 wake 6s") // the model's; the engine's ping comes at 15 s
	must(t, b.Tick(1, at.Add(6*time.Second)))
	p.want(t, "wake", "1 wake 6s", "1 wake 8s")
}

// What a host does in any of its functions is carried out before the entry that
// called it returns.
func TestHostCallsBackFromEverywhere(t *testing.T) {
	const push = `{"action":"incoming_chat","type":"push","payload":{"chat":{"id":"c","users":[],"thread":{"id":"t","active":true,"user_ids":[],"events":[],"created_at":"2030-01-01T00:00:00.000000Z"}}}}`
	for _, from := range []string{"push", "patch", "report", "settle", "wake", "state", "shut"} {
		t.Run(from, func(t *testing.T) {
			b, p := live(t)
			done := false
			p.on = func(what string) {
				if f := strings.Fields(what); !done && f[1] == from {
					done = true
					must(t, b.Call(1, epoch, 77, "list_chats", []byte(`[]`), 0)) // refused at once
				}
			}
			must(t, b.Receive(1, epoch, []byte(push)))
			must(t, b.Receive(1, epoch, []byte(`nonsense`)))
			must(t, b.Call(1, epoch, 5, "ping", []byte(""), time.Second))
			answer(t, b, p, `{}`)
			must(t, b.Stop(1, epoch))
			if !done {
				t.Fatalf("no %s in %q", from, p.said)
			}
			if got := p.all("settle"); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "1 settle 77 ") }) {
				t.Errorf("what %s asked for was not delivered: %q", from, p.said)
			}
		})
	}
}

func TestHostTicksInWake(t *testing.T) {
	p := &peer{}
	b := New(p)
	now := epoch
	p.on = func(what string) {
		if what == "1 wake 1s" { // a host of virtual time
			now = now.Add(time.Second)
			must(t, b.Tick(1, now))
		}
	}
	must(t, b.Create(1, session.Config{API: session.Agent, Server: "http://h"}))
	must(t, b.Call(1, now, 1, "login", []byte(`{}`), time.Second))
	p.want(t, "settle", "1 settle 1 timeout")
	must(t, b.Call(1, now, 2, "login", []byte(`{}`), time.Second))
	p.want(t, "settle", "1 settle 1 timeout", "1 settle 2 timeout")
}

func TestDestroyInACallback(t *testing.T) {
	for _, from := range []string{"settle", "state", "shut", "push", "patch", "wake"} {
		t.Run(from, func(t *testing.T) {
			b, p := live(t)
			must(t, b.Call(1, epoch, 5, "get_chat", []byte(`{"chat_id":"c"}`), time.Second))
			must(t, b.Call(1, epoch, 6, "get_chat", []byte(`{"chat_id":"d"}`), time.Second))
			p.said = nil
			destroyed := -1
			p.on = func(what string) {
				if destroyed < 0 && strings.Fields(what)[1] == from {
					b.Destroy(1)
					// The number is free for another connection.
					must(t, b.Create(1, session.Config{API: session.Agent, Server: "http://h"}))
					destroyed = len(p.said) + 1
				}
			}
			must(t, b.Receive(1, epoch, []byte(`{"action":"agent_disconnected","type":"push","payload":{"reason":"license_expired"}}`)))
			if destroyed < 0 {
				t.Fatalf("no %s in %q", from, p.said)
			}
			if late := p.said[destroyed:]; len(late) > 0 {
				t.Errorf("after Destroy in %s: %q", from, late)
			}
		})
	}
}

// TestStore sends a message that the server does not get, restarts, and sends
// it again from what the first host kept.
func TestStore(t *testing.T) {
	cfg := session.Config{API: session.Agent, Server: "http://h", ConfirmStored: true}
	const login = `{"my_profile":{"id":"a","name":"Ann"},"chats_summary":[{"id":"c","users":[],"last_thread_summary":{"id":"t","created_at":"2030-01-01T00:00:00.000000Z","active":true}}]}`
	p := &peer{}
	b := New(p)
	start := func(entries string) {
		t.Helper()
		must(t, b.Create(1, cfg))
		must(t, b.Restore(1, epoch, entries))
		must(t, b.Call(1, epoch, 10, "login", []byte(`{"token":"Bearer x"}`), 0))
		must(t, b.Start(1, epoch))
		must(t, b.Opened(1, epoch))
		answer(t, b, p, login)
	}
	kept := map[string]string{}
	keep := func() {
		t.Helper()
		said := p.said
		p.said = nil
		for _, s := range said {
			if f := strings.SplitN(s, " ", 4); f[1] == "store" {
				kept[f[2]] = f[3]
				must(t, b.Kept(1, epoch, f[2], ""))
			} else if f[1] == "forget" {
				delete(kept, f[2])
			}
		}
	}
	start(`[]`)
	p.said = nil
	must(t, b.Act(1, epoch, "send", []byte(`{"chat_id":"c","text":"one"}`)))
	must(t, b.Act(1, epoch, "send", []byte(`{"chat_id":"c","text":"two"}`)))
	p.want(t, "send") // nothing before it is stored
	keep()
	if sent := p.all("send"); len(kept) != 2 || len(sent) != 1 || !strings.Contains(sent[0], `"one"`) {
		t.Fatalf("kept %q, sent %q", kept, sent)
	}
	b.Destroy(1)
	var entries []map[string]string
	for key, value := range kept {
		entries = append(entries, map[string]string{"key": key, "value": value})
	}
	list, err := json.Marshal(entries)
	must(t, err)
	if err := b.Create(1, cfg); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{``, `{}`, `[1]`, `[{"key":"x"}]`} {
		if err := b.Restore(1, epoch, bad); err == nil {
			t.Errorf("entries %q: no error", bad)
		}
	}
	b.Destroy(1)
	start(string(list))
	answer(t, b, p, `{"threads":[]}`) // it looks for it first
	answer(t, b, p, `{"event_id":"e1"}`)
	keep()
	answer(t, b, p, `{"event_id":"e2"}`)
	keep()
	state, err := b.Snapshot(1)
	must(t, err)
	if bytes.Index(state, []byte(`"one"`)) > bytes.Index(state, []byte(`"two"`)) || bytes.Count(state, []byte(`"state":"sent"`)) != 2 || len(kept) != 0 {
		t.Errorf("state %s, kept %q", state, kept)
	}
}
