package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestShop buys kites on the shop's pages, while the chat goes on.
func TestShop(t *testing.T) {
	d := startDemo(t)
	p := open(t, started(t), "shop", d.url+"/shop", 1440, 900)
	p.look(look{1440, 900, "light"}) // without smooth scrolling
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.say("Which one for a beginner?")

	p.click("[data-add=fulmar]")
	p.waitText("#added", "Fulmar is in your basket")
	p.click(`[data-kite=first-flight] h3 a`)
	p.waitText("#view h1", "First Flight")
	p.wait("the page's title", `document.title === 'First Flight, Gale & Daughter'`)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.buy input').value = '3'`))
	p.click(".buy .button")
	p.waitText("#basket", "4")
	p.click(".basket")
	p.waitText(".sums .total", "£112")
	// A basket outlives a reload; what is shown follows its numbers.
	p.do(chromedp.Reload())
	p.waitText(".sums .total", "£112")
	p.click(".items li:first-child .drop")
	p.waitText(".sums .total", "£52") // three for £48, and now with shipping
	p.click(".bare .end .button:last-child")
	p.waitText("#view h1", "That would have been it")
	p.waitText("#basket", "0")
	p.do(chromedp.NavigateBack())
	p.waitText("#view h1", "First Flight")
	p.click(`.trail a[href="#kites"]`)
	p.wait("the kites in view", `(e => !document.querySelector('#home').hidden && Math.abs(e.getBoundingClientRect().top) < 100)(document.querySelector('#kites'))`)
	p.waitText(chat+"[part~=timeline]", "Which one for a beginner?")
	d.quiet(t, p)
}
