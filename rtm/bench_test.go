package rtm_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/coder/websocket"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// flood serves sockets whose login is answered by n pushes.
func flood(b *testing.B, n int) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		p := &peer{nil, r.Context(), ws}
		p.answer(p.next(), `{}`)
		for i := range n {
			p.push("incoming_event", fmt.Sprintf(`{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8","event":{"id":"K600PKZON8_%d","created_at":"2026-01-02T03:04:05.123456Z","type":"message","text":"Hello there, how can I help you today?"}}`, i))
		}
		p.idle()
	}))
	b.Cleanup(srv.Close)
	return srv.URL
}

func dialFlood(b *testing.B, url string, buffer int) (*rtm.Conn, *rtm.Subscription[rtm.Push]) {
	c, err := rtm.Dial(b.Context(), rtm.Dialect{API: session.Customer}, &rtm.Options{Server: url, PushBuffer: buffer})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	sub := rtm.Subscribe[rtm.Push](c)
	if _, err := rtm.Login[map[string]any](b.Context(), c, "t", map[string]string{"token": "t"}); err != nil {
		b.Fatal(err)
	}
	return c, sub
}

// BenchmarkPush is a push from the server's socket to the subscriber, the
// server's own work included.
func BenchmarkPush(b *testing.B) {
	url := flood(b, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	_, sub := dialFlood(b, url, b.N+1)
	for range b.N {
		if _, err := sub.Next(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkConnection is to connect, log in and close, and tells how many
// goroutines an open connection has, the server's one included.
func BenchmarkConnection(b *testing.B) {
	const open = 50
	url := flood(b, 0)
	before := runtime.NumGoroutine()
	for range open {
		dialFlood(b, url, 0)
	}
	goroutines := float64(runtime.NumGoroutine()-before) / open
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		c, _ := dialFlood(b, url, 0)
		c.Close()
	}
	b.ReportMetric(goroutines, "goroutines/conn")
}
