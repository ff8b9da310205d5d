package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/memory"
	"github.com/chromedp/chromedp"
)

// mounting is a script that counts the page's timers, and mounts and unmounts a widget that is open and connected.
const mounting = `
window.timers = new Set()
for (const [start, stop] of [['setTimeout', 'clearTimeout'], ['setInterval', 'clearInterval'], ['requestIdleCallback', 'cancelIdleCallback']]) {
	const [begin, end] = [window[start], window[stop]]
	window[start] = (fn, ...rest) => {
		const id = begin(() => { if (start !== 'setInterval') timers.delete(start + id); fn() }, ...rest)
		timers.add(start + id)
		return id
	}
	window[stop] = id => { timers.delete(start + id); end(id) }
}
window.mounted = []
window.mount = async times => {
	for (let i = 0; i < times; i++) {
		const chat = document.createElement('rtm-chat')
		chat.organizationId = '11111111-1111-4111-8111-111111111111'
		chat.open = true
		const ready = new Promise(done => chat.addEventListener('rtm-chat-ready', done, { once: true }))
		document.body.append(chat)
		await ready
		mounted.push(new WeakRef(chat))
		if (i % 2) chat.destroy()
		else chat.remove()
	}
}
window.alive = () => mounted.filter(chat => chat.deref()).length
window.sockets = async () => (await (await fetch('/_rtmd/connections')).json())
document.querySelector('rtm-chat').remove()
localStorage.clear()`

// TestMountsLeaveNothing mounts and unmounts open widgets, in a page that counts: 500 with RTM_SOAK.
func TestMountsLeaveNothing(t *testing.T) {
	times := 20
	if os.Getenv("RTM_SOAK") != "" {
		times = 500
	}
	webbuild(t)
	d := demo{start(t, "-web", "../../web/dist", "-limit", "none")}
	p := open(t, started(t), "mount", d.url+"/shop", 1440, 900)
	p.waitFor(chat + "[part~=launcher]")
	p.eval(mounting)
	// What the first ones leave is kept for all that follow: the panel's file, the core and its Worker.
	p.mount(5)
	before := p.counters()
	p.mount(times)
	after := p.counters()
	t.Logf("after 5 and after %d more: %+v, %+v", times, before, after)
	if after.Nodes > before.Nodes+10 {
		t.Errorf("nodes: %d, then %d", before.Nodes, after.Nodes)
	}
	if after.JsEventListeners > before.JsEventListeners+5 {
		t.Errorf("listeners: %d, then %d", before.JsEventListeners, after.JsEventListeners)
	}
	d.quiet(t, p)
}

// mount mounts and unmounts widgets one after the other, and waits until none of them is left.
func (p *page) mount(times int) {
	p.t.Helper()
	for done := 0; done < times; done += 20 { // each wait is bounded
		p.eval(fmt.Sprintf(`window.done = false; mount(%d).then(() => { window.done = true })`, min(20, times-done)))
		p.wait("mounts and unmounts", "window.done")
	}
	p.wait("the end of every connection", `sockets().then(text => { window.held = JSON.stringify(text) }) && /^\{"connections":\[\]/.test(window.held ?? '')`)
	p.wait("the end of every timer", `timers.size === 0`)
	// The collector may leave what is still on some stack; it is asked until it does not.
	p.wait("the end of what is idle", `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`)
	for range 20 {
		p.counters()
		if ask(p, chromedp.Evaluate[int]("alive()")) == 0 {
			return
		}
	}
	p.t.Errorf("%d of the elements are still in memory", ask(p, chromedp.Evaluate[int]("alive()")))
}

// counters collects garbage and counts what is left of the page.
func (p *page) counters() memory.GetDOMCountersResult {
	p.t.Helper()
	var counters memory.GetDOMCountersResult
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			return err
		}
		var err error
		counters, err = cdp.Call(ctx, t, memory.GetDOMCounters, cdp.Empty{})
		return err
	}))
	return counters
}

// TestMoved has two widgets on one page, in which a router moves them about.
func TestMoved(t *testing.T) {
	d := startDemo(t)
	p := open(t, started(t), "moved", d.url+"/shop", 1440, 900)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.say("Before the move")
	p.write(field, "half a line")
	p.eval(`window.ready = 0; document.addEventListener('rtm-chat-ready', () => ready++)
document.querySelector('main').append(` + element + `)
document.querySelector('footer').append(` + element + `)`)
	p.wait("the draft and the panel, still there", find(field)+`.value === 'half a line' && `+find(chat+"dialog[open]")+` != null && `+find(chat+liveState)+` != null`)
	p.enterIn(field)
	p.waitText(chat+fromCustomer+"[data-state=sent]:last-child", "half a line")
	if n := ask(p, chromedp.Evaluate[int]("ready")); n != 0 {
		t.Errorf("moving the element logged in %d times", n)
	}

	// Another route: the page draws itself anew, with two widgets.
	p.eval(`history.pushState({}, '', '/shop?route=2')
const one = ` + element + `
one.remove()
const two = document.createElement('rtm-chat')
two.className = 'second'
two.style.setProperty('--rtm-inset-inline-end', '500px')
two.organizationId = one.organizationId
setTimeout(() => document.body.append(one, two))`)
	const second = "rtm-chat.second >>> "
	p.waitText(chat+"[part~=timeline]", "half a line")
	p.waitText(second+"[part~=timeline]", "half a line")
	p.waitFor(chat + liveState)
	p.waitFor(second + liveState)
	p.write(second+"[part~=composer] textarea", "From the second")
	p.enter()
	p.waitText(chat+"[part~=timeline]", "From the second")
	p.waitText(second+fromCustomer+"[data-state=sent]:last-child", "From the second")
	p.shoot("twice-1440")
	d.quiet(t, p)
}

// enterIn presses Enter in an element.
func (p *page) enterIn(path string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](find(path) + ".focus()"))
	p.enter()
}
