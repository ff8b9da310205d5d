package session

import (
	"fmt"
	"testing"
	"time"
)

// authorizing brings the session to an open socket without a login.
func (p *peer) authorizing() *peer {
	p.t.Helper()
	p.do(func() { p.s.Start(p.now) })
	p.do(func() { p.s.Opened(p.now) })
	p.in(Authorizing)
	return p
}

// reopen breaks the connection and opens the next one.
func (p *peer) reopen() []Output {
	p.t.Helper()
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	p.in(Waiting)
	p.after(time.Minute)
	p.in(Connecting)
	return p.do(func() { p.s.Opened(p.now) })
}

func (p *peer) token(token, failure string) []Output {
	p.t.Helper()
	return p.do(func() { p.s.Token(p.now, token, failure) })
}

func (p *peer) cancel(id CallID) []Output {
	p.t.Helper()
	return p.do(func() { p.s.Cancel(p.now, id) })
}

// count returns how many outputs are of a kind.
func count(outs []Output, kind Kind) (n int) {
	for _, out := range outs {
		if out.Kind == kind {
			n++
		}
	}
	return n
}

func TestLoginFromEveryState(t *testing.T) {
	for name, prepare := range map[string]func(*peer){
		"idle":        func(*peer) {},
		"connecting":  func(p *peer) { p.do(func() { p.s.Start(p.now) }) },
		"authorizing": func(p *peer) { p.authorizing() },
		"waiting":     func(p *peer) { p.authorizing(); p.do(func() { p.s.Closed(p.now, 1006, "") }) },
		"offline": func(p *peer) {
			p.authorizing()
			p.do(func() { p.s.Online(p.now, false) })
			p.do(func() { p.s.Closed(p.now, 1006, "") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, Config{})
			prepare(p)
			id := p.call("login", `{"token":"t"}`)
			p.open(id)
			if name == "offline" {
				p.in(Waiting)
			}
			p.do(func() { p.s.Start(p.now) })
			p.do(func() { p.s.Online(p.now, true) })
			p.do(func() { p.s.Opened(p.now) })
			p.answer("login", `{}`)
			p.settled(id, "")
			p.in(Live)
		})
	}
	p := newPeer(t, Config{})
	p.do(func() { p.s.Stop(p.now) })
	p.settled(p.call("login", `{"token":"t"}`), ErrClosed)
}

func TestLoginOnlyOnce(t *testing.T) {
	p := newPeer(t, Config{}).live()
	before := len(p.out)
	p.settled(p.call("login", `{"token":"t"}`), "validation")
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	p.settled(p.call("login", `{"token":"t"}`), "validation")
	if n := count(p.out[before:], Send); n != 0 {
		t.Errorf("%d frames were sent", n)
	}
}

func TestWhatWaitsForALoginFailsWithIt(t *testing.T) {
	for name, fail := range map[string]func(p *peer, login CallID){
		"refused":  func(p *peer, _ CallID) { p.token("t", ""); p.refuse("login", "customer_banned") },
		"no token": func(p *peer, _ CallID) { p.token("", "none") },
		"canceled": func(p *peer, login CallID) { p.cancel(login) },
		"timeout":  func(p *peer, _ CallID) { p.after(defaultTimeout) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, Config{}).authorizing()
			login := p.call("login", "")
			var waits CallID
			p.do(func() { waits = p.s.Call(p.now, "get_chat", nil, CallOptions{Timeout: time.Hour}) })
			p.open(waits)
			fail(p, login)
			p.settled(waits, ErrNotLoggedIn)
		})
	}
}

func TestCancelOfALogin(t *testing.T) {
	t.Run("waiting for a token", func(t *testing.T) {
		p := newPeer(t, Config{}).authorizing()
		id := p.call("login", "")
		p.cancel(id)
		p.settled(id, ErrCanceled)
		p.in(Authorizing)
		if outs := p.token("late", ""); count(outs, Send) != 0 {
			t.Errorf("a token that nobody waits for gave %+v", outs)
		}
		p.call("login", `{"token":"t"}`)
		if got := p.sent("login")["payload"].(map[string]any)["token"]; got != "t" {
			t.Errorf("token = %v", got)
		}
	})
	t.Run("sent", func(t *testing.T) {
		p := newPeer(t, Config{}).authorizing()
		id := p.call("login", `{"token":"t"}`)
		outs := p.cancel(id)
		p.settled(id, ErrCanceled)
		if count(outs, Close) != 1 {
			t.Errorf("a socket that may be logged in is kept: %+v", outs)
		}
		p.in(Waiting)
		if outs := p.after(time.Hour); count(outs, Send) != 0 {
			t.Errorf("nobody wants to log in: %+v", outs)
		}
	})
	t.Run("waiting for a connection", func(t *testing.T) {
		p := newPeer(t, Config{}).authorizing()
		id := p.call("login", `{"token":"t"}`)
		p.do(func() { p.s.Closed(p.now, 1006, "") })
		p.open(id)
		p.cancel(id)
		p.settled(id, ErrCanceled)
		p.after(time.Hour)
		if outs := p.do(func() { p.s.Opened(p.now) }); count(outs, Send) != 0 {
			t.Errorf("nobody wants to log in: %+v", outs)
		}
	})
}

func TestTokenLateAndTwice(t *testing.T) {
	p := newPeer(t, Config{}).authorizing()
	id := p.call("login", "")
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	p.token("one", "") // while there is no connection
	p.token("two", "")
	p.after(time.Second)
	outs := p.do(func() { p.s.Opened(p.now) })
	if count(outs, NeedToken) != 0 || p.sent("login")["payload"].(map[string]any)["token"] != "one" {
		t.Errorf("after a token came: %+v", outs)
	}
	p.token("three", "")
	p.answer("login", `{}`)
	p.settled(id, "")
	if outs := p.token("", "late"); len(outs) != 0 {
		t.Errorf("a token that nobody asked for gave %+v", outs)
	}
	p.in(Live)
}

// A token that the host gave is asked for once more, whatever the first login
// was made with.
func TestTokenExpiresWhileAway(t *testing.T) {
	p := newPeer(t, Config{}).live() // with a token of the caller's
	p.reopen()
	outs := p.refuse("login", "authentication")
	if out, ok := last(outs, NeedToken); !ok || !out.Fresh {
		t.Fatalf("a token that worked once and is refused gave %+v", outs)
	}
	p.token("second", "")
	p.answer("login", `{}`)
	p.in(Live)

	p.receive(`{"action":"customer_disconnected","type":"push","payload":{"reason":"access_token_expired"}}`)
	p.after(time.Minute)
	p.do(func() { p.s.Opened(p.now) })
	p.token("", "the token server sleeps") // it may wake up
	p.in(Waiting)
	p.after(time.Minute)
	p.do(func() { p.s.Opened(p.now) })
	p.token("third", "")
	outs = p.refuse("login", "authentication")
	if out, ok := last(outs, NeedToken); !ok || !out.Fresh {
		t.Fatalf("a refused token of the host's gave %+v", outs)
	}
	p.token("fourth", "")
	p.refuse("login", "authentication")
	p.in(Stopped)
}

func TestNoTokenForARelogin(t *testing.T) {
	p := newPeer(t, Config{}).live()
	p.reopen()
	p.refuse("login", "authentication")
	p.token("", "there is no source")
	p.in(Stopped)
	if out, _ := last(p.out, StateChanged); out.Reason != "authentication" {
		t.Errorf("reason = %q", out.Reason)
	}
}

func TestReloginRefused(t *testing.T) {
	for errorType, want := range map[string]State{
		"authentication":                 Authorizing, // a fresh token is asked for
		"internal":                       Waiting,
		"service_unavailable":            Waiting,
		"too_many_requests":              Waiting,
		"request_timeout":                Waiting,
		"users_limit_reached":            Waiting,
		"pending_requests_limit_reached": Waiting,
		"authorization":                  Stopped,
		"customer_banned":                Stopped,
		"license_expired":                Stopped,
		"unsupported_version":            Stopped,
		"validation":                     Stopped,
		"wrong_product_version":          Stopped,
		"something_new":                  Stopped,
	} {
		t.Run(errorType, func(t *testing.T) {
			p := newPeer(t, Config{}).live()
			p.do(func() { p.s.Closed(p.now, 1006, "") })
			waits := p.call("get_chat", "{}")
			p.after(2 * time.Second)
			p.do(func() { p.s.Opened(p.now) })
			outs := p.refuse("login", errorType)
			p.in(want)
			if want == Stopped {
				err := p.settled(waits, ErrClosed).Err
				if got, want := string(err.Data), fmt.Sprintf(`{"reason":%q}`, errorType); got != want {
					t.Errorf("data = %s, want %s", got, want)
				}
				return
			}
			p.open(waits)
			if want == Waiting {
				if out, _ := last(outs, StateChanged); !out.At.After(p.now) {
					t.Errorf("the next attempt comes at %v", out.At)
				}
				p.after(5 * time.Second)
				p.do(func() { p.s.Opened(p.now) })
			} else {
				p.token("fresh", "")
			}
			p.answer("login", `{}`)
			p.answer("get_chat", `{}`)
			p.settled(waits, "")
		})
	}
}

func TestReloginWithoutAnAnswer(t *testing.T) {
	p := newPeer(t, Config{}).live()
	p.reopen()
	p.after(defaultTimeout)
	p.in(Waiting)
	p.after(time.Minute)
	p.do(func() { p.s.Opened(p.now) })
	p.answer("login", `{}`)
	p.in(Live)
}

// The reason of the end reaches every caller as data, as the server gave it.
func TestReasonOfTheEnd(t *testing.T) {
	for payload, want := range map[string]string{
		`{"reason":"license_not_found"}`:                                  `{"reason":"license_not_found"}`,
		`{"reason":"customer_temporarily_blocked","data":{"timeout":60}}`: `{"reason":"customer_temporarily_blocked","data":{"timeout":60}}`,
		`{"reason":"misdirected_connection","data":{"region":"fra"}}`:     `{"reason":"misdirected_connection","data":{"region":"fra"}}`,
	} {
		p := newPeer(t, Config{}).authorizing()
		login := p.call("login", `{"token":"t"}`)
		waits := p.call("get_chat", `{}`)
		outs := p.receive(`{"action":"customer_disconnected","type":"push","payload":%s}`, payload)
		p.in(Stopped)
		if count(outs, Close) != 1 || count(outs, Pushed) != 1 {
			t.Errorf("%s gave %+v", payload, outs)
		}
		for _, id := range []CallID{login, waits, p.call("get_chat", "{}")} {
			if got := string(p.settled(id, ErrClosed).Err.Data); got != want {
				t.Errorf("data of the error = %s, want %s", got, want)
			}
		}
		out, _ := last(outs, StateChanged)
		if got := string(out.Payload); got != want {
			t.Errorf("payload of the state = %s, want %s", got, want)
		}
	}
	p := newPeer(t, Config{}).live()
	if p.s.Err() != nil {
		t.Errorf("while it lives Err() = %v", p.s.Err())
	}
	p.do(func() { p.s.Stop(p.now) })
	if err := p.settled(p.call("get_chat", "{}"), ErrClosed).Err; err.Data != nil {
		t.Errorf("after Stop the data is %s", err.Data)
	}
}

func TestDisconnectBeforeTheLoginIsAnswered(t *testing.T) {
	p := newPeer(t, Config{}).authorizing()
	p.receive(`{"action":"customer_disconnected","type":"push","payload":{"reason":"connection_timeout"}}`)
	p.in(Waiting)
	if outs := p.after(time.Hour); count(outs, Dial) != 0 {
		t.Error("it dials although nobody wants to log in")
	}
	id := p.call("login", `{"token":"t"}`)
	p.do(func() { p.s.Opened(p.now) })
	outs := p.receive(`{"action":"customer_disconnected","type":"push","payload":{}}`)
	if out, _ := last(outs, StateChanged); out.State != Waiting || out.Reason == "" {
		t.Errorf("a disconnect without a reason gave %+v", out)
	}
	p.open(id)
	p.after(2 * time.Second)
	p.do(func() { p.s.Opened(p.now) })
	p.answer("login", `{}`)
	p.settled(id, "")
}

// The answer that refused the first token may come twice.
func TestRefusalTwice(t *testing.T) {
	p := newPeer(t, Config{}).authorizing()
	id := p.call("login", "")
	p.token("old", "")
	refusal := fmt.Sprintf(`{"request_id":%q,"type":"response","success":false,"payload":{"error":{"type":"authentication"}}}`, p.sent("login")["request_id"])
	p.receive("%s", refusal)
	p.token("new", "")
	p.receive("%s", refusal)
	p.open(id)
	p.answer("login", `{}`)
	p.settled(id, "")
	p.in(Live)
}
