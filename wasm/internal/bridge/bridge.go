// Package bridge joins the engine and its model to a host that owns sockets,
// timers and promises: a table of connections, each with a number that the
// host chose.
//
// Every entry carries an input to one engine, then passes what comes out to
// the [Host]: engine outputs in order, the model's patch after them, and at
// last when to call Tick.
//
// A panic is a bug, and after it nothing here can be relied on: one build of
// the core has no way to recover from it, so neither tries. The host throws the
// program away and starts another one from what Stored told it.
//
// A Bridge is not safe for concurrent use. The Host's functions may call its
// entries: such an input is taken at once, and what comes out of it is
// delivered by the entry that is under way.
package bridge

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/model"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// Host is what a connection needs from outside. No function may block or
// panic.
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
	// Push passes on a server message; payload is raw JSON. One that is recovered was missed while there was no connection.
	Push(conn int, action, requestID string, payload []byte, recovered bool)
	// Unstable tells that the connection is about to be dropped, or that it answers again.
	Unstable(conn int, is bool)
	// Stored asks to keep value under key until it is replaced, or to forget key when value is nil. What was kept is
	// given to Restore after a restart; Kept says that it was.
	Stored(conn int, key string, value []byte)
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
	store    bool      // the host keeps things
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

// Create makes connection n. Nothing is dialled before Start. With
// cfg.ConfirmStored the host keeps what Stored tells it, and answers each with
// Kept; without, Stored is not called.
func (b *Bridge) Create(n int, cfg session.Config) error {
	switch {
	case b.conns[n] != nil:
		return errors.New("connection " + strconv.Itoa(n) + " exists already")
	case cfg.API == session.Customer && cfg.Organization == "":
		return errors.New("organization is missing; it is the id of the organization whose chat this is")
	}
	s := session.New(cfg)
	b.conns[n] = &conn{
		n: n, host: b.host, session: s, model: model.New(s, &model.Options{Store: cfg.ConfirmStored}), store: cfg.ConfirmStored,
		refs: make(map[session.CallID]int), ids: make(map[int]session.CallID),
	}
	return nil
}

// Start opens the first connection; later calls change nothing.
func (b *Bridge) Start(n int, now time.Time) error {
	c, err := b.conn(n, now)
	if err == nil {
		c.session.Start(now)
	}
	return c.done(err)
}

// Restore gives back what Stored asked to keep, as a JSON list of key and
// value, both strings. The best time for it is before Start; what another
// client left behind may also come later.
func (b *Bridge) Restore(n int, now time.Time, entries string) error {
	c, err := b.conn(n, now)
	if err != nil {
		return err
	}
	list, err := model.ParseEntries([]byte(entries))
	if err == nil {
		c.model.Restore(now, list)
	}
	return c.done(err)
}

// Kept says that a value that Stored brought is stored. With a failure its call
// ends with that.
func (b *Bridge) Kept(n int, now time.Time, key, failure string) error {
	c, err := b.conn(n, now)
	if err == nil {
		c.session.Kept(now, key, failure)
	}
	return c.done(err)
}

// Opened says that the socket is open.
func (b *Bridge) Opened(n int, now time.Time) error {
	c, err := b.conn(n, now)
	if err == nil {
		c.session.Opened(now)
	}
	return c.done(err)
}

// Receive takes one text frame, which must not be changed afterwards.
func (b *Bridge) Receive(n int, now time.Time, frame []byte) error {
	c, err := b.conn(n, now)
	if err == nil {
		c.session.Receive(now, frame)
	}
	return c.done(err)
}

// Closed says that the socket is gone, or could not be opened.
func (b *Bridge) Closed(n int, now time.Time, code int, reason string) error {
	c, err := b.conn(n, now)
	if err == nil {
		c.session.Closed(now, code, reason)
	}
	return c.done(err)
}

// Tick does what has fallen due.
func (b *Bridge) Tick(n int, now time.Time) error {
	c, err := b.conn(n, now)
	if err == nil {
		c.due, c.wakeAt = time.Time{}, time.Time{}
		c.session.Tick(now)
		c.model.Tick(now)
	}
	return c.done(err)
}

// Online says whether the machine has a network.
func (b *Bridge) Online(n int, now time.Time, up bool) error {
	c, err := b.conn(n, now)
	if err == nil {
		c.session.Online(now, up)
	}
	return c.done(err)
}

// Call makes a request, which Settle ends under the number ref: exactly once,
// unless Call returns an error. A timeout of 0 is the engine's default. What the
// rules of the catalogue forbid is not sent: it settles as unsupported_version
// or validation, with the sentence that the server would have. The number 0 is
// for a login that goes on with another Bridge's, see Unsure of
// session.CallOptions; logins after a reconnect are settled under it, too.
func (b *Bridge) Call(n int, now time.Time, ref int, action string, payload []byte, timeout time.Duration) error {
	c, err := b.conn(n, now)
	if err != nil {
		return err
	}
	if _, used := c.ids[ref]; used {
		err = errors.New("call number " + strconv.Itoa(ref) + " is in use")
	} else if wrong := c.session.Check(action, payload); wrong != nil {
		c.refused = append(c.refused, refusal{ref, wrong})
	} else {
		id := c.session.Call(now, action, payload, session.CallOptions{Timeout: timeout, Unsure: ref == 0})
		if ref != 0 {
			c.refs[id], c.ids[ref] = ref, id
		}
	}
	return c.done(err)
}

// Cancel withdraws the call ref, which then fails. Unknown numbers are ignored.
func (b *Bridge) Cancel(n int, now time.Time, ref int) error {
	c, err := b.conn(n, now)
	if err == nil {
		if id, ok := c.ids[ref]; ok {
			c.session.Cancel(now, id)
		}
	}
	return c.done(err)
}

// Token answers NeedToken with a token, or with why there is none. A lifetime
// of 0 is not known.
func (b *Bridge) Token(n int, now time.Time, token, failure string, lifetime time.Duration) error {
	c, err := b.conn(n, now)
	if err == nil {
		c.session.TokenFor(now, token, lifetime, failure)
	}
	return c.done(err)
}

// Act does something in the model; args is a JSON object. The error names the
// argument that is wrong.
func (b *Bridge) Act(n int, now time.Time, act string, args []byte) error {
	c, err := b.conn(n, now)
	if err != nil {
		return err
	}
	err = c.model.Act(now, act, args)
	if wrong, ok := err.(*model.ActError); ok { // Act's contract: it is not wrapped
		// The caller knows which act it was.
		err = errors.New(strings.TrimSpace(wrong.Field + " " + wrong.Problem))
	}
	return c.done(err)
}

// Snapshot returns the model's whole state as JSON.
func (b *Bridge) Snapshot(n int) (state []byte, err error) {
	c := b.conns[n]
	if c == nil {
		return nil, unknown(n)
	}
	return c.model.Snapshot(), nil
}

// Missed returns the pushes that another host of the connection was not given,
// see Missed of model.Model; nothing while they are not known yet.
func (b *Bridge) Missed(n int, given string) (pushes []byte, err error) {
	c := b.conns[n]
	if c == nil {
		return nil, unknown(n)
	}
	pushes, _ = c.model.Missed([]byte(given))
	return pushes, nil
}

// Stop ends the connection for good; calls that wait are settled as closed.
func (b *Bridge) Stop(n int, now time.Time) error {
	c, err := b.conn(n, now)
	if err == nil {
		c.session.Stop(now)
	}
	return c.done(err)
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

// conn returns connection n, which gets an input now.
func (b *Bridge) conn(n int, now time.Time) (*conn, error) {
	c := b.conns[n]
	if c == nil {
		return nil, unknown(n)
	}
	c.now = now
	return c, nil
}

func unknown(n int) error { return errors.New("there is no connection " + strconv.Itoa(n)) }

// done ends an entry: it delivers what the input led to, and returns err.
func (c *conn) done(err error) error {
	if c != nil {
		c.drain()
	}
	return err
}

// drain delivers until there is nothing left, what the host's functions led to
// included.
func (c *conn) drain() {
	if c.draining {
		return
	}
	c.draining = true
	for c.step() {
	}
	c.draining = false
}

// step delivers what there is, and reports whether there may be more.
func (c *conn) step() (more bool) {
	for len(c.refused) > 0 && !c.gone {
		r := c.refused[0]
		c.refused = c.refused[1:]
		c.host.Settle(c.n, r.ref, nil, r.err)
	}
	for out, ok := c.session.Next(); ok && !c.gone; out, ok = c.session.Next() {
		more = true
		c.deliver(out, c.model.Observe(c.now, out))
	}
	if c.gone {
		return false
	}
	for _, e := range c.model.Stored() {
		more = true
		c.host.Stored(c.n, e.Key, e.Value)
	}
	if ops := c.model.Patch(); ops != nil {
		more = true
		c.host.Patch(c.n, ops)
	}
	return !c.gone && (more || c.wake())
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
		if out.Relogin {
			c.host.Settle(c.n, 0, out.Payload, nil)
		} else if ref, ok := c.refs[out.ID]; ok && !mine {
			delete(c.refs, out.ID)
			delete(c.ids, ref)
			c.host.Settle(c.n, ref, out.Payload, out.Err)
		}
	case session.Pushed:
		c.host.Push(c.n, out.Action, out.RequestID, out.Payload, out.Recovered)
	case session.Unstable:
		c.host.Unstable(c.n, !out.Recovered)
	case session.Stored:
		if c.store {
			c.host.Stored(c.n, out.Key, out.Value)
		}
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
	if at.Equal(c.wakeAt) {
		return false
	}
	delay := time.Duration(-1)
	if !at.IsZero() {
		delay = max(0, at.Sub(c.now))
	}
	c.wakeAt = at
	c.host.Wake(c.n, delay)
	return true
}
