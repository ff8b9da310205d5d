package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A network as browsers emulate it: every request waits for the latency.
type slowNetwork struct {
	name     string
	latency  float64 // milliseconds
	down, up float64 // bytes per second
}

// Slow 4G has round trips of 150 ms. DevTools takes almost four of them for each request, as if each
// opened a connection with TLS.
var slowNetworks = []slowNetwork{
	{"Slow 4G, 150 ms a request", 150, 180_000, 84_375},
	{"Slow 4G of DevTools, 562.5 ms a request", 562.5, 180_000, 84_375},
}

// beginning is what came before the launcher could be clicked, as the page sees it.
type beginning struct {
	Page     float64 // milliseconds from the navigation to the page's last byte
	Launcher float64 // and to the frame that has the launcher
	Bytes    int     // over the wire, the page included
	Asked    []string
}

// watching is a script that notes when the launcher is there, with its listener.
const watching = `window.launched = customElements.whenDefined('rtm-chat').then(async () => {
	const button = document.querySelector('rtm-chat').shadowRoot.querySelector('[part~=launcher]')
	const there = performance.now()
	if (button.getBoundingClientRect().width < 40) throw new Error('the launcher cannot be seen')
	await new Promise((frame) => requestAnimationFrame(() => setTimeout(frame)))
	return { there, shown: performance.now() }
})`

// slowly opens a page that has a widget, with a slow network and a slow processor.
func slowly(t *testing.T, d demo, b context.Context, profile slowNetwork, html string) (*page, beginning) {
	t.Helper()
	p := open(t, b, "slow", "about:blank", 360, 740)
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: slower}); err != nil {
			return err
		}
		rules := []*network.Conditions{{Latency: profile.latency, DownloadThroughput: profile.down, UploadThroughput: profile.up}}
		if _, err := cdp.Call(ctx, t, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: rules}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: watching})
		return err
	}), chromedp.Navigate(beside(t, d, html)))
	p.wait("the panel's file, when the page has nothing else to do", fetched("panel"))
	return p, ask(p, chromedp.Evaluate[beginning](`launched.then(({ there, shown }) => {
		const [page] = performance.getEntriesByType('navigation')
		const before = performance.getEntriesByType('resource').filter((entry) => entry.startTime < there)
		return {
			Page: page.responseEnd,
			Launcher: shown,
			Bytes: [page, ...before].reduce((sum, { transferSize }) => sum + transferSize, 0),
			Asked: before.map(({ name }) => new URL(name).pathname.split('/').at(-1)),
		}
	})`, chromedp.EvalAwaitPromise))
}

// TestSlow4G opens a page as a phone on a slow network does: before the launcher can be
// clicked there is one small script, no panel, no Worker and no wasm; and a click then
// leads to the conversation. make bench-web prints how long it takes.
func TestSlow4G(t *testing.T) {
	runs := 1
	if n, err := strconv.Atoi(os.Getenv("RTM_BENCH_WEB")); err == nil {
		runs = n
	}
	d := startDemo(t)
	html := fmt.Sprintf(`<!doctype html><meta name="viewport" content="width=device-width"><title>slow</title><link rel="icon" href="data:,">
<script type="module" src="/widget.js"></script><rtm-chat organization-id="%s"></rtm-chat>`, organization)
	var out strings.Builder
	for _, profile := range slowNetworks {
		var sinceStart, sincePage []float64
		for range runs {
			b := started(t)
			p, began := slowly(t, d, b, profile, html)
			sinceStart, sincePage = append(sinceStart, began.Launcher), append(sincePage, began.Launcher-began.Page)
			if want := []string{"widget.js"}; !slices.Equal(began.Asked, want) {
				t.Errorf("asked for before the launcher: %q, want %q", began.Asked, want)
			}
			if most := 8 << 10; began.Bytes <= 0 || began.Bytes > most {
				t.Errorf("%d bytes before the launcher, most is %d", began.Bytes, most)
			}
			if sharedWorker(t, b) != nil {
				t.Error("there is a core that nobody asked for")
			}
			p.click(chat + "[part~=launcher]")
			p.waitFor(chat + liveState)
			p.say("From a slow phone")
		}
		fmt.Fprintf(&out, "launcher, %dx slower, %-40s %6.0f ms from the navigation, %4.0f ms from the page's arrival\n",
			slower, profile.name, percentile(sinceStart, 50), percentile(sincePage, 50))
	}
	if runs > 1 {
		fmt.Print(out.String())
	} else {
		t.Log("\n" + out.String())
	}
}
