package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// axeFile is the accessibility checker. The tests alone put it into a page, through
// DevTools, so that no policy has to allow it.
const axeFile = "../../web/node_modules/axe-core/axe.min.js"

// inspection is JavaScript for what axe does not see, or only guesses at. It goes into
// every shadow root.
const inspection = `
	window.inspection = {
		all(root = document) {
			return [...root.querySelectorAll('*')].flatMap(e => [e, ...e.shadowRoot ? this.all(e.shadowRoot) : []])
		},
		seen: e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest('.hidden-text'),
		name: e => e.localName + '.' + (e.getAttribute('part') ?? e.className) + ' ' + JSON.stringify(e.getAttribute('aria-label') ?? e.textContent.trim().slice(0, 40)),
		controls() {
			return this.all().filter(e => this.seen(e) && !e.closest('[inert]') && e.matches('a[href], button, input, select, textarea, summary, [tabindex], [contenteditable]'))
		},
		// What is smaller than 24 by 24 pixels, but for links in a line of text.
		small() {
			const box = e => (e.matches('input[type=checkbox], input[type=radio]') && e.closest('label') || e).getBoundingClientRect()
			const inText = e => e.matches('a') && getComputedStyle(e).display === 'inline'
			return this.controls().filter(e => !inText(e)).map(e => [e, box(e)])
				.filter(([, r]) => r.width < 23.95 || r.height < 23.95).map(([e, r]) => this.name(e) + ' is ' + r.width + ' by ' + r.height)
		},
		// What can't be read without scrolling sideways. A row of cards is turned, a block of code scrolls by itself.
		wide() {
			const page = document.scrollingElement
			const out = page.scrollWidth > innerWidth ? ['the page is ' + page.scrollWidth + ' wide'] : []
			const turned = e => e.closest('[part~=carousel], pre, [data-wide]')
			for (const e of this.all()) {
				if (!this.seen(e) || turned(e) || e.closest('svg')) continue
				const scrolls = /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
				if (scrolls && !e.matches('textarea, input, html, body')) out.push(this.name(e) + ' scrolls sideways: ' + e.scrollWidth + ' in ' + e.clientWidth)
			}
			for (const e of this.controls()) {
				if (turned(e) || e.matches('[type=file]')) continue
				const r = e.getBoundingClientRect()
				if (r.width > 0 && (r.left < -1 || r.right > innerWidth + 1) && r.bottom > 0) out.push(this.name(e) + ' is at ' + r.left + ' to ' + r.right)
			}
			return out
		},
		async axe(context) {
			const rules = { 'target-size': { enabled: true } }
			const { violations } = await axe.run(context ?? document, { rules, resultTypes: ['violations'] })
			return violations.flatMap(({ id, help, nodes }) => nodes.map(node => id + ': ' + help + ': ' + node.target.flat().join(' >>> ') + ': ' + node.failureSummary.replaceAll('\n', ' ')))
		},
	}`

// zoomed is what a window of 1280 by 1024 has left at 400 %.
var zoomed = look{320, 256, "light"}

// inspect looks whether everybody can use what a page shows now: in two directions,
// light and dark, with a window and with a phone, enlarged, and by touch. again brings
// about what does not last.
func (p *page) inspect(state string, again ...func()) {
	p.t.Helper()
	p.arm()
	// The page around the widget is looked at in states of its own.
	context := "undefined"
	if strings.HasPrefix(state, "widget-") {
		context = element
	}
	for _, at := range []struct {
		look
		direction string
		checks    []string
	}{
		{look{1440, 900, "light"}, "ltr", []string{"axe", "small"}},
		{look{360, 740, "dark"}, "rtl", []string{"axe", "small"}},
		{zoomed, "rtl", []string{"wide"}},
		{zoomed, "ltr", []string{"wide"}},
	} {
		p.look(at.look)
		p.turn(at.direction)
		for _, f := range again {
			f()
		}
		p.settle()
		for _, check := range at.checks {
			for _, problem := range ask(p, chromedp.Evaluate[[]string](fmt.Sprintf("inspection.%s(%s)", check, context), chromedp.EvalAwaitPromise)) {
				p.t.Errorf("%s, %s, %s: %s", state, at.look, at.direction, problem)
			}
		}
	}
}

// arm puts the checks into a page that does not have them yet.
func (p *page) arm() {
	p.t.Helper()
	if !ask(p, chromedp.Evaluate[bool]("'inspection' in window")) {
		source, err := os.ReadFile(axeFile)
		if err != nil {
			p.t.Fatal(err)
		}
		p.do(chromedp.Evaluate[chromedp.Void](string(source)+"; undefined"), chromedp.Evaluate[chromedp.Void](inspection))
	}
}

// turn has the page and its widget run in a direction, the widget in a language that
// does.
func (p *page) turn(direction string) {
	p.t.Helper()
	lang := map[string]string{"ltr": "en", "rtl": "ar"}[direction]
	p.eval(fmt.Sprintf(`document.documentElement.dir = %q; for (const chat of document.querySelectorAll('rtm-chat')) chat.lang = %q`, direction, lang))
	p.wait("the language "+lang, fmt.Sprintf(`[...document.querySelectorAll('rtm-chat')].every(chat => (chat.shadowRoot.querySelector('dialog')?.lang ?? %[1]q) === %[1]q)`, lang))
}

// settle waits until what changes the picture by itself has ended.
func (p *page) settle() {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](`Promise.all([document.fonts.ready, ...document.getAnimations({ subtree: true }).filter(a => a.effect.getTiming().iterations === 1).map(a => a.finished.catch(() => {}))])
		.then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))`, chromedp.EvalAwaitPromise))
}

// TestInspectionFinds shows each check what it has to find, in a shadow root.
func TestInspectionFinds(t *testing.T) {
	p := open(t, started(t), "inspection", "data:text/html,<!doctype html><html lang=en><title>All wrong</title><main><h1>All wrong</h1><div id=host></div></main>", 320, 256)
	p.arm()
	p.eval(`document.querySelector('#host').attachShadow({ mode: 'open' }).innerHTML = '<img src=data:,><p style="color: #bbb">pale</p><button style="width: 20px; height: 20px; padding: 0">x</button><div style="width: 400px; overflow: auto"><a href="#" style="display: block; margin-left: 390px">far</a></div>'`)
	for check, want := range map[string][]string{
		"axe":   {"image-alt: ", "color-contrast: "},
		"small": {" is 20 by 20"},
		"wide":  {"the page is ", " is at "},
	} {
		found := strings.Join(ask(p, chromedp.Evaluate[[]string]("inspection."+check+"()", chromedp.EvalAwaitPromise)), "\n")
		for _, part := range want {
			if !strings.Contains(found, part) {
				t.Errorf("%s does not find %q, only %q", check, part, found)
			}
		}
	}
}
