package main

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// prefer sets what the reader's system asks of pages, in pairs such as
// prefers-color-scheme and dark.
func (p *page) prefer(pairs ...string) {
	p.t.Helper()
	var params emulation.SetEmulatedMediaParams
	for pair := range slices.Chunk(pairs, 2) {
		params.Features = append(params.Features, &emulation.MediaFeature{Name: pair[0], Value: pair[1]})
	}
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, params)
		return err
	}))
}

// contrasts is JavaScript: contrast is the contrast of an element's text, or of
// its shape, with the ground that it stands on.
const contrasts = `
	window.widget = document.querySelector('rtm-chat')
	window.part = selector => widget.shadowRoot.querySelector(selector)
	{
		const art = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
		const luminance = color => {
			art.fillStyle = color
			art.fillRect(0, 0, 1, 1)
			const [r, g, b] = [...art.getImageData(0, 0, 1, 1).data].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
			return .2126 * r + .7152 * g + .0722 * b
		}
		const ground = e => {
			for (; e; e = e.parentElement) {
				const { backgroundColor } = getComputedStyle(e)
				if (!/^rgba\(.*, 0\)$/u.test(backgroundColor)) return backgroundColor
			}
			return '#fff'
		}
		window.contrast = selector => {
			const e = part(selector)
			const [dark, light] = [getComputedStyle(e).color, ground(e)].map(luminance).sort((a, b) => a - b)
			return (light + .05) / (dark + .05)
		}
	}`

// TestThemes looks at the colours that a page gives and those that follow.
func TestThemes(t *testing.T) {
	d, p, _ := shop(t, "widget.json", 1440, 900)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	for _, text := range []string{"hello, see https://shop.example/", "card", "ask", "quick"} {
		p.say(text)
	}
	p.waitFor(chat + ".quick-replies button")
	p.do(chromedp.Evaluate[chromedp.Void](contrasts))
	p.do(chromedp.Evaluate[chromedp.Void](`widget.style.cssText = ''; for (const sheet of document.styleSheets) for (const rule of [...sheet.cssRules]) if (rule.cssText.includes('--rtm-')) rule.selectorText ? rule.style.cssText = '' : sheet.deleteRule([...sheet.cssRules].indexOf(rule))`))

	dark := `(v => v.startsWith('rgb(20, 23, 29'))(getComputedStyle(part('.panel')).backgroundColor)`
	p.prefer("prefers-color-scheme", "light", "prefers-reduced-motion", "reduce")
	p.wait("light", "!"+dark)
	p.shoot("theme-light-1440")
	p.prefer("prefers-color-scheme", "dark", "prefers-reduced-motion", "reduce")
	p.wait("dark, as the system", dark)
	p.shoot("theme-dark-1440")
	p.do(chromedp.Evaluate[chromedp.Void](`widget.theme = 'light'`))
	p.wait("light, as the page", "!"+dark+` && getComputedStyle(widget).colorScheme === 'light'`)
	p.prefer("prefers-color-scheme", "light", "prefers-reduced-motion", "reduce")
	p.do(chromedp.Evaluate[chromedp.Void](`widget.setAttribute('theme', 'dark')`))
	p.wait("dark, as the page", dark+` && getComputedStyle(widget).colorScheme === 'dark'`)
	p.do(chromedp.EmulateViewport(360, 740))
	p.shoot("theme-dark-360")
	p.do(chromedp.EmulateViewport(1440, 900))
	p.do(chromedp.Evaluate[chromedp.Void](`widget.theme = 'auto'`))
	p.wait("light again", "!"+dark)

	// What was not given follows from what was, with enough contrast for text.
	texts := []string{
		"[part~=launcher]", "[part~=header] h2", "[part~=connection]", "[data-author=customer] .bubble", "[data-author=agent] .bubble", ".own .bubble a",
		".author", ".note", ".card-title", ".card-subtitle", ".choice[data-role=primary]", ".card .choice:not([data-role])", ".quick-replies .choice",
		".choice:disabled", ".day", "textarea", "[part~=attach]", "[part~=form-submit]", ".required",
	}
	for _, given := range []string{
		"", "--rtm-accent: #ffd21f", "--rtm-accent: #777", "--rtm-accent: #ff00ff", "--rtm-accent: #000", "--rtm-accent: #0f0",
		"--rtm-surface: #221529; --rtm-accent: #e58cff", "--rtm-surface: #fff6d8; --rtm-bubble: #5b2a86",
		"--rtm-own-bubble: #cfe8c6; --rtm-accent: #2f6b3a", "--rtm-text: #12263a; --rtm-bubble: #808080",
	} {
		for _, theme := range []string{"light", "dark"} {
			p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`widget.style.cssText = %q; widget.theme = %q`, given, theme)))
			if theme == "dark" && given == "--rtm-text: #12263a; --rtm-bubble: #808080" {
				continue // a dark text is for a light surface, which was not given
			}
			for _, text := range texts {
				if ratio := ask(p, chromedp.Evaluate[float64](fmt.Sprintf("contrast(%q)", text))); ratio < 4.5 {
					t.Errorf("%s with %q: the contrast of %s is %.2f", theme, given, text, ratio)
				}
			}
		}
	}
	p.do(chromedp.Evaluate[chromedp.Void](`widget.style.cssText = ''; widget.theme = 'auto'; widget.position = 'start'`))
	p.wait("the other corner", `(a => a.left === 20 && part('.panel').getBoundingClientRect().left === 20)(part('[part~=launcher]').getBoundingClientRect())`)
	p.do(chromedp.Evaluate[chromedp.Void](`widget.removeAttribute('position'); document.body.style.fontFamily = 'monospace'`))
	p.wait("the page's font", `getComputedStyle(part('h2')).fontFamily === 'monospace' && getComputedStyle(part('textarea')).fontFamily === 'monospace'`)

	p.wait("no motion", `[...widget.shadowRoot.querySelectorAll('*')].every(e => getComputedStyle(e).animationName === 'none' && getComputedStyle(e).transitionDuration === '0s')`)
	p.prefer("forced-colors", "active", "prefers-reduced-motion", "reduce")
	p.wait("lines where colours are gone", `['.panel', '[part~=launcher]', '.own .bubble', '.card'].every(s => getComputedStyle(part(s)).borderTopStyle === 'solid')`)
	p.shoot("theme-forced-colours-1440")
	p.do(chromedp.EmulateViewport(360, 740))
	p.shoot("theme-forced-colours-360")
	d.quiet(t, p)
}

// TestPlayground tries the controls of the theme playground, by keyboard too.
func TestPlayground(t *testing.T) {
	d := startDemo(t)
	p := open(t, started(t), "playground", d.url+"/playground", 1440, 900)
	p.waitText("pre", "<rtm-chat organization-id=")
	p.wait("the widget's own colours in the fields", `document.querySelector('[data-colour="--rtm-accent"] input').value === '#2c4bc9' && document.querySelectorAll('.colour [data-low]').length === 0`)
	p.shoot("1440")
	p.do(chromedp.EmulateViewport(360, 740))
	p.shoot("360")
	p.wait("no sideways scrolling", `document.documentElement.scrollWidth <= innerWidth`)
	p.do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, document.body.scrollHeight / 3)`))
	p.shoot("middle-360")
	p.do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, document.body.scrollHeight)`))
	p.shoot("end-360")
	p.do(chromedp.EmulateViewport(1440, 900), chromedp.Evaluate[chromedp.Void](`scrollTo(0, 0)`))

	set := func(selector, value string) {
		t.Helper()
		p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(e => { e.value = %q; e.dispatchEvent(new Event('input', { bubbles: true })) })(%s)`, value, find(selector))))
	}
	set(`[data-colour="--rtm-accent"] input`, "#ffd21f")
	p.waitText("pre", "--rtm-accent: #ffd21f;")
	p.wait("a dark text on a light accent", `document.querySelector('[data-colour="--rtm-on-accent"] input').value < '#202020'`)
	set(`[data-colour="--rtm-on-accent"] input`, "#ffffff")
	p.waitFor(`[data-colour="--rtm-on-accent"] [data-low]`)
	p.click(`[data-colour="--rtm-on-accent"] button`)
	p.waitGone(".colour [data-low]")
	set("[name=radius]", "4")
	p.waitText("pre", "--rtm-radius: 4px;")
	set("[name=lang]", "ar")
	p.waitText("pre", `lang="ar"`)
	p.wait("Arabic", find(chat+"[part~=launcher]")+`.getAttribute('aria-label') === 'فتح المحادثة'`)
	p.do(chromedp.Evaluate[chromedp.Void](find("[name=theme]:checked") + ".focus()"))
	p.keys("ArrowRight", "ArrowRight")
	p.waitText("pre", `theme="dark"`)
	p.click("[data-open]")
	p.waitFor(chat + liveState)
	p.say("أهلًا")
	p.click("[data-answer]")
	p.waitText(chat+fromAgent, "Fulmar")
	p.shoot("arabic-1440")
	p.click("[data-preset=moss]")
	set("[name=lang]", "ja")
	p.do(chromedp.Evaluate[chromedp.Void](find("[name=theme][value=light]") + ".click()"))
	p.waitText(chat+"[part~=connection]", "オンライン")
	p.shoot("japanese-1440")
	p.click("[data-copy]")
	p.wait("the copy", `document.querySelector('[name=copied]').value !== ''`)
	d.quiet(t, p)
}
