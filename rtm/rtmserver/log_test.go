package rtmserver_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
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
	if err := log.Append(t.Context(), "a", 0, one); err != nil {
		t.Fatal(err)
	}
	one[0] = 'X' // the log has its own copy
	if err := log.Append(t.Context(), "a", 1, []byte("two")); err != nil {
		t.Fatal(err)
	}
	for _, last := range []uint64{0, 1, 3} {
		if err := log.Append(t.Context(), "a", last, []byte("no")); !errors.Is(err, rtmserver.ErrConflict) {
			t.Errorf("Append after %d: %v, want ErrConflict", last, err)
		}
	}
	if err := log.Append(t.Context(), "a", 2, []byte("three")); err != nil {
		t.Fatal(err)
	}
	if err := log.Append(t.Context(), "b", 0, []byte("other")); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[uint64][]string{0: {"one", "two", "three"}, 2: {"three"}, 3: nil, 9: nil} {
		if got := entries(t, log, "a", after); !slices.Equal(got, want) {
			t.Errorf("Read after %d: %q, want %q", after, got, want)
		}
	}
}

// everything makes the records that the conversation of TestReplay does not,
// with customers and chats of its own.
func everything(t *testing.T, srv *rtmtest.Server, ag *peer) {
	t.Helper()
	cu := customer(t, srv)
	id := cu.ok("get_customer", object{})["id"].(string)
	cu.ok("update_customer_page", object{"url": "https://shop.example/kites"})
	g := cu.push("incoming_greeting")["unique_id"]
	cu.ok("accept_greeting", object{"greeting_id": 7, "unique_id": g})
	cu.ok("send_greeting_button_clicked", object{"greeting_unique_id": g, "button_id": "b1"})
	cu.ok("update_customer_page", object{"url": "https://shop.example/reels"})
	cu.ok("request_welcome_message", object{})
	chatID, threadID := start(cu, message("hello"), message("oops"), object{"type": "rich_message", "template_id": "cards", "elements": []any{
		object{"buttons": []any{object{"text": "Yes", "postback_id": "p", "user_ids": []any{}}}}}})
	with := func(more object) object {
		out := object{"chat_id": chatID, "thread_id": threadID}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	self := func(visibility string) object {
		return object{"chat_id": chatID, "user_id": agent2, "user_type": "agent", "visibility": visibility, "ignore_requester_presence": true}
	}
	cu.ok("delete_event", with(object{"event_id": threadID + "_2"}))
	cu.ok("send_rich_message_postback", with(object{"event_id": threadID + "_3", "postback": object{"id": "p", "toggled": true}}))
	cu.ok("update_thread_properties", with(object{"properties": object{"rating": object{"score": 1, "comment": "c"}}}))
	cu.ok("delete_thread_properties", with(object{"properties": object{"rating": []string{"score"}}}))
	ag.ok("remove_user_from_chat", object{"chat_id": chatID, "user_id": agent2, "user_type": "agent"})
	ag.ok("follow_chat", object{"id": chatID})
	ag.ok("unfollow_chat", object{"id": chatID})
	ag.ok("follow_chat", object{"id": chatID})
	ag.ok("add_user_to_chat", self("agents"))
	ag.ok("add_user_to_chat", self("all"))
	ag.ok("tag_thread", with(object{"tag": "vip"}))
	ag.ok("tag_thread", with(object{"tag": "spam"}))
	ag.ok("untag_thread", with(object{"tag": "vip"}))
	ag.ok("transfer_chat", object{"id": chatID, "ignore_agents_availability": true, "target": object{"type": "group", "ids": []int{1}}})
	ag.ok("request_thread_summary", with(nil))
	cu.ok("deactivate_chat", object{"id": chatID})
	ag.ok("request_thread_summary", with(nil))
	ag.ok("start_chat", object{})
	ag.ok("set_away_status", object{"away": true})
	ag.ok("ban_customer", object{"id": id, "ban": object{"days": 1}})
	for range 2 {
		other := customer(t, srv)
		gone, thread := start(other)
		other.ok("deactivate_chat", object{"id": gone})
		other.ok("resume_chat", object{"chat": object{"id": gone}})
		if err := srv.RTM.DeleteThread(rtmtest.Organization, gone, thread); err != nil {
			t.Error(err)
		}
		if err := srv.RTM.DeleteChat(rtmtest.Organization, gone); err != nil {
			t.Error(err)
		}
	}
	if err := srv.RTM.DeleteThreads(rtmtest.Organization, rtmserver.Sweep{Tag: "vip"}); err != nil {
		t.Error(err)
	}
	sendFile(t, srv, "agent", "Bearer "+rtmtest.AgentToken, "a.txt", "text/plain", []byte("a"))
	req, err := http.NewRequest(http.MethodDelete, srv.URL+"/v2/customer/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+srv.CustomerToken(t))
	res, err := srv.HTTPClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	idle := customer(t, srv)
	idleID, _ := start(idle)
	taker := agent(t, srv, rtmtest.Agent2Token)
	taker.ok("add_user_to_chat", object{"chat_id": idleID, "user_id": agent2, "user_type": "agent", "visibility": "all", "ignore_requester_presence": true})
	time.Sleep(61 * time.Minute) // virtual: the seed's IdleAfterMin
	old := dialVersion(t, srv, ag.api, "3.5", "")
	old.ok("login", object{"token": "Bearer " + rtmtest.Agent2Token, "away": true})
	made := old.ok("create_customer", object{"name": "Dora"})["customer_id"]
	old.ok("follow_customer", object{"id": made})
	old.ok("follow_customer", object{"id": id})
	old.ok("unfollow_customer", object{"id": made})
}

// TestReplay holds a conversation with all that is logged, and replays the log
// into a fresh server.
func TestReplay(t *testing.T) {
	log := rtmserver.NewMemoryLog()
	seed := tourSeed()
	seed.Organizations[0].Agents[0].MaxChats = 1
	seed.Organizations[0].Customers = []rtmserver.Customer{{ID: "aaaaaaaa-0000-4000-8000-000000000009"}}
	seed.Organizations[0].Chats = []rtmserver.Chat{{Threads: []rtmserver.Thread{{CreatedAt: "-1h", Events: []rtmserver.Event{
		{Type: "message", AuthorID: agent1, Body: map[string]any{"text": "long ago"}}}}}}}
	seed.Organizations[0].Routing.IdleAfterMin = 60
	var chatID, token string
	inBubble(t, &rtmserver.Options{Log: log, Seed: seed, AgentGrace: time.Second}, func(t *testing.T, srv *rtmtest.Server) {
		srv.CustomerToken(t)
		first := srv.Snapshot(t, rtmtest.Organization)
		srv.Reset(t, rtmtest.Organization)
		srv.Restore(t, first)
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
		everything(t, srv, back)
		before, err := rtmserver.StateJSON(srv.RTM, rtmtest.Organization)
		if err != nil {
			t.Fatal(err)
		}
		// What comes at the end of the server is not compared.
		after, err := rtmserver.FoldJSON(srv.RTM, rtmtest.Organization)
		if err != nil {
			t.Fatal(err)
		}
		if before != after {
			t.Errorf("the state is\n%s\nand the log adds up to\n%s", before, after)
		}
		all := strings.Join(entries(t, log, rtmtest.Organization, 0), "\n")
		source, err := os.ReadFile("record.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range regexp.MustCompile(`recordKind += ("\w+")`).FindAllStringSubmatch(string(source), -1) {
			if kind[1] == `"node_lost"` {
				continue // TestNodeLost makes it
			}
			if !strings.Contains(all, `{"kind":`+kind[1]+`,`) {
				t.Errorf("the log has no record of the kind %s", kind[1])
			}
		}
		// Agent 2 is logged in still when the server ends.
	})
	inBubble(t, &rtmserver.Options{Log: log, Seed: seed, AgentGrace: time.Minute}, func(t *testing.T, srv *rtmtest.Server) {
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
	for entry, want := range map[string]string{
		"{":                           "entry 1: unexpected EOF",
		"[null]":                      "entry 1: a record is null",
		`[{"kind":"thread_baked"}]`:   `entry 1: a record is of the kind "thread_baked", which this version does not know: a newer one has written it`,
		`[{"kind":"thread_closed"}]`:  "entry 1: panic",
		`[{"kind":"thread_tagged",7]`: "entry 1: invalid character",
		`[{"kind":7}]`:                "entry 1: json: cannot unmarshal number",
	} {
		log := rtmserver.NewMemoryLog()
		if err := log.Append(context.Background(), rtmtest.Organization, 0, []byte(entry)); err != nil {
			t.Fatal(err)
		}
		if _, err := rtmserver.New(&rtmserver.Options{Log: log}); err == nil || !strings.Contains(err.Error(), "log of "+rtmtest.Organization+": "+want) {
			t.Errorf("New read the entry %s: %v, want %s", entry, err, want)
		}
	}
}
