package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// slower is how many times slower than this machine the benchmark's pages are.
const slower = 4

// TestBenchWidget measures the widget with 10,000 events in its memory. make
// bench-widget prints the figures; a test run makes a short one with fewer events, so
// that it keeps working, and says nothing of time.
//
// That typing stays under 16 ms per key is about what a key takes of the main thread,
// in processor time: then no frame is missed. From the key to the frame it takes up
// to 16.7 ms more, until the screen is drawn. A bare text field shows how much of it
// is the browser's own.
func TestBenchWidget(t *testing.T) {
	events, keys, frames := 2_100, 5, 20
	full := os.Getenv("RTM_BENCH_WIDGET") != ""
	if full {
		events, keys, frames = 9_990, 200, 600 // and those around them: 10,000 are what a chat may hold
	}
	d, p, _, _ := long(t, events)
	defer d.quiet(t, p)
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const log = () => %s
		const frame = () => new Promise(done => requestAnimationFrame(done))
		// What comes after a frame was drawn: a message that is posted in it.
		const drawn = async () => {
			await frame()
			await new Promise(done => { const { port1, port2 } = new MessageChannel(); port1.onmessage = done; port2.postMessage(0) })
		}
		window.bench = {
			// From each key to the end of the next frame, which waits for the screen.
			keys: [],
			// Milliseconds of n frames in which the reader goes up and down, like a finger does.
			scroll: async n => {
				const times = []
				let [last, by] = [await frame(), -40]
				for (let i = 0; i < n; i++) {
					const e = log()
					if (e.scrollTop < 200) by = 40
					if (e.scrollHeight - e.clientHeight - e.scrollTop < 200) by = -40
					e.scrollTop += by
					performance.mark('scroll')
					const now = await frame()
					times.push(now - last)
					last = now
					performance.mark('scroll-drawn')
				}
				return times
			},
			// From a press of the launcher to a panel that shows the newest messages.
			open: async () => {
				const host = document.querySelector('rtm-chat')
				host.close()
				await frame()
				await drawn()
				const began = performance.now()
				host.shadowRoot.querySelector('.launcher').click()
				while (!log()?.clientHeight || !log().querySelector('[data-key]')) await frame()
				await drawn()
				return performance.now() - began
			},
		}
		// The marks are for what the main thread has to do.
		addEventListener('keydown', event => {
			performance.mark('key')
			const began = event.timeStamp
			void drawn().then(() => {
				performance.mark('key-drawn')
				bench.keys.push(performance.now() - began)
			})
		}, true)
		document.body.append(Object.assign(document.createElement('textarea'), { id: 'bare' }))
	})()`, timelineLog)))
	p.wait("messages", timelineLog+"?.querySelectorAll('[data-key]').length > 5")
	measure := func(name string) []float64 {
		t.Helper()
		ctx, cancel := context.WithTimeout(p.ctx, 5*patience)
		defer cancel()
		times, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](name, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		return times
	}
	warm := measure(`(async () => { const times = []; for (let i = 0; i < 9; i++) times.push(await bench.open()); return times })()`)

	// All of them come into memory when the start is read.
	p.do(chromedp.Evaluate[chromedp.Void](timelineLog + ".scrollTop = 0"))
	p.wait("all messages", timelineLog+".textContent.includes('person') || ("+timelineLog+".scrollTop = 0, false)")
	typing := func(path string) (typed []float64, costs []work) {
		t.Helper()
		p.do(chromedp.Evaluate[chromedp.Void](`bench.keys = []; ` + find(path) + `.focus({ preventScroll: true })`))
		costs = works(t, p.trace(func() {
			for i := range keys {
				letter := string(rune('a' + i%26))
				p.hit(input.DispatchKeyEventParams{Key: letter, Text: letter})
				p.wait("the frame", fmt.Sprintf("bench.keys.length > %d", i))
			}
		}), "key", "key-drawn")
		if typed = measure(`bench.keys`); len(typed) != keys || len(costs) != keys {
			t.Fatalf("%d and %d keys, want %d", len(typed), len(costs), keys)
		}
		return typed, costs
	}
	var report strings.Builder
	fmt.Fprintf(&report, "%d events\n", events)
	for _, factor := range []float64{1, slower} {
		p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: factor})
			return err
		}))
		bareTyped, bare := typing("#bare")
		typed, own := typing(field)
		var scrolled []float64
		moved := works(t, p.trace(func() { scrolled = measure(fmt.Sprintf(`bench.scroll(%d)`, frames)) }), "scroll", "scroll-drawn")
		if len(scrolled) != frames || len(moved) != frames {
			t.Fatalf("%d and %d frames, want %d", len(scrolled), len(moved), frames)
		}
		sum := 0.0
		for _, ms := range scrolled {
			sum += ms
		}
		fmt.Fprintf(&report, "%.0fx: a key takes of the main thread %s; in a bare text field of the same page %s\n", factor, shares(own), shares(bare))
		fmt.Fprintf(&report, "%.0fx: from key to frame p50 %.1f ms, p99 %.1f ms; bare p50 %.1f ms, p99 %.1f ms\n",
			factor, percentile(typed, 50), percentile(typed, 99), percentile(bareTyped, 50), percentile(bareTyped, 99))
		fmt.Fprintf(&report, "%.0fx: scrolling %.1f frames/s, longest frame %.1f ms; a frame takes of the main thread %s\n",
			factor, 1000*float64(len(scrolled))/sum, slices.Max(scrolled), shares(moved))
	}
	fmt.Fprintf(&report, "opening on a warm page: p50 %.1f ms, longest %.1f ms\n", percentile(warm, 50), slices.Max(warm))
	if full {
		fmt.Print(report.String())
	} else {
		t.Log("\n" + report.String())
	}
}

// shares says what one of them took: the median, the worst hundredth, and how many
// layouts on average.
func shares(all []work) string {
	totals, layouts := make([]float64, 0, len(all)), 0
	for _, w := range all {
		totals = append(totals, w.total)
		layouts += w.layouts
	}
	return fmt.Sprintf("p50 %.1f ms, p99 %.1f ms, %.1f layouts", percentile(totals, 50), percentile(totals, 99), float64(layouts)/float64(len(all)))
}
