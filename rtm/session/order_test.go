package session

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// storm gives a session inputs in an order that a seed chooses, in no state
// that asks for them, and follows it as a host would.
type storm struct {
	*peer
	r         *rand.Rand
	seen      int // outputs looked at
	open      []request
	calls     []CallID
	asked     bool // NeedToken is out
	wake      time.Time
	connected bool // a Dial was not followed by a Close or Closed
}

type request struct {
	ID     string `json:"request_id"`
	Action string `json:"action"`
	at     time.Time
}

// follow takes note of the newest outputs.
func (c *storm) follow() {
	c.t.Helper()
	for ; c.seen < len(c.out); c.seen++ {
		switch out := c.out[c.seen]; out.Kind {
		case Dial:
			if c.connected {
				c.t.Fatal("a second socket is opened beside the first")
			}
			c.open, c.connected = nil, true
		case Close:
			if !c.connected {
				c.t.Fatal("a socket is closed that there is not")
			}
			c.connected = false
		case Send:
			var r request
			if err := json.Unmarshal(out.Frame, &r); err != nil {
				c.t.Fatal(err)
			}
			r.at = c.now
			c.open = append(c.open, r)
			n := 0
			for _, r := range c.open {
				if c.now.Sub(r.at) < defaultTimeout { // a server takes no longer
					n++
				}
			}
			if !c.connected || n > maxInflight {
				c.t.Fatalf("%d requests are unanswered, connected: %v", n, c.connected)
			}
		case NeedToken:
			c.asked = true
		case Wake:
			c.wake = out.At
		}
	}
}

func (c *storm) answerOne(success bool, errorType string) {
	if len(c.open) == 0 {
		return
	}
	i := c.r.IntN(len(c.open))
	r := c.open[i]
	c.open = append(c.open[:i], c.open[i+1:]...)
	if success {
		c.receive(`{"request_id":%q,"type":"response","success":true,"payload":{}}`, r.ID)
	} else {
		c.receive(`{"request_id":%q,"type":"response","success":false,"payload":{"error":{"type":%q}}}`, r.ID, errorType)
	}
}

func (c *storm) pick(from ...string) string { return from[c.r.IntN(len(from))] }

func (c *storm) step() {
	switch c.r.IntN(20) {
	case 0:
		c.do(func() { c.s.Start(c.now) })
	case 1, 2:
		if c.connected {
			c.do(func() { c.s.Opened(c.now) })
		}
	case 3:
		if c.connected {
			c.connected = false
			c.do(func() { c.s.Closed(c.now, 1006, "") })
		}
	case 4:
		c.do(func() { c.s.Online(c.now, c.r.IntN(2) > 0) })
	case 5:
		c.calls = append(c.calls, c.call("login", c.pick(`{}`, `{"token":"t"}`)))
	case 6, 7, 8:
		c.do(func() {
			c.calls = append(c.calls, c.s.Call(c.now, "get_chat", nil, CallOptions{Timeout: time.Duration(c.r.IntN(40)) * time.Second}))
		})
	case 9:
		if len(c.calls) > 0 {
			c.cancel(c.calls[c.r.IntN(len(c.calls))])
		}
	case 10:
		c.asked = false
		c.token(c.pick("", "token"), "none")
	case 11, 12:
		c.answerOne(true, "")
	case 13:
		c.answerOne(false, c.pick("authentication", "internal", "too_many_requests", "validation"))
	case 14:
		if c.connected && c.r.IntN(4) == 0 {
			c.receive(`{"action":"customer_disconnected","type":"push","payload":{"reason":%q}}`,
				c.pick("connection_timeout", "access_token_expired", "service_temporarily_unavailable", "", "license_expired"))
		}
	case 15:
		c.wake = time.Time{}
		c.after(time.Duration(c.r.IntN(20000)) * time.Millisecond)
	case 16:
		if c.connected {
			c.push("incoming_event", `{"chat_id":%q,"thread_id":"T","event":%s}`, c.pick("A", "B"), event(c.r.IntN(30)))
		}
	case 17, 18:
		c.calls = append(c.calls, c.durable("send_event", fmt.Sprintf(`{"chat_id":%q,"event":{"type":"message"}}`, c.pick("A", "B"))))
	case 19:
		if c.r.IntN(10) == 0 {
			c.after(time.Duration(c.r.IntN(1000)-500) * time.Minute)
		}
	}
	c.follow()
}

// calm is a host and a server that do all that is asked of them, for as long as
// any outage lasts.
func (c *storm) calm() {
	c.do(func() { c.s.Start(c.now); c.s.Online(c.now, true) })
	for range 100 {
		c.follow()
		if c.s.State() == Connecting {
			c.do(func() { c.s.Opened(c.now) })
		}
		if c.asked {
			c.asked = false
			c.token("token", "")
		}
		for c.follow(); len(c.open) > 0; c.follow() {
			c.answerOne(true, "")
		}
		if c.s.State() == Live && len(c.s.outbox) == 0 || c.wake.IsZero() {
			return
		}
		c.now, c.wake = c.wake, time.Time{}
		c.after(0)
	}
}

func TestInputsInAnyOrder(t *testing.T) {
	seeds := uint64(3000)
	if runtime.GOARCH == "wasm" { // nine times slower, and the same code
		seeds /= 10
	}
	reached := make(map[State]int)
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := &storm{peer: newPeer(t, Config{Seed: seed}), r: rand.New(rand.NewPCG(seed, 1))}
			log := c.recording()
			for range 60 {
				c.step()
			}
			c.calm()
			state := c.s.State()
			reached[state]++
			switch wanted := c.s.login.wanted(); {
			case wanted && state != Live && state != Stopped:
				t.Errorf("a login is wanted and nothing is wrong, yet the session stays %v", state)
			case !wanted && len(c.s.queue) > 0:
				t.Error("calls wait for a login that nobody made")
			case state == Live && len(c.s.outbox) > 0:
				t.Errorf("%d events were not sent", len(c.s.outbox))
			}
			c.do(func() { c.s.Stop(c.now) })
			settled := make(map[CallID]int)
			for _, out := range c.out {
				if out.Kind == Settled && !out.Relogin {
					settled[out.ID]++
				}
			}
			for _, id := range c.calls {
				if settled[id] != 1 {
					t.Errorf("call %d was settled %d times", id, settled[id])
				}
			}
			if seed%10 == 0 {
				c.replays(log)
			}
			if len(settled) != len(c.calls) {
				t.Errorf("%d calls were settled of %d", len(settled), len(c.calls))
			}
		})
	}
	if reached[Live] < int(seeds/10) || reached[Stopped] < int(seeds/100) {
		t.Errorf("the inputs lead to %v: too little of one state", reached)
	}
}
