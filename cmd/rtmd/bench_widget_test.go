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
			keys: [],
			// From the key to the end of the next frame.
			watch: () => %s.addEventListener('keydown', event => {
				const began = event.timeStamp
				void drawn().then(() => bench.keys.push(performance.now() - began))
			}),
			// Milliseconds of n frames in which the reader goes up and down, like a finger does.
			scroll: async n => {
				const times = []
				let [last, by] = [await frame(), -40]
				for (let i = 0; i < n; i++) {
					const e = log()
					if (e.scrollTop < 200) by = 40
					if (e.scrollHeight - e.clientHeight - e.scrollTop < 200) by = -40
					e.scrollTop += by
					const now = await frame()
					times.push(now - last)
					last = now
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
	})()`, timelineLog, find(field))))
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
	var report strings.Builder
	fmt.Fprintf(&report, "%d events\n", events)
	for _, factor := range []float64{1, slower} {
		p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: factor})
			return err
		}))
		p.do(chromedp.Evaluate[chromedp.Void](`bench.keys = []; ` + find(field) + `.focus()`))
		if factor == 1 {
			p.do(chromedp.Evaluate[chromedp.Void](`bench.watch()`))
		}
		for i := range keys {
			p.key(string(rune('a' + i%26)))
			p.wait("the frame", fmt.Sprintf("bench.keys.length > %d", i))
		}
		typed := measure(`bench.keys`)
		scrolled := measure(fmt.Sprintf(`bench.scroll(%d)`, frames))
		if len(typed) != keys || len(scrolled) != frames {
			t.Fatalf("%d keys and %d frames, want %d and %d", len(typed), len(scrolled), keys, frames)
		}
		sum := 0.0
		for _, ms := range scrolled {
			sum += ms
		}
		fmt.Fprintf(&report, "%.0fx: key to frame p50 %.1f ms, p99 %.1f ms; scrolling %.1f frames/s, longest frame %.1f ms\n",
			factor, percentile(typed, 50), percentile(typed, 99), 1000*float64(len(scrolled))/sum, slices.Max(scrolled))
	}
	fmt.Fprintf(&report, "opening on a warm page: p50 %.1f ms, longest %.1f ms\n", percentile(warm, 50), slices.Max(warm))
	if full {
		fmt.Print(report.String())
	} else {
		t.Log("\n" + report.String())
	}
}

// key presses a letter.
func (p *page) key(letter string) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
			key := input.DispatchKeyEventParams{Type: kind, Key: letter}
			if kind == input.DispatchKeyEventTypeKeyDown {
				key.Text = letter
			}
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, key); err != nil {
				return err
			}
		}
		return nil
	}))
}
