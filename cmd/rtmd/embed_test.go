package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
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

// framed is JavaScript for the size of the snippet's frame.
const framed = `(r => r && [r.width, r.height].join('x'))(document.querySelector('iframe')?.getBoundingClientRect())`

// TestFrame has the snippet on a page of another origin, whose policy allows the script and the frame and nothing else.
func TestFrame(t *testing.T) {
	webbuild(t)
	d := demo{start(t, "-web", "../../web/dist", "-seed", "testdata/widget.json")}
	page := strict(t, d.url, fmt.Sprintf(`<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,"><h1>Elsewhere</h1>
<script nonce="x">
window.rtmChat ??= (...said) => (rtmChat.q ??= []).push(said)
window.told = []
for (const name of ['ready', 'visibility', 'unread', 'message', 'greeting']) rtmChat('on', name, d => told.push([name, d.visibility ?? d.count ?? d.own ?? d.customer?.type ?? d.greeting.id].join(' ')))
rtmChat('identify', { name: 'Ida Kent' })
</script>
<script async src="%s/embed.js" data-organization-id="11111111-1111-4111-8111-111111111111" data-greetings data-rtm-accent="#7a1f5c"></script>`, d.url))
	p := open(t, started(t), "frame", page, 1440, 900)
	p.wait("the launcher alone", framed+" === '100x100'")
	p.wait("the greeting", `told.some(what => what.startsWith('greeting'))`)
	p.wait("room for the greeting", `(([width, height]) => width == 390 && height > 200 && height < 700)(`+framed+`.split('x'))`)
	p.shoot("greeting-1440")
	p.eval(`rtmChat('maximize')`)
	p.wait("room for the panel", framed+" === '444x776'")
	p.wait("the customer", `told.includes('ready customer')`)
	p.wait("what the page said of the customer", `rtmChat('call', 'get_customer').then(customer => { window.customer = customer }) && window.customer?.name === 'Ida Kent'`)

	at := p.within(field)
	p.do(chromedp.MouseClickXY(at.X, at.Y))
	p.typed("quick")
	p.enter()
	p.wait("the line, and the answer of the bot", `told.includes('message true') && told.includes('message false')`)
	p.shoot("panel-1440")
	p.eval(`rtmChat('minimize')`)
	p.wait("the launcher alone again", framed+" === '100x100'")
	p.do(chromedp.EmulateViewport(360, 740))
	p.eval(`rtmChat('open')`)
	p.wait("all of the screen", framed+" === '360x740'")
	p.shoot("panel-360")

	p.eval(`rtmChat('get', 'visibility').then(is => { window.is = is }); rtmChat('dance').catch(error => { window.refused = error.message })`)
	p.wait("answers", `window.is === 'maximized' && window.refused === 'rtmChat: there is nothing like dance'`)
	p.eval(`rtmChat('hide')`)
	p.wait("nothing to be seen", framed+" === '0x0' && told.at(-1) === 'visibility hidden'")
	p.eval(`rtmChat('destroy')`)
	p.wait("nothing left", `!document.querySelector('iframe') && !('rtmChat' in window)`)
	d.quiet(t, p)
}

// TestSnippet has the snippet on a page of the server's own origin, where it needs no frame.
func TestSnippet(t *testing.T) {
	d := startDemo(t)
	p := open(t, started(t), "snippet", d.url+"/console", 1440, 900)
	p.eval(`
window.told = []
window.rtmChat = (...said) => (rtmChat.q ??= []).push(said)
rtmChat('once', 'visibility', said => told.push(said.visibility))
rtmChat('maximize')
rtmChat('setSessionFields', { basket: 'Fulmar' })
const script = document.createElement('script')
script.async = true
script.src = trustedTypes.createPolicy('rtmwidget', { createScriptURL: url => url }).createScriptURL('/embed.js')
script.dataset.organizationId = '11111111-1111-4111-8111-111111111111'
script.dataset.group = '1'
document.head.append(script)`)
	p.waitFor(chat + liveState)
	p.wait("the attributes", element+`.group === 1 && !document.querySelector('iframe')`)
	p.wait("the session fields", `rtmChat('call', 'get_customer').then(customer => { window.customer = customer }) && JSON.stringify(window.customer?.session_fields) === '[{"basket":"Fulmar"}]'`)
	p.eval(`rtmChat('minimize'); rtmChat('maximize')`)
	p.say("From the snippet")
	p.eval(`history.pushState({}, '', '/console?agent=2'); document.title = 'Second'`)
	p.wait("the page that the customer went to", `fetch('/_rtmd/journal?action=update_customer_page').then(answer => answer.text()).then(text => { window.journal = text }) && window.journal?.includes('/console?agent=2')`)
	p.eval(`rtmChat('destroy')`)
	p.wait("nothing left", `!document.querySelector('rtm-chat') && !('rtmChat' in window) && told.join() === 'maximized'`)
	d.quiet(t, p)
}

// strict serves a page on an origin of its own under a policy that allows scripts and frames of one site.
func strict(t *testing.T, site, html string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; img-src data:; script-src 'nonce-x' %[1]s; frame-src %[1]s; require-trusted-types-for 'script'", site))
		w.Write([]byte(html))
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// within is the place of an element of the page's only frame, which the page itself may
// not look into.
func (p *page) within(path string) place {
	p.t.Helper()
	p.waitFor("iframe")
	frame := ask(p, chromedp.Evaluate[place](`(r => ({ X: r.x, Y: r.y }))(document.querySelector('iframe').getBoundingClientRect())`))
	var at place
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		tree, err := cdp.Call(ctx, t, cdppage.GetFrameTree, cdp.Empty{})
		if err != nil {
			return err
		}
		if n := len(tree.FrameTree.ChildFrames); n != 1 {
			return fmt.Errorf("the page has %d frames", n)
		}
		world, err := cdp.Call(ctx, t, cdppage.CreateIsolatedWorld, cdppage.CreateIsolatedWorldParams{FrameID: tree.FrameTree.ChildFrames[0].Frame.ID})
		if err != nil {
			return err
		}
		yes := true
		found, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{
			Expression: spot(path), ContextID: world.ExecutionContextID, ReturnByValue: &yes, AwaitPromise: &yes,
		})
		if err != nil {
			return err
		}
		return json.Unmarshal(found.Result.Value, &at)
	}))
	return place{X: frame.X + at.X, Y: frame.Y + at.Y}
}

// typed writes text where the focus is.
func (p *page) typed(text string) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// TestFrameAncestors asks who may hold the page for frames.
func TestFrameAncestors(t *testing.T) {
	dir := testBuild(t, map[string]string{"embed.html": "<!doctype html><title>chat</title>", "shop.html": "<!doctype html><title>shop</title>"})
	for _, test := range []struct {
		path    string
		origins []string
		want    string
	}{
		{"/embed", nil, "frame-ancestors *;"},
		{"/embed", []string{"https://shop.example", "https://*.shop.example"}, "frame-ancestors 'self' https://shop.example https://*.shop.example;"},
		{"/shop", nil, "frame-ancestors 'self';"},
	} {
		p, err := newPages(dir, notFound, slog.New(slog.DiscardHandler), test.origins...)
		if err != nil {
			t.Fatal(err)
		}
		if got := get(p, "GET", test.path).Header.Get("Content-Security-Policy"); !strings.Contains(got, test.want) {
			t.Errorf("%s for %q: %s, want %q", test.path, test.origins, got, test.want)
		}
	}
}

// TestREADMESnippet has the README's one line on a page of its own, with the call that may come before it.
func TestREADMESnippet(t *testing.T) {
	d := startDemo(t)
	said, _, _ := strings.Cut(snippet(t, d, "js", 0), "//")
	html := "<!doctype html><title>README</title><script>" + said + "\nrtmChat('maximize')</script>" + snippet(t, d, "html", 2)
	p := open(t, started(t), "readme-snippet", elsewhere(t, html), 1440, 900)
	p.wait("room for the panel", framed+" === '444x776'")
	d.quiet(t, p)
}
