package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"
)

// yes is a server that agrees to everything, and pushes events as fast as they are read.
type yes struct {
	t   *testing.T
	url string

	mu    sync.Mutex // guards what follows
	conns map[*websocket.Conn]bool
	first *websocket.Conn
	sent  int
}

func newYes(t *testing.T) *yes {
	t.Helper()
	y := &yes{t: t, conns: map[*websocket.Conn]bool{}}
	srv := httptest.NewServer(http.HandlerFunc(y.serve))
	t.Cleanup(srv.Close)
	y.url = srv.URL
	return y
}

func (y *yes) serve(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	y.mu.Lock()
	y.conns[c] = true
	if y.first == nil {
		y.first = c
	}
	y.mu.Unlock()
	defer func() {
		y.mu.Lock()
		delete(y.conns, c)
		y.mu.Unlock()
		c.CloseNow()
	}()
	for {
		_, frame, err := c.Read(y.t.Context())
		if err != nil {
			return
		}
		var request struct {
			ID     string `json:"request_id"`
			Action string `json:"action"`
		}
		if err := json.Unmarshal(frame, &request); err != nil {
			y.t.Errorf("%s: %v", frame, err)
			return
		}
		payload := "{}"
		if request.Action == "login" {
			payload = `{"my_profile":{"id":"me"},"chats_summary":[]}`
		}
		answer := fmt.Sprintf(`{"request_id":%q,"action":%q,"type":"response","success":true,"payload":%s}`, request.ID, request.Action, payload)
		if y.write(c, answer) != nil {
			return
		}
		if request.Action != "login" {
			continue
		}
		chat := fmt.Sprintf(`{"type":"push","action":"incoming_chat","payload":{"chat":{"id":"c","users":[{"id":"a","type":"customer","name":"Ann","present":true}],
			"thread":{"id":"t","active":true,"user_ids":["a","me"],"created_at":%q,"events":[]}}}}`, stamp(0))
		if y.write(c, chat) != nil {
			return
		}
	}
}

func (y *yes) write(c *websocket.Conn, frame string) error {
	return c.Write(y.t.Context(), websocket.MessageText, []byte(frame))
}

func stamp(n int) string {
	return time.UnixMilli(1_893_456_000_000 + int64(n)).UTC().Format("2006-01-02T15:04:05.000000Z")
}

// push pushes n events to the first who came.
func (y *yes) push(n int) {
	y.t.Helper()
	y.mu.Lock()
	c := y.first
	y.mu.Unlock()
	for range n {
		y.sent++
		frame := fmt.Sprintf(`{"type":"push","action":"incoming_event","payload":{"chat_id":"c","thread_id":"t","event":{"id":"e%[1]d",
			"type":"message","author_id":"a","text":"line %[1]d, long enough to be a sentence","created_at":%[2]q,"visibility":"all"}}}`, y.sent, stamp(y.sent))
		if err := y.write(c, frame); err != nil {
			y.t.Fatal(err)
		}
	}
}

func (y *yes) sockets() int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return len(y.conns)
}

// leakPage has an agent and counts what it hears; it can call, and live many lives.
const leakPage = `(async () => {
	const { load } = await import('/sdk.js')
	const server = %q
	const open = async (rtm, token) => {
		const client = rtm.agent({ server, token })
		await client.login()
		return client
	}
	const rtm = load()
	const agent = await open(rtm, 'Bearer first')
	window.heard = 0
	agent.on('incoming_event', () => heard++)
	let last = 0
	window.work = async (calls, lives, cores) => {
		for (let i = 0; i < calls; i++) await agent.call('get_chat', { chat_id: 'c' })
		for (let i = 0; i < lives; i++) await (await open(rtm, 'Bearer ' + ++last)).close()
		for (let i = 0; i < cores; i++) {
			const own = load({ worker: 'dedicated' })
			await open(own, 'Bearer ' + ++last)
			await own.destroy()
		}
	}
	window.end = () => rtm.destroy()
})()`

// countTimers is a script that counts a Worker's timers in timers.
const countTimers = `(() => {
	globalThis.timers = new Set()
	const [begin, end] = [setTimeout, clearTimeout]
	globalThis.setTimeout = (fn, ...rest) => {
		const id = begin(() => { timers.delete(id); fn() }, ...rest)
		timers.add(id)
		return id
	}
	globalThis.clearTimeout = (id) => { timers.delete(id); end(id) }
})()`

// left is what a page and its core hold.
type left struct {
	PageHeap, CoreHeap, Wasm  float64 // bytes
	Nodes, Listeners          float64
	Sockets, Memories, Aborts float64 // of the core's Worker
}

// heap collects garbage and tells what is left, in a page or a Worker.
func heap(t *testing.T, ctx context.Context) float64 {
	t.Helper()
	used, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (float64, error) {
		if _, err := cdp.Call(ctx, target, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			return 0, err
		}
		usage, err := cdp.Call(ctx, target, runtime.GetHeapUsage, cdp.Empty{})
		return usage.UsedSize, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}

// living is what a function says of all objects that have a prototype, in a page or a Worker.
func living(t *testing.T, ctx context.Context, prototype, function string) float64 {
	t.Helper()
	sum, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (float64, error) {
		found, err := cdp.Call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{Expression: prototype})
		if err != nil {
			return 0, err
		}
		all, err := cdp.Call(ctx, target, runtime.QueryObjects, runtime.QueryObjectsParams{PrototypeObjectID: found.Result.ObjectID, ObjectGroup: "living"})
		if err != nil {
			return 0, err
		}
		byValue := true
		got, err := cdp.Call(ctx, target, runtime.CallFunctionOn, runtime.CallFunctionOnParams{ObjectID: all.Objects.ObjectID, FunctionDeclaration: function, ReturnByValue: &byValue})
		if err != nil {
			return 0, err
		}
		if _, err := cdp.Call(ctx, target, runtime.ReleaseObjectGroup, runtime.ReleaseObjectGroupParams{ObjectGroup: "living"}); err != nil {
			return 0, err
		}
		var n float64
		return n, json.Unmarshal(got.Result.Value, &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// TestNothingLeaks works a page's client hard in Chromium: after pushes, calls, clients and
// cores that came and went, it holds what it held after fewer. RTM_SOAK has the full numbers.
func TestNothingLeaks(t *testing.T) {
	pushes, calls, lives, cores := 5_000, 200, 20, 2
	if os.Getenv("RTM_SOAK") != "" {
		pushes, calls, lives, cores = 1_000_000, 100_000, 500, 50
	}
	d := startDemo(t)
	y := newYes(t)
	b := started(t)
	p := open(t, b, "leaks", beside(t, d, `<!doctype html><title>leaks</title><link rel="icon" href="data:,">`), 800, 600)
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(leakPage, y.url), chromedp.EvalAwaitPromise))
	worker := sharedWorker(t, b)
	core, cancel := chromedp.NewContext(b, chromedp.WithTargetID(worker.TargetID), chromedp.WithDetachOnCancel())
	defer cancel()
	if err := chromedp.Do(core, chromedp.Evaluate[chromedp.Void](countTimers)); err != nil {
		t.Fatal(err)
	}

	work := func(part float64) {
		t.Helper()
		of := func(n int) int { return int(float64(n) * part) }
		for todo := of(pushes); todo > 0; todo -= 10_000 { // each wait is bounded
			y.push(min(todo, 10_000))
			p.wait("the pushes", fmt.Sprintf("heard === %d", y.sent))
		}
		p.eval(fmt.Sprintf(`window.done = 0; (async () => { for (let i = 0; i < 20; i++) { await work(%d, %d, 0); done++ } await work(0, 0, %d); done++ })()`,
			of(calls)/20, max(1, of(lives)/20), of(cores)))
		for n := 1; n <= 21; n++ {
			p.wait("the calls and lives", fmt.Sprintf("done >= %d", n))
		}
		until(t, "one socket", func() bool { return y.sockets() == 1 })
	}
	// The collector may leave what is still on some stack: the least of some looks is what is held.
	held := func() left {
		t.Helper()
		var least left
		for i := range 5 {
			dom := p.counters()
			now := left{
				PageHeap: heap(t, p.ctx), CoreHeap: heap(t, core),
				Wasm:  living(t, core, `WebAssembly.Memory.prototype`, `function () { return this.reduce((sum, one) => sum + one.buffer.byteLength, 0) }`),
				Nodes: float64(dom.Nodes), Listeners: float64(dom.JsEventListeners),
				Sockets:  living(t, core, `WebSocket.prototype`, `function () { return this.length }`),
				Memories: living(t, core, `WebAssembly.Memory.prototype`, `function () { return this.length }`),
				Aborts:   living(t, core, `AbortController.prototype`, `function () { return this.length }`),
			}
			if i == 0 || now.PageHeap+now.CoreHeap < least.PageHeap+least.CoreHeap {
				least = now
			}
		}
		return least
	}

	work(1.5) // until what has a bound is full
	before := held()
	work(1)
	after := held()
	t.Logf("before %+v", before)
	t.Logf("after  %+v", after)
	was, is := map[string]float64{}, map[string]float64{}
	for into, from := range map[*map[string]float64]left{&was: before, &is: after} {
		text, _ := json.Marshal(from)
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	for what, before := range was {
		most := before * 1.1
		if strings.HasSuffix(what, "Heap") {
			most += 256 << 10 // the engine's own: code that was compiled or forgotten meanwhile
		}
		if is[what] > most {
			t.Errorf("%s: %.0f before, %.0f after", what, before, is[what])
		}
	}
	// A connection has one, for what it does next.
	if timers, err := chromedp.Run(core, chromedp.Evaluate[int](`timers.size`)); err != nil || timers > 1 {
		t.Errorf("%d timers, %v", timers, err)
	}
	if after.Memories != 1 || after.Sockets != 1 || after.Wasm <= 0 {
		t.Errorf("one core with one socket is %+v", after)
	}
	p.do(chromedp.Evaluate[chromedp.Void](`end()`, chromedp.EvalAwaitPromise))
	until(t, "no socket", func() bool { return y.sockets() == 0 })
	targets, err := chromedp.Targets(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range targets {
		if strings.HasSuffix(target.Type, "worker") && target.Type != "shared_worker" {
			t.Errorf("there is a %s still: %s", target.Type, target.URL)
		}
	}
	cancel()
	d.quiet(t, p)
}
