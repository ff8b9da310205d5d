package rtmserver_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// A stuckWriter belongs to a client that does not read: writing takes until it is
// let go.
type stuckWriter struct {
	*httptest.ResponseRecorder
	stuck, free chan struct{}
}

func (w *stuckWriter) Write(p []byte) (int, error) {
	close(w.stuck)
	<-w.free
	return w.ResponseRecorder.Write(p)
}

// TestTokenOfWhoDoesNotRead has clients that do not read the answers of the token
// endpoints. Nobody else waits for them.
func TestTokenOfWhoDoesNotRead(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	token := srv.CustomerToken(t)
	cu := customer(t, srv)
	for _, tt := range []struct{ method, path, body string }{
		{"POST", "/v2/customer/token", grant},
		{"GET", "/v2/customer/info", ""},
		{"DELETE", "/v2/customer/token", ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := &stuckWriter{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
		free := sync.OnceFunc(func() { close(w.free) })
		t.Cleanup(free)
		done := make(chan struct{})
		go func() { defer close(done); srv.RTM.ServeHTTP(w, r) }()
		<-w.stuck
		cu.ok("get_customer", object{})
		free()
		<-done
		if w.Code != 200 {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, w.Code, w.Body)
		}
	}
}

// TestTokenRate asks for more tokens than an address may: each would be a customer
// for good.
func TestTokenRate(t *testing.T) {
	inBubble(t, &rtmserver.Options{Limits: rtmserver.Limits{ConnectionRate: 2}}, func(t *testing.T, srv *rtmtest.Server) {
		for range 20 {
			srv.CustomerToken(t)
		}
		res, body := ask(t, srv, "POST", "/v2/customer/token", grant, nil)
		if text, _ := body["exception_description"].(string); res.StatusCode != http.StatusTooManyRequests || body["oauth_exception"] != "too_many_requests" ||
			!strings.Contains(text, "more than 2 tokens a second") || res.Header.Get("Retry-After") == "" {
			t.Errorf("got %s %v", res.Status, body)
		}
		dialCustomer(t, srv) // connections count by themselves
		time.Sleep(time.Second)
		srv.CustomerToken(t)
		srv.CustomerToken(t)
		if res, _ := ask(t, srv, "POST", "/v2/customer/token", grant, nil); res.StatusCode != http.StatusTooManyRequests {
			t.Errorf("a second later a third token got %s", res.Status)
		}
	})
}

// TestWebGuesses tries tokens over the Web API. Who guesses too fast is refused
// before anything is looked up, and whoever has a token goes on.
func TestWebGuesses(t *testing.T) {
	inBubble(t, &rtmserver.Options{Limits: rtmserver.Limits{ConnectionRate: 2}}, func(t *testing.T, srv *rtmtest.Server) {
		for _, side := range []string{"agent", "customer"} {
			for range 20 {
				if res, v := post(t, srv, side, "3.6", "list_chats", "Bearer dal:guess", []byte("{}")); res.StatusCode != 401 {
					t.Fatalf("%s: %s %v", side, res.Status, v)
				}
			}
			if res, v := post(t, srv, side, "3.6", "list_chats", "Bearer dal:guess", []byte("{}")); res.StatusCode != 429 || at(v, "error", "type") != "too_many_requests" {
				t.Errorf("%s: one more guess got %s %v", side, res.Status, v)
			}
			time.Sleep(10 * time.Second)
		}
		for range 40 {
			if res, v := post(t, srv, "agent", "3.6", "list_chats", "Bearer "+rtmtest.AgentToken, []byte("{}")); res.StatusCode != 200 {
				t.Fatalf("the agent got %s %v", res.Status, v)
			}
		}
	})
}
