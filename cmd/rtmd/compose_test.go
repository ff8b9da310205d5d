package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// hit presses a key with all that belongs to it, so that the browser does what the key does.
func (p *page) hit(key input.DispatchKeyEventParams) {
	p.t.Helper()
	codes := map[string]int64{"Tab": 9, "Enter": 13, " ": 32, "Escape": 27, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
	key.Type, key.Code, key.WindowsVirtualKeyCode = input.DispatchKeyEventTypeKeyDown, key.Key, codes[key.Key]
	switch key.Key {
	case "Enter":
		key.Text = "\r"
	case " ":
		key.Code, key.Text = "Space", " "
	}
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, key); err != nil {
			return err
		}
		key.Type, key.Text, key.Commands = input.DispatchKeyEventTypeKeyUp, "", nil
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, key)
		return err
	}))
}

// keys presses keys, one after the other.
func (p *page) keys(names ...string) {
	p.t.Helper()
	for _, name := range names {
		p.hit(input.DispatchKeyEventParams{Key: name})
	}
}

// waitFocus waits until an element of the widget has the focus.
func (p *page) waitFocus(selector string) {
	p.t.Helper()
	p.wait("the focus on "+selector, fmt.Sprintf(`document.querySelector('rtm-chat').shadowRoot.activeElement?.matches(%q)`, selector))
}

func (p *page) waitValue(want string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("%q in the field", want), fmt.Sprintf(`%s?.value === %q`, find(field), want))
}

func (p *page) run(script string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](script, chromedp.EvalAwaitPromise))
}

// TestComposer writes as people do: with several lines, an input method, emoji,
// what was copied elsewhere, too much, and with a reload in between.
func TestComposer(t *testing.T) {
	d, p, _ := shop(t, "widget.json", 360, 740)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.write(field, "A draft")
	p.do(chromedp.Reload())
	p.waitValue("A draft")
	p.waitFor(chat + liveState)
	p.waitValue("A draft")
	p.wait("16 px, so that a phone does not zoom", `getComputedStyle(`+find(field)+`).fontSize === '16px'`)

	// Lines, up to where the field scrolls.
	p.run(find(field) + ".focus()")
	p.keys("End")
	height := find(field) + ".clientHeight"
	p.run(`window.before = ` + height)
	p.hit(input.DispatchKeyEventParams{Key: "Enter", Modifiers: 8})
	p.write(field, "of two lines")
	p.waitValue("A draft\nof two lines")
	p.wait("a higher field", height+" > window.before")
	p.enter()
	p.wait("two lines in one message", fmt.Sprintf(`%s?.innerText.trim() === 'A draft\nof two lines'`, find(chat+fromCustomer+"[data-state=sent] [part~=bubble]")))
	p.wait("an empty field, as high as before", find(field)+`.value === '' && `+height+" === window.before")
	p.wait("no draft kept", `Object.keys(sessionStorage).every(key => !key.startsWith('rtm-draft'))`)
	p.write(field, strings.Repeat("line\n", 40))
	p.wait("a field that scrolls", find(field)+`.scrollHeight > `+height+` && `+height+` < innerHeight / 2`)
	p.shoot("lines-360")
	p.hit(input.DispatchKeyEventParams{Key: "a", Commands: []string{"selectAll"}})

	// Enter that accepts what an input method offers sends nothing.
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.ImeSetComposition, input.ImeSetCompositionParams{Text: "たこ", SelectionStart: 2, SelectionEnd: 2})
		return err
	}))
	p.waitValue("たこ")
	for _, composing := range []string{"isComposing: true", "keyCode: 229"} {
		if sends := ask(p, chromedp.Evaluate[bool](fmt.Sprintf(`!%s.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, %s }))`, find(field), composing))); sends {
			t.Errorf("Enter with %s was taken", composing)
		}
	}
	p.write(field, "凧")
	p.waitValue("凧")

	// What was copied from a page comes as its text. On a phone the page can't be reached behind the panel.
	p.do(chromedp.EmulateViewport(1440, 900))
	p.run(`(() => {
		const rich = document.body.appendChild(document.createElement('p'))
		document.activeElement?.blur()
		rich.append('red ', Object.assign(document.createElement('b'), { textContent: 'kite' }))
		getSelection().selectAllChildren(rich)
	})()`)
	p.hit(input.DispatchKeyEventParams{Key: "c", Modifiers: 2, Commands: []string{"copy"}})
	p.run(find(field) + ".focus()")
	p.keys("End")
	p.hit(input.DispatchKeyEventParams{Key: "v", Modifiers: 2, Commands: []string{"paste"}})
	p.waitValue("凧red kite")

	p.do(chromedp.EmulateViewport(360, 740))

	// Emoji by the keyboard: Esc leaves the picker alone, a choice goes where the caret is.
	p.keys("Home")
	p.click(chat + "[part~=emoji-button]")
	p.waitFocus(".emoji button:first-child")
	p.shoot("emoji-360")
	p.keys("Escape")
	p.waitGone(chat + "[part~=emoji]")
	p.waitFocus(".emoji-button")
	p.enter()
	p.waitFocus(".emoji button:first-child")
	p.keys("ArrowDown", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowUp", "End", "Home", "ArrowRight")
	p.waitFocus(".emoji button:nth-child(2)")
	p.enter()
	p.waitGone(chat + "[part~=emoji]")
	p.waitFocus("textarea")
	p.write(field, "!")
	p.waitValue("😄!凧red kite")
	p.click(chat + "[part~=emoji-button]")
	p.waitFor(chat + "[part~=emoji]")
	p.click(chat + "h2")
	p.waitGone(chat + "[part~=emoji]")
	p.write(field, "")
	p.enter()
	p.waitText(chat+"[part~=timeline]", "😄!凧red kite")

	// Bytes are counted, not characters.
	p.write(field, strings.Repeat("é", 8192-100))
	p.waitText(chat+".left", "200 bytes left")
	p.write(field, strings.Repeat("é", 100)+"x")
	p.waitText(chat+"[part~=composer] [role=alert]", "This message is too long.")
	p.waitText(chat+".left", "1 byte too long")
	p.shoot("too-long-360")
	p.do(chromedp.EmulateViewport(1440, 900))
	p.shoot("too-long-1440")
	p.enter()
	p.waitFor(chat + "[part~=send]:disabled")
	p.wait("the text to stay", find(field)+`.value.length === 8193`)
	p.run(fmt.Sprintf(`(e => { e.setSelectionRange(8192, 8193); e.focus() })(%s)`, find(field)))
	p.hit(input.DispatchKeyEventParams{Key: "Delete", Commands: []string{"deleteForward"}})
	p.waitText(chat+".left", "0 bytes left")
	p.enter()
	p.wait("the long text sent", fmt.Sprintf(`[...document.querySelector('rtm-chat').shadowRoot.querySelectorAll('%s[data-state=sent] [part~=bubble]')].at(-1)?.textContent.length === 8192`, fromCustomer))
	d.quiet(t, p)
}

// TestTranscript saves a conversation of more threads than the page holds, and ends it.
func TestTranscript(t *testing.T) {
	d, p, b := shop(t, "widget.json", 1440, 900)
	dir := t.TempDir()
	if _, err := cdp.Call(b, chromedp.FromContext(b).Browser, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir,
	}); err != nil {
		t.Fatal(err)
	}
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.waitGone(chat + "[part~=menu-button]")
	const rounds = 5
	for i := range rounds {
		if i > 0 {
			p.click(chat + "[part~=restart]")
		}
		p.say(fmt.Sprintf("Round %d <b>", i))
		p.say("bye")
		p.waitFor(chat + "[part~=restart]")
	}
	p.do(chromedp.Reload())
	p.waitFor(chat + liveState)
	p.waitFor(chat + "[part~=restart]")
	p.waitText(chat+"[part~=timeline]", fmt.Sprintf("Round %d", rounds-1))
	if held := ask(p, chromedp.Evaluate[bool](find(chat+"[part~=timeline]")+`.textContent.includes('Round 0')`)); held {
		t.Fatal("the page holds everything, so this shows nothing")
	}

	// The menu by the keyboard: it goes round, Esc closes the menu and not the panel.
	p.click(chat + "[part~=menu-button]")
	p.waitFocus("[part~=save-transcript]")
	p.shoot("menu-1440")
	p.keys("ArrowUp")
	p.wait("the last item", `(e => e.matches('[role^=menuitem]') && !e.nextElementSibling)(document.querySelector('rtm-chat').shadowRoot.activeElement)`)
	p.keys("ArrowDown")
	p.waitFocus("[part~=save-transcript]")
	p.keys("Escape")
	p.waitFocus("[part~=menu-button]")
	p.waitGone(chat + "[part~=menu]")
	p.enter()
	p.waitFocus("[part~=save-transcript]")
	p.enter()
	text := saved(t, dir)
	last := -1
	for i := range rounds {
		at := strings.Index(text, fmt.Sprintf("You: Round %d <b>\n", i))
		if at <= last {
			t.Errorf("round %d is missing or in the wrong place", i)
		}
		last = at
	}
	if n := strings.Count(text, "Kite Bot: Have a good wind!\n"); n != rounds {
		t.Errorf("%d answers, want %d", n, rounds)
	}
	if line := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d .M \S+  You: Round 0`); !line.MatchString(strings.ReplaceAll(text, "\u202f", " ")) {
		t.Error("no time with its zone")
	}
	if t.Failed() {
		t.Log(text)
	}

	// To end a chat takes two steps, and Esc is the way back.
	p.click(chat + "[part~=restart]")
	p.say("One more thing")
	end := func() {
		p.click(chat + "[part~=menu-button]")
		p.waitFocus("[part~=save-transcript]")
		p.keys("End")
		p.waitFocus("[part~=end-chat]")
		p.enter()
		p.waitFocus("[part~=keep-chatting]")
	}
	end()
	p.shoot("end-1440")
	p.do(chromedp.EmulateViewport(360, 740))
	p.shoot("end-360")
	p.keys("Escape")
	p.waitGone(chat + "[part~=confirm]")
	p.waitFocus("textarea")
	end()
	p.click(chat + "[part~=end-confirm]")
	p.waitFor(chat + "[part~=restart]")
	p.waitFocus(".restart")
	p.click(chat + "[part~=menu-button]")
	p.waitFor(chat + "[part~=menu]")
	p.waitGone(chat + "[part~=end-chat]")
	p.shoot("menu-360")
	d.quiet(t, p)
}

// saved waits for a transcript in dir; the browser names a file when it is whole.
func saved(t *testing.T, dir string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for tick := time.Tick(20 * time.Millisecond); ; {
		names, err := filepath.Glob(filepath.Join(dir, "chat-????-??-??.txt"))
		if err != nil {
			t.Fatal(err)
		}
		if len(names) > 0 {
			text, err := os.ReadFile(names[0])
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		select {
		case <-tick:
		case <-ctx.Done():
			t.Fatal("no transcript was saved")
		}
	}
}
