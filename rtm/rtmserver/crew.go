package rtmserver

import "sync"

// A crew is goroutines that wait for something to do. A new one would have to grow
// its stack first, which costs as much as a request.
type crew struct {
	mu    sync.Mutex
	free  []chan func()
	ended bool
}

// maxFree is how many goroutines wait at most.
const maxFree = 64

// do has a job done by a goroutine.
func (w *crew) do(job func()) {
	w.mu.Lock()
	n := len(w.free)
	if n == 0 {
		w.mu.Unlock()
		go w.work(job)
		return
	}
	next := w.free[n-1]
	w.free = w.free[:n-1]
	w.mu.Unlock()
	next <- job
}

func (w *crew) work(job func()) {
	jobs := make(chan func(), 1)
	for ok := true; ok; job, ok = <-jobs {
		job()
		w.mu.Lock()
		if w.ended || len(w.free) == maxFree {
			w.mu.Unlock()
			return
		}
		w.free = append(w.free, jobs)
		w.mu.Unlock()
	}
}

// end sends those who wait away; the others go when they are done.
func (w *crew) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	for _, jobs := range w.free {
		close(jobs)
	}
	w.free = nil
}
