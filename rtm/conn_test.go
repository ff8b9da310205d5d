package rtm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

func TestMain(m *testing.M) {
	if args := strings.Fields(os.Getenv("RTM_TEST_KILLED")); len(args) == 5 {
		if err := killed(args[0], args[1], args[2], args[3], args[4]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if code == 0 {
		code = leaks()
	}
	os.Exit(code)
}

// leaks waits until no goroutine of this module is left and returns the exit
// code.
func leaks() int {
	deadline := time.Now().Add(time.Minute)
	for {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		left := strings.Count(string(stacks), "created by github.com/")
		if left == 0 {
			return 0
		}
		if time.Now().After(deadline) {
			fmt.Fprintf(os.Stderr, "%d goroutines leaked:\n%s\n", left, stacks)
			return 1
		}
		runtime.Gosched()
	}
}

// peer is the server's end of one socket, scripted by a test.
type peer struct {
	t   *testing.T
	ctx context.Context
	ws  *websocket.Conn
}

type request struct {
	ID      string          `json:"request_id"`
	Action  string          `json:"action"`
	Payload json.RawMessage `json:"payload"`
}

// next returns the next request; it fails when there is none.
func (p *peer) next() request {
	_, frame, err := p.ws.Read(p.ctx)
	if err != nil {
		return request{}
	}
	var r request
	if err := json.Unmarshal(frame, &r); err != nil {
		p.t.Errorf("frame %s: %v", frame, err)
	}
	return r
}

func (p *peer) send(format string, args ...any) {
	_ = p.ws.Write(p.ctx, websocket.MessageText, fmt.Appendf(nil, format, args...))
}

func (p *peer) answer(r request, payload string) {
	p.send(`{"request_id":%q,"action":%q,"type":"response","success":true,"payload":%s}`, r.ID, r.Action, payload)
}

func (p *peer) refuse(r request, errorType, message string) {
	p.send(`{"request_id":%q,"action":%q,"type":"response","success":false,"payload":{"error":{"type":%q,"message":%q}}}`, r.ID, r.Action, errorType, message)
}

func (p *peer) push(action, payload string) {
	p.send(`{"version":"3.6","action":%q,"type":"push","payload":%s}`, action, payload)
}

// idle reads until the client goes.
func (p *peer) idle() {
	for p.next().Action != "" {
	}
}

// serve runs scripts, one per socket in turn; the last one serves all further
// sockets.
func serve(t *testing.T, scripts ...func(*peer)) string {
	t.Helper()
	next := make(chan func(*peer), len(scripts))
	for _, script := range scripts[:len(scripts)-1] {
		next <- script
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		script := scripts[len(scripts)-1]
		select {
		case script = <-next:
		default:
		}
		script(&peer{t, r.Context(), ws})
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// loggedIn is a script's beginning: it answers the login.
func loggedIn(p *peer) *peer {
	p.answer(p.next(), `{"me":1}`)
	return p
}

func dial(t *testing.T, url string, opts rtm.Options) *rtm.Conn {
	t.Helper()
	opts.Server = url
	c, err := rtm.Dial(t.Context(), rtm.Dialect{API: session.Customer, NewPush: newPush}, &opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func login(t *testing.T, c *rtm.Conn) {
	t.Helper()
	if _, err := rtm.Login[map[string]any](t.Context(), c, "Bearer t", map[string]string{"token": "Bearer t"}); err != nil {
		t.Fatal(err)
	}
}

type number struct {
	N int `json:"n"`
}

func (*number) Action() string { return "number" }

func newPush(action string) rtm.Push {
	if action == "number" {
		return new(number)
	}
	return nil
}

func TestCall(t *testing.T) {
	url := serve(t, func(p *peer) {
		loggedIn(p)
		for r := p.next(); r.Action != ""; r = p.next() {
			switch r.Action {
			case "echo":
				p.answer(r, string(r.Payload))
			case "refuse":
				p.refuse(r, "limit_reached", "no more")
			}
		}
	})
	c := dial(t, url, rtm.Options{})
	if err := c.Call(t.Context(), "echo", nil, nil); rtm.ErrorTypeOf(err) != rtm.ErrorTypeNotLoggedIn {
		t.Errorf("a call before login: %v", err)
	}
	login(t, c)
	got, err := rtm.Do[number](t.Context(), c, "echo", number{7})
	if err != nil || got.N != 7 {
		t.Errorf("echo = %+v, %v", got, err)
	}
	err = c.Call(t.Context(), "refuse", number{7}, nil)
	if want := "rtm: refuse: limit_reached: no more"; err == nil || err.Error() != want {
		t.Errorf("err = %v, want %s", err, want)
	}
	if err := c.Call(t.Context(), "echo", "text", nil); rtm.ErrorTypeOf(err) != rtm.ErrorTypeValidation {
		t.Errorf("a payload that is no object: %v", err)
	}
	if err := c.Call(t.Context(), "echo", map[string]string{"n": "seven"}, new(number)); err == nil || !strings.Contains(err.Error(), "expected shape") {
		t.Errorf("an answer of another shape: %v", err)
	}
	if c.State() != session.Live {
		t.Errorf("state = %v", c.State())
	}
}

func TestContextBoundsOnlyTheWait(t *testing.T) {
	asked := make(chan struct{})
	url := serve(t, func(p *peer) {
		loggedIn(p)
		p.next()
		close(asked)
		p.answer(p.next(), `{"n":1}`)
		p.idle()
	})
	c := dial(t, url, rtm.Options{})
	login(t, c)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("had enough")
	go func() { <-asked; cancel(why) }()
	if err := c.Call(ctx, "silence", nil, nil); !errors.Is(err, why) {
		t.Errorf("err = %v", err)
	}
	if err := c.Call(ctx, "silence", nil, nil); !errors.Is(err, why) {
		t.Errorf("a call with an ended context: %v", err)
	}
	if got, err := rtm.Do[number](t.Context(), c, "next", nil); err != nil || got.N != 1 {
		t.Errorf("the connection did not survive: %v, %v", got, err)
	}
}

func TestDialFails(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	_, err := rtm.Dial(t.Context(), rtm.Dialect{}, &rtm.Options{Server: srv.URL})
	if err == nil || !strings.Contains(err.Error(), "404 Not Found") || !strings.HasPrefix(err.Error(), "rtm: dial: ") {
		t.Errorf("err = %v", err)
	}
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := rtm.Dial(ctx, rtm.Dialect{}, &rtm.Options{Server: silent.URL}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
}

func TestPushesKeepTheirOrder(t *testing.T) {
	const many = 200
	url := serve(t, func(p *peer) {
		loggedIn(p)
		for n := range many {
			p.push("number", fmt.Sprintf(`{"n":%d}`, n))
			p.push("unknown", fmt.Sprintf(`{"n":%d}`, n))
		}
		p.push("number", `{"n":"not a number"}`)
		p.idle()
	})
	c := dial(t, url, rtm.Options{PushBuffer: 2*many + 1})
	numbers, all := rtm.Subscribe[*number](c), rtm.Subscribe[rtm.Push](c)
	login(t, c)
	want := 0
	for push, err := range numbers.All(t.Context()) {
		if err != nil || push.N != want {
			t.Fatalf("push %d = %v, %v", want, push, err)
		}
		if want++; want == many {
			break
		}
	}
	for n := range many {
		first, _ := all.Next(t.Context())
		second, _ := all.Next(t.Context())
		if num, ok := first.(*number); !ok || num.N != n {
			t.Fatalf("push %d = %#v", n, first)
		}
		if raw, ok := second.(*rtm.RawPush); !ok || raw.Action() != "unknown" || string(raw.Payload) != fmt.Sprintf(`{"n":%d}`, n) {
			t.Fatalf("push %d = %#v", n, second)
		}
	}
	odd, err := all.Next(t.Context())
	if raw, ok := odd.(*rtm.RawPush); !ok || raw.Name != "number" {
		t.Errorf("a push of another shape arrives as %#v, %v", odd, err)
	}
}

func TestSlowSubscriber(t *testing.T) {
	url := serve(t, func(p *peer) {
		loggedIn(p)
		for n := range 5 {
			p.push("number", fmt.Sprintf(`{"n":%d}`, n))
		}
		p.answer(p.next(), `{}`)
		p.idle()
	})
	c := dial(t, url, rtm.Options{PushBuffer: 3})
	slow, closed := rtm.Subscribe[*number](c), rtm.Subscribe[*number](c)
	closed.Close()
	login(t, c)
	if err := c.Call(t.Context(), "barrier", nil, nil); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		if push, err := slow.Next(t.Context()); err != nil || push.N != n {
			t.Fatalf("push %d = %v, %v", n, push, err)
		}
	}
	if _, err := slow.Next(t.Context()); !errors.Is(err, rtm.ErrSlowSubscriber) {
		t.Errorf("err = %v", err)
	}
	if _, err := closed.Next(t.Context()); !errors.Is(err, rtm.ErrClosed) {
		t.Errorf("a closed subscription: %v", err)
	}
}

func TestReconnectLogsInAgain(t *testing.T) {
	url := serve(t,
		func(p *peer) { loggedIn(p); p.next() }, // drops a request in flight
		func(p *peer) {
			r := p.next()
			if r.Action != "login" || !strings.Contains(string(r.Payload), "Bearer t") {
				t.Errorf("after a reconnect: %s %s", r.Action, r.Payload)
			}
			p.answer(r, `{}`)
			p.push("number", `{"n":2}`)
			p.answer(p.next(), `{"n":3}`)
			p.idle()
		})
	c := dial(t, url, rtm.Options{})
	numbers := rtm.Subscribe[*number](c)
	login(t, c)
	if err := c.Call(t.Context(), "dropped", nil, nil); rtm.ErrorTypeOf(err) != rtm.ErrorTypeConnectionLost {
		t.Errorf("err = %v", err)
	}
	if got, err := rtm.Do[number](t.Context(), c, "waits", nil); err != nil || got.N != 3 {
		t.Errorf("a call while there is no connection: %v, %v", got, err)
	}
	if push, err := numbers.Next(t.Context()); err != nil || push.N != 2 {
		t.Errorf("push = %v, %v", push, err)
	}
}

func TestServerEndsTheConnection(t *testing.T) {
	url := serve(t, func(p *peer) {
		loggedIn(p)
		p.push("customer_disconnected", `{"reason":"license_expired"}`)
		p.idle()
	})
	c := dial(t, url, rtm.Options{})
	pushes := rtm.Subscribe[rtm.Push](c)
	login(t, c)
	<-c.Done()
	if end, ok := errors.AsType[*rtm.DisconnectError](c.Err()); !ok || end.Reason != "license_expired" {
		t.Errorf("Err() = %v", c.Err())
	}
	if push, err := pushes.Next(t.Context()); err != nil || push.Action() != "customer_disconnected" {
		t.Errorf("push = %v, %v", push, err)
	}
	if _, err := pushes.Next(t.Context()); !errors.Is(err, c.Err()) {
		t.Errorf("err = %v", err)
	}
	if err := c.Call(t.Context(), "late", nil, nil); rtm.ErrorTypeOf(err) != rtm.ErrorTypeClosed || !strings.Contains(err.Error(), "license_expired") {
		t.Errorf("err = %v", err)
	}
	if _, err := rtm.Subscribe[rtm.Push](c).Next(t.Context()); !errors.Is(err, c.Err()) {
		t.Errorf("a late subscription: %v", err)
	}
}

func TestTokenSource(t *testing.T) {
	url := serve(t, func(p *peer) {
		r := p.next()
		if !strings.Contains(string(r.Payload), `"token":"Bearer stale"`) {
			t.Errorf("login %s", r.Payload)
		}
		p.refuse(r, "authentication", "expired")
		r = p.next()
		if !strings.Contains(string(r.Payload), `"token":"Bearer fresh"`) {
			t.Errorf("second login %s", r.Payload)
		}
		p.answer(r, `{}`)
		p.idle()
	})
	c := dial(t, url, rtm.Options{Token: func(_ context.Context, fresh bool) (string, error) {
		if fresh {
			return "fresh", nil
		}
		return "stale", nil
	}})
	if _, err := rtm.Login[map[string]any](t.Context(), c, "", nil); err != nil {
		t.Error(err)
	}

	none := dial(t, serve(t, (*peer).idle), rtm.Options{})
	if _, err := rtm.Login[map[string]any](t.Context(), none, "", nil); rtm.ErrorTypeOf(err) != rtm.ErrorTypeValidation {
		t.Errorf("no token at all: %v", err)
	}
	failing := dial(t, serve(t, (*peer).idle), rtm.Options{Token: func(context.Context, bool) (string, error) { return "", errors.New("out of tokens") }})
	if _, err := rtm.Login[map[string]any](t.Context(), failing, "", nil); rtm.ErrorTypeOf(err) != rtm.ErrorTypeNoToken || !strings.Contains(err.Error(), "out of tokens") {
		t.Errorf("err = %v", err)
	}
}

func TestCloseSettlesEverything(t *testing.T) {
	asked := make(chan struct{})
	url := serve(t, func(p *peer) {
		loggedIn(p)
		p.next()
		close(asked)
		p.idle()
	})
	c := dial(t, url, rtm.Options{})
	login(t, c)
	done := make(chan error)
	go func() { done <- c.Call(t.Context(), "silence", nil, nil) }()
	<-asked
	c.Close()
	c.Close()
	if err := <-done; rtm.ErrorTypeOf(err) != rtm.ErrorTypeClosed {
		t.Errorf("err = %v", err)
	}
	if !errors.Is(c.Err(), rtm.ErrClosed) {
		t.Errorf("Err() = %v", c.Err())
	}
}
