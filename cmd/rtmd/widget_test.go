package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// field is where the customer writes in the widget.
const field = chat + "[part~=composer] textarea"

// shop opens the shop page of an rtmd with the seed of these tests.
func shop(t *testing.T, width, height int64) (demo, *page) {
	t.Helper()
	webbuild(t)
	d := demo{start(t, "-web", "../../web/dist", "-seed", "testdata/widget.json")}
	p := open(t, started(t), "widget", d.url+"/shop", width, height)
	return d, p
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
	d, p := shop(t, 360, 740)
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
	d, p := shop(t, 1440, 900)
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
