package session

import (
	"slices"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/sorting"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

const (
	maxOutbox  = 1000
	maxTries   = 5 // of a durable call that the server answers with a fault of its own
	retryFirst = time.Second
	retryLast  = time.Minute
)

// Entry is what an output of Kind Stored asked the host to keep.
type Entry struct {
	Key   string
	Value []byte
}

// durable is a call that the engine answers for until the server has it or
// refuses it.
type durable struct {
	key     string
	id      CallID
	seq     uint64 // order, across restarts
	action  string
	payload []byte
	chat    string    // whose order it keeps; "" for start_chat
	customs []string  // the custom_id of each event
	made    time.Time // by the host's clock
	kept    bool      // the host has it
	sent    bool
	unsure  bool // an earlier attempt may have arrived
	busy    bool // a request about it is unanswered
	muted   bool // its call was canceled after it was sent
	tries   int
	retryAt time.Time
}

// Restore gives back, before Start, what outputs of Kind Stored asked to keep,
// in any order: durable calls that were not settled, and what the server wants
// to see again at the next login. The calls are settled with a new ID and the
// Key that they were stored under. An entry that cannot be read is reported and
// forgotten.
func (s *Session) Restore(now time.Time, entries []Entry) {
	now = s.restored(now, entries)
	for _, e := range entries {
		switch {
		case e.Key == sideStorage && wire.Valid(e.Value) && wire.IsObject(e.Value):
			s.storage = e.Value
		case e.Key == Given:
			s.restoreGiven(e.Value)
		case !s.restore(e):
			s.report("a stored call that cannot be read: " + e.Key)
			s.emit(Output{Kind: Stored, Key: e.Key})
		}
	}
	sorting.Stable(s.outbox, func(a, b *durable) bool { return a.seq < b.seq })
	for _, d := range s.outbox {
		if d.id == 0 {
			s.lastID++
			d.id = s.lastID
		}
	}
	s.flush()
	s.schedule(now)
}

func (s *Session) restore(e Entry) bool {
	if !wire.Valid(e.Value) {
		return false
	}
	seq, ok := wire.Int(wire.Get(e.Value, "seq"))
	made, okTime := wire.Time(wire.Get(e.Value, "made"))
	d := &durable{
		key: e.Key, seq: uint64(seq), made: made, kept: true, unsure: true,
		action: wire.Str(e.Value, "action"), payload: wire.Get(e.Value, "payload"),
	}
	if !ok || !okTime || !wire.IsObject(d.payload) || !s.prepare(d) || len(s.outbox) >= maxOutbox {
		return false
	}
	s.lastSeq = max(s.lastSeq, d.seq)
	for _, o := range s.outbox {
		if slices.Equal(o.customs, d.customs) {
			// It was called again before what was stored of it came to light.
			o.unsure = o.unsure || !o.busy
			s.emit(Output{Kind: Stored, Key: d.key})
			return true
		}
	}
	s.outbox = append(s.outbox, d)
	return true
}

// Kept says that the host has stored what it was asked to keep under key, or
// why it could not: then the call fails with ErrNotStored. It matters only with
// Config.ConfirmStored; unknown keys are ignored.
func (s *Session) Kept(now time.Time, key, failure string) {
	now = s.input("kept", now, recStr("key", key), recStr("failure", failure))
	for _, d := range s.outbox {
		if d.key == key && !d.kept {
			if d.kept = true; failure != "" {
				s.endDurable(d, nil, &Error{Type: ErrNotStored, Message: failure})
			}
			break
		}
	}
	s.flush()
	s.schedule(now)
}

// callDurable takes a call into the outbox; ok is false when there is nothing
// in it that could be looked up later.
func (s *Session) callDurable(c *call, unsure bool) (ok bool) {
	d := &durable{id: c.id, action: c.action, payload: c.payload, made: s.wall, kept: !s.cfg.ConfirmStored, unsure: unsure}
	if !s.prepare(d) {
		return false
	}
	if len(s.outbox) >= maxOutbox {
		s.settle(c, nil, &Error{Type: ErrQueueFull, Message: "1000 durable calls already wait for the server"})
		return true
	}
	s.lastSeq++
	d.seq, d.key = s.lastSeq, s.newID()
	var o wire.Object
	o.Int("seq", int64(d.seq))
	o.Time("made", d.made)
	o.Str("action", d.action)
	o.Raw("payload", d.payload)
	s.emit(Output{Kind: Stored, Key: d.key, Value: o.Bytes()})
	s.outbox = append(s.outbox, d)
	s.flush()
	return true
}

// prepare gives each event a custom_id and finds out whose order counts.
func (s *Session) prepare(d *durable) bool {
	switch d.action {
	case "send_event":
		d.chat = wire.Str(d.payload, "chat_id")
		d.payload = s.rewrite(d.payload, []string{"event"}, func(event []byte) []byte { return s.named(d, event) })
	case "start_chat", "resume_chat":
		d.chat = wire.Str(d.payload, "chat", "id")
		d.payload = s.rewrite(d.payload, []string{"chat", "thread", "events"}, func(events []byte) []byte {
			list := []byte{'['}
			for event := range wire.Elements(events) {
				if len(list) > 1 {
					list = append(list, ',')
				}
				list = append(list, s.named(d, event)...)
			}
			return append(list, ']')
		})
	}
	return len(d.customs) > 0 && (d.chat != "" || d.action == "start_chat")
}

// named returns event with a custom_id and takes note of it.
func (s *Session) named(d *durable, event []byte) []byte {
	if !wire.IsObject(event) {
		return event
	}
	if custom := wire.Str(event, "custom_id"); custom != "" {
		d.customs = append(d.customs, custom)
		return event
	}
	d.customs = append(d.customs, s.newID())
	var o wire.Object
	for name, raw := range wire.Members(event) {
		if name != "custom_id" {
			o.Raw(name, raw)
		}
	}
	o.Str("custom_id", d.customs[len(d.customs)-1])
	return o.Bytes()
}

// rewrite returns obj with the value at path, if there is one, put through edit.
func (s *Session) rewrite(obj []byte, path []string, edit func([]byte) []byte) []byte {
	if wire.Get(obj, path...) == nil {
		return obj
	}
	var o wire.Object
	for name, raw := range wire.Members(obj) {
		switch {
		case name != path[0]:
		case len(path) == 1:
			raw = edit(raw)
		default:
			raw = s.rewrite(raw, path[1:], edit)
		}
		o.Raw(name, raw)
	}
	return o.Bytes()
}

// flushOutbox goes on with the first call of each chat.
func (s *Session) flushOutbox() {
	s.retryAt = time.Time{}
	if len(s.outbox) == 0 {
		return
	}
	started := make(map[string]bool)
	for _, d := range slices.Clone(s.outbox) {
		if s.state != Live || len(s.inflight) >= maxCalls {
			return
		}
		if started[d.chat] {
			continue
		}
		started[d.chat] = true
		switch {
		case d.busy || !d.kept:
		case !d.retryAt.IsZero() && d.retryAt.After(s.now):
			if s.retryAt.IsZero() || d.retryAt.Before(s.retryAt) {
				s.retryAt = d.retryAt
			}
		case d.unsure:
			s.lookUp(d)
		default:
			s.dispatch(d)
		}
	}
}

// dispatch sends a durable call. The first request has the call's own id.
func (s *Session) dispatch(d *durable) {
	c := s.newCall(s.now, d.action, d.payload, 0)
	if d.sent {
		s.stats.Resent++
	} else {
		c.id, s.lastID = d.id, s.lastID-1
	}
	d.busy, d.sent = true, true
	c.internal, c.then = true, func(payload []byte, err *Error) { s.attempted(d, payload, err) }
	s.send(c)
}

func (s *Session) attempted(d *durable, payload []byte, err *Error) {
	d.busy = false
	switch {
	case err == nil:
		s.endDurable(d, payload, nil)
	case err.Type == ErrClosed:
	case err.Type == ErrConnectionLost, err.Type == ErrTimeout:
		d.unsure = true
	case transient(err) && d.tries < maxTries:
		// A fault of the server's may come after the deed.
		d.unsure = true
		if err.Type == "too_many_requests" || err.Type == "pending_requests_limit_reached" {
			d.unsure = false
		} else {
			d.tries++
		}
		s.later(d)
	default:
		s.endDurable(d, nil, err)
	}
}

// transient reports whether the same request may succeed a little later.
func transient(err *Error) bool {
	switch err.Type {
	case "internal", "service_unavailable", "too_many_requests", "pending_requests_limit_reached", "request_timeout":
		return true
	}
	return false
}

// later puts off the next attempt.
func (s *Session) later(d *durable) {
	d.retryAt = s.now.Add(retryAfter(d.tries))
}

// retryAfter is how long a request waits for its next attempt.
func retryAfter(tries int) time.Duration { return min(retryLast, retryFirst<<min(tries, maxTries)) }

// endDurable settles a durable call and forgets it.
func (s *Session) endDurable(d *durable, payload []byte, err *Error) {
	s.outbox = slices.DeleteFunc(s.outbox, func(o *durable) bool { return o == d })
	s.emit(Output{Kind: Stored, Key: d.key})
	s.settleDurable(d, payload, err)
}

func (s *Session) settleDurable(d *durable, payload []byte, err *Error) {
	if !d.muted {
		s.emit(Output{Kind: Settled, ID: d.id, Action: d.action, Payload: payload, Err: err, Key: d.key})
	}
}

// cancelDurable withdraws a durable call. One that was sent goes on, silently.
func (s *Session) cancelDurable(id CallID) bool {
	for _, d := range s.outbox {
		if d.id != id || d.muted {
			continue
		}
		canceled := &Error{Type: ErrCanceled, Message: "the call was withdrawn"}
		if d.sent || d.unsure {
			canceled.Message += " after it was sent; it is carried out all the same"
			s.settleDurable(d, nil, canceled)
			d.muted = true
		} else {
			s.endDurable(d, nil, canceled)
		}
		return true
	}
	return false
}

// closeOutbox settles what is left when the session stops. It stays stored.
func (s *Session) closeOutbox() {
	for _, d := range s.outbox {
		s.settleDurable(d, nil, s.Err())
	}
	s.outbox = nil
}
