package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// translations are the languages of the widget beside English, with the words
// that are the same there.
var translations = map[string][]string{
	"de": {"Chat", "Online", "Offline", "Emoji"},
	"es": {"Chat", "Emoji"},
	"fr": {"Chat", "Messages", "Notifications"},
	"pl": {"Online", "Offline", "Emoji"},
	"ar": nil,
	"ja": nil,
}

// listen to the widget: speak resolves when it has drawn itself in a language,
// said is every text and name in it.
const speech = `
	window.widget = document.querySelector('rtm-chat')
	window.speak = async lang => {
		if (lang) widget.lang = lang
		else widget.removeAttribute('lang')
		while (widget.shadowRoot.querySelector('dialog')?.lang !== (lang || 'en')) await new Promise(done => setTimeout(done, 5))
		await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
	}
	window.said = () => {
		const texts = new Set()
		for (const e of widget.shadowRoot.querySelectorAll('*')) {
			if (e.closest('[hidden], style, .system .bubble')) continue // system messages are the server's
			for (const name of ['aria-label', 'placeholder', 'title', 'alt']) if (e.getAttribute(name)) texts.add(e.getAttribute(name))
			for (const node of e.childNodes) if (node.nodeType === 3 && node.data.trim()) texts.add(node.data.trim())
		}
		return [...texts]
	}`

// comparison draws one state of the widget in every language.
type comparison struct {
	p *page
	// theirs are the texts of the server and of the people, which stay.
	theirs map[string]bool
}

// compare opens the ears for a page that works with a seed.
func compare(p *page, seed string, said ...string) comparison {
	p.t.Helper()
	c := comparison{p, map[string]bool{}}
	data, err := os.ReadFile("testdata/" + seed)
	if err != nil {
		p.t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		p.t.Fatal(err)
	}
	c.keep(tree)
	for _, text := range said {
		c.theirs[text] = true
	}
	p.do(chromedp.Evaluate[chromedp.Void](speech))
	return c
}

func (c comparison) keep(value any) {
	switch v := value.(type) {
	case string:
		c.theirs[v] = true
	case []any:
		for _, one := range v {
			c.keep(one)
		}
	case map[string]any:
		for _, one := range v {
			c.keep(one)
		}
	}
}

func (c comparison) speak(lang string) {
	c.p.t.Helper()
	c.p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("speak(%q)", lang), chromedp.EvalAwaitPromise))
}

// all draws the state in every language and fails when English is left over.
// In each it calls check and leaves a picture at both widths.
func (c comparison) all(state string, check func(lang string)) {
	c.p.t.Helper()
	c.speak("en")
	said := func() []string { return ask(c.p, chromedp.Evaluate[[]string]("said()")) }
	english := said()
	for lang, same := range translations {
		c.speak(lang)
		if check != nil {
			check(lang)
		}
		for _, text := range said() {
			name := strings.TrimSuffix(text, ":")
			if slices.Contains(english, text) && strings.ContainsFunc(text, isLetter) && !c.theirs[text] && !c.theirs[name] && !slices.Contains(same, name) {
				c.p.t.Errorf("%s: %s says %q as English does", state, lang, text)
			}
		}
		c.p.shoot(fmt.Sprintf("%s-%s-1440", state, lang))
	}
	c.p.do(chromedp.EmulateViewport(360, 740))
	for lang := range translations {
		c.speak(lang)
		c.p.shoot(fmt.Sprintf("%s-%s-360", state, lang))
	}
	c.p.do(chromedp.EmulateViewport(1440, 900))
	c.speak("")
}

func isLetter(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' }

// TestLanguages holds a conversation and draws each state of it in every
// language, switched while somebody reads and writes.
func TestLanguages(t *testing.T) {
	d, p, _ := shop(t, "widget.json", 1440, 900)
	p.prefer("prefers-reduced-motion", "reduce") // a picture is taken at once
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	c := compare(p, "widget.json", "KB", "AM", "half a thought", "Rokkaku\nA fighting kite")
	c.all("language-empty", nil)

	for _, text := range []string{"hello", "card", "strange", "ask", "carousel", "quick"} {
		c.theirs[text] = true
		p.say(text)
	}
	p.waitFor(chat + ".quick-replies button")
	p.write(field, "half a thought")
	// The reader is in the middle, and the draft has the focus.
	p.wait("the middle", fmt.Sprintf(`(e => { if (%[1]s) return true; e.scrollTop = e.scrollHeight / 2; return false })(%[2]s)`, find(chat+"[part~=jump]"), find(chat+"[part~=timeline]")))
	place := fmt.Sprintf(`(e => {
		const top = e.getBoundingClientRect().top
		const row = [...e.querySelectorAll('[data-key]')].find(row => row.getBoundingClientRect().bottom > top + 1)
		return { key: row.dataset.key, top: row.getBoundingClientRect().top }
	})(%s)`, find(chat+"[part~=timeline]"))
	type spot struct {
		Key string  `json:"key"`
		Top float64 `json:"top"`
	}
	before := ask(p, chromedp.Evaluate[spot](place))
	c.all("language", func(lang string) {
		p.wait("the draft with its focus in "+lang, fmt.Sprintf(`(e => e.value === 'half a thought' && widget.shadowRoot.activeElement === e)(%s)`, find(field)))
		if now := ask(p, chromedp.Evaluate[spot](place)); now.Key != before.Key || now.Top < before.Top-2 || now.Top > before.Top+2 {
			t.Errorf("%s: the reader was at %v and is at %v", lang, before, now)
		}
	})

	p.do(chromedp.Evaluate[chromedp.Void](find(field) + ".select()"))
	p.say("bye")
	p.waitFor(chat + "[part~=restart]")
	p.click(chat + "[part~=rate]")
	p.waitFor(chat + "[part~=rate-comment]")
	c.theirs["bye"] = true
	c.all("language-ended", nil)
	p.click(chat + "[part~=restart]")
	p.say("person")
	c.theirs["person"] = true
	p.waitFor(chat + ".banner")
	c.all("language-queue", nil)
	d.quiet(t, p)
}

// TestLanguagesOfForms does the same with a form, and what is wrong in it.
func TestLanguagesOfForms(t *testing.T) {
	d, p, _ := shop(t, "widget-forms.json", 1440, 900)
	p.prefer("prefers-reduced-motion", "reduce")
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + "[part~=form]")
	c := compare(p, "widget-forms.json")
	p.click(chat + "[part~=form-submit]")
	p.waitText(chat+".form-problem", "Your name: Please fill in this field.")
	c.all("language-form", nil)
	// A language that comes from around the element, or from its property.
	p.do(chromedp.Evaluate[chromedp.Void](`document.documentElement.lang = 'pl-PL'`))
	p.waitText(chat+"[part~=form-submit]", "Rozpocznij rozmowę")
	p.do(chromedp.Evaluate[chromedp.Void](`widget.strings = { startChat: 'Zaczynamy', connection: { live: 'Jesteśmy' } }`))
	p.waitText(chat+"[part~=form-submit]", "Zaczynamy")
	p.do(chromedp.Evaluate[chromedp.Void](`widget.locale = 'de-AT'`))
	p.waitText(chat+"h3", "Bevor wir beginnen")
	p.waitText(chat+"[part~=form-submit]", "Zaczynamy")
	p.do(chromedp.Evaluate[chromedp.Void](`widget.strings = undefined; widget.locale = 'it'`))
	p.waitText(chat+"[part~=form-submit]", "Start the chat")
	d.quiet(t, p)
}

// TestRightToLeft looks where things are when the widget, or its page, runs
// from right to left.
func TestRightToLeft(t *testing.T) {
	d, p, _ := shop(t, "widget.json", 1440, 900)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.say("hello")
	p.say("carousel")
	p.waitLast("a carousel", `m.querySelectorAll('[role=listitem] .card').length === 3`)
	p.do(chromedp.Evaluate[chromedp.Void](speech))
	p.do(chromedp.Evaluate[chromedp.Void](`window.places = () => {
		const box = selector => widget.shadowRoot.querySelector(selector).getBoundingClientRect()
		const log = box('[part~=timeline]'), own = box('[data-author=customer] .bubble'), other = box('.typing, .group:not(.own, .system) .avatar'), launcher = box('[part~=launcher]'), close = box('[part~=close]')
		const panel = box('[part~=panel]')
		const wide = [...widget.shadowRoot.querySelectorAll('.panel *')].filter(e => !e.closest('.cards, .hidden-text, svg')).filter(e => {
			const r = e.getBoundingClientRect()
			return r.width > 0 && (r.left < panel.left - 1 || r.right > panel.right + 1)
		}).map(e => e.className || e.localName)
		return {
			ownAtEnd: own.left - log.left < log.right - own.right,
			otherAtStart: log.right - other.right < other.left - log.left,
			launcherLeft: launcher.left < innerWidth / 2,
			closeLeft: close.left < panel.left + 60,
			inside: panel.left >= 0 && panel.right <= innerWidth && wide.length === 0,
		}
	}`))
	type places struct{ OwnAtEnd, OtherAtStart, LauncherLeft, CloseLeft, Inside bool }
	look := func(what string, want places) {
		t.Helper()
		if got := ask(p, chromedp.Evaluate[places](`places()`)); got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	rtl := places{OwnAtEnd: true, OtherAtStart: true, LauncherLeft: true, CloseLeft: true, Inside: true}
	look("English", places{Inside: true})
	p.do(chromedp.Evaluate[chromedp.Void](`speak('ar')`, chromedp.EvalAwaitPromise))
	look("Arabic in an English page", rtl)
	p.wait("the first card on the right", fmt.Sprintf(`(e => e.getBoundingClientRect().right - e.firstElementChild.getBoundingClientRect().right < 2)(%s)`, find(chat+".cards")))
	p.click(chat + ".turn button:last-child")
	p.wait("the second card, on the left", find(chat+".cards")+".scrollLeft < -50")
	p.wait("arrows that are mirrored", fmt.Sprintf(`getComputedStyle(%s).transform.startsWith('matrix(-1')`, find(chat+".turn svg")))
	p.do(chromedp.EmulateViewport(360, 740))
	p.wait("the phone's size", fmt.Sprintf(`%s.getBoundingClientRect().width === 360`, find(chat+"[part~=panel]")))
	p.shoot("rtl-360")
	p.do(chromedp.EmulateViewport(1440, 900))
	// The page's own direction needs no help, and what it gives the element stays.
	p.do(chromedp.Evaluate[chromedp.Void](`widget.removeAttribute('lang'); Object.assign(document.documentElement, { lang: 'ar', dir: 'rtl' })`))
	p.wait("no attribute", `!widget.hasAttribute('dir') && getComputedStyle(widget).direction === 'rtl'`)
	look("an Arabic page", rtl)
	p.shoot("rtl-page-1440")
	p.do(chromedp.Evaluate[chromedp.Void](`speak('de')`, chromedp.EvalAwaitPromise))
	p.wait("German from left to right", `widget.dir === 'ltr'`)
	p.do(chromedp.Evaluate[chromedp.Void](`widget.dir = 'rtl'; speak('fr')`, chromedp.EvalAwaitPromise))
	look("French with a direction of its own", rtl)
	d.quiet(t, p)
}
