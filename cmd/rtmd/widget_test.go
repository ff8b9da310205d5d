package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
)

// field is where the customer writes in the widget.
const field = chat + "[part~=composer] textarea"

// shop opens the shop page of an rtmd with a seed of these tests.
func shop(t *testing.T, seed string, width, height int64) (demo, *page, context.Context) {
	t.Helper()
	webbuild(t)
	d := demo{start(t, "-web", "../../web/dist", "-seed", "testdata/"+seed)}
	b := started(t)
	return d, open(t, b, "widget", d.url+"/shop", width, height), b
}

// say writes a line in the widget and waits until it was sent.
func (p *page) say(text string) {
	p.t.Helper()
	p.write(field, text)
	p.enter()
	p.wait(text+" sent", fmt.Sprintf(`[...document.querySelector('rtm-chat').shadowRoot.querySelectorAll('%s[data-state=sent]')].some(m => m.textContent.includes(%q))`, fromCustomer, text))
}

// waitLast waits until a condition holds for m, the newest message of the other side.
func (p *page) waitLast(what, condition string) {
	p.t.Helper()
	p.wait(what, fmt.Sprintf(`(m => m && (%s))([...document.querySelector('rtm-chat').shadowRoot.querySelectorAll('%s')].at(-1))`, condition, fromAgent))
}

// TestRichMessages has a bot send every template and presses its buttons.
func TestRichMessages(t *testing.T) {
	d, p, _ := shop(t, "widget.json", 360, 740)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('rtm-chat').greetings = true`))
	p.waitText(chat+"[part~=greeting]", "Which kite fits you?")
	p.shoot("greeting-360")
	p.do(chromedp.EmulateViewport(1440, 900))
	p.shoot("greeting-1440")
	p.click(chat + "[part~=greeting] button[part~=choice]")
	p.waitText(chat+fromCustomer+"[data-state=sent]", "Which kite fits me?")
	p.waitGone(chat + "[part~=greeting]")

	p.say("quick")
	p.waitLast("quick replies", `m.querySelectorAll('.quick-replies button').length === 2 && !m.querySelector('img')`)
	p.shoot("quick-replies-1440")
	p.click(chat + ".quick-replies button")
	p.waitLast("the answer to the postback", `m.textContent.includes('Then take the Fulmar.')`)
	p.waitGone(chat + ".quick-replies")

	p.say("card")
	p.waitLast("a card", `m.querySelector('.card a[target=_blank][href="https://shop.example/fulmar"]') && m.querySelector('a[href="tel:+441947000000"]') && m.querySelector('button:disabled').textContent === 'Unsafe'`)
	p.click(chat + "button[part~=choice][aria-pressed=false]")
	p.waitFor(chat + "button[part~=choice][aria-pressed=true]")
	p.waitLast("the answer to a plain button", `m.textContent.includes('Kept for you.')`)
	p.say("strange")
	p.waitLast("the text of a template that is not drawn", `m.textContent.includes('A fighting kite')`)
	p.shoot("card-1440")
	p.say("ask")
	p.write(chat+".card-form input", "2 m")
	p.shoot("form-event-1440")
	p.click(chat + ".card-form [part~=form-submit]")
	p.waitGone(chat + ".card-form")
	p.wait("the answer", fmt.Sprintf(`%s.textContent.includes('How big? 2 m')`, find(chat+"[part~=timeline]")))
	p.say("carousel")
	p.waitLast("a carousel", `m.querySelectorAll('[role=listitem] .card').length === 3`)
	p.click(chat + ".turn button:last-child")
	p.wait("the second card", find(chat+".cards")+".scrollLeft > 50")
	p.shoot("carousel-1440")
	p.do(chromedp.EmulateViewport(360, 740))
	p.shoot("carousel-360")
	d.quiet(t, p)
}

// TestSendFiles sends files by button, paste and drop, and refuses what the server would.
func TestSendFiles(t *testing.T) {
	d, p, _ := shop(t, "widget.json", 1440, 900)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	p.say("Look at these")
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(async () => {
		const canvas = new OffscreenCanvas(400, 300)
		const art = canvas.getContext('2d')
		art.fillStyle = '#bfe0ef'; art.fillRect(0, 0, 400, 300)
		art.fillStyle = '#d8402f'; art.beginPath(); art.moveTo(200, 30); art.lineTo(290, 130); art.lineTo(200, 270); art.lineTo(110, 130); art.fill()
		const files = list => { const to = new DataTransfer(); for (const file of list) to.items.add(file); return to }
		window.give = {
			choose: (...list) => { const input = %[1]s; input.files = files(list).files; input.dispatchEvent(new Event('change')) },
			paste: (...list) => %[2]s.dispatchEvent(new ClipboardEvent('paste', { clipboardData: files(list), bubbles: true, cancelable: true })),
			drag: (type, ...list) => %[3]s.dispatchEvent(new DragEvent(type, { dataTransfer: files(list), bubbles: true, cancelable: true })),
			image: new File([await canvas.convertToBlob()], 'my kite.png', { type: 'image/png' }),
			text: new File(['how to fly it'], 'notes <b>.txt', { type: 'text/plain' }),
			large: new File([new Uint8Array(10 * 1024 * 1024 + 1)], 'large.bin'),
			program: new File(['MZ'], 'kite.exe'),
		}
	})()`, find(chat+"input[type=file]"), find(field), find(chat+"[part~=panel]")), chromedp.EvalAwaitPromise))
	p.do(chromedp.Evaluate[chromedp.Void](`give.choose(give.image)`))
	p.wait("the preview", fmt.Sprintf(`(i => i?.complete && i.naturalWidth > 0 && i.src.includes('/300/') && i.width === 240 && i.height === 180)(%s)`, find(chat+"[part~=image] img")))
	p.do(chromedp.Evaluate[chromedp.Void](`give.paste(give.text)`))
	p.waitText(chat+".bubble.file a", "notes")
	p.do(chromedp.Evaluate[chromedp.Void](`give.drag('dragover', give.image)`))
	p.waitFor(chat + ".drop")
	p.shoot("drop-1440")
	p.do(chromedp.Evaluate[chromedp.Void](`give.drag('drop', give.image, give.large, give.program)`))
	p.waitGone(chat + ".drop")
	p.waitText(chat+"[part~=composer] [role=alert]", "large.bin is too large: a file has at most 10 MB. kite.exe is a program")
	p.wait("two images, everything sent", `(root => root.querySelectorAll('[part~=image] img').length === 2 && !root.querySelector('[data-state=pending], [data-state=failed]'))(document.querySelector('rtm-chat').shadowRoot)`)
	p.shoot("files-1440")
	p.do(chromedp.EmulateViewport(360, 740))
	p.shoot("files-360")
	// An image that can't be shown leaves its name.
	p.do(chromedp.Evaluate[chromedp.Void](find(chat+"[part~=image] img") + `.dispatchEvent(new Event('error'))`))
	p.wait("the name in place of the image", fmt.Sprintf(`%s.getBoundingClientRect().height > 20`, find(chat+".photo-name")))
	d.quiet(t, p)
}

// TestForms goes from the form before a chat to the one after it, and rates.
func TestForms(t *testing.T) {
	d, p, _ := shop(t, "widget-forms.json", 360, 740)
	form, submit := chat+"[part~=form] ", chat+"[part~=form-submit]"
	p.click(chat + "[part~=launcher]")
	p.waitText(form+".form-header", "Tell us who you are")
	p.wait("the focus in the form", "document.querySelector('rtm-chat').shadowRoot.activeElement?.closest('[part~=form]') != null")
	p.shoot("prechat-360")
	p.do(chromedp.EmulateViewport(1440, 900))
	p.shoot("prechat-1440")
	problem := form + ".form-problem"
	p.click(submit)
	p.waitText(problem, "Your name: ")
	p.wait("the field to be marked", find(form+"input[type=text]")+`.getAttribute('aria-invalid') === 'true'`)
	p.write(form+"input[type=text]", "Ida <b>Kent</b>")
	p.write(form+"input[type=email]", "ida")
	p.click(submit)
	p.waitText(problem, "Your e-mail address: ")
	p.write(form+"input[type=email]", "@a.example")
	p.click(submit)
	p.waitText(problem, "What have you flown? Choose at least one.")
	p.shoot("prechat-problem-1440")
	p.click(form + "fieldset input[type=checkbox]")
	p.click(submit)
	p.waitText(chat+fromCustomer+"[data-state=sent]", "Your name Ida <b>Kent</b>")
	p.waitText(chat+fromCustomer+"[data-state=sent]", "What have you flown? Delta")
	p.waitFor(field)
	p.say("bye")

	p.waitText(form+"legend", "How was it?")
	p.shoot("postchat-1440")
	p.click(submit)
	p.waitText(problem, "Would you come again? ")
	p.click(form + ".scores input")
	p.write(form+".form-field textarea", "Quick and kind")
	p.click(form + "input[type=radio][name=postchat-1]")
	p.click(submit)
	p.waitFor(chat + "[part~=restart]")
	p.waitText(chat+"[part~=rating]", "Thank you")
	p.waitFor(chat + "[part~=rate][aria-pressed=true]")
	p.shoot("rated-1440")
	p.click(chat + "[part~=rate][aria-pressed=true]")
	p.waitGone(chat + "[part~=rate][aria-pressed=true]")
	p.click(chat + "[part~=rate]:last-of-type")
	p.write(chat+"[part~=rating] textarea", "It rained")
	p.do(chromedp.EmulateViewport(360, 740))
	p.shoot("rating-360")
	p.click(chat + "[part~=rate-comment]")
	p.waitText(chat+"[part~=rating]", "Thank you")

	p.click(chat + "[part~=restart]")
	p.waitText(form+".form-header", "Tell us who you are")
	d.quiet(t, p)
}

// TestHistory reads back through threads that the page does not hold at first,
// and is told of what comes meanwhile.
func TestHistory(t *testing.T) {
	d, p, b := shop(t, "widget.json", 360, 740)
	p.click(chat + "[part~=launcher]")
	p.waitFor(chat + liveState)
	const rounds = 7
	for i := range rounds {
		if i > 0 {
			p.click(chat + "[part~=restart]")
		}
		p.say(fmt.Sprintf("First line of round %d", i))
		p.say("bye")
		p.waitFor(chat + "[part~=restart]")
	}
	p.do(chromedp.Reload())
	p.waitFor(chat + liveState)
	log := find(chat + "[part~=timeline]")
	// What the page loads by itself is there, there is more, and in the same moment the reader goes up.
	// The message on top is followed while older ones come in above it.
	p.wait("the end, with more before it", fmt.Sprintf(`(e => {
		if (!e.querySelector('[part~=older]') || e.scrollHeight < e.clientHeight + 200 || e.scrollHeight - e.scrollTop - e.clientHeight > 2) return false
		const rows = [...e.querySelectorAll('[data-key]')]
		window.first = rows[0].dataset.key
		window.before = rows.length
		e.scrollTop = 100
		e.dispatchEvent(new Event('load')) // as of an image, before the scroll event is told
		window.went = e.scrollTop
		const at = e.getBoundingClientRect().top
		const row = rows.find(row => row.getBoundingClientRect().bottom > at)
		const top = row.getBoundingClientRect().top
		window.jump = 0
		const seen = () => {
			const now = [...e.querySelectorAll('[data-key]')].find(one => one.dataset.key === row.dataset.key)
			if (now) window.jump = Math.max(window.jump, Math.abs(now.getBoundingClientRect().top - top))
			window.frame = requestAnimationFrame(seen)
		}
		seen()
		return true
	})(%s)`, log))
	if at := ask(p, chromedp.Evaluate[float64]("window.went")); at != 100 {
		t.Errorf("the reader who went to 100 is at %v", at)
	}
	p.wait("older messages above", fmt.Sprintf(`(e => { const keys = [...e.querySelectorAll('[data-key]')].map(row => row.dataset.key); return keys.length > window.before && keys[0] !== window.first })(%s)`, log))
	p.do(chromedp.Evaluate[chromedp.Void](`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`, chromedp.EvalAwaitPromise))
	if jump := ask(p, chromedp.Evaluate[float64](`cancelAnimationFrame(window.frame), window.jump`)); jump > 2 {
		t.Errorf("what was read moved by %v pixels", jump)
	}
	p.shoot("older-360")
	p.waitFor(chat + "[part~=jump]")
	p.wait("the first round", fmt.Sprintf(`(e => { e.scrollTop = 0; return e.textContent.includes('First line of round 0') })(%s)`, log))
	p.waitGone(chat + "[part~=older]")
	p.click(chat + "[part~=jump]")
	p.wait("the end again", fmt.Sprintf(`(e => e.scrollHeight - e.scrollTop - e.clientHeight < 2)(%s)`, log))
	p.waitGone(chat + "[part~=jump]")

	// Somebody answers while the reader is away.
	p.click(chat + "[part~=restart]")
	p.say("person")
	p.waitText(chat+".banner", "You are number 1 in the queue")
	agent := open(t, b, "desk", d.url+"/console", 1440, 900)
	agent.click(desk + "[part~=chat-item]")
	p.waitText(chat+"[part~=header]", "Ada Moreno")
	p.do(chromedp.Evaluate[chromedp.Void](log + ".scrollTop = 0"))
	p.waitFor(chat + "[part~=jump]")
	for _, text := range []string{"Here I am.", "What is it about?"} {
		agent.write(desk+"[part~=composer] textarea", text)
		agent.enter()
	}
	p.wait("the number of new messages", find(chat+"[part~=jump]")+`.getAttribute('aria-label') === 'Jump to 2 new messages'`)
	p.wait("the reader to stay", log+".scrollTop < 10")
	p.waitFor(chat + "[part~=new]")
	p.shoot("away-360")
	p.click(chat + "[part~=jump]")
	p.waitGone(chat + "[part~=jump]")
	p.shoot("new-360")
	d.agentThinks(t, "Looking for kites", "that fly in little wind")
	p.waitText(chat+"[part~=thinking]", "Looking for kitesthat fly in little wind")
	p.shoot("thinking-360")
	p.say("Kites")
	p.waitGone(chat + "[part~=new]")
	d.quiet(t, p, agent)
}

// asAgent carries out an action of the Agent API in the name of agent1.
func (d demo) asAgent(t *testing.T, action string, payload any) []byte {
	t.Helper()
	body, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/v3.6/agent/action/"+action, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer dal:agent1")
	data, err := answer(req)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// newestChat is the id of the chat in which something happened last.
func (d demo) newestChat(t *testing.T) string {
	t.Helper()
	var list struct {
		Chats []struct {
			ID string `json:"id"`
		} `json:"chats_summary"`
	}
	if err := json.Unmarshal(d.asAgent(t, "list_chats", map[string]any{}), &list); err != nil || len(list.Chats) == 0 {
		t.Fatalf("no chat: %v", err)
	}
	return list.Chats[0].ID
}

// agentThinks shows the agent as preparing an answer in the newest chat.
func (d demo) agentThinks(t *testing.T, title, description string) {
	t.Helper()
	d.asAgent(t, "send_thinking_indicator", map[string]any{"chat_id": d.newestChat(t), "title": title, "description": description})
}

// agentJoins makes agent1 a user of the newest chat.
func (d demo) agentJoins(t *testing.T) {
	t.Helper()
	d.asAgent(t, "add_user_to_chat", map[string]any{"chat_id": d.newestChat(t), "user_id": "agent1@example.com", "user_type": "agent", "visibility": "all", "ignore_requester_presence": true})
}

// agentSays sends a line into the newest chat.
func (d demo) agentSays(t *testing.T, text string) {
	t.Helper()
	d.asAgent(t, "send_event", map[string]any{"chat_id": d.newestChat(t), "event": map[string]any{"type": "message", "text": text, "visibility": "all"}})
}
