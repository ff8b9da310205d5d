package main

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"
)

// browser starts a headless Chromium with a profile of its own for the length of the test.
func browser(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path == "" {
			path, _ = exec.LookPath(name)
		}
	}
	if path == "" {
		t.Fatal("no Chromium: run make test, which says how to get one, or set $CHROMIUM")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.NoSandbox, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(patience))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(opts, more...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// TestPolicyInBrowser shows what the two policies allow and refuse where they matter.
func TestPolicyInBrowser(t *testing.T) {
	dir := testBuild(t, map[string]string{
		"shop.html": `<!doctype html><title>policy</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script><p id="p" style="color:red">text</p>`,
		"page.js": `
window.results = run()
async function run() {
const results = {}
const attempt = async (name, fn) => {
  try { results[name] = String(await fn()) } catch (e) { results[name] = e.name }
}
const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)
await attempt('wasm in the page', async () => { await WebAssembly.compile(empty); return 'ran' })
await attempt('eval', () => (0, eval)('"ran"'))
await attempt('string to innerHTML', () => { document.createElement('div').innerHTML = '<b>x</b>'; return 'ran' })
await attempt('string to Worker', () => { new Worker('/worker.js'); return 'ran' })
await attempt('unknown policy', () => { trustedTypes.createPolicy('other', {}); return 'ran' })
await attempt('blob worker', () => new Promise((resolve) => {
  const policy = trustedTypes.createPolicy('rtmwidget', { createScriptURL: (s) => s })
  const worker = new Worker(policy.createScriptURL(URL.createObjectURL(new Blob(['postMessage("ran")'], { type: 'text/javascript' }))))
  worker.onmessage = (e) => resolve(e.data)
  worker.onerror = () => resolve('refused')
}))
await attempt('second copy of lit', () => {
  for (let i = 0; i < 2; i++) trustedTypes.createPolicy('lit-html', { createHTML: (s) => s })
  return 'ran'
})
await attempt('other host', () => fetch('http://localhost:1/').then(() => 'ran'))
results['style attribute'] = getComputedStyle(document.querySelector('#p')).color
await attempt('worker', () => new Promise((resolve) => {
  const policy = trustedTypes.createPolicy('rtmwidget', { createScriptURL: (s) => s })
  const worker = new Worker(policy.createScriptURL('/worker.js'), { type: 'module' })
  worker.onmessage = (e) => { Object.assign(results, e.data); resolve('ran') }
  worker.onerror = (e) => resolve('failed ' + e.message)
}))
return results
}
`,
		"worker.js": `
const results = {}
const attempt = async (name, fn) => {
  try { results[name] = String(await fn()) } catch (e) { results[name] = e.name }
}
await attempt('worker: wasm', async () => { await WebAssembly.compileStreaming(fetch('/rtm.wasm')); return 'ran' })
await attempt('worker: eval', () => (0, eval)('"ran"'))
await attempt('worker: socket', () => new Promise((resolve) => {
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket')
  socket.onmessage = (e) => { resolve(e.data); socket.close() }
  socket.onerror = () => resolve('failed')
}))
await attempt('worker: other host', () => fetch('http://localhost:1/').then(() => 'ran'))
postMessage(results)
`,
		"rtm.wasm": "\x00asm\x01\x00\x00\x00",
	})
	reported := make(directives, 100)
	p, err := newPages(dir, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		if c.Write(r.Context(), websocket.MessageText, []byte("ran")) == nil {
			c.Read(r.Context()) // until the other side closes
		}
	}), slog.New(reported))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(p)
	defer server.Close()

	ctx, cancel := context.WithTimeout(started(t), patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/shop")); err != nil {
		t.Fatal(err)
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[map[string]string]("window.results", chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"wasm in the page":    "CompileError",
		"eval":                "EvalError",
		"string to innerHTML": "TypeError",
		"string to Worker":    "TypeError",
		"unknown policy":      "TypeError",
		"blob worker":         "refused",
		"second copy of lit":  "ran",
		"other host":          "TypeError",
		"style attribute":     "rgb(0, 0, 0)",
		"worker":              "ran",
		"worker: wasm":        "ran",
		"worker: eval":        "EvalError",
		"worker: socket":      "ran",
		"worker: other host":  "TypeError",
	}
	for name, result := range want {
		if got[name] != result {
			t.Errorf("%s: %q, want %q", name, got[name], result)
		}
	}
	// Reports arrive after the fact; the test ends when each kind of refusal was reported.
	missing := map[string]bool{
		"style-src-attr": true, "script-src": true, "require-trusted-types-for": true, "trusted-types": true, "worker-src": true, "connect-src": true,
	}
	for len(missing) > 0 {
		select {
		case directive := <-reported:
			delete(missing, directive)
		case <-ctx.Done():
			t.Fatalf("no reports of %v", slices.Sorted(maps.Keys(missing)))
		}
	}
}

// directives is a log handler that passes on the directive of each reported violation.
type directives chan string

func (d directives) Enabled(context.Context, slog.Level) bool { return true }
func (d directives) WithAttrs([]slog.Attr) slog.Handler       { return d }
func (d directives) WithGroup(string) slog.Handler            { return d }

func (d directives) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "directive" {
			d <- a.Value.String()
		}
		return true
	})
	return nil
}
