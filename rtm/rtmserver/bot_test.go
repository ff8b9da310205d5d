package rtmserver_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

const bot = "bot1"

// botSeed has a bot in group 0 with these rules, which is the first to get chats.
func botSeed(rules ...rtmserver.BotRule) *rtmserver.Seed {
	seed := rtmserver.DefaultSeed()
	seed.Organizations[0].Bots = []rtmserver.Bot{{ID: bot, Name: "Bot", Groups: []int{0}, Rules: rules}}
	return seed
}

func says(text string) []rtmserver.BotAction { return []rtmserver.BotAction{{Say: text}} }

// opaque is the id under which customers know an agent.
func opaque(id string) string {
	sum := sha256.Sum256([]byte(rtmtest.Organization + "/" + id))
	return hex.EncodeToString(sum[:16])
}

// hears waits for what a bot or an agent says to a customer.
func hears(p *peer, want string) object {
	p.t.Helper()
	for {
		e := p.push("incoming_event")
		if author, _ := at(e, "event", "author_id").(string); author == "" || strings.Contains(author, "-") {
			continue // the system, or the customer itself
		}
		if got := at(e, "event", "text"); got != want {
			p.t.Errorf("the bot says %v, not %q", got, want)
		}
		return e
	}
}

// TestBotShop walks through the script of the example seed.
func TestBotShop(t *testing.T) {
	clock := rtmserver.NewClockAt(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	seed := shopSeed(t)
	seed.Organizations[0].Chats = nil
	inBubble(t, &rtmserver.Options{Seed: seed, Clock: clock}, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		if got := cu.ok("get_predicted_agent", object{}); at(got, "agent", "is_bot") != true || at(got, "agent", "name") != "Kite Bot" {
			t.Errorf("the predicted agent is %v", got)
		}
		chatID, threadID := start(cu)
		kitebot := agentsOf(cu, chatID)
		if len(kitebot) != 1 {
			t.Fatalf("the chat has the agents %v", kitebot)
		}
		// It types for a second, and then says it.
		typing := cu.push("incoming_typing_indicator")
		if at(typing, "typing_indicator", "author_id") != kitebot[0] {
			t.Errorf("%v types", typing)
		}
		clock.Advance(999 * time.Millisecond)
		cu.ok("ping", object{})
		if got := cu.actions(); slices.Contains(got, "incoming_event") {
			t.Errorf("before its time came %v", got)
		}
		clock.Advance(time.Millisecond)
		hello := cu.push("incoming_event")
		if at(hello, "event", "elements", 0, "buttons", 1, "postback_id") != "Talk to a person" || at(hello, "event", "author_id") != kitebot[0] {
			t.Errorf("the bot starts with %v", hello)
		}
		cu.ok("send_event", object{"chat_id": chatID, "event": message("where is my parcel?")})
		props := cu.push("thread_properties_updated")
		if at(props, "properties", "shop", "topic") != "order" {
			t.Errorf("the properties are %v", props)
		}
		cu.push("incoming_typing_indicator")
		clock.Advance(time.Second)
		cards := cu.push("incoming_event")
		for at(cards, "event", "type") != "rich_message" {
			cards = cu.push("incoming_event")
		}
		// Nobody else is there: the chat waits.
		cu.ok("send_rich_message_postback", object{"chat_id": chatID, "thread_id": threadID, "event_id": at(cards, "event", "id"), "postback": object{"id": "Talk to a person", "toggled": true}})
		cu.push("incoming_typing_indicator")
		clock.Advance(time.Second)
		hears(cu, "One moment, I am looking for somebody.")
		moved := cu.push("chat_transferred")
		if at(moved, "transferred_to", "group_ids", 0) != 1.0 || at(moved, "queue", "position") != 1.0 {
			t.Errorf("the chat went to %v", moved)
		}
		ag := agent(t, srv, rtmtest.AgentToken)
		cu.push("chat_transferred")
		got := ag.ok("get_chat", object{"chat_id": chatID})
		if tags := at(got, "thread", "tags"); len(tags.([]any)) != 1 || at(tags, 0) != "handed-over" {
			t.Errorf("the tags are %v", tags)
		}
		// Now the bot keeps quiet.
		cu.ok("send_event", object{"chat_id": chatID, "event": message("bye")})
		clock.Advance(time.Hour)
		cu.ok("ping", object{})
		if got := cu.actions(); slices.Contains(got, "chat_deactivated") {
			t.Errorf("the bot closed the chat: %v", got)
		}
	})
}

// TestBotRules sends one thing after the other and wants the answers of the
// rules that fit first.
func TestBotRules(t *testing.T) {
	seed := botSeed(
		rtmserver.BotRule{On: "start", Do: says("hello")},
		rtmserver.BotRule{On: "message", Text: " PING ", Do: says("pong")},
		rtmserver.BotRule{On: "message", Match: `^\d+$`, Do: says("a number")},
		rtmserver.BotRule{On: "postback", Postback: "a", Do: says("button a")},
		rtmserver.BotRule{On: "message", Text: "bye", Do: []rtmserver.BotAction{{Say: "bye"}, {Close: true}, {Say: "never"}}},
		rtmserver.BotRule{On: "message", Do: says("what?")},
	)
	inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		chatID, _ := start(cu, message("12"))
		first := hears(cu, "hello")
		hears(cu, "a number")
		answered := object{"type": "message", "text": "ping", "postback": object{"id": "b", "thread_id": "x", "event_id": "y", "type": "message", "value": "b"}}
		for _, step := range []struct {
			event object
			want  string
		}{
			{message("ping"), "pong"},
			{message("7"), "a number"},
			{message("seven"), "what?"},
			{object{"type": "message", "text": "A", "postback": object{"id": "a", "thread_id": "x", "event_id": "y", "type": "message", "value": "a"}}, "button a"},
			{answered, "pong"},
			{object{"type": "filled_form", "form_id": "f", "fields": []any{}}, "what?"},
			{message("bye"), "bye"},
		} {
			cu.ok("send_event", object{"chat_id": chatID, "event": step.event})
			hears(cu, step.want)
		}
		cu.push("chat_deactivated")
		// A new thread starts with the bot again.
		cu.ok("resume_chat", object{"chat": object{"id": chatID}})
		again := hears(cu, "hello")
		if at(first, "event", "custom_id") == at(again, "event", "custom_id") {
			t.Error("both threads have the same custom_id")
		}
		// People's words are not the bot's business, nor are its own.
		ag := agent(t, srv, rtmtest.AgentToken)
		ag.ok("add_user_to_chat", object{"chat_id": chatID, "user_id": agent1, "user_type": "agent", "visibility": "all", "ignore_requester_presence": true})
		ag.ok("send_event", object{"chat_id": chatID, "event": message("ping")})
		cu.ok("send_event", object{"chat_id": chatID, "event": message("ping")})
		hears(cu, "ping")
		hears(cu, "pong")
	})
}

// TestBotPressedTwice sends a postback in both ways, as some clients do: it gets
// one answer.
func TestBotPressedTwice(t *testing.T) {
	seed := botSeed(
		rtmserver.BotRule{On: "start", Do: []rtmserver.BotAction{{Say: "which?", QuickReplies: []string{"a", "b"}}}},
		rtmserver.BotRule{On: "postback", Do: says("pressed")},
		rtmserver.BotRule{On: "message", Do: says("what?")},
	)
	inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		chatID, threadID := start(cu)
		id := at(cu.push("incoming_event"), "event", "id")
		press := func(toggled bool) {
			cu.ok("send_rich_message_postback", object{"chat_id": chatID, "thread_id": threadID, "event_id": id, "postback": object{"id": "a", "toggled": toggled}})
		}
		press(true)
		cu.ok("send_event", object{"chat_id": chatID, "event": object{"type": "message", "text": "a",
			"postback": object{"id": "a", "thread_id": threadID, "event_id": id, "type": "message", "value": "a"}}})
		hears(cu, "pressed")
		cu.ok("send_event", object{"chat_id": chatID, "event": message("x")})
		hears(cu, "what?")
		press(false)
		press(true)
		hears(cu, "pressed")
	})
}

// TestBotsDoNotLoop lets two bots hand a chat to each other, each with words.
func TestBotsDoNotLoop(t *testing.T) {
	seed := botSeed()
	seed.Organizations[0].Bots = []rtmserver.Bot{
		{ID: "one", Name: "One", Groups: []int{0}, Rules: []rtmserver.BotRule{
			{On: "start", Do: []rtmserver.BotAction{{Say: "one"}, {Transfer: &rtmserver.BotTransfer{Agent: "two"}}}}, {On: "message", Do: says("one hears")}}},
		{ID: "two", Name: "Two", Groups: []int{0}, Priority: "last", Rules: []rtmserver.BotRule{
			{On: "start", Do: []rtmserver.BotAction{{Say: "two"}, {Transfer: &rtmserver.BotTransfer{Agent: "one"}}}}, {On: "message", Do: says("two hears")}}},
	}
	inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		chatID, _ := start(cu)
		hears(cu, "one")
		hears(cu, "two")
		for {
			if to := cu.push("chat_transferred"); at(to, "transferred_to", "agent_ids", 0) == opaque("one") {
				break
			}
		}
		time.Sleep(time.Hour) // virtual
		if got := cu.actions(); slices.Contains(got, "chat_transferred") || slices.Contains(got, "user_added_to_chat") {
			t.Errorf("the chat moves on: %v", got)
		}
		cu.ok("send_event", object{"chat_id": chatID, "event": message("x")})
		hears(cu, "one hears")
	})
}

// TestBotStatus sets a bot offline: its chats go to others, and it comes back.
func TestBotStatus(t *testing.T) {
	seed := botSeed(rtmserver.BotRule{On: "start", Do: says("hello")})
	o := &seed.Organizations[0]
	o.Agents[1].LoginStatus = "not_accepting_chats"
	o.Agents = append(o.Agents, rtmserver.Agent{ID: "m@example.com", Tokens: []string{"m"}, LoginStatus: "not_accepting_chats", Scopes: []string{"agents--all:rw", "chats--all:rw"}},
		rtmserver.Agent{ID: "b@example.com", Tokens: []string{"b"}, LoginStatus: "not_accepting_chats", Scopes: []string{"agents-bot--all:rw"}})
	inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
		cu, two := customer(t, srv), agent(t, srv, rtmtest.Agent2Token)
		chatID, _ := start(cu)
		hears(cu, "hello")
		one := agent(t, srv, rtmtest.AgentToken)
		statuses := one.call("list_routing_statuses", object{})["payload"].([]any)
		for i, want := range []string{"accepting_chats", "not_accepting_chats", "offline", "offline", "accepting_chats"} {
			if at(statuses, i, "status") != want {
				t.Errorf("the statuses are %v", statuses)
			}
		}
		set := object{"agent_id": bot, "status": "offline"}
		two.fails("authorization", "set_routing_status", set)
		agent(t, srv, "m").fails("authorization", "set_routing_status", set)
		if got := agent(t, srv, "b").call("list_routing_statuses", object{})["payload"].([]any); len(got) != 1 || at(got, 0, "agent_id") != bot {
			t.Errorf("who may list bots alone gets %v", got)
		}
		agent(t, srv, "b").ok("set_routing_status", set)
		for got := one.push("routing_status_set"); got["agent_id"] != bot || got["status"] != "offline"; {
			got = one.push("routing_status_set")
		}
		added := cu.push("user_added_to_chat")
		if at(added, "user", "name") != "Ada Moreno" || added["chat_id"] != chatID {
			t.Errorf("the chat went to %v", added)
		}
		other := customer(t, srv)
		start(other)
		if got := at(other.push("incoming_chat"), "chat", "users", 1, "name"); got != "Ada Moreno" {
			t.Errorf("the other chat went to %v", got)
		}
		one.ok("set_routing_status", object{"agent_id": bot, "status": "accepting_chats"})
		third := customer(t, srv)
		start(third)
		hears(third, "hello")
	})
}

// TestBotAfterRestart ends a server while a bot types; the next one says it, and
// nothing that was said before.
func TestBotAfterRestart(t *testing.T) {
	log := rtmserver.NewMemoryLog()
	seed := botSeed(
		rtmserver.BotRule{On: "start", Do: says("hello")},
		rtmserver.BotRule{On: "message", Do: []rtmserver.BotAction{{Say: "first"}, {Tag: "x"}, {Say: "second", Typing: "1m"}}},
	)
	var token, chatID string
	inBubble(t, &rtmserver.Options{Seed: seed, Log: log}, func(t *testing.T, srv *rtmtest.Server) {
		token = srv.CustomerToken(t)
		cu := dialCustomer(t, srv)
		cu.ok("login", object{"token": "Bearer " + token})
		chatID, _ = start(cu)
		hears(cu, "hello")
		cu.ok("send_event", object{"chat_id": chatID, "event": message("x")})
		hears(cu, "first")
		cu.push("incoming_typing_indicator")
	})
	for i := range 2 {
		inBubble(t, &rtmserver.Options{Seed: seed, Log: log}, func(t *testing.T, srv *rtmtest.Server) {
			time.Sleep(time.Hour) // virtual
			cu := dialCustomer(t, srv)
			cu.ok("login", object{"token": "Bearer " + token})
			var said []string
			for _, e := range at(cu.ok("get_chat", object{"chat_id": chatID}), "thread", "events").([]any) {
				said = append(said, at(e, "text").(string))
			}
			if want := []string{"hello", "x", "first", "second"}; !slices.Equal(said, want) {
				t.Errorf("start %d: the thread is %v, not %v", i, said, want)
			}
		})
	}
}

// TestBotComesLater starts with a bot on a log that knows none.
func TestBotComesLater(t *testing.T) {
	log := rtmserver.NewMemoryLog()
	var chatID string
	inBubble(t, &rtmserver.Options{Log: log}, func(t *testing.T, srv *rtmtest.Server) {
		agent(t, srv, rtmtest.AgentToken)
		chatID, _ = start(customer(t, srv))
	})
	seed := botSeed(rtmserver.BotRule{On: "start", Do: says("hello")})
	for range 2 {
		inBubble(t, &rtmserver.Options{Seed: seed, Log: log}, func(t *testing.T, srv *rtmtest.Server) {
			cu := customer(t, srv)
			start(cu)
			hears(cu, "hello")
			time.Sleep(time.Minute) // virtual: the agent does not come back, and its chat goes to the bot
			ag := agent(t, srv, rtmtest.AgentToken)
			if got, want := said(ag, chatID), []string{"Chat assigned to Bot because Ada Moreno had lost internet connection", "hello"}; !slices.Equal(got, want) {
				t.Errorf("the thread is %q, not %q", got, want)
			}
		})
	}
}

// TestPriorities starts chats with agents of all priorities: a supervisor gets
// none, and the last one when the first are full.
func TestPriorities(t *testing.T) {
	seed := threeSeed()
	agents := seed.Organizations[0].Agents
	for i, priority := range []string{"last", "first", "supervisor"} {
		agents[i].Priorities = map[int]string{0: priority}
	}
	agents[1].MaxChats = 1
	inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
		for _, token := range []string{rtmtest.AgentToken, rtmtest.Agent2Token, agent3Token} {
			agent(t, srv, token)
		}
		for _, want := range []string{"Ben Okafor", "Ada Moreno", "Ada Moreno"} {
			cu := customer(t, srv)
			start(cu)
			if got := at(cu.push("incoming_chat"), "chat", "users", 1, "name"); got != want {
				t.Errorf("the chat went to %v, not %s", got, want)
			}
		}
	})
}

// said returns the texts of a chat's last thread.
func said(p *peer, chatID string) []string {
	p.t.Helper()
	var texts []string
	for _, e := range at(p.ok("get_chat", object{"chat_id": chatID}), "thread", "events").([]any) {
		text, _ := at(e, "text").(string)
		texts = append(texts, text)
	}
	return texts
}

// TestBotOnNodes has a customer on two nodes: the bot that both have acts once.
func TestBotOnNodes(t *testing.T) {
	seed := botSeed(
		rtmserver.BotRule{On: "start", Do: says("hello")},
		rtmserver.BotRule{On: "message", Do: []rtmserver.BotAction{{Say: "one", Typing: "5s"}, {Tag: "x"}, {Wait: "10s"}, {Say: "two"}}},
	)
	onNodes(t, rtmserver.Options{Seed: seed}, func(t *testing.T, one, two *rtmtest.Server) {
		token := "Bearer " + one.CustomerToken(t)
		cu, tab := dialCustomer(t, one), dialCustomer(t, two)
		cu.ok("login", object{"token": token})
		tab.ok("login", object{"token": token})
		settled()
		chatID, _ := start(tab, message("x"))
		time.Sleep(time.Minute) // virtual
		tab.ok("send_event", object{"chat_id": chatID, "event": message("y")})
		time.Sleep(time.Minute) // virtual
		if got, want := said(cu, chatID), []string{"x", "hello", "one", "two", "y", "one", "two"}; !slices.Equal(got, want) {
			t.Errorf("the thread is %v, not %v", got, want)
		}
		for _, p := range []*peer{cu, tab} {
			typed := 0
			for _, action := range p.actions() {
				if action == "incoming_typing_indicator" {
					typed++
				}
			}
			if typed != 2 {
				t.Errorf("the bot typed %d times for two messages", typed)
			}
		}
		// The node that leads for this customer goes away while the bot types.
		tab.ok("send_event", object{"chat_id": chatID, "event": message("z")})
		time.Sleep(time.Second) // virtual
		if err := one.RTM.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute) // virtual
		if got, want := said(tab, chatID)[7:], []string{"z", "one", "two"}; !slices.Equal(got, want) {
			t.Errorf("the thread goes on with %v, not %v", got, want)
		}
		same(t, two)
	})
}

// TestSeedOnNodes starts two nodes with a seed on one empty log.
func TestSeedOnNodes(t *testing.T) {
	onNodes(t, rtmserver.Options{Seed: shopSeed(t), Clock: rtmserver.NewClockAt(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))}, func(t *testing.T, one, two *rtmtest.Server) {
		same(t, one, two)
		cu := dialCustomer(t, two)
		if got := cu.ok("login", object{"token": "Bearer dal:cleo"}); len(got["chats"].([]any)) != 1 {
			t.Errorf("login gave %v", got)
		}
	})
}
