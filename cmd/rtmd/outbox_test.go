package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
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
// and finds them sent once and in order when the network is back: with a core in
// a SharedWorker, in the leader's Worker, and in a Worker of the page's own.
func TestReloadWhileOffline(t *testing.T) {
	for _, place := range []string{"shared", "dedicated", "alone"} {
		t.Run(place, func(t *testing.T) {
			demo := startDemo(t)
			w := newWire(t, demo.url)
			// A script of another origin cannot be that of a SharedWorker.
			from, page := demo.url, elsewhere
			if place == "shared" {
				from, page = "", func(t *testing.T, html string) string { return beside(t, demo, html) }
			}
			html := fmt.Sprintf(`<!doctype html><title>offline</title><script type="module" src="%s/widget.js"></script>
<rtm-chat open server="http://%s" organization-id="%s"></rtm-chat>`, from, w.addr, organization)
			if place == "alone" {
				html = `<script>delete window.BroadcastChannel</script>` + html
			}
			reloadWhileOffline(t, demo, w, open(t, started(t), "offline "+place, page(t, html), 1440, 900))
		})
	}
}

func reloadWhileOffline(t *testing.T, demo demo, w *wire, p *page) {
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
		p.kept(text)
	}
	p.waitText(chat+".banner", "Keep writing: your messages go out as soon as it is back. 3 messages are waiting.")
	p.waitText(chat+fromCustomer+"[data-state=pending] .note", "Waiting")
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

// kept waits until the browser has stored a line. It is shown before that.
func (p *page) kept(text string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(async () => {
		const done = (request) => new Promise((yes, no) => {
			request.onsuccess = () => yes(request.result)
			request.onerror = () => no(request.error)
		})
		const db = await done(indexedDB.open('rtmwidget', 1))
		const rows = () => done(db.transaction('kept').objectStore('kept').getAll())
		while (!(await rows()).some(({ value }) => value.includes(%q))) await new Promise((next) => setTimeout(next, 10))
		db.close()
	})()`, `"text":"`+text+`"`), chromedp.EvalAwaitPromise))
}

// beside serves a page, and all of rtmd's files beside it, without their
// policies.
func beside(t *testing.T, demo demo, html string) string {
	t.Helper()
	to, err := url.Parse(demo.url)
	if err != nil {
		t.Fatal(err)
	}
	files := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: func(r *http.Response) error {
			r.Header.Del("Content-Security-Policy")
			return nil
		},
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
		case "/favicon.ico":
			w.WriteHeader(http.StatusNoContent)
			return
		default:
			files.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, html)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}
