package rtmserver_test

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, began := rtmserver.NewClock(), time.Now()
		var mu sync.Mutex // timers run in goroutines of their own
		var ran []string
		var at []time.Duration
		after := func(d time.Duration, name string) *rtmserver.Timer {
			return clock.AfterFunc(d, func() {
				mu.Lock()
				defer mu.Unlock()
				ran, at = append(ran, name), append(at, clock.Now().Sub(began))
			})
		}
		expect := func(what string, want ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(ran, want) {
				t.Errorf("%s: ran %v, want %v", what, ran, want)
			}
		}
		after(3*time.Second, "c")
		after(time.Second, "a")
		b := after(2*time.Second, "b")
		if !b.Stop() || b.Stop() {
			t.Error("Stop is true once")
		}
		expect("at once")
		time.Sleep(time.Second)
		expect("after a second", "a")

		clock.Freeze()
		time.Sleep(time.Hour)
		expect("frozen", "a")
		clock.Advance(1999 * time.Millisecond)
		expect("not far enough", "a")
		after(2*time.Millisecond, "e")
		after(time.Millisecond, "d")
		clock.Advance(time.Minute)
		expect("advanced", "a", "c", "d", "e")
		if want := []time.Duration{time.Second, 3 * time.Second, 3 * time.Second, 3001 * time.Millisecond}; !slices.Equal(at, want) {
			t.Errorf("at %v, want %v", at, want)
		}
		if got, want := clock.Now().Sub(began), 62999*time.Millisecond; got != want {
			t.Errorf("the clock shows %v, want %v", got, want)
		}

		after(time.Second, "f")
		clock.Resume()
		time.Sleep(time.Second)
		expect("resumed", "a", "c", "d", "e", "f")
		after(time.Hour, "g")
		clock.Advance(2 * time.Hour)
		expect("advanced without freezing", "a", "c", "d", "e", "f", "g")
		before := clock.Now()
		time.Sleep(time.Second)
		if got := clock.Now().Sub(before); got != time.Second {
			t.Errorf("a second took %v", got)
		}
	})
}

func TestClockAt(t *testing.T) {
	day := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := rtmserver.NewClockAt(day)
	ran := 0
	clock.AfterFunc(time.Second, func() {
		ran++
		clock.AfterFunc(time.Second, func() { ran++ }) // within the same Advance
	})
	clock.Advance(2 * time.Second)
	if ran != 2 || !clock.Now().Equal(day.Add(2*time.Second)) {
		t.Errorf("%d timers ran until %v", ran, clock.Now())
	}
}

// TestClockByMany has many set a clock at once: none of it is lost.
func TestClockByMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := rtmserver.NewClock()
		begin := clock.Now()
		for i := range 200 {
			clock.AfterFunc(time.Duration(i)*time.Second/4, runtime.Gosched)
		}
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { clock.Advance(time.Second) })
		}
		wg.Wait()
		if went := clock.Now().Sub(begin); went != 50*time.Second || clock.Frozen() {
			t.Errorf("it went on by %v, frozen: %t", went, clock.Frozen())
		}
	})
}
