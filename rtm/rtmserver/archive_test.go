package rtmserver_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

func TestArchives(t *testing.T) {
	seed := tourSeed()
	o := &seed.Organizations[0]
	o.Agents = append(o.Agents, rtmserver.Agent{ID: agent3, Name: "Cy Lund", Tokens: []string{agent3Token}, Groups: []int{2}})
	inBubble(t, &rtmserver.Options{Seed: seed, ForeignFiles: true, RandomSeed: 1}, func(t *testing.T, srv *rtmtest.Server) {
		one, three := agent(t, srv, rtmtest.AgentToken), agent(t, srv, agent3Token)
		cu := customer(t, srv)
		cu.ok("update_customer", object{"name": "Cleo", "email": "cleo@example.com", "address": object{"country": "PL"}, "session_fields": []any{object{"plan": "golden"}}})
		id := cu.ok("get_customer", object{})["id"]

		// Three threads of one chat, two hours apart: the first in Sales, answered and
		// tagged, with a form; the second in Returns; the third in General, active.
		got := cu.ok("start_chat", object{"chat": object{"access": object{"group_ids": []int{1}}, "properties": object{"free": object{"a": 1}},
			"thread": object{"properties": object{"lc2": object{"greeting_id": 7}, "free": object{"b": "x"}}, "events": []any{message("Where is my Kite?"),
				object{"type": "filled_form", "form_id": "pre", "fields": []any{object{"type": "radio", "id": "3", "label": "Is it urgent?", "answer": object{"id": "0", "label": "Yes"}},
					object{"type": "name", "id": "1", "label": "Name", "answer": "Cleopatra"}}}}}}})
		chatID := got["chat_id"].(string)
		first := got["thread_id"].(string)
		one.ok("send_event", object{"chat_id": chatID, "event": message("On its way")})
		one.ok("tag_thread", object{"chat_id": chatID, "thread_id": first, "tag": "vip"})
		cu.ok("deactivate_chat", object{"id": chatID})
		between1 := stampNow()
		second := cu.ok("resume_chat", object{"continuous": true, "chat": object{"id": chatID, "access": object{"group_ids": []int{2}}, "thread": object{"events": []any{message("a secret"),
			object{"type": "file", "url": "https://cdn.example/invoice.pdf"}}}}})["thread_id"].(string)
		cu.ok("deactivate_chat", object{"id": chatID})
		between2 := stampNow()
		third := cu.ok("resume_chat", object{"chat": object{"id": chatID, "thread": object{"events": []any{message("thanks")}}}})["thread_id"].(string)
		other, _ := start(customer(t, srv), message("other"))
		otherThread := at(one.ok("get_chat", object{"chat_id": other}), "thread", "id").(string)

		f := func(name string, v any) object { return object{name: v} }
		list := func(name string, v ...string) object { return object{name: append([]string{}, v...)} }
		for _, tt := range []struct {
			by      *peer
			filters object
			want    []string // newest first
		}{
			{one, object{}, []string{otherThread, third, second, first}},
			{one, f("to", between2), []string{second, first}},
			{one, object{"from": between1, "to": between2}, []string{second}},
			{one, f("chat_ids", []string{other}), []string{otherThread}},
			{one, f("thread_ids", []string{first, otherThread}), []string{otherThread, first}},
			{one, f("group_ids", []int{1, 2}), []string{second, first}},
			{one, f("properties", object{"free": object{"b": object{"values": []string{"x"}}}}), []string{first}},
			{one, f("properties", object{"free": object{"a": object{"exists": true}}}), []string{third, second, first}},
			{one, f("properties", object{"free": object{"a": object{"exclude_values": []int{1}}}}), []string{otherThread}},
			{one, f("agents", list("values", agent3)), []string{otherThread, second}},
			{one, f("agents", list("exclude_values", agent1)), []string{otherThread, second}},
			{one, f("agents", object{"exists": true}), []string{otherThread, third, second, first}},
			{one, f("agents", object{"values": []string{agent1, agent3}, "require_every_value": true}), []string{}},
			{one, f("tags", list("values", "vip", "spam")), []string{first}},
			{one, f("tags", object{"exists": false}), []string{otherThread, third, second}},
			{one, f("sales", object{"exists": true}), []string{}},
			{one, f("goals", object{"exists": false}), []string{otherThread, third, second, first}},
			{one, f("forms", []any{object{"type": "pre_chat", "answer_id": "0"}}), []string{first}},
			{one, f("forms", []any{object{"type": "post_chat", "answer_id": "0"}}), []string{}},
			{one, f("event_types", list("values", "filled_form")), []string{first}},
			{one, f("event_types", object{"values": []string{"message", "filled_form"}, "require_every_value": true}), []string{first}},
			{one, f("event_types", list("exclude_values", "system_message")), []string{otherThread, third}},
			{three, f("event_types", list("values", "file")), []string{second}},
			{one, f("event_types", list("values", "file")), []string{}}, // not for this agent to know
			{one, f("greetings", object{"values": []int{7}}), []string{first}},
			{one, f("greetings", object{"exists": false}), []string{otherThread, third, second}},
			{one, f("greetings", object{"exists": true, "groups": object{"values": []int{1}}}), []string{first}},
			{one, f("greetings", object{"exists": true, "from": between2}), []string{}},
			{one, f("agent_response", object{"exists": true}), []string{first}},
			{one, f("agent_response", object{"exists": false}), []string{otherThread, third}},
			{one, f("agent_response", object{"first": true, "agents": list("values", agent1), "groups": object{"values": []int{1}}}), []string{first}},
			{one, f("agent_response", object{"agents": list("values", agent2)}), []string{}},
			{one, f("agent_types", list("all_values", "human")), []string{otherThread, third, second, first}},
			{one, f("agent_types", list("any_values", "chatbot")), []string{}},
			{one, f("agent_types", list("exclude_values", "human")), []string{}},
			{one, f("customer_countries", list("values", "PL")), []string{third, second, first}},
			{one, f("customer_id", id), []string{third, second, first}},
			{one, f("customer_email", "CLEO@example.com"), []string{third, second, first}},
			{one, f("query", "kite"), []string{first}},
			{one, f("query", "golden"), []string{third, first}},
			{one, f("query", "secret"), []string{}},
			{three, f("query", "invoice"), []string{second}},
			{one, f("query", "cleopatra"), []string{first}},
			{one, f("query", ".*"), []string{}},
		} {
			got := tt.by.ok("list_archives", object{"filters": tt.filters})
			ids := []string{}
			for _, c := range got["chats"].([]any) {
				ids = append(ids, at(c, "thread", "id").(string))
			}
			if !slices.Equal(ids, tt.want) || got["found_chats"] != float64(len(tt.want)) {
				t.Errorf("%v: got %v (%v found), want %v", tt.filters, ids, got["found_chats"], tt.want)
			}
		}

		// Pages, neighbours, and what is out of reach.
		page := one.ok("list_archives", object{"limit": 2, "sort_order": "asc", "filters": object{"customer_id": id}})
		if v := at(page, "chats", 1, "thread"); at(v, "restricted_access") == nil || at(v, "events") != nil || at(page, "chats", 0, "thread", "next_accessible_thread_id") != third {
			t.Errorf("the page is %v", page)
		}
		next := one.ok("list_archives", object{"page_id": page["next_page_id"]})
		if v := at(next, "chats", 0, "thread"); at(v, "id") != third || at(v, "previous_accessible_thread_id") != first || at(v, "previous_thread_id") != second || next["next_page_id"] != nil {
			t.Errorf("the next page is %v", next)
		}
		if back := one.ok("list_archives", object{"page_id": next["previous_page_id"]}); at(back, "chats", 0, "thread", "id") != first {
			t.Errorf("the page before is %v", back)
		}
		marked := one.ok("list_archives", object{"filters": object{"query": "KITE"}, "highlights": object{}})
		if h := at(marked, "chats", 0, "thread", "highlight", 0); at(h, "highlight") != "Where is my <em>Kite</em>?" || at(h, "type") != "event.message" || at(h, "field") != "text" {
			t.Errorf("the highlight is %v", h)
		}
		marked = one.ok("list_archives", object{"filters": object{"query": "vip"}, "highlights": object{"pre_tag": "[", "post_tag": "]"}})
		if h := at(marked, "chats", 0, "thread", "highlight", 0); at(h, "highlight") != "[vip]" {
			t.Errorf("the highlight is %v", h)
		}
		for _, tt := range []struct {
			payload object
			text    string
		}{
			{object{"limit": 1, "filters": object{"thread_ids": []string{first}}}, "cannot be combined with limit"},
			{object{"filters": object{"thread_ids": []string{first}, "query": "x"}}, "cannot be combined with query"},
			{object{"filters": object{"tags": object{"exists": true, "values": []string{"x"}}}}, "payload.filters.tags.exists: cannot be combined with values"},
			{object{"filters": object{"agent_types": object{"all_values": []string{"human"}, "exclude_values": []string{"human"}}}}, "was named before"},
			{object{"filters": object{"thread_ids": make([]string, 21)}}, "must have at most 20 items"},
			{object{"highlights": object{"pre_tag": "["}}, "goes together with post_tag"},
			{object{"limit": 101}, "must be at most 100"},
			{object{"page_id": page["next_page_id"], "limit": 1}, "cannot be combined with limit"},
			{object{"page_id": "x"}, "is not a page id of this list_archives"},
		} {
			if got := one.fails("validation", "list_archives", tt.payload); !strings.Contains(got, tt.text) {
				t.Errorf("%v: got %q, want %q", tt.payload, got, tt.text)
			}
		}
	})
}

// stampNow returns a time that has nothing an hour before and after it.
func stampNow() string {
	time.Sleep(time.Hour) // virtual
	s := time.Now().UTC().Format(time.RFC3339)
	time.Sleep(time.Hour)
	return s
}

// TestScopes gives agents tokens that may not do everything.
func TestScopes(t *testing.T) {
	seed := threeSeed()
	agents := seed.Organizations[0].Agents
	agents[1].Scopes = []string{"chats--access:ro", "agents--my:rw"}
	agents[2].Scopes = []string{"chats--all:rw", "customers:ro", "agents--all:rw", "multicast:rw"}
	inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
		one, two, three := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token), agent(t, srv, agent3Token)
		cu := customer(t, srv)
		id := cu.ok("get_customer", object{})["id"]
		chatID, threadID := startIn(cu, 1)
		drain(one, two, three)
		event := object{"chat_id": chatID, "event": message("x")}
		for _, tt := range []struct {
			by      *peer
			action  string
			payload object
			scope   string
		}{
			{two, "send_event", event, "chats--all:rw, chats--access:rw"},
			{two, "tag_thread", object{"chat_id": chatID, "thread_id": threadID, "tag": "t"}, "chats--all:rw"},
			{two, "get_customer", object{"id": id}, "customers:ro"},
			{two, "multicast", object{"recipients": object{"agents": object{"all": true}}, "content": 1}, "multicast:rw"},
			{three, "update_customer", object{"id": id, "name": "x"}, "customers:rw"},
			{three, "ban_customer", object{"id": id, "ban": object{"days": 1}}, "customers.ban:rw"},
		} {
			if got := tt.by.fails("authorization", tt.action, tt.payload); !strings.Contains(got, "needs one of the scopes "+tt.scope) {
				t.Errorf("%s: got %q", tt.action, got)
			}
		}
		// To read is enough to follow; all means the chats of other groups too.
		two.ok("follow_chat", object{"id": chatID})
		three.ok("get_chat", object{"chat_id": chatID, "thread_id": threadID})
		three.ok("tag_thread", object{"chat_id": chatID, "thread_id": threadID, "tag": "t"})
		two.ok("set_routing_status", object{"status": "not_accepting_chats"})
		two.fails("authorization", "set_routing_status", object{"agent_id": agent1, "status": "not_accepting_chats"})
		three.ok("set_routing_status", object{"agent_id": agent1, "status": "not_accepting_chats"})
		three.ok("get_customer", object{"id": id})
		// Pushes too are by scope.
		drain(one, two, three)
		one.ok("multicast", object{"recipients": object{"agents": object{"all": true}}, "content": 1})
		one.ok("update_customer", object{"id": id, "avatar": "https://x/y"})
		one.ok("set_routing_status", object{"status": "accepting_chats"})
		one.ok("send_event", event)
		if got := two.actions(); !slices.Equal(got, []string{"groups_status_updated", "incoming_event"}) {
			t.Errorf("the follower got %v", got)
		}
		if got := three.actions(); !slices.Equal(got, []string{"incoming_multicast", "routing_status_set"}) {
			t.Errorf("the third agent got %v", got)
		}
	})
}
