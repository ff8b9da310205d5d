package rtmserver_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// tourCustomer walks a customer through the shop.
func tourCustomer(t *testing.T, srv *rtmtest.Server) {
	cu := dialCustomer(t, srv)
	token := "Bearer " + srv.CustomerToken(t)
	cu.ok("login", object{"token": token, "customer_page": object{"url": "https://shop.example/", "title": "Shop"},
		"customer": object{"session_fields": []any{object{"plan": "pro"}}}})
	cu.fails("group_offline", "get_predicted_agent", object{})
	cu.fails("group_offline", "request_welcome_message", object{})
	cu.fails("group_not_found", "get_predicted_agent", object{"group_id": 9})

	ag, invited := dialAgent(t, srv), dialAgent(t, srv)
	ag.ok("login", object{"token": "Bearer " + rtmtest.AgentToken, "customer_monitoring_level": "online"})
	invited.ok("login", object{"token": "Bearer " + rtmtest.Agent2Token, "customer_monitoring_level": "invited", "away": true})
	if in := ag.push("incoming_customers"); at(in, "customers", 0, "statistics", "page_views_count") != 1.0 || at(in, "customers", 0, "visit", "last_pages", 0, "title") != "Shop" {
		t.Errorf("the agent sees %v", in)
	}

	// Predictions, welcome messages, forms.
	p := cu.ok("get_predicted_agent", object{})
	if at(p, "agent", "name") != "Ada Moreno" || at(p, "agent", "job_title") != "Support" || p["queue"] != false {
		t.Errorf("the predicted agent is %v", p)
	}
	w := cu.ok("request_welcome_message", object{})
	in := cu.push("incoming_welcome_message")
	if in["id"] != w["id"] || at(in, "event", "text") != "Welcome! Ask us anything." || at(in, "event", "author_id") != at(p, "agent", "id") {
		t.Errorf("the welcome message is %v", in)
	}
	if again := cu.ok("request_welcome_message", object{"id": w["id"]}); again["id"] != w["id"] || cu.push("incoming_welcome_message")["id"] != w["id"] {
		t.Errorf("the same message again is %v", again)
	}
	cu.actions()
	cu.ok("request_welcome_message", object{"group_id": 1}) // has no text
	if got := cu.actions(); len(got) != 0 {
		t.Errorf("a group without a welcome made %v", got)
	}
	ag.ok("set_routing_status", object{"status": "not_accepting_chats"})
	cu.fails("group_unavailable", "get_predicted_agent", object{})
	ag.ok("set_routing_status", object{"status": "accepting_chats"})
	f := cu.ok("get_form", object{"group_id": 0, "type": "prechat"})
	if f["enabled"] != true || at(f, "form", "id") != "pre" || at(f, "form", "fields", 2, "options", 0, "group_id") != 1.0 || at(f, "form", "fields", 0, "id") != nil {
		t.Errorf("the form is %v", f)
	}
	if f := cu.ok("get_form", object{"group_id": 1, "type": "ticket"}); f["enabled"] != false || f["form"] != nil {
		t.Errorf("a form that is not there is %v", f)
	}
	cu.fails("group_not_found", "get_form", object{"group_id": 9, "type": "prechat"})
	cu.fails("validation", "get_form", object{"group_id": 0, "type": "quiz"})
	if s := cu.ok("list_group_statuses", object{"group_ids": []int{1, 99}}); len(s["groups_status"].(object)) != 1 || at(s, "groups_status", "1") != "online" {
		t.Errorf("the statuses are %v", s)
	}
	if s := cu.ok("list_group_statuses", object{"all": true}); len(s["groups_status"].(object)) != 3 || at(s, "groups_status", "2") != "offline" {
		t.Errorf("the statuses are %v", s)
	}
	cu.fails("validation", "list_group_statuses", object{})

	// Pages, with a greeting on some and another group on others.
	cu.ok("update_customer_page", object{"url": "https://shop.example/kites?1", "title": "Kites"})
	g := cu.push("incoming_greeting")
	if g["id"] != 7.0 || g["displayed_first_time"] != true || at(g, "event", "template_id") != "cards" || at(g, "agent", "name") != "Ben Okafor" {
		t.Errorf("the greeting is %v", g)
	}
	if s := cu.push("customer_side_storage_updated"); at(s, "customer_side_storage", "greetings") != "7" {
		t.Errorf("the side storage is %v", s)
	}
	if pg := ag.push("customer_page_updated"); pg["title"] != "Kites" || pg["url"] != "https://shop.example/kites?1" {
		t.Errorf("customer_page_updated is %v", pg)
	}
	if s := ag.push("customer_statistics_updated"); at(s, "statistics", "page_views_count") != 2.0 {
		t.Errorf("the statistics are %v", s)
	}
	if c := invited.push("incoming_customer"); c["id"] == nil {
		t.Error("an agent who tracks who is invited does not get the customer")
	}
	cu.fails("greeting_not_found", "accept_greeting", object{"greeting_id": 7, "unique_id": "X"})
	cu.fails("greeting_not_found", "accept_greeting", object{"greeting_id": 8, "unique_id": g["unique_id"]})
	cu.ok("accept_greeting", object{"greeting_id": 7, "unique_id": g["unique_id"]})
	if a := cu.push("greeting_accepted"); a["unique_id"] != g["unique_id"] {
		t.Errorf("greeting_accepted is %v", a)
	}
	cu.ok("send_greeting_button_clicked", object{"greeting_unique_id": g["unique_id"], "button_id": "b1"})
	cu.fails("greeting_not_found", "send_greeting_button_clicked", object{"greeting_unique_id": g["unique_id"], "button_id": "b2"})
	cu.fails("greeting_not_found", "send_greeting_button_clicked", object{"greeting_unique_id": "X", "button_id": "b1"})
	tab := dialCustomer(t, srv)
	if me := tab.ok("login", object{"token": token, "customer_side_storage": object{"greetings": "7"}}); at(me, "greeting", "unique_id") != g["unique_id"] || at(me, "greeting", "accepted") != true {
		t.Errorf("the second tab has the greeting %v", me["greeting"])
	}
	cu.actions()
	cu.ok("update_customer_page", object{"url": "https://shop.example/reels"})
	if got := cu.actions(); !slices.Equal(got, []string{"greeting_canceled", "incoming_greeting", "customer_side_storage_updated"}) {
		t.Errorf("the next greeting made %v", got)
	}
	cu.ok("update_customer_page", object{"url": "https://shop.example/reels"}) // once in a visit
	if got := cu.actions(); len(got) != 0 {
		t.Errorf("the same page again made %v", got)
	}
	again := tab.push("incoming_greeting")
	cu.ok("cancel_greeting", object{"unique_id": again["unique_id"]})
	cu.push("greeting_canceled")
	cu.fails("greeting_not_found", "cancel_greeting", object{"unique_id": again["unique_id"]})
	if s := at(cu.ok("get_customer", object{}), "statistics"); at(s, "greetings_shown_count") != 2.0 || at(s, "greetings_accepted_count") != 1.0 || at(s, "page_views_count") != 4.0 {
		t.Errorf("the statistics are %v", s)
	}
	if moved := cu.ok("update_customer_page", object{"url": "https://shop.example/sales"}); at(moved, "groups", 0, "id") != 1.0 || at(moved, "groups", 0, "status") != "online" {
		t.Errorf("the new group is %v", moved)
	}
	tab.close()
	time.Sleep(time.Second) // virtual: the server notices
	ag.actions()
	cu.ok("update_customer_page", object{"url": "https://shop.example/secret"}) // of a group without agents
	tr := ag.push("customer_transferred")
	if at(tr, "transferred_to", "group_ids", 0) != 2.0 {
		t.Errorf("customer_transferred is %v", tr)
	}
	cu.fails("validation", "update_customer_page", object{"url": "/kites"})
	cu.ok("activate_customer_page", object{})
	cu.ok("deactivate_customer_page", object{})

	for url, want := range map[string]string{"https://shop.example/a/b.html": "shop.example", "https://shop.example/a/b.png": "b.png"} {
		if got := cu.ok("get_url_info", object{"url": url}); got["url"] != url || got["title"] != want || (got["image_url"] == nil) != (want != "b.png") {
			t.Errorf("get_url_info of %s gave %v", url, got)
		}
	}
	cu.fails("validation", "get_url_info", object{"url": "ftp://x/y"})
	page, image := "https://shop.example/kites/fulmar", "https://shop.example/art/kite.png"
	want := object{"url": page, "title": "Kites", "description": "All that fly", "image_url": image, "image_original_url": image, "image_width": 400.0, "image_height": 300.0}
	if got := cu.ok("get_url_info", object{"url": page}); !maps.Equal(got, want) {
		t.Errorf("get_url_info of a page that the seed knows gave %v", got)
	}

	cu.ok("update_customer", object{"name": "Cleo"})
	cu.ok("set_customer_session_fields", object{"session_fields": []any{object{"plan": "free"}, object{"size": "M"}}})
	cu.push("customer_updated")
	if u := cu.push("customer_updated"); at(u, "session_fields", 0, "plan") != "free" || at(u, "session_fields", 1, "size") != "M" {
		t.Errorf("customer_updated is %v", u)
	}
	var many []any
	for i := range 101 {
		many = append(many, object{strings.Repeat("k", i+1): "v"})
	}
	cu.fails("validation", "set_customer_session_fields", object{"session_fields": many})
	cu.fails("customer_session_fields_limit_reached", "set_customer_session_fields", object{"session_fields": many[:99]})
	cu.fails("validation", "set_customer_session_fields", object{"session_fields": []any{object{"a": "1", "b": "2"}}})

	// The session ends with the visit.
	cu.close()
	time.Sleep(time.Second) // virtual: the server notices
	back := dialCustomer(t, srv)
	if me := back.ok("login", object{"token": token}); at(me, "customer", "name") != "Cleo" || at(me, "customer", "session_fields") != nil {
		t.Errorf("the customer of the next visit is %v", me["customer"])
	}
	ag.ok("logout", object{})
	back.push("groups_status_updated")
}

// tourAgent does what agents do beside chats.
func tourAgent(t *testing.T, srv *rtmtest.Server) {
	one, two := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token)
	token := "Bearer " + srv.CustomerToken(t)
	cu := dialCustomer(t, srv)
	cu.ok("login", object{"token": token})
	id := cu.ok("get_customer", object{})["id"].(string)
	chatID, threadID := start(cu, message("hello"))
	drain(one, two, cu)

	got := two.ok("get_customer", object{"id": id})
	if got["id"] != id || at(got, "chat_ids", 0) != chatID || at(got, "group_ids", 0) != 0.0 || got["online"] != true {
		t.Errorf("get_customer gave %v", got)
	}
	one.fails("not_found", "get_customer", object{"id": "X"})
	one.ok("update_customer", object{"id": id, "name": "Cleo", "email": "cleo@example.com"})
	if u := cu.push("customer_updated"); u["name"] != "Cleo" {
		t.Errorf("the customer got %v", u)
	}
	one.push("customer_updated")
	if e := one.push("incoming_event"); at(e, "event", "text") != "Ada Moreno has changed customer's name and email to Cleo, cleo@example.com" || at(e, "event", "visibility") != "agents" {
		t.Errorf("the system message is %v", e)
	}
	one.ok("update_customer", object{"id": id, "email": "c@example.com"})
	if e := one.push("incoming_event"); at(e, "event", "text") != "Ada Moreno has changed customer's email to c@example.com" {
		t.Errorf("the system message is %v", e)
	}
	one.ok("update_customer", object{"id": id, "address": object{"city": "Oslo"}})
	if got := cu.actions(); slices.Contains(got, "incoming_event") {
		t.Errorf("the customer got %v", got)
	}
	one.fails("validation", "update_customer", object{"id": id})
	one.fails("validation", "update_customer", object{"id": "X", "name": "x"})
	one.fails("not_found", "update_customer", object{"id": "00000000-0000-4000-8000-000000000000", "name": "x"})
	one.fails("validation", "update_customer", object{"id": id, "email": "x"})

	one.ok("list_chats", object{})
	one.ok("list_routing_statuses", object{})
	one.ok("mark_events_as_seen", object{"chat_id": chatID, "seen_up_to": "2000-01-01T00:00:00Z"})
	one.ok("mark_events_as_seen", object{"chat_id": chatID, "seen_up_to": at(one.ok("get_chat", object{"chat_id": chatID}), "thread", "events", 0, "created_at")})
	one.ok("send_typing_indicator", object{"chat_id": chatID, "is_typing": true})
	one.push("events_marked_as_seen")
	cu.push("events_marked_as_seen")

	// Multicasts.
	drain(one, two)
	for _, to := range []object{{"all": true}, {"ids": []string{agent2, "x"}}, {"groups": []int{1}}} {
		one.ok("multicast", object{"recipients": object{"agents": to}, "content": object{"n": 1}, "type": "mine"})
		if m := two.push("incoming_multicast"); m["author_id"] != agent1 || at(m, "content", "n") != 1.0 || m["type"] != "mine" {
			t.Errorf("the multicast is %v", m)
		}
	}
	if got := one.actions(); len(got) != 2 {
		t.Errorf("the sender got %v of three multicasts, one of them not for it", got)
	}
	one.fails("validation", "multicast", object{"recipients": object{"agents": object{}}, "content": 1})
	one.fails("validation", "multicast", object{"recipients": object{"agents": object{"ids": []string{}}}, "content": 1})

	// Away is for the connection: an agent is away when all of them are.
	window := agent(t, srv, rtmtest.Agent2Token)
	drain(one, two)
	two.ok("set_away_status", object{"away": true})
	if got := one.actions(); len(got) != 0 {
		t.Errorf("one of two windows away made %v", got)
	}
	window.ok("set_away_status", object{"away": true})
	if s := one.push("routing_status_set"); s["agent_id"] != agent2 || s["status"] != "not_accepting_chats" {
		t.Errorf("routing_status_set is %v", s)
	}
	two.ok("set_away_status", object{"away": false})
	if s := one.push("routing_status_set"); s["status"] != "accepting_chats" {
		t.Errorf("routing_status_set is %v", s)
	}
	two.ok("set_routing_status", object{"status": "not_accepting_chats"}) // by will: coming back does not change it
	two.ok("set_away_status", object{"away": true})
	two.ok("set_away_status", object{"away": false})
	two.ok("set_routing_status", object{"status": "accepting_chats"})
	drain(one)
	two.close() // the window that is away is all that is left
	if s := one.push("routing_status_set"); s["status"] != "not_accepting_chats" {
		t.Errorf("routing_status_set is %v", s)
	}

	one.ok("update_session", object{"token": "Bearer " + rtmtest.AgentToken})
	one.fails("authentication", "update_session", object{"token": "Bearer x"})
	one.fails("authentication", "update_session", object{"token": "x"})
	one.fails("authorization", "update_session", object{"token": "Bearer " + rtmtest.Agent2Token})

	// A subscription to customers, with room for two.
	sub := window.ok("subscribe_customers", object{"group_ids": []int{0, 1}, "limit": 2})
	if list := sub["customers"].([]any); len(list) != 1 || at(list, 0, "id") != id {
		t.Errorf("subscribed to %v", sub)
	}
	second, third := customer(t, srv), customer(t, srv)
	secondID := second.ok("get_customer", object{})["id"].(string)
	third.ok("get_customer", object{})
	if c := window.push("incoming_customer"); c["id"] != secondID {
		t.Errorf("incoming_customer is %v", c)
	}
	if n := window.push("subscribed_customers_totals_updated")[sub["subscription_id"].(string)]; n != 3.0 {
		t.Errorf("the total is %v", n)
	}
	second.ok("update_customer_page", object{"url": "https://shop.example/x"})
	if p := window.push("customer_page_updated"); p["customer_id"] != secondID {
		t.Errorf("customer_page_updated is %v", p)
	}
	second.close()
	if l := window.push("customer_left"); l["id"] != secondID {
		t.Errorf("customer_left is %v", l)
	}
	window.push("incoming_customer") // the third has room now
	window.ok("unsubscribe_customers", object{"subscription_id": sub["subscription_id"]})
	window.fails("not_found", "unsubscribe_customers", object{"subscription_id": sub["subscription_id"]})
	window.fails("validation", "subscribe_customers", object{"limit": 0})
	window.fails("validation", "subscribe_customers", object{"group_ids": []int{9}})
	window.fails("missing_access", "subscribe_customers", object{"group_ids": []int{2}})
	drain(window)
	third.ok("update_customer_page", object{"url": "https://shop.example/y"})
	if got := window.actions(); len(got) != 0 {
		t.Errorf("after the end of the subscription it got %v", got)
	}

	// A ban ends the chat and the connection, here for six hours.
	window.fails("not_found", "ban_customer", object{"id": "X", "ban": object{"days": 1}})
	window.fails("validation", "ban_customer", object{"id": id, "ban": object{"days": 0}})
	window.fails("validation", "ban_customer", object{"id": id, "ban": object{"days": json.Number("1e9")}})
	drain(one, cu)
	one.ok("ban_customer", object{"id": id, "ban": object{"days": 0.25}})
	if b := one.push("customer_banned"); b["customer_id"] != id || at(b, "ban", "days") != 0.25 {
		t.Errorf("customer_banned is %v", b)
	}
	if e := one.push("incoming_event"); at(e, "event", "text") != "Chat archived because customer was banned by Ada Moreno for 0.25 day(s)" {
		t.Errorf("the system message is %v", e)
	}
	if d := one.push("chat_deactivated"); d["thread_id"] != threadID || d["user_id"] != agent1 {
		t.Errorf("chat_deactivated is %v", d)
	}
	cu.ends()
	if d := cu.push("customer_disconnected"); d["reason"] != "customer_banned" {
		t.Errorf("customer_disconnected is %v", d)
	}
	banned := dialCustomer(t, srv)
	banned.fails("customer_banned", "login", object{"token": token})
	banned.close()
	one.close()
	window.close()
	third.close()
	time.Sleep(6*time.Hour + time.Minute) // virtual
	dialCustomer(t, srv).ok("login", object{"token": token})
}

// tourOutside does what no method does.
func tourOutside(t *testing.T, srv *rtmtest.Server) {
	one, two := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token)
	cu := customer(t, srv)
	id := cu.ok("get_customer", object{})["id"].(string)
	chatID, threadID := start(cu, message("hello"))
	announce := func(a rtmserver.Announcement) {
		t.Helper()
		if err := srv.RTM.Announce(rtmtest.Organization, a); err != nil {
			t.Error(err)
		}
	}
	rule := object{"id": "r", "status": "added"}
	for action, payload := range map[string]any{
		"agent_created": object{"id": "a"}, "agent_approved": object{"id": "a"}, "agent_updated": object{"id": "a"}, "agent_suspended": object{"id": "a"},
		"agent_unsuspended": object{"id": "a"}, "agent_deleted": object{"id": "a"}, "auto_accesses_updated": []any{rule}, "bot_created": object{"id": "b"},
		"bot_updated": object{"id": "b"}, "bot_deleted": object{"id": "b"}, "group_created": object{"id": 5}, "group_updated": object{"id": 5},
		"group_deleted": object{"id": 5}, "tag_created": object{"name": "t"}, "tag_updated": object{"name": "t"}, "tag_deleted": object{"name": "t"},
		"license_properties_updated": object{"properties": object{"a": object{"b": 1}}}, "incoming_multicast": object{"content": 1},
		"group_properties_updated": object{"group_id": 0, "properties": object{"a": object{"b": 1}}},
	} {
		announce(rtmserver.Announcement{Action: action, Payload: payload})
		two.frame(action)
	}
	announce(rtmserver.Announcement{Action: "incoming_multicast", Payload: object{"content": 1}, Customers: []string{id}})
	cu.push("incoming_multicast")
	one.actions()
	two.actions()
	announce(rtmserver.Announcement{Action: "ticket_created", Payload: object{"customer_id": id, "ticket_id": "T", "silo": "inbox", "created_at": "2026-01-02T03:04:05.000000Z"}})
	announce(rtmserver.Announcement{Action: "ticket_deleted", Payload: object{"customer_id": id, "ticket_id": "T"}})
	one.push("ticket_created")
	one.push("ticket_deleted")
	if got := two.actions(); len(got) != 0 {
		t.Errorf("an agent who does not know the customer got %v", got)
	}
	for _, a := range []rtmserver.Announcement{
		{Action: "incoming_chat", Payload: object{}}, {Action: "groups_status_updated", Payload: object{}}, {Action: "x", Payload: object{}},
		{Action: "tag_deleted", Payload: object{}}, {Action: "tag_deleted", Payload: []int{1}}, {Action: "tag_deleted", Payload: func() {}},
		{Action: "ticket_deleted", Payload: object{"customer_id": "X", "ticket_id": "T"}},
		{Action: "incoming_event", Payload: object{}, Customers: []string{id}},
	} {
		if err := srv.RTM.Announce(rtmtest.Organization, a); err == nil {
			t.Errorf("%s %v was announced", a.Action, a.Payload)
		}
	}
	if err := srv.RTM.Announce("X", rtmserver.Announcement{Action: "tag_deleted", Payload: object{"name": "t"}}); err == nil {
		t.Error("an announcement to no organization went out")
	}

	one.ok("request_thread_summary", object{"chat_id": chatID, "thread_id": threadID})
	if e := one.push("incoming_error"); e["action"] != "set_thread_summary" || e["thread_id"] != threadID {
		t.Errorf("incoming_error is %v", e)
	}

	// Deletion.
	del := srv.RTM.DeleteThread
	for _, err := range []error{del(rtmtest.Organization, chatID, threadID), del(rtmtest.Organization, "X", threadID), del(rtmtest.Organization, chatID, "X"),
		srv.RTM.DeleteChat(rtmtest.Organization, "X"), srv.RTM.DeleteThreads(rtmtest.Organization, rtmserver.Sweep{})} {
		if err == nil {
			t.Error("something was deleted that should not have been")
		}
	}
	one.ok("tag_thread", object{"chat_id": chatID, "thread_id": threadID, "tag": "old"})
	for range 3 {
		cu.ok("deactivate_chat", object{"id": chatID})
		cu.ok("resume_chat", object{"chat": object{"id": chatID}})
	}
	threads := func() []any { return cu.ok("list_threads", object{"chat_id": chatID, "limit": 100})["threads"].([]any) }
	if err := del(rtmtest.Organization, chatID, at(threads()[1], "id").(string)); err != nil {
		t.Error(err)
	}
	if d := two.push("thread_deleted"); d["chat_id"] != chatID {
		t.Errorf("thread_deleted is %v", d)
	}
	now := time.Now()
	if err := srv.RTM.DeleteThreads(rtmtest.Organization, rtmserver.Sweep{Tag: "old", From: now.Add(-time.Hour), To: now.Add(time.Hour)}); err != nil {
		t.Error(err)
	}
	if d := two.push("threads_deleted"); d["tag"] != "old" || d["date_from"] == nil {
		t.Errorf("threads_deleted is %v", d)
	}
	if got := threads(); len(got) != 2 {
		t.Errorf("%d threads are left, want 2", len(got))
	}
	if err := srv.RTM.DeleteChat(rtmtest.Organization, chatID); err != nil {
		t.Error(err)
	}
	if d := one.push("chat_deleted"); d["chat_id"] != chatID {
		t.Errorf("chat_deleted is %v", d)
	}
	cu.fails("not_found", "get_chat", object{"chat_id": chatID})
	again, only := start(cu) // it may have a chat again
	cu.ok("deactivate_chat", object{"id": again})
	if err := del(rtmtest.Organization, again, only); err != nil {
		t.Error(err)
	}
	one.push("thread_deleted")
	cu.fails("not_found", "get_chat", object{"chat_id": again}) // it went with its only thread
}
