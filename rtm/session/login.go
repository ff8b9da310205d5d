package session

import (
	"cmp"
	"slices"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// loginState is what the engine remembers of the login.
type loginState struct {
	payload  []byte // as the caller gave it, without the token; nil when no login was asked for
	token    string // "" when one has to be asked for
	explicit bool   // the token came with the login: the host may have no other
	asked    bool   // NeedToken is out
	fresh    bool   // the next NeedToken asks for a fresh one
	renewed  bool   // a fresh one was asked for since the last success
	done     bool   // succeeded once
	call     *call  // the login under way, the caller's or the engine's own

	renewAt time.Time // when the token is asked for anew; zero when its lifetime is not known
}

// wanted reports whether the caller has asked for a login that may still
// succeed, or has.
func (l *loginState) wanted() bool { return l.payload != nil }

// beginLogin takes the caller's login.
func (s *Session) beginLogin(now time.Time, c *call, again bool) {
	switch l := &s.login; {
	case l.done:
		s.settle(c, nil, &Error{Type: "validation", Message: "the session is already logged in"})
		return
	case l.call != nil:
		s.settle(c, nil, &Error{Type: "validation", Message: "a login is already under way"})
		return
	}
	token := wire.Str(c.payload, "token")
	var rest wire.Object
	for name, raw := range wire.Members(c.payload) {
		if name != "token" {
			rest.Raw(name, raw)
		}
	}
	s.login = loginState{payload: rest.Bytes(), token: token, explicit: token != "", call: c}
	if again {
		s.login.call, s.login.done = nil, true
	}
	switch {
	case s.state == Authorizing:
		s.tryLogin(now)
	case s.state == Waiting && !s.offline:
		s.dial(now)
	}
}

// dropLogin forgets the caller's login after it failed, and fails what waited
// for it.
func (s *Session) dropLogin() {
	s.login = loginState{}
	for _, c := range slices.Clone(s.queue) {
		s.settle(c, nil, notLoggedIn(c))
	}
}

// tryLogin sends the login as soon as there are a socket, a payload and a token.
func (s *Session) tryLogin(now time.Time) {
	l := &s.login
	if s.state != Authorizing || !l.wanted() {
		return
	}
	if l.call == nil {
		l.call = s.newCall(now, "login", nil, 0)
		l.call.internal = true
	}
	if s.inflight[l.call.id] != nil {
		return
	}
	l.fresh = l.fresh || due(l.renewAt, now)
	if l.token == "" || l.fresh {
		if !l.asked {
			l.asked = true
			s.emit(Output{Kind: NeedToken, Fresh: l.fresh})
		}
		return
	}
	var o wire.Object
	o.Str("token", l.token)
	for name, raw := range wire.Members(l.payload) {
		if name != sideStorage || s.storage == nil {
			o.Raw(name, raw)
		}
	}
	o.Raw(sideStorage, s.storage)
	l.call.payload = o.Bytes()
	s.send(l.call)
}

// Token answers NeedToken: with an access token as login takes it
// ("Bearer dal:…"), or with why there is none.
func (s *Session) Token(now time.Time, token, failure string) { s.TokenFor(now, token, 0, failure) }

// TokenFor is Token for a token whose lifetime is known: it is asked for anew
// when a tenth of it is left. A lifetime of 0 is unknown.
func (s *Session) TokenFor(now time.Time, token string, lifetime time.Duration, failure string) {
	now = s.input("token", now, recStr("token", token), recInt("lifetime", int(lifetime)), recStr("failure", failure))
	l := &s.login
	if !l.asked || s.state == Stopped {
		return
	}
	l.asked = false
	if token == "" {
		s.tokenFailed(now, failure)
	} else {
		l.token, l.explicit, l.fresh, l.renewAt = token, false, false, time.Time{}
		if lifetime > 0 {
			l.renewAt = now.Add(lifetime - lifetime/10)
		}
		s.tryLogin(now)
		s.renewed()
	}
	s.schedule(now)
}

func (s *Session) tokenFailed(now time.Time, failure string) {
	c := s.login.call
	if s.authorized() {
		s.login.renewAt = now.Add(renewAgain)
		return
	}
	if c != nil && !c.internal {
		s.settle(c, nil, &Error{Type: ErrNoToken, Message: failure})
		s.dropLogin()
		return
	}
	if s.login.explicit {
		s.stop("authentication", nil)
		return
	}
	if s.connected() {
		s.hangUp(now, closeNormal, ErrNoToken)
	}
}

// loggedIn takes the server's answer to a login.
func (s *Session) loggedIn(now time.Time, c *call, payload []byte, err *Error) {
	l := &s.login
	if err != nil {
		s.loginFailed(now, c, err)
		return
	}
	l.renewed, l.done = false, true
	s.settle(c, payload, nil)
	if c.internal {
		s.emit(Output{Kind: Settled, Action: "login", Payload: payload, Relogin: true})
	}
	s.liveSince = now
	s.pingAt, s.pongBy = now.Add(pingInterval), time.Time{}
	if s.me == "" {
		s.noteMe(payload)
	}
	if c.internal || s.resumed {
		s.resumed = false
		s.stats.Reconnects++
		s.catchUp(payload)
	} else {
		s.noteLogin(payload)
		s.setState(Output{State: Live})
	}
	s.flush()
}

func (s *Session) loginFailed(now time.Time, c *call, err *Error) {
	l := &s.login
	if err.Type == "authentication" && !l.renewed && (l.done || !l.explicit) {
		delete(s.inflight, c.id)
		again := *c // a doubled answer to the first attempt must not pass for one to the second
		s.lastID++
		again.id, again.known = s.lastID, cmp.Or(c.known, c.id)
		l.call, l.fresh, l.renewed = &again, true, true
		s.tryLogin(now)
		return
	}
	s.settle(c, nil, err)
	if !c.internal {
		s.dropLogin()
		return
	}
	switch err.Type {
	case "internal", "service_unavailable", "too_many_requests", "pending_requests_limit_reached", "request_timeout", "users_limit_reached":
		s.hangUp(now, closeNormal, "service_temporarily_unavailable")
	default:
		s.stop(err.Type, err.Data)
	}
}

// noteMe takes note of who the user is.
func (s *Session) noteMe(login []byte) {
	if s.cfg.API == Agent {
		s.me = wire.Str(login, "my_profile", "id")
	} else {
		s.me = wire.Str(login, "customer", "id")
	}
}
