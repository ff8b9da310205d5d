package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
)

// timelineLog is the widget's scroller.
var timelineLog = find(chat + "[part~=timeline]")

// flood has an agent write n lines in the customer's chat, n of them in each of a
// few threads.
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

func TestLongTimeline(t *testing.T) {
	d, p, _, _ := long(t, 10_000)
	p.wait("the end", fmt.Sprintf(`(e => e.scrollTop > 100 && e.scrollHeight - e.scrollTop - e.clientHeight < 2)(%s)`, timelineLog))
	p.shoot("long-1440")
	t.Log(ask(p, chromedp.Evaluate[string](fmt.Sprintf(`(e => JSON.stringify([e.scrollHeight, e.querySelectorAll('[data-key]').length, e.querySelectorAll('*').length]))(%s)`, timelineLog))))
	d.quiet(t, p)
}
