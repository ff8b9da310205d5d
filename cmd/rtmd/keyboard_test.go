package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// focused is JavaScript: the element of the widget that has the focus, and what is wrong
// with how that can be seen.
const focused = `
	window.holder = () => document.querySelector('rtm-chat').shadowRoot.activeElement
	window.unseen = () => {
		const e = holder()
		if (!e) return ''
		const marks = [e, e.closest('.field')].filter(Boolean).map(one => getComputedStyle(one))
		if (!marks.some(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1 || s.boxShadow !== 'none')) return 'has no mark of its focus'
		const r = e.getBoundingClientRect()
		if (r.right < 1 || r.bottom < 1 || r.left > innerWidth - 1 || r.top > innerHeight - 1) return 'is not on the screen'
		return ''
	}`

// walk presses a key so often until the focus is on an element of the widget, as
// somebody does who has no mouse, and looks whether it can be seen wherever it comes by.
func (p *page) walk(key input.DispatchKeyEventParams, selector string) {
	p.t.Helper()
	at := fmt.Sprintf(`[Boolean(holder()?.matches(%q)) ? 'there' : '', unseen(), holder()?.getAttribute('part') ?? holder()?.localName ?? 'the page']`, selector)
	for range 80 {
		p.hit(key)
		now := ask(p, chromedp.Evaluate[[]string](at))
		if now[1] != "" {
			p.t.Errorf("%s %s", now[2], now[1])
		}
		if now[0] != "" {
			return
		}
	}
	p.shoot("failed")
	p.t.Fatalf("the keyboard does not reach %s", selector)
}

func (p *page) tabTo(selector string) {
	p.t.Helper()
	p.walk(input.DispatchKeyEventParams{Key: "Tab"}, selector)
}

func (p *page) tabBackTo(selector string) {
	p.t.Helper()
	p.walk(input.DispatchKeyEventParams{Key: "Tab", Modifiers: 8}, selector)
}

// choosing answers the browser's file dialog with a file.
func (p *page) choosing(file string) {
	p.t.Helper()
	if err := chromedp.Listen(p.ctx, func(event any) {
		opened, ok := event.(*cdppage.EventFileChooserOpened)
		if !ok {
			return
		}
		go chromedp.Do(p.ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{file}, BackendNodeID: opened.BackendNodeID})
			return err
		}))
	}); err != nil {
		p.t.Fatal(err)
	}
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cdppage.SetInterceptFileChooserDialog, cdppage.SetInterceptFileChooserDialogParams{Enabled: true})
		return err
	}))
}

// TestKeyboard goes through a whole conversation without a mouse. The focus is always to
// be seen, and never lost.
func TestKeyboard(t *testing.T) {
	d, p, _ := shop(t, "keyboard.json", 1440, 900)
	file := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(file, []byte("how to fly it"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.choosing(file)
	p.eval(focused + `; ` + element + `.identify({ token: 'dal:ida' })`)
	last := func(state string) string {
		return fmt.Sprintf(`[...document.querySelector('rtm-chat').shadowRoot.querySelectorAll('%s')].at(-1)?.dataset.state === %q`, fromCustomer, state)
	}

	p.tabTo("[part~=launcher]")
	p.enter()
	p.waitText(chat+"[part~=timeline]", "Line 4 of visit 8")
	p.waitFocus(".restart")

	// What was said before, up to the first line, and there at rest: a scroller that is still on its way goes on after a jump.
	p.tabBackTo("[part~=timeline]")
	for first := "false"; first == "false"; {
		held := ask(p, chromedp.Evaluate[int](timelineLog+`.querySelectorAll('[data-key]').length`))
		p.keys("Home")
		p.wait("more above, or the first line", fmt.Sprintf(`(e => (window.first = String(e.scrollTop === 0 && e.textContent.includes('Line 1 of visit 1'))) === 'true' || e.querySelectorAll('[data-key]').length > %d)(%s)`, held, timelineLog))
		first = ask(p, chromedp.Evaluate[string]("first"))
	}
	p.waitFocus("[part~=timeline]")
	p.tabTo("[part~=jump]")
	p.enter()
	p.waitGone(chat + "[part~=jump]")
	p.waitFocus(".restart")

	// The form before a chat.
	p.enter()
	p.waitFocus("[part~=form] input[type=text]")
	p.enter()
	p.waitText(chat+".form-problem", "Your name")
	p.waitFocus("[aria-invalid=true]")
	p.typed("Ida Kent")
	p.tabTo("[part~=form] select")
	p.keys("ArrowDown")
	p.tabTo("[part~=form] input[type=checkbox]")
	p.keys(" ")
	p.tabTo("[part~=form-submit]")
	p.enter()
	p.waitFocus(".composer textarea")

	// A message, a button of the answer, and each message is read out once.
	p.eval(`window.read = []; new MutationObserver(changes => {
		if (` + timelineLog + `.ariaLive === 'off') return
		for (const { addedNodes } of changes) for (const node of addedNodes) read.push(node.textContent)
	}).observe(` + timelineLog + `, { childList: true, subtree: true })`)
	p.typed("quick")
	p.enter()
	p.waitFor(chat + ".quick-replies button")
	p.tabBackTo(".quick-replies button:first-child")
	p.enter()
	p.waitLast("the answer", `m.textContent.includes('Then take the Fulmar.')`)
	p.wait("the answer read out once", `read.filter(text => text.includes('Then take the Fulmar.')).length === 1`)
	p.waitFocus(".composer textarea")

	// A file.
	p.tabBackTo("[part~=attach]")
	p.enter()
	p.waitText(chat+".bubble.file a", "notes.txt")
	p.wait("the file sent", last("sent"))
	p.tabTo(".composer textarea")

	// What was not sent is sent again, or thrown away.
	refuse := func(text string) {
		d.control(t, "POST", "faults", `{"api":"customer","action":"send_event","effect":"error","error":"not_allowed"}`)
		p.typed(text)
		p.enter()
		p.waitFor(chat + "[part~=retry]")
		d.control(t, "DELETE", "faults", "")
	}
	refuse("Once more")
	p.tabBackTo("[part~=retry]")
	p.enter()
	p.wait("the message sent", last("sent"))
	p.waitFocus(".composer textarea")
	refuse("Never mind")
	p.tabBackTo("[part~=discard]")
	p.enter()
	p.waitGone(chat + "[part~=retry]")
	p.waitFocus(".composer textarea")

	// An emoji; Esc closes the grid and not the panel.
	p.tabBackTo("[part~=emoji-button]")
	p.enter()
	p.waitFocus("[part~=emoji] button")
	p.keys("Escape")
	p.waitFocus("[part~=emoji-button]")
	p.enter()
	p.waitFocus("[part~=emoji] button")
	p.keys("ArrowRight", "Enter")
	p.waitFocus(".composer textarea")
	p.enter()
	p.waitValue("")

	// The menu ends the chat, which is rated and begun anew.
	p.tabBackTo("[part~=menu-button]")
	p.enter()
	p.waitFocus("[part~=menu-item]")
	p.keys("End")
	p.waitFocus("[part~=end-chat]")
	p.enter()
	p.waitFocus("[part~=keep-chatting]")
	p.tabTo("[part~=end-confirm]")
	p.enter()
	p.waitFocus(".restart")
	p.tabBackTo("[part~=rate]")
	p.enter()
	p.waitFocus("[part~=rate][aria-pressed=true]")
	p.tabTo("[part~=rating] textarea")
	p.typed("It rained")
	p.tabTo("[part~=rate-comment]")
	p.enter()
	p.waitText(chat+"[part~=rating]", "Thank you")
	p.wait("the focus to be kept", `holder() != null`)
	p.tabTo(".restart")
	p.enter()
	p.waitFocus("[part~=form] input")

	// And out again.
	p.keys("Escape")
	p.waitFocus("[part~=launcher]")
	p.wait("the panel to be closed", "!"+element+".open")
	p.enter()
	p.waitFocus("[part~=form] input")
	p.tabBackTo("[part~=close]")
	p.enter()
	p.waitFocus("[part~=launcher]")
	d.quiet(t, p)
}
