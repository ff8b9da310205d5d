package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/rtmwidget/rtmwidget/cmd/internal/tinygo"
)

const (
	chat         = "rtm-chat >>> "
	desk         = "rtm-console >>> "
	fromAgent    = `[part~=message][data-author=agent]`
	fromCustomer = `[part~=message][data-author=customer]`
	liveState    = `[part~=connection][data-state=live]`
)

// demo is rtmd with the real pages.
type demo struct{ *process }

// startDemo brings the pages up to date and starts rtmd. The flags are webbuild's.
func startDemo(t *testing.T, flags ...string) demo {
	t.Helper()
	webbuild(t, flags...)
	return demo{start(t, "-web", "../../web/dist")}
}

// webbuild brings the pages up to date.
func webbuild(t *testing.T, flags ...string) {
	t.Helper()
	build := exec.CommandContext(t.Context(), "go", append([]string{"run", "./cmd/webbuild"}, flags...)...)
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("webbuild: %v\n%s", err, out)
	}
}

// quiet leaves the pages, stops rtmd and fails if it complained of anything;
// reports of refused content reach it from the pages and from the Worker alike.
func (d demo) quiet(t *testing.T, pages ...*page) {
	t.Helper()
	for _, p := range pages {
		p.do(chromedp.Navigate("about:blank"))
	}
	d.stop(t, os.Interrupt)
	for line := range strings.Lines(d.stderr.String()) {
		// A browser keeps spare connections.
		if !strings.Contains(line, `msg="connections were cut"`) {
			t.Errorf("rtmd: %s", line)
		}
	}
}

// TestConversation holds a whole conversation in two pages of a real browser,
// over real sockets, with rtmd as people start it.
func TestConversation(t *testing.T) { conversation(t) }

// TestConversationOfRelease is the same with the release core.
func TestConversationOfRelease(t *testing.T) {
	if _, err := tinygo.Find(); err != nil {
		t.Skip(err)
	}
	conversation(t, "-release")
}

func conversation(t *testing.T, flags ...string) {
	demo := startDemo(t, flags...)
	b := started(t)

	agent := open(t, b, "console", demo.url+"/console", 1440, 900)
	agent.waitFor(desk + liveState)

	started := time.Now()
	customer := open(t, b, "shop", demo.url+"/shop", 1440, 900)
	customer.waitFor(chat + "[part~=launcher]")
	customer.shoot("launcher-1440")
	customer.click(chat + "[part~=launcher]")
	customer.waitFor(chat + liveState)
	t.Logf("from opening the shop page, with a screenshot and a click on the way, to logged in: %v", time.Since(started).Round(time.Millisecond))
	customer.shoot("empty-1440")

	composer := "[part~=composer] textarea"
	customer.write(chat+composer, "Do you ship to Lisbon?")
	customer.enter()
	customer.waitText(chat+fromCustomer, "Do you ship to Lisbon?")
	customer.waitFor(chat + fromCustomer + "[data-state=sent]")

	agent.waitFor(desk + "[part~=chat-item]")
	agent.click(desk + "[part~=chat-item]")
	agent.waitText(desk+"[part~=timeline]", "Do you ship to Lisbon?")

	agent.write(desk+composer, "We do, ")
	customer.waitFor(chat + "[part~=typing]")
	customer.shoot("typing-1440")
	agent.write(desk+composer, "in two days.")
	sent := time.Now()
	agent.enter()
	customer.waitText(chat+fromAgent, "We do, in two days.")
	t.Logf("from Enter in the console to the text in the widget: %v", time.Since(sent).Round(time.Millisecond))
	customer.waitGone(chat + "[part~=typing]")

	customer.write(chat+composer, "Splendid, I'll ta")
	agent.waitText(desk+"[part~=typing]", "Splendid, I'll ta")
	agent.shoot("typing-1440")
	customer.write(chat+composer, "ke two.")
	customer.enter()
	agent.waitText(desk+"[part~=timeline]", "Splendid, I'll take two.")
	customer.shoot("conversation-1440")

	customer.do(chromedp.Reload())
	customer.waitFor(chat + liveState)
	for _, text := range []string{"Do you ship to Lisbon?", "We do, in two days.", "Splendid, I'll take two."} {
		customer.waitText(chat+"[part~=timeline]", text)
	}
	customer.wait("each message once", fmt.Sprintf(`document.querySelector('rtm-chat').shadowRoot.querySelectorAll('%s').length === 2`, fromCustomer))

	agent.click(desk + "[part~=close-chat]")
	customer.waitFor(chat + "[part~=restart]")
	customer.shoot("ended-1440")
	customer.click(chat + "[part~=restart]")
	customer.write(chat+composer, "One more thing")
	customer.enter()
	agent.waitText(desk+"[part~=timeline]", "One more thing")
	agent.waitFor(desk + "[part~=close-chat]")
	agent.write(desk+composer, "Go ahead.")
	agent.enter()
	customer.waitText(chat+"[part~=timeline]", "Go ahead.")
	agent.shoot("conversation-1440")

	for _, p := range []*page{customer, agent} {
		p.do(chromedp.EmulateViewport(360, 740))
		p.shoot("conversation-360")
	}
	demo.quiet(t, customer, agent)
}

// TestBothOnOnePage has widget and console share a page and its core.
func TestBothOnOnePage(t *testing.T) {
	demo := startDemo(t)
	b := started(t)
	both := open(t, b, "both", demo.url+"/both?agent=2", 1440, 900)
	both.waitFor(desk + liveState)
	both.click(chat + "[part~=launcher]")
	both.waitFor(chat + liveState)
	both.write(chat+"[part~=composer] textarea", "Anybody there?")
	both.enter()
	both.click(desk + "[part~=chat-item]")
	both.write(desk+"[part~=composer] textarea", "Yes, right here.")
	both.enter()
	both.waitText(chat+fromAgent, "Yes, right here.")
	both.shoot("conversation-1440")
	both.do(chromedp.EmulateViewport(360, 740))
	both.shoot("conversation-360")
	demo.quiet(t, both)
}

// TestNobodyAtTheDesk leaves a message while no agent is logged in, which an
// agent finds on arriving.
func TestNobodyAtTheDesk(t *testing.T) {
	demo := startDemo(t)
	b := started(t)
	customer := open(t, b, "shop", demo.url+"/shop", 360, 740)
	customer.click(chat + "[part~=launcher]")
	customer.waitFor(chat + liveState)
	customer.shoot("empty-360")
	customer.write(chat+"[part~=composer] textarea", "Hello? Is this on?")
	customer.enter()
	customer.waitFor(chat + fromCustomer + "[data-state=sent]")
	customer.shoot("waiting-360")

	agent := open(t, b, "console", demo.url+"/console", 360, 740)
	agent.waitFor(desk + "[part~=chat-item]")
	agent.shoot("list-360")
	agent.click(desk + "[part~=chat-item]")
	agent.write(desk+"[part~=composer] textarea", "It is now.")
	agent.enter()
	customer.waitText(chat+fromAgent, "It is now.")
	demo.quiet(t, customer, agent)
}
