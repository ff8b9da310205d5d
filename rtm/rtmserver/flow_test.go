package rtmserver_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// inBubble runs a flow in virtual time.
func inBubble(t *testing.T, opts *rtmserver.Options, flow func(t *testing.T, srv *rtmtest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { flow(t, rtmtest.NewServer(t, opts)) })
}

// start starts a chat of a customer and returns the ids of chat and thread.
func start(p *peer, events ...any) (chatID, threadID string) {
	p.t.Helper()
	got := p.ok("start_chat", object{"continuous": true, "chat": object{"thread": object{"events": events}}})
	return got["chat_id"].(string), got["thread_id"].(string)
}

// TestConversation holds a whole conversation; the peers check each frame
// against the catalogue.
func TestConversation(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		token := "Bearer " + srv.CustomerToken(t)
		cu, tab := dialCustomer(t, srv), dialCustomer(t, srv)
		me := cu.ok("login", object{"token": token, "customer": object{"name": "Cleo", "email": "cleo@example.com"},
			"customer_page": object{"url": "https://shop.example/a", "title": "A"}, "referrer": "https://search.example/"})
		if at(me, "customer", "name") != "Cleo" || me["has_active_thread"] != false || len(me["chats"].([]any)) != 0 {
			t.Errorf("login gave %v", me)
		}
		if at(me, "__priv_dynamic_config", "online_groups_ids", 1) != 1.0 {
			t.Errorf("the groups online are %v", at(me, "__priv_dynamic_config"))
		}
		tab.ok("login", object{"token": token})
		customerID := at(me, "customer", "id").(string)

		got := cu.ok("start_chat", object{"chat": object{"properties": object{"shop": object{"cart": 3}},
			"thread": object{"events": []any{object{"type": "message", "text": "hello", "custom_id": "c1"}}}}})
		chatID, threadID := got["chat_id"].(string), got["thread_id"].(string)
		if len(chatID) != 10 || strings.ToUpper(chatID) != chatID || at(got, "event_ids", 0) != threadID+"_1" {
			t.Errorf("start_chat gave %v", got)
		}
		mine, other := cu.frame("incoming_chat"), tab.frame("incoming_chat")
		if mine["request_id"] != "2" || other["request_id"] != nil {
			t.Errorf("request_id is %v for the requester and %v for its other tab", mine["request_id"], other["request_id"])
		}
		chat := at(mine, "payload", "chat").(object)
		if at(chat, "thread", "events", 0, "author_id") != customerID || at(chat, "thread", "events", 0, "custom_id") != "c1" ||
			at(chat, "properties", "shop", "cart") != 3.0 || at(chat, "thread", "queue") != nil || at(chat, "thread", "events", 0, "visibility") != nil {
			t.Errorf("incoming_chat has %v", chat)
		}
		opaque := at(chat, "users", 1, "id").(string)
		if len(opaque) != 32 || strings.Contains(opaque, "@") || at(chat, "users", 1, "name") != "Ada Moreno" {
			t.Errorf("the customer sees the agent as %v", at(chat, "users", 1))
		}
		seen := ag.push("incoming_customer")
		if seen["id"] != customerID || at(seen, "visit", "last_pages", 0, "url") != "https://shop.example/a" {
			t.Errorf("incoming_customer is %v", seen)
		}

		// The agent writes, the customer reads, and the other way round.
		typing := ag.call("send_typing_indicator", object{"chat_id": chatID, "is_typing": true})
		if typing["success"] != true {
			t.Errorf("typing: %v", typing)
		}
		if ind := cu.push("incoming_typing_indicator"); at(ind, "typing_indicator", "author_id") != opaque || at(ind, "typing_indicator", "is_typing") != true {
			t.Errorf("typing is %v", ind)
		}
		sent := ag.ok("send_event", object{"chat_id": chatID, "event": message("hi Cleo")})
		if sent["event_id"] != threadID+"_2" {
			t.Errorf("event_id is %v", sent["event_id"])
		}
		e := cu.push("incoming_event")
		if at(e, "event", "text") != "hi Cleo" || at(e, "event", "author_id") != opaque || at(e, "event", "visibility") != nil {
			t.Errorf("the customer got %v", e)
		}
		if f := ag.frame("incoming_event"); f["request_id"] != "3" || at(f, "payload", "event", "visibility") != "all" ||
			at(f, "payload", "event", "author_id") != "agent1@example.com" {
			t.Errorf("the agent got %v", f)
		}
		cu.ok("send_sneak_peek", object{"chat_id": chatID, "sneak_peek_text": "I nee"})
		if s := ag.push("incoming_sneak_peek"); at(s, "sneak_peek", "text") != "I nee" || at(s, "sneak_peek", "author_id") != customerID {
			t.Errorf("sneak peek is %v", s)
		}
		cu.ok("mark_events_as_seen", object{"chat_id": chatID, "seen_up_to": at(e, "event", "created_at")})
		if s := ag.push("events_marked_as_seen"); s["user_id"] != customerID || s["seen_up_to"] != at(e, "event", "created_at") {
			t.Errorf("seen is %v", s)
		}
		cu.ok("update_customer", object{"name": "Cleo K.", "session_fields": []any{object{"plan": "pro"}}})
		if u := ag.push("customer_updated"); u["name"] != "Cleo K." || u["email"] != nil || at(u, "session_fields", 0, "plan") != "pro" {
			t.Errorf("customer_updated is %v", u)
		}
		tab.push("customer_updated")

		// The customer ends it.
		cu.ok("deactivate_chat", object{"id": chatID})
		bye := cu.push("incoming_event")
		for at(bye, "event", "type") != "system_message" {
			bye = cu.push("incoming_event")
		}
		if at(bye, "event", "text") != "Cleo K. archived the chat" || at(bye, "event", "system_message_type") != "manual_archived_customer" ||
			at(bye, "event", "text_vars", "customer") != "Cleo K." || at(bye, "event", "author_id") != nil {
			t.Errorf("the last event is %v", bye)
		}
		if d := ag.push("chat_deactivated"); d["user_id"] != customerID || d["thread_id"] != threadID {
			t.Errorf("chat_deactivated is %v", d)
		}
		cu.ok("deactivate_chat", object{"id": chatID}) // again: nothing happens

		// And starts again.
		again := cu.ok("resume_chat", object{"chat": object{"id": chatID, "thread": object{"events": []any{message("me again")}}}})
		in := ag.push("incoming_chat")
		if at(in, "chat", "thread", "id") != again["thread_id"] || at(in, "chat", "thread", "previous_thread_id") != threadID {
			t.Errorf("the new thread is %v", at(in, "chat", "thread"))
		}
		ag.ok("deactivate_chat", object{"id": chatID})
		if d := cu.push("chat_deactivated"); d["user_id"] != customerID {
			t.Errorf("first chat_deactivated is %v", d)
		}
		if d := cu.push("chat_deactivated"); d["user_id"] != opaque {
			t.Errorf("chat_deactivated by the agent is %v", d)
		}

		// What is kept is what was sent.
		threads := cu.ok("list_threads", object{"chat_id": chatID, "limit": 100})["threads"].([]any)
		if len(threads) != 2 || at(threads, 0, "id") != again["thread_id"] || at(threads, 0, "events", 1, "text") != "Ada Moreno archived the chat" ||
			len(at(threads, 1, "events").([]any)) != 3 || at(threads, 1, "next_thread_id") != again["thread_id"] {
			t.Errorf("threads are %v", threads)
		}
		full := cu.ok("get_chat", object{"chat_id": chatID, "thread_id": threadID})
		if at(full, "thread", "id") != threadID || at(full, "thread", "active") != false {
			t.Errorf("get_chat gave %v", full)
		}
		list := cu.ok("list_chats", object{})
		if list["total_chats"] != 1.0 || at(list, "chats_summary", 0, "active") != false || at(list, "chats_summary", 0, "last_event_per_type", "message", "event", "text") != "me again" {
			t.Errorf("list_chats gave %v", list)
		}
		cu.ok("resume_chat", object{"chat": object{"id": chatID}})
		cu.close()
		tab.close()
		if left := ag.push("customer_left"); left["id"] != customerID {
			t.Errorf("customer_left is %v", left)
		}
	})
}

// TestVisibility checks that what is between agents stays there.
func TestVisibility(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		second := agent(t, srv, rtmtest.Agent2Token)
		cu := customer(t, srv)
		chatID, threadID := start(cu, message("hello"))
		cu.actions()
		ag.ok("send_event", object{"chat_id": chatID, "event": object{"type": "message", "text": "psst", "visibility": "agents"}})
		ag.ok("send_typing_indicator", object{"chat_id": chatID, "is_typing": true, "visibility": "agents"})
		if got := cu.actions(); len(got) != 0 {
			t.Errorf("the customer got %v", got)
		}
		if events := at(cu.ok("get_chat", object{"chat_id": chatID}), "thread", "events").([]any); len(events) != 1 {
			t.Errorf("the customer's events are %v", events)
		}
		if events := at(ag.ok("get_chat", object{"chat_id": chatID}), "thread", "events").([]any); len(events) != 2 {
			t.Errorf("the agent's events are %v", events)
		}
		if at(cu.ok("list_chats", object{}), "chats_summary", 0, "last_event_per_type", "message", "event", "text") != "hello" {
			t.Error("the summary shows an event between agents")
		}

		// An agent who only has access gets opening and closing, nothing between.
		ag.ok("deactivate_chat", object{"id": chatID})
		got := second.actions()
		got = slices.DeleteFunc(got, func(a string) bool { return a == "incoming_customers" || a == "routing_status_set" })
		if want := []string{"incoming_chat", "chat_deactivated"}; !slices.Equal(got, want) {
			t.Errorf("the other agent got %v, want %v", got, want)
		}

		// A customer's event for agents does not come back to it.
		cu.ok("send_event", object{"chat_id": chatID, "attach_to_last_thread": true, "event": object{"type": "custom", "recipients": "agents", "content": object{"n": 1}}})
		if slices.Contains(cu.actions()[2:], "incoming_event") {
			t.Error("an event for agents came to the customer")
		}
		events := at(ag.ok("list_threads", object{"chat_id": chatID}), "threads", 0, "events").([]any)
		if e := events[len(events)-1]; at(e, "content", "n") != 1.0 || at(e, "visibility") != "agents" || at(e, "id") != threadID+"_4" {
			t.Errorf("the last event is %v", e)
		}
	})
}

func TestEventTypes(t *testing.T) {
	inBubble(t, &rtmserver.Options{RandomSeed: 1, ForeignFiles: true}, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		cu := customer(t, srv)
		chatID, threadID := start(cu)
		for _, tt := range []struct {
			event, want object
		}{
			{object{"type": "file", "url": "https://cdn.example/a/b.png"}, object{"name": "b.png", "content_type": "image/png"}},
			{object{"type": "filled_form", "form_id": "f", "fields": []any{object{"type": "name", "id": "1", "label": "Name", "answer": "Cleo"}}}, object{"form_id": "f"}},
			{object{"type": "rich_message", "template_id": "cards", "elements": []any{object{"title": "T"}}}, object{"template_id": "cards"}},
			{object{"type": "system_message", "system_message_type": "x", "text": "T"}, object{"author_id": nil, "text": "T"}},
			{object{"type": "message", "text": "m", "unknown": 1, "properties": object{"ns": object{"k": true}}}, object{"unknown": nil, "text": "m"}},
			{object{"type": "message", "text": "m", "postback": object{"id": "p", "thread_id": threadID, "event_id": "e"}}, object{"text": "m"}},
		} {
			cu.ok("send_event", object{"chat_id": chatID, "event": tt.event})
			for side, e := range map[string]object{"customer": cu.push("incoming_event"), "agent": ag.push("incoming_event")} {
				for name, want := range tt.want {
					if got := at(e, "event", name); got != want {
						t.Errorf("%s sees %s as %v: %s is not %v", side, tt.event["type"], e, name, want)
					}
				}
			}
		}
	})
}

// TestLoginAgain logs a customer in from a second page and an agent from a
// second window.
func TestLoginAgain(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		token := "Bearer " + srv.CustomerToken(t)
		cu := dialCustomer(t, srv)
		cu.ok("login", object{"token": token})
		chatID, _ := start(cu, message("anybody?"))
		ag := dialAgent(t, srv)
		in := ag.ok("login", object{"token": "Bearer " + rtmtest.AgentToken})
		if at(in, "my_profile", "routing_status") != "accepting_chats" || at(in, "my_profile", "permission") != "administrator" ||
			at(in, "license", "organization_id") != rtmtest.Organization {
			t.Errorf("the agent's login gave %v", in)
		}
		if at(in, "chats_summary", 0, "id") != chatID || at(in, "chats_summary", 0, "last_thread_summary", "queue", "position") != 1.0 {
			t.Errorf("the agent's chats are %v", in["chats_summary"])
		}
		ag.push("user_added_to_chat")
		ag.ok("send_event", object{"chat_id": chatID, "event": message("yes")})

		page := dialCustomer(t, srv)
		me := page.ok("login", object{"token": token})
		if me["has_active_thread"] != true || at(me, "chats", 0, "has_unread_events") != true || at(me, "chats", 0, "chat_id") != chatID {
			t.Errorf("the second login gave %v", me)
		}
		page.ok("send_event", object{"chat_id": chatID, "event": message("good")})
		third := dialCustomer(t, srv)
		if me := third.ok("login", object{"token": token}); at(me, "chats", 0, "has_unread_events") != false {
			t.Error("sending an event did not move the seen mark")
		}

		window := agent(t, srv, rtmtest.AgentToken)
		if level := window.push("incoming_customers")["customer_monitoring_level"]; level != "my" {
			t.Errorf("the level is %v", level)
		}
		if got := at(window.ok("list_chats", object{"filters": object{"active": true}}), "chats_summary", 0, "users", 1, "id"); got != "agent1@example.com" {
			t.Errorf("the chat's agent is %v", got)
		}
	})
}

func TestPushFilter(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		for _, tt := range []struct {
			pushes object
			want   []string
		}{
			{object{"3.6": []string{"incoming_chat"}}, []string{"incoming_chat"}},
			{object{"3.6": []string{"all"}}, []string{"incoming_chat", "incoming_event", "chat_deactivated"}},
			{object{"3.7": []string{"all"}}, []string{}},
			{object{}, []string{}},
		} {
			cu := dialCustomer(t, srv)
			cu.ok("login", object{"token": "Bearer " + srv.CustomerToken(t), "pushes": tt.pushes})
			chatID, _ := start(cu)
			ag.ok("deactivate_chat", object{"id": chatID})
			if got := cu.actions(); !slices.Equal(got, tt.want) {
				t.Errorf("%v: got %v, want %v", tt.pushes, got, tt.want)
			}
			cu.close()
		}
	})
}

func TestMonitoringLevels(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag := dialAgent(t, srv)
		ag.ok("login", object{"token": "Bearer " + rtmtest.AgentToken, "customer_monitoring_level": "online"})
		cu := customer(t, srv)
		if in := ag.push("incoming_customer"); in["online"] != true {
			t.Errorf("incoming_customer is %v", in)
		}
		second := dialAgent(t, srv)
		second.ok("login", object{"token": "Bearer " + rtmtest.Agent2Token, "customer_monitoring_level": "chatting"})
		if got := second.push("incoming_customers")["customers"].([]any); len(got) != 0 {
			t.Errorf("chatting are %v", got)
		}
		start(cu)
		second.push("incoming_customer")
		cu.close()
		second.push("customer_left")
		ag.push("customer_left")
	})
}

func TestAgentResumes(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		cu := customer(t, srv)
		chatID, _ := start(cu)
		cu.ok("deactivate_chat", object{"id": chatID})
		ag.ok("resume_chat", object{"chat": object{"id": chatID, "users": []any{object{"id": "agent2@example.com", "type": "agent"}},
			"thread": object{"events": []any{object{"type": "message", "text": "back", "visibility": "agents"}}}}})
		cu.push("incoming_chat")
		in := cu.push("incoming_chat")
		if at(in, "chat", "thread", "events", 0, "text") != "back" || len(at(in, "chat", "thread", "user_ids").([]any)) != 3 {
			t.Errorf("the customer got %v", in)
		}
		cu.ok("deactivate_chat", object{"id": chatID})
		ag.ok("resume_chat", object{"chat": object{"id": chatID}, "active": false})
		if got := ag.ok("get_chat", object{"chat_id": chatID}); at(got, "thread", "active") != false {
			t.Errorf("active:false made %v", got)
		}
	})
}

// TestOrder checks that two events never have the same time, even when the clock
// stands still.
func TestOrder(t *testing.T) {
	day := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	inBubble(t, &rtmserver.Options{Clock: rtmserver.NewClockAt(day)}, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		chatID, _ := start(cu, message("a"), message("b"))
		cu.ok("send_event", object{"chat_id": chatID, "event": message("c")})
		last := ""
		for _, e := range at(cu.ok("get_chat", object{"chat_id": chatID}), "thread", "events").([]any) {
			created := at(e, "created_at").(string)
			if created <= last || !strings.HasPrefix(created, "2026-01-02T03:04:05.0000") {
				t.Errorf("%s comes after %s", created, last)
			}
			last = created
		}
	})
}
