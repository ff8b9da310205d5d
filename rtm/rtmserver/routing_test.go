package rtmserver_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// agentsOf returns the agents who are present in a chat, as an agent sees it.
func agentsOf(ag *peer, chatID string) []string {
	ag.t.Helper()
	ids := []string{}
	for _, u := range ag.ok("get_chat", object{"chat_id": chatID})["users"].([]any) {
		if at(u, "type") == "agent" && at(u, "present") == true {
			ids = append(ids, at(u, "id").(string))
		}
	}
	return ids
}

const agent1, agent2 = "agent1@example.com", "agent2@example.com"

func TestRoutingTakesTurns(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		one, two := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token)
		var got []string
		for i := range 5 {
			chatID, _ := start(customer(t, srv))
			got = append(got, agentsOf(one, chatID)...)
			if i == 2 {
				// Agent 1 has two chats, agent 2 one; agent 2 stops accepting.
				two.ok("set_routing_status", object{"status": "not_accepting_chats"})
			}
		}
		if want := []string{agent1, agent2, agent1, agent1, agent1}; !slices.Equal(got, want) {
			t.Errorf("chats went to %v, want %v", got, want)
		}
		if s := one.frame("routing_status_set"); at(s, "payload", "agent_id") != agent1 && at(s, "payload", "agent_id") != agent2 {
			t.Errorf("routing_status_set is %v", s)
		}
		res := one.call("list_routing_statuses", object{"filters": object{"group_ids": []int{1}}})["payload"].([]any)
		if at(res, 0, "status") != "accepting_chats" || at(res, 1, "status") != "not_accepting_chats" || len(res) != 2 {
			t.Errorf("statuses are %v", res)
		}
	})
}

func TestGroupsOffline(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		cu.fails("groups_offline", "start_chat", object{})

		// Somebody who is logged in and does not accept is worth waiting for.
		ag := dialAgent(t, srv)
		ag.ok("login", object{"token": "Bearer " + rtmtest.AgentToken, "away": true})
		if g := cu.push("groups_status_updated"); at(g, "groups", 0, "status") != "online_for_queue" {
			t.Errorf("the groups are %v", g)
		}
		got := cu.ok("start_chat", object{})
		in := cu.push("incoming_chat")
		if at(in, "chat", "thread", "queue", "position") != 1.0 || at(in, "chat", "thread", "properties", "routing", "unassigned") != true {
			t.Errorf("the thread is %v", at(in, "chat", "thread"))
		}
		ag.ok("set_routing_status", object{"status": "accepting_chats"})
		if u := cu.push("user_added_to_chat"); at(u, "user", "type") != "agent" || u["chat_id"] != got["chat_id"] {
			t.Errorf("user_added_to_chat is %v", u)
		}
		if tr := cu.push("chat_transferred"); tr["reason"] != "assigned" || len(at(tr, "transferred_to", "agent_ids", 0).(string)) != 32 {
			t.Errorf("chat_transferred is %v", tr)
		}
		if tr := ag.push("chat_transferred"); at(tr, "transferred_to", "agent_ids", 0) != agent1 {
			t.Errorf("chat_transferred for the agent is %v", tr)
		}
		if th := at(cu.ok("get_chat", object{"chat_id": got["chat_id"]}), "thread"); at(th, "queue") != nil || at(th, "properties", "routing", "unassigned") != false {
			t.Errorf("the thread is still queued: %v", th)
		}
		if g := cu.push("groups_status_updated"); at(g, "groups", 0, "status") != "online" {
			t.Errorf("the groups are %v", g)
		}
		ag.ok("deactivate_chat", object{"id": got["chat_id"]})
		ag.ok("logout", object{})
		if g := cu.push("groups_status_updated"); at(g, "groups", 0, "status") != "offline" {
			t.Errorf("the groups are %v", g)
		}
		cu.fails("groups_offline", "resume_chat", object{"chat": object{"id": got["chat_id"]}})
	})
}

// TestQueue fills an agent up, and empties the queue again.
func TestQueue(t *testing.T) {
	seed := rtmserver.DefaultSeed()
	seed.Organizations[0].Agents[0].MaxChats = 1
	inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		ag.actions()
		first, second, third := customer(t, srv), customer(t, srv), customer(t, srv)
		chat1, _ := start(first)
		first.actions()
		chat2, _ := start(second)
		if in := second.push("incoming_chat"); at(in, "chat", "thread", "queue", "position") != 1.0 {
			t.Errorf("the second is %v", at(in, "chat", "thread", "queue"))
		}
		chat3, _ := start(third)
		if in := third.push("incoming_chat"); at(in, "chat", "thread", "queue", "position") != 2.0 {
			t.Errorf("the third is %v", at(in, "chat", "thread", "queue"))
		}
		ag.actions()
		first.ok("deactivate_chat", object{"id": chat1})
		if q := third.push("queue_position_updated"); at(q, "queue", "position") != 1.0 || q["chat_id"] != chat3 {
			t.Errorf("the third moved to %v", q)
		}
		if got := agentsOf(ag, chat2); !slices.Equal(got, []string{agent1}) {
			t.Errorf("the second has %v", got)
		}
		if u := ag.push("user_added_to_chat"); u["chat_id"] != chat2 {
			t.Errorf("the agent got %v", u)
		}
		if q := ag.frame("queue_positions_updated")["payload"]; at(q, 0, "chat_id") != chat3 || at(q, 0, "queue", "position") != 1.0 {
			t.Errorf("the agent got %v", q)
		}
		// Who gives up leaves the queue.
		third.ok("deactivate_chat", object{"id": chat3})
		second.ok("deactivate_chat", object{"id": chat2})
		if got := agentsOf(ag, chat3); len(got) != 0 {
			t.Errorf("the third has %v after it left", got)
		}
	})
}

func TestLogoutMovesChats(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		one, window, two := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token)
		cu := customer(t, srv)
		chatID, _ := start(cu)
		cu.actions()
		one.ok("logout", object{})
		if d := one.frame("agent_disconnected"); at(d, "payload", "reason") != "agent_disconnected_by_server" {
			t.Errorf("the one who logged out got %v", d)
		}
		if d := window.push("agent_disconnected"); d["reason"] != "agent_logged_out_remotely" {
			t.Errorf("its other window got %v", d)
		}
		one.ends()
		if r := cu.push("user_removed_from_chat"); r["reason"] != "signed_out" {
			t.Errorf("user_removed_from_chat is %v", r)
		}
		if u := cu.push("user_added_to_chat"); at(u, "user", "name") != "Ben Okafor" {
			t.Errorf("user_added_to_chat is %v", u)
		}
		e := cu.push("incoming_event")
		if at(e, "event", "system_message_type") != "routing.assigned_signed_out" || at(e, "event", "text") != "Chat assigned to Ben Okafor because Ada Moreno had signed out" {
			t.Errorf("the event is %v", e)
		}
		if got := agentsOf(two, chatID); !slices.Equal(got, []string{agent2}) {
			t.Errorf("the chat has %v", got)
		}
		// Nobody is left: it waits.
		two.ok("logout", object{})
		if tr := cu.push("chat_transferred"); tr["reason"] != "unassigned" || at(tr, "queue", "position") != 1.0 {
			t.Errorf("chat_transferred is %v", tr)
		}
		if e := cu.push("incoming_event"); at(e, "event", "system_message_type") != "routing.unassigned_signed_out" {
			t.Errorf("the event is %v", e)
		}
		// And whoever comes takes it.
		back := agent(t, srv, rtmtest.AgentToken)
		if u := back.push("user_added_to_chat"); u["chat_id"] != chatID {
			t.Errorf("the agent got %v", u)
		}
	})
}

func TestRemoteLogout(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		one, two := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token)
		two.fails("authorization", "logout", object{"agent_id": agent1})
		two.fails("authorization", "set_routing_status", object{"agent_id": agent1, "status": "accepting_chats"})
		one.fails("not_found", "logout", object{"agent_id": "nobody@example.com"})
		one.fails("not_found", "set_routing_status", object{"agent_id": "nobody@example.com", "status": "accepting_chats"})
		one.ok("set_routing_status", object{"agent_id": agent2, "status": "not_accepting_chats"})
		one.ok("logout", object{"agent_id": agent2})
		two.ends()
		if d := two.push("agent_disconnected"); d["reason"] != "agent_logged_out_remotely" {
			t.Errorf("the other got %v", d)
		}
		one.fails("agent_offline", "logout", object{"agent_id": agent2})
		one.fails("agent_offline", "set_routing_status", object{"agent_id": agent2, "status": "accepting_chats"})
		// With reconnect the last status comes back, without it the default.
		back := dialAgent(t, srv)
		if in := back.ok("login", object{"token": "Bearer " + rtmtest.Agent2Token, "reconnect": true}); at(in, "my_profile", "routing_status") != "not_accepting_chats" {
			t.Errorf("the status is %v", at(in, "my_profile"))
		}
	})
}

// TestGrace drops an agent's only connection: it keeps its chats for a while.
func TestGrace(t *testing.T) {
	inBubble(t, &rtmserver.Options{AgentGrace: time.Minute}, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		cu := customer(t, srv)
		chatID, _ := start(cu)
		cu.actions()
		ag.close()
		time.Sleep(59 * time.Second) // virtual: it passes when all wait
		if got := slices.DeleteFunc(cu.actions(), func(a string) bool { return a == "groups_status_updated" }); len(got) != 0 {
			t.Errorf("within the grace the customer got %v", got)
		}
		back := agent(t, srv, rtmtest.AgentToken)
		time.Sleep(5 * time.Minute)
		if got := agentsOf(back, chatID); !slices.Equal(got, []string{agent1}) {
			t.Errorf("the agent who came back has lost the chat: %v", got)
		}
		back.close()
		if r := cu.push("user_removed_from_chat"); r["reason"] != "disconnected" {
			t.Errorf("user_removed_from_chat is %v", r)
		}
		if e := cu.push("incoming_event"); at(e, "event", "text") != "Customer was queued because Ada Moreno had lost internet connection" {
			t.Errorf("the event is %v", e)
		}
		two := agent(t, srv, rtmtest.Agent2Token)
		res := two.call("list_routing_statuses", object{})["payload"].([]any)
		if at(res, 0, "status") != "offline" {
			t.Errorf("statuses are %v", res)
		}
	})
}

func TestGroupRouting(t *testing.T) {
	seed := rtmserver.DefaultSeed()
	seed.Organizations[0].Agents[1].Groups = []int{0}
	inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
		two := agent(t, srv, rtmtest.Agent2Token)
		sales := dialCustomer(t, srv)
		sales.ok("login", object{"token": "Bearer " + srv.CustomerToken(t), "group_id": 1})
		// Only agent 1 is in Sales, and it is not there.
		sales.fails("groups_offline", "start_chat", object{})
		sales.fails("groups_offline", "start_chat", object{"chat": object{"access": object{"group_ids": []int{1}}}})
		chatID, _ := start(sales, message("sales?"))
		two.fails("missing_access", "get_chat", object{"chat_id": chatID})
		two.fails("missing_access", "list_threads", object{"chat_id": chatID})
		if list := two.ok("list_chats", object{}); list["found_chats"] != 0.0 {
			t.Errorf("agent 2 sees %v", list)
		}
		one := agent(t, srv, rtmtest.AgentToken)
		if u := one.push("user_added_to_chat"); u["chat_id"] != chatID {
			t.Errorf("agent 1 got %v", u)
		}
		if got := slices.DeleteFunc(two.actions(), func(a string) bool {
			return a == "routing_status_set" || a == "incoming_customers" || a == "groups_status_updated"
		}); len(got) != 0 {
			t.Errorf("agent 2 got %v of a chat that it has no access to", got)
		}
	})
}

// TestWaitingOrder checks that the oldest of those who wait comes first.
func TestWaitingOrder(t *testing.T) {
	seed := rtmserver.DefaultSeed()
	seed.Organizations[0].Agents[0].MaxChats = 2
	inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
		var chats []string
		for i := range 3 {
			id, _ := start(customer(t, srv), message(fmt.Sprint(i)))
			chats = append(chats, id)
		}
		ag := agent(t, srv, rtmtest.AgentToken)
		for _, want := range chats[:2] {
			if u := ag.push("user_added_to_chat"); u["chat_id"] != want {
				t.Errorf("got %v, want %s", u["chat_id"], want)
			}
		}
		if got := agentsOf(ag, chats[2]); len(got) != 0 {
			t.Errorf("the third has %v although the agent is full", got)
		}
	})
}

// TestQueueOfMixedGroups: each chat waits behind those with which it shares a
// group, once each, whatever else they belong to.
func TestQueueOfMixedGroups(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		var chats []*peer
		for _, groups := range [][]int{{0}, {1}, {0, 1}, {1}, {0}} {
			cu := customer(t, srv)
			cu.ok("start_chat", object{"continuous": true, "chat": object{"access": object{"group_ids": groups}}})
			chats = append(chats, cu)
		}
		position := func(cu *peer) any {
			id := at(cu.ok("list_chats", object{}), "chats_summary", 0, "id")
			return at(cu.ok("get_chat", object{"chat_id": id}), "thread", "queue", "position")
		}
		for i, want := range []float64{1, 1, 3, 3, 3} {
			if got := position(chats[i]); got != want {
				t.Errorf("chat %d waits at %v, want %v", i, got, want)
			}
		}
		id := at(chats[0].ok("list_chats", object{}), "chats_summary", 0, "id")
		chats[0].ok("deactivate_chat", object{"id": id})
		for i, want := range map[int]float64{2: 2, 4: 2} {
			if p := chats[i].push("queue_position_updated"); at(p, "queue", "position") != want || position(chats[i]) != want {
				t.Errorf("chat %d moved to %v, want %v", i, p, want)
			}
		}
		if got := chats[3].actions(); slices.Contains(got, "queue_position_updated") || position(chats[3]) != 3.0 {
			t.Errorf("a chat that did not move got %v", got)
		}
	})
}
