package session

import (
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

const (
	pingInterval = 15 * time.Second // transport.ping_interval_s
	pongTimeout  = 10 * time.Second
	openTimeout  = 15 * time.Second // for a socket to open
	healthy      = time.Minute      // a connection that lived this long starts the backoff anew
	minBackoff   = 300 * time.Millisecond
	minSlow      = time.Second
	maxBackoff   = time.Minute

	closeNormal    = 1000
	closeGoingAway = 4000 // "1001 going away" may not be sent by a page's script
)

func (s *Session) dial(now time.Time) {
	s.dialAt, s.openBy = time.Time{}, now.Add(openTimeout)
	s.setState(Output{State: Connecting})
	s.emit(Output{Kind: Dial, URL: s.url()})
}

// hangUp closes the socket from this side.
func (s *Session) hangUp(now time.Time, code int, why string) {
	s.emit(Output{Kind: Close, Code: code, Reason: why})
	s.lost(now, why)
}

// lost takes note that the socket is gone and plans the next one. Why is a
// disconnect reason or an error type.
func (s *Session) lost(now time.Time, why string) {
	s.state = Waiting
	if !s.liveSince.IsZero() && now.Sub(s.liveSince) >= healthy {
		s.attempt = 0
	}
	s.liveSince, s.pingAt, s.pongBy = time.Time{}, time.Time{}, time.Time{}
	for _, c := range s.calls(func(c *call) bool { return s.inflight[c.id] != nil }) {
		if c == s.login.call && !c.internal {
			delete(s.inflight, c.id)
			continue
		}
		s.settle(c, nil, &Error{Type: ErrConnectionLost, Message: "the connection broke before the answer to " + c.action + " came; its outcome is unknown"})
	}
	if c := s.login.call; c != nil && c.internal {
		s.settle(c, nil, nil)
	}
	floor := minBackoff
	switch s.policy(why) {
	case reconnectSlow:
		floor = minSlow
	case newToken:
		s.login.fresh = true
	}
	if !s.offline && s.login.wanted() {
		s.dialAt = now.Add(s.backoff(floor))
	}
	s.attempt++
	s.setState(Output{State: Waiting, Reason: why, At: s.dialAt})
}

// backoff returns a random delay between floor and a ceiling that doubles with
// each failure, so that clients do not come back all at once.
func (s *Session) backoff(floor time.Duration) time.Duration {
	ceiling := maxBackoff
	if s.attempt < 8 {
		ceiling = min(maxBackoff, floor<<(s.attempt+1))
	}
	return floor + time.Duration(s.random()%uint64(ceiling-floor+1))
}

// stop ends the session; the first reason counts. Reason is a disconnect reason
// or the type of the error that refused a login, "" when the host wished it;
// data is what the server added.
func (s *Session) stop(reason string, data []byte) {
	if s.state == Stopped {
		return
	}
	if s.connected() || s.state == Connecting {
		s.emit(Output{Kind: Close, Code: closeNormal})
	}
	s.end = &Error{Type: ErrClosed, Message: "the connection is closed"}
	if reason == "" {
		reason = ErrClosed
	} else {
		var o wire.Object
		o.Str("reason", reason)
		o.Raw("data", data)
		s.end = &Error{Type: ErrClosed, Message: "the connection was ended for good: " + reason, Data: o.Bytes()}
	}
	s.setState(Output{State: Stopped, Reason: reason, Payload: s.Err().Data})
	for _, c := range s.calls(func(*call) bool { return true }) {
		s.settle(c, nil, s.Err())
	}
}

// ping makes the server say something within pongTimeout, or be given up.
func (s *Session) ping(now time.Time) {
	if !s.pongBy.IsZero() {
		return
	}
	s.pingAt, s.pongBy = now.Add(pingInterval), now.Add(pongTimeout)
	for _, c := range s.inflight {
		if c.action == "ping" && c.internal && !c.late {
			return // other frames came, its answer is still due
		}
	}
	c := s.newCall(now, "ping", nil, 0)
	c.internal = true
	s.send(c)
}

// Receive takes one text frame. The session keeps parts of it: the caller must
// not change it afterwards.
func (s *Session) Receive(now time.Time, frame []byte) {
	if !s.connected() {
		return
	}
	s.pongBy, s.offline = time.Time{}, false
	if !wire.Valid(frame) || !wire.IsObject(frame) {
		s.report("a frame that is no JSON object")
	} else {
		s.receive(now, frame)
	}
	s.schedule(now)
}

func (s *Session) receive(now time.Time, frame []byte) {
	var id, action, version string
	var success bool
	var kind, payload []byte
	for name, raw := range wire.RawMembers(frame) {
		switch string(name) {
		case `"request_id"`:
			id, _ = wire.String(raw)
		case `"action"`:
			action, _ = wire.String(raw)
		case `"type"`:
			kind = raw
		case `"version"`:
			if version = s.cfg.Version; !isString(raw, version) {
				version, _ = wire.String(raw)
			}
		case `"success"`:
			success, _ = wire.Bool(raw)
		case `"payload"`:
			payload = raw
		}
	}
	switch {
	case isString(kind, "push") && action != "":
		s.pushed(now, Output{Kind: Pushed, Action: action, RequestID: id, Version: version, Payload: payload})
	case isString(kind, "response"):
		s.answered(now, id, payload, success)
	default:
		s.report("a frame that is neither response nor push")
	}
}

// isString reports whether raw is s, quoted and without escapes, as every
// server writes it.
func isString(raw []byte, s string) bool {
	return len(raw) == len(s)+2 && raw[0] == '"' && string(raw[1:len(raw)-1]) == s
}

func (s *Session) answered(now time.Time, id string, payload []byte, success bool) {
	n, ok := wire.Int([]byte(id))
	c := s.inflight[CallID(n)]
	if !ok || n < 1 || n > int64(s.lastID) || c == nil {
		s.report("an answer to no request: request_id " + id)
		return
	}
	if c.late {
		s.report("a late answer to " + c.action + ": request_id " + id)
	}
	var err *Error
	if !success {
		payload, err = nil, wireError(payload)
	}
	if c == s.login.call {
		s.loggedIn(now, c, payload, err)
		return
	}
	s.settle(c, payload, err)
	s.flush()
}

func (s *Session) pushed(now time.Time, out Output) {
	s.emit(out)
	if out.Action != s.cfg.API.String()+"_disconnected" {
		return
	}
	reason, data := wire.Str(out.Payload, "reason"), wire.Get(out.Payload, "data")
	switch s.policy(reason) {
	case stopForGood:
		s.stop(reason, data)
		return
	case redirect:
		region := wire.Str(data, "region")
		if s.cfg.Server != "" || region == "" || region == s.cfg.Region {
			s.stop(reason, data)
			return
		}
		s.cfg.Region = region
	}
	if reason == "" {
		reason = ErrConnectionLost
	}
	s.hangUp(now, closeNormal, reason)
}

func (s *Session) report(what string) { s.emit(Output{Kind: Reported, Reason: what}) }

// random is splitmix64: small, and the same everywhere.
func (s *Session) random() uint64 {
	s.rand += 0x9e3779b97f4a7c15
	z := s.rand
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
