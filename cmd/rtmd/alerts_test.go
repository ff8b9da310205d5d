package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// alertsStub stands in for what a headless browser does not show: notifications, sounds and hidden pages. What is told
// in any tab is counted in localStorage.
const alertsStub = `(() => {
	const count = name => { localStorage[name] = Number(localStorage[name] ?? 0) + 1 }
	window.notes = []
	window.Notification = class {
		static permission = localStorage.granted ? 'granted' : 'default'
		static async requestPermission() {
			count('asked')
			localStorage.granted = 'yes'
			return this.permission = 'granted'
		}
		constructor(title, options) {
			Object.assign(this, { title, ...options })
			window.notes.push(this)
			count('notes')
		}
		close() { window.notes.splice(window.notes.indexOf(this), 1) }
	}
	const start = OscillatorNode.prototype.start
	OscillatorNode.prototype.start = function (...args) { count('tones'); start.apply(this, args) }
	window.turn = state => {
		Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
		document.dispatchEvent(new Event('visibilitychange'))
	}
})()`

// settled waits until the tab has decided whether it is the one that tells.
const settled = `(async () => {
	await navigator.locks.query()
	await navigator.locks.query()
	await navigator.locks.request('rtm-chat:11111111-1111-4111-8111-111111111111:', () => {})
})()`

// TestAlerts has a bot answer a customer who looks elsewhere, in two tabs.
func TestAlerts(t *testing.T) {
	d, p, b := shop(t, "widget.json", 1440, 900)
	told := func(want string) {
		t.Helper()
		p.wait("told of: "+want, fmt.Sprintf(`['asked', 'tones', 'notes'].map(name => localStorage[name] ?? 0).join(' ') === %q`, want))
	}
	p.run(alertsStub)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.waitGone(chat + "[part~=notify-offer]")

	// Asked only by somebody who has written, and says yes.
	p.say("person")
	p.waitFor(chat + "[part~=notify-offer]")
	p.shoot("offer-1440")
	told("0 0 0")
	p.click(chat + "[part~=notify-yes]")
	p.waitGone(chat + "[part~=notify-offer]")
	p.waitFocus("textarea")
	told("1 0 0")

	other := open(t, b, "other", d.url+"/shop", 1440, 900)
	other.run(alertsStub)
	other.waitFor(chat + liveState)
	other.click(chat + "[part~=launcher]")
	other.waitText(chat+"[part~=timeline]", "person")
	d.agentJoins(t)
	tabs := []*page{p, other}
	says := func(text string) {
		t.Helper()
		d.agentSays(t, text)
		for _, tab := range tabs {
			tab.waitText(chat+fromAgent+":last-child", text)
			tab.run(settled)
		}
	}

	// Somebody who looks at the page gets the sound alone, and once.
	says("Hello there")
	told("1 2 0")
	other.run(`turn('hidden')`)
	says("Are you there?")
	told("1 4 0")

	// With all pages hidden one notification, of text, and the number in the titles.
	p.run(`turn('hidden')`)
	says("<b>Hello?</b>")
	told("1 6 1")
	for _, tab := range tabs {
		tab.wait("the number in the title", `document.title === '(1) Gale & Daughter, kite makers'`)
	}
	telling := p
	if ask(other, chromedp.Evaluate[bool](`notes.length > 0`)) {
		telling = other
	}
	telling.wait("the notification", `notes.length === 1 && notes[0].title === 'Ada Moreno' && notes[0].body === '<b>Hello?</b>'`)
	telling.click(chat + "[part~=close]")
	telling.run(`notes[0].onclick()`)
	telling.waitFor("rtm-chat[open]")
	telling.wait("the notification gone", `notes.length === 0`)

	// The page has its title back as soon as somebody sees it.
	for _, tab := range tabs {
		tab.run(`turn('visible')`)
		tab.wait("the page's own title", `document.title === 'Gale & Daughter, kite makers'`)
	}

	// Without sound there is none, also after a reload.
	for _, tab := range tabs {
		tab.click(chat + "[part~=menu-button]")
		tab.wait("the sound in the menu", find(chat+"[part~=sound]")+fmt.Sprintf(`?.ariaChecked === '%v'`, tab == p))
		if tab == p {
			tab.click(chat + "[part~=sound]")
		} else {
			tab.wait("notifications are on", find(chat+"[part~=notifications]")+`.ariaChecked === 'true'`)
			tab.click(chat + "[part~=notifications]")
		}
		tab.waitGone(chat + "[part~=menu]")
	}
	for _, tab := range tabs {
		tab.run(`turn('hidden')`)
	}
	says("Good bye")
	told("1 6 1")
	d.quiet(t, tabs...)
}
