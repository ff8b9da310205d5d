package session

import (
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

const (
	pingInterval = 15 * time.Second // transport.ping_interval_s
	pongTimeout  = 10 * time.Second
	probeTimeout = 2 * time.Second  // where there is a reason to doubt the connection
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
	s.breakRecovery()
	s.login.renewed = false // a token that was fetched for this connection may be too old for the next
	s.state = Waiting
	if !s.liveSince.IsZero() && now.Sub(s.liveSince) >= healthy {
		s.attempt = 0
	}
	s.liveSince, s.pingAt = time.Time{}, time.Time{}
	s.pongBy, s.unstableAt, s.unstable = time.Time{}, time.Time{}, false
	var again []*call
	for _, c := range s.calls(func(c *call) bool { return s.inflight[c.id] != nil }) {
		if c == s.login.call && !c.internal {
			delete(s.inflight, c.id)
			continue
		}
		if !c.internal && repeatable(c.action) {
			delete(s.inflight, c.id)
			again = append(again, c)
			s.stats.Resent++
			continue
		}
		s.settle(c, nil, &Error{Type: ErrConnectionLost, Message: "the connection broke before the answer to " + c.action + " came; its outcome is unknown"})
	}
	s.queue = append(again, s.queue...)
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
	s.setState(Output{State: Waiting, Reason: why, At: s.outer(s.dialAt)})
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
	s.breakRecovery()
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
	s.closeOutbox()
}

// ping makes the server say something within timeout, or be given up. What is
// asked already is asked again only where the answer matters sooner.
func (s *Session) ping(now time.Time, timeout time.Duration) {
	by := now.Add(timeout)
	if !s.pongBy.IsZero() && !by.Before(s.pongBy) {
		return
	}
	s.pingAt, s.pongBy = now.Add(pingInterval), by
	if !s.unstable {
		s.unstableAt = now.Add(timeout / 2)
	}
	for _, c := range s.inflight {
		if c.action == "ping" && c.internal && !c.late {
			return // other frames came, its answer is still due
		}
	}
	c := s.newCall(now, "ping", nil, 0)
	c.internal = true
	s.send(c)
}

// checkLife does what is due on a connection that is logged in.
func (s *Session) checkLife(now time.Time) {
	if due(s.unstableAt, now) {
		s.unstableAt, s.unstable = time.Time{}, true
		s.emit(Output{Kind: Unstable})
	}
	switch {
	case due(s.pongBy, now):
		s.hangUp(now, closeGoingAway, ErrTimeout)
		return
	case due(s.pingAt, now):
		s.ping(now, pongTimeout)
	}
	s.renewToken(now)
	if r := s.recovery; r != nil && due(r.resumeAt, now) {
		r.resumeAt = time.Time{}
		s.goOn()
	}
}

// alive takes note that the server has said something.
func (s *Session) alive() {
	s.pongBy, s.unstableAt, s.offline = time.Time{}, time.Time{}, false
	if s.unstable {
		s.unstable = false
		s.emit(Output{Kind: Unstable, Recovered: true})
	}
}
