package session

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// peer drives a Session by hand: it keeps the outputs and a clock, and answers
// as a server would.
type peer struct {
	t   *testing.T
	s   *Session
	now time.Time
	out []Output
}

func newPeer(t *testing.T, cfg Config) *peer {
	t.Helper()
	if cfg.Server == "" {
		cfg.Server = "http://rtm.test"
	}
	return &peer{t: t, s: New(cfg), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// do runs one input and collects what came of it.
func (p *peer) do(input func()) []Output {
	p.t.Helper()
	input()
	var got []Output
	for out, ok := p.s.Next(); ok; out, ok = p.s.Next() {
		got = append(got, out)
	}
	p.out = append(p.out, got...)
	return got
}

// after moves the clock and ticks.
func (p *peer) after(d time.Duration) []Output {
	p.t.Helper()
	p.now = p.now.Add(d)
	return p.do(func() { p.s.Tick(p.now) })
}

func (p *peer) call(action, payload string) CallID {
	p.t.Helper()
	var id CallID
	p.do(func() { id = p.s.Call(p.now, action, []byte(payload), CallOptions{}) })
	return id
}

func (p *peer) receive(format string, args ...any) []Output {
	p.t.Helper()
	return p.do(func() { p.s.Receive(p.now, fmt.Appendf(nil, format, args...)) })
}

// sent returns the last frame sent with the action.
func (p *peer) sent(action string) map[string]any {
	p.t.Helper()
	for i := len(p.out) - 1; i >= 0; i-- {
		if p.out[i].Kind != Send {
			continue
		}
		var frame map[string]any
		if err := json.Unmarshal(p.out[i].Frame, &frame); err != nil {
			p.t.Fatalf("frame %s: %v", p.out[i].Frame, err)
		}
		if frame["action"] == action {
			return frame
		}
	}
	p.t.Fatalf("no %s was sent", action)
	return nil
}

// answer answers the last request with the action.
func (p *peer) answer(action, payload string) []Output {
	p.t.Helper()
	return p.receive(`{"request_id":%q,"action":%q,"type":"response","success":true,"payload":%s}`, p.sent(action)["request_id"], action, payload)
}

func (p *peer) refuse(action, errorType string) []Output {
	p.t.Helper()
	return p.receive(`{"request_id":%q,"action":%q,"type":"response","success":false,"payload":{"error":{"type":%q,"message":"no"}}}`,
		p.sent(action)["request_id"], action, errorType)
}

// live brings the session to Live.
func (p *peer) live() *peer {
	p.t.Helper()
	p.do(func() { p.s.Start(p.now) })
	p.do(func() { p.s.Opened(p.now) })
	id := p.call("login", `{"token":"Bearer dal:x","is_mobile":true}`)
	p.answer("login", `{"customer":{}}`)
	p.settled(id, "")
	p.in(Live)
	return p
}

func (p *peer) in(want State) {
	p.t.Helper()
	if p.s.State() != want {
		p.t.Fatalf("state is %v, want %v", p.s.State(), want)
	}
}

// settled requires that the call was settled exactly once, with the error type
// ("" is success).
func (p *peer) settled(id CallID, errorType string) Output {
	p.t.Helper()
	var found []Output
	for _, out := range p.out {
		if out.Kind == Settled && out.ID == id {
			found = append(found, out)
		}
	}
	if len(found) != 1 {
		p.t.Fatalf("call %d was settled %d times", id, len(found))
	}
	if got := typeOf(found[0].Err); got != errorType {
		p.t.Fatalf("call %d ended with %q, want %q", id, got, errorType)
	}
	return found[0]
}

func (p *peer) open(id CallID) {
	p.t.Helper()
	for _, out := range p.out {
		if out.Kind == Settled && out.ID == id {
			p.t.Fatalf("call %d is settled: %v", id, out.Err)
		}
	}
}

func typeOf(err *Error) string {
	if err == nil {
		return ""
	}
	return err.Type
}

func last(outs []Output, kind Kind) (Output, bool) {
	for i := len(outs) - 1; i >= 0; i-- {
		if outs[i].Kind == kind {
			return outs[i], true
		}
	}
	return Output{}, false
}

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{Config{Organization: "a b"}, "wss://api.livechatinc.com/v3.6/customer/rtm/ws?organization_id=a%20b"},
		{Config{API: Agent, Region: "fra-a"}, "wss://api-fra.livechatinc.com/v3.6/agent/rtm/ws"},
		{Config{Server: "https://h:1/", Version: "3.5"}, "wss://h:1/v3.5/customer/rtm/ws"},
		{Config{Server: "http://h"}, "ws://h/v3.6/customer/rtm/ws"},
	} {
		s := New(c.cfg)
		s.Start(time.Time{})
		var dialled []string
		for out, ok := s.Next(); ok; out, ok = s.Next() {
			if out.Kind == Dial {
				dialled = append(dialled, out.URL)
			}
		}
		if len(dialled) != 1 || dialled[0] != c.want {
			t.Errorf("%+v dials %s, want %s", c.cfg, dialled, c.want)
		}
	}
}

func TestLoginKeepsItsPayload(t *testing.T) {
	p := newPeer(t, Config{}).live()
	frame := p.sent("login")["payload"].(map[string]any)
	if frame["token"] != "Bearer dal:x" || frame["is_mobile"] != true {
		t.Errorf("login payload = %v", frame)
	}
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	p.in(Waiting)
	p.after(time.Minute)
	p.in(Connecting)
	p.do(func() { p.s.Opened(p.now) })
	again := p.sent("login")
	if again["payload"].(map[string]any)["is_mobile"] != true {
		t.Errorf("login after reconnect = %v", again)
	}
	outs := p.answer("login", `{"n":2}`)
	if out, ok := last(outs, Settled); !ok || !out.Relogin || out.ID != 0 || string(out.Payload) != `{"n":2}` {
		t.Errorf("relogin output = %+v", out)
	}
	p.in(Live)
}

func TestLoginAsksForToken(t *testing.T) {
	p := newPeer(t, Config{})
	p.do(func() { p.s.Start(p.now) })
	id := p.call("login", "")
	outs := p.do(func() { p.s.Opened(p.now) })
	if out, ok := last(outs, NeedToken); !ok || out.Fresh {
		t.Fatalf("no NeedToken among %+v", outs)
	}
	p.do(func() { p.s.Token(p.now, "Bearer one", "") })
	outs = p.refuse("login", "authentication")
	if out, ok := last(outs, NeedToken); !ok || !out.Fresh {
		t.Fatalf("a refused token is not asked for anew: %+v", outs)
	}
	p.open(id)
	p.do(func() { p.s.Token(p.now, "Bearer two", "") })
	if got := p.sent("login")["payload"].(map[string]any)["token"]; got != "Bearer two" {
		t.Errorf("token = %v", got)
	}
	p.refuse("login", "authentication")
	p.settled(id, "authentication")
	p.in(Authorizing)

	id = p.call("login", "")
	p.do(func() { p.s.Token(p.now, "", "the shop is closed") })
	if out := p.settled(id, ErrNoToken); out.Err.Message != "the shop is closed" {
		t.Errorf("message = %q", out.Err.Message)
	}
}

func TestExplicitTokenIsNotRetried(t *testing.T) {
	p := newPeer(t, Config{})
	p.do(func() { p.s.Start(p.now) })
	p.do(func() { p.s.Opened(p.now) })
	id := p.call("login", `{"token":"Bearer bad"}`)
	p.refuse("login", "authentication")
	p.settled(id, "authentication")
	if _, asked := last(p.out, NeedToken); asked {
		t.Error("an explicit token that is refused must not be replaced")
	}
	id = p.call("login", `{"token":"Bearer good"}`)
	p.answer("login", `{}`)
	p.settled(id, "")
}

func TestLoginTwice(t *testing.T) {
	p := newPeer(t, Config{})
	p.do(func() { p.s.Start(p.now) })
	first := p.call("login", `{"token":"t"}`)
	second := p.call("login", `{"token":"t"}`)
	p.settled(second, "validation")
	p.open(first)
}

func TestAbandonedLoginTakesTheConnectionWithIt(t *testing.T) {
	p := newPeer(t, Config{})
	p.do(func() { p.s.Start(p.now) })
	p.do(func() { p.s.Opened(p.now) })
	id := p.call("login", `{"token":"t"}`)
	p.after(defaultTimeout)
	p.settled(id, ErrTimeout)
	if _, closed := last(p.out, Close); !closed {
		t.Error("the socket whose login was not answered is kept")
	}
	p.in(Waiting)
	p.call("login", `{"token":"t"}`)
	p.in(Connecting)
}

func TestLostConnection(t *testing.T) {
	p := newPeer(t, Config{}).live()
	inflight := p.call("send_event", `{}`)
	p.do(func() { p.s.Closed(p.now, 1006, "gone") })
	if err := p.settled(inflight, ErrConnectionLost).Err; !strings.Contains(err.Message, "outcome is unknown") {
		t.Errorf("message = %q", err.Message)
	}
	waiting := p.call("get_chat", `{}`)
	p.open(waiting)
	p.after(2 * time.Second)
	p.do(func() { p.s.Opened(p.now) })
	p.answer("login", `{}`)
	p.answer("get_chat", `{"id":"X"}`)
	p.settled(waiting, "")
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	p := newPeer(t, Config{Seed: 7}).live()
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	longest := time.Duration(0)
	for attempt := range 20 {
		out, _ := last(p.out, StateChanged)
		wait := out.At.Sub(p.now)
		if wait < minBackoff || wait > maxBackoff {
			t.Fatalf("attempt %d waits %v", attempt, wait)
		}
		longest = max(longest, wait)
		p.after(wait)
		p.in(Connecting)
		p.do(func() { p.s.Closed(p.now, 0, "refused") })
	}
	if longest < 10*time.Second {
		t.Errorf("the longest wait of 20 is %v", longest)
	}
}

func TestConnectingIsGivenUp(t *testing.T) {
	p := newPeer(t, Config{}).live()
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	p.after(time.Minute)
	p.in(Connecting)
	outs := p.after(openTimeout)
	if _, ok := last(outs, Close); !ok {
		t.Errorf("a socket that does not open is kept: %+v", outs)
	}
	p.in(Waiting)
}

func TestPing(t *testing.T) {
	p := newPeer(t, Config{}).live()
	p.after(pingInterval)
	p.answer("ping", `{}`)
	p.after(pingInterval)
	p.sent("ping")
	p.in(Live)
	p.after(pongTimeout)
	p.in(Waiting)
	if out, _ := last(p.out, Close); out.Code != closeGoingAway {
		t.Errorf("close = %+v", out)
	}
}

func TestOnline(t *testing.T) {
	p := newPeer(t, Config{}).live()
	p.do(func() { p.s.Online(p.now, false) })
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	if out, _ := last(p.out, StateChanged); !out.At.IsZero() {
		t.Errorf("offline, yet it dials at %v", out.At)
	}
	p.after(time.Hour)
	p.in(Waiting)
	p.do(func() { p.s.Online(p.now, true) })
	p.in(Connecting)
}

func TestDisconnectReasons(t *testing.T) {
	for _, c := range []struct {
		api    API
		reason string
		want   State
		fresh  bool
	}{
		{Customer, "connection_timeout", Waiting, false},
		{Customer, "connection_evicted", Waiting, false},
		{Agent, "connection_evicted", Stopped, false},
		{Customer, "license_expired", Stopped, false},
		{Customer, "something_new", Waiting, false},
		{Customer, "access_token_expired", Waiting, true},
		{Agent, "access_token_revoked", Stopped, false},
		{Customer, "misdirected_connection", Stopped, false}, // a given server has no other region
	} {
		t.Run(c.api.String()+"/"+c.reason, func(t *testing.T) {
			p := newPeer(t, Config{API: c.api}).live()
			outs := p.receive(`{"version":"3.6","action":"%s_disconnected","type":"push","payload":{"reason":%q,"data":{"region":"fra"}}}`, c.api, c.reason)
			p.in(c.want)
			closes := 0
			for _, out := range outs {
				if out.Kind == Close {
					closes++
				}
			}
			if closes != 1 {
				t.Errorf("%d Close outputs", closes)
			}
			if out, _ := last(outs, StateChanged); out.Reason != c.reason {
				t.Errorf("reason = %q", out.Reason)
			}
			if c.want == Stopped {
				p.settled(p.call("get_chat", "{}"), ErrClosed)
				return
			}
			p.after(time.Minute)
			outs = p.do(func() { p.s.Opened(p.now) })
			if out, ok := last(outs, NeedToken); ok != c.fresh || out.Fresh != c.fresh {
				t.Errorf("NeedToken = %v %+v", ok, out)
			}
		})
	}
}

func TestRedirectToAnotherRegion(t *testing.T) {
	p := &peer{t: t, s: New(Config{}), now: time.Unix(0, 0)}
	p.live()
	p.receive(`{"action":"customer_disconnected","type":"push","payload":{"reason":"misdirected_connection","data":{"region":"fra"}}}`)
	p.after(time.Minute)
	if out, _ := last(p.out, Dial); !strings.HasPrefix(out.URL, "wss://api-fra.") {
		t.Errorf("dials %s", out.URL)
	}
}

func TestPushes(t *testing.T) {
	p := newPeer(t, Config{}).live()
	outs := p.receive(`{"version":"3.6","request_id":"9","action":"incoming_event","type":"push","payload":{"a":1}}`)
	if out := outs[0]; out.Kind != Pushed || out.Action != "incoming_event" || out.RequestID != "9" || out.Version != "3.6" || string(out.Payload) != `{"a":1}` {
		t.Errorf("push = %+v", out)
	}
	for _, frame := range []string{`nonsense`, `[]`, `{}`, `{"type":"push"}`, `{"type":"response","request_id":"77"}`, `{"type":"response","request_id":{}}`} {
		if outs := p.receive("%s", frame); outs[0].Kind != Reported {
			t.Errorf("frame %s gave %+v", frame, outs[0])
		}
	}
	p.in(Live)
}

func TestStop(t *testing.T) {
	p := newPeer(t, Config{}).live()
	inflight := p.call("get_chat", "{}")
	outs := p.do(func() { p.s.Stop(p.now); p.s.Stop(p.now) })
	p.settled(inflight, ErrClosed)
	p.in(Stopped)
	if out, _ := last(outs, Wake); !out.At.IsZero() {
		t.Errorf("a stopped session wants to be woken at %v", out.At)
	}
	p.settled(p.call("login", `{"token":"t"}`), ErrClosed)
	p.do(func() { p.s.Start(p.now); p.s.Opened(p.now); p.s.Online(p.now, true); p.s.Tick(p.now) })
	p.in(Stopped)
}

func TestWakeCoversWhatIsDue(t *testing.T) {
	p := newPeer(t, Config{}).live()
	out, ok := last(p.out, Wake)
	if !ok || !out.At.Equal(p.now.Add(pingInterval)) {
		t.Errorf("wake = %v, want the ping at %v", out.At, p.now.Add(pingInterval))
	}
	p.do(func() { p.s.Call(p.now, "get_chat", nil, CallOptions{Timeout: time.Second}) })
	if out, _ := last(p.out, Wake); !out.At.Equal(p.now.Add(time.Second)) {
		t.Errorf("wake = %v, want the deadline", out.At)
	}
}

func TestNewID(t *testing.T) {
	a, b := New(Config{Seed: 1}), New(Config{Seed: 1})
	seen := map[string]bool{}
	for range 1000 {
		id := a.NewID()
		if len(id) != 16 || seen[id] || id != b.NewID() {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte(`{"request_id":"1","action":"login","type":"response","success":true,"payload":{}}`))
	f.Add([]byte(`{"action":"customer_disconnected","type":"push","payload":{"reason":"access_token_expired"}}`))
	f.Add([]byte(`{"request_id":"2","type":"response","success":false,"payload":{"error":1}}`))
	f.Add([]byte(`{"request_id":"5","type":"response","success":true,"payload":` + threads(thread("T", false, 1, 3)) + `}`))
	f.Add([]byte(`{"request_id":"5","type":"response","success":true,"payload":` + threads(thread("U", true, 5, 6), thread("T", false, 1, 3)) + `}`))
	f.Add([]byte(`{"action":"incoming_chat","type":"push","payload":{"chat":{"id":"C","thread":` + thread("U", true, 5, 6) + `}}}`))
	f.Add([]byte(`{"action":"incoming_event","type":"push","payload":{"chat_id":"C","thread_id":"T","event":` + event(9) + `}}`))
	f.Add([]byte(`{"action":"customer_side_storage_updated","type":"push","payload":{"customer_side_storage":{"a":"b"}}}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		for _, state := range []string{"authorizing", "syncing", "live"} {
			p := reach(t, state)
			calls := []CallID{p.call("get_chat", "{}"), p.durable("send_event", hello)}
			p.do(func() { p.s.Receive(p.now, frame) })
			p.respond("", `{}`)
			p.do(func() { p.s.Receive(p.now, frame) })
			p.silent()
			p.after(time.Hour)
			p.do(func() { p.s.Stop(p.now) })
			for _, id := range calls {
				settled := 0
				for _, out := range p.out {
					if out.Kind == Settled && out.ID == id {
						settled++
					}
				}
				if settled != 1 {
					t.Fatalf("%s: call %d was settled %d times", state, id, settled)
				}
			}
		}
	})
}
