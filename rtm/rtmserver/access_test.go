package rtmserver_test

import (
	"slices"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestThreadAccess moves a chat from one group to another: an agent of the new
// group alone may not read the thread of the old one.
func TestThreadAccess(t *testing.T) {
	seed := rtmserver.DefaultSeed()
	org := &seed.Organizations[0]
	org.Groups = append(org.Groups, rtmserver.Group{ID: 2, Name: "Returns"})
	org.Agents[0].Groups = []int{1, 2}
	org.Agents[1].Groups = []int{2}
	inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
		one, two := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token)
		cu := customer(t, srv)
		got := cu.ok("start_chat", object{"chat": object{"access": object{"group_ids": []int{1}}, "thread": object{"events": []any{message("secret")}}}})
		chatID, threadID := got["chat_id"], got["thread_id"]
		two.fails("missing_access", "send_event", object{"chat_id": chatID, "event": message("x")})
		two.fails("missing_access", "deactivate_chat", object{"id": chatID, "ignore_requester_presence": true})
		two.fails("missing_access", "mark_events_as_seen", object{"chat_id": chatID, "seen_up_to": "2000-01-01T00:00:00Z"})
		two.fails("missing_access", "send_typing_indicator", object{"chat_id": chatID, "is_typing": true})
		cu.ok("deactivate_chat", object{"id": chatID})
		two.fails("missing_access", "resume_chat", object{"chat": object{"id": chatID}})
		one.fails("missing_access", "resume_chat", object{"chat": object{"id": chatID, "access": object{"group_ids": []int{1}},
			"users": []any{object{"id": agent2, "type": "agent"}}}})
		cu.ok("resume_chat", object{"chat": object{"id": chatID, "access": object{"group_ids": []int{2, 2}}}})
		if got := two.ok("get_chat", object{"chat_id": chatID}); len(at(got, "access", "group_ids").([]any)) != 1 {
			t.Errorf("the access is %v", got["access"])
		}
		two.fails("missing_access", "get_chat", object{"chat_id": chatID, "thread_id": threadID})
		one.ok("get_chat", object{"chat_id": chatID, "thread_id": threadID})
		newest := at(two.ok("list_chats", object{}), "chats_summary", 0, "last_event_per_type", "message")
		if at(newest, "event") != nil || at(newest, "restricted_access") == nil {
			t.Errorf("agent 2 sees the newest message as %v", newest)
		}
		threads := two.ok("list_threads", object{"chat_id": chatID})["threads"].([]any)
		if at(threads, 1, "events") != nil || at(threads, 1, "restricted_access") == nil || at(threads, 0, "restricted_access") != nil {
			t.Errorf("agent 2 sees the threads %v", threads)
		}
	})
}

// TestLeavingACompany has two agents in a chat: when one leaves, the other goes on.
func TestLeavingACompany(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		one, two := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token)
		cu := customer(t, srv)
		chatID, _ := start(cu)
		cu.ok("deactivate_chat", object{"id": chatID})
		one.ok("resume_chat", object{"chat": object{"id": chatID, "users": []any{object{"id": agent2, "type": "agent"}, object{"id": agent1, "type": "agent"}}}})
		if got := agentsOf(two, chatID); !slices.Equal(got, []string{agent1, agent2}) {
			t.Errorf("the chat has %v", got)
		}
		cu.actions()
		one.ok("logout", object{})
		if got := cu.actions(); !slices.Equal(got, []string{"user_removed_from_chat"}) {
			t.Errorf("the customer got %v", got)
		}
		if got := agentsOf(two, chatID); !slices.Equal(got, []string{agent2}) {
			t.Errorf("the chat has %v", got)
		}
		cu.ok("update_customer", object{"omnichannel": object{"twilio": object{"phone_number": "+47"}}, "session_fields": []any{object{"a": "1"}, object{"b": "2"}}})
		cu.ok("update_customer", object{"session_fields": []any{object{"a": "3"}, object{"c": "4"}}})
		cu.push("customer_updated")
		f := cu.push("customer_updated")["session_fields"]
		if at(f, 0, "a") != "3" || at(f, 1, "b") != "2" || at(f, 2, "c") != "4" {
			t.Errorf("the session fields are %v", f)
		}
	})
}
