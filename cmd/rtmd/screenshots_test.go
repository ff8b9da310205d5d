package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const agentField = desk + "[part~=composer] textarea"

// TestScreenshots goes through every state that widget, console and pages can be seen in.
// make screenshots shoots each at 360 and 1440 px, light and dark, into .build/gallery.
func TestScreenshots(t *testing.T) {
	webbuild(t)
	ph := newPhotographer(t)
	b := started(t)
	ph.pages(t, b)
	ph.conversation(t, b)
	ph.forms(t, b)
	ph.trouble(t, b)
	ph.hang()
}

// control asks the control API for something.
func (d demo) control(t *testing.T, method, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, d.url+"/_rtmd/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if _, err := answer(req); err != nil {
		t.Fatal(err)
	}
}

// empty takes out what is written in a field.
func (p *page) empty(path string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(e => { e.value = ''; e.dispatchEvent(new Event('input', { bubbles: true })) })(%s)`, find(path))))
}

// pages shoots the demo pages.
func (ph *photographer) pages(t *testing.T, b context.Context) {
	d := demo{start(t, "-web", "../../web/dist")}
	p := open(t, b, "shop", d.url+"/shop", 1440, 900)
	p.waitFor(chat + "[part~=launcher]")
	ph.shoot(p, "shop")
	p.click("[data-add=fulmar]")
	p.waitText("#added", "Fulmar is in your basket")
	p.do(chromedp.Evaluate[chromedp.Void](`location.hash = '#/rokkaku'`))
	p.waitText("#view h1", "Rokkaku")
	ph.shoot(p, "shop-kite")
	p.click("#view .buy .button")
	p.waitText("#basket", "2")
	p.do(chromedp.Evaluate[chromedp.Void](`location.hash = '#/basket'`))
	p.waitText(".sums .total", "£160")
	ph.shoot(p, "shop-basket")
	p.do(chromedp.Navigate(d.url + "/both"))
	p.waitFor(desk + liveState)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.say("Hello! Does the Fulmar fly inland, too?")
	p.click(desk + "[part~=chat-item]")
	p.write(agentField, "It does: from 6 km/h on, if there is a field to run across.")
	p.enter()
	p.waitLast("the answer", `m.textContent.includes('a field')`)
	p.say("Then I take one.")
	ph.shoot(p, "both")
	p.do(chromedp.Navigate(d.url + "/protocol"))
	p.waitFor("#stream[data-state=live]")
	p.waitFor(desk + liveState)
	p.waitFor(chat + liveState)
	p.say("Do you ship to Lisbon?")
	p.click(desk + "[part~=chat-item]")
	p.write(agentField, "We do, in two days.")
	p.enter()
	p.wait("the answer's push", frame("customer", "push", "We do, in two days."))
	p.do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, 0)`))
	besideOnly := func() {
		p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('rtm-chat').open = innerWidth >= 1000`))
	}
	ph.shoot(p, "protocol", besideOnly)
	p.click("[data-rule=delay] [role=switch]")
	p.waitFor("[data-rule=delay] .hits")
	ph.shoot(p, "protocol-faults", besideOnly, func() {
		p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#faults-title').scrollIntoView()`))
	})
	p.do(chromedp.Navigate(d.url + "/playground"))
	p.waitText("pre", "<rtm-chat organization-id=")
	p.waitFor(chat + liveState)
	ph.shoot(p, "playground")
	d.quiet(t, p)
}

// conversation shoots a chat with all that can be in it, and the console beside it.
func (ph *photographer) conversation(t *testing.T, b context.Context) {
	d := demo{start(t, "-web", "../../web/dist", "-seed", "testdata/widget.json")}
	p := open(t, b, "widget", d.url+"/shop", 1440, 900)
	p.waitFor(chat + "[part~=launcher]")
	ph.shoot(p, "widget-launcher")
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('rtm-chat').greetings = true`))
	p.waitText(chat+"[part~=greeting]", "Which kite fits you?")
	ph.shoot(p, "widget-greeting")
	p.click(chat + "[part~=greeting] button[part~=choice]")
	p.waitText(chat+fromCustomer+"[data-state=sent]", "Which kite fits me?")
	p.say("quick")
	p.waitLast("quick replies", `m.querySelectorAll('.quick-replies button').length === 2`)
	ph.shoot(p, "widget-quick-replies")
	p.click(chat + ".quick-replies button")
	p.waitLast("the answer", `m.textContent.includes('Then take the Fulmar.')`)
	p.say("card")
	p.waitLast("a card", `m.querySelector('.card')`)
	ph.shoot(p, "widget-card")
	p.say("carousel")
	p.waitLast("a carousel", `m.querySelectorAll('[role=listitem] .card').length === 3`)
	ph.shoot(p, "widget-carousel")
	p.say("ask")
	p.waitFor(chat + ".card-form input")
	ph.shoot(p, "widget-form-in-chat")
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(async () => {
		const canvas = new OffscreenCanvas(400, 300)
		const art = canvas.getContext('2d')
		art.fillStyle = '#bfe0ef'; art.fillRect(0, 0, 400, 300)
		art.fillStyle = '#d8402f'; art.beginPath(); art.moveTo(200, 30); art.lineTo(290, 130); art.lineTo(200, 270); art.lineTo(110, 130); art.fill()
		const to = new DataTransfer()
		to.items.add(new File([await canvas.convertToBlob()], 'my kite.png', { type: 'image/png' }))
		to.items.add(new File(['how to fly it'], 'notes.txt', { type: 'text/plain' }))
		const input = %s
		input.files = to.files
		input.dispatchEvent(new Event('change'))
	})()`, find(chat+"input[type=file]")), chromedp.EvalAwaitPromise))
	p.wait("image and file, sent", `(root => root.querySelector('[part~=image] img')?.complete && root.querySelector('.bubble.file a') && !root.querySelector('[data-state=pending]'))(document.querySelector('rtm-chat').shadowRoot)`)
	ph.shoot(p, "widget-files")
	p.say("person")
	p.waitText(chat+".banner", "You are number 1 in the queue")
	ph.shoot(p, "widget-queue")

	agent := open(t, b, "desk", d.url+"/console", 1440, 900)
	agent.waitFor(desk + "[part~=chat-item]")
	agent.wait("live", find(desk+liveState)+" != null")
	ph.shoot(agent, "console-list")
	agent.click(desk + "[part~=chat-item]")
	p.waitText(chat+"[part~=header]", "Ada Moreno")
	agent.write(agentField, "Here I am. What is it about?")
	agent.enter()
	p.waitLast("the agent", `m.textContent.includes('Here I am.')`)
	p.say("A kite for the beach, and one for my daughter, who is six.")
	agent.waitText(desk+"[part~=timeline]", "who is six")
	p.write(field, "She has never flown one, but")
	agent.waitText(desk+"[part~=typing]", "She has never")
	ph.shoot(agent, "console-conversation", func() { p.write(field, ".") })
	p.empty(field)
	// What pops up goes when the panel becomes another kind of dialog.
	popped := func(button, inside string) func() {
		return func() {
			if ask(p, chromedp.Evaluate[bool](find(chat+inside)+" == null")) {
				p.click(chat + button)
			}
			p.waitFocus(inside)
		}
	}
	ph.shoot(p, "widget-emoji", popped("[part~=emoji-button]", "[part~=emoji] button"))
	ph.shoot(p, "widget-menu", popped("[part~=menu-button]", "[part~=menu-item]"))
	popped("[part~=menu-button]", "[part~=menu-item]")()
	p.click(chat + "[part~=end-chat]")
	ph.shoot(p, "widget-end")
	p.click(chat + "[part~=keep-chatting]")
	ph.shoot(p, "widget-typing", func() {
		agent.empty(agentField)
		agent.write(agentField, "The First")
		p.waitFor(chat + "[part~=typing]")
	})
	agent.empty(agentField)
	agent.write(agentField, "The First Flight is made for her.")
	agent.enter()
	p.waitLast("the answer", `m.textContent.includes('First Flight')`)
	ph.shoot(p, "widget-conversation")
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('rtm-chat').close()`))
	agent.write(agentField, "It fits a coat pocket, too.")
	agent.enter()
	p.waitFor(chat + "[part~=badge]")
	ph.shoot(p, "widget-unread")
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('rtm-chat').show()`))
	p.waitText(chat+"[part~=timeline]", "coat pocket")

	d.control(t, "POST", "faults", `{"id":"drop","api":"customer","action":"send_event","effect":"drop"}`)
	p.write(field, "I take one of each.")
	p.enter()
	p.waitFor(chat + fromCustomer + "[data-state=pending]")
	ph.shoot(p, "widget-pending")
	d.control(t, "DELETE", "faults", "")
	d.control(t, "POST", "faults", `{"api":"customer","action":"send_event","effect":"error","error":"not_allowed"}`)
	p.write(field, "And a bag.")
	p.enter()
	p.waitFor(chat + fromCustomer + "[data-state=failed]")
	ph.shoot(p, "widget-failed")
	d.control(t, "DELETE", "faults", "")
	agent.click(desk + "[part~=close-chat]")
	p.waitFor(chat + "[part~=restart]")
	ph.shoot(p, "widget-ended")
	agent.waitFor(desk + "[part~=reopen]")
	ph.shoot(agent, "console-closed")
	p.click(chat + "[part~=rate]")
	p.waitFor(chat + "[part~=rating] textarea")
	ph.shoot(p, "widget-rating")
	d.quiet(t, p, agent)
}

// forms shoots the forms before and after a chat.
func (ph *photographer) forms(t *testing.T, b context.Context) {
	d := demo{start(t, "-web", "../../web/dist", "-seed", "testdata/widget-forms.json")}
	p := open(t, b, "widget", d.url+"/shop", 1440, 900)
	form, submit := chat+"[part~=form] ", chat+"[part~=form-submit]"
	p.click(chat + "[part~=launcher]")
	p.waitText(form+".form-header", "Tell us who you are")
	ph.shoot(p, "widget-prechat")
	p.write(form+"input[type=text]", "Ida Kent")
	p.write(form+"input[type=email]", "ida")
	p.click(submit)
	p.waitText(form+".form-problem", "Your e-mail address: ")
	ph.shoot(p, "widget-prechat-problem")
	p.write(form+"input[type=email]", "@a.example")
	p.click(form + "fieldset input[type=checkbox]")
	p.click(submit)
	p.waitText(chat+fromCustomer+"[data-state=sent]", "Ida Kent")
	p.waitFor(field)
	p.say("bye")
	p.waitText(form+"legend", "How was it?")
	ph.shoot(p, "widget-postchat")
	d.quiet(t, p)
}

// trouble shoots what is shown while nobody is there, and while rtmd is not.
func (ph *photographer) trouble(t *testing.T, b context.Context) {
	d := demo{start(t, "-web", "../../web/dist")}
	p := open(t, b, "widget", d.url+"/shop", 1440, 900)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	ph.shoot(p, "widget-nobody-there")
	p.say("Is anybody there?")
	d.control(t, "POST", "faults", `{"id":"away","effect":"refuse"}`)
	d.control(t, "POST", "disconnect", `{"api":"customer","reason":"internal_error"}`)
	p.waitGone(chat + liveState)
	p.write(field, "I write on meanwhile.")
	p.enter()
	p.waitFor(chat + fromCustomer + "[data-state=pending]")
	ph.shoot(p, "widget-reconnecting")
	p.do(chromedp.Reload())
	p.waitFor(chat + ".banner")
	ph.shoot(p, "widget-unreachable")
	agent := open(t, b, "desk", d.url+"/console", 1440, 900)
	agent.waitFor(desk + ".banner")
	ph.shoot(agent, "console-unreachable")
	d.control(t, "DELETE", "faults", "")
	agent.waitFor(desk + liveState)
	d.control(t, "POST", "disconnect", `{"api":"agent","reason":"agent_deleted"}`)
	agent.waitFor(desk + "[part~=error]")
	ph.shoot(agent, "console-refused")
	for _, q := range []*page{p, agent} {
		q.forgive("WebSocket connection")
		q.forgive("net::ERR_")
	}
	d.stop(t, os.Interrupt)
}
