package rtmserver_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// quiet are options whose log nobody reads.
func quiet() *rtmserver.Options {
	return &rtmserver.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// metrics returns what Prometheus would get.
func metrics(t *testing.T, srv *rtmtest.Server) string {
	t.Helper()
	synctest.Wait()
	w := httptest.NewRecorder()
	srv.RTM.Metrics().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("the metrics answered %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestMetrics(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu, ag := customer(t, srv), agent(t, srv, rtmtest.AgentToken)
		dialAgent(t, srv)
		chatID, _ := start(cu, message("hello"))
		ag.ok("send_event", object{"chat_id": chatID, "event": message("hi")})
		cu.fails("validation", "send_event", object{"chat_id": chatID})
		cu.write(`{"action":"` + strings.Repeat("x", 100) + `"}`)
		cu.write(`{"action":"y"}`)
		queued := customer(t, srv)
		ag.ok("set_routing_status", object{"status": "not_accepting_chats"})
		start(queued)
		gone := customer(t, srv)
		gone.close()
		text := metrics(t, srv)
		for _, line := range []string{
			`rtmd_connections{api="agent",state="logged_in"} 1`,
			`rtmd_connections{api="agent",state="new"} 1`,
			`rtmd_connections{api="customer",state="logged_in"} 2`,
			`rtmd_connections_opened_total{api="customer"} 3`,
			`rtmd_connections_ended_total{api="customer",reason="closed"} 1`,
			`rtmd_requests_total{action="login",api="customer",outcome="ok"} 3`,
			`rtmd_requests_total{action="send_event",api="agent",outcome="ok"} 1`,
			`rtmd_requests_total{action="send_event",api="customer",outcome="validation"} 1`,
			`rtmd_requests_total{action="unknown",api="customer",outcome="validation"} 2`,
			`rtmd_request_seconds_count{action="send_event",api="customer"} 1`,
			`rtmd_pushes_total{action="incoming_event",api="customer"} 1`,
			`rtmd_pushes_total{action="incoming_chat",api="agent"} 2`,
			`rtmd_chats{state="active"} 2`,
			`rtmd_chats{state="queued"} 1`,
			`rtmd_send_queue_bytes 0`,
			`rtmd_draining 0`,
			`rtmd_log_failures_total 0`,
		} {
			if !strings.Contains(text, line+"\n") {
				t.Errorf("there is no line %s in\n%s", line, text)
			}
		}
		for _, name := range []string{"go_goroutines ", "rtmd_log_append_seconds_count ", "rtmd_organization_wait_seconds_count "} {
			if !strings.Contains(text, "\n"+name) {
				t.Errorf("there is no metric %s", name)
			}
		}
	})
}

// TestObserved reads the log of a conversation: a line for each failure and for
// each connection, and nothing of what was said.
func TestObserved(t *testing.T) {
	var mu sync.Mutex
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(lockedWriter{&mu, &out}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	inBubble(t, &rtmserver.Options{Logger: logger}, func(t *testing.T, srv *rtmtest.Server) {
		token := srv.CustomerToken(t)
		cu := dialCustomer(t, srv)
		cu.fails("authentication", "login", object{"token": "Bearer dal:a-secret-guess"})
		cu.ok("login", object{"token": "Bearer " + token, "customer": object{"name": "Cleo Secret"}})
		chatID, _ := start(cu, message("a secret text"))
		cu.fails("not_found", "get_chat", object{"chat_id": "a-secret-chat"})
		cu.ok("get_chat", object{"chat_id": chatID})
		cu.close()
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		text := out.String()
		for _, part := range []string{
			`msg="request failed" api=customer action=login error=authentication user=""`,
			`msg="request failed" api=customer action=get_chat error=not_found user=`,
			`msg="connection ended" api=customer version=3.6 reason=closed user=`, "requests=5", "organization=" + rtmtest.Organization,
		} {
			if !strings.Contains(text, part) {
				t.Errorf("the log has no %s:\n%s", part, text)
			}
		}
		if strings.Count(text, "\n") != 3 || strings.Contains(strings.ToLower(text), "secret") || strings.Contains(text, token) {
			t.Errorf("the log is\n%s", text)
		}
	})
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (w lockedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.w.Write(b)
}

// TestReady asks whether clients may come: at work, without its log, and at the
// end.
func TestReady(t *testing.T) {
	log := &deafLog{Log: rtmserver.NewMemoryLog()}
	opts := quiet()
	opts.Log = log
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		ready := func(status int, text string) {
			t.Helper()
			res, err := srv.HTTPClient().Get(srv.URL + "/readyz")
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != status || !strings.Contains(string(body), text) || (res.Header.Get("Retry-After") != "") != (status != 200) {
				t.Errorf("%d %s %v %v, want %d %s", res.StatusCode, body, res.Header, err, status, text)
			}
		}
		ready(200, `"ready"`)
		customer(t, srv)
		ready(200, `"ready"`)
		log.deaf = true
		ready(503, "the log cannot be read")
		log.deaf = false
		ready(200, `"ready"`)

		// While it drains: the client does not end its side.
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		hold(t, srv)
		go func() { over <- srv.RTM.Shutdown(ctx) }()
		synctest.Wait()
		ready(503, "the server is shutting down")
		res, err := srv.HTTPClient().Get(srv.URL + "/healthz")
		if err != nil || res.StatusCode != 200 {
			t.Errorf("/healthz: %v %v", res, err)
		}
		res.Body.Close()
		if text := metrics(t, srv); !strings.Contains(text, "rtmd_draining 1\n") {
			t.Error("the metrics do not say that it drains")
		}
		cancel()
		<-over
	})
}
