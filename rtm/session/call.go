package session

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/sorting"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

const (
	defaultTimeout = 15 * time.Second // as long as a server may take, see transport.request_timeout_s
	maxInflight    = 10               // transport.max_pending_requests
	maxCalls       = maxInflight - 1  // leaves room for a ping
	maxQueue       = 256
)

// CallID names a call within its session; it is never 0 and never used again.
type CallID uint32

// CallOptions are the choices of a single call; the zero value is fine.
type CallOptions struct {
	Timeout time.Duration // from the call to its answer, waiting included; 0 is 15 s
	NoWait  bool          // fail at once with ErrOffline when the session is not Live
	Durable bool          // see Restore; counts for send_event, and for start_chat and resume_chat with initial events

	// Unsure goes on where an earlier session was: a Durable call may have been
	// sent, and is looked for first; a login held, and is made as after a
	// reconnect, until it is refused for good: its end is an output as Relogin.
	Unsure bool
}

// call is a request on its way.
type call struct {
	id       CallID
	known    CallID // what the host knows it by, when that is another id
	action   string
	payload  []byte
	deadline time.Time
	internal bool // made by the engine: its end is no output
	late     bool // withdrawn: only keeps its place until the server has answered

	then func(payload []byte, err *Error) // takes the end of an internal call; may be nil
}

// Call asks the server for action with payload, a JSON object or nil. The
// answer is an output of Kind Settled with the id returned here. The caller must
// not change payload afterwards.
func (s *Session) Call(now time.Time, action string, payload []byte, opts CallOptions) CallID {
	now = s.input("call", now, recStr("action", action), recRaw("payload", payload), recInt("timeout", int(opts.Timeout)),
		recBool("no_wait", opts.NoWait), recBool("durable", opts.Durable), recBool("unsure", opts.Unsure))
	c := s.newCall(now, action, payload, opts.Timeout)
	switch {
	case len(payload) > 0 && !(wire.Valid(payload) && wire.IsObject(payload)):
		s.settle(c, nil, &Error{Type: "validation", Message: "payload must be a JSON object"})
	case s.state == Stopped:
		s.settle(c, nil, s.Err())
	case action == "login":
		s.beginLogin(now, c, opts.Unsure)
	case opts.NoWait && s.state != Live:
		s.settle(c, nil, &Error{Type: ErrOffline, Message: "there is no connection to call " + action + " on"})
	case opts.Durable && s.callDurable(c, opts.Unsure):
	case !s.login.wanted():
		s.settle(c, nil, notLoggedIn(c))
	case len(s.queue) >= maxQueue:
		s.settle(c, nil, &Error{Type: ErrQueueFull, Message: "256 calls already wait for the connection"})
	default:
		s.queue = append(s.queue, c)
		s.flush()
	}
	s.schedule(now)
	return c.id
}

// Cancel withdraws a call; it fails with ErrCanceled. A request that was sent
// is carried out by the server all the same, and a durable call that was sent
// stays in the outbox. Unknown ids are ignored.
func (s *Session) Cancel(now time.Time, id CallID) {
	now = s.input("cancel", now, recInt("id", int(id)))
	if s.cancelDurable(id) {
		s.flush()
		s.schedule(now)
	} else if c := s.find(id); c != nil {
		s.withdraw(now, c, &Error{Type: ErrCanceled, Message: "the call was withdrawn"})
		s.flush()
		s.schedule(now)
	}
}

func notLoggedIn(c *call) *Error {
	return &Error{Type: ErrNotLoggedIn, Message: "log in before you call " + c.action}
}

func (s *Session) newCall(now time.Time, action string, payload []byte, timeout time.Duration) *call {
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	s.lastID++
	return &call{id: s.lastID, action: action, payload: payload, deadline: now.Add(timeout)}
}

// flush sends what waits, as far as the limit of unanswered requests allows.
func (s *Session) flush() {
	for s.state == Live && len(s.queue) > 0 && len(s.inflight) < maxCalls {
		c := s.queue[0]
		s.queue = slices.Delete(s.queue, 0, 1)
		s.send(c)
	}
	s.flushOutbox()
}

// ask makes a call of the engine's own.
func (s *Session) ask(action string, payload []byte, then func(payload []byte, err *Error)) {
	c := s.newCall(s.now, action, payload, 0)
	c.internal, c.then = true, then
	s.send(c)
}

func (s *Session) send(c *call) {
	s.inflight[c.id] = c
	frame := make([]byte, 0, len(c.payload)+len(c.action)+48)
	frame = append(frame, `{"request_id":"`...)
	frame = strconv.AppendUint(frame, uint64(c.id), 10)
	frame = append(frame, `","action":`...)
	frame = wire.AppendString(frame, c.action)
	frame = append(frame, `,"payload":`...)
	frame = append(frame, c.payload...)
	frame = append(frame, '}')
	s.emit(Output{Kind: Send, Frame: frame})
}

// settle ends a call; nothing refers to it afterwards.
func (s *Session) settle(c *call, payload []byte, err *Error) {
	delete(s.inflight, c.id)
	s.queue = slices.DeleteFunc(s.queue, func(q *call) bool { return q == c })
	if s.login.call == c {
		s.login.call = nil
	}
	if c.then != nil {
		c.then(payload, err)
	}
	if !c.internal {
		s.emit(Output{Kind: Settled, ID: cmp.Or(c.known, c.id), Action: c.action, Payload: payload, Err: err})
	}
}

func (s *Session) find(id CallID) *call {
	var found *call
	s.eachCall(func(c *call) {
		if cmp.Or(c.known, c.id) == id && !c.internal {
			found = c
		}
	})
	return found
}

// eachCall visits every call that is not settled, in no particular order.
func (s *Session) eachCall(visit func(*call)) {
	for _, c := range s.inflight {
		visit(c)
	}
	for _, c := range s.queue {
		visit(c)
	}
	if c := s.login.call; c != nil && s.inflight[c.id] == nil {
		visit(c)
	}
}

// calls returns every call that is not settled and for which keep says yes, in
// the order in which they were made.
func (s *Session) calls(keep func(*call) bool) []*call {
	var all []*call
	s.eachCall(func(c *call) {
		if keep(c) {
			all = append(all, c)
		}
	})
	sorting.Stable(all, func(a, b *call) bool { return a.id < b.id })
	return all
}

// expire fails the calls whose time is up.
func (s *Session) expire(now time.Time) {
	for _, c := range s.calls(func(c *call) bool { return due(c.deadline, now) }) {
		s.withdraw(now, c, &Error{Type: ErrTimeout, Message: "no answer to " + c.action + " in time"})
	}
	s.flush()
}

// withdraw fails a call that the server may still answer; a request that was
// sent counts there until then, or for as long as a server may take. A login
// that was sent takes its connection with it, since nobody knows whether it
// succeeded.
func (s *Session) withdraw(now time.Time, c *call, err *Error) {
	if s.inflight[c.id] != c && s.login.call != c && !slices.Contains(s.queue, c) {
		return
	}
	login, sent := s.login.call == c, s.inflight[c.id] != nil
	s.settle(c, nil, err)
	if !login {
		if sent && !c.late && s.connected() {
			s.inflight[c.id] = &call{id: c.id, action: c.action, deadline: now.Add(defaultTimeout), internal: true, late: true}
		}
		return
	}
	if !c.internal {
		s.dropLogin()
	}
	if sent {
		s.hangUp(now, closeGoingAway, err.Type)
	}
}
