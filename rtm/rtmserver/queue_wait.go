package rtmserver

import (
	"slices"
	"time"
)

// How long a chat will wait is an estimate: its place times the median of what the
// last chats took to leave the front of the queue.

const (
	waitPerPlace = time.Minute // until a chat has left the queue
	waitsKept    = 21          // odd: one of them is the median
)

// waits is what the state knows of the queue's pace.
type waits struct {
	Last  []time.Duration `json:"last"` // the newest at the end
	Taken time.Time       `json:"taken"`
}

// take takes a thread out of the queue because an agent has it. It notes how long
// the front of the queue had waited for that: since the chat before it left, or
// since this one came.
func (st *state) take(th *thread, at time.Time) {
	if th.QueuedAt.IsZero() {
		return
	}
	if st.Waits == nil {
		st.Waits = new(waits)
	}
	w := st.Waits
	since := th.QueuedAt
	if w.Taken.After(since) {
		since = w.Taken
	}
	w.Last, w.Taken = append(w.Last, at.Sub(since)), at
	if len(w.Last) > waitsKept {
		w.Last = slices.Delete(w.Last, 0, len(w.Last)-waitsKept)
	}
	th.dequeue(at)
}

// pace is what a place in the queue takes.
func (st *state) pace() time.Duration {
	if st.Waits == nil {
		return waitPerPlace
	}
	sorted := slices.Sorted(slices.Values(st.Waits.Last))
	return sorted[len(sorted)/2]
}

// placeView renders a place in the queue, with the time to wait in seconds.
func (o *org) placeView(n int) obj {
	seconds := (time.Duration(n)*o.st.pace() + time.Second - 1) / time.Second
	return obj{"position": n, "wait_time": max(1, int(seconds))}
}
