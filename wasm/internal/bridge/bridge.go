// Package bridge joins the engine and its model to a host that owns sockets,
// timers and promises: a table of connections, each with a number that the
// host chose.
//
// Every entry carries an input to one engine, then passes what comes out to
// the [Host]: engine outputs in order, the model's patch after them, and at
// last when to call Tick. An entry recovers from panics, those of the host's
// functions too, and returns them as errors; all other outputs of the same
// entry are still delivered.
//
// A Bridge is not safe for concurrent use. The Host's functions may call its
// entries: such an input is taken at once, and what comes out of it is
// delivered by the entry that is under way.
package bridge

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/model"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// Host is what a connection needs from outside. No function may block.
type Host interface {
	// Dial opens a socket to url. What an earlier one still has to say must not be passed in any more.
	Dial(conn int, url string)
	// Send writes one text frame.
	Send(conn int, frame []byte)
	// Shut closes the socket.
	Shut(conn, code int, reason string)
	// Wake asks for one Tick after delay, in place of any earlier wish; a negative delay takes the wish back.
	Wake(conn int, delay time.Duration)
	// Settle ends the call ref: with the answer's payload, or with err.
	Settle(conn, ref int, payload []byte, err *session.Error)
	// Push passes on a server message; payload is raw JSON.
	Push(conn int, action, requestID string, payload []byte)
	// Patch passes on a change of the model, a JSON array.
	Patch(conn int, ops []byte)
	// State tells the connection's state and why it changed.
	State(conn int, state, reason string)
	// NeedToken asks for an access token, to be given to Token; fresh means that the last one was refused.
	NeedToken(conn int, fresh bool)
	// Report tells of something that was ignored: a frame not understood, a bug.
	Report(conn int, text string)
}

// Bridge is the table of connections.
type Bridge struct {
	host  Host
	conns map[int]*conn
}

// New returns a Bridge without connections.
func New(host Host) *Bridge {
	return &Bridge{host: host, conns: make(map[int]*conn)}
}

type conn struct {
	n        int
	host     Host
	session  *session.Session
	model    *model.Model
	refs     map[session.CallID]int
	ids      map[int]session.CallID
	refused  []refusal // calls that the rules forbid, to be settled
	draining bool
	gone     bool      // destroyed
	now      time.Time // of the newest input
	due      time.Time // of the engine
	wakeAt   time.Time // what the host was asked for
}

// A refusal is a call that was not made.
type refusal struct {
	ref int
	err *session.Error
}

// Create makes connection n. Nothing is dialled before Start.
func (b *Bridge) Create(n int, cfg session.Config) error {
	return guard(func() error {
		switch {
		case b.conns[n] != nil:
			return fmt.Errorf("connection %d exists already", n)
		case cfg.API == session.Customer && cfg.Organization == "":
			return errors.New("organization is missing; it is the id of the organization whose chat this is")
		}
		s := session.New(cfg)
		b.conns[n] = &conn{
			n: n, host: b.host, session: s, model: model.New(s),
			refs: make(map[session.CallID]int), ids: make(map[int]session.CallID),
		}
		return nil
	})
}

// Start opens the first connection; later calls change nothing.
func (b *Bridge) Start(n int, now time.Time) error {
	return b.enter(n, now, func(c *conn) error { c.session.Start(now); return nil })
}

// Opened says that the socket is open.
func (b *Bridge) Opened(n int, now time.Time) error {
	return b.enter(n, now, func(c *conn) error { c.session.Opened(now); return nil })
}

// Receive takes one text frame.
func (b *Bridge) Receive(n int, now time.Time, frame string) error {
	return b.enter(n, now, func(c *conn) error { c.session.Receive(now, []byte(frame)); return nil })
}

// Closed says that the socket is gone, or could not be opened.
func (b *Bridge) Closed(n int, now time.Time, code int, reason string) error {
	return b.enter(n, now, func(c *conn) error { c.session.Closed(now, code, reason); return nil })
}

// Tick does what has fallen due.
func (b *Bridge) Tick(n int, now time.Time) error {
	return b.enter(n, now, func(c *conn) error {
		c.due, c.wakeAt = time.Time{}, time.Time{}
		c.session.Tick(now)
		c.model.Tick(now)
		return nil
	})
}

// Online says whether the machine has a network.
func (b *Bridge) Online(n int, now time.Time, up bool) error {
	return b.enter(n, now, func(c *conn) error { c.session.Online(now, up); return nil })
}

// Call makes a request, which Settle ends under the number ref: exactly once,
// unless Call returns an error. A timeout of 0 is the engine's default. What the
// rules of the catalogue forbid is not sent: it settles as unsupported_version
// or validation, with the sentence that the server would have.
func (b *Bridge) Call(n int, now time.Time, ref int, action, payload string, timeout time.Duration) error {
	return b.enter(n, now, func(c *conn) error {
		if _, used := c.ids[ref]; used {
			return fmt.Errorf("call number %d is in use", ref)
		}
		if err := c.session.Check(action, []byte(payload)); err != nil {
			c.refused = append(c.refused, refusal{ref, err})
			return nil
		}
		id := c.session.Call(now, action, []byte(payload), session.CallOptions{Timeout: timeout})
		c.refs[id], c.ids[ref] = ref, id
		return nil
	})
}

// Cancel withdraws the call ref, which then fails. Unknown numbers are ignored.
func (b *Bridge) Cancel(n int, now time.Time, ref int) error {
	return b.enter(n, now, func(c *conn) error {
		if id, ok := c.ids[ref]; ok {
			c.session.Cancel(now, id)
		}
		return nil
	})
}

// Token answers NeedToken with a token, or with why there is none.
func (b *Bridge) Token(n int, now time.Time, token, failure string) error {
	return b.enter(n, now, func(c *conn) error { c.session.Token(now, token, failure); return nil })
}

// Act does something in the model; args is a JSON object. The error names the
// argument that is wrong.
func (b *Bridge) Act(n int, now time.Time, act, args string) error {
	return b.enter(n, now, func(c *conn) error {
		err := c.model.Act(now, act, []byte(args))
		if wrong, ok := errors.AsType[*model.ActError](err); ok {
			// The caller knows which act it was.
			return errors.New(strings.TrimSpace(wrong.Field + " " + wrong.Problem))
		}
		return err
	})
}

// Snapshot returns the model's whole state as JSON.
func (b *Bridge) Snapshot(n int) (state string, err error) {
	err = guard(func() error {
		c, err := b.conn(n)
		if err == nil {
			state = string(c.model.Snapshot())
		}
		return err
	})
	return state, err
}

// Stop ends the connection for good; calls that wait are settled as closed.
func (b *Bridge) Stop(n int, now time.Time) error {
	return b.enter(n, now, func(c *conn) error { c.session.Stop(now); return nil })
}

// Destroy forgets connection n without a further word to the host, also when
// it comes from one of the host's functions; Stop it first. The number is free
// then.
func (b *Bridge) Destroy(n int) {
	if c := b.conns[n]; c != nil {
		c.gone = true
		delete(b.conns, n)
	}
}

func (b *Bridge) conn(n int) (*conn, error) {
	if c := b.conns[n]; c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("there is no connection %d", n)
}

func (b *Bridge) enter(n int, now time.Time, input func(*conn) error) error {
	c, err := b.conn(n)
	if err != nil {
		return err
	}
	c.now = now
	err = guard(func() error { return input(c) })
	c.drain()
	return err
}

// drain delivers until there is nothing left, what the host's functions led to
// included.
func (c *conn) drain() {
	if c.draining {
		return
	}
	c.draining = true
	defer func() { c.draining = false }()
	for more := true; more && !c.gone; {
		more = false
		for len(c.refused) > 0 && !c.gone {
			r := c.refused[0]
			c.refused = c.refused[1:]
			c.try(func() error { c.host.Settle(c.n, r.ref, nil, r.err); return nil })
		}
		for out, ok := c.session.Next(); ok && !c.gone; out, ok = c.session.Next() {
			more = true
			c.try(func() error { c.deliver(out, c.observe(out)); return nil })
		}
		if c.gone {
			return
		}
		c.try(func() error {
			if ops := c.model.Patch(); ops != nil {
				more = true
				c.host.Patch(c.n, ops)
			}
			return nil
		})
		if !more {
			c.try(func() error { more = c.wake(); return nil })
		}
	}
}

// observe shows the model an output. A failure there must not cost the caller
// an answer.
func (c *conn) observe(out session.Output) (mine bool) {
	c.try(func() error { mine = c.model.Observe(c.now, out); return nil })
	return mine
}

func (c *conn) deliver(out session.Output, mine bool) {
	switch out.Kind {
	case session.Dial:
		c.host.Dial(c.n, out.URL)
	case session.Send:
		c.host.Send(c.n, out.Frame)
	case session.Close:
		c.host.Shut(c.n, out.Code, out.Reason)
	case session.Wake:
		c.due = out.At
	case session.Settled:
		if ref, ok := c.refs[out.ID]; ok && !mine {
			delete(c.refs, out.ID)
			delete(c.ids, ref)
			c.host.Settle(c.n, ref, out.Payload, out.Err)
		}
	case session.Pushed:
		c.host.Push(c.n, out.Action, out.RequestID, out.Payload)
	case session.StateChanged:
		c.host.State(c.n, out.State.String(), out.Reason)
	case session.NeedToken:
		c.host.NeedToken(c.n, out.Fresh)
	case session.Reported:
		c.host.Report(c.n, out.Reason)
	}
}

// wake tells the host the earlier of what engine and model wish for, unless it
// knows, and reports whether it told.
func (c *conn) wake() (told bool) {
	at := c.due
	if m := c.model.Wake(); !m.IsZero() && (at.IsZero() || m.Before(at)) {
		at = m
	}
	known := c.wakeAt
	if at.Equal(known) {
		return false
	}
	delay := time.Duration(-1)
	if !at.IsZero() {
		delay = max(0, at.Sub(c.now))
	}
	defer func() {
		if !told {
			c.wakeAt = known // the host's function panicked
		}
	}()
	c.wakeAt = at
	c.host.Wake(c.n, delay)
	return true
}

// try reports what goes wrong in f instead of passing it on.
func (c *conn) try(f func() error) {
	if err := guard(f); err != nil && !c.gone {
		_ = guard(func() error { c.host.Report(c.n, err.Error()); return nil })
	}
}

// guard turns a panic in f into an error.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error: %v", r)
		}
	}()
	return f()
}
