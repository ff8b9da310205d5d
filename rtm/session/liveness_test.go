package session

import (
	"testing"
	"time"
)

func TestUnstableComesBeforeTheDrop(t *testing.T) {
	p := newPeer(t, Config{}).live()
	start := p.now
	p.after(pingInterval)
	if outs := p.after(pongTimeout / 2); count(outs, Unstable) != 1 {
		t.Fatalf("a late answer gave %+v", outs)
	}
	outs := p.after(pongTimeout / 2)
	p.in(Waiting)
	if d := p.now.Sub(start); d > 25*time.Second || count(outs, Unstable) != 0 {
		t.Errorf("found after %v: %+v", d, outs)
	}
}

func TestUnstableRecovers(t *testing.T) {
	p := newPeer(t, Config{}).live()
	p.after(pingInterval)
	p.after(pongTimeout / 2)
	outs := p.push("incoming_greeting", `{}`)
	if out, ok := last(outs, Unstable); !ok || !out.Recovered {
		t.Errorf("a frame gave %+v", outs)
	}
	p.after(pongTimeout)
	p.in(Live)
}

func TestTheNetworkChanges(t *testing.T) {
	for _, up := range []bool{false, true} {
		p := newPeer(t, Config{}).live()
		p.do(func() { p.s.Online(p.now, up) })
		p.answer("ping", `{}`)
		p.after(probeTimeout)
		p.in(Live)

		p.after(pingInterval)
		p.do(func() { p.s.Online(p.now, up) }) // a ping is out already
		if outs := p.after(probeTimeout / 2); count(outs, Unstable) != 1 {
			t.Errorf("up %v: %+v", up, outs)
		}
		p.after(probeTimeout / 2)
		p.in(Waiting)
		if out, _ := last(p.out, StateChanged); out.At.IsZero() == up {
			t.Errorf("up %v: the next attempt comes at %v", up, out.At)
		}
	}
}

func TestAMachineThatSlept(t *testing.T) {
	p := newPeer(t, Config{}).inUse(2)
	write, read := p.call("update_customer", "{}"), p.call("get_chat", "{}")
	outs := p.after(9 * time.Hour)
	p.in(Waiting)
	if out, _ := last(outs, StateChanged); out.Reason != ReasonClock || out.At.Sub(p.now) > time.Second {
		t.Errorf("state = %+v", out)
	}
	p.settled(write, ErrConnectionLost)
	p.settled(read, ErrTimeout)
	p.after(time.Second)
	p.do(func() { p.s.Opened(p.now) })
	p.answer("login", `{}`)
	p.in(Syncing)
	p.answer("list_threads", threads(thread("T", true, 1, 3)))
	p.in(Live)
}

func TestAClockSetBack(t *testing.T) {
	p := newPeer(t, Config{}).live()
	p.after(-maxStep) // as a daemon adjusts it
	p.in(Live)
	p.after(pingInterval + maxStep)
	p.answer("ping", `{}`)
	read := p.call("get_chat", "{}")
	outs := p.after(-3 * time.Hour)
	p.in(Waiting)
	out, _ := last(outs, StateChanged)
	if out.Reason != ReasonClock || out.At.Before(p.now) || out.At.Sub(p.now) > time.Second {
		t.Errorf("at %v: %+v", p.now, out)
	}
	if out, _ := last(outs, Wake); !out.At.Equal(p.now.Add(out.At.Sub(p.now))) || out.At.Sub(p.now) > time.Second {
		t.Errorf("at %v it wants to be woken at %v", p.now, out.At)
	}
	p.after(time.Second)
	p.do(func() { p.s.Opened(p.now) })
	p.answer("login", `{}`)
	p.answer("get_chat", `{}`)
	p.settled(read, "")
	p.after(pingInterval)
	p.after(pongTimeout)
	p.in(Waiting)
}

func TestTokenIsRenewedAhead(t *testing.T) {
	hour := func(p *peer, token string) []Output {
		return p.do(func() { p.s.TokenFor(p.now, token, time.Hour, "") })
	}
	wait := func(p *peer, d time.Duration) (outs []Output) {
		for ; d > 0; d -= pingInterval {
			outs = append(outs, p.after(min(d, pingInterval))...)
			outs = append(outs, p.receive(`{"type":"push","action":"x"}`)...)
		}
		return outs
	}
	for _, api := range []API{Customer, Agent} {
		p := newPeer(t, Config{API: api}).authorizing()
		p.call("login", "")
		hour(p, "one")
		p.answer("login", `{}`)
		if outs := wait(p, 54*time.Minute-pingInterval); count(outs, NeedToken) != 0 {
			t.Fatal("asked too soon")
		}
		outs := wait(p, pingInterval)
		if out, ok := last(outs, NeedToken); !ok || !out.Fresh {
			t.Fatalf("not asked before the end: %+v", outs)
		}
		p.token("", "not now")
		p.in(Live)
		if outs := wait(p, renewAgain); count(outs, NeedToken) != 1 {
			t.Fatal("not asked again")
		}
		hour(p, "two")
		if api == Agent {
			if got := p.sent("update_session")["payload"].(map[string]any)["token"]; got != "two" {
				t.Errorf("update_session with %v", got)
			}
		} else if p.sends("update_session") != 0 {
			t.Error("customers have no update_session")
		}
		outs = p.reopen()
		if got := p.sent("login")["payload"].(map[string]any)["token"]; got != "two" || count(outs, NeedToken) != 0 {
			t.Errorf("login with %v", got)
		}
		p.answer("login", `{}`)
		p.do(func() { p.s.Closed(p.now, 1006, "") })
		p.do(func() { p.s.Online(p.now, false) })
		p.after(2 * time.Hour)
		p.do(func() { p.s.Online(p.now, true) })
		outs = p.do(func() { p.s.Opened(p.now) })
		if out, ok := last(outs, NeedToken); !ok || !out.Fresh || p.sends("login") != 2 {
			t.Errorf("after a token's time: %+v", outs)
		}
	}
}
