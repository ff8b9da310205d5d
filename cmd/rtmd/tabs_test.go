package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/rtmwidget/rtmwidget/rtm/agent"
)

// join is JavaScript that makes a page one of many: a client of the SDK in rtm
// and c, and what it heard in pushes. It needs no more than the strict policy of
// rtmd's pages allows.
const join = `(async () => {
	const { load } = await import('/sdk.js')
	window.rtm = load({ worker: %q })
	window.c = rtm.customer({ organizationId: %q })
	window.pushes = []
	window.states = []
	c.on('incoming_event', (push) => pushes.push(push.event.text))
	c.onState((state) => states.push(state))
	await c.login()
	return true
})()`

// lines is the conversation as a tab shows it.
const lines = `c.model.state.chats.flatMap((chat) => chat.timeline.map((item) => item.state + ' ' + item.event.text))`

// tab opens a page that shares its socket with the others.
func tab(t *testing.T, b context.Context, demo demo, name, worker string) *page {
	t.Helper()
	p := open(t, b, name, demo.url+"/shop", 800, 600)
	if !ask(p, chromedp.Evaluate[bool](fmt.Sprintf(join, worker, organization), chromedp.EvalAwaitPromise)) {
		t.Fatalf("%s: not logged in", name)
	}
	return p
}

// act has a tab send a line and wait until the core has taken it.
func (p *page) act(text string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`c.model.act('send', { text: %q })`, text), chromedp.EvalAwaitPromise))
}

// shows waits until a tab shows the lines, all of them sent.
func (p *page) shows(want ...string) {
	p.t.Helper()
	for i, line := range want {
		want[i] = "sent " + line
	}
	list, _ := json.Marshal(want)
	p.wait(fmt.Sprintf("%q", want), fmt.Sprintf(`JSON.stringify(%s) === %q`, lines, list))
}

// metric is a number of rtmd's, the sum of what matches.
func (d demo) metric(t *testing.T, pattern string) (sum int) {
	t.Helper()
	res, err := http.Get(d.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile(`(?m)^`+pattern+` (\d+)$`).FindAllStringSubmatch(string(body), -1) {
		n, _ := strconv.Atoi(match[1])
		sum += n
	}
	return sum
}

// sockets is how many customers' sockets are open.
func (d demo) sockets(t *testing.T) int {
	return d.metric(t, `rtmd_connections\{api="customer",state="\w+"\}`)
}

// until waits until something is so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// talker is an agent who takes what comes and can say something.
type talker struct {
	t      *testing.T
	client *agent.Client
}

func newTalker(t *testing.T, demo demo) *talker {
	t.Helper()
	client, err := agent.Dial(t.Context(), &agent.Options{Server: demo.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if _, err := client.Login(t.Context(), agent.Token("dal:agent1")); err != nil {
		t.Fatal(err)
	}
	return &talker{t, client}
}

// say sends a line into the only chat there is.
func (a *talker) say(text string) {
	a.t.Helper()
	chats, err := a.client.ListChats(a.t.Context(), nil)
	if err != nil || len(chats.ChatsSummary) != 1 {
		a.t.Fatalf("chats: %+v, %v", chats, err)
	}
	if _, err := a.client.SendEvent(a.t.Context(), agent.Send(chats.ChatsSummary[0].ID, agent.Message(text))); err != nil {
		a.t.Fatal(err)
	}
}

// schemes are the ways to one socket for all tabs, and how to kill what holds it.
var schemes = []struct {
	worker string
	kill   func(t *testing.T, b context.Context, leader *page)
}{
	{"shared", func(t *testing.T, b context.Context, _ *page) { endSharedWorker(t, b) }},
	{"dedicated", func(t *testing.T, _ context.Context, leader *page) { leader.close() }},
}

// close closes a tab.
func (p *page) close() {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cdppage.Close, cdp.Empty{})
		return err
	}))
}

// sharedWorker is the SharedWorker that runs in the browser, or nil.
func sharedWorker(t *testing.T, b context.Context) *target.Info {
	t.Helper()
	targets, err := chromedp.Targets(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range targets {
		if one.Type == "shared_worker" {
			return one
		}
	}
	return nil
}

// endSharedWorker ends the SharedWorker as a crash of it would.
func endSharedWorker(t *testing.T, b context.Context) {
	t.Helper()
	worker := sharedWorker(t, b)
	if worker == nil {
		t.Fatal("there is no SharedWorker")
	}
	ctx, cancel := chromedp.NewContext(b, chromedp.WithTargetID(worker.TargetID), chromedp.WithDetachOnCancel())
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](`setTimeout(() => close())`)); err != nil {
		t.Fatal(err)
	}
}

// TestTabs has five tabs with one socket, and ends what holds it while all of
// them and an agent talk: nothing is lost, doubled or out of order.
func TestTabs(t *testing.T) {
	for _, scheme := range schemes {
		t.Run(scheme.worker, func(t *testing.T) {
			demo := startDemo(t)
			b := started(t)
			somebody := newTalker(t, demo)
			var tabs []*page
			for i := range 5 {
				tabs = append(tabs, tab(t, b, demo, fmt.Sprintf("tab %d", i+1), scheme.worker))
			}
			until(t, "one socket for five tabs", func() bool { return demo.sockets(t) == 1 })
			tabs[1].act("hello")
			for _, p := range tabs {
				p.shows("hello")
			}
			somebody.say("welcome")
			for _, p := range tabs {
				p.shows("hello", "welcome")
				p.wait("the push", `pushes.at(-1) === 'welcome'`)
			}

			// The survivors ask and talk while the core moves.
			rest := tabs[1:]
			for _, p := range rest {
				p.eval(`pushes.length = states.length = 0`)
			}
			for i, p := range rest {
				p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`
					window.said = (async () => { for (let n = 0; n < 8; n++) await c.model.act('send', { text: 'tab %d line ' + n }) })()
					window.read = c.call('list_chats', {})
					window.back = 0
					c.onState((state) => { if (state === 'live') back = Date.now() })`, i+2)))
			}
			killed := time.Now()
			scheme.kill(t, b, tabs[0])
			for n := range 8 {
				somebody.say(fmt.Sprintf("agent line %d", n))
			}
			for _, p := range rest {
				p.do(chromedp.Evaluate[chromedp.Void](`said`, chromedp.EvalAwaitPromise), chromedp.Evaluate[chromedp.Void](`read`, chromedp.EvalAwaitPromise))
			}
			if scheme.worker == "shared" {
				rest = tabs
			}

			// 2 lines from before, 8 from each of four tabs, 8 of the agent's.
			const all = 2 + 4*8 + 8
			for _, p := range rest {
				p.wait("all lines, sent", fmt.Sprintf(`%s.filter((line) => line.startsWith('sent ')).length === %d`, lines, all))
			}
			until(t, "one socket", func() bool { return demo.sockets(t) == 1 })
			first := ask(rest[0], chromedp.Evaluate[[]string](lines))
			for _, p := range rest {
				if got := ask(p, chromedp.Evaluate[[]string](lines)); !slices.Equal(got, first) {
					t.Errorf("%s shows %q, %s shows %q", p.name, got, rest[0].name, first)
				}
			}
			var others []string
			for i := range 4 {
				others = append(others, fmt.Sprintf("tab %d line ", i+2))
			}
			for _, who := range append(others, "agent line ") {
				inOrder(t, "shown", who, first)
				for _, p := range rest {
					if p != tabs[0] {
						inOrder(t, p.name+" heard", who, ask(p, chromedp.Evaluate[[]string](`pushes`)))
					}
				}
			}
			// One that found the next core live already has not heard of it.
			var took []time.Duration
			for _, p := range rest[len(rest)-4:] {
				if live := ask(p, chromedp.Evaluate[float64](`back`)); live > 0 {
					took = append(took, time.UnixMilli(int64(live)).Sub(killed).Round(time.Millisecond))
				}
			}
			t.Logf("from the kill to live again: %v", took)
			demo.quiet(t, rest...)
		})
	}
}

// inOrder fails unless who's eight lines are there once and in order.
func inOrder(t *testing.T, where, who string, lines []string) {
	t.Helper()
	var got []string
	for _, line := range lines {
		if _, n, ok := strings.Cut(line, who); ok {
			got = append(got, n)
		}
	}
	if want := "0 1 2 3 4 5 6 7"; strings.Join(got, " ") != want {
		t.Errorf("%s of %q: %s, want %s", where, who, strings.Join(got, " "), want)
	}
}

// TestBackForwardCache leaves a page and comes back to it as it was: its socket
// was closed meanwhile, and what was missed is there, also for who listens to
// pushes.
func TestBackForwardCache(t *testing.T) {
	for _, scheme := range schemes {
		t.Run(scheme.worker, func(t *testing.T) {
			demo := startDemo(t)
			b := started(t)
			somebody := newTalker(t, demo)
			p := tab(t, b, demo, "page", scheme.worker)
			p.act("hello")
			p.shows("hello")
			somebody.say("welcome")
			p.shows("hello", "welcome")

			p.do(chromedp.Navigate(demo.url + "/none"))
			until(t, "no socket", func() bool { return demo.sockets(t) == 0 })
			somebody.say("missed")
			p.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
			p.wait("the page as it was", `typeof pushes === 'object'`)
			p.shows("hello", "welcome", "missed")
			p.wait("the push", `pushes.join() === 'welcome,missed'`)
			p.act("back")
			p.shows("hello", "welcome", "missed", "back")
			p.forgive("404")
			demo.quiet(t, p)
		})
	}
}
