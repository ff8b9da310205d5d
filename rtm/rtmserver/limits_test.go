package rtmserver_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// A gatedLog does not append while its gate is shut.
type gatedLog struct {
	rtmserver.Log
	gate  chan struct{} // nil: open; closing it opens it
	takes time.Duration // what an append takes, as on a disk
}

func (l *gatedLog) Append(ctx context.Context, org string, last uint64, entry []byte) error {
	if l.gate != nil {
		<-l.gate
	}
	if l.takes > 0 {
		<-time.After(l.takes)
	}
	return l.Log.Append(ctx, org, last, entry)
}

// TestPendingRequests sends more requests than may wait, while the log is slow.
func TestPendingRequests(t *testing.T) {
	log := &gatedLog{Log: rtmserver.NewMemoryLog()}
	inBubble(t, &rtmserver.Options{Log: log}, func(t *testing.T, srv *rtmtest.Server) {
		cu, other := customer(t, srv), customer(t, srv)
		chatID, _ := start(cu)
		cu.actions()
		synctest.Wait()
		log.gate = make(chan struct{})
		for i := range 12 {
			cu.write(fmt.Sprintf(`{"action":"send_event","request_id":"r%d","payload":{"chat_id":%q,"event":{"type":"message","text":"%d"}}}`, i, chatID, i))
		}
		cu.write(`{"action":"ping","request_id":"p"}`)
		other.write(`{"action":"ping","request_id":"p"}`)
		for _, id := range []string{"r10", "r11"} {
			if f := cu.read(); f["request_id"] != id || at(f, "payload", "error", "type") != "pending_requests_limit_reached" || at(f, "payload", "error", "message") != "Requests limit reached" {
				t.Errorf("request %s got %v", id, f)
			}
		}
		for _, p := range []*peer{cu, other} {
			if f := p.read(); f["request_id"] != "p" || f["success"] != true {
				t.Errorf("the ping got %v", f)
			}
		}
		close(log.gate)
		for i := range 10 {
			for {
				f := cu.read()
				if f["type"] == "push" {
					continue
				}
				if f["request_id"] != fmt.Sprintf("r%d", i) || f["success"] != true {
					t.Errorf("request %d got %v", i, f)
				}
				break
			}
		}
		log.gate = nil
		cu.ok("send_event", object{"chat_id": chatID, "event": message("again")})
	})
}

// TestLargeFramesWait sends much at once: what is over a megabyte waits in the
// network, and all of it is answered.
func TestLargeFramesWait(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		for i := range 30 {
			cu.write(fmt.Sprintf(`{"action":"get_customer","request_id":"%d","payload":{"x":"%s"}}`, i, strings.Repeat("x", 700<<10)))
		}
		for i := range 30 {
			if f := cu.read(); f["request_id"] != fmt.Sprint(i) || f["success"] != true {
				t.Fatalf("request %d got %v", i, f)
			}
		}
	})
}

// TestRequestRate floods a method. Others of the user, and other users, go on.
func TestRequestRate(t *testing.T) {
	opts := &rtmserver.Options{Limits: rtmserver.Limits{Requests: 2}}
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		token := srv.CustomerToken(t)
		cu, tab, other := dialCustomer(t, srv), dialCustomer(t, srv), customer(t, srv)
		for _, p := range []*peer{cu, tab} {
			p.ok("login", object{"token": "Bearer " + token})
		}
		for i := range 20 {
			[]*peer{cu, tab}[i%2].ok("get_customer", object{})
		}
		for _, p := range []*peer{cu, tab} {
			if got := p.fails("too_many_requests", "get_customer", object{}); got != "get_customer was called more than 2 times a second: wait a moment" {
				t.Errorf("the message is %q", got)
			}
		}
		cu.ok("list_chats", object{})
		cu.ok("ping", object{})
		other.ok("get_customer", object{})
		time.Sleep(time.Second) // virtual
		cu.ok("get_customer", object{})
		tab.ok("get_customer", object{})
		cu.fails("too_many_requests", "get_customer", object{})

		// Logins count for their token, right or wrong.
		bad := dialCustomer(t, srv)
		for range 20 {
			bad.fails("authentication", "login", object{"token": "Bearer dal:guess"})
		}
		bad.fails("too_many_requests", "login", object{"token": "Bearer dal:guess"})
		bad.ok("login", object{"token": "Bearer " + token})
	})
}

// TestEndlessRates has limits that no number of requests reaches.
func TestEndlessRates(t *testing.T) {
	for _, rate := range []float64{math.Inf(1), math.NaN(), 1e300, 1e18, -1} {
		inBubble(t, &rtmserver.Options{Limits: rtmserver.Limits{Requests: rate, ConnectionRate: rate}}, func(t *testing.T, srv *rtmtest.Server) {
			cu := customer(t, srv)
			for range 30 { // in no time: the clock of the bubble stands
				cu.ok("get_customer", object{})
			}
		})
	}
}

// disconnected waits for the end of a connection and returns what it was told.
func disconnected(t *testing.T, p *peer) object {
	t.Helper()
	p.ends()
	for _, f := range p.seen {
		if f["action"] == p.api.Name+"_disconnected" {
			return f["payload"].(object)
		}
	}
	t.Errorf("%s: the end came without a reason", p.api.Name)
	return nil
}

func TestCustomerConnections(t *testing.T) {
	opts := &rtmserver.Options{Limits: rtmserver.Limits{CustomerConnections: 2, Customers: 2}}
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		token := object{"token": "Bearer " + srv.CustomerToken(t)}
		one, two := dialCustomer(t, srv), dialCustomer(t, srv)
		one.ok("login", token)
		two.ok("login", token)
		for range 5 {
			more := dialCustomer(t, srv)
			if got := more.fails("limit_reached", "login", token); !strings.HasSuffix(got, "has 2 connections, which is all that it can have") {
				t.Errorf("the message is %q", got)
			}
			if d := disconnected(t, more); d["reason"] != "too_many_connections" {
				t.Errorf("got %v", d)
			}
		}
		one.close()
		synctest.Wait()
		blocked := dialCustomer(t, srv)
		blocked.fails("limit_reached", "login", token)
		if d := disconnected(t, blocked); d["reason"] != "customer_temporarily_blocked" || at(d, "data", "timeout") != 60.0 {
			t.Errorf("got %v", d)
		}
		time.Sleep(time.Minute) // virtual
		again := dialCustomer(t, srv)
		again.ok("login", token)

		// Two customers are all that the organization has room for.
		other := customer(t, srv)
		third := dialCustomer(t, srv)
		thirdToken := object{"token": "Bearer " + srv.CustomerToken(t)}
		if got := third.fails("users_limit_reached", "login", thirdToken); got != "Users limit reached" {
			t.Errorf("the message is %q", got)
		}
		other.close()
		synctest.Wait()
		third.ok("login", thirdToken)
	})
}

func TestAgentConnections(t *testing.T) {
	opts := &rtmserver.Options{Limits: rtmserver.Limits{AgentConnections: 2, Seats: 1}}
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		token := object{"token": "Bearer " + rtmtest.AgentToken}
		one := agent(t, srv, rtmtest.AgentToken)
		two := agent(t, srv, rtmtest.AgentToken)
		three := dialAgent(t, srv)
		three.fails("limit_reached", "login", token)
		if d := disconnected(t, three); d["reason"] != "too_many_connections" {
			t.Errorf("got %v", d)
		}
		time.Sleep(time.Minute) // virtual: the oldest is old enough now
		four := dialAgent(t, srv)
		four.ok("login", token)
		if d := disconnected(t, one); d["reason"] != "connection_evicted" {
			t.Errorf("got %v", d)
		}
		two.ok("list_chats", object{})

		other := dialAgent(t, srv)
		if got := other.fails("seats_limit_exceeded", "login", object{"token": "Bearer " + rtmtest.Agent2Token}); got != "Seats limit exceeded" {
			t.Errorf("the message is %q", got)
		}
		four.ok("logout", object{})
		other.ok("login", object{"token": "Bearer " + rtmtest.Agent2Token})
	})
}

func TestUnauthorizedConnections(t *testing.T) {
	opts := &rtmserver.Options{Limits: rtmserver.Limits{Unauthorized: 2}}
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		one, two := dialCustomer(t, srv), dialAgent(t, srv)
		for _, p := range []*peer{one, two} {
			p.ok("ping", object{}) // as many as may be
		}
		for _, p := range []*peer{dialCustomer(t, srv), dialAgent(t, srv)} {
			if d := disconnected(t, p); d["reason"] != "too_many_unauthorized_connections" {
				t.Errorf("got %v", d)
			}
		}
		synctest.Wait()
		one.ok("login", object{"token": "Bearer " + srv.CustomerToken(t)}) // makes room
		ag := agent(t, srv, rtmtest.AgentToken)
		ag.ok("ping", object{})
	})
}

// TestServerConnections fills the server, and opens connections too fast.
func TestServerConnections(t *testing.T) {
	for name, limits := range map[string]rtmserver.Limits{"connections": {Connections: 2}, "rate": {ConnectionRate: 0.2}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, &rtmserver.Options{Limits: limits}, func(t *testing.T, srv *rtmtest.Server) {
				one := customer(t, srv)
				dialAgent(t, srv)
				if d := disconnected(t, dialCustomer(t, srv)); d["reason"] != "service_temporarily_unavailable" {
					t.Errorf("got %v", d)
				}
				_, res, err := websocket.Dial(t.Context(), srv.URL+"/v3.6/agent/rtm/ws", &websocket.DialOptions{HTTPClient: srv.HTTPClient()})
				if err == nil || res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") != "1" {
					t.Errorf("an agent got %v", res)
				}
				one.ok("ping", object{})
				one.close()
				time.Sleep(10 * time.Second) // virtual
				synctest.Wait()
				customer(t, srv).ok("ping", object{})
			})
		})
	}
}

// TestInactivity has a customer who does nothing, and one who is written to.
func TestInactivity(t *testing.T) {
	opts := &rtmserver.Options{Limits: rtmserver.Limits{Inactivity: 30 * time.Minute}}
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		lazy, cu, ag := customer(t, srv), customer(t, srv), agent(t, srv, rtmtest.AgentToken)
		chatID, _ := start(cu)
		begin := time.Now()
		time.Sleep(26 * time.Minute) // virtual
		lazy.ok("ping", object{})    // is no activity
		ag.ok("send_event", object{"chat_id": chatID, "event": message("are you there?")})
		if d := disconnected(t, lazy); d["reason"] != "inactivity_timeout" {
			t.Errorf("got %v", d)
		}
		if took := time.Since(begin); took != 30*time.Minute {
			t.Errorf("it came after %v", took)
		}
		time.Sleep(15 * time.Minute)
		cu.ok("update_customer_page", object{"url": "https://shop.example/b"})
		time.Sleep(29 * time.Minute)
		cu.ok("ping", object{})
		ag.ok("ping", object{}) // agents stay
		time.Sleep(2 * time.Minute)
		if d := disconnected(t, cu); d["reason"] != "inactivity_timeout" {
			t.Errorf("got %v", d)
		}
	})
}

// TestFlood has many connections of one customer that ask without end. Another
// one, and the agent, are answered all the same, and nothing is lost.
func TestFlood(t *testing.T) {
	srv := rtmtest.NewServer(t, &rtmserver.Options{RandomSeed: 1, Limits: rtmserver.Limits{Requests: 50}})
	ag, cu := agent(t, srv, rtmtest.AgentToken), customer(t, srv)
	chatID, _ := start(cu)
	token := srv.CustomerToken(t)
	ctx, cancel := context.WithCancel(t.Context())
	refused := make(chan int, 8)
	for range cap(refused) {
		ws, _, err := websocket.Dial(t.Context(), srv.URL+"/v3.6/customer/rtm/ws?organization_id="+rtmtest.Organization, &websocket.DialOptions{HTTPClient: srv.HTTPClient()})
		if err != nil {
			t.Fatal(err)
		}
		defer ws.CloseNow()
		go func() {
			defer ws.CloseNow() // ends the reader
			_ = ws.Write(ctx, websocket.MessageText, []byte(`{"action":"login","payload":{"token":"Bearer `+token+`"}}`))
			for ctx.Err() == nil && ws.Write(ctx, websocket.MessageText, []byte(`{"action":"list_chats"}`)) == nil {
			}
		}()
		go func() {
			n := 0
			for {
				_, frame, err := ws.Read(context.Background())
				if err != nil {
					refused <- n
					return
				}
				if strings.Contains(string(frame), `"too_many_requests"`) || strings.Contains(string(frame), `"pending_requests_limit_reached"`) {
					n++
				}
			}
		}()
	}
	for i := range 200 {
		cu.ok("send_event", object{"chat_id": chatID, "event": message(fmt.Sprint(i))})
		if e := ag.push("incoming_event"); at(e, "event", "text") != fmt.Sprint(i) {
			t.Fatalf("the agent got %v", e)
		}
	}
	cancel()
	total := 0
	for range cap(refused) {
		total += <-refused
	}
	if total == 0 {
		t.Error("nothing of the flood was refused")
	}
}
