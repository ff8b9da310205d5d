package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// openProtocol opens the protocol page with both sides live.
func openProtocol(t *testing.T, query string, width, height int64) (demo, *page) {
	t.Helper()
	d := startDemo(t)
	p := open(t, started(t), "protocol", d.url+"/protocol"+query, width, height)
	p.waitFor("#stream[data-state=live]")
	p.waitFor(desk + liveState)
	if width < 1000 {
		p.click(chat + "[part~=launcher]")
	}
	p.waitFor(chat + liveState)
	return d, p
}

// frame is a frame in the list, by side, kind and a part of its text.
func frame(api, kind, text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('.frame[data-api=%s][data-kind=%s]:not([hidden])')].some(f => f.textContent.includes(%q))`, api, kind, text)
}

// TestProtocolFrames has a message travel, and looks at its frames.
func TestProtocolFrames(t *testing.T) {
	d, p := openProtocol(t, "", 1440, 900)
	p.say("Do you ship to Lisbon?")
	p.wait("the customer's request", frame("customer", "request", "Do you ship to Lisbon?"))
	p.wait("the agent's push", frame("agent", "push", "Do you ship to Lisbon?"))
	p.click(desk + "[part~=chat-item]")
	p.write(desk+"[part~=composer] textarea", "We do, in two days.")
	p.enter()
	p.wait("the answer's push", frame("customer", "push", "We do, in two days."))
	p.wait("the answer's response", frame("agent", "response", "send_event"))
	p.shoot("frames-1440")

	// A row unfolds by keyboard, and the arrow keys move on. No row comes meanwhile.
	p.click("#pause")
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.frame summary[tabindex="0"]').focus()`))
	p.press("Home")
	p.wait("the focus in the first row", `document.activeElement === document.querySelector('.frame:not([hidden]) summary')`)
	p.press("ArrowDown")
	p.press("End")
	p.wait("the focus in the last row", `document.activeElement === [...document.querySelectorAll('.frame:not([hidden]) summary')].filter(s => s.matches('.frame > details > summary')).at(-1)`)
	p.enter()
	p.wait("its JSON", `document.activeElement.parentElement.querySelector('.frame-body .json-node') !== null`)
	p.click("#pause")

	// Filters hide what does not match, and tell how much is left.
	p.do(chromedp.Evaluate[chromedp.Void](`(filter => {
		filter.elements.kind.value = 'push'
		filter.elements.action.value = 'incoming_ev'
		filter.dispatchEvent(new Event('input'))
	})(document.querySelector('#filter'))`))
	p.wait("pushes alone", `(all => all.length > 0 && all.every(f => f.dataset.kind === 'push' && f.textContent.includes('incoming_event')))([...document.querySelectorAll('.frame:not([hidden])')])`)
	p.waitText("#count", " of ")
	p.do(chromedp.Evaluate[chromedp.Void](`(filter => { filter.reset(); filter.dispatchEvent(new Event('input')) })(document.querySelector('#filter'))`))

	// What comes while it is paused is there afterwards.
	p.click("#pause")
	p.say("Splendid")
	p.waitText("#count", " waiting")
	p.wait("no frame of it", "!"+frame("customer", "request", "Splendid"))
	p.click("#pause")
	p.wait("the frames of it", frame("customer", "request", "Splendid"))
	p.click("#clear")
	p.wait("nothing left of it", "!"+frame("customer", "request", "Splendid"))

	p.waitText("#engine-customer [aria-current=step]", "live")
	p.waitText("#engine-agent [data-fact=chats]", "active")
	d.quiet(t, p)
}

// TestProtocolIsBounded has more frames than the list keeps.
func TestProtocolIsBounded(t *testing.T) {
	d, p := openProtocol(t, "?keep=50", 1440, 900)
	p.do(chromedp.Evaluate[chromedp.Void](`(async () => {
		const client = document.querySelector('rtm-chat').client
		for (let i = 0; i < 40; i++) await client.ping()
	})()`, chromedp.EvalAwaitPromise))
	p.waitText("#count", "older ones are gone")
	p.wait("as many frames as it keeps", `document.querySelectorAll('.frame').length === 50`)
	p.wait("the end in view", `(e => e.scrollHeight - e.scrollTop - e.clientHeight < 48)(document.querySelector('#frames'))`)
	d.quiet(t, p)
}

// TestProtocolFaults switches rules on and off, and sees what they do.
func TestProtocolFaults(t *testing.T) {
	d, p := openProtocol(t, "", 360, 740)
	p.say("before")
	p.do(chromedp.Evaluate[chromedp.Void](`for (const [id, value] of [['api', 'customer'], ['action', 'send_event'], ['nth', '2']]) {
		const field = document.querySelector('#fault-' + id)
		field.value = value
		for (const type of ['input', 'change']) field.dispatchEvent(new Event(type))
	}`))
	const rule = "[data-rule=error] "
	p.do(chromedp.Evaluate[chromedp.Void](`(list => { list.value = 'not_allowed'; list.dispatchEvent(new Event('change')) })(document.querySelector('[data-rule=error] select'))`))
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('rtm-chat').close()`))
	p.click(rule + "[role=switch]")
	p.waitFor(rule + "[role=switch][aria-checked=true]")
	p.waitText(rule+".rule-about", "customer request send_event · not_allowed · only match 2")
	p.shoot("faults-360")
	p.click(chat + "[part~=launcher]")
	p.say("the first passes")
	p.waitFor(rule + ".hits[data-hits='0']")
	p.write(field, "the second fails")
	p.enter()
	p.waitFor(chat + fromCustomer + "[data-state=failed]")
	p.waitFor(rule + ".hits[data-hits='1']")
	p.wait("the frame of the fault", `document.querySelector('.frame[data-fault=page-error][data-kind=request]') !== null`)
	p.waitText("#engine-customer [data-fact=outbox]", "the second fails")
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('rtm-chat').close()`))
	p.click(rule + "[role=switch]")
	p.waitFor(rule + "[role=switch][aria-checked=false]")

	// What cannot be is said in the server's own words.
	p.do(chromedp.Evaluate[chromedp.Void](`(field => { field.value = 'juggle'; field.dispatchEvent(new Event('input')) })(document.querySelector('#fault-action'))`))
	p.click("[data-rule=drop] [role=switch]")
	p.waitText("[data-rule=drop] [role=alert]", `action: the customer API does not have a method or push "juggle"`)
	p.waitFor("[data-rule=drop] [role=switch][aria-checked=false]")

	// The connection goes, and comes back: once, though nobody said so.
	p.do(chromedp.Evaluate[chromedp.Void](`for (const id of ['action', 'nth']) { const field = document.querySelector('#fault-' + id); field.value = ''; field.dispatchEvent(new Event('input')) }`))
	p.click("[data-rule=close] [role=switch]")
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('rtm-chat').client.ping().catch(() => {})`))
	p.waitText("[data-rule=close] .hits", "1 hit")
	p.wait("the end of the connection", frame("customer", "closed", ""))
	p.waitText("#engine-customer [aria-current=step]", "live")
	p.click("#fault-clear")
	p.waitGone(".hits")
	p.forgive("/_rtmd/faults") // the browser logs the refusal
	d.quiet(t, p)
}

// TestProtocolTime freezes the clock, moves it, and goes back to a snapshot.
func TestProtocolTime(t *testing.T) {
	d, p := openProtocol(t, "", 1440, 900)
	p.say("Kept")
	p.click("#snapshot")
	p.waitFor(".snapshots button")
	p.click("#clock-freeze")
	p.waitFor("#clock-freeze[aria-checked=true]")
	p.do(chromedp.Evaluate[chromedp.Void](`window.before = Date.parse(document.querySelector('#clock-now').dateTime)`))
	p.click("[data-by='9h']")
	p.wait("the clock nine hours later", `Date.parse(document.querySelector('#clock-now').dateTime) === before + 9 * 3600e3`)
	p.say("Later")
	p.wait("the new time in a frame", `Date.parse(document.querySelector('.frame:last-child time').dateTime) >= before + 9 * 3600e3`)
	p.click("#clock-freeze")
	p.waitFor("#clock-freeze[aria-checked=false]")
	p.click(".snapshots button")
	p.waitText("[role=status].note", "Back at")
	p.waitFor(chat + liveState)
	p.wait("what was kept, alone", fmt.Sprintf(`(text => text.includes('Kept') && !text.includes('Later'))(%s.textContent)`, find(chat+"[part~=timeline]")))
	p.click("#reset")
	p.click("#reset-sure")
	p.waitText("[role=status].note", "as at the first start")
	p.waitFor(chat + liveState)
	p.wait("an empty desk", find(desk+"[part~=chat-item]")+" == null")
	d.quiet(t, p)
}

// TestProtocolRefused opens the page where the control API is off.
func TestProtocolRefused(t *testing.T) {
	webbuild(t)
	d := demo{start(t, "-web", "../../web/dist", "-control", "off")}
	p := open(t, started(t), "protocol", d.url+"/protocol", 1440, 900)
	p.waitText("#refused:not([hidden])", "the control API is off: see rtmd -control")
	p.waitFor("[data-rule=drop] [role=switch]:disabled")
	p.waitFor("#clock-freeze:disabled")
	p.waitFor(desk + liveState)
	p.shoot("refused-1440")
	p.forgive("/_rtmd/journal") // the browser logs the refusal
	d.quiet(t, p)
}

// press presses a key that writes nothing.
func (p *page) press(key string) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key, Code: key}); err != nil {
				return err
			}
		}
		return nil
	}))
}
