package rtmserver

import (
	"container/heap"
	"sync"
	"time"
)

// A Clock is the time that a server lives by: times of events, lifetimes of
// tokens and bans, and what happens after a while. It follows the system's clock
// until Freeze or Advance; deadlines of sockets always follow the system's. It is
// safe for concurrent use.
type Clock struct {
	moving sync.Mutex // held by who sets the clock, also while timers run

	mu     sync.Mutex
	ahead  time.Duration // of the system's clock, while not frozen
	frozen bool
	at     time.Time // the time while frozen
	timers timerHeap
	count  uint64
	start  time.Time   // at which it began frozen; zero when it follows the system's
	alarm  *time.Timer // wakes for the first timer, while not frozen
}

// NewClock returns a clock that shows the system's time.
func NewClock() *Clock { return &Clock{} }

// NewClockAt returns a clock that is frozen at a time.
func NewClockAt(t time.Time) *Clock { return &Clock{frozen: true, at: t, start: t} }

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if c.frozen {
		return c.at
	}
	return time.Now().Add(c.ahead)
}

// Frozen reports whether the clock stands still.
func (c *Clock) Frozen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frozen
}

// restart makes the clock what it was when it was made. Timers stay.
func (c *Clock) restart() {
	c.moving.Lock()
	defer c.moving.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen, c.at, c.ahead = !c.start.IsZero(), c.start, 0
	c.arm()
}

// Freeze stops the clock where it is.
func (c *Clock) Freeze() {
	c.moving.Lock()
	defer c.moving.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.now()
	c.frozen = true
	c.arm()
}

// Resume lets the clock go on from where it is.
func (c *Clock) Resume() {
	c.moving.Lock()
	defer c.moving.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen {
		c.frozen = false
		c.ahead = time.Until(c.at)
		c.arm()
	}
}

// Advance moves the clock forward and runs what was due until then, in order and
// each at its time, before it returns. A negative d does nothing. What it runs must
// not set the clock.
func (c *Clock) Advance(d time.Duration) {
	c.moving.Lock()
	defer c.moving.Unlock()
	c.mu.Lock()
	end := c.now().Add(d)
	wasFrozen := c.frozen
	c.frozen, c.at = true, c.now()
	for len(c.timers) > 0 && !c.timers[0].at.After(end) {
		t := heap.Pop(&c.timers).(*Timer)
		if t.at.After(c.at) {
			c.at = t.at
		}
		c.mu.Unlock()
		t.run()
		c.mu.Lock()
	}
	if end.After(c.at) {
		c.at = end
	}
	if !wasFrozen {
		c.frozen = false
		c.ahead = time.Until(c.at)
	}
	c.arm()
	c.mu.Unlock()
}

// A Timer is a function that waits for its time.
type Timer struct {
	clock *Clock
	at    time.Time
	order uint64 // between timers of one time, the first that was set
	index int    // in the heap, -1 when it is not there
	run   func()
}

// AfterFunc runs fn in a goroutine of its own, or in the caller's of Advance,
// once the clock is d further.
func (c *Clock) AfterFunc(d time.Duration, fn func()) *Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	t := &Timer{clock: c, at: c.now().Add(max(d, 0)), order: c.count, run: fn}
	heap.Push(&c.timers, t)
	c.arm()
	return t
}

// Stop keeps a timer from running. It reports whether it did: false means that
// the function runs or ran, or that the timer was stopped before.
func (t *Timer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.index < 0 {
		return false
	}
	heap.Remove(&t.clock.timers, t.index)
	t.clock.arm()
	return true
}

// arm sets the alarm for the first timer. The caller holds mu.
func (c *Clock) arm() {
	if c.alarm != nil {
		c.alarm.Stop()
		c.alarm = nil
	}
	if c.frozen || len(c.timers) == 0 {
		return
	}
	c.alarm = time.AfterFunc(c.timers[0].at.Sub(c.now()), c.ring)
}

// ring runs what is due.
func (c *Clock) ring() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.frozen && len(c.timers) > 0 && !c.timers[0].at.After(c.now()) {
		go heap.Pop(&c.timers).(*Timer).run()
	}
	c.arm()
}

// timerHeap has the next timer first.
type timerHeap []*Timer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].order < h[j].order
	}
	return h[i].at.Before(h[j].at)
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timerHeap) Push(x any) {
	t := x.(*Timer)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.index = -1
	return t
}
