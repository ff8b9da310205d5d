package rtmserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// A deafLog cannot be read while it is told so.
type deafLog struct {
	rtmserver.Log
	deaf bool
}

func (l *deafLog) Read(ctx context.Context, org string, after uint64) iter.Seq2[[]byte, error] {
	if l.deaf {
		return func(yield func([]byte, error) bool) { yield(nil, errors.New("the disk is gone")) }
	}
	return l.Log.Read(ctx, org, after)
}

// hold opens a connection whose client never reads, so it never ends by itself.
func hold(t *testing.T, srv *rtmtest.Server) {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), srv.URL+"/v3.6/agent/rtm/ws", &websocket.DialOptions{HTTPClient: srv.HTTPClient()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.CloseNow() })
}

// TestDrain shuts down while requests wait for a slow log: all that was read is
// answered, what comes later is not, and nobody new gets in.
func TestDrain(t *testing.T) {
	log := &gatedLog{Log: rtmserver.NewMemoryLog()}
	inBubble(t, &rtmserver.Options{Log: log}, func(t *testing.T, srv *rtmtest.Server) {
		cu, ag, still := customer(t, srv), agent(t, srv, rtmtest.AgentToken), customer(t, srv)
		chatID, _ := start(cu)
		synctest.Wait()
		gate := make(chan struct{})
		log.gate = gate
		for i := range 5 {
			cu.write(fmt.Sprintf(`{"action":"send_event","request_id":"r%d","payload":{"chat_id":%q,"event":{"type":"message","text":"%d"}}}`, i, chatID, i))
		}
		synctest.Wait()
		over := make(chan error, 1)
		go func() { over <- srv.RTM.Shutdown(context.Background()) }()
		if d := disconnected(t, still); d["reason"] != "connection_evicted" {
			t.Errorf("who waited for nothing got %v", d)
		}
		for _, get := range []string{"/v3.6/customer/rtm/ws?organization_id=" + rtmtest.Organization, "/v2/customer/info"} {
			res, err := srv.HTTPClient().Get(srv.URL + get)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") != "1" {
				t.Errorf("%s: %d %v", get, res.StatusCode, res.Header)
			}
		}
		cu.write(`{"action":"get_customer","request_id":"late"}`)
		log.gate = nil
		close(gate)
		if err := <-over; err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if code := cu.ends(); code != websocket.StatusNormalClosure {
			t.Errorf("the customer's close code is %v", code)
		}
		if code := ag.ends(); code != websocket.StatusGoingAway {
			t.Errorf("the agent's close code is %v", code)
		}
		answered := map[any]any{}
		for _, f := range cu.seen {
			if f["type"] == "response" {
				answered[f["request_id"]] = f["success"]
			}
		}
		for _, id := range []string{"r0", "r1", "r2", "r3", "r4"} {
			if answered[id] != true {
				t.Errorf("request %s: %v", id, answered[id])
			}
		}
		if answered["late"] != nil {
			t.Error("what came after the end began was answered")
		}
	})
}

func TestOrigins(t *testing.T) {
	opts := &rtmserver.Options{Origins: []string{"https://shop.example", "https://*.kites.example:8443"}}
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		for origin, may := range map[string]bool{
			"": true, "https://shop.example": true, "https://SHOP.example": true, "https://a.b.kites.example:8443": true,
			"http://rtm.test": true, "https://rtm.test": true, // its own pages
			"http://shop.example": false, "https://shop.example.evil": false, "https://evilshop.example": false, "https://www.shop.example": false,
			"https://kites.example:8443": false, "https://a.kites.example": false, "null": false, "::": false,
		} {
			for _, path := range []string{"/v3.6/customer/rtm/ws?organization_id=" + rtmtest.Organization, "/v3.6/agent/rtm/ws"} {
				ws, res, err := websocket.Dial(t.Context(), srv.URL+path, &websocket.DialOptions{HTTPClient: srv.HTTPClient(), HTTPHeader: http.Header{"Origin": {origin}}})
				if (err == nil) != may || !may && res.StatusCode != http.StatusForbidden {
					t.Errorf("%q on %s: %v", origin, path, err)
				}
				if err == nil {
					ws.CloseNow()
				}
			}
			for _, method := range []string{http.MethodPost, http.MethodOptions} {
				req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+"/v2/customer/token", strings.NewReader(
					`{"grant_type":"cookie","client_id":"x","response_type":"token","organization_id":"`+rtmtest.Organization+`"}`))
				if err != nil {
					t.Fatal(err)
				}
				if origin != "" {
					req.Header.Set("Origin", origin)
				}
				res, err := srv.HTTPClient().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(res.Body)
				res.Body.Close()
				allow := res.Header.Get("Access-Control-Allow-Origin")
				if may && (res.StatusCode >= 300 || allow != origin) || !may && (res.StatusCode != 403 || allow != "" || len(res.Cookies()) > 0) {
					t.Errorf("%s from %q: %d %s %v", method, origin, res.StatusCode, body, res.Header)
				}
				if !may && !strings.Contains(string(body), "may not connect here: the server's list of origins does not have it") {
					t.Errorf("%s from %q says %s", method, origin, body)
				}
			}
		}
	})
	for _, bad := range []string{"shop.example", "https://", "https://shop.example/path", "ftp://x", "https://a.*.example", "*", "https://*"} {
		if _, err := rtmserver.New(&rtmserver.Options{Origins: []string{bad}}); err == nil || !strings.Contains(err.Error(), "rtmserver: origin ") {
			t.Errorf("the origin %q gave %v", bad, err)
		}
	}
}

// TestSlowBody sends the head of a request for a token, and no body.
func TestSlowBody(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		body, never := io.Pipe()
		defer never.Close()
		begin := time.Now()
		res, err := srv.HTTPClient().Post(srv.URL+"/v2/customer/token", "application/json", body)
		if err == nil {
			defer res.Body.Close()
			if res.StatusCode != http.StatusBadRequest {
				t.Errorf("got %v", res)
			}
		}
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// TestHealthMethods asks with other methods than GET.
func TestHealthMethods(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	for _, path := range []string{"/healthz", "/readyz"} {
		for method, want := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405, "DELETE": 405, "OPTIONS": 405} {
			if res, _ := ask(t, srv, method, path, "", nil); res.StatusCode != want || want == 405 && res.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %s %v", method, path, res.Status, res.Header)
			}
		}
	}
}
