package main

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// traced is an event of Chromium's trace; times are in microseconds. Took is the
// processor's time: what else the machine does is not in it.
type traced struct {
	Name  string  `json:"name"`
	Phase string  `json:"ph"`
	PID   int     `json:"pid"`
	TID   int     `json:"tid"`
	At    float64 `json:"ts"`
	Lasts float64 `json:"dur"`
	Took  float64 `json:"tdur"`
}

func (e *traced) end() float64 { return e.At + e.Lasts }

// trace records what the page's threads do while run runs, in its order.
func (p *page) trace(run func()) []traced {
	p.t.Helper()
	var mu sync.Mutex // guards events
	var events []traced
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	complete := make(chan struct{})
	if err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *tracing.EventDataCollected:
			mu.Lock()
			defer mu.Unlock()
			for _, value := range e.Value {
				var one traced
				// What is of another shape is of no use here.
				if json.Unmarshal(value, &one) == nil {
					events = append(events, one)
				}
			}
		case *tracing.EventTracingComplete:
			close(complete)
		}
	}); err != nil {
		p.t.Fatal(err)
	}
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, tracing.Start, tracing.StartParams{TraceConfig: &tracing.TraceConfig{
			IncludedCategories: []string{"devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing"},
			ExcludedCategories: []string{"*"},
		}})
		return err
	}))
	run()
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, tracing.End, cdp.Empty{})
		return err
	}))
	wait, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	select {
	case <-complete:
	case <-wait.Done():
		p.t.Fatal("the trace did not end")
	}
	mu.Lock()
	defer mu.Unlock()
	slices.SortStableFunc(events, func(a, b traced) int { return cmp.Compare(a.At, b.At) })
	return events
}

// work is what the main thread did between two marks of the page.
type work struct {
	total   float64 // milliseconds of the processor in tasks
	layouts int     // how often the layout was brought up to date
}

// works is the work from each mark called from to the next one called to. The task
// that sets the latter is not part of it.
func works(t *testing.T, events []traced, from, to string) (all []work) {
	t.Helper()
	first := slices.IndexFunc(events, func(e traced) bool { return e.Name == from })
	if first < 0 {
		t.Fatalf("no %q in %d events", from, len(events))
	}
	main := func(e traced) bool { return e.PID == events[first].PID && e.TID == events[first].TID }
	var tasks, layouts []traced
	for _, e := range events {
		switch {
		case !main(e) || e.Phase != "X":
		case e.Name == "RunTask":
			tasks = append(tasks, e)
		case e.Name == "Layout":
			layouts = append(layouts, e)
		}
	}
	began := 0.0
	for _, e := range events {
		switch {
		case !main(e):
		case e.Name == from:
			began = e.At
		case e.Name == to && began > 0:
			var w work
			for _, task := range tasks {
				if task.end() > began && task.end() < e.At {
					w.total += task.Took / 1000
				}
			}
			for _, layout := range layouts {
				if layout.At > began && layout.At < e.At {
					w.layouts++
				}
			}
			all = append(all, w)
			began = 0
		}
	}
	return all
}
