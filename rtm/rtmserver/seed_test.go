package rtmserver_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

const (
	shopFile = "testdata/shop.json"
	cleo     = "aaaaaaaa-0000-4000-8000-000000000001"
	dora     = "aaaaaaaa-0000-4000-8000-000000000002"
	eli      = "aaaaaaaa-0000-4000-8000-000000000003"
)

func shopSeed(t *testing.T) *rtmserver.Seed {
	t.Helper()
	seed, err := rtmserver.LoadSeedFile(shopFile, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// TestSeedProblems breaks the example seed, one text by another, and wants the
// problem at the place of the second.
func TestSeedProblems(t *testing.T) {
	data, err := os.ReadFile(shopFile)
	if err != nil {
		t.Fatal(err)
	}
	const o = "organizations[0]."
	for _, tt := range []struct{ old, new, want string }{
		{`"role": "administrator"`, `"role": "boss"`, o + `agents[0].role: must be one of owner, viceowner, administrator, normal, not "boss"`},
		{`"role": "administrator"`, `"rol": "boss"`, o + `agents[0].rol: is unknown; there are id, name, avatar, job_title, tokens, group_ids, role, priorities, max_chats_count, login_status, routing_status, scopes`},
		{`"role": "administrator"`, `"role": 7`, o + `agents[0].role: must be a string, not a number`},
		{`"role": "administrator"`, `"group_ids": []`, o + `agents[0].group_ids: is there twice`},
		{`"role": "administrator"`, `"scopes": ["chats:rw"]`, o + `agents[0].scopes[0]: must be one of chats--all:ro, `},
		{`"role": "administrator"`, `"avatar": "ada.png"`, o + `agents[0].avatar: must be an http or https address, not "ada.png"`},
		{`"role": "administrator"`, `"max_chats_count": -1`, o + `agents[0].max_chats_count: must be at least 0, not -1`},
		{`"role": "administrator"`, `"max_chats_count": 1.5`, o + `agents[0].max_chats_count: must be an integer of 32 bits, not 1.5`},
		{`"tokens": ["dal:agent2"]`, `"tokens": ["dal:agent1"]`, o + `agents[1].tokens[0]: is another's token`},
		{`"tokens": ["dal:agent2"]`, `"tokens": [""]`, o + `agents[1].tokens[0]: must not be empty`},
		{`"tokens": ["dal:agent2"]`, `"tokens": "dal:agent2"`, o + `agents[1].tokens: must be an array, not a string`},
		{`"tokens": ["dal:eli"]`, `"tokens": ["Bearer dal:eli"]`, o + `customers[2].tokens[0]: must be without spaces`},
		{`"id": "agent2@example.com"`, `"id": "agent1@example.com"`, o + `agents[1].id: "agent1@example.com" is there twice`},
		{`"id": "agent2@example.com", `, ``, o + `agents[1].id: is required`},
		{`"id": "11111111-1111-4111-8111-111111111111"`, `"id": "shop"`, o + `id: must be a UUID, not "shop"`},
		{`{"id": 1, "name": "Sales"`, `{"id": 0, "name": "Sales"`, o + `groups[1].id: 0 is there twice`},
		{`"name": "Kite Bot"`, `"name": ""`, o + `bots[0].name: must not be empty`},
		{`"id": "kitebot"`, `"id": "agent1@example.com"`, o + `bots[0].id: "agent1@example.com" is there twice`},
		{`"match": "(?i)\\b(track|order|parcel)\\b"`, `"match": "("`, o + "bots[0].rules[2].match: is no RE2 expression: missing closing ): `(`"},
		{`"text": "bye"`, `"postback_id": "bye"`, o + `bots[0].rules[3].postback_id: is for rules on postback`},
		{`{"wait": "1s"}`, `{"wait": "soon"}`, o + `bots[0].rules[3].do[1].wait: must be a duration such as 1.5s of at most an hour, not "soon"`},
		{`{"wait": "1s"}`, `{"wait": "1s", "close": true}`, o + `bots[0].rules[3].do[1]: must have exactly one of say, send, wait, set_properties, tag, transfer and close, not close, wait`},
		{`{"tag": "handed-over"}`, `{"tag": "other"}`, o + `bots[0].rules[1].do[1].tag: must be one of the organization's tags vip, handed-over, order, not "other"`},
		{`{"transfer": {"group_ids": [1]}}`, `{"transfer": {"group_ids": [9]}}`, o + `bots[0].rules[1].do[2].transfer.group_ids[0]: there is no group 9`},
		{`{"transfer": {"group_ids": [1]}}`, `{"transfer": {"agent_id": "kitebot"}}`, o + `bots[0].rules[1].do[2].transfer.agent_id: must be another than the bot itself`},
		{`{"shop": {"topic": "order"}}`, `{"shop": {"topic": "tea"}}`, o + `bots[0].rules[2].do[0].set_properties.thread.shop.topic: must be one of "order", "kite", "other"`},
		{`{"shop": {"topic": "order"}}`, `{"shop": {"top": "order"}}`, o + `bots[0].rules[2].do[0].set_properties.thread.shop.top: there is no property "top" in this namespace`},
		{`"template_id": "cards", "elements": [
                {"title": "Your order"`, `"template_id": "tarot", "elements": [
                {"title": "Your order"`, o + `bots[0].rules[2].do[1].send.template_id: must be one of cards, sticker, quick_replies, ecommerce, not "tarot"`},
		{`{"wait": "1s"}`, `{"send": {"type": "file", "url": "https://shop.example/x.png"}}`, o + `bots[0].rules[3].do[1].send.type: must not be file`},
		{`{"wait": "1s"}`, `{"send": {"type": "message"}}`, o + `bots[0].rules[3].do[1].send.text: is required`},
		{`"page_rules": [{"contains": "/kites", "group_id": 1}]`, `"page_rules": [{"contains": "", "group_id": 4}]`, o + `page_rules[0].contains: must not be empty`},
		{`"page_rules": [{"contains": "/kites", "group_id": 1}]`, `"page_rules": [{"contains": "/", "group_id": 4}]`, o + `page_rules[0].group_id: there is no group 4`},
		{`], "agent_id": "agent2@example.com"`, `], "agent_id": "ben"`, o + `greetings[0].agent_id: there is no agent "ben"`},
		{`{"text": "Ask", "postback_id": "ask"}`, `{"postback_id": "ask"}`, o + `greetings[0].elements[0].buttons[0].text: is required`},
		{`"id": 2, "text": "Anything we can help with?"`, `"id": 1, "text": "Hi"`, o + `greetings[1].id: 1 is there twice`},
		{`"text": "Anything we can help with?"`, `"subtype": "announcement"`, o + `greetings[1]: needs either a text or a template_id`},
		{`"type": "email", "id": "2"`, `"type": "email", "id": "1"`, o + `groups[0].prechat.fields[2].id: "1" is there twice`},
		{`"type": "email", "id": "2"`, `"type": "telegram", "id": "2"`, o + `groups[0].prechat.fields[2].type: must be one of header, name, `},
		{`"label": "Something else", "group_id": 0`, `"label": "Something else"`, o + `groups[0].prechat.fields[3].options[0].group_id: is required in a group_chooser`},
		{`"id": "postchat-general"`, `"id": "prechat-general"`, o + `groups[0].postchat.id: "prechat-general" is the id of a prechat form`},
		{`"type": "radio", "id": "2"`, `"type": "name", "id": "2"`, o + `groups[0].postchat.fields[1].options: a field of type name has none`},
		{`"customer": {"thread": "r"}`, `"customer": {"threads": "r"}`, o + `properties[0].customer.threads: must be one of chat, thread, event, not "threads"`},
		{`"customer": {"thread": "r"}`, `"customer": {"thread": "x"}`, o + `properties[0].customer.thread: must be one of r, w, rw, not "x"`},
		{`"values": ["order", "kite", "other"]`, `"values": ["order", 7]`, o + `properties[0].values[1]: must be a string`},
		{`"tags": ["vip", `, `"tags": ["order", `, o + `tags[2]: "order" is there twice`},
		{`"id": "` + dora + `"`, `"id": "d"`, o + `customers[1].id: must be a UUID, not "d"`},
		{`"email": "cleo@example.com"`, `"email": "cleo"`, o + `customers[0].email: must be an e-mail address, not "cleo"`},
		{`{"plan": "gold"}`, `{}`, o + `customers[0].session_fields[0]: must have exactly one key, not 0`},
		{`"banned_until": "24h"`, `"banned_until": "tomorrow"`, o + `customers[1].banned_until: must be a time such as`},
		{`"started_at": "-50h"`, `"started_at": "50h"`, o + `customers[0].visit.started_at: must not be after the start`},
		{`"customer_id": "` + eli + `"`, `"customer_id": "` + cleo + `"`, o + `chats[1].customer_id: customer ` + cleo + ` has a chat already`},
		{`"customer_id": "` + eli + `"`, `"customer_id": "e"`, o + `chats[1].customer_id: there is no customer "e"`},
		{`"tags": ["order"],`, `"active": true,`, o + `chats[0].threads[0].active: only the last thread of a chat may be active`},
		{`"text": "Where is my kite?"`, `"content": "Where is my kite?"`, o + `chats[0].threads[0].events[1].content: is unknown in an event of type message; there are text, postback`},
		{`"type": "message", "author_id": "agent1@example.com", "created_at"`, `"type": "message", "author_id": "ada", "created_at"`, o + `chats[0].threads[0].events[2].author_id: "ada" is neither the customer of the chat nor an agent`},
		{`"type": "message", "author_id": "agent1@example.com", "created_at"`, `"type": "message", "created_at"`, o + `chats[0].threads[0].events[2].author_id: is required in an event of type message`},
		{`{"free": {"mood": "happy"}}`, `{"free": {"mood": 1.5}}`, o + `chats[0].threads[1].events[3].properties.free.mood: must be an integer of 32 bits, a boolean or a string`},
		{`{"free": {"mood": "happy"}}`, `{"free": 1}`, o + `chats[0].threads[1].events[3].properties.free: must be an object of names and values`},
		{`"url": "https://shop.example/files/kite.png"`, `"name": "kite.png"`, o + `chats[0].threads[1].events[2].url: is required`},
	} {
		broken := strings.Replace(string(data), tt.old, tt.new, 1)
		if broken == string(data) {
			t.Errorf("%s is not in the seed", tt.old)
			continue
		}
		_, err := rtmserver.LoadSeed([]byte(broken))
		wrong, ok := errors.AsType[*rtmserver.SeedError](err)
		if !ok || len(wrong.Problems) == 0 {
			t.Errorf("%s: LoadSeed gave %v", tt.new, err)
			continue
		}
		found := false
		for _, p := range wrong.Problems {
			text := p.Path + ": " + p.Text
			if strings.HasPrefix(text, tt.want) {
				found = true
				line := 1 + strings.Count(string(data)[:strings.Index(string(data), tt.old)], "\n")
				if last := line + strings.Count(tt.new, "\n"); p.Line < line || p.Line > last {
					t.Errorf("%s: the problem is said to be in line %d, not %d", tt.want, p.Line, line)
				}
			}
		}
		if !found {
			t.Errorf("%s: want %s\ngot %v", tt.new, tt.want, err)
		}
	}
}

// TestSeedAllProblems wants every problem at its place, in the order of the file.
func TestSeedAllProblems(t *testing.T) {
	_, err := rtmserver.LoadSeed([]byte("{\n  \"organizations\": [{\n    \"id\": \"é\", \"nam\": 1,\n    \"groups\": [{\"id\": \"0\"}],\n    \"bots\": [{}]\n  }]\n}"))
	want := `3:11: organizations[0].id: must be a UUID, not "é"
3:16: organizations[0].nam: is unknown; there are id, groups, agents, bots, license, routing, page_rules, url_info, greetings, thread_summary, tags, properties, customers, chats
4:23: organizations[0].groups[0].id: must be an integer, not a string
5:14: organizations[0].bots[0].id: is required
5:14: organizations[0].bots[0].name: is required`
	lines := []string{}
	for line := range strings.Lines(err.Error()) {
		lines = append(lines, strings.TrimPrefix(strings.TrimSpace(line), "rtmserver: seed: "))
	}
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for text, want := range map[string]string{
		"":                      "1:1: the text is not JSON: it ends too early",
		"{":                     "1:2: the text is not JSON: it ends too early",
		"{\n \"a\" 1}":          "2:6: the text is not JSON: invalid character '1' after object key",
		"{}\n{}":                "2:1: there is more after the first value",
		"\"\xff\"":              "1:2: the text is not valid UTF-8",
		"[]":                    "1:1: must be an object, not an array",
		"{}":                    "1:1: organizations: is required",
		strings.Repeat("[", 99): "1:66: the text is nested more than 64 deep",
	} {
		_, err := rtmserver.LoadSeed([]byte(text))
		if err == nil || err.Error() != "rtmserver: seed: "+want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	if _, err := rtmserver.LoadSeedFile("testdata/none.json", time.Time{}); err == nil {
		t.Error("a file that is not there gave no error")
	}
}

// TestSeedTags compares what the tags allow with the catalogue.
func TestSeedTags(t *testing.T) {
	schema := readSchema(t)
	for field, enum := range map[string]string{
		"Agent.role": "agent_role", "Bot.priority": "group_priority", "Agent.routing_status": "routing_status",
		"Bot.routing_status": "routing_status", "Greeting.template_id": "rich_message_template", "Property.type": "property_type",
	} {
		def, name, _ := strings.Cut(field, ".")
		got := at(schema, "$defs", def, "properties", name, "enum").([]any)
		want := catalogue.Agent().Enums[enum]
		if len(got) != len(want) {
			t.Errorf("%s: %v, and the catalogue has %v", field, got, want)
		}
		for _, x := range want {
			if !strings.Contains(strings.Join(texts(got), " "), x) {
				t.Errorf("%s lacks %s", field, x)
			}
		}
	}
	got := texts(at(schema, "$defs", "FormField", "properties", "type", "enum").([]any))
	want := catalogue.Customer().Enums["form_field_type"]
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the types of fields are %v, and the catalogue has %v", got, want)
	}
}

func texts(list []any) []string {
	var out []string
	for _, x := range list {
		s, _ := x.(string)
		out = append(out, s)
	}
	return out
}

func readSchema(t *testing.T) map[string]any {
	t.Helper()
	var schema map[string]any
	if err := json.Unmarshal(rtmserver.SeedSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSeedWritten reads seeds that were written.
func TestSeedWritten(t *testing.T) {
	for name, seed := range map[string]*rtmserver.Seed{"default": rtmserver.DefaultSeed(), "tour": tourSeed(), "shop": shopSeed(t), "empty": {}} {
		data, err := seed.JSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := rtmserver.LoadSeed(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		twice, err := again.JSON()
		if err != nil || string(twice) != string(data) {
			t.Errorf("%s: wrote\n%s\nthen\n%s", name, data, twice)
		}
		var plain rtmserver.Seed
		if err := json.Unmarshal(data, &plain); err != nil {
			t.Errorf("%s: encoding/json: %v", name, err)
		} else if again, err := plain.JSON(); err != nil || string(again) != string(data) {
			t.Errorf("%s: encoding/json gave\n%s\nof\n%s", name, again, data)
		}
	}
}

// TestSeedHistory looks at what a seed's customers and chats have become.
func TestSeedHistory(t *testing.T) {
	inBubble(t, &rtmserver.Options{Seed: shopSeed(t), Clock: rtmserver.NewClockAt(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))}, func(t *testing.T, srv *rtmtest.Server) {
		cu := dialCustomer(t, srv)
		me := cu.ok("login", object{"token": "Bearer dal:cleo"})
		if at(me, "customer", "id") != cleo || at(me, "customer", "name") != "Cleo Kent" || at(me, "customer", "statistics", "threads_count") != 2.0 || me["has_active_thread"] != false {
			t.Errorf("login gave %v", me)
		}
		chatID := at(me, "chats", 0, "chat_id").(string)
		threads := cu.ok("list_threads", object{"chat_id": chatID})["threads"].([]any)
		if len(threads) != 2 || at(threads, 1, "created_at") != "2026-05-30T10:00:00.000000Z" {
			t.Fatalf("the threads are %v", threads)
		}
		events := at(threads, 1, "events").([]any)
		if len(events) != 4 { // one is for agents
			t.Fatalf("the events are %v", events)
		}
		for i, want := range []string{"2026-05-30T10:00:01.000000Z", "2026-05-30T10:00:02.000000Z", "2026-05-30T10:01:00.000000Z", "2026-05-30T10:01:02.000000Z"} {
			if got := at(events, i, "created_at"); got != want {
				t.Errorf("event %d is of %v, not %s", i, got, want)
			}
		}
		if at(events, 0, "form_type") != "prechat" {
			t.Errorf("the form is %v", events[0])
		}
		file := at(threads, 0, "events", 2)
		if at(file, "name") != "kite.png" || at(file, "content_type") != "image/png" {
			t.Errorf("the file is %v", file)
		}
		dialCustomer(t, srv).ok("login", object{"token": "Bearer dal:eli"})

		ag := agent(t, srv, rtmtest.Agent2Token)
		added := ag.push("user_added_to_chat")
		if added["chat_id"] != "WAITING001" || at(added, "user", "id") != agent2 {
			t.Errorf("the chat that waited went to %v", added)
		}
		found := ag.ok("list_archives", object{"filters": object{"query": "bigger", "agent_types": object{"any_values": []string{"human"}}}})
		if at(found, "found_chats") != 1.0 || at(found, "chats", 0, "thread", "summary", "text") != "Wants a bigger kite." {
			t.Errorf("the archives have %v", found)
		}
		got := ag.ok("get_customer", object{"id": cleo})
		if at(got, "address", "city") != "Oslo" || at(got, "customer_last_event_created_at") != "2026-05-31T11:00:00.000000Z" || at(got, "created_at") != "2026-05-30T10:00:00.000000Z" {
			t.Errorf("the customer is %v", got)
		}
		// The next event of the thread goes on where the seed ended.
		cu.ok("resume_chat", object{"chat": object{"id": chatID}})
		cu.ok("send_event", object{"chat_id": chatID, "event": message("again")})
	})
}

func TestSeedFuture(t *testing.T) {
	seed, clock := shopSeed(t), rtmserver.NewClockAt(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC))
	_, err := rtmserver.New(&rtmserver.Options{Seed: seed, Clock: clock})
	if err == nil || !strings.Contains(err.Error(), "organizations[0].customers[2].created_at: must not be in the future") {
		t.Errorf("New gave %v", err)
	}
	_, err = rtmserver.LoadSeedFile(shopFile, clock.Now())
	if want := shopFile + ":100:114: organizations[0].customers[2].created_at: must not be in the future, as 2026-01-02T15:04:05Z is"; err == nil || err.Error() != want {
		t.Errorf("LoadSeedFile gave %v, want %s", err, want)
	}
	seed = shopSeed(t)
	seed.Organizations[0].Chats[0].Threads[0].Events[2].CreatedAt = "-60h"
	seed.Organizations[0].Chats[0].Threads[1].CreatedAt = "-60h"
	_, err = rtmserver.New(&rtmserver.Options{Seed: seed})
	for _, want := range []string{"threads[0].events[2].created_at: must be after what came before it", "threads[1].created_at: must be after all of the thread before"} {
		if err == nil || !strings.Contains(err.Error(), "organizations[0].chats[0]."+want) {
			t.Errorf("New gave %v", err)
		}
	}
}

// TestSeedOnce starts twice on one log: the second start brings nothing.
func TestSeedOnce(t *testing.T) {
	log := rtmserver.NewMemoryLog()
	var before string
	for i := range 2 {
		seed := shopSeed(t)
		if i > 0 {
			seed.Organizations[0].Customers[0].Name = "Somebody else"
		}
		srv, err := rtmserver.New(&rtmserver.Options{Seed: seed, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		state, err := rtmserver.StateJSON(srv, rtmtest.Organization)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && state != before {
			t.Errorf("the state was\n%s\nand after another start\n%s", before, state)
		}
		before = state
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestExport loads what a server exports into another, which exports the same.
func TestExport(t *testing.T) {
	seed, shop := tourSeed(), shopSeed(t).Organizations[0]
	seed.Organizations[0].Customers, seed.Organizations[0].Chats = shop.Customers, shop.Chats
	var first, second []byte
	export := func(srv *rtmtest.Server) []byte {
		t.Helper()
		seed, err := srv.RTM.Export()
		if err != nil {
			t.Fatal(err)
		}
		data, err := seed.JSON()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	clock := rtmserver.NewClockAt(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	inBubble(t, &rtmserver.Options{Seed: seed, Clock: clock}, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.Agent2Token)
		everything(t, srv, ag)
		cu := customer(t, srv)
		start(cu, message("hello"))
		cu.ok("update_customer", object{"name": "Fay", "session_fields": []any{object{"a": "b"}}, "omnichannel": object{"twilio": object{"phone_number": "+1"}}})
		first = export(srv)
	})
	again, err := rtmserver.LoadSeed(first)
	if err != nil {
		t.Fatal(err)
	}
	later := rtmserver.NewClockAt(clock.Now())
	inBubble(t, &rtmserver.Options{Seed: again, Clock: later}, func(t *testing.T, srv *rtmtest.Server) {
		second = export(srv)
		if string(first) != string(second) {
			t.Errorf("the export was\n%s\nand of a server with it\n%s", first, second)
		}
		if cu := dialCustomer(t, srv); at(cu.ok("login", object{"token": "Bearer dal:cleo"}), "customer", "id") != cleo {
			t.Error("the customer's token is gone")
		}
	})
}

// TestSeedGoesOn lets the log fail at each append of an import: the next start
// brings the rest, and nothing twice.
func TestSeedGoesOn(t *testing.T) {
	seed := shopSeed(t)
	long := strings.Repeat("x", 16000)
	for range 50 {
		events := &seed.Organizations[0].Chats[0].Threads[0].Events
		*events = append(*events, rtmserver.Event{Type: "message", AuthorID: cleo, Body: map[string]any{"text": long}})
	}
	clock := rtmserver.NewClockAt(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	export := func(opts *rtmserver.Options) string {
		srv, err := rtmserver.New(opts)
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Shutdown(t.Context())
		export, err := srv.Export()
		if err != nil {
			t.Fatal(err)
		}
		data, err := export.JSON()
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	whole := export(&rtmserver.Options{Seed: seed, Clock: clock})
	cut := 0
	for nth := int64(1); ; nth++ {
		opts, log := flaky()
		opts.Seed, opts.Clock = seed, clock
		log.countdown.Store(nth)
		srv, err := rtmserver.New(opts)
		if err == nil {
			if err := srv.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			break
		}
		cut++
		log.countdown.Store(0)
		if got := export(opts); got != whole {
			t.Errorf("append %d failed: the export is\n%s\nnot\n%s", nth, got, whole)
		}
	}
	if cut < 3 {
		t.Errorf("the import was cut off %d times", cut)
	}
}

// TestExportKeepsWhatIsGone exports a history whose agents and groups the seed
// does not have any more.
func TestExportKeepsWhatIsGone(t *testing.T) {
	log := rtmserver.NewMemoryLog()
	srv, err := rtmserver.New(&rtmserver.Options{Seed: shopSeed(t), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	seed := rtmserver.DefaultSeed()
	o := &seed.Organizations[0]
	o.Groups, o.Agents = o.Groups[:1], o.Agents[:1]
	o.Agents[0].Groups = nil
	if srv, err = rtmserver.New(&rtmserver.Options{Seed: seed, Log: log}); err != nil {
		t.Fatal(err)
	}
	defer srv.Shutdown(t.Context())
	export, err := srv.Export()
	if err != nil {
		t.Fatal(err)
	}
	got := export.Organizations[0]
	if len(got.Groups) != 2 || got.Groups[1].ID != 1 || len(got.Agents) != 2 || got.Agents[1].ID != agent2 || got.Agents[1].Tokens != nil || len(got.Chats) != 2 {
		t.Errorf("the export has the groups %v, the agents %v and %d chats", got.Groups, got.Agents, len(got.Chats))
	}
}

func TestEmptySeed(t *testing.T) {
	srv, err := rtmserver.New(&rtmserver.Options{Seed: &rtmserver.Seed{}})
	if err != nil {
		t.Fatal(err)
	}
	seed, err := srv.Export()
	if err != nil || len(seed.Organizations) != 0 {
		t.Errorf("the export is %v, %v", seed, err)
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// FuzzLoadSeed reads texts: none may make it panic, and what it takes starts a
// server.
func FuzzLoadSeed(f *testing.F) {
	data, err := os.ReadFile(shopFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"organizations":[{"id":"11111111-1111-4111-8111-111111111111","groups":[{"id":0}],"chats":[{"threads":[{"created_at":"-1s"}]}]}]}`))
	f.Add([]byte(`{"organizations":[null,{"groups":{"a.b":[1e9]}}],"organizations":7}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		seed, err := rtmserver.LoadSeed(data)
		if err != nil {
			if _, ok := errors.AsType[*rtmserver.SeedError](err); !ok || err.Error() == "" {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		srv, err := rtmserver.New(&rtmserver.Options{Seed: seed})
		if _, ok := errors.AsType[*rtmserver.SeedError](err); err != nil && !ok {
			t.Fatalf("%q: %v", data, err)
		} else if err != nil {
			return
		}
		if _, err := srv.Export(); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
