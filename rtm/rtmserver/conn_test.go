package rtmserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

func TestPaths(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	for _, tt := range []struct {
		path   string
		status int
		text   string
	}{
		{"/v3.1/customer/rtm/ws?organization_id=x", 404, `API version \"3.1\" is not served here; use /v3.6/customer/rtm/ws`},
		{"/v3.7/agent/rtm/ws", 404, `API version \"3.7\" is not served here; use /v3.6/agent/rtm/ws`},
		{"/v3.4/agent/rtm/ws", 426, ""},
		{"/v3.5/customer/rtm/ws", 400, "the query parameter organization_id is required"},
		{"/v3.6/customer/rtm/ws", 400, "the query parameter organization_id is required"},
		{"/v3.6/customer/rtm", 404, `nothing is served at \"/v3.6/customer/rtm\"`},
		{"/", 404, "nothing is served at"},
		{"/v2/customer/other", 404, "nothing is served at"},
		{"/healthz", 200, `"status":"ok"`},
		{"/v3.6/agent/rtm/ws", 426, ""}, // no upgrade asked for
	} {
		res, err := srv.HTTPClient().Get(srv.URL + tt.path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != tt.status || !strings.Contains(string(body), tt.text) {
			t.Errorf("%s: %d %s %v, want %d %s", tt.path, res.StatusCode, body, err, tt.status, tt.text)
		}
		if tt.status == 404 && !json.Valid(body) {
			t.Errorf("%s: %s is not JSON", tt.path, body)
		}
	}
}

func TestUnknownOrganization(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		for _, api := range []*catalogue.API{catalogue.Customer(), catalogue.Agent()} {
			p := dial(t, srv, api, "?organization_id=22222222-2222-4222-8222-222222222222")
			if code := p.ends(); code != websocket.StatusNormalClosure {
				t.Errorf("%s: the close code is %v", api.Name, code)
			}
			if d := p.push(api.Name + "_disconnected"); d["reason"] != "license_not_found" {
				t.Errorf("%s: got %v", api.Name, d)
			}
		}
	})
}

// TestDeadlines waits for the ends of connections that do nothing.
func TestDeadlines(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		begin := time.Now()
		cu, ag := dialCustomer(t, srv), dialAgent(t, srv)
		cu.ok("ping", object{}) // stretches nothing
		for _, p := range []*peer{cu, ag} {
			p.ends()
			if d := p.push(p.api.Name + "_disconnected"); d["reason"] != "connection_timeout" {
				t.Errorf("%s: got %v", p.api.Name, d)
			}
		}
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("without login they lived %v", took)
		}
	})
}

// TestIdle has a client that reads frames and answers no control ping: it is
// idle after 30 s. One that answers them, and does nothing else, lives.
func TestIdle(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		live := customer(t, srv)
		ws, _, err := websocket.Dial(t.Context(), srv.URL+"/v3.6/agent/rtm/ws", &websocket.DialOptions{
			HTTPClient:     srv.HTTPClient(),
			OnPingReceived: func(context.Context, []byte) bool { return false },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer ws.CloseNow()
		if err := ws.Write(t.Context(), websocket.MessageText, []byte(`{"action":"login","payload":{"token":"Bearer dal:agent1"}}`)); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		var last string
		for {
			_, data, err := ws.Read(t.Context())
			if err != nil {
				break
			}
			last = string(data)
		}
		if !strings.Contains(last, `"agent_disconnected"`) || !strings.Contains(last, "connection_timeout") || time.Since(begin) < 30*time.Second || time.Since(begin) > 31*time.Second {
			t.Errorf("after %v the last frame was %s", time.Since(begin), last)
		}
		time.Sleep(10 * time.Minute) // virtual
		live.ok("ping", object{})
	})
}

func TestFrameLimit(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		// The largest frame that is read, to the byte.
		head, tail := `{"action":"ping","request_id":"big","payload":{"x":"`, `"}}`
		fit := head + strings.Repeat("x", 1<<20-len(head)-len(tail)) + tail
		cu.write(fit)
		if f := cu.read(); f["success"] != true || f["request_id"] != "big" {
			t.Errorf("1 MiB: got %v", f)
		}
		cu.write(strings.Replace(fit, `x"}}`, `xx"}}`, 1))
		f := cu.read()
		if f["success"] != false || f["request_id"] != "big" || f["action"] != "ping" || at(f, "payload", "error", "message") != "the frame is over the limit of 1048576 bytes" {
			t.Errorf("1 MiB and a byte: got %v", f)
		}
		cu.write(strings.Repeat("x", 3<<20))
		if f := cu.read(); f["success"] != false || at(f, "payload", "error", "type") != "validation" {
			t.Errorf("3 MiB of nonsense: got %v", f)
		}
		cu.ok("ping", object{})
		// Beyond all measure the socket ends; the write itself may fail then.
		_ = cu.ws.Write(t.Context(), websocket.MessageText, make([]byte, 17<<20))
		if code := cu.ends(); code != websocket.StatusMessageTooBig {
			t.Errorf("17 MiB: the close code is %v", code)
		}
	})
}

// TestSlowClient has a customer that never reads. It is cut off, and the agent
// who writes to it notices nothing.
func TestSlowClient(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		token := srv.CustomerToken(t)
		good := dialCustomer(t, srv)
		good.ok("login", object{"token": "Bearer " + token})
		chatID, _ := start(good)
		slow, _, err := websocket.Dial(t.Context(), srv.URL+"/v3.6/customer/rtm/ws?organization_id="+rtmtest.Organization, &websocket.DialOptions{HTTPClient: srv.HTTPClient()})
		if err != nil {
			t.Fatal(err)
		}
		defer slow.CloseNow()
		if err := slow.Write(t.Context(), websocket.MessageText, []byte(`{"action":"login","payload":{"token":"Bearer `+token+`"}}`)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		begin := time.Now()
		for range 300 {
			ag.ok("send_event", object{"chat_id": chatID, "event": message("spam")})
			good.push("incoming_event")
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("the others had to wait %v", took)
		}
		synctest.Wait()
		// Its end of the pipe is closed by now: what it can still read ends soon.
		n := 0
		for {
			if _, _, err := slow.Read(t.Context()); err != nil {
				break
			}
			n++
		}
		if n > 5 {
			t.Errorf("the slow client could still read %d frames", n)
		}
	})
}

// TestSlowClientOfMuch has an agent that reads nothing while another sends it much:
// it is cut off long before its queue has all places taken.
func TestSlowClientOfMuch(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		slow, _, err := websocket.Dial(t.Context(), srv.URL+"/v3.6/agent/rtm/ws", &websocket.DialOptions{HTTPClient: srv.HTTPClient()})
		if err != nil {
			t.Fatal(err)
		}
		defer slow.CloseNow()
		slow.SetReadLimit(-1)
		if err := slow.Write(t.Context(), websocket.MessageText, []byte(`{"action":"login","payload":{"token":"Bearer `+rtmtest.Agent2Token+`"}}`)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		const megabytes = 75
		content := strings.Repeat("x", 1<<20-200)
		for range megabytes {
			ag.ok("multicast", object{"recipients": object{"agents": object{"ids": []string{agent2}}}, "content": content})
		}
		n := 0
		for n < megabytes {
			_, frame, err := slow.Read(t.Context())
			if err != nil {
				break
			}
			if len(frame) > len(content) {
				n++
			}
		}
		if n == megabytes {
			t.Errorf("all %d MB waited for the slow client", n)
		}
		ag.ok("ping", object{})
	})
}

// A brokenLog panics or fails when told to.
type brokenLog struct {
	rtmserver.Log
	panics, fails bool
}

func (l *brokenLog) Append(ctx context.Context, org string, last uint64, entry []byte) error {
	if l.panics {
		panic("the log is broken")
	}
	if l.fails {
		return errors.New("the disk is full")
	}
	return l.Log.Append(ctx, org, last, entry)
}

func TestInternal(t *testing.T) {
	log := &brokenLog{Log: rtmserver.NewMemoryLog()}
	var logged strings.Builder
	opts := &rtmserver.Options{Log: log, Logger: slog.New(slog.NewTextHandler(&logged, nil))}
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		chatID, _ := start(cu)
		for _, broken := range []*bool{&log.panics, &log.fails} {
			*broken = true
			if got := cu.fails("internal", "send_event", object{"chat_id": chatID, "event": message("x")}); got != "Internal server error" {
				t.Errorf("the message is %q", got)
			}
			ag := dialAgent(t, srv)
			ag.fails("internal", "login", object{"token": "Bearer " + rtmtest.AgentToken})
			*broken = false
			ag.ok("login", object{"token": "Bearer " + rtmtest.AgentToken})
			cu.ok("send_event", object{"chat_id": chatID, "event": message("y")})
			ag.ok("logout", object{})
			ag.ends()
		}
		if events := at(cu.ok("get_chat", object{"chat_id": chatID}), "thread", "events").([]any); at(events, 0, "text") != "y" {
			t.Errorf("the events are %v", events)
		}
	})
	if !strings.Contains(logged.String(), "the log is broken") || !strings.Contains(logged.String(), "the disk is full") {
		t.Errorf("logged was %q", logged.String())
	}
}

// TestShutdown tells customers to come back, and refuses new connections.
func TestShutdown(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu, ag := customer(t, srv), agent(t, srv, rtmtest.AgentToken)
		if err := srv.RTM.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if code := cu.ends(); code != websocket.StatusNormalClosure {
			t.Errorf("the customer's close code is %v", code)
		}
		if d := cu.push("customer_disconnected"); d["reason"] != "connection_evicted" {
			t.Errorf("the customer got %v", d)
		}
		if code := ag.ends(); code != websocket.StatusGoingAway {
			t.Errorf("the agent's close code is %v", code)
		}
		_, res, err := websocket.Dial(t.Context(), srv.URL+"/v3.6/agent/rtm/ws", &websocket.DialOptions{HTTPClient: srv.HTTPClient()})
		if err == nil || res == nil || res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a new connection got %v, %v", res, err)
		}
		if err := srv.RTM.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown again: %v", err)
		}
	})
}

// TestShutdownInTime does not wait for a client that does not answer.
func TestShutdownInTime(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ws, _, err := websocket.Dial(t.Context(), srv.URL+"/v3.6/agent/rtm/ws", &websocket.DialOptions{HTTPClient: srv.HTTPClient()})
		if err != nil {
			t.Fatal(err)
		}
		defer ws.CloseNow()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := srv.RTM.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown: %v", err)
		}
	})
}

// TestAnyOrigin dials from a page of another site.
func TestAnyOrigin(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ws, _, err := websocket.Dial(t.Context(), srv.URL+"/v3.6/agent/rtm/ws", &websocket.DialOptions{
			HTTPClient: srv.HTTPClient(), HTTPHeader: http.Header{"Origin": {"https://shop.example"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		ws.CloseNow()
	})
}

func TestSeedRefused(t *testing.T) {
	group := []rtmserver.Group{{ID: 0}}
	for name, seed := range map[string]rtmserver.Organization{
		"no id":          {Groups: group},
		"no group 0":     {ID: "a", Groups: []rtmserver.Group{{ID: 1}}},
		"group twice":    {ID: "a", Groups: []rtmserver.Group{{ID: 0}, {ID: 0}}},
		"agent twice":    {ID: "a", Groups: group, Agents: []rtmserver.Agent{{ID: "x"}, {ID: "x"}}},
		"unknown group":  {ID: "a", Groups: group, Agents: []rtmserver.Agent{{ID: "x", Groups: []int{3}}}},
		"token twice":    {ID: "a", Groups: group, Agents: []rtmserver.Agent{{ID: "x", Tokens: []string{"t", "t"}}}},
		"unknown role":   {ID: "a", Groups: group, Agents: []rtmserver.Agent{{ID: "x", Role: "king"}}},
		"agent no id":    {ID: "a", Groups: group, Agents: []rtmserver.Agent{{}}},
		"token is empty": {ID: "a", Groups: group, Agents: []rtmserver.Agent{{ID: "x", Tokens: []string{""}}}},
	} {
		if _, err := rtmserver.New(&rtmserver.Options{Seed: &rtmserver.Seed{Organizations: []rtmserver.Organization{seed}}}); err == nil {
			t.Errorf("%s: New gave no error", name)
		}
	}
}

// TestRepeatable runs the same conversation twice with the same seed.
func TestRepeatable(t *testing.T) {
	var runs [][]string
	for range 2 {
		inBubble(t, &rtmserver.Options{RandomSeed: 7}, func(t *testing.T, srv *rtmtest.Server) {
			cu := customer(t, srv)
			chatID, threadID := start(cu)
			runs = append(runs, []string{chatID, threadID, srv.CustomerToken(t)})
		})
	}
	if !slices.Equal(runs[0], runs[1]) {
		t.Errorf("got %v and %v", runs[0], runs[1])
	}
}
