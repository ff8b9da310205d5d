package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
)

// timelineLog is the widget's scroller.
var timelineLog = find(chat + "[part~=timeline]")

// flood has an agent write n lines in the customer's chat, numbered on from a number.
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

// TestLinkPreviews has the server asked what is behind links, and nobody else.
func TestLinkPreviews(t *testing.T) {
	d, p, _ := shop(t, "widget.json", 360, 740)
	var mu sync.Mutex
	var own, others []string
	if err := chromedp.Listen(p.ctx, func(event any) {
		e, ok := event.(*network.EventRequestWillBeSent)
		if !ok || strings.HasPrefix(e.Request.URL, "data:") {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if strings.HasPrefix(e.Request.URL, d.url) {
			own = append(own, e.Request.URL)
		} else {
			others = append(others, e.Request.URL)
		}
	}); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.Enable, network.EnableParams{})
		return err
	}))
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.say("This one? " + d.url + "/shop?kite=fulmar")
	card := chat + "a[part~=preview]"
	p.waitText(card, "Fulmar <b>delta</b> kite")
	p.wait("its image", fmt.Sprintf(`(i => i?.complete && i.naturalWidth > 0)(%s)`, find(card+" >>> img")))
	p.say("Or is https://elsewhere.example/kites better than https://plain.example/x?")
	p.say("And this: https://plain.example/alone")
	previews := `[...document.querySelector('rtm-chat').shadowRoot.querySelectorAll('a[part~=preview]')]`
	p.wait("the second preview", previews+`.length === 2 && `+previews+`[1].textContent.includes('Somewhere else') && !`+previews+`[1].querySelector('img')`)
	p.wait("the end", fmt.Sprintf(`(e => e.scrollHeight - e.scrollTop - e.clientHeight < 2)(%s)`, timelineLog))
	p.shoot("previews-360")
	p.do(chromedp.EmulateViewport(1440, 900))
	p.shoot("previews-1440")
	mu.Lock()
	defer mu.Unlock()
	if image := d.url + "/demo/art/fulmar.svg"; !slices.Contains(own, image) || len(others) > 0 {
		t.Errorf("asked the server for %q and others for %q", own, others)
	}
	d.quiet(t, p)
}

// TestTogglesOfOtherTabs has a button that is pressed in one tab be on in another.
func TestTogglesOfOtherTabs(t *testing.T) {
	d, p, b := shop(t, "widget.json", 1440, 900)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.say("card")
	on, off := chat+"button[part~=choice][aria-pressed=true]", chat+"button[part~=choice][aria-pressed=false]"
	p.waitFor(off)
	other := open(t, b, "other", d.url+"/shop", 360, 740)
	if other.waitFor(chat + "[part~=launcher]"); ask(other, chromedp.Evaluate[bool](find(chat+"dialog[open]")+" == null")) {
		other.click(chat + "[part~=launcher]")
	}
	other.waitFor(off)
	other.click(off)
	other.waitFor(on)
	p.waitFor(on)
	p.click(on)
	p.waitFor(off)
	other.waitFor(off)
	other.click(off)
	p.waitFor(on)
	p.wait("no mark of a change", find(chat+"[data-mark=edited]")+" == null")
	d.quiet(t, p, other)
}

// TestAnswerBeingWritten shows what there is of an answer, and then the message in
// its place.
func TestAnswerBeingWritten(t *testing.T) {
	d, p, desk, id := long(t, 1)
	peek := chat + "[part~=typing]"
	preview := func(text string) {
		t.Helper()
		if err := desk.SendEventPreview(t.Context(), &agent.SendEventPreviewRequest{ChatID: id, Event: agent.MessageInput{Text: text}}); err != nil {
			t.Fatal(err)
		}
	}
	preview("It weighs")
	p.waitText(peek, "It weighs")
	preview("It weighs 90 g")
	p.waitText(peek, "It weighs 90 g")
	if _, err := desk.SendEvent(t.Context(), agent.Send(id, agent.Message("It weighs 90 g."))); err != nil {
		t.Fatal(err)
	}
	p.waitText(chat+"[part~=timeline]", "It weighs 90 g.")
	p.waitGone(peek)
	d.quiet(t, p)
}
