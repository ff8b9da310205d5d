package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestLeavesConnections goes from page to page in one tab, alone and beside another tab that
// keeps the core running. What the browser keeps for the way back holds no connection, so
// that nothing is sent twice.
func TestLeavesConnections(t *testing.T) {
	d := startDemo(t)
	b := started(t)
	p := open(t, b, "leave", d.url+"/both", 1440, 900)
	pages := []*page{p}
	p.waitFor(desk + liveState)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.say("At first")
	paths := []string{"/protocol", "/both", "/protocol"}
	for i, path := range paths {
		p.do(chromedp.Navigate(d.url + path))
		p.waitFor(chat + liveState)
		p.waitFor(desk + liveState)
		until(t, "one socket of the customer's", func() bool { return d.sockets(t) == 1 })
		until(t, "one socket of the agent's", func() bool { return d.metric(t, `rtmd_connections\{api="agent",state="\w+"\}`) == 1 })
		p.say(fmt.Sprintf("Line %d", i))
		if i == 0 {
			other := open(t, b, "other", d.url+"/shop", 1440, 900)
			other.waitText(chat+"[part~=timeline]", "Line 0")
			pages = append(pages, other)
		}
	}
	// The journal has them all, and each sent once to each side.
	for i := range paths {
		line := fmt.Sprintf("Line %d", i)
		for _, api := range []string{"customer", "agent"} {
			p.wait(line, frame(api, "push", line))
			if n := ask(p, chromedp.Evaluate[int](fmt.Sprintf(`[...document.querySelectorAll('.frame[data-api=%s][data-kind=push]')].filter(f =>
				f.querySelector('.frame-name').textContent.startsWith('incoming_event') && f.textContent.includes(%q)).length`, api, line))); n != 1 {
				t.Errorf("%q was pushed to the %s %d times", line, api, n)
			}
		}
	}
	d.quiet(t, pages...)
}
