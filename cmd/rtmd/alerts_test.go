package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// alertsStub stands in for what a headless browser does not show: notifications, sounds and hidden pages. It counts what
// the tab asks for and tells.
const alertsStub = `(() => {
	window.told = { asked: 0, tones: 0, notes: 0 }
	window.notes = []
	window.Notification = class {
		static permission = 'default'
		static async requestPermission() {
			told.asked++
			return this.permission = 'granted'
		}
		constructor(title, options) {
			Object.assign(this, { title, ...options })
			window.notes.push(this)
			told.notes++
		}
		close() { window.notes.splice(window.notes.indexOf(this), 1) }
	}
	const start = OscillatorNode.prototype.start
	OscillatorNode.prototype.start = function (...args) { told.tones++; start.apply(this, args) }
	window.turn = state => {
		Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
		document.dispatchEvent(new Event('visibilitychange'))
	}
})()`

// unseen waits until the browser knows that no tab is seen.
const unseen = `(async () => {
	while ((await navigator.locks.query()).held.some(({ name }) => name.endsWith(':visible'))) await undefined
})()`

// TestAlerts has a bot answer a customer who looks elsewhere, in two tabs.
func TestAlerts(t *testing.T) {
	d, p, b := shop(t, "widget.json", 1440, 900)
	tabs := []*page{p}
	// told waits until the tabs together have asked, rung and notified so often. None of it is taken back, so what is told
	// twice is found at the next message.
	told := func(asked, tones, notes int) {
		t.Helper()
		want := [3]int{asked, tones, notes}
		var got [3]int
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for tick := time.Tick(20 * time.Millisecond); ; {
			got = [3]int{}
			for _, tab := range tabs {
				for i, n := range ask(tab, chromedp.Evaluate[[]int](`[told.asked, told.tones, told.notes]`)) {
					got[i] += n
				}
			}
			if got == want {
				return
			}
			select {
			case <-tick:
			case <-ctx.Done():
				t.Fatalf("asked, tones and notes are %v, want %v", got, want)
			}
		}
	}
	p.run(alertsStub)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.waitGone(chat + "[part~=notify-offer]")

	// Asked only by somebody who has written, and says yes.
	p.say("person")
	p.waitFor(chat + "[part~=notify-offer]")
	p.shoot("offer-1440")
	told(0, 0, 0)
	p.click(chat + "[part~=notify-yes]")
	p.waitGone(chat + "[part~=notify-offer]")
	p.waitFocus("textarea")
	told(1, 0, 0)

	other := open(t, b, "other", d.url+"/shop", 1440, 900)
	other.run(alertsStub + `; Notification.permission = 'granted'`)
	other.waitFor(chat + liveState)
	other.click(chat + "h2") // sounds are for those who touched the page
	other.waitText(chat+"[part~=timeline]", "person")
	d.agentJoins(t)
	tabs = append(tabs, other)
	says := func(text string) {
		t.Helper()
		d.agentSays(t, text)
		for _, tab := range tabs {
			tab.waitText(chat+"[part~=timeline]", text)
		}
	}

	// Somebody who looks at the page gets the sound alone, and once.
	says("Hello there")
	told(1, 2, 0)
	other.run(`turn('hidden')`)
	says("Are you there?")
	told(1, 4, 0)

	// With all pages hidden one notification, of text, and the number in the titles.
	p.run(`turn('hidden')`)
	p.run(unseen)
	says("<b>Hello?</b>")
	told(1, 6, 1)
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

	// What is turned off in one tab is off in all.
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
	p.run(unseen)
	says("Good bye")
	for _, tab := range tabs {
		tab.run(`navigator.locks.query()`) // what was asked for before has been decided
	}
	told(1, 6, 1)
	d.quiet(t, tabs...)
}
