package rtmtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

func TestFrameFaults(t *testing.T) {
	bubble(t, "none", func(t *testing.T) {
		net, visitor, desk, _, chat := talk(t, 1)
		visitor.call("send_event", say(chat, "a"))
		if took := time.Since(visitor.sent); took < 2*time.Millisecond || took > 5*time.Millisecond {
			t.Errorf("there and back took %v", took)
		}
		if push := desk.next(); !strings.Contains(push, `"text":"a"`) {
			t.Errorf("the agent got %s", push)
		}
		if s := net.Stats(); s.Dropped+s.Delayed+s.Duplicated+s.Reordered+s.Cuts != 0 || s.Frames < 10 || s.Connections != 3 {
			t.Errorf("stats %+v", s)
		}
	})
	bubble(t, "latency", func(t *testing.T) {
		net := rtmtest.NewNetwork(t, 1, rtmtest.Faults{Latency: 2 * time.Second})
		p := dial(t, net, customerPath)
		p.call("ping", `{}`)
		if took := time.Since(p.sent); took < 2*time.Second || took > 4*time.Second+time.Millisecond {
			t.Errorf("there and back took %v", took)
		}
	})
	bubble(t, "drop", func(t *testing.T) {
		net, visitor, _, _, chat := talk(t, 1)
		net.Set(rtmtest.Faults{Drop: 1})
		if answer := visitor.answer(visitor.send("send_event", say(chat, "a"))); answer != "" {
			t.Errorf("got %s", answer)
		}
		if s := net.Stats(); s.Dropped != 1 {
			t.Errorf("stats %+v", s)
		}
		net.Set(rtmtest.Faults{})
		if all := texts(t, net, chat); all != "first" {
			t.Errorf("the server has %s", all)
		}
	})
	bubble(t, "delay", func(t *testing.T) {
		net, visitor, _, _, _ := talk(t, 1)
		net.Set(rtmtest.Faults{Delay: 1})
		visitor.call("ping", `{}`)
		if took := time.Since(visitor.sent); took < 10*time.Millisecond || took > 4*time.Second+10*time.Millisecond {
			t.Errorf("there and back took %v", took)
		}
		if s := net.Stats(); s.Delayed != 2 {
			t.Errorf("stats %+v", s)
		}
	})
	bubble(t, "duplicate", func(t *testing.T) {
		net, visitor, _, _, chat := talk(t, 1)
		net.Set(rtmtest.Faults{Duplicate: 1})
		id := visitor.send("send_event", say(chat, "a"))
		if a, b := visitor.answer(id), visitor.answer(id); a == "" || a != b {
			t.Errorf("got %q and %q", a, b)
		}
		net.Set(rtmtest.Faults{})
		if all := texts(t, net, chat); all != "first a" {
			t.Errorf("the server has %s", all)
		}
	})
	bubble(t, "reorder", func(t *testing.T) {
		net, visitor, _, _, chat := talk(t, 1)
		net.Set(rtmtest.Faults{Reorder: 0.5})
		for i := range 20 {
			visitor.send("send_event", say(chat, strconv.Itoa(i)))
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		var got []string
		for len(visitor.in) > 0 {
			var f struct {
				Type      string `json:"type"`
				RequestID string `json:"request_id"`
			}
			if decode([]byte(<-visitor.in), &f); f.Type == "response" {
				got = append(got, f.RequestID)
			}
		}
		if s := net.Stats(); len(got) != 20 || s.Reordered == 0 {
			t.Errorf("%d answers of 20, stats %+v", len(got), s)
		}
		inOrder := true
		for i := 1; i < len(got); i++ {
			inOrder = inOrder && len(got[i-1]) <= len(got[i]) && got[i-1] < got[i]
		}
		if inOrder {
			t.Errorf("all answers came in order: %v", got)
		}
		net.Set(rtmtest.Faults{})
		// The client's own frames keep theirs.
		if all := texts(t, net, chat); all != "first 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19" {
			t.Errorf("the server has %s", all)
		}
	})
}

func TestCut(t *testing.T) {
	arrived := map[string]int{}
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			net, visitor, desk, token, chat := talk(t, seed)
			visitor.send("send_event", say(chat, "a"))
			visitor.host.Cut()
			if frame := visitor.next(); frame != "" || !errors.Is(visitor.err, syscall.ECONNRESET) {
				t.Fatalf("got %q, %v", frame, visitor.err)
			}
			if err := visitor.ws.Write(t.Context(), websocket.MessageText, nil); err == nil {
				t.Error("a connection that was cut takes another frame")
			}
			if desk.call("ping", `{}`); net.Stats().Cuts != 1 {
				t.Errorf("stats %+v", net.Stats())
			}
			visitor.dial(customerPath)
			visitor.login(token)
			arrived[texts(t, net, chat)]++
		})
	}
	if arrived["first"] < 3 || arrived["first a"] < 3 || len(arrived) != 2 {
		t.Errorf("what was on its way should arrive or be lost by chance, but the servers have %v", arrived)
	}
}

func TestHalfOpen(t *testing.T) {
	bubble(t, "up", func(t *testing.T) {
		net, visitor, desk, _, chat := talk(t, 1)
		visitor.host.HalfOpen(true, false)
		id := visitor.send("send_event", say(chat, "a"))
		desk.call("send_event", say(chat, "b"))
		if push := visitor.next(); !strings.Contains(push, `"text":"b"`) {
			t.Errorf("got %s", push)
		}
		if answer := visitor.answer(id); strings.Contains(answer, "response") {
			t.Errorf("got %s", answer)
		}
		if all := texts(t, net, chat); all != "first b" {
			t.Errorf("the server has %s", all)
		}
	})
	bubble(t, "down", func(t *testing.T) {
		net, visitor, desk, _, chat := talk(t, 1)
		visitor.host.HalfOpen(false, true)
		visitor.send("send_event", say(chat, "a"))
		if push := desk.next(); !strings.Contains(push, `"text":"a"`) {
			t.Errorf("the agent got %s", push)
		}
		// The server gives the connection up after a while, and that is not heard either.
		if frame := visitor.next(); frame != "" || visitor.err != nil {
			t.Errorf("got %q, %v", frame, visitor.err)
		}
		if all := texts(t, net, chat); all != "first a" {
			t.Errorf("the server has %s", all)
		}
	})
}

func TestRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, visitor, _, _, _ := talk(t, 1)
		visitor.host.Refuse(time.Minute)
		visitor.call("ping", `{}`) // connections that are open stay so
		refused, hung := 0, 0
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			err := visitor.tryDial(ctx, customerPath)
			cancel()
			switch {
			case errors.Is(err, syscall.ECONNREFUSED):
				refused++
			case errors.Is(err, context.DeadlineExceeded):
				hung++
			default:
				t.Fatal(err)
			}
		}
		if s := net.Stats(); refused == 0 || hung == 0 || s.RefusedDials != 20 || s.Refusals != 1 {
			t.Errorf("%d refused, %d hung, stats %+v", refused, hung, s)
		}
		dial(t, net, customerPath) // another host is free to
		time.Sleep(time.Minute)
		visitor.dial(customerPath)
	})
}

func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, visitor, desk, _, _ := talk(t, 1)
		visitor.host.Slow(30 * time.Second)
		visitor.call("ping", `{}`)
		if took := time.Since(visitor.sent); took < 100*time.Millisecond || took > 2*maxSlowing {
			t.Errorf("there and back took %v", took)
		}
		desk.call("ping", `{}`)
		if took := time.Since(desk.sent); took > 5*time.Millisecond {
			t.Errorf("there and back took the other host %v", took)
		}
		time.Sleep(30 * time.Second)
		visitor.call("ping", `{}`)
		if took := time.Since(visitor.sent); took > 5*time.Millisecond {
			t.Errorf("there and back took %v afterwards", took)
		}
	})
}

const maxSlowing = 3*time.Second + 5*time.Millisecond

func TestTokenExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, visitor, desk, _, _ := talk(t, 1)
		visitor.host.ExpireToken()
		desk.host.ExpireToken()
		for _, p := range []*peer{visitor, desk} {
			push := p.next()
			side := "agent"
			if p == visitor {
				side = "customer"
			}
			if !strings.Contains(push, `"action":"`+side+`_disconnected"`) || !strings.Contains(push, `{"reason":"access_token_expired"}`) || !json.Valid([]byte(push)) {
				t.Errorf("got %s", push)
			}
			if frame := p.next(); frame != "" || websocket.CloseStatus(p.err) != websocket.StatusNormalClosure {
				t.Errorf("got %q, %v", frame, p.err)
			}
		}
		if s := net.Stats(); s.TokenExpiries != 2 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := rtmtest.NewNetwork(t, 1, rtmtest.Faults{})
		misdirected := func(p *peer, region string) {
			t.Helper()
			if push := p.next(); !strings.Contains(push, `{"reason":"misdirected_connection","data":{"region":"`+region+`"}}`) {
				t.Errorf("got %q, %v", push, p.err)
			}
			if frame := p.next(); frame != "" || websocket.CloseStatus(p.err) != websocket.StatusNormalClosure {
				t.Errorf("got %q, %v", frame, p.err)
			}
		}
		here, fixed := dial(t, net, "wss://api.livechatinc.com"+customerPath), dial(t, net, customerPath)
		misdirected(dial(t, net, "wss://api-fra.livechatinc.com"+customerPath), "dal")
		net.Move()
		misdirected(here, "fra")
		misdirected(dial(t, net, "wss://api.livechatinc.com"+customerPath), "fra")
		there := dial(t, net, "wss://api-fra.livechatinc.com"+agentPath)
		there.call("ping", `{}`)
		fixed.call("ping", `{}`)
		if s := net.Stats(); s.WrongRegions != 3 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestRestart(t *testing.T) {
	bubble(t, "kill", func(t *testing.T) {
		net, visitor, _, token, chat := talk(t, 1)
		net.Restart(true, 10*time.Second)
		if frame := visitor.next(); frame != "" || !errors.Is(visitor.err, syscall.ECONNRESET) {
			t.Errorf("got %q, %v", frame, visitor.err)
		}
		if err := visitor.tryDial(t.Context(), customerPath); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dialing a server that is down gave %v", err)
		}
		net.Restart(true, time.Hour) // one is under way
		time.Sleep(20 * time.Second)
		visitor.dial(customerPath)
		visitor.login(token)
		visitor.call("send_event", say(chat, "a"))
		if all := texts(t, net, chat); all != "first a" {
			t.Errorf("the server has %s", all)
		}
		if s := net.Stats(); s.Restarts != 1 || s.Cuts != 2 {
			t.Errorf("stats %+v", s)
		}
	})
	bubble(t, "shutdown", func(t *testing.T) {
		net, visitor, desk, token, chat := talk(t, 1)
		net.Restart(false, 10*time.Second)
		if push := visitor.next(); !strings.Contains(push, `{"reason":"connection_evicted"}`) {
			t.Errorf("got %q", push)
		}
		if frame := desk.next(); frame != "" || websocket.CloseStatus(desk.err) != websocket.StatusGoingAway {
			t.Errorf("got %q, %v", frame, desk.err)
		}
		time.Sleep(20 * time.Second)
		visitor.dial(customerPath)
		visitor.login(token)
		visitor.call("send_event", say(chat, "a"))
		if all := texts(t, net, chat); all != "first a" {
			t.Errorf("the server has %s", all)
		}
	})
}
