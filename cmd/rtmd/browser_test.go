package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds every wait, for a page or a process. It is generous: the machine
// may be busy, and a test that passes never uses it up.
const patience = 90 * time.Second

// screenshots is where the pages' pictures go, for people to look at.
const screenshots = "../../.build/screenshots"

// started is a browser that runs, so that the tabs opened in it are its own.
func started(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	ctx := browser(t, more...)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// page is a tab. Whatever goes wrong in it fails the test at its end.
type page struct {
	t    *testing.T
	name string
	ctx  context.Context

	mu       sync.Mutex // guards what follows
	problems []string
}

// open opens url in a new tab of the browser of ctx.
func open(t *testing.T, ctx context.Context, name, url string, width, height int64) *page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	p := &page{t: t, name: name, ctx: ctx}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatalf("%s: open a tab: %v", name, err)
	}
	t.Cleanup(p.check)
	p.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(url))
	return p
}

// listen keeps what a page complains of: exceptions, console errors, and what
// the browser itself logs, refused resources and policies among it.
func (p *page) listen(event any) {
	var problem string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = "exception: " + e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			problem += " " + thrown.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeWarning && e.Type != runtime.ConsoleAPICalledTypeAssert {
			return
		}
		problem = "console: "
		for _, arg := range e.Args {
			problem += fmt.Sprintf("%s %s ", arg.Value, arg.Description)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError && e.Entry.Level != log.EntryLevelWarning {
			return
		}
		problem = "log: " + e.Entry.Text + " " + e.Entry.URL
	default:
		return
	}
	p.mu.Lock()
	p.problems = append(p.problems, problem)
	p.mu.Unlock()
}

func (p *page) check() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, problem := range p.problems {
		p.t.Errorf("%s: %s", p.name, problem)
	}
}

// forgive drops the complaints that hold text: those of a fault that the test
// made itself.
func (p *page) forgive(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = slices.DeleteFunc(p.problems, func(problem string) bool { return strings.Contains(problem, text) })
}

func (p *page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// ask runs an action that has a result.
func ask[T any](p *page, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	if err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
	return result
}

// find is JavaScript for the first element that matches path, in which " >>> "
// steps into a shadow root.
func find(path string) string {
	steps, _ := json.Marshal(strings.Split(path, " >>> "))
	return fmt.Sprintf(`%s.reduce((at, step) => at && (at.shadowRoot ?? at).querySelector(step), document)`, steps)
}

// wait waits until a JavaScript condition holds.
func (p *page) wait(what, condition string) {
	p.t.Helper()
	script := fmt.Sprintf(`new Promise((yes, no) => {
		const end = Date.now() + %d
		const look = () => {
			if (%s) yes(true)
			else if (Date.now() > end) no(new Error('it did not come about'))
			else setTimeout(look, 10)
		}
		look()
	})`, (patience - 2*time.Second).Milliseconds(), condition)
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.shoot("failed")
		p.t.Fatalf("%s: waited for %s: %v\n%s\nthe page is %s", p.name, what, err, condition, ask(p, chromedp.Evaluate[string](pageState)))
	}
}

// pageState is JavaScript for what is of use in finding out why a test failed.
const pageState = `[location.href, document.readyState, document.visibilityState, ...[...document.querySelectorAll('*')].filter(e => e.shadowRoot).flatMap(e => [
	e.localName + ': ' + e.shadowRoot.innerHTML.replace(/<!--.*?-->|<svg.*?<\/svg>/gs, '').replace(/\s+/g, ' ').slice(0, 6000),
	...[...e.shadowRoot.querySelectorAll('[part~=timeline]')].map(at => 'timeline at ' + at.scrollTop + ' of ' + at.scrollHeight + ', shows ' + at.clientHeight),
])].join('\n')`

func (p *page) waitFor(path string) {
	p.t.Helper()
	p.wait(path, find(path)+" != null")
}

func (p *page) waitGone(path string) {
	p.t.Helper()
	p.wait("the end of "+path, find(path)+" == null")
}

// waitText waits until the element's text contains want.
func (p *page) waitText(path, want string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("%q in %s", want, path), fmt.Sprintf(`(%s?.textContent ?? '').includes(%q)`, find(path), want))
}

// click clicks the middle of an element as a mouse does, once it stands still and
// nothing is in front of it; what never does is clicked all the same.
func (p *page) click(path string) {
	p.t.Helper()
	p.waitFor(path)
	at := ask(p, chromedp.Evaluate[place](spot(path), chromedp.EvalAwaitPromise))
	if at.Late {
		p.t.Logf("%s: %s is clicked though something else moves or is in front of it", p.name, path)
	}
	p.do(chromedp.MouseClickXY(at.X, at.Y))
}

// place is the middle of an element, and whether it could be hit there.
type place struct {
	X, Y float64
	Late bool
}

// spot is JavaScript for the place of an element that comes to rest.
func spot(path string) string {
	return fmt.Sprintf(`(async () => {
		const frame = () => new Promise(done => { requestAnimationFrame(done); setTimeout(done, 500) })
		let last
		for (const end = Date.now() + 15_000; ; await frame()) {
			const Late = Date.now() > end
			const e = %s
			if (!e) continue // it is being drawn anew
			e.scrollIntoView({ block: 'nearest' })
			const r = e.getBoundingClientRect()
			const now = { X: r.x + r.width / 2, Y: r.y + r.height / 2, Late }
			let hit = document.elementFromPoint(now.X, now.Y)
			for (let inner; (inner = hit?.shadowRoot?.elementFromPoint(now.X, now.Y)) && inner !== hit;) hit = inner
			const still = last?.X === now.X && last.Y === now.Y
			if (still && (e.contains(hit) || e.shadowRoot?.contains(hit))) return { ...now, Late: false }
			if (Late) return now
			last = now
		}
	})()`, find(path))
}

// write types text into an element as a keyboard does, without Enter.
func (p *page) write(path, text string) {
	p.t.Helper()
	p.waitFor(path)
	p.do(chromedp.Evaluate[chromedp.Void](find(path) + ".focus()"))
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// enter presses the Enter key: one key press, which a page may refuse to take
// as text.
func (p *page) enter() {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
			key := input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13}
			if kind == input.DispatchKeyEventTypeKeyDown {
				key.Text = "\r"
			}
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, key); err != nil {
				return err
			}
		}
		return nil
	}))
}

// shoot leaves a picture of the page.
func (p *page) shoot(name string) {
	p.t.Helper()
	png := ask(p, chromedp.CaptureScreenshot())
	if err := os.MkdirAll(screenshots, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(screenshots, p.name+"-"+name+".png"), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
