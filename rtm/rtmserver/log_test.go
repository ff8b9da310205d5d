package rtmserver_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

func entries(t *testing.T, log rtmserver.Log, org string, after uint64) []string {
	t.Helper()
	var got []string
	for data, err := range log.Read(t.Context(), org, after) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(data))
	}
	return got
}

func TestMemoryLog(t *testing.T) {
	log := rtmserver.NewMemoryLog()
	one := []byte("one")
	if err := log.Append(t.Context(), "a", 0, [][]byte{one, []byte("two")}); err != nil {
		t.Fatal(err)
	}
	one[0] = 'X' // the log has its own copy
	for _, last := range []uint64{0, 1, 3} {
		if err := log.Append(t.Context(), "a", last, [][]byte{[]byte("no")}); !errors.Is(err, rtmserver.ErrConflict) {
			t.Errorf("Append after %d: %v, want ErrConflict", last, err)
		}
	}
	if err := log.Append(t.Context(), "a", 2, [][]byte{[]byte("three")}); err != nil {
		t.Fatal(err)
	}
	if err := log.Append(t.Context(), "b", 0, [][]byte{[]byte("other")}); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[uint64][]string{0: {"one", "two", "three"}, 2: {"three"}, 3: nil, 9: nil} {
		if got := entries(t, log, "a", after); !slices.Equal(got, want) {
			t.Errorf("Read after %d: %q, want %q", after, got, want)
		}
	}
}

// TestReplay holds a conversation with all that is logged, and replays the log
// into a fresh server.
func TestReplay(t *testing.T) {
	log := rtmserver.NewMemoryLog()
	seed := rtmserver.DefaultSeed()
	seed.Organizations[0].Agents[0].MaxChats = 1
	var before, chatID, token string
	inBubble(t, &rtmserver.Options{Log: log, Seed: seed, AgentGrace: time.Second}, func(t *testing.T, srv *rtmtest.Server) {
		token = srv.CustomerToken(t)
		cu, queued := dialCustomer(t, srv), customer(t, srv)
		cu.ok("login", object{"token": "Bearer " + token, "customer": object{"name": "Cleo", "session_fields": []any{object{"a": "1"}}}})
		chatID, _ = start(cu, message("hello"), object{"type": "custom", "content": object{"n": 1e2, "deep": []any{nil, true, "x"}}, "properties": object{"ns": object{"n": 3}}})
		ag := dialAgent(t, srv)
		ag.ok("login", object{"token": "Bearer " + rtmtest.AgentToken, "customer_monitoring_level": "chatting"})
		start(queued)
		e := ag.ok("get_chat", object{"chat_id": chatID})
		ag.ok("mark_events_as_seen", object{"chat_id": chatID, "seen_up_to": at(e, "thread", "events", 0, "created_at")})
		cu.ok("update_customer", object{"name": "Cleo K.", "address": object{"city": "Oslo"}})
		ag.ok("set_routing_status", object{"status": "not_accepting_chats"})
		cu.ok("deactivate_chat", object{"id": chatID})
		cu.ok("resume_chat", object{"chat": object{"id": chatID}})
		two := agent(t, srv, rtmtest.Agent2Token)
		two.ok("send_event", object{"chat_id": chatID, "event": object{"type": "message", "text": "between us", "visibility": "agents"}})
		two.ok("logout", object{})
		ag.ok("set_routing_status", object{"status": "accepting_chats"})
		ag.close()
		time.Sleep(2 * time.Second) // virtual: the grace passes
		cu.ok("send_event", object{"chat_id": chatID, "event": message("still there?")})
		back := agent(t, srv, rtmtest.Agent2Token)
		back.ok("ping", object{})
		var err error
		if before, err = rtmserver.StateJSON(srv.RTM, rtmtest.Organization); err != nil {
			t.Fatal(err)
		}
		if n := len(entries(t, log, rtmtest.Organization, 0)); n < 20 {
			t.Errorf("the log has %d records only", n)
		}
		// Agent 2 is logged in still when the server ends.
	})
	inBubble(t, &rtmserver.Options{Log: log, Seed: seed, AgentGrace: time.Minute}, func(t *testing.T, srv *rtmtest.Server) {
		after, err := rtmserver.StateJSON(srv.RTM, rtmtest.Organization)
		if err != nil {
			t.Fatal(err)
		}
		if before != after {
			t.Errorf("the state was\n%s\nand after the replay\n%s", before, after)
		}
		// The conversation goes on, with the token of before.
		cu := dialCustomer(t, srv)
		me := cu.ok("login", object{"token": "Bearer " + token})
		if at(me, "customer", "name") != "Cleo K." || at(me, "chats", 0, "chat_id") != chatID || me["has_active_thread"] != true {
			t.Errorf("login gave %v", me)
		}
		back := agent(t, srv, rtmtest.Agent2Token)
		back.ok("send_event", object{"chat_id": chatID, "event": message("yes")})
		if e := cu.push("incoming_event"); at(e, "event", "text") != "yes" {
			t.Errorf("got %v", e)
		}
	})
	// An agent who does not come back loses its chats in the new server too.
	inBubble(t, &rtmserver.Options{Log: log, Seed: seed, AgentGrace: time.Minute}, func(t *testing.T, srv *rtmtest.Server) {
		time.Sleep(2 * time.Minute) // virtual
		one := agent(t, srv, rtmtest.AgentToken)
		res := one.call("list_routing_statuses", object{})["payload"].([]any)
		if at(res, 1, "status") != "offline" {
			t.Errorf("the statuses are %v", res)
		}
	})
}

func TestBadLog(t *testing.T) {
	log := rtmserver.NewMemoryLog()
	if err := log.Append(context.Background(), rtmtest.Organization, 0, [][]byte{[]byte("{")}); err != nil {
		t.Fatal(err)
	}
	if _, err := rtmserver.New(&rtmserver.Options{Log: log}); err == nil {
		t.Error("New read a broken log without an error")
	}
}

// TestConflict lets two servers write one log: the slower one catches up and
// says to try again.
func TestConflict(t *testing.T) {
	log := rtmserver.NewMemoryLog()
	inBubble(t, &rtmserver.Options{Log: log, RandomSeed: 1}, func(t *testing.T, srv *rtmtest.Server) {
		other := rtmtest.NewServer(t, &rtmserver.Options{Log: log, RandomSeed: 2})
		cu := customer(t, srv)
		agent(t, srv, rtmtest.AgentToken)
		chatID, _ := start(cu)
		// The other server learns of all that when its first append fails.
		ag := dialAgent(t, other)
		ag.fails("service_unavailable", "login", object{"token": "Bearer " + rtmtest.Agent2Token})
		ag.ok("login", object{"token": "Bearer " + rtmtest.Agent2Token})
		if got := ag.ok("get_chat", object{"chat_id": chatID}); got["id"] != chatID {
			t.Errorf("get_chat gave %v", got)
		}
		cu.fails("service_unavailable", "send_event", object{"chat_id": chatID, "event": message("x")})
		cu.ok("send_event", object{"chat_id": chatID, "event": message("x")})
	})
}
