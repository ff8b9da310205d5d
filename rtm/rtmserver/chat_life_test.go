package rtmserver_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// routed is a server of the default seed with rules for routing.
func routed(r rtmserver.Routing) *rtmserver.Options {
	seed := rtmserver.DefaultSeed()
	seed.Organizations[0].Routing = r
	return &rtmserver.Options{Seed: seed, RandomSeed: 1}
}

// systemMessage waits for a system message of a type.
func systemMessage(t *testing.T, p *peer, typ string) object {
	t.Helper()
	for {
		e := p.push("incoming_event")["event"].(object)
		if e["type"] == "system_message" {
			if e["system_message_type"] != typ {
				t.Errorf("the system message is %v, want %s", e, typ)
			}
			return e
		}
	}
}

// TestQuietChat lets a chat become idle, wakes it, and lets it end.
func TestQuietChat(t *testing.T) {
	inBubble(t, routed(rtmserver.Routing{IdleAfterMin: 5, ArchiveAfterMin: 20}), func(t *testing.T, srv *rtmtest.Server) {
		cu, ag := customer(t, srv), agent(t, srv, rtmtest.AgentToken)
		chatID, threadID := start(cu, message("hello"))
		begin := time.Now()
		time.Sleep(4 * time.Minute) // virtual
		ag.ok("send_event", object{"chat_id": chatID, "event": message("hi")})
		cu.seen, ag.seen = nil, nil
		time.Sleep(4 * time.Minute)
		if got := ag.actions(); len(got) > 1 {
			t.Errorf("too early came %v", got)
		}
		if e := systemMessage(t, cu, "routing.idle"); at(e, "text") != "Chat is idle due to 5 minutes of inactivity" {
			t.Errorf("the message is %v", e)
		}
		if took := time.Since(begin).Round(time.Second); took != 9*time.Minute {
			t.Errorf("it was idle after %v", took)
		}
		idle := func() any {
			return at(ag.ok("get_chat", object{"chat_id": chatID}), "thread", "properties", "routing", "idle")
		}
		if p := ag.push("thread_properties_updated"); at(p, "properties", "routing", "idle") != true || p["thread_id"] != threadID || idle() != true {
			t.Errorf("the agent got %v", p)
		}
		cu.ok("send_event", object{"chat_id": chatID, "event": message("still here")})
		if p := ag.push("thread_properties_updated"); at(p, "properties", "routing", "idle") != false || idle() != false {
			t.Errorf("the agent got %v", p)
		}
		time.Sleep(6 * time.Minute)
		systemMessage(t, ag, "routing.idle")
		time.Sleep(15 * time.Minute)
		if e := systemMessage(t, ag, "routing.archived_inactive"); at(e, "text") != "Chat archived due to 20 minutes of inactivity" {
			t.Errorf("the message is %v", e)
		}
		for _, p := range []*peer{ag, cu} {
			if d := p.push("chat_deactivated"); d["chat_id"] != chatID || d["user_id"] != nil {
				t.Errorf("got %v", d)
			}
		}
		time.Sleep(time.Hour)
		if got := ag.actions(); len(got) != 0 {
			t.Errorf("after its end came %v", got)
		}
	})
}

// TestUnansweredChat gives a chat that nobody answers to another agent, as soon
// as there is one.
func TestUnansweredChat(t *testing.T) {
	inBubble(t, routed(rtmserver.Routing{TransferAfterMin: 3}), func(t *testing.T, srv *rtmtest.Server) {
		cu, one := customer(t, srv), agent(t, srv, rtmtest.AgentToken)
		chatID, _ := start(cu)
		time.Sleep(10 * time.Minute) // virtual: there is nothing to answer
		cu.ok("send_event", object{"chat_id": chatID, "event": message("anybody?")})
		time.Sleep(10 * time.Minute) // there is nobody else
		if got := one.actions(); slices.Contains(got, "chat_transferred") && len(one.seen) > 0 {
			t.Errorf("the agent got %v", got)
		}
		two := agent(t, srv, rtmtest.Agent2Token)
		two.push("incoming_event") // as its new member
		for _, p := range []*peer{one, cu} {
			p.seen = slices.DeleteFunc(p.seen, func(f object) bool { return f["action"] != "user_removed_from_chat" })
			if r := p.push("user_removed_from_chat"); r["reason"] != "inactive" {
				t.Errorf("got %v", r)
			}
			if tr := p.push("chat_transferred"); tr["reason"] != "inactive" || tr["requester_id"] != nil {
				t.Errorf("got %v", tr)
			}
		}
		if e := systemMessage(t, cu, "routing.assigned_inactive"); at(e, "text") != "Chat assigned to Ben Okafor because Ada Moreno hasn't replied in 3 minutes" {
			t.Errorf("the message is %v", e)
		}
		two.ok("send_event", object{"chat_id": chatID, "event": message("here I am")})
		two.actions()
		time.Sleep(time.Hour)
		if got := two.actions(); len(got) != 0 {
			t.Errorf("after the answer came %v", got)
		}
	})
}

// TestWaitingChat ends one that waits for nobody.
func TestWaitingChat(t *testing.T) {
	inBubble(t, routed(rtmserver.Routing{ArchiveOfflineAfterMin: 10}), func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		chatID, _ := start(cu, message("hello"))
		begin := time.Now()
		ag := agent(t, srv, rtmtest.AgentToken) // who gets it
		ag.ok("set_routing_status", object{"status": "not_accepting_chats"})
		other := customer(t, srv)
		start(other, message("me too"))
		time.Sleep(15 * time.Minute) // virtual: there is somebody to wait for
		if got := other.actions(); slices.Contains(got, "chat_deactivated") {
			t.Errorf("who waits got %v", got)
		}
		ag.ok("logout", object{})
		if e := systemMessage(t, other, "routing.archived_offline"); at(e, "text") != "Chat archived due to no available agents" {
			t.Errorf("the message is %v", e)
		}
		other.push("chat_deactivated")
		// The logout has the first one wait from then on.
		time.Sleep(9 * time.Minute)
		cu.seen = nil
		d := cu.push("chat_deactivated")
		if took := time.Since(begin).Round(time.Second); d["chat_id"] != chatID || took != 25*time.Minute {
			t.Errorf("after %v came %v", took, d)
		}
	})
}

// TestCustomerTimeout ends the chats of customers who left, but not the
// continuous ones.
func TestCustomerTimeout(t *testing.T) {
	inBubble(t, routed(rtmserver.Routing{CustomerTimeoutAfterMin: 2}), func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		token := object{"token": "Bearer " + srv.CustomerToken(t), "customer": object{"name": "Cleo"}}
		cu, stays := dialCustomer(t, srv), customer(t, srv)
		cu.ok("login", token)
		chatID := cu.ok("start_chat", object{})["chat_id"]
		start(stays)
		cu.close()
		stays.close()
		time.Sleep(time.Minute) // virtual
		back := dialCustomer(t, srv)
		back.ok("login", token)
		time.Sleep(4 * time.Minute)
		if got := ag.actions(); slices.Contains(got, "chat_deactivated") {
			t.Errorf("while the customer is there the agent got %v", got)
		}
		back.close()
		begin := time.Now()
		time.Sleep(time.Minute)
		if e := systemMessage(t, ag, "archived_customer_disconnected"); at(e, "text") != "Cleo left the chat" {
			t.Errorf("the message is %v", e)
		}
		if d := ag.push("chat_deactivated"); d["chat_id"] != chatID || time.Since(begin).Round(time.Second) != 2*time.Minute {
			t.Errorf("after %v came %v", time.Since(begin), d)
		}
		time.Sleep(time.Hour)
		if got := ag.actions(); slices.Contains(got, "chat_deactivated") {
			t.Errorf("later came %v", got)
		}
	})
}

// TestLifeGoesOn restarts the server between a chat's last word and its end, and
// has two nodes wait for the same chat.
func TestLifeGoesOn(t *testing.T) {
	log := rtmserver.NewMemoryLog()
	synctest.Test(t, func(t *testing.T) {
		opts := routed(rtmserver.Routing{ArchiveAfterMin: 20})
		opts.Log = log
		one := rtmtest.NewServer(t, opts)
		cu, _ := customer(t, one), agent(t, one, rtmtest.AgentToken)
		start(cu, message("hello"))
		time.Sleep(15 * time.Minute) // virtual
		one.Close()
		two, three := rtmtest.NewServer(t, opts), rtmtest.NewServer(t, opts)
		ag, far := agent(t, two, rtmtest.AgentToken), agent(t, three, rtmtest.Agent2Token)
		begin := time.Now()
		time.Sleep(4 * time.Minute)
		for _, p := range []*peer{ag, far} {
			p.push("chat_deactivated")
		}
		if took := time.Since(begin).Round(time.Second); took != 5*time.Minute {
			t.Errorf("it ended after %v", took)
		}
		time.Sleep(time.Minute)
		for _, p := range []*peer{ag, far} {
			if got := p.actions(); slices.Contains(got, "chat_deactivated") {
				t.Errorf("the chat ended twice: %v", got)
			}
		}
	})
}

// TestQueueRules has organizations whose chats do not wait, or not many.
func TestQueueRules(t *testing.T) {
	status := func(p *peer) any { return at(p.ok("list_group_statuses", object{"all": true}), "groups_status", "0") }
	for how, act := range map[string]func(t *testing.T, srv *rtmtest.Server, ag *peer, chatID string){
		"signed_out":   func(t *testing.T, srv *rtmtest.Server, ag *peer, chatID string) { ag.ok("logout", object{}) },
		"disconnected": func(t *testing.T, srv *rtmtest.Server, ag *peer, chatID string) { ag.close() },
		"remotely_signed_out": func(t *testing.T, srv *rtmtest.Server, ag *peer, chatID string) {
			boss := agent(t, srv, rtmtest.AgentToken)
			boss.ok("set_routing_status", object{"status": "not_accepting_chats"})
			boss.ok("logout", object{"agent_id": agent2})
		},
		"other": func(t *testing.T, srv *rtmtest.Server, ag *peer, chatID string) {
			agent(t, srv, rtmtest.AgentToken).ok("remove_user_from_chat", object{"ignore_requester_presence": true, "chat_id": chatID, "user_id": agent2, "user_type": "agent"})
		},
	} {
		inBubble(t, routed(rtmserver.Routing{QueueOff: true}), func(t *testing.T, srv *rtmtest.Server) {
			cu, ag := customer(t, srv), agent(t, srv, rtmtest.Agent2Token)
			chatID := cu.ok("start_chat", object{})["chat_id"].(string)
			act(t, srv, ag, chatID)
			if how == "other" {
				systemMessage(t, cu, "agent_removed")
			}
			systemMessage(t, cu, "routing.archived_"+how)
			if d := cu.push("chat_deactivated"); d["user_id"] != nil {
				t.Errorf("%s: got %v", how, d)
			}
		})
	}
	inBubble(t, routed(rtmserver.Routing{QueueOff: true}), func(t *testing.T, srv *rtmtest.Server) {
		ag, cu := agent(t, srv, rtmtest.AgentToken), customer(t, srv)
		ag.ok("set_routing_status", object{"status": "not_accepting_chats"})
		cu.fails("groups_offline", "start_chat", object{})
		if got := status(cu); got != "offline" {
			t.Errorf("without a queue the group is %v", got)
		}
	})
	inBubble(t, routed(rtmserver.Routing{QueueLimit: 1}), func(t *testing.T, srv *rtmtest.Server) {
		ag, one, two := agent(t, srv, rtmtest.AgentToken), customer(t, srv), customer(t, srv)
		ag.ok("set_routing_status", object{"status": "not_accepting_chats"})
		if got := status(two); got != "online_for_queue" {
			t.Errorf("the group is %v", got)
		}
		one.ok("start_chat", object{})
		if got := status(two); got != "offline" {
			t.Errorf("with a full queue the group is %v", got)
		}
		two.fails("groups_offline", "start_chat", object{})
		ag.ok("set_routing_status", object{"status": "accepting_chats"})
		two.ok("start_chat", object{})
	})
	inBubble(t, routed(rtmserver.Routing{Manual: true}), func(t *testing.T, srv *rtmtest.Server) {
		ag, cu := agent(t, srv, rtmtest.AgentToken), customer(t, srv)
		if got := status(cu); got != "online" {
			t.Errorf("the group is %v", got)
		}
		cu.fails("group_unavailable", "get_predicted_agent", object{})
		chatID := cu.ok("start_chat", object{})["chat_id"]
		if got := cu.ok("get_chat", object{"chat_id": chatID}); at(got, "thread", "queue", "position") != 1.0 {
			t.Errorf("the chat is %v", got)
		}
		ag.ok("add_user_to_chat", object{"chat_id": chatID, "user_id": "agent1@example.com", "user_type": "agent", "visibility": "all", "ignore_requester_presence": true})
	})
}

// TestClasses routes chats by the classes of agents, and to who had the last.
func TestClasses(t *testing.T) {
	seed := rtmserver.DefaultSeed()
	o := &seed.Organizations[0]
	agents := func(ch any) (ids []any) {
		for _, u := range at(ch, "users").([]any) {
			if at(u, "type") == "agent" && at(u, "present") == true {
				ids = append(ids, at(u, "name"))
			}
		}
		return ids
	}
	o.Agents[0].Priorities, o.Agents[0].MaxChats = map[int]string{0: "last", 1: "supervisor"}, 2
	o.Agents[1].MaxChats = 1
	o.Routing.PreferRecentAgent = true
	inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
		agent(t, srv, rtmtest.AgentToken)
		agent(t, srv, rtmtest.Agent2Token)
		var ids []string
		var peers []*peer
		for i, want := range []any{"Ben Okafor", "Ada Moreno", "Ada Moreno", nil} {
			cu := customer(t, srv)
			id, _ := start(cu)
			ids, peers = append(ids, id), append(peers, cu)
			got := agents(cu.ok("get_chat", object{"chat_id": id}))
			if want == nil && len(got) > 0 || want != nil && !slices.Contains(got, want) {
				t.Errorf("chat %d went to %v, want %v", i, got, want)
			}
		}
		sales := customer(t, srv)
		peers[0].ok("deactivate_chat", object{"id": ids[0]}) // Ben gets the one that waits
		if got := agents(peers[3].ok("get_chat", object{"chat_id": ids[3]})); !slices.Contains(got, any("Ben Okafor")) {
			t.Errorf("the one that waited went to %v", got)
		}
		if got := sales.ok("start_chat", object{"continuous": true, "chat": object{"access": object{"group_ids": []int{1}}}}); at(sales.ok("get_chat", object{"chat_id": got["chat_id"]}), "thread", "queue") == nil {
			t.Error("a supervisor got a chat by itself")
		}
		peers[1].ok("deactivate_chat", object{"id": ids[1]})
		peers[3].ok("deactivate_chat", object{"id": ids[3]}) // Ben gets the sales chat
		peers[1].ok("resume_chat", object{"chat": object{"id": ids[1]}})
		if got := agents(peers[1].ok("get_chat", object{"chat_id": ids[1]})); !slices.Contains(got, any("Ada Moreno")) {
			t.Errorf("who came back went to %v", got)
		}
	})
}
