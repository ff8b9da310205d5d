package rtmserver

import (
	"errors"
	"slices"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// Calls that meet at an organization are carried out in turns: one of their
// goroutines takes all that wait, in the order in which they came, the others wait
// for what comes of it. So calls that only write to a chat of their own can be
// stored in one entry: the longer an append takes, the more of them it holds.

// A waiter is a call that waits to be carried out, or to be stored.
type waiter struct {
	call *call
	run  func(*call) (any, error)
	came time.Time
	over chan bool // what the caller waits for; with true it is to take all that wait

	result any
	crash  error // a panic of the call, for its own goroutine
}

// do runs a method for a connection: answer first, then the pushes that it
// caused, then what follows from it.
func (o *org) do(c *call, run func(*call) (any, error)) {
	t := &waiter{call: c, run: run, came: time.Now()}
	if o.lineUp(t) {
		o.takeTurns()
	}
	if t.crash != nil {
		panic(t.crash)
	}
}

// lineUp waits until the turn is over. With true it is the caller's to take it,
// and those that wait behind it.
func (o *org) lineUp(t *waiter) bool {
	o.turnsMu.Lock()
	o.turns = append(o.turns, t)
	first := !o.taking
	o.taking = true
	if !first {
		t.over = make(chan bool, 1)
	}
	o.turnsMu.Unlock()
	return first || <-t.over
}

// takeTurns carries out what waits, and leaves what came meanwhile to the first of
// those.
func (o *org) takeTurns() {
	o.mu.Lock()
	o.turnsMu.Lock()
	turns := o.turns
	o.turns = nil
	o.turnsMu.Unlock()
	defer func() {
		o.mu.Unlock()
		o.turnsMu.Lock()
		if o.taking = len(o.turns) > 0; o.taking {
			o.turns[0].over <- true
		}
		o.turnsMu.Unlock()
		for _, t := range turns[1:] { // the first is the caller's
			t.over <- false
		}
	}()
	o.carryOut(turns)
}

// carryOut carries out turns in their order. The organization's lock is held.
func (o *org) carryOut(turns []*waiter) {
	var b batch
	for _, t := range turns {
		o.s.metrics.lockWait.Observe(time.Since(t.came).Seconds())
		if t.call.conn.closing.Load() {
			continue // it was told to go while this request waited for its turn
		}
		t.call.conn.stir()
		t.call.em.spread = true
		if !b.takes(t.call) {
			o.storeBatch(&b)
		}
		if t.call.only == "" {
			o.carryOutAlone(t)
		} else {
			o.decide(&b, t)
		}
	}
	o.storeBatch(&b)
}

func (o *org) carryOutAlone(t *waiter) {
	c := t.call
	t.guard(func() {
		err := o.try(func() (err error) {
			if err := c.inScope(); err != nil {
				return err
			}
			t.result, err = t.run(c)
			return err
		})
		c.answer(t.result, err)
		c.em.flush()
	})
	o.settleSafely()
}

// guard keeps a panic for the turn's own goroutine.
func (t *waiter) guard(fn func()) {
	if err := guard(func() error { fn(); return nil }); err != nil {
		t.crash = err
	}
}

// A batch is calls that were decided on the same state and not stored yet. Each
// writes to another chat and looks at no other, so all hold, whichever is first.
type batch struct {
	turns []*waiter
	bytes int // of their requests
}

// batchBytes bounds the requests of a batch, so that its entry is small.
const batchBytes = 32 << 10

// takes reports whether the call can be decided before the batch is stored.
func (b *batch) takes(c *call) bool {
	return c.only != "" && b.bytes+len(c.request.raw) <= batchBytes &&
		!slices.ContainsFunc(b.turns, func(t *waiter) bool { return t.call.only == c.only })
}

// onlyChat is the chat that a request writes to if that is all it does, so that it
// can be in a batch: "" for most requests.
func (r *request) onlyChat() string {
	// Files are looked up, and used up.
	if r.action != "send_event" || len(r.raw) > batchBytes || wire.Str(r.raw, "event", "type") == "file" {
		return ""
	}
	return wire.Str(r.raw, "chat_id")
}

// decide has a turn in the batch, or answers it when there is nothing to store.
func (o *org) decide(b *batch, t *waiter) {
	c := t.call
	c.batched = true
	err := guard(func() error {
		err := c.inScope()
		if err == nil {
			t.result, err = t.run(c)
		}
		return err
	})
	c.batched = false
	if err != nil || len(c.records) == 0 {
		t.guard(func() { c.answer(t.result, err); c.em.flush() })
		return
	}
	b.turns, b.bytes = append(b.turns, t), b.bytes+len(c.request.raw)
}

// commit is org.commit for what a method does last: in a batch it is stored later,
// and answered then.
func (c *call) commit(records ...*record) error {
	if !c.batched {
		return c.org.commit(c.em, records...)
	}
	c.records = records
	return nil
}

// storeBatch appends what is in the batch as one entry, applies and answers it, and
// empties the batch.
func (o *org) storeBatch(b *batch) {
	turns := b.turns
	*b = batch{}
	if len(turns) == 0 {
		return
	}
	records := make([]*record, 0, len(turns))
	for _, t := range turns {
		records = append(records, t.call.records...)
	}
	theirs := &emission{org: o}
	err := guard(func() error { return o.log(theirs, records) })
	theirs.flush()
	if errors.Is(err, errConflict) || errors.Is(err, ErrTooLarge) {
		for _, t := range turns { // each decides again, on what is the state now
			o.carryOutAlone(t)
		}
		return
	}
	if err == nil {
		o.st.Seq++
	}
	for _, t := range turns {
		c := t.call
		t.guard(func() {
			if err == nil {
				o.applyRecords(c.em, c.records)
			}
			c.answer(t.result, err)
			c.em.flush()
		})
	}
	if err == nil {
		o.snapshotSoon()
	}
	o.settleSafely()
}
