package model_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/model"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// chaos drives a host with inputs that a seed chooses: acts, pushes good and
// bad, answers and refusals in any order, broken connections, passing time.
type chaos struct {
	*host
	r     *rand.Rand
	n     int // events made so far
	rare  int // one step in so many takes the patch
	burst int // pushes in a burst
}

func (c *chaos) pick(from ...string) string { return from[c.r.IntN(len(from))] }

func (c *chaos) chatID() string {
	if c.s.API() == session.Customer && c.r.IntN(8) > 0 {
		return "C"
	}
	return c.pick("C", "D", "E")
}

func (c *chaos) event() string {
	n := c.r.IntN(60)
	if c.r.IntN(3) > 0 {
		c.n++
		n = c.n
	}
	ev := message("T_"+strconv.Itoa(n), c.pick("me", "bob", "ann"), "m"+strconv.Itoa(n), c.n-c.r.IntN(4))
	if c.r.IntN(20) == 0 {
		ev = c.pick(`null`, `{"id":""}`, `{"id":"x","created_at":"x"}`, `[]`)
	}
	return ev
}

func (c *chaos) thread() string {
	n := c.n/20 + c.r.IntN(2)
	return thread("T"+strconv.Itoa(n), n*20, c.r.IntN(3) > 0, c.event(), c.event())
}

func (c *chaos) users() string {
	return `[{"id":"me","name":"` + c.pick("A", "B") + `","type":"x","present":true},{"id":"` + c.pick("bob", "ann") + `","type":"agent","present":` + c.pick("true", "false") + `}]`
}

func (c *chaos) chat() string {
	return `{"id":"` + c.chatID() + `","users":` + c.users() + `,"thread":` + c.thread() + `}`
}

func (c *chaos) randomPush() {
	id := `"chat_id":"` + c.chatID() + `","thread_id":"T` + strconv.Itoa(c.n/20) + `"`
	who := c.pick("me", "bob", "ann")
	pushes := [][2]string{
		{"incoming_event", `{` + id + `,"event":` + c.event() + `}`},
		{"incoming_event", `{` + id + `,"event":` + c.event() + `}`},
		{"event_updated", `{` + id + `,"event":` + c.event() + `}`},
		{"event_deleted", `{` + id + `,"event_id":"T_` + strconv.Itoa(c.r.IntN(60)) + `"}`},
		{"incoming_chat", `{"chat":` + c.chat() + `}`},
		{"chat_deactivated", `{` + id + `}`},
		{"chat_transferred", `{` + id + `,"queue":{"position":1,"wait_time":2}}`},
		{"user_added_to_chat", `{` + id + `,"user":{"id":"` + who + `","type":"agent","present":true}}`},
		{"user_removed_from_chat", `{` + id + `,"user_id":"` + who + `"}`},
		{"events_marked_as_seen", `{` + id + `,"user_id":"` + who + `","seen_up_to":"` + at(c.n-c.r.IntN(5)) + `"}`},
		{"incoming_typing_indicator", `{` + id + `,"typing_indicator":{"author_id":"` + who + `","is_typing":` + c.pick("true", "false") + `}}`},
		{"incoming_sneak_peek", `{` + id + `,"sneak_peek":{"author_id":"` + who + `","text":"` + c.pick("", "a", "ab") + `"}}`},
		{"queue_position_updated", `{` + id + `,"queue":{"position":3,"wait_time":4}}`},
		{"queue_positions_updated", `[{` + id + `,"queue":{"position":5,"wait_time":6}}]`},
		{"groups_status_updated", `{"groups":[{"id":` + c.pick("0", "1") + `,"status":"` + c.pick("online", "offline", "online_for_queue") + `"}]}`},
		{"incoming_greeting", `{"id":7,"unique_id":"` + c.pick("g", "h") + `","displayed_first_time":true,"event":{"type":"message","text":"hi"},"agent":{"id":"bob"}}`},
		{c.pick("greeting_accepted", "greeting_canceled"), `{"unique_id":"` + c.pick("g", "h") + `"}`},
		{"event_properties_updated", `{` + id + `,"event_id":"T_` + strconv.Itoa(c.r.IntN(60)) + `","properties":{"a":{"b":1,"` + c.pick("c", "d") + `":2}}}`},
		{"event_properties_deleted", `{` + id + `,"event_id":"T_` + strconv.Itoa(c.r.IntN(60)) + `","properties":{"a":["` + c.pick("b", "c") + `"]}}`},
		{"thread_properties_updated", `{` + id + `,"properties":{"rating":{"score":` + c.pick("0", "1") + `,"comment":"x"}}}`},
		{"thread_properties_deleted", `{` + id + `,"properties":{"rating":["` + c.pick("score", "comment") + `"]}}`},
		{"incoming_thinking_indicator", `{` + id + `,"author_id":"` + who + `","sent_at":"` + at(0) + `","title":"` + c.pick("", "reads") + `"}`},
		{"customer_updated", `{"id":"` + who + `","name":"` + c.pick("X", "Y") + `"}`},
	}
	p := pushes[c.r.IntN(len(pushes))]
	c.push(p[0], p[1])
}

// key picks an item that was not sent.
func (c *chaos) key() (chatID, key string) {
	var s state
	if err := json.Unmarshal(c.m.Snapshot(), &s); err != nil {
		c.t.Fatal(err)
	}
	var keys [][2]string
	for _, x := range s.Chats {
		for _, it := range x.Timeline {
			if it.State != "sent" {
				keys = append(keys, [2]string{x.ID, it.Key})
			}
		}
	}
	if len(keys) == 0 {
		return "", "none"
	}
	k := keys[c.r.IntN(len(keys))]
	return k[0], k[1]
}

func (c *chaos) randomAct() {
	name := c.pick("send", "send", "send", "seen", "close", "retry", "retry", "discard", "start", "sneak_peek", "open", "typing", "update_customer",
		"older", "older", "recent", "dismiss", "rate", "form", "form_cancel", "submit", "greeting_accept", "greeting_cancel",
		"upload", "upload_progress", "upload_done", "upload_failed")
	id := c.pick("", c.chatID())
	key := ""
	switch name {
	case "retry", "discard", "upload_progress", "upload_done", "upload_failed":
		id, key = c.key()
	case "upload":
		c.n++
		key = "file" + strconv.Itoa(c.n)
	}
	args := fmt.Sprintf(`{"chat_id":%q,"key":%q,"text":"x%d","is_typing":%s,"name":"N","size":9,"sent":%d,"url":"u","score":%s,"type":%q,"form_id":"F","fields":[{"type":"name","id":"0","label":"L","answer":"A"}]}`,
		id, key, c.n, c.pick("true", "false"), c.r.IntN(9), c.pick("null", "0", "1"), c.pick("prechat", "postchat", "ticket"))
	_ = c.m.Act(c.now, name, []byte(args)) // refusing is fine; what it must not do shows below
	c.drain()
}

// answerOne settles one of the open requests, any of them.
func (c *chaos) answerOne(kind int) {
	if len(c.open) == 0 {
		return
	}
	r := c.open[c.r.IntN(len(c.open))]
	if kind == 0 && r.Action != "login" {
		c.refuse(r.Action, c.pick("chat_inactive", "chat_already_active", "chat_limit_reached", "internal", "validation"))
		return
	}
	r = c.take(r.Action)
	var p struct {
		ChatID string `json:"chat_id"`
		Chat   struct{ ID string }
	}
	if err := json.Unmarshal(r.Payload, &p); err != nil {
		c.t.Fatal(err)
	}
	c.n++
	id := "T_" + strconv.Itoa(1000+c.n)
	t := `"thread_id":"T` + strconv.Itoa(c.n/20) + `"`
	push := func(chatID string) {
		switch ev := echo(r.Payload, id, c.n); {
		case ev == "":
		case r.Action == "send_event":
			c.push("incoming_event", `{"chat_id":"`+chatID+`",`+t+`,"event":`+ev+`}`)
		default:
			c.push("incoming_chat", `{"chat":{"id":"`+chatID+`","users":`+c.users()+`,"thread":`+thread("T"+strconv.Itoa(c.n/20), c.n, true, ev)+`}}`)
		}
	}
	answer := `{}`
	chatID := p.ChatID
	switch r.Action {
	case "login":
		answer = strings.Replace(customerLogin, `"chats":[]`, `"chats":[{"chat_id":"C"}]`, c.r.IntN(2))
		if c.s.API() == session.Agent {
			answer = agentLogin
		}
	case "list_threads":
		answer = `{"threads":[` + c.thread() + `,` + c.thread() + `]` + c.pick(``, `,"next_page_id":"p"`) + `}`
	case "get_form":
		answer = c.pick(`{"enabled":false}`, `{"enabled":true,"form":{"id":"F","fields":[]}}`)
	case "get_chat":
		answer = strings.Replace(c.chat(), `"id":"C"`, `"id":"`+chatID+`"`, 1)
	case "send_event":
		answer = `{"event_id":"` + id + `"}`
	case "start_chat":
		chatID = "C"
		answer = `{"chat_id":"C",` + t + `,"event_ids":["` + id + `"]}`
	case "resume_chat":
		chatID = p.Chat.ID
		answer = `{` + t + `,"event_ids":["` + id + `"]}`
	}
	sends := r.Action == "send_event" || r.Action == "start_chat" || r.Action == "resume_chat"
	order := c.r.IntN(3) // push first, response first, response alone
	if sends && order == 0 {
		push(chatID)
	}
	if r.Action != "login" && c.r.IntN(30) == 0 {
		answer = c.pick(`{}`, `null`, `[]`, `{"threads":{}}`)
	}
	c.reply(r, answer)
	if sends && order == 1 {
		push(chatID)
	}
}

func (c *chaos) step() {
	switch k := c.r.IntN(100); {
	case k < 35:
		c.randomPush()
	case k < 60:
		c.randomAct()
	case k < 88:
		c.answerOne(c.r.IntN(5))
	case k < 90:
		c.cut()
	case k < 97:
		c.pass(time.Duration(c.r.IntN(3000)) * time.Millisecond)
	case k < 98:
		c.pass(20 * time.Second)
	default:
		for i := range c.burst { // so many changes that a reset is shorter
			c.push(c.pick("incoming_event", "event_updated"), `{"chat_id":"C","thread_id":"T","event":`+message("burst", "bob", strconv.Itoa(i), 5)+`}`)
		}
	}
	c.oneAtATime()
	if c.r.IntN(c.rare) == 0 {
		c.check()
		c.sane()
	}
}

// oneAtATime fails when two sends are on their way in one chat.
func (c *chaos) oneAtATime() {
	seen := map[string]bool{}
	for _, r := range c.open {
		var p struct {
			ChatID string `json:"chat_id"`
			Chat   struct{ ID string }
		}
		if c.now.Sub(r.at) >= 15*time.Second { // given up by the session
			continue
		}
		if r.Action != "send_event" && r.Action != "start_chat" && r.Action != "resume_chat" {
			continue
		}
		if !bytes.Contains(r.Payload, []byte(`"custom_id"`)) { // starts a chat and says nothing
			continue
		}
		if err := json.Unmarshal(r.Payload, &p); err != nil {
			c.t.Fatal(err)
		}
		if id := p.ChatID + p.Chat.ID; seen[id] {
			c.t.Fatalf("two sends on their way in %q: %v", id, c.actions())
		} else {
			seen[id] = true
		}
	}
}

// sane checks what holds for every state.
func (c *chaos) sane() {
	c.t.Helper()
	c.allStored()
	for _, x := range c.mirror.Chats {
		keys := map[string]bool{}
		if n := len(x.Timeline); c.opts.Items > 0 && n > 5*c.opts.Items+c.unsent(x) {
			c.t.Fatalf("%d items in %s", n, x.ID)
		}
		last, unsent := "", false
		for _, it := range x.Timeline {
			if keys[it.Key] {
				c.t.Fatalf("key %s twice in %s", it.Key, x.ID)
			}
			keys[it.Key] = true
			if it.State != "sent" {
				unsent = true
				continue
			}
			var ev struct {
				CreatedAt string `json:"created_at"`
			}
			if err := json.Unmarshal(it.Event, &ev); err != nil {
				c.t.Fatal(err)
			}
			if unsent {
				c.t.Fatalf("a sent item behind unsent ones in %s", x.ID)
			}
			if ev.CreatedAt < last {
				c.t.Fatalf("%s before %s in %s", last, ev.CreatedAt, x.ID)
			}
			last = ev.CreatedAt
		}
	}
}

func (c *chaos) unsent(x *chat) (n int) {
	for _, it := range x.Timeline {
		if it.State != "sent" {
			n++
		}
	}
	return n
}

// allStored fails when a restart would lose something that was not sent, or
// bring back something that was.
func (c *chaos) allStored() {
	c.t.Helper()
	if c.s.State() == session.Stopped {
		return
	}
	want := map[string]int{}
	for _, x := range c.mirror.Chats {
		for _, it := range x.Timeline {
			if it.State != "sent" && it.Upload == nil {
				want[it.Key] = 1
			}
		}
	}
	for key, value := range c.stored {
		var e struct {
			Event   struct{ Custom_id string }
			Payload struct {
				Event struct{ Custom_id string }
				Chat  struct {
					Thread struct{ Events []struct{ Custom_id string } }
				}
			}
		}
		if err := json.Unmarshal([]byte(value), &e); err != nil {
			c.t.Fatal(err)
		}
		id := e.Event.Custom_id + e.Payload.Event.Custom_id
		if strings.HasPrefix(key, "item:") && want[id] == 0 {
			c.t.Fatalf("%s is stored and was sent", value)
		}
		if events := e.Payload.Chat.Thread.Events; len(events) > 0 {
			id = events[0].Custom_id
		}
		delete(want, id)
	}
	if len(want) > 0 {
		c.t.Fatalf("%v are not stored", want)
	}
}

func runChaos(t testing.TB, api session.API, seed uint64, n int) *chaos {
	login := customerLogin
	if api == session.Agent {
		login = agentLogin
	}
	login = strings.Replace(login, `"__priv_dynamic_config":{}`, `"__priv_dynamic_config":{"online_groups_ids":[0],"customer_groups":{"monitoring":{"id":0}}}`, 1)
	opts := &model.Options{Store: true}
	if seed%2 == 1 {
		opts.Threads, opts.Items = 2, 20
	}
	c := &chaos{host: newHostWith(t, api, login, opts), r: rand.New(rand.NewPCG(seed, 1)), rare: 8, burst: 3}
	if seed%4 == 3 {
		c.rare, c.burst = 200, 1500
	}
	c.lazy = true
	for range n {
		c.step()
	}
	c.check()
	return c
}

// steps returns n, and a tenth of it where the same steps take nine times as
// long: there they only have to show that the code runs alike.
func steps(n int) int {
	if runtime.GOARCH == "wasm" {
		return n / 10
	}
	return n
}

func TestMirrorEqualsSnapshot(t *testing.T) {
	for _, api := range []session.API{session.Customer, session.Agent} {
		for seed := range uint64(8) {
			t.Run(fmt.Sprintf("%s/%d", api, seed), func(t *testing.T) {
				t.Parallel()
				c := runChaos(t, api, seed, steps(800))
				reset := bytes.Contains(c.trace, []byte(`{"op":"reset"`))
				// A tenth of the steps does not fill a large burst.
				if large := c.burst > 100; reset && !large || large && !reset && steps(800) == 800 {
					t.Errorf("a reset: %v, with bursts of %d", reset, c.burst)
				}
				c.settle()
			})
		}
	}
}

func TestSameInputsSamePatches(t *testing.T) {
	for _, api := range []session.API{session.Customer, session.Agent} {
		a, b := runChaos(t, api, 99, steps(500)), runChaos(t, api, 99, steps(500))
		if !bytes.Equal(a.trace, b.trace) || !bytes.Equal(a.m.Snapshot(), b.m.Snapshot()) {
			t.Errorf("%s: the same inputs gave different patches", api)
		}
	}
}

// settle lets the server answer everything and fails when something stays
// pending.
func (c *chaos) settle() {
	c.t.Helper()
	for i := 0; len(c.open) > 0 || c.s.State() != session.Live; i++ {
		if i > 10000 {
			c.t.Fatalf("%s, and there is no end to %v", c.s.State(), c.actions())
		}
		if len(c.open) == 0 {
			c.pass(time.Minute)
		}
		c.answerOne(1)
	}
	c.check()
	for _, x := range c.mirror.Chats {
		if i := slices.IndexFunc(x.Timeline, func(it item) bool { return it.State == "pending" && it.Upload == nil }); i >= 0 {
			c.t.Errorf("%q stays pending in %q", x.Timeline[i].Event, x.ID)
		}
	}
}
