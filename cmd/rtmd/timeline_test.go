package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
)

// timelineLog is the widget's scroller.
var timelineLog = find(chat + "[part~=timeline]")

// flood has an agent write n lines in the customer's chat, n of them in each of a
// few threads.
func flood(t *testing.T, ctx context.Context, desk *agent.Client, chat rtm.ChatID, from, n int) {
	t.Helper()
	var senders sync.WaitGroup
	for i := range 8 {
		senders.Go(func() {
			for k := i; k < n; k += 8 {
				text := "Line " + strconv.Itoa(from+k)
				if k%7 == 0 {
					text += ": a kite needs wind, a long line, and somebody who lets go of it at the right moment, which is when the gust comes"
				}
				if _, err := desk.SendEvent(ctx, agent.Send(chat, agent.Message(text))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	senders.Wait()
}

// long is a shop page with n messages of an agent in its chat, and the agent.
func long(t *testing.T, n int) (demo, *page, *agent.Client, rtm.ChatID) {
	t.Helper()
	d, p, _ := shop(t, "widget.json", 1440, 900)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	desk, err := agent.Dial(t.Context(), &agent.Options{Server: d.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { desk.Close() })
	if _, err := desk.Login(t.Context(), agent.Token("dal:agent1")); err != nil {
		t.Fatal(err)
	}
	p.say("person")
	p.waitText(chat+"[part~=header]", "Ada Moreno")
	list, err := desk.ListChats(t.Context(), nil)
	if err != nil || len(list.ChatsSummary) == 0 {
		t.Fatalf("no chat: %v", err)
	}
	id := list.ChatsSummary[0].ID
	p.do(chromedp.Navigate("about:blank")) // so that it does not take part in the flood
	flood(t, t.Context(), desk, id, 0, n)
	p.do(chromedp.Navigate(d.url + "/shop"))
	p.waitFor(chat + liveState)
	return d, p, desk, id
}

// TestLongTimeline reads 10,000 messages, of which only those near to what is seen
// are in the page.
func TestLongTimeline(t *testing.T) {
	d, p, desk, id := long(t, 9_990)
	defer d.quiet(t, p)
	atEnd := fmt.Sprintf(`(e => e.scrollTop > 100 && e.scrollHeight - e.scrollTop - e.clientHeight < 2)(%s)`, timelineLog)
	p.wait("the end", atEnd)
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(e => {
		const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
		const rows = () => [...e.querySelectorAll('[data-key]')]
		const number = row => Number(row.dataset.key.split('_').pop())
		const onTop = () => rows().find(row => row.getBoundingClientRect().bottom > e.getBoundingClientRect().top)
		// What is wrong with what is drawn: '' is nothing.
		const look = () => {
			const [box, all] = [e.getBoundingClientRect(), rows()]
			const [above, below] = [...e.querySelectorAll('.space')].map(one => one.getBoundingClientRect())
			if (all.length > 200) return all.length + ' messages are drawn'
			if (above.height > 1 && above.bottom > box.top + 1) return 'nothing is drawn at the top'
			if (below.height > 1 && below.top < box.bottom - 1) return 'nothing is drawn at the bottom'
			if (e.querySelectorAll('*').length > 1500) return e.querySelectorAll('*').length + ' nodes'
			return ''
		}
		// Scrolls by so many pixels and looks whether everything moved by as much.
		const step = async by => {
			const row = onTop(), [key, top] = [row.dataset.key, row.getBoundingClientRect().top]
			e.scrollTop += by
			await frame()
			const now = rows().find(one => one.dataset.key === key)
			const moved = now && now.getBoundingClientRect().top - top
			return look() || (now ? Math.abs(moved + by) < 2 ? '' : 'moved by ' + moved + ' in place of ' + -by : key + ' is gone after ' + by)
		}
		window.long = {
			look, onTop, number, frame,
			steps: async (n, by) => {
				for (let i = 0; i < n; i++) {
					const wrong = await step(by)
					if (wrong) return 'step ' + i + ': ' + wrong
				}
				return ''
			},
			to: async share => {
				e.scrollTop = share * (e.scrollHeight - e.clientHeight)
				await frame()
				return look()
			},
		}
	})(%s)`, timelineLog)))
	try := func(what, script string) {
		t.Helper()
		if wrong := ask(p, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise)); wrong != "" {
			p.shoot("long-failed")
			t.Errorf("%s: %s", what, wrong)
		}
	}
	try("at the end", `long.look()`)
	try("up by steps", `long.steps(40, -310)`)
	p.waitFor(chat + "[part~=jump]")
	p.waitFor(chat + "[part~=timeline][aria-live=off]")
	try("down by steps", `long.steps(20, 330)`)
	for _, share := range []string{"0.5", "0.9", "0.1"} {
		try("to "+share, `long.to(`+share+`)`)
		try("on from "+share, `long.steps(6, -250)`)
	}

	// The start of what is in memory brings the rest; what is read stays.
	try("to the start", `long.to(0).then(wrong => { long.row = long.onTop(); long.key = long.row.dataset.key; long.top = long.row.getBoundingClientRect().top; return wrong })`)
	p.wait("all messages", fmt.Sprintf("%s.scrollHeight > 400000", timelineLog))
	if moved := ask(p, chromedp.Evaluate[float64](fmt.Sprintf(`Math.abs(%s.querySelector('[data-key="' + long.key + '"]').getBoundingClientRect().top - long.top)`, timelineLog))); moved > 2 {
		t.Errorf("what was read moved by %v pixels", moved)
	}
	try("with all messages", `long.look()`)
	try("up into them", `long.steps(20, -400)`)
	for _, share := range []string{"0.5", "0.75", "0.25"} {
		try("to "+share, `long.to(`+share+`)`)
		try("on from "+share, `long.steps(6, 250)`)
	}
	try("to the first", `long.to(0)`)
	p.waitText(chat+"[part~=timeline]", "person")
	p.shoot("long-start-1440")

	// What comes meanwhile moves nothing, and is told by its number.
	flood(t, t.Context(), desk, id, 9_990, 10)
	p.wait("ten new messages", find(chat+"[part~=jump]")+`?.getAttribute('aria-label')?.includes('10')`)
	try("while others write", `long.look() || (document.querySelector('rtm-chat').shadowRoot.querySelector('[part~=timeline]').scrollTop === 0 ? '' : 'it scrolled')`)
	p.click(chat + "[part~=jump]")
	p.wait("the end again", atEnd)
	p.waitFor(chat + "[part~=timeline][aria-live=polite]")
	p.waitFor(chat + "[part~=new]")
	try("at the end again", `long.look()`)
}
