package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
)

// TestTyping has a key draw the text field alone: the timeline is not measured, which
// is what would cost a layout. The agent sees all the same what is being written.
func TestTyping(t *testing.T) {
	d, p, desk, _ := long(t, 1)
	peeks := rtm.Subscribe[*agent.IncomingSneakPeek](desk)
	p.waitText(chat+"[part~=timeline]", "Line 0")
	p.run(fmt.Sprintf(`(() => {
		const { get } = Object.getOwnPropertyDescriptor(Element.prototype, 'scrollHeight')
		window.measured = 0
		Object.defineProperty(%s, 'scrollHeight', { get() { measured++; return get.call(this) } });
		%s.focus()
	})()`, timelineLog, find(field)))
	press := func(letter string) (measured int) {
		t.Helper()
		p.run("measured = 0")
		p.hit(input.DispatchKeyEventParams{Key: letter, Text: letter})
		return ask(p, chromedp.Evaluate[int](`new Promise(done => requestAnimationFrame(() => setTimeout(() => done(measured))))`, chromedp.EvalAwaitPromise))
	}
	// The first ones may meet with what else happens when a page begins.
	written, left := "", 0
	for range 20 {
		written += "a"
		if left = press("a"); left == 0 {
			break
		}
	}
	if left > 0 {
		t.Errorf("the timeline was measured %d times for a key", left)
	}
	p.waitValue(written)
	p.waitFor(chat + "[part~=send]:enabled")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for push, err := range peeks.All(ctx) {
		if err != nil {
			t.Fatalf("no sneak peek of %q: %v", written, err)
		}
		if push.SneakPeek.Text == written {
			break
		}
	}
	p.enter()
	p.waitText(chat+"[part~=timeline]", written)
	p.waitValue("")
	d.quiet(t, p)
}
