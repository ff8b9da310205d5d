package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/inspector"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// someSpace is how many bytes a disk has.
const someSpace = 4 << 20

// disk says how many bytes the pages of an origin may keep. The browser asks for that
// rarely: what it has been told once it gives away before it asks again.
func (p *page) disk(origin string, bytes float64) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, storage.OverrideQuotaForOrigin, storage.OverrideQuotaForOriginParams{Origin: origin, QuotaSize: &bytes})
		return err
	}))
}

// fill makes the disk full: first what there is, then, with no more than a byte
// allowed, also what the browser had set aside.
func (p *page) fill(origin string) {
	p.t.Helper()
	p.waste(1 << 16)
	p.disk(origin, 1)
	p.waste(1<<16, 1<<12, 1<<8, 16)
}

// waste stores pieces of these sizes until none can be stored any more.
func (p *page) waste(sizes ...int) {
	p.t.Helper()
	list, _ := json.Marshal(sizes)
	sum := ask(p, chromedp.Evaluate[int](fmt.Sprintf(`(async () => {
		const db = await new Promise((yes, no) => {
			const opening = indexedDB.open('waste', 1)
			opening.onupgradeneeded = () => opening.result.createObjectStore('waste', { autoIncrement: true })
			opening.onsuccess = () => yes(opening.result)
			opening.onerror = () => no(opening.error)
		})
		const put = (bytes) => new Promise((done) => {
			const transaction = db.transaction('waste', 'readwrite')
			transaction.oncomplete = () => done(true)
			transaction.onabort = () => done(false)
			transaction.objectStore('waste').add(crypto.getRandomValues(new Uint8Array(bytes)))
		})
		let sum = 0
		for (const size of %s) while (sum < 64e6 && await put(size)) sum += size
		db.close()
		return sum
	})()`, list), chromedp.EvalAwaitPromise))
	if sum >= 64e6 {
		p.t.Fatal("the disk has no end")
	}
}

// sentLines is JavaScript for the customer's lines that were sent, in order.
const sentLines = `[...document.querySelector('rtm-chat').shadowRoot.querySelectorAll('` + fromCustomer + `[data-state=sent] [part~=bubble]')].map(e => e.textContent.trim()).join(' ')`

// offline opens a page with a widget whose connection can be cut, and which may keep a few bytes; it is live.
func offline(t *testing.T, b context.Context, name string) (demo, *wire, *page, string) {
	t.Helper()
	d := startDemo(t)
	w := newWire(t, d.url)
	url := beside(t, d, fmt.Sprintf(`<!doctype html><title>%s</title><script type="module" src="/widget.js"></script>
<rtm-chat open server="http://%s" organization-id="%s"></rtm-chat>`, name, w.addr, organization))
	p := open(t, b, name, "about:blank", 1440, 900)
	p.disk(url, someSpace)
	p.do(chromedp.Navigate(url))
	p.waitFor(chat + liveState)
	return d, w, p, url
}

// TestFullDisk writes without a network while the disk is full: what cannot be kept is
// said and stays with who wrote it, what was kept before is sent once and in order.
func TestFullDisk(t *testing.T) {
	d, w, p, url := offline(t, started(t), "disk")
	p.write(field, "before")
	p.enter()
	p.wait("a line", sentLines+` === 'before'`)

	refused := func(text string) {
		t.Helper()
		p.write(field, text)
		p.enter()
		p.waitText(chat+"[part~=composer] [role=alert]", "There is no connection, and this browser can’t keep the message.")
		p.wait("the text to be back", find(field)+`.value === '`+text+`'`)
	}
	p.fill(url)
	p.write(field, "full")
	p.enter()
	p.wait("with a connection it is sent all the same", sentLines+` === 'before full'`)
	w.cut()
	p.waitGone(chat + liveState)
	refused("one")
	p.disk(url, 2*someSpace)
	p.enter()
	p.kept("one")
	p.fill(url)
	refused("two")
	p.shoot("full-1440")

	p.do(chromedp.Reload())
	p.waitText(chat+"[part~=timeline]", "one")
	w.mend()
	p.wait("what was kept, sent", sentLines+` === 'before full one'`)
	p.do(chromedp.Reload())
	p.wait("the same from the server", sentLines+` === 'before full one'`)
	p.forgive("net::ERR_") // what the browser says of the cut
	d.quiet(t, p)
}

// TestCrash has the page's process end while three lines wait for a network: the next
// page sends them once and in order.
func TestCrash(t *testing.T) {
	b := started(t)
	d, w, p, url := offline(t, b, "crash")
	w.cut()
	p.waitGone(chat + liveState)
	for _, text := range []string{"one", "two", "three"} {
		p.write(field, text)
		p.enter()
		p.kept(text)
	}
	p.crash()
	p = open(t, b, "after the crash", url, 1440, 900)
	p.waitText(chat+"[part~=timeline]", "three")
	w.mend()
	p.wait("the three lines, sent", sentLines+` === 'one two three'`)
	p.do(chromedp.Reload())
	p.wait("the same from the server", sentLines+` === 'one two three'`)
	p.forgive("net::ERR_")
	d.quiet(t, p)
}

// crash ends the process of a page, without a word to it. The tab is of no use any more.
func (p *page) crash() {
	p.t.Helper()
	crashed := make(chan struct{})
	var once sync.Once
	if err := chromedp.Listen(p.ctx, func(event any) {
		if _, ok := event.(*inspector.EventTargetCrashed); ok {
			once.Do(func() { close(crashed) })
		}
	}); err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	go chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cdppage.Crash, cdp.Empty{})
		return err // there is no answer
	}))
	select {
	case <-crashed:
	case <-ctx.Done():
		p.t.Fatalf("%s: it did not crash", p.name)
	}
	p.forgive("net::ERR_")
}
