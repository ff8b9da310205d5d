package rtmserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// A flakyLog fails when its countdown comes to 1, and while it is below 0.
type flakyLog struct {
	rtmserver.Log
	countdown atomic.Int64
}

func (l *flakyLog) Append(ctx context.Context, org string, last uint64, entry []byte) error {
	switch n := l.countdown.Load(); {
	case n < 0:
		return errors.New("the disk is full")
	case n > 0 && l.countdown.Add(-1) == 0:
		return errors.New("the disk was full for a moment")
	}
	return l.Log.Append(ctx, org, last, entry)
}

// flaky are options with such a log.
func flaky() (*rtmserver.Options, *flakyLog) {
	log := &flakyLog{Log: rtmserver.NewMemoryLog()}
	return &rtmserver.Options{Log: log, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), AgentGrace: time.Minute}, log
}

// status returns the routing status of an agent.
func status(p *peer, agent string) string {
	p.t.Helper()
	for _, x := range p.call("list_routing_statuses", object{})["payload"].([]any) {
		if at(x, "agent_id") == agent {
			return at(x, "status").(string)
		}
	}
	return ""
}

// TestLogoutIsWhole lets the log fail at each of the appends of a logout: either
// the session has ended and its chats have moved, or nothing happened.
func TestLogoutIsWhole(t *testing.T) {
	for nth := range 5 {
		t.Run(fmt.Sprint(nth), func(t *testing.T) {
			opts, log := flaky()
			inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
				one := agent(t, srv, rtmtest.AgentToken)
				var chats []string
				for range 3 {
					id, _ := start(customer(t, srv))
					chats = append(chats, id)
				}
				two := agent(t, srv, rtmtest.Agent2Token)
				log.countdown.Store(int64(nth))
				ended := one.call("logout", object{})["success"] == true
				log.countdown.Store(0)
				want, wantStatus := []string{agent1}, "accepting_chats"
				if ended {
					want, wantStatus = []string{agent2}, "offline"
				}
				if got := status(two, agent1); got != wantStatus {
					t.Errorf("logout ended: %t, the status is %s", ended, got)
				}
				for _, id := range chats {
					if got := agentsOf(two, id); !slices.Equal(got, want) {
						t.Errorf("logout ended: %t, the agents are %v", ended, got)
					}
				}
			})
		})
	}
}

// TestGraceEndsLater has the log fail just when an agent's time is over.
func TestGraceEndsLater(t *testing.T) {
	opts, log := flaky()
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		one := agent(t, srv, rtmtest.AgentToken)
		chatID, _ := start(customer(t, srv))
		two := agent(t, srv, rtmtest.Agent2Token)
		one.close()
		synctest.Wait()
		log.countdown.Store(-1)
		time.Sleep(90 * time.Second) // virtual
		if got := status(two, agent1); got != "accepting_chats" {
			t.Errorf("while nothing can be kept the status is %s", got)
		}
		log.countdown.Store(0)
		time.Sleep(90 * time.Second)
		if got := agentsOf(two, chatID); !slices.Equal(got, []string{agent2}) || status(two, agent1) != "offline" {
			t.Errorf("the chat of an agent who is gone has the agents %v", got)
		}
	})
}

// TestWaitingChatGetsItsAgent has the log fail when a waiting chat is assigned.
func TestWaitingChatGetsItsAgent(t *testing.T) {
	opts, log := flaky()
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		chatID, _ := start(customer(t, srv))
		log.countdown.Store(2) // the login passes, what follows from it does not
		one := agent(t, srv, rtmtest.AgentToken)
		one.ok("list_chats", object{})
		if got := agentsOf(one, chatID); !slices.Equal(got, []string{agent1}) {
			t.Errorf("the chat that waits has the agents %v", got)
		}
	})
}

// TestFailedLoginLeavesNothing logs an agent of another company in where the
// first try could not be kept.
func TestFailedLoginLeavesNothing(t *testing.T) {
	opts, log := flaky()
	opts.Seed = rtmserver.DefaultSeed()
	opts.Seed.Organizations = append(opts.Seed.Organizations, rtmserver.Organization{
		ID: "22222222-2222-4222-8222-222222222222", Groups: []rtmserver.Group{{ID: 0}}, Agents: []rtmserver.Agent{{ID: "a@example.com", Tokens: []string{"dal:other"}}},
	})
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		ag := dialAgent(t, srv)
		log.countdown.Store(1)
		ag.fails("internal", "login", object{"token": "Bearer " + rtmtest.AgentToken})
		ag.ok("login", object{"token": "Bearer dal:other"})
	})
}

// TestNothingAfterTheEnd logs an agent out while it is busy: none of its requests
// that wait for their turn may bring it back.
func TestNothingAfterTheEnd(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	boss := agent(t, srv, rtmtest.AgentToken)
	for range 30 {
		two := agent(t, srv, rtmtest.Agent2Token)
		go func() {
			for i := range 100 { // twice as many frames come back: they fit its queue
				s := []string{"accepting_chats", "not_accepting_chats"}[i%2]
				frame := `{"action":"set_routing_status","payload":{"status":"` + s + `"}}`
				if two.ws.Write(context.Background(), websocket.MessageText, []byte(frame)) != nil {
					return
				}
			}
		}()
		for two.read()["action"] != "set_routing_status" { // it is busy
		}
		boss.ok("logout", object{"agent_id": agent2})
		two.ends()
		if got := status(boss, agent2); got != "offline" {
			t.Fatalf("the agent who was logged out is %s", got)
		}
	}
}

// TestAwayWithinGrace has an agent come back away: it keeps its chats and gets
// no more.
func TestAwayWithinGrace(t *testing.T) {
	opts, _ := flaky()
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		agent(t, srv, rtmtest.AgentToken).close()
		synctest.Wait()
		back := dialAgent(t, srv)
		in := back.ok("login", object{"token": "Bearer " + rtmtest.AgentToken, "away": true})
		if got := at(in, "my_profile", "routing_status"); got != "not_accepting_chats" {
			t.Errorf("the status is %v", got)
		}
	})
}
