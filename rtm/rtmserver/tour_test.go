package rtmserver_test

import (
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// tourSeed has something of everything that a seed can have.
func tourSeed() *rtmserver.Seed {
	seed := propertySeed()
	o := &seed.Organizations[0]
	sales := 1
	o.Agents[0].JobTitle, o.Agents[0].Avatar = "Support", "https://cdn.example/ada.png"
	o.ThreadSummary = "A customer asked for help and got it."
	o.PageRules = []rtmserver.PageRule{{Contains: "/sales", Group: 1}, {Contains: "/secret", Group: 2}}
	o.URLInfo = []rtmserver.URLInfo{
		{Contains: "/kites/", Title: "Kites", Description: "All that fly", Image: "../art/kite.png", ImageWidth: 400, ImageHeight: 300},
		{Contains: "/kites", Title: "never", Image: "javascript:alert(1)"},
	}
	o.Groups = append(o.Groups, rtmserver.Group{ID: 2, Name: "Returns"})
	o.Groups[0].Welcome = "Welcome! Ask us anything."
	o.Groups[0].Prechat = &rtmserver.Form{ID: "pre", Fields: []rtmserver.FormField{
		{Type: "header", Label: "Before we start"},
		{Type: "name", ID: "1", Label: "Name", Required: true},
		{Type: "group_chooser", ID: "2", Label: "Team", Options: []rtmserver.FormOption{{ID: "0", Label: "Sales", Group: &sales}}},
		{Type: "radio", ID: "3", Label: "Is it urgent?", Options: []rtmserver.FormOption{{ID: "0", Label: "Yes"}, {ID: "1", Label: "No"}}},
	}}
	o.Greetings = []rtmserver.Greeting{
		{ID: 7, Contains: "/kites", Template: "cards", AgentID: agent2, Elements: []map[string]any{{"title": "Need a hand?", "buttons": []any{
			map[string]any{"text": "Yes", "postback_id": "yes", "user_ids": []any{}, "button_id": "b1"}}}}},
		{ID: 8, Contains: "/reels", Text: "New reels are in", Subtype: "announcement", Addon: "x", ExitIntent: true},
	}
	return seed
}

// TestCatalogueTour calls every method of both APIs and causes every push: one
// that is missing, or that is not of the catalogue's shape, fails the test.
func TestCatalogueTour(t *testing.T) {
	tour.Clear()
	toured := func(what string) bool { _, ok := tour.Load(what); return ok }
	inBubble(t, &rtmserver.Options{Seed: tourSeed()}, tourChat)
	inBubble(t, &rtmserver.Options{Seed: tourSeed()}, tourCustomer)
	inBubble(t, &rtmserver.Options{Seed: tourSeed()}, tourAgent)
	inBubble(t, nil, tourOutside)
	for _, api := range []*catalogue.API{catalogue.Customer(), catalogue.Agent()} {
		for _, m := range api.Methods {
			if (m.RemovedIn == "" || m.RemovedIn > "3.6") && !toured(api.Name+" method "+m.Action) {
				t.Errorf("%s: %s was not answered", api.Name, m.Action)
			}
		}
		for _, p := range api.Pushes {
			if (p.RemovedIn == "" || p.RemovedIn > "3.6") && p.Since <= "3.6" && !toured(api.Name+" push "+p.Action) {
				t.Errorf("%s: nothing caused %s", api.Name, p.Action)
			}
		}
	}
}

// drain reads what came for the peers.
func drain(peers ...*peer) {
	for _, p := range peers {
		p.actions()
	}
}

func tourChat(t *testing.T, srv *rtmtest.Server) {
	one, two := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token)
	cu := customer(t, srv)
	for _, p := range []*peer{cu, one} {
		p.ok("ping", object{})
	}
	card := object{"type": "rich_message", "template_id": "cards", "elements": []any{object{"title": "T", "buttons": []any{
		object{"text": "Yes", "postback_id": "p", "user_ids": []any{"somebody"}}}}}}
	chatID, threadID := start(cu, message("hello"), message("oops"), object{"type": "filled_form", "form_id": "pre", "fields": []any{}}, object{"type": "system_message", "system_message_type": "x"})
	id := object{"chat_id": chatID}
	with := func(more object) object {
		out := object{"chat_id": chatID, "thread_id": threadID}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	cu.ok("list_chats", object{})
	cu.ok("list_threads", id)
	cu.ok("get_chat", id)
	one.ok("list_threads", id)
	one.ok("get_chat", id)
	cu.ok("send_event", object{"chat_id": chatID, "event": message("anybody?")})
	two.ok("follow_chat", object{"id": chatID})
	cu.ok("send_sneak_peek", object{"chat_id": chatID, "sneak_peek_text": "I"})
	one.ok("send_typing_indicator", object{"chat_id": chatID, "is_typing": true})
	two.push("incoming_typing_indicator")
	one.ok("send_thinking_indicator", object{"chat_id": chatID, "title": "Looking", "description": "in the store", "custom_id": "t"})
	one.ok("send_event_preview", object{"chat_id": chatID, "event": object{"type": "message", "text": "Let me", "custom_id": "m"}})
	if e := cu.push("incoming_event_preview"); at(e, "event", "text") != "Let me" || at(e, "event", "custom_id") != "m" || len(at(e, "event", "author_id").(string)) != 32 {
		t.Errorf("the preview is %v", e)
	}
	sent := one.ok("send_event", object{"chat_id": chatID, "event": card})["event_id"]
	cu.ok("mark_events_as_seen", object{"chat_id": chatID, "seen_up_to": "2000-01-01T00:00:00Z"})
	drain(cu, one)

	// Buttons: who toggled one is the server's to know.
	for i, toggled := range []bool{true, true, false} {
		cu.ok("send_rich_message_postback", with(object{"event_id": sent, "postback": object{"id": "p", "toggled": toggled, "ecommerce": object{"product_id": "1", "x": 1}}}))
		one.push("incoming_rich_message_postback")
		users := at(one.push("event_updated"), "event", "elements", 0, "buttons", 0, "user_ids").([]any)
		if want := map[bool]int{true: 1, false: 0}[toggled]; len(users) != want {
			t.Errorf("after toggle %d the button has %v", i, users)
		}
		cu.push("incoming_rich_message_postback")
		cu.push("event_updated")
	}
	one.ok("send_rich_message_postback", with(object{"event_id": sent, "postback": object{"id": "p", "toggled": true, "button_type": "message", "button_value": "v"}}))
	if u := at(cu.push("event_updated"), "event", "elements", 0, "buttons", 0, "user_ids", 0).(string); len(u) != 32 {
		t.Errorf("the customer sees that %s toggled the button", u)
	}
	if u := at(one.push("event_updated"), "event", "elements", 0, "buttons", 0, "user_ids", 0); u != agent1 {
		t.Errorf("the agent sees that %v toggled the button", u)
	}
	for _, p := range []*peer{cu, one} {
		p.fails("not_found", "send_rich_message_postback", with(object{"event_id": sent, "postback": object{"id": "q", "toggled": true}}))
		p.fails("not_found", "send_rich_message_postback", with(object{"event_id": "X", "postback": object{"id": "p", "toggled": true}}))
		p.fails("validation", "send_rich_message_postback", with(object{"event_id": threadID + "_1", "postback": object{"id": "p", "toggled": true}}))
		p.fails("validation", "send_rich_message_postback", with(object{"event_id": sent, "postback": object{"id": "p", "toggled": true, "button_type": "message"}}))
	}

	// A deleted event is gone for customers; who manages still reads it.
	cu.ok("delete_event", with(object{"event_id": threadID + "_2"}))
	cu.push("event_deleted")
	one.push("event_deleted")
	cu.fails("not_found", "delete_event", with(object{"event_id": threadID + "_2"}))
	cu.fails("not_found", "delete_event", with(object{"event_id": "X"}))
	cu.fails("not_found", "delete_event", object{"chat_id": "X", "thread_id": threadID, "event_id": threadID + "_1"})
	cu.fails("not_allowed", "delete_event", with(object{"event_id": threadID + "_3"}))
	cu.fails("authorization", "delete_event", with(object{"event_id": sent}))
	cu.fails("authorization", "delete_event", with(object{"event_id": threadID + "_4"})) // nobody wrote it
	if e := at(cu.ok("get_chat", id), "thread", "events", 1, "id"); e != threadID+"_3" {
		t.Errorf("the customer's second event is %v", e)
	}
	if e := at(one.ok("get_chat", id), "thread", "events", 1); at(e, "deleted") != true || at(e, "text") != "oops" {
		t.Errorf("the administrator sees %v", e)
	}
	if e := at(two.ok("get_chat", id), "thread", "events", 1); at(e, "deleted") != true || at(e, "text") != nil || at(e, "type") != "message" {
		t.Errorf("the other agent sees %v", e)
	}
	if e := at(one.ok("get_chat", id), "thread", "events", 2, "form_type"); e != "prechat" {
		t.Errorf("the form is of type %v", e)
	}

	for place, in := range map[string]object{"chat": {"id": chatID}, "thread": with(nil), "event": with(object{"event_id": threadID + "_1"})} {
		for _, p := range []*peer{cu, one} {
			in["properties"] = object{"free": object{"n": 1}}
			p.ok("update_"+place+"_properties", in)
			in["properties"] = object{"free": []string{"n"}}
			p.ok("delete_"+place+"_properties", in)
		}
	}
	one.ok("tag_thread", with(object{"tag": "vip"}))
	one.ok("untag_thread", with(object{"tag": "vip"}))
	two.ok("unfollow_chat", object{"id": chatID})
	one.ok("list_agents_for_transfer", id)
	one.ok("transfer_chat", object{"id": chatID, "target": object{"type": "group", "ids": []int{1}}})
	two.ok("add_user_to_chat", object{"chat_id": chatID, "user_id": agent1, "user_type": "agent", "visibility": "all"})
	two.ok("remove_user_from_chat", object{"chat_id": chatID, "user_id": agent1, "user_type": "agent"})

	// Summaries come from the seed: of an active thread as an event for agents.
	drain(one, two, cu)
	two.ok("request_thread_summary", with(nil))
	if e := two.push("incoming_event"); at(e, "event", "subtype") != "summary" || at(e, "event", "source") != "messaging" {
		t.Errorf("the summary is %v", e)
	}
	two.ok("deactivate_chat", object{"id": chatID})
	two.ok("request_thread_summary", with(nil))
	two.push("thread_summary_set")
	two.fails("validation", "request_thread_summary", with(nil))
	two.fails("not_found", "request_thread_summary", with(object{"thread_id": "X"}))
	if s := at(two.ok("get_chat", id), "thread", "summary", "text"); s != "A customer asked for help and got it." {
		t.Errorf("the summary is %v", s)
	}
	for _, p := range []*peer{two} {
		p.fails("chat_inactive", "send_event_preview", object{"chat_id": chatID, "event": message("x")})
		p.fails("chat_inactive", "send_thinking_indicator", id)
	}
	drain(cu, two)
	cu.ok("send_rich_message_postback", with(object{"event_id": sent, "postback": object{"id": "p", "toggled": true}}))
	if got := append(cu.actions(), two.actions()...); len(got) != 0 {
		t.Errorf("a postback in a closed thread made %v", got)
	}
	two.ok("list_archives", object{})
	cu.ok("resume_chat", object{"chat": object{"id": chatID}})
	cu.ok("deactivate_chat", object{"id": chatID})
	one.ok("resume_chat", object{"chat": object{"id": chatID}})
	one.ok("start_chat", object{})

	// A queue moves.
	one.ok("set_routing_status", object{"status": "not_accepting_chats"})
	two.ok("set_routing_status", object{"status": "not_accepting_chats"})
	first, second := customer(t, srv), customer(t, srv)
	waits, _ := start(first)
	start(second)
	first.ok("deactivate_chat", object{"id": waits})
	drain(one, two, cu, first, second)
	one.ok("logout", object{})
	one.push("agent_disconnected")
}
