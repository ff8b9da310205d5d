package session

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

func TestCallsAreCorrelatedById(t *testing.T) {
	p := newPeer(t, Config{}).live()
	a, b := p.call("get_chat", `{"chat_id":"A"}`), p.call("get_chat", `{"chat_id":"B"}`)
	p.answer("get_chat", `{"id":"B"}`) // the newest one first
	p.open(a)
	if got := string(p.settled(b, "").Payload); got != `{"id":"B"}` {
		t.Errorf("payload of b = %s", got)
	}
	p.receive(`{"request_id":"%d","action":"get_chat","type":"response","success":true}`, a)
	if got := p.settled(a, "").Payload; got != nil {
		t.Errorf("payload of a = %s, want none", got)
	}
	outs := p.receive(`{"request_id":"%d","action":"get_chat","type":"response","success":true}`, a)
	if _, ok := last(outs, Reported); !ok {
		t.Error("a second answer is not reported")
	}
}

func TestServerError(t *testing.T) {
	p := newPeer(t, Config{}).live()
	id := p.call("send_event", `{}`)
	p.receive(`{"request_id":"%d","action":"send_event","type":"response","success":false,"payload":{"error":{"type":"limit_reached","message":"m","data":{"n":1}}}}`, id)
	err := p.settled(id, "limit_reached").Err
	if err.Message != "m" || string(err.Data) != `{"n":1}` {
		t.Errorf("err = %+v", err)
	}
	id = p.call("send_event", `{}`)
	p.receive(`{"request_id":"%d","type":"response","success":false}`, id)
	p.settled(id, "internal")
}

func TestCallLimits(t *testing.T) {
	p := newPeer(t, Config{})
	p.settled(p.call("get_chat", `{}`), ErrNotLoggedIn)
	p.live()
	before := len(p.out)
	var ids []CallID
	for range maxCalls + maxQueue + 1 {
		ids = append(ids, p.call("get_chat", `{}`))
	}
	sent := 0
	for _, out := range p.out[before:] {
		if out.Kind == Send {
			sent++
		}
	}
	if sent != maxCalls {
		t.Errorf("%d requests are unanswered, want %d", sent, maxCalls)
	}
	p.settled(ids[len(ids)-1], ErrQueueFull)
	p.receive(`{"request_id":"%d","type":"response","success":true}`, ids[0])
	if got := p.sent("get_chat")["request_id"]; got != fmt.Sprint(ids[maxCalls]) {
		t.Errorf("after an answer %v went out, want %d", got, ids[maxCalls])
	}
	p.settled(p.call("get_chat", `[1]`), "validation")
	p.settled(p.call("get_chat", `{"a"`), "validation")
}

func TestDeadlines(t *testing.T) {
	p := newPeer(t, Config{}).live()
	var short CallID
	p.do(func() { short = p.s.Call(p.now, "get_chat", nil, CallOptions{Timeout: time.Second}) })
	long := p.call("get_chat", "")
	p.after(time.Second)
	p.settled(short, ErrTimeout)
	p.open(long)
	p.after(defaultTimeout)
	p.settled(long, ErrTimeout)
}

func TestCancel(t *testing.T) {
	p := newPeer(t, Config{}).live()
	id := p.call("get_chat", "")
	p.do(func() { p.s.Cancel(p.now, id); p.s.Cancel(p.now, id); p.s.Cancel(p.now, 999) })
	p.settled(id, ErrCanceled)
	if outs := p.answer("get_chat", `{}`); len(outs) == 0 || outs[0].Kind != Reported {
		t.Errorf("a late answer gave %+v", outs)
	}
}

// unanswered returns how many of the requests sent the server has not answered.
func (p *peer) unanswered(answered map[string]bool) int {
	p.t.Helper()
	n := 0
	for _, out := range p.out {
		var frame struct {
			ID string `json:"request_id"`
		}
		if out.Kind == Send {
			if err := json.Unmarshal(out.Frame, &frame); err != nil {
				p.t.Fatal(err)
			}
			if !answered[frame.ID] {
				n++
			}
		}
	}
	return n
}

func TestThePingHasAPlace(t *testing.T) {
	p := newPeer(t, Config{}).live()
	for range maxInflight + 5 {
		p.do(func() { p.s.Call(p.now, "get_chat", nil, CallOptions{Timeout: time.Hour}) })
	}
	p.after(pingInterval)
	p.sent("ping")
	if n := p.unanswered(map[string]bool{"1": true}); n != maxInflight {
		t.Errorf("%d requests are unanswered, at most %d may be", n, maxInflight)
	}
}

// A request whose call was withdrawn counts for the server until it is
// answered.
func TestWithdrawnRequestsKeepTheirPlace(t *testing.T) {
	p := newPeer(t, Config{}).live()
	answered := map[string]bool{"1": true}
	for range 3 * maxInflight {
		p.cancel(p.call("get_chat", `{"old":true}`))
	}
	if n := p.unanswered(answered); n > maxInflight {
		t.Fatalf("%d requests are unanswered, at most %d may be", n, maxInflight)
	}
	waits := p.call("get_chat", `{"new":true}`)
	old := p.sent("get_chat")
	outs := p.answer("get_chat", `{}`)
	if count(outs, Reported) != 1 || count(outs, Settled) != 0 {
		t.Errorf("a late answer gave %+v", outs)
	}
	if got := p.sent("get_chat"); got["request_id"] == old["request_id"] {
		t.Error("the late answer did not make room")
	}
	p.answer("get_chat", `{}`)
	p.settled(waits, "")

	// A server that never answers gives the places back all the same.
	p.do(func() { waits = p.s.Call(p.now, "get_chat", nil, CallOptions{Timeout: time.Hour}) })
	for range 3 {
		p.do(func() { p.s.Online(p.now, true) })
		p.answer("ping", `{}`)
		p.after(5 * time.Second)
	}
	p.answer("get_chat", `{}`)
	p.settled(waits, "")
}

func TestFramesAfterClose(t *testing.T) {
	p := newPeer(t, Config{}).live()
	id := p.call("get_chat", "{}")
	p.after(pingInterval - 1)
	p.after(1)
	p.after(pongTimeout)
	p.in(Waiting)
	p.settled(id, ErrTimeout)
	for _, frame := range []string{
		`{"request_id":"2","type":"response","success":true}`,
		`{"action":"incoming_event","type":"push","payload":{}}`,
		`nonsense`,
	} {
		if outs := p.receive("%s", frame); len(outs) != 0 {
			t.Errorf("%s after Close gave %+v", frame, outs)
		}
	}
	if outs := p.do(func() { p.s.Closed(p.now, 1006, "") }); len(outs) != 0 {
		t.Errorf("Closed after Close gave %+v", outs)
	}
}

func TestOfflineWhileConnecting(t *testing.T) {
	p := newPeer(t, Config{}).live()
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	p.after(time.Minute)
	p.do(func() { p.s.Online(p.now, false) })
	p.in(Connecting)
	p.after(openTimeout)
	p.in(Waiting)
	if outs := p.after(time.Hour); count(outs, Dial) != 0 {
		t.Error("it dials without a network")
	}
	p.do(func() { p.s.Online(p.now, true) })
	p.in(Connecting)
}

// A machine may say that it is offline and still reach a server, such as one of
// its own.
func TestOfflineInName(t *testing.T) {
	p := newPeer(t, Config{})
	p.do(func() { p.s.Online(p.now, false) })
	p.live()
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	p.after(time.Minute)
	p.in(Connecting)
	p.do(func() { p.s.Opened(p.now) })
	p.answer("login", `{}`)
	p.do(func() { p.s.Online(p.now, false) })
	p.receive(`{"action":"incoming_event","type":"push","payload":{}}`)
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	p.after(time.Minute)
	p.in(Connecting)
}
