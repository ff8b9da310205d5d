package session

import "time"

const (
	maxSleep = time.Minute // a Tick this late comes from a machine that slept
	maxStep  = time.Second // a clock set back by less is none of our business
)

// enter begins an input: it takes the host's time, which may jump, and makes of
// it one that never goes back. A connection that a jump leaves behind is not
// trusted.
func (s *Session) enter(now time.Time) time.Time {
	s.wall = now.Round(0) // without the monotonic reading, which stands still while a machine sleeps
	at := s.wall.Add(s.skew)
	jumped := !s.wakeAt.IsZero() && at.Sub(s.wakeAt) > maxSleep
	if back := s.now.Sub(at); !s.now.IsZero() && back > 0 {
		s.skew += back
		at, jumped = s.now, back > maxStep
	}
	s.now = at
	if jumped && s.connected() {
		s.hangUp(at, closeGoingAway, ReasonClock)
	}
	return at
}

// outer is a time of the session as the host's clock has it.
func (s *Session) outer(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.Add(-s.skew)
}

// schedule asks for the next Tick, unless it is asked for already.
func (s *Session) schedule(now time.Time) {
	var at time.Time
	earlier := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	switch s.state {
	case Waiting:
		earlier(s.dialAt)
	case Connecting:
		earlier(s.openBy)
	case Syncing, Live:
		earlier(s.pingAt)
		earlier(s.pongBy)
		earlier(s.unstableAt)
		earlier(s.retryAt)
		earlier(s.login.renewAt)
		if s.recovery != nil {
			earlier(s.recovery.resumeAt)
		}
	}
	s.eachCall(func(c *call) { earlier(c.deadline) })
	if !at.Equal(s.wakeAt) {
		s.wakeAt = at
		s.emit(Output{Kind: Wake, At: s.outer(at)})
	}
}

func due(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }
