package rtm_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// pipes is a network in memory, fit for a synctest bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "rtm.test"} }

// serveInMemory runs scripts as serve does and returns the options that lead
// to them. release ends what the scripts wait for.
func serveInMemory(t *testing.T, scripts ...func(p *peer, release <-chan struct{})) rtm.Options {
	t.Helper()
	network := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	var next atomic.Int32
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		script := scripts[min(int(next.Add(1)), len(scripts))-1]
		if script == nil { // never answers
			select {
			case <-network.done:
			case <-r.Context().Done():
			}
			return
		}
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		script(&peer{t, r.Context(), ws}, network.done)
	})}
	go func() { _ = srv.Serve(network) }()
	t.Cleanup(func() { close(network.done); _ = srv.Close() })
	return rtm.Options{Server: "http://rtm.test", HTTPClient: &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			client, server := net.Pipe()
			select {
			case network.conns <- server:
				return client, nil
			case <-network.done:
				return nil, net.ErrClosed
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
	}}}
}

// deaf logs in and never reads again.
func deaf(p *peer, release <-chan struct{}) { loggedIn(p); <-release }

// polite logs in, answers every request and reads until the end.
func polite(p *peer, _ <-chan struct{}) {
	loggedIn(p)
	for r := p.next(); r.Action != ""; r = p.next() {
		p.answer(r, `{}`)
	}
}

// goroutines returns how many goroutines run a function whose name contains s.
func goroutines(s string) int {
	stacks := make([]byte, 4<<20)
	n := 0
	for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(stack, s) {
			n++
		}
	}
	return n
}

func TestCloseWithAServerThatNeverReads(t *testing.T) {
	for name, writing := range map[string]bool{"idle": false, "writing": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := serveInMemory(t, deaf)
				c := dial(t, opts.Server, opts)
				login(t, c)
				failed := make(chan error, 1)
				if writing {
					go func() { failed <- c.Call(t.Context(), "unread", nil, nil) }()
					synctest.Wait()
				}
				start := time.Now()
				c.Close()
				if took := time.Since(start); took > 2*time.Second {
					t.Errorf("Close took %v", took)
				}
				if writing && !errors.Is(<-failed, rtm.ErrClosed) {
					t.Error("the call did not end with ErrClosed")
				}
			})
		})
	}
}

func TestServerThatNeverReadsIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := serveInMemory(t, deaf, polite)
		c := dial(t, opts.Server, opts)
		login(t, c)
		time.Sleep(30 * time.Second) // of the test's own clock: a ping, no answer, a new socket
		synctest.Wait()
		if c.State() != session.Live {
			t.Errorf("state = %v", c.State())
		}
		if n := goroutines("rtm.(*socket).run("); n != 1 {
			t.Errorf("%d sockets are kept", n)
		}
	})
}

func TestDialOfASilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := serveInMemory(t, nil)
		start := time.Now()
		_, err := rtm.Dial(t.Context(), rtm.Dialect{}, &opts)
		if err == nil || !strings.HasPrefix(err.Error(), "rtm: dial: ") || !strings.Contains(err.Error(), "in time") {
			t.Errorf("err = %v", err)
		}
		if took := time.Since(start); took != 15*time.Second {
			t.Errorf("it took %v", took)
		}

		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("had enough")
		time.AfterFunc(time.Second, func() { cancel(why) })
		if _, err := rtm.Dial(ctx, rtm.Dialect{}, &opts); !errors.Is(err, why) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestRefusedForGood(t *testing.T) {
	refuse := func(p *peer, _ <-chan struct{}) {
		p.push("customer_disconnected", `{"reason":"customer_temporarily_blocked","data":{"timeout":60}}`)
		p.idle()
	}
	is := func(t *testing.T, err error) {
		t.Helper()
		end, ok := errors.AsType[*rtm.DisconnectError](err)
		if !ok || end.Reason != "customer_temporarily_blocked" || string(end.Data) != `{"timeout":60}` {
			t.Errorf("err = %v", err)
		}
		if n := strings.Count(err.Error(), "rtm: "); n != 1 {
			t.Errorf("%d prefixes in %q", n, err)
		}
	}
	t.Run("at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			opts := serveInMemory(t, refuse)
			c, err := rtm.Dial(t.Context(), rtm.Dialect{}, &opts)
			if err == nil { // the push came after Dial looked
				defer c.Close()
				err = c.Call(t.Context(), "login", map[string]string{"token": "t"}, nil)
			}
			is(t, err)
		})
	})
	t.Run("at login", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			opts := serveInMemory(t, func(p *peer, release <-chan struct{}) { p.next(); refuse(p, release) })
			c := dial(t, opts.Server, opts)
			err := c.Call(t.Context(), "login", map[string]string{"token": "t"}, nil)
			is(t, err)
			refused, ok := errors.AsType[*rtm.Error](err)
			if !ok || refused.Type != rtm.ErrorTypeClosed || string(refused.Data) != `{"reason":"customer_temporarily_blocked","data":{"timeout":60}}` {
				t.Errorf("err = %+v", refused)
			}
			is(t, c.Err())
			is(t, c.Call(t.Context(), "late", nil, nil))
		})
	})
}

func TestDeadlineIsTheContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := serveInMemory(t, func(p *peer, _ <-chan struct{}) {
			loggedIn(p)
			for r := p.next(); r.Action != ""; r = p.next() {
				if r.Action == "ping" {
					p.answer(r, `{}`)
				}
			}
		})
		c := dial(t, opts.Server, opts)
		login(t, c)
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			start := time.Now()
			if err := c.Call(ctx, "silence", nil, nil); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("err = %v", err)
			}
			if took := time.Since(start); took != 20*time.Second {
				t.Errorf("it took %v", took)
			}
			cancel()
		}
		start := time.Now()
		if err := c.Call(t.Context(), "silence", nil, nil); rtm.ErrorTypeOf(err) != rtm.ErrorTypeTimeout || time.Since(start) != 15*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

func TestTokenSourceThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := serveInMemory(t, polite)
		var running, asked atomic.Int32
		opts.Token = func(ctx context.Context, _ bool) (string, error) {
			running.Add(1)
			asked.Add(1)
			defer running.Add(-1)
			<-ctx.Done()
			return "", context.Cause(ctx)
		}
		c := dial(t, opts.Server, opts)
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := rtm.Login[map[string]any](ctx, c, "", nil); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("err = %v", err)
			}
			cancel()
		}
		failed := make(chan error, 1)
		go func() {
			_, err := rtm.Login[map[string]any](t.Context(), c, "", nil)
			failed <- err
		}()
		synctest.Wait()
		if asked.Load() != 4 || running.Load() != 1 {
			t.Errorf("asked %d times, %d of them still run", asked.Load(), running.Load())
		}
		c.Close()
		if err := <-failed; !errors.Is(err, rtm.ErrClosed) || rtm.ErrorTypeOf(err) != rtm.ErrorTypeClosed {
			t.Errorf("err = %v", err)
		}
		if running.Load() != 0 {
			t.Error("the token source outlives Close")
		}
	})
}

func TestConcurrentClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := serveInMemory(t, polite)
		c := dial(t, opts.Server, opts)
		login(t, c)
		pushes := rtm.Subscribe[rtm.Push](c)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { c.Close() })
			all.Go(func() {
				for c.Call(t.Context(), "echo", nil, nil) == nil {
				}
			})
			all.Go(pushes.Close)
			all.Go(func() { _, _ = pushes.Next(t.Context()) })
		}
		all.Wait()
		if n := goroutines("rtm.(*"); n != 0 {
			t.Errorf("%d goroutines are left", n)
		}
	})
}

func TestGoroutinesPerConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 50
		opts := serveInMemory(t, polite)
		synctest.Wait()
		before := runtime.NumGoroutine()
		for range many {
			c := dial(t, opts.Server, opts)
			login(t, c)
			if err := c.Call(t.Context(), "echo", nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		// One more is the server's.
		if n := runtime.NumGoroutine() - before; n > 4*many {
			t.Errorf("%d goroutines for %d connections", n, many)
		}
	})
}

func TestBinaryFrameIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := serveInMemory(t, func(p *peer, release <-chan struct{}) {
			loggedIn(p)
			_ = p.ws.Write(p.ctx, websocket.MessageBinary, []byte{1})
			p.answer(p.next(), `{}`)
			p.idle()
		})
		var log bytes.Buffer
		opts.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c := dial(t, opts.Server, opts)
		login(t, c)
		if err := c.Call(t.Context(), "barrier", nil, nil); err != nil {
			t.Fatal(err)
		}
		c.Close()
		if !strings.Contains(log.String(), "binary") {
			t.Errorf("the log is %s", log.String())
		}
	})
}

// asking is a log handler that asks the connection for its state.
type asking struct {
	slog.Handler
	conn  *atomic.Pointer[rtm.Conn]
	asked chan session.State
}

func (a asking) Enabled(context.Context, slog.Level) bool { return true }
func (a asking) Handle(ctx context.Context, _ slog.Record) error {
	c := a.conn.Load()
	if c == nil {
		return nil
	}
	got := make(chan session.State, 1)
	go func() { got <- c.State() }()
	select {
	case state := <-got:
		a.asked <- state
	case <-ctx.Done():
	case <-time.After(5 * time.Second): // of the test's own clock: a deadlock
	}
	return nil
}

func TestLoggerMayUseTheConnection(t *testing.T) {
	opts := rtm.Options{}
	log := asking{slog.DiscardHandler, new(atomic.Pointer[rtm.Conn]), make(chan session.State, 10)}
	opts.Logger = slog.New(log)
	c := dial(t, serve(t, func(p *peer) {
		loggedIn(p)
		p.send("nonsense")
		p.push("number", `{"n":"not a number"}`)
		p.answer(p.next(), `{}`)
		p.idle()
	}), opts)
	log.conn.Store(c)
	pushes := rtm.Subscribe[*rtm.RawPush](c)
	login(t, c)
	if err := c.Call(t.Context(), "barrier", nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := pushes.Next(t.Context()); err != nil {
		t.Error(err)
	}
	c.Close()
	if n := len(log.asked); n != 3 { // the frame, the push, the end
		t.Errorf("%d lines came through", n)
	}
}
