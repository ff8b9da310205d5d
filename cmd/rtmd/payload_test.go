package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// guards is JavaScript: shape is what a page is built of, wrong what must not be in it.
const guards = `
	window.hits = []
	window.canary = () => { hits.push(new Error().stack) }
	for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => canary()
	window.inside = (root = document) => [...root.querySelectorAll('*')].flatMap(e => [e, ...e.shadowRoot ? inside(e.shadowRoot) : []])
	window.shape = () => {
		const counts = {}
		for (const e of inside()) {
			if (e.closest('[part=new]')) continue // on the second visit nothing is new
			const key = e.localName + '[' + e.getAttributeNames().filter(name => !['hidden', 'open', 'aria-live'].includes(name)).sort() + ']'
			counts[key] = (counts[key] ?? 0) + 1
		}
		return counts
	}
	window.unlike = before => {
		const now = shape()
		return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(key => before[key] !== now[key]).map(key => key + ': ' + (before[key] ?? 0) + ' and now ' + (now[key] ?? 0))
	}
	// What is still different when everything has had the time to be drawn.
	window.alike = async (before, time) => {
		for (const end = Date.now() + time; ; await new Promise(done => setTimeout(done, 20))) {
			const differences = unlike(before)
			if (!differences.length || Date.now() > end) return differences
		}
	}
	window.wrong = () => inside().flatMap(e => e.getAttributeNames().flatMap(name => {
		const value = e.getAttribute(name)
		if (/^on|^srcdoc$|^data-evil$/i.test(name)) return [e.localName + ' has ' + name]
		if (!['href', 'src', 'action', 'formaction', 'poster', 'srcset', 'data', 'background', 'xlink:href', 'ping'].includes(name)) return []
		const { protocol } = new URL(value, location.href)
		return ['http:', 'https:', 'mailto:', 'tel:'].includes(protocol) ? [] : [e.localName + ' ' + name + ' is ' + value]
	})).concat(hits.map(stack => 'a script ran: ' + stack));`

// TestPayloads draws every field with every payload, and compares what the page is
// built of with what it is built of when the same fields are harmless.
func TestPayloads(t *testing.T) {
	var all payloads
	data, err := os.ReadFile("testdata/payloads.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	webbuild(t)
	d := demo{start(t, "-web", "../../web/dist", "-seed", all.hostile(t), "-foreign-files")}
	out := newOutbound(t)
	b := started(t, chromedp.ProxyServer(out.url))
	messages := len(all.URLs)*4 + len(all.Links) + 6
	type state struct {
		name string
		page *page
		show func()
	}
	// Each site is an origin of its own, so that neither knows anything of the other.
	visit := func(site string, look func(state)) {
		p := open(t, b, "payloads", site+"/shop", 1440, 900)
		agent := open(t, b, "payloads-desk", site+"/console", 1440, 900)
		for _, state := range []state{
			{"greeting", p, func() {
				p.do(chromedp.Navigate(site + "/shop"))
				p.eval(guards + element + `.greetings = true`)
				p.waitFor(chat + "[part~=greeting] .card")
			}},
			{"form", p, func() {
				p.eval(element + `.show()`)
				p.waitFor(chat + "[part~=form] fieldset")
			}},
			{"conversation", p, func() {
				p.do(chromedp.Navigate(site + "/shop"))
				p.eval(guards + element + `.identify({ token: 'dal:kent' }); ` + element + `.show()`)
				p.wait("all messages", fmt.Sprintf(`%s?.querySelectorAll('[data-key]').length === %d`, timelineLog, messages))
				p.wait("what is behind the links", fmt.Sprintf(`(e => { e.scrollTop = 0; return e.querySelectorAll('[part~=preview]').length === %d })(%s)`, len(all.URLs), timelineLog))
				p.waitFor(chat + "[part~=jump]")
			}},
			{"thinking", p, func() {
				d.asAgent(t, "send_thinking_indicator", map[string]any{"chat_id": kentChat, "title": whole, "description": whole})
				p.waitFor(chat + "[part~=thinking]")
			}},
			{"console", agent, func() {
				agent.do(chromedp.Navigate(site + "/console"))
				agent.eval(guards)
				agent.waitFor(desk + "[data-chat-id=" + kentChat + "]")
				agent.click(desk + "[data-chat-id=" + mossChat + "]")
				agent.wait("what is known of the customer", fmt.Sprintf(`%s?.querySelectorAll('dd').length >= 9`, find(desk+"[part~=details]")))
			}},
			{"console-conversation", agent, func() {
				agent.click(desk + "[data-chat-id=" + kentChat + "]")
				agent.wait("all messages", fmt.Sprintf(`%s?.querySelectorAll('[data-key]').length === %d`, find(desk+"[part~=timeline]"), messages))
				p.write(field, whole)
				agent.waitFor(desk + "[part~=typing] .peek")
			}},
		} {
			state.show()
			look(state)
		}
		for _, page := range []*page{p, agent} {
			page.do(chromedp.Navigate("about:blank"))
		}
	}
	harmless := map[string]string{}
	visit(between(t, d.url, all.table(true)), func(s state) {
		harmless[s.name] = ask(s.page, chromedp.Evaluate[string]("JSON.stringify(shape())"))
		s.page.shoot(s.name + "-plain")
	})
	visit(strings.Replace(between(t, d.url, all.table(false)), "127.0.0.1", "localhost", 1), func(s state) {
		for _, difference := range ask(s.page, chromedp.Evaluate[[]string](fmt.Sprintf("alike(%s, %d)", harmless[s.name], (patience/3).Milliseconds()), chromedp.EvalAwaitPromise)) {
			t.Errorf("%s, harmless and not: %s", s.name, difference)
		}
		s.page.shoot(s.name + "-evil")
		for _, problem := range ask(s.page, chromedp.Evaluate[[]string]("wrong()")) {
			t.Errorf("%s: %s", s.name, problem)
		}
	})
	d.quiet(t)
	out.check(t)
}
