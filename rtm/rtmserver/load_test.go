package rtmserver_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestManyAtOnce has customers write at the same time, in real time so that the
// race detector sees real interleavings. Each must get all of its chat, in order.
func TestManyAtOnce(t *testing.T) {
	seed := rtmserver.DefaultSeed()
	for i := range seed.Organizations[0].Agents {
		seed.Organizations[0].Agents[i].MaxChats = 100
	}
	srv := rtmtest.NewServer(t, &rtmserver.Options{Seed: seed})
	agents := []*peer{agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token)}
	const customers, messages = 10, 20
	var wg sync.WaitGroup
	for range customers {
		cu := customer(t, srv)
		wg.Go(func() {
			chatID, _ := start(cu)
			for i := range messages {
				cu.ok("send_event", object{"chat_id": chatID, "event": message(fmt.Sprint(i))})
			}
			for i := range messages {
				if e := cu.push("incoming_event"); at(e, "event", "text") != fmt.Sprint(i) {
					t.Errorf("message %d is %v", i, e)
				}
			}
			cu.ok("deactivate_chat", object{"id": chatID})
		})
	}
	wg.Wait()
	total := 0
	for _, ag := range agents {
		for _, action := range ag.actions() {
			if action == "incoming_event" {
				total++
			}
		}
	}
	// The system message of each end comes to the agent too.
	if want := customers * (messages + 1); total != want {
		t.Errorf("the agents got %d events, want %d", total, want)
	}
}

// TestRealNetwork runs over TCP, as rtmd does.
func TestRealNetwork(t *testing.T) {
	rtm, err := rtmserver.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(rtm)
	defer web.Close()
	ws, _, err := websocket.Dial(t.Context(), web.URL+"/v3.6/agent/rtm/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	if err := ws.Write(t.Context(), websocket.MessageText, []byte(`{"action":"login","request_id":"a","payload":{"token":"Bearer dal:agent1"}}`)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the response and incoming_customers
		if _, frame, err := ws.Read(t.Context()); err != nil {
			t.Fatalf("%s, %v", frame, err)
		}
	}
	done := make(chan error, 1)
	go func() { done <- rtm.Shutdown(t.Context()) }()
	for err == nil {
		_, _, err = ws.Read(t.Context())
	}
	if code := websocket.CloseStatus(err); code != websocket.StatusGoingAway {
		t.Errorf("the close code is %v: %v", code, err)
	}
	if err := <-done; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// TestResponseFirst checks that a request's answer comes before its pushes.
func TestResponseFirst(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		cu.seen = nil
		cu.ok("start_chat", object{"continuous": true})
		if len(cu.seen) != 0 {
			t.Errorf("before the answer came %v", cu.seen)
		}
		if got := cu.actions(); !slices.Contains(got, "incoming_chat") {
			t.Errorf("after the answer came %v", got)
		}
	})
}
