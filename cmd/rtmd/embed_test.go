package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// element is JavaScript for the widget of a page.
const element = `document.querySelector('rtm-chat')`

// fetched is JavaScript for whether the page asked for a file of the build.
func fetched(name string) string {
	return fmt.Sprintf(`performance.getEntriesByType('resource').some(entry => new RegExp('/%s\\.[^/]*$').test(entry.name))`, name)
}

// eval runs a statement in the page.
func (p *page) eval(script string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](script + "; undefined"))
}

// TestLauncher shows what a page loads when, and what a reload keeps.
func TestLauncher(t *testing.T) {
	d := startDemo(t)
	b := started(t)
	p := open(t, b, "launcher", d.url+"/shop", 1440, 900)
	p.wait("the panel's file, when the page has nothing else to do", fetched("panel"))
	p.wait("the panel after the page", `performance.getEntriesByType('resource').find(entry => /\/panel\./.test(entry.name)).startTime >= performance.getEntriesByType('navigation')[0].loadEventStart`)
	if sharedWorker(t, b) != nil || ask(p, chromedp.Evaluate[bool](find(chat+"dialog")+" != null")) {
		t.Error("a visitor who does nothing loads the core")
	}
	p.eval(element + `.dispatchEvent(new PointerEvent('pointerenter'))`)
	until(t, "the core, when the pointer is there", func() bool { return sharedWorker(t, b) != nil })

	p.eval(`window.told = []; for (const type of ['open', 'close', 'visibility', 'ready', 'message', 'unread']) document.addEventListener('rtm-chat-' + type, e => told.push([type, e.visibility ?? e.count ?? e.own ?? e.customer?.type].join(' ').trim()))`)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.wait("the focus in the text field", `document.querySelector('rtm-chat').shadowRoot.activeElement?.matches('textarea')`)
	p.say("Is anybody there?")
	p.click(chat + "[part~=launcher]")
	p.wait("the focus back on the launcher", `document.querySelector('rtm-chat').shadowRoot.activeElement?.matches('[part~=launcher]')`)
	d.agentJoins(t)
	d.agentSays(t, "One moment.")
	p.waitText(chat+"[part~=badge]", "1")
	p.wait("what the page is told", `told.join() === 'open,visibility maximized,ready customer,message true,close,visibility minimized,message false,unread 1'`)
	p.shoot("unread-1440")

	// The launcher knows before the core does.
	p.do(chromedp.Reload())
	p.waitText(chat+"[part~=badge]", "1")
	p.wait("the connection of a browser that has a conversation", find(chat+liveState)+" != null")
	d.agentSays(t, "Here I am.")
	p.waitText(chat+"[part~=badge]", "2")

	p.eval(element + `.hide()`)
	p.wait("nothing on the page", element+`.getBoundingClientRect().width === 0`)
	p.do(chromedp.Reload())
	p.wait("the element to be hidden still", element+`.hidden && `+element+`.visibility === 'hidden'`)
	p.eval(element + `.show()`)
	p.waitText(chat+"[part~=timeline]", "Here I am.")
	p.waitGone(chat + "[part~=badge]")
	p.do(chromedp.Reload())
	p.wait("the panel to be open still", find(chat+"dialog[open]")+" != null && "+element+".open")
	p.waitFor(chat + liveState)
	d.quiet(t, p)
}
