package rtmserver

import (
	"os"
	"runtime"
	"runtime/debug"
	numbers "runtime/metrics"
	"sync"
)

// KeepRoom has the garbage collector of this process wait until there is so much
// garbage, in bytes, also while little memory is in use: a server that has just been
// started would collect dozens of times in a second otherwise. With more than that
// in use all is as ever: the heap doubles. It is for programs that are a server and
// little else, and does nothing when the environment has GOGC. The function that it
// returns undoes it.
func KeepRoom(bytes uint64) (stop func()) {
	if os.Getenv("GOGC") != "" || bytes == 0 {
		return func() {}
	}
	r := &room{bytes: bytes, percent: usualPercent}
	r.adjust()
	return r.stop
}

const (
	usualPercent = 100
	smallestHeap = 4 << 20 // of the runtime at the usual percentage; it grows with that
)

type room struct {
	bytes uint64

	mu      sync.Mutex
	percent int // that is in force
	stopped bool
}

// adjust is called at the start, and after each collection.
func (r *room) adjust() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	live := []numbers.Sample{{Name: "/gc/heap/live:bytes"}}
	numbers.Read(live)
	r.set(int(max(usualPercent, r.bytes*100/max(smallestHeap, live[0].Value.Uint64()))))
	// Nobody has the next one, so the next collection finds it.
	runtime.SetFinalizer(&collected{r}, func(c *collected) { c.room.adjust() })
}

type collected struct{ room *room }

// set changes the percentage, which stops the process for a moment, if it makes a
// difference.
func (r *room) set(percent int) {
	if d := percent - r.percent; percent == usualPercent && d != 0 || d > r.percent/8 || -d > r.percent/8 {
		debug.SetGCPercent(percent)
		r.percent = percent
	}
}

func (r *room) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	r.set(usualPercent)
}
