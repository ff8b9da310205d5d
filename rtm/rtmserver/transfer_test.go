package rtmserver_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// threeSeed has three groups and a third agent, who is in group 2 alone. Nobody
// but the third can take more than one chat by routing.
func threeSeed() *rtmserver.Seed {
	seed := rtmserver.DefaultSeed()
	o := &seed.Organizations[0]
	o.Groups = append(o.Groups, rtmserver.Group{ID: 2, Name: "Returns"})
	o.Agents = append(o.Agents, rtmserver.Agent{ID: agent3, Name: "Cy Lund", Tokens: []string{agent3Token}, Groups: []int{2}})
	return seed
}

const agent3, agent3Token = "agent3@example.com", "dal:agent3"

// startIn starts a chat in a group.
func startIn(p *peer, group int) (chatID, threadID string) {
	p.t.Helper()
	got := p.ok("start_chat", object{"continuous": true, "chat": object{"access": object{"group_ids": []int{group}}}})
	return got["chat_id"].(string), got["thread_id"].(string)
}

func TestTransfer(t *testing.T) {
	inBubble(t, &rtmserver.Options{Seed: threeSeed()}, func(t *testing.T, srv *rtmtest.Server) {
		one, two, three := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token), agent(t, srv, agent3Token)
		cu := customer(t, srv)
		chatID, threadID := startIn(cu, 1)
		for _, p := range []*peer{cu, one, two, three} {
			p.actions()
		}

		// To a group whose agent could not see the chat before.
		one.ok("transfer_chat", object{"id": chatID, "target": object{"type": "group", "ids": []int{2}}})
		if got := cu.actions(); !slices.Equal(got, []string{"user_removed_from_chat", "user_added_to_chat", "chat_transferred", "incoming_event"}) {
			t.Errorf("the customer got %v", got)
		}
		in := three.push("incoming_chat")
		if at(in, "transferred_from", "group_ids", 0) != 1.0 || at(in, "transferred_from", "agent_ids", 0) != agent1 || at(in, "chat", "access", "group_ids", 0) != 2.0 || in["requester_id"] != agent1 {
			t.Errorf("the new agent got %v", in)
		}
		if p := three.push("chat_transferred"); p["reason"] != "manual" || at(p, "transferred_to", "group_ids", 0) != 2.0 || at(p, "transferred_to", "agent_ids", 0) != agent3 {
			t.Errorf("chat_transferred is %v", p)
		}
		if e := three.push("incoming_event"); at(e, "event", "text") != "Ada Moreno transferred the chat to Returns" {
			t.Errorf("the event is %v", e)
		}
		for _, p := range []*peer{one, two} { // one of them was out, neither may see it any more
			p.push("user_removed_from_chat")
			if a := p.push("chat_access_updated"); a["id"] != chatID || at(a, "access", "group_ids", 0) != 2.0 {
				t.Errorf("chat_access_updated is %v", a)
			}
			p.push("chat_transferred")
			p.fails("missing_access", "get_chat", object{"chat_id": chatID})
		}
		if got := at(three.ok("get_chat", object{"chat_id": chatID}), "thread", "id"); got != threadID {
			t.Errorf("the thread is %v", got)
		}

		// Back to the General group; to an agent; and taken over.
		three.ok("transfer_chat", object{"id": chatID, "target": object{"type": "group", "ids": []int{0}}})
		if got := agentsOf(three, chatID); !slices.Equal(got, []string{agent1}) {
			t.Errorf("the chat has %v", got)
		}
		two.actions()
		one.ok("transfer_chat", object{"id": chatID, "target": object{"type": "agent", "ids": []string{agent2}}})
		if p := two.push("incoming_chat"); at(p, "transferred_from", "agent_ids", 0) != agent1 {
			t.Errorf("the second agent got %v", p)
		}
		cu.actions()
		one.ok("transfer_chat", object{"id": chatID, "ignore_requester_presence": true, "ignore_agents_availability": true, "target": object{"type": "agent", "ids": []string{agent1}}})
		if p := cu.push("chat_transferred"); at(p, "transferred_to", "agent_ids", 0) == agent1 || len(p["requester_id"].(string)) != 32 {
			t.Errorf("the customer got %v", p)
		}
		one.ok("transfer_chat", object{"id": chatID, "target": object{"type": "agent", "ids": []string{agent1}}}) // has it: nothing happens
		if got := cu.actions(); slices.Contains(got, "chat_transferred") {
			t.Errorf("a transfer to who has the chat made %v", got)
		}

		// Without a target another agent of its groups gets it.
		list := one.call("list_agents_for_transfer", object{"chat_id": chatID})["payload"].([]any)
		if len(list) != 2 || at(list, 0, "agent_id") != agent2 || at(list, 0, "total_active_chats") != 0.0 {
			t.Errorf("the agents for transfer are %v", list)
		}
		one.ok("transfer_chat", object{"id": chatID})
		if got := agentsOf(one, chatID); !slices.Equal(got, []string{agent2}) {
			t.Errorf("the chat has %v", got)
		}

		// Nobody can take it: it waits, when that is wanted.
		one.ok("set_routing_status", object{"status": "not_accepting_chats"})
		three.ok("logout", object{})
		if got := two.fails("validation", "transfer_chat", object{"id": chatID}); !strings.Contains(got, "pass ignore_agents_availability") {
			t.Errorf("got %q", got)
		}
		two.fails("agent_offline", "transfer_chat", object{"id": chatID, "target": object{"type": "agent", "ids": []string{agent3}}})
		cu.actions()
		two.ok("transfer_chat", object{"id": chatID, "ignore_agents_availability": true})
		if p := cu.push("chat_transferred"); at(p, "queue", "position") != 1.0 || at(p, "transferred_to", "group_ids", 0) != 0.0 || at(p, "transferred_to", "agent_ids") != nil {
			t.Errorf("the customer got %v", p)
		}
		if got := agentsOf(two, chatID); len(got) != 0 {
			t.Errorf("the chat has %v, though the one who gave it away accepts", got)
		}
		one.ok("set_routing_status", object{"status": "accepting_chats"}) // gave it away too
		if got := agentsOf(two, chatID); len(got) != 0 {
			t.Errorf("the chat has %v", got)
		}
		// Who takes it out of the queue has it.
		cu.actions()
		one.ok("add_user_to_chat", object{"chat_id": chatID, "user_id": agent1, "user_type": "agent", "visibility": "all", "ignore_requester_presence": true})
		if got := cu.actions(); !slices.Equal(got, []string{"user_added_to_chat", "thread_properties_updated"}) {
			t.Errorf("the customer got %v", got)
		}
		if th := at(one.ok("get_chat", object{"chat_id": chatID}), "thread"); at(th, "queue") != nil {
			t.Errorf("the thread still waits: %v", th)
		}

		in2 := func(more object) object {
			out := object{"id": chatID}
			for k, v := range more {
				out[k] = v
			}
			return out
		}
		to := func(typ string, ids ...any) object {
			return in2(object{"target": object{"type": typ, "ids": append([]any{}, ids...)}})
		}
		for _, tt := range []struct {
			by        *peer
			payload   object
			typ, text string
		}{
			{two, to("agent", agent2), "authorization", "is not a user of chat"},
			{one, object{"id": "X"}, "not_found", "there is no chat"},
			{one, to("agent", "nobody@example.com"), "not_found", "no agent"},
			{one, to("agent", 7), "validation", "payload.target.ids[0]: must be a string, not a number"},
			{one, to("agent"), "validation", "needs at least one agent"},
			{one, to("group", 9), "not_found", "there is no group 9"},
			{one, to("group", "1"), "validation", "payload.target.ids[0]: must be an integer, not a string"},
			{one, to("group"), "validation", "needs at least one group"},
			{one, to("team", 1), "validation", "payload.target.type: must be one of group, agent"},
			{one, object{"id": chatID, "target": object{"type": "group", "ids": []int{2}}}, "validation", "no agent there can take the chat"},
		} {
			if got := tt.by.fails(tt.typ, "transfer_chat", tt.payload); !strings.Contains(got, tt.text) {
				t.Errorf("transfer_chat %v: got %q, want %q", tt.payload, got, tt.text)
			}
		}
		one.fails("not_found", "list_agents_for_transfer", object{"chat_id": "X"})
		one.ok("transfer_chat", to("group", 1))
		back := agent(t, srv, agent3Token)
		back.fails("missing_access", "transfer_chat", in2(object{"ignore_requester_presence": true}))
		back.fails("missing_access", "list_agents_for_transfer", object{"chat_id": chatID})
		two.fails("missing_access", "transfer_chat", to("agent", agent3))
		cu.ok("deactivate_chat", object{"id": chatID})
		two.fails("chat_inactive", "transfer_chat", in2(nil))
	})
}

// TestSupervisor has an agent listen in: the customer does not learn of it.
func TestSupervisor(t *testing.T) {
	inBubble(t, &rtmserver.Options{Seed: threeSeed()}, func(t *testing.T, srv *rtmtest.Server) {
		one, two, three := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token), agent(t, srv, agent3Token)
		cu := customer(t, srv)
		chatID, _ := startIn(cu, 1)
		cu.actions()
		user := func(id, typ, visibility string) object {
			return object{"chat_id": chatID, "user_id": id, "user_type": typ, "visibility": visibility}
		}
		self := func(in object) object { in["ignore_requester_presence"] = true; return in }

		two.fails("authorization", "add_user_to_chat", user(agent2, "agent", "agents"))
		two.ok("add_user_to_chat", self(user(agent2, "agent", "agents")))
		if p := one.push("user_added_to_chat"); at(p, "user", "visibility") != "agents" || p["reason"] != "manual" || p["requester_id"] != agent2 {
			t.Errorf("user_added_to_chat is %v", p)
		}
		two.ok("send_event", object{"chat_id": chatID, "event": object{"type": "message", "text": "ask for the number", "visibility": "agents"}})
		if got := two.fails("authorization", "send_event", object{"chat_id": chatID, "event": message("x")}); !strings.Contains(got, "supervises") {
			t.Errorf("got %q", got)
		}
		two.fails("authorization", "send_event_preview", object{"chat_id": chatID, "event": message("x")})
		seen := at(one.ok("get_chat", object{"chat_id": chatID}), "thread", "events", 0, "created_at")
		two.ok("mark_events_as_seen", object{"chat_id": chatID, "seen_up_to": seen})
		two.ok("send_typing_indicator", object{"chat_id": chatID, "is_typing": true})
		two.ok("send_thinking_indicator", object{"chat_id": chatID})
		if got := cu.actions(); len(got) != 0 {
			t.Errorf("the customer got %v", got)
		}
		view := cu.ok("get_chat", object{"chat_id": chatID})
		if len(view["users"].([]any)) != 2 || len(at(view, "thread", "user_ids").([]any)) != 2 {
			t.Errorf("the customer sees %v", view)
		}
		// The supervisor does not count as who handles the chat.
		if s := at(one.call("list_agents_for_transfer", object{"chat_id": chatID}), "payload", 0); at(s, "agent_id") != agent2 || at(s, "total_active_chats") != 0.0 {
			t.Errorf("the supervisor is %v", s)
		}
		// It comes forward.
		two.ok("add_user_to_chat", user(agent2, "agent", "all"))
		if p := cu.push("user_added_to_chat"); at(p, "user", "name") != "Ben Okafor" {
			t.Errorf("the customer got %v", p)
		}
		if e := cu.push("incoming_event"); at(e, "event", "text") != "Ben Okafor joined the chat" {
			t.Errorf("the customer got %v", e)
		}
		two.ok("add_user_to_chat", user(agent2, "agent", "all")) // again: nothing happens
		one.ok("add_user_to_chat", user(at(view, "users", 0, "id").(string), "customer", "all"))
		if got := cu.actions(); len(got) != 0 {
			t.Errorf("the customer got %v", got)
		}

		// The others go; the chat waits when the last one is gone, and not for them.
		one.ok("remove_user_from_chat", object{"chat_id": chatID, "user_id": agent2, "user_type": "agent"})
		if p := two.push("user_removed_from_chat"); p["user_id"] != agent2 || p["reason"] != "manual" || p["requester_id"] != agent1 {
			t.Errorf("user_removed_from_chat is %v", p)
		}
		if e := cu.push("incoming_event"); at(e, "event", "text") != "Ada Moreno removed Ben Okafor from the chat" {
			t.Errorf("the customer got %v", e)
		}
		two.ok("add_user_to_chat", self(user(agent2, "agent", "agents")))
		two.ok("remove_user_from_chat", object{"chat_id": chatID, "user_id": agent2, "user_type": "agent"})
		if got := cu.actions(); len(got) != 0 {
			t.Errorf("the customer got %v of a supervisor who left", got)
		}
		one.ok("remove_user_from_chat", object{"chat_id": chatID, "user_id": agent1, "user_type": "agent"})
		one.ok("remove_user_from_chat", object{"chat_id": chatID, "user_id": agent1, "user_type": "agent"}) // again: nothing happens
		if got := cu.actions(); !slices.Equal(got, []string{"user_removed_from_chat", "incoming_event", "thread_properties_updated", "chat_transferred", "incoming_event"}) {
			t.Errorf("the customer got %v", got)
		}
		if th := at(cu.ok("get_chat", object{"chat_id": chatID}), "thread"); at(th, "queue", "position") != 1.0 {
			t.Errorf("the thread is %v", th)
		}

		for _, tt := range []struct {
			by        *peer
			action    string
			payload   object
			typ, text string
		}{
			{one, "add_user_to_chat", self(user("nobody@example.com", "agent", "all")), "not_found", "no agent"},
			{one, "add_user_to_chat", self(user(agent3, "agent", "all")), "missing_access", "is in none of the groups [1]"},
			{one, "add_user_to_chat", self(user("nobody", "customer", "all")), "not_found", "there is no customer"},
			{one, "add_user_to_chat", self(user(at(view, "users", 0, "id").(string), "customer", "agents")), "validation", "must be all for a customer"},
			{one, "add_user_to_chat", self(user(agent1, "bot", "all")), "validation", "payload.user_type: must be one of agent, customer"},
			{three, "add_user_to_chat", self(user(agent3, "agent", "agents")), "missing_access", "has no access to chat"},
			{three, "remove_user_from_chat", object{"chat_id": chatID, "user_id": agent3, "user_type": "agent"}, "missing_access", "has no access to chat"},
			{one, "remove_user_from_chat", object{"chat_id": chatID, "user_id": agent2, "user_type": "agent"}, "authorization", "is not a user of chat"},
			{one, "remove_user_from_chat", object{"chat_id": chatID, "user_id": agent3, "user_type": "agent", "ignore_requester_presence": true}, "not_found", "has no agent"},
			{one, "remove_user_from_chat", object{"chat_id": chatID, "user_id": "x", "user_type": "customer"}, "validation", "payload.user_type: must be one of agent"},
			{one, "remove_user_from_chat", object{"chat_id": "X", "user_id": agent1, "user_type": "agent"}, "not_found", "there is no chat"},
		} {
			if got := tt.by.fails(tt.typ, tt.action, tt.payload); !strings.Contains(got, tt.text) {
				t.Errorf("%s %v: got %q, want %q", tt.action, tt.payload, got, tt.text)
			}
		}
		other := customer(t, srv)
		otherID := other.ok("get_customer", object{})["id"].(string)
		if got := one.fails("validation", "add_user_to_chat", self(user(otherID, "customer", "all"))); !strings.Contains(got, "one customer at most") {
			t.Errorf("got %q", got)
		}
		one.ok("add_user_to_chat", self(user(agent1, "agent", "all")))
		if got := one.fails("validation", "add_user_to_chat", user(agent1, "agent", "agents")); !strings.Contains(got, "remove it before it supervises") {
			t.Errorf("got %q", got)
		}
		cu.ok("deactivate_chat", object{"id": chatID})
		one.fails("chat_inactive", "add_user_to_chat", user(agent2, "agent", "all"))
	})
}

func TestFollow(t *testing.T) {
	inBubble(t, &rtmserver.Options{Seed: threeSeed()}, func(t *testing.T, srv *rtmtest.Server) {
		one, two := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token)
		three := agent(t, srv, agent3Token)
		cu := customer(t, srv)
		chatID, _ := startIn(cu, 1)
		two.actions()
		two.ok("follow_chat", object{"id": chatID})
		if p := two.push("incoming_chat"); at(p, "chat", "is_followed") != true {
			t.Errorf("incoming_chat is %v", p)
		}
		two.ok("follow_chat", object{"id": chatID}) // again: nothing happens
		one.actions()
		one.ok("follow_chat", object{"id": chatID}) // takes part: nothing happens
		cu.ok("send_event", object{"chat_id": chatID, "event": message("hello")})
		if got := two.actions(); !slices.Equal(got, []string{"incoming_event"}) {
			t.Errorf("the follower got %v", got)
		}
		if two.ok("get_chat", object{"chat_id": chatID})["is_followed"] != true || at(two.ok("list_chats", object{}), "chats_summary", 0, "is_followed") != true ||
			one.ok("get_chat", object{"chat_id": chatID})["is_followed"] != false {
			t.Error("is_followed is wrong")
		}
		// Out of its groups, a follower hears nothing.
		one.ok("transfer_chat", object{"id": chatID, "target": object{"type": "group", "ids": []int{2}}})
		two.actions()
		cu.ok("send_event", object{"chat_id": chatID, "event": message("private")})
		if got := two.actions(); len(got) != 0 {
			t.Errorf("a follower without access got %v", got)
		}
		three.ok("transfer_chat", object{"id": chatID, "target": object{"type": "group", "ids": []int{1}}})
		two.actions()
		window := agent(t, srv, rtmtest.Agent2Token)
		if got := two.ok("unfollow_chat", object{"id": chatID}); got["chat_id"] != chatID {
			t.Errorf("unfollow_chat gave %v", got)
		}
		window.push("chat_unfollowed")
		two.ok("unfollow_chat", object{"id": chatID}) // again: nothing happens
		two.actions()
		cu.ok("send_event", object{"chat_id": chatID, "event": message("x")})
		if got := two.actions(); len(got) != 0 {
			t.Errorf("after unfollow_chat it got %v", got)
		}
		// A new thread ends it too.
		two.ok("follow_chat", object{"id": chatID})
		cu.ok("deactivate_chat", object{"id": chatID})
		cu.ok("resume_chat", object{"chat": object{"id": chatID, "access": object{"group_ids": []int{2}}}})
		three.fails("authorization", "unfollow_chat", object{"id": chatID})
		two.fails("missing_access", "follow_chat", object{"id": chatID})
		two.fails("not_found", "follow_chat", object{"id": "X"})
		two.fails("not_found", "unfollow_chat", object{"id": "X"})
		two.fails("missing_access", "unfollow_chat", object{"id": chatID})
		if got := three.ok("get_chat", object{"chat_id": chatID}); got["is_followed"] != false {
			t.Errorf("the chat is %v", got)
		}
	})
}

func TestAgentStarts(t *testing.T) {
	inBubble(t, &rtmserver.Options{Seed: threeSeed()}, func(t *testing.T, srv *rtmtest.Server) {
		one, two, three := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token), agent(t, srv, agent3Token)
		cu := customer(t, srv)
		id := cu.ok("get_customer", object{})["id"].(string)
		users := func(list ...any) object { return object{"chat": object{"users": list}} }
		user := func(id, typ string) object { return object{"id": id, "type": typ} }
		got := one.ok("start_chat", object{"chat": object{"users": []any{user(id, "customer"), user(agent2, "agent")},
			"thread": object{"events": []any{message("May I help?")}, "properties": object{"free": object{"n": 1}}}}})
		chatID := got["chat_id"].(string)
		if in := cu.push("incoming_chat"); at(in, "chat", "id") != chatID || at(in, "chat", "thread", "events", 0, "text") != "May I help?" || len(at(in, "chat", "users").([]any)) != 3 {
			t.Errorf("the customer got %v", in)
		}
		if in := two.push("incoming_chat"); in["requester_id"] != agent1 {
			t.Errorf("the second agent got %v", in)
		}
		cu.ok("send_event", object{"chat_id": chatID, "event": message("yes")})
		for _, tt := range []struct {
			by        *peer
			payload   object
			typ, text string
		}{
			{one, users(user(id, "customer")), "limit_reached", chatID},
			{one, users(user("nobody", "customer")), "not_found", "there is no customer"},
			{one, users(user("nobody", "agent")), "not_found", "no agent nobody"},
			{one, object{"chat": object{"access": object{"group_ids": []int{2}}}}, "missing_access", "is in none of the groups [2]"},
			{one, object{"chat": object{"access": object{"group_ids": []int{7}}}}, "not_found", "there is no group 7"},
			{one, object{"chat": object{"access": object{"group_ids": []int{1}}, "users": []any{user(agent3, "agent")}}}, "missing_access", "agent agent3@example.com is in none"},
			{one, object{"chat": object{"thread": object{"events": []any{object{"type": "form", "form_id": "f", "fields": []any{}}}}}}, "validation", "cannot be a form"},
			{one, users(user(agent1, "agent"), user(agent1, "agent"), user(agent1, "agent"), user(agent1, "agent"), user(agent1, "agent"), user(agent1, "agent")), "validation", "payload.chat.users: must have at most 5 items, not 6"},
		} {
			if got := tt.by.fails(tt.typ, "start_chat", tt.payload); !strings.Contains(got, tt.text) {
				t.Errorf("start_chat %v: got %q, want %q", tt.payload, got, tt.text)
			}
		}
		fresh := customer(t, srv).ok("get_customer", object{})["id"].(string)
		if got := one.fails("validation", "start_chat", users(user(fresh, "customer"), user(id, "customer"))); !strings.Contains(got, "one customer at most") {
			t.Errorf("got %q", got)
		}

		// Agents among themselves.
		got = one.ok("start_chat", users(user(agent3, "agent")))
		among := got["chat_id"].(string)
		three.push("incoming_chat")
		three.ok("send_event", object{"chat_id": among, "event": message("hello")})
		for e := one.push("incoming_event"); e["chat_id"] != among; {
			e = one.push("incoming_event")
		}
		if chats := one.ok("list_chats", object{})["chats_summary"].([]any); len(chats) != 2 {
			t.Errorf("the chats are %v", chats)
		}
		one.ok("remove_user_from_chat", object{"chat_id": among, "user_id": agent1, "user_type": "agent"})
		three.ok("logout", object{}) // the last one goes, and nobody waits
		if got := two.ok("get_chat", object{"chat_id": among}); at(got, "thread", "queue") != nil || at(got, "thread", "active") != true {
			t.Errorf("the chat of agents is %v", got["thread"])
		}
		two.ok("deactivate_chat", object{"id": among, "ignore_requester_presence": true})
		two.ok("resume_chat", object{"chat": object{"id": among}})
	})
}
