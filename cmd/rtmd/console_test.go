package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestConsoleDetails has two agents look at a customer, tag the chat, hand it over, watch it
// and take it back.
func TestConsoleDetails(t *testing.T) {
	d := startDemo(t)
	b := started(t)
	ada := open(t, b, "ada", d.url+"/console", 1440, 900)
	ada.waitFor(desk + liveState)
	customer := open(t, b, "customer", d.url+"/shop", 1440, 900)
	customer.click(chat + "[part~=launcher]")
	customer.waitFor(chat + liveState)
	customer.say("Do you mend kites?")

	ada.click(desk + "[part~=chat-item]")
	ada.waitText(desk+"[part~=details]", "Gale & Daughter, kite makers")
	ada.waitText(desk+"[part~=details]", "IP address")
	ada.write(desk+"[part~=details] [name=tag]", "repair <b>")
	ada.enter()
	ada.waitText(desk+"[part~=tag]", "repair <b>")
	ada.waitGone(desk + "[part~=place]")
	ada.shoot("details-1440")

	ben := open(t, b, "ben", d.url+"/console?agent=2", 1440, 900)
	ben.waitFor(desk + liveState)
	ada.wait("the other agent", fmt.Sprintf(`[...%s.options].some(o => o.value === 'agent2@example.com')`, find(desk+"[name=to]")))
	ada.do(chromedp.Evaluate[chromedp.Void](find(desk+"[name=to]") + `.value = 'agent2@example.com'`))
	ada.click(desk + "[part~=transfer]")
	customer.waitText(chat+"[part~=header]", "Ben")
	ada.waitText(desk+"[part~=place]", "has this chat")
	ben.click(desk + "[part~=chat-item]")
	ben.waitText(desk+"[part~=tag]", "repair <b>")
	ben.click(desk + "[part~=tag] button")
	ben.waitGone(desk + "[part~=tag]")

	// Who watches is seen by agents alone.
	ada.click(desk + "[part~=watch]")
	ada.waitText(desk+"[part~=place]", "You are watching")
	ada.waitGone(desk + "[part~=tag]")
	ada.write(desk+"[part~=composer] textarea", "Ask for the order number.")
	ada.enter()
	ben.waitText(desk+"[part~=timeline]", "Ask for the order number.")
	ben.write(desk+"[part~=composer] textarea", "We do. Which one?")
	ben.enter()
	customer.waitText(chat+fromAgent, "We do. Which one?")
	customer.wait("nothing of the agents' own", fmt.Sprintf(`!%s.textContent.includes('order number')`, find(chat+"[part~=timeline]")))
	ada.click(desk + "[part~=leave]")
	ada.waitFor(desk + "[part~=watch]")
	ada.click(desk + "[part~=take]")
	ada.waitGone(desk + "[part~=place]")
	customer.waitText(chat+"[part~=header]", "Ada")

	ada.do(chromedp.EmulateViewport(360, 740))
	ada.waitGone(desk + "[part~=details]")
	ada.click(desk + "[part~=details-toggle]")
	ada.waitFor(desk + "[part~=details]")
	ada.shoot("details-360")
	d.quiet(t, ada, ben, customer)
}
