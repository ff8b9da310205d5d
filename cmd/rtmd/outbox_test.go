package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// wire forwards connections to rtmd, and can be cut and mended.
type wire struct {
	t    *testing.T
	addr string // of this end
	to   string

	mu       sync.Mutex // guards what follows
	listener net.Listener
	conns    []net.Conn
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	w := &wire{t: t, addr: "127.0.0.1:0", to: strings.TrimPrefix(to, "http://")}
	w.mend()
	t.Cleanup(w.cut)
	return w
}

func (w *wire) mend() {
	w.t.Helper()
	l, err := net.Listen("tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.addr, w.listener = l.Addr().String(), l
	w.mu.Unlock()
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", w.to)
			if err != nil {
				from.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, from, to)
			w.mu.Unlock()
			go forward(from, to)
			go forward(to, from)
		}
	}()
}

func forward(from, to net.Conn) {
	io.Copy(to, from) // ends with either side
	from.Close()
	to.Close()
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listener.Close()
	for _, c := range w.conns {
		c.Close()
	}
	w.conns = nil
}

// TestReloadWhileOffline writes three lines without a network, reloads the page,
// and finds them sent once and in order when the network is back.
func TestReloadWhileOffline(t *testing.T) {
	demo := startDemo(t)
	w := newWire(t, demo.url)
	html := fmt.Sprintf(`<!doctype html><title>offline</title><script type="module" src="%s/widget.js"></script>
<rtm-chat open server="http://%s" organization-id="11111111-1111-4111-8111-111111111111"></rtm-chat>`, demo.url, w.addr)
	p := open(t, started(t), "offline", elsewhere(t, html), 1440, 900)
	p.waitFor(chat + liveState)
	say := func(text string) {
		t.Helper()
		p.write(chat+"[part~=composer] textarea", text)
		p.enter()
		p.waitText(chat+"[part~=timeline]", text)
	}
	say("before")
	p.waitFor(chat + fromCustomer + "[data-state=sent]")

	w.cut()
	p.waitGone(chat + liveState)
	for _, text := range []string{"one", "two", "three"} {
		say(text)
	}
	p.waitText(chat+".banner", "Keep writing: your messages go out as soon as it is back. 3 messages are waiting.")
	p.do(chromedp.Evaluate[chromedp.Void](`Object.defineProperty(navigator, 'onLine', { value: false }); dispatchEvent(new Event('offline'))`))
	p.waitText(chat+".banner", "You are offline. Keep writing: your messages go out as soon as you are back. 3 messages are waiting.")
	p.shoot("waiting-1440")
	p.do(chromedp.Reload())
	p.waitText(chat+"[part~=timeline]", "three")
	w.mend()
	const want = "before one two three"
	texts := fmt.Sprintf(`[...document.querySelector('rtm-chat').shadowRoot.querySelectorAll('%s[data-state=sent] [part~=bubble]')].map(e => e.textContent.trim()).join(' ')`, fromCustomer)
	p.wait("the three lines, sent", texts+" === '"+want+"'")
	p.do(chromedp.Reload())
	p.wait("the same from the server", texts+" === '"+want+"'")
	p.forgive("net::ERR_") // what the browser says of the cut
	demo.quiet(t, p)
}
