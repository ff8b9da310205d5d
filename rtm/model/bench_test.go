package model_test

import (
	"strconv"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// events returns n incoming_event payloads of chat C, all different.
func events(n int) []session.Output {
	outs := make([]session.Output, n)
	for i := range outs {
		ev := message("T_"+strconv.Itoa(100+i), "bob", "a line of a common length, as people write them", i)
		outs[i] = session.Output{Kind: session.Pushed, Action: "incoming_event", Payload: []byte(`{"chat_id":"C","thread_id":"T","event":` + ev + `}`)}
	}
	return outs
}

// BenchmarkIncomingEvent takes events into a timeline that grows to 1,000.
func BenchmarkIncomingEvent(b *testing.B) {
	for name, patch := range map[string]bool{"observe": false, "observe and patch": true} {
		b.Run(name, func(b *testing.B) {
			outs := events(1000)
			h := newCustomer(b)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%len(outs) == 0 {
					b.StopTimer()
					h = newCustomer(b)
					b.StartTimer()
				}
				h.m.Observe(h.now, outs[i%len(outs)])
				if patch && h.m.Patch() == nil {
					b.Fatal("nothing changed")
				}
			}
		})
	}
}

// TestIncomingEventAllocations holds the price of an event: the item, its
// JSON, its id, and the strings that are read on the way.
func TestIncomingEventAllocations(t *testing.T) {
	const runs, most = 200, 10
	outs := events(runs + 1)
	h := newCustomer(t)
	i := 0
	if n := testing.AllocsPerRun(runs, func() { h.m.Observe(h.now, outs[i]); i++ }); n > most {
		t.Errorf("%v allocations for an incoming_event, want at most %d", n, most)
	}
}
