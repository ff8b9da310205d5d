package rtmserver_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestLoginDenied has every way in which a login fails.
func TestLoginDenied(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		good := "Bearer " + srv.CustomerToken(t)
		cu := dialCustomer(t, srv)
		for _, tt := range []struct {
			payload   object
			typ, text string
		}{
			{object{}, "validation", "payload.token: is required"},
			{object{"token": 7}, "validation", "payload.token: must be a string, not a number"},
			{object{"token": nil}, "validation", "payload.token: must be a string, not null"},
			{object{"token": "Bearer dal:nobody"}, "authentication", "unknown"},
			{object{"token": strings.TrimPrefix(good, "Bearer ")}, "authentication", "must be Bearer"},
			{object{"token": "Basic " + base64.StdEncoding.EncodeToString([]byte("a:b"))}, "authentication", "must be Bearer"},
			{object{"token": "Bearer " + rtmtest.AgentToken}, "authentication", "unknown"},
			{object{"token": good, "group_id": 9}, "group_not_found", "payload.group_id: there is no group 9"},
			{object{"token": good, "group_id": "0"}, "validation", "payload.group_id: must be an integer, not a string"},
			{object{"token": good, "group_id": 0.5}, "validation", "payload.group_id: must be an integer, not 0.5"},
			{object{"token": good, "customer": object{"email": "x"}}, "validation", "payload.customer.email: must be an e-mail address"},
			{object{"token": good, "customer": []any{}}, "validation", "payload.customer: must be an object, not an array"},
			{object{"token": good, "pushes": object{"3.6": []any{"incoming_chats"}}}, "validation", `there is no push "incoming_chats"`},
			{object{"token": good, "pushes": object{"v3": []any{"all"}}}, "validation", `"v3" is not an API version`},
			{object{"token": good, "pushes": object{"3.6": "all"}}, "validation", "payload.pushes.3.6: must be an array, not a string"},
		} {
			if got := cu.fails(tt.typ, "login", tt.payload); !strings.Contains(got, tt.text) {
				t.Errorf("%v: got %q, want %q", tt.payload, got, tt.text)
			}
		}
		cu.fails("authorization", "start_chat", object{})
		cu.ok("ping", object{}) // no login needed
		cu.ok("login", object{"token": strings.Replace(good, ":", "%3A", 1)})
		if got := cu.fails("validation", "login", object{"token": good}); got != "action: this connection is already logged in" {
			t.Errorf("a second login says %q", got)
		}

		ag := dialAgent(t, srv)
		for _, tt := range []struct {
			payload   object
			typ, text string
		}{
			{object{"token": "Bearer dal:agent3"}, "authentication", "unknown"},
			{object{"token": "Bearer " + strings.TrimPrefix(good, "Bearer ")}, "authentication", "unknown"},
			{object{"token": rtmtest.AgentToken}, "authentication", "must be Bearer"},
			{object{"token": "Basic !!"}, "authentication", "base64 of account:token"},
			{object{"token": "Basic " + base64.StdEncoding.EncodeToString([]byte("nocolon"))}, "authentication", "base64 of account:token"},
			{object{"token": "Bearer " + rtmtest.AgentToken, "customer_monitoring_level": "all"}, "validation", "payload.customer_monitoring_level: must be one of my, chatting, invited, online, highest_available"},
			{object{"token": "Bearer " + rtmtest.AgentToken, "pushes": object{"3.6": []any{"x"}}}, "validation", "there is no push"},
		} {
			if got := ag.fails(tt.typ, "login", tt.payload); !strings.Contains(got, tt.text) {
				t.Errorf("%v: got %q, want %q", tt.payload, got, tt.text)
			}
		}
		ag.fails("authorization", "list_chats", object{})
		ag.ok("login", object{"token": "Basic " + base64.StdEncoding.EncodeToString([]byte("account:dal:agent1"))})
		ag.fails("validation", "login", object{"token": "Bearer " + rtmtest.AgentToken})

		// An address that names another organization is no way to this one.
		other := dial(t, srv, catalogue.Agent(), "?organization_id="+rtmtest.Organization)
		other.ok("login", object{"token": "Bearer " + rtmtest.AgentToken})
	})
}

// TestEnvelope sends frames that are no requests; the connection lives on.
func TestEnvelope(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		for _, tt := range []struct{ frame, id, action, typ, text string }{
			{`hello`, "", "", "validation", "the frame is not JSON"},
			{``, "", "", "validation", "the frame is not JSON"},
			{`{"action":"ping"} {}`, "", "", "validation", "there is more after the first value"},
			{`{"action":"ping"`, "", "", "validation", "the frame is not JSON"},
			{"{\"action\":\"\xff\"}", "", "", "validation", "not valid UTF-8"},
			{`[]`, "", "", "validation", "must be a JSON object, not an array"},
			{`null`, "", "", "validation", "must be a JSON object, not null"},
			{`{"request_id":"a"}`, "a", "", "validation", "action: is required"},
			{`{"action":7,"request_id":"a"}`, "a", "", "validation", "action: must be a string, not a number"},
			{`{"action":"ping","request_id":7}`, "", "ping", "validation", "request_id: must be a string, not a number"},
			{`{"action":"ping","request_id":"a","payload":[]}`, "a", "ping", "validation", "payload: must be an object, not an array"},
			{`{"action":"ping","request_id":"a","payload":"{}"}`, "a", "ping", "validation", "payload: must be an object, not a string"},
			{`{"action":"frobnicate","request_id":"a"}`, "a", "frobnicate", "validation", `action: the customer API has no action "frobnicate"`},
			{`{"action":"get_form","request_id":"a"}`, "a", "get_form", "validation", "payload.group_id: is required"},
			{`{"action":"ping","payload":{"a":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}}`, "", "", "validation", "the frame is nested too deep"},
			{`{"action":"list_routing_statuses"}`, "", "list_routing_statuses", "validation", "has no action"},
			{`{"action":"ping","version":"3.5"}`, "", "ping", "unsupported_version", "not lower than the connection's 3.6"},
			{`{"action":"ping","version":"3.7"}`, "", "ping", "unsupported_version", `the newest version that is served here is 3.6, not "3.7"`},
			{`{"action":"ping","version":"x"}`, "", "ping", "unsupported_version", "must be an API version"},
		} {
			cu.write(tt.frame)
			f := cu.read()
			if f["type"] != "response" || f["success"] != false || f["action"] != tt.action || f["request_id"] != nil && f["request_id"] != tt.id || tt.id != "" && f["request_id"] != tt.id {
				t.Errorf("%s: got %v", tt.frame, f)
			}
			e := at(f, "payload", "error")
			if at(e, "type") != tt.typ || !strings.Contains(at(e, "message").(string), tt.text) {
				t.Errorf("%s: got %v, want %s: %s", tt.frame, e, tt.typ, tt.text)
			}
		}
		for _, frame := range []string{`{"action":"ping"}`, `{"action":"ping","payload":null,"request_id":null,"version":"3.6"}`, `{"action":"ping","payload":{"x":1},"y":2}`} {
			cu.write(frame)
			if f := cu.read(); f["success"] != true || f["action"] != "ping" || f["request_id"] != nil {
				t.Errorf("%s: got %v", frame, f)
			}
		}
		ag := agent(t, srv, rtmtest.AgentToken)
		if got := ag.fails("unsupported_version", "list_customers", object{}); got != "list_customers was removed in version 3.6, and this connection speaks 3.6" {
			t.Errorf("list_customers says %q", got)
		}
	})
}

func TestPayloadDenied(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		cu, stranger := customer(t, srv), customer(t, srv)
		chatID, threadID := start(cu, message("hello"))
		future := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		var many []any
		for i := range 101 {
			many = append(many, object{fmt.Sprint("k", i): "v"})
		}
		event := func(e object) object { return object{"chat_id": chatID, "event": e} }
		for _, tt := range []struct {
			by        *peer
			action    string
			payload   object
			typ, text string
		}{
			{cu, "start_chat", object{}, "chat_limit_reached", chatID},
			{stranger, "start_chat", object{"chat": object{"access": object{"group_ids": []int{5}}}}, "group_not_found", "there is no group 5"},
			{stranger, "start_chat", object{"chat": object{"access": object{"group_ids": []int{}}}}, "validation", "needs at least one group"},
			{stranger, "start_chat", object{"chat": object{"users": []any{object{"id": "x", "type": "customer"}}}}, "validation", "payload.chat.users[0].id"},
			{stranger, "start_chat", object{"chat": object{"users": []any{object{"id": "x", "type": "customer"}, object{"id": "y", "type": "customer"}}}}, "validation", "payload.chat.users: must have at most 1 items, not 2"},
			{stranger, "start_chat", object{"chat": object{"thread": object{"events": []any{object{"type": "message"}}}}}, "validation", "payload.chat.thread.events[0].text: is required"},
			{stranger, "start_chat", object{"chat": object{"properties": object{"a": 1}}}, "validation", "payload.chat.properties.a: must be an object, not a number"},
			{stranger, "start_chat", object{"active": "yes"}, "validation", "payload.active: must be a boolean, not a string"},
			{cu, "resume_chat", object{}, "validation", "payload.chat: is required"},
			{cu, "resume_chat", object{"chat": object{}}, "validation", "payload.chat.id: is required"},
			{cu, "resume_chat", object{"chat": object{"id": chatID}}, "chat_already_active", threadID},
			{stranger, "resume_chat", object{"chat": object{"id": chatID}}, "not_found", "there is no chat"},
			{stranger, "get_chat", object{"chat_id": chatID}, "not_found", "there is no chat"},
			{stranger, "list_threads", object{"chat_id": chatID}, "not_found", "there is no chat"},
			{stranger, "send_event", event(message("x")), "not_found", "there is no chat"},
			{stranger, "send_sneak_peek", object{"chat_id": chatID, "sneak_peek_text": "x"}, "not_found", "there is no chat"},
			{stranger, "mark_events_as_seen", object{"chat_id": chatID, "seen_up_to": future}, "not_found", "there is no chat"},
			{stranger, "deactivate_chat", object{"id": chatID}, "not_found", "there is no chat"},
			{cu, "get_chat", object{"chat_id": chatID, "thread_id": "X"}, "not_found", "has no thread X"},
			{cu, "get_chat", object{"chat_id": 1}, "validation", "payload.chat_id: must be a string, not a number"},
			{cu, "send_event", object{"chat_id": chatID}, "validation", "payload.event: is required"},
			{cu, "send_event", event(object{}), "validation", "payload.event.type: is required"},
			{cu, "send_event", event(object{"type": 1}), "validation", "payload.event.type: must be a string, not a number"},
			{cu, "send_event", event(object{"type": "system"}), "validation", `payload.event.type: must be one of custom, file, filled_form, form, message, rich_message, system_message, not "system"`},
			{cu, "send_event", event(object{"type": "message"}), "validation", "payload.event.text: is required"},
			{cu, "send_event", event(object{"type": "message", "text": 1}), "validation", "payload.event.text: must be a string, not a number"},
			{cu, "send_event", event(message(strings.Repeat("x", 16385))), "validation", "payload.event.text: must have at most 16384 bytes, not 16385"},
			{cu, "send_event", event(object{"type": "file", "url": "javascript:alert(1)"}), "validation", "payload.event.url: must be an http or https address"},
			{cu, "send_event", event(object{"type": "rich_message", "template_id": "x"}), "validation", "payload.event.template_id: must be one of"},
			{cu, "send_event", event(object{"type": "rich_message", "template_id": "cards", "elements": make([]object, 11)}), "validation", "must have at most 10 items, not 11"},
			{cu, "send_event", event(object{"type": "message", "text": "x", "recipients": "me"}), "validation", "payload.event.recipients: must be one of all, agents"},
			{cu, "send_event", event(object{"type": "message", "text": "x", "postback": object{"id": "p", "thread_id": "t", "event_id": "e", "type": "t"}}), "validation", "payload.event.postback.type: goes together with value"},
			{cu, "send_sneak_peek", object{"chat_id": chatID}, "validation", "payload.sneak_peek_text: is required"},
			{cu, "mark_events_as_seen", object{"chat_id": chatID, "seen_up_to": "yesterday"}, "validation", "payload.seen_up_to: must be an RFC 3339 time"},
			{cu, "mark_events_as_seen", object{"chat_id": chatID, "seen_up_to": 5}, "validation", "payload.seen_up_to: must be a string with an RFC 3339 time, not a number"},
			{cu, "mark_events_as_seen", object{"chat_id": chatID, "seen_up_to": future}, "validation", "must not be in the future"},
			{cu, "update_customer", object{}, "validation", "needs at least one of"},
			{cu, "update_customer", object{"email": "x@"}, "validation", "payload.email: must be an e-mail address"},
			{cu, "update_customer", object{"session_fields": []any{object{"a": "1", "b": "2"}}}, "validation", "payload.session_fields[0]: must have exactly one key, not 2"},
			{cu, "update_customer", object{"session_fields": many}, "customer_session_fields_limit_reached", "this would make 101"},
			{cu, "list_chats", object{"limit": 0}, "validation", "payload.limit: must be at least 1, not 0"},
			{cu, "list_chats", object{"limit": 26}, "validation", "payload.limit: must be at most 25, not 26"},
			{cu, "list_chats", object{"sort_order": "up"}, "validation", "payload.sort_order: must be one of asc, desc"},
			{cu, "list_threads", object{"chat_id": chatID, "limit": 1, "min_events_count": 1}, "validation", "payload.min_events_count: cannot be combined with limit"},
			{cu, "list_threads", object{"chat_id": chatID, "page_id": "x"}, "validation", "payload.page_id: is not a page id of this list_threads"},

			{ag, "resume_chat", object{"chat": object{"id": chatID}}, "validation", "already has the active thread"},
			{ag, "get_chat", object{"chat_id": "NOSUCHCHAT"}, "not_found", "there is no chat"},
			{ag, "send_event", object{"chat_id": "NOSUCHCHAT", "event": message("x")}, "not_found", "there is no chat"},
			{ag, "send_event", event(message(strings.Repeat("x", 16385))), "validation", "must have at most 16384 bytes"},
			{ag, "send_typing_indicator", object{"chat_id": chatID}, "validation", "payload.is_typing: is required"},
			{ag, "send_typing_indicator", object{"chat_id": "X", "is_typing": true}, "not_found", "there is no chat"},
			{ag, "set_routing_status", object{"status": "busy"}, "validation", "payload.status: must be one of"},
			{ag, "set_routing_status", object{"status": "offline"}, "validation", "offline is for bots only"},
			{ag, "list_routing_statuses", object{"filters": object{"group_ids": []int{7}}}, "not_found", "there is no group 7"},
			{ag, "list_chats", object{"filters": object{"group_ids": []string{"0"}}}, "validation", "payload.filters.group_ids[0]: must be an integer, not a string"},
			{ag, "list_chats", object{"limit": 101}, "validation", "payload.limit: must be at most 100, not 101"},
			{ag, "mark_events_as_seen", object{"chat_id": "X", "seen_up_to": future}, "not_found", "there is no chat"},
			{ag, "deactivate_chat", object{"id": "X"}, "not_found", "there is no chat"},
		} {
			if got := tt.by.fails(tt.typ, tt.action, tt.payload); !strings.Contains(got, tt.text) {
				t.Errorf("%s %v: got %q, want %q", tt.action, tt.payload, got, tt.text)
			}
		}
		// Names are those of the catalogue, in small letters.
		if got := cu.fails("validation", "get_chat", object{"CHAT_ID": chatID}); got != "payload.chat_id: is required" {
			t.Errorf("got %q", got)
		}
	})
}

func TestMembershipDenied(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag, other := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token)
		cu := customer(t, srv)
		chatID, _ := start(cu)
		in := object{"chat_id": chatID, "event": message("x")}
		if got := other.fails("authorization", "send_event", in); !strings.Contains(got, "is not a user of chat") {
			t.Errorf("got %q", got)
		}
		other.fails("authorization", "deactivate_chat", object{"id": chatID})
		other.ok("deactivate_chat", object{"id": chatID, "ignore_requester_presence": true})
		ag.fails("chat_inactive", "deactivate_chat", object{"id": chatID})
		ag.fails("chat_inactive", "send_event", in)
		ag.fails("chat_inactive", "send_typing_indicator", object{"chat_id": chatID, "is_typing": true})
		cu.fails("chat_inactive", "send_event", in)
		cu.fails("chat_inactive", "send_sneak_peek", object{"chat_id": chatID, "sneak_peek_text": "x"})
		ag.fails("not_found", "resume_chat", object{"chat": object{"id": "X"}})
		ag.fails("not_found", "resume_chat", object{"chat": object{"id": chatID, "access": object{"group_ids": []int{4}}}})
		ag.fails("not_found", "resume_chat", object{"chat": object{"id": chatID, "users": []any{object{"id": "nobody@example.com", "type": "agent"}}}})
		ag.fails("validation", "resume_chat", object{"chat": object{"id": chatID, "users": []any{object{"id": "x", "type": "customer"}}}})
	})
}
