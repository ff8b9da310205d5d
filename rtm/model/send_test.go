package model_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// chatPush is the incoming_chat push that the request causes.
func chatPush(r request, id, threadID string, n int) string {
	var events []string
	if ev := echo(r.Payload, threadID+"_1", n); ev != "" {
		events = append(events, ev)
	}
	return `{"requester_id":"me","chat":{"id":"` + id + `","users":` + customerUsers + `,"thread":` + thread(threadID, n, true, events...) + `}}`
}

func TestStartChat(t *testing.T) {
	for _, order := range []string{"push first", "response first", "response alone"} {
		t.Run(order, func(t *testing.T) {
			h := newHost(t, session.Customer, customerLogin)
			h.act("send", `{"text":"one"}`)
			h.act("send", `{"text":"two"}`)
			h.act("send", `{"chat_id":"","text":"three"}`)
			h.want("", "pending one", "pending two", "pending three")
			if !h.mirror.chat("").Active {
				t.Error("a chat that is being started is not active")
			}
			keys := keysOf(h.mirror.chat(""))
			if got := h.actions(); !slices.Equal(got, []string{"start_chat"}) {
				t.Fatalf("requests %v, want one start_chat", got)
			}
			r := h.take("start_chat")
			if !strings.Contains(string(r.Payload), `"continuous":true`) {
				t.Errorf("start_chat is not continuous: %s", r.Payload)
			}
			response := `{"chat_id":"C","thread_id":"T","event_ids":["T_1"]}`
			switch order {
			case "push first":
				h.push("incoming_chat", chatPush(r, "C", "T", 1))
				h.want("C", "sent one", "pending two", "pending three")
				if len(h.open) != 0 {
					t.Fatalf("%v went out before start_chat was answered", h.actions())
				}
				h.reply(r, response)
			case "response first":
				h.reply(r, response)
				h.want("C", "sent one", "pending two", "pending three")
				h.push("incoming_chat", chatPush(r, "C", "T", 1))
			default:
				h.reply(r, response)
			}
			if h.mirror.chat("") != nil {
				t.Error("the draft is still there")
			}
			for i, text := range []string{"two", "three"} {
				if got := h.actions(); !slices.Equal(got, []string{"send_event"}) {
					t.Fatalf("requests %v, want one send_event", got)
				}
				r = h.take("send_event")
				if s := string(r.Payload); !strings.Contains(s, text) || !strings.Contains(s, `"chat_id":"C"`) {
					t.Fatalf("payload %s, want %s to C", s, text)
				}
				id := "T_" + string(rune('2'+i))
				h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+echo(r.Payload, id, 2+i)+`}`)
				h.reply(r, `{"event_id":"`+id+`"}`)
			}
			h.want("C", "sent one", "sent two", "sent three")
			if got := keysOf(h.mirror.chat("C")); !slices.Equal(got, keys) {
				t.Errorf("keys changed from %v to %v", keys, got)
			}
			if c := h.mirror.chat("C"); !c.Active || c.ThreadID != "T" || c.Unread != 0 || !c.Loaded {
				t.Errorf("chat %+v", c)
			}
		})
	}
}

func keysOf(c *chat) (keys []string) {
	for _, it := range c.Timeline {
		keys = append(keys, it.Key)
	}
	return keys
}

func TestStartChatRefused(t *testing.T) {
	h := newHost(t, session.Customer, customerLogin)
	h.act("send", `{"text":"one"}`)
	h.refuse("start_chat", "validation")
	h.want("", "failed one validation")
	key := h.mirror.chat("").Timeline[0].Key
	h.act("send", `{"text":"two"}`)
	h.answer("start_chat", `{"chat_id":"C","thread_id":"T","event_ids":["T_1"]}`)
	h.want("C", "sent two", "failed one validation")
	h.act("retry", `{"chat_id":"","key":"`+key+`"}`)
	if p := h.answer("send_event", `{"event_id":"T_2"}`); !strings.Contains(p, key) {
		t.Errorf("retry changed the custom_id: %s", p)
	}
	h.want("C", "sent two", "sent one")
}

func TestDiscardLeavesNoDraft(t *testing.T) {
	h := newHost(t, session.Customer, customerLogin)
	h.act("send", `{"text":"one"}`)
	h.refuse("start_chat", "groups_offline")
	h.act("discard", `{"chat_id":"","key":"`+h.mirror.chat("").Timeline[0].Key+`"}`)
	if len(h.mirror.Chats) != 0 {
		t.Errorf("chats %+v, want none", h.mirror.Chats)
	}
}

func TestChatLimitReached(t *testing.T) {
	h := newHost(t, session.Customer, customerLogin)
	h.act("send", `{"text":"one"}`)
	r := h.take("start_chat")
	h.push("incoming_chat", `{"chat":{"id":"C","users":`+customerUsers+`,"thread":`+thread("T", 0, true)+`}}`) // another tab was faster
	h.open = append(h.open, r)
	h.refuse("start_chat", "chat_limit_reached")
	h.want("C", "pending one")
	h.answer("send_event", `{"event_id":"T_1"}`)
	h.want("C", "sent one")
}

func TestSend(t *testing.T) {
	t.Run("push, then response", func(t *testing.T) {
		h := newCustomer(t)
		h.act("send", `{"chat_id":"C","text":"hi"}`)
		r := h.take("send_event")
		h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+echo(r.Payload, "T_2", 2)+`}`)
		h.reply(r, `{"event_id":"T_2"}`)
		h.want("C", "sent hello", "sent hi")
	})
	t.Run("push without the custom id", func(t *testing.T) {
		h := newCustomer(t)
		h.act("send", `{"chat_id":"C","text":"hi"}`)
		h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+message("T_2", "me", "hi", 2)+`}`)
		key := h.mirror.chat("C").Timeline[2].Key
		h.answer("send_event", `{"event_id":"T_2"}`)
		h.want("C", "sent hello", "sent hi")
		if got := h.mirror.chat("C").Timeline[1].Key; got != key {
			t.Errorf("key %s, want %s", got, key)
		}
	})
	t.Run("response moves into its place", func(t *testing.T) {
		h := newCustomer(t)
		h.act("send", `{"text":"hi"}`)
		r := h.take("send_event")
		h.reply(r, `{"event_id":"T_2"}`)
		h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+message("T_3", "bob", "later", 3)+`}`)
		h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+echo(r.Payload, "T_2", 2)+`}`)
		h.want("C", "sent hello", "sent hi", "sent later")
	})
	t.Run("somebody else's use of my custom id", func(t *testing.T) {
		h := newCustomer(t)
		h.act("send", `{"text":"hi"}`)
		r := h.take("send_event")
		forged := strings.Replace(echo(r.Payload, "T_2", 2), `"author_id":"me"`, `"author_id":"bob"`, 1)
		h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+forged+`}`)
		h.want("C", "sent hello", "sent hi", "pending hi")
	})
	t.Run("failure, retry in order", func(t *testing.T) {
		h := newCustomer(t)
		for _, text := range []string{"a", "b", "c"} {
			h.act("send", `{"text":"`+text+`"}`)
		}
		h.refuse("send_event", "authorization")
		h.want("C", "sent hello", "failed a authorization", "pending b", "pending c")
		h.act("retry", `{"chat_id":"C","key":"`+h.mirror.chat("C").Timeline[1].Key+`"}`)
		h.want("C", "sent hello", "pending a", "pending b", "pending c")
		var order []string
		for i := range 3 {
			r := h.take("send_event")
			var p struct{ Event struct{ Text string } }
			if err := json.Unmarshal(r.Payload, &p); err != nil {
				t.Fatal(err)
			}
			order = append(order, p.Event.Text)
			h.reply(r, `{"event_id":"T_`+string(rune('2'+i))+`"}`)
		}
		if !slices.Equal(order, []string{"b", "a", "c"}) {
			t.Errorf("sent in order %v", order)
		}
	})
	t.Run("no answer", func(t *testing.T) {
		h := newCustomer(t)
		h.act("send", `{"text":"hi"}`)
		h.pass(16 * time.Second)
		h.want("C", "sent hello", "pending hi")
		h.answer("list_threads", `{"threads":[`+thread("T", 0, true, message("T_1", "bob", "hello", 1))+`]}`) // the session looks whether it arrived
		h.take("send_event")                                                                                  // the first attempt
		h.answer("send_event", `{"event_id":"T_2"}`)
		h.want("C", "sent hello", "sent hi")
	})
}

func TestResume(t *testing.T) {
	h := newCustomer(t)
	h.push("chat_deactivated", `{"chat_id":"C","thread_id":"T","user_id":"bob"}`)
	if h.mirror.chat("C").Active {
		t.Fatal("still active")
	}
	h.act("send", `{"chat_id":"C","text":"again"}`)
	h.act("send", `{"chat_id":"C","text":"and more"}`)
	r := h.take("resume_chat")
	for _, part := range []string{`"id":"C"`, `"continuous":true`, `"text":"again"`} {
		if !strings.Contains(string(r.Payload), part) {
			t.Errorf("resume_chat %s lacks %s", r.Payload, part)
		}
	}
	h.reply(r, `{"thread_id":"U","event_ids":["U_1"]}`)
	h.want("C", "sent hello", "sent again", "pending and more")
	h.push("incoming_chat", chatPush(r, "C", "U", 60))
	h.answer("send_event", `{"event_id":"U_2"}`)
	h.want("C", "sent hello", "sent again", "sent and more")
	if c := h.mirror.chat("C"); !c.Active || c.ThreadID != "U" || c.Timeline[1].ThreadID != "U" {
		t.Errorf("chat %+v", c)
	}
}

// The push of a resumed thread may come after the response and even after the
// thread's end.
func TestResumedAndClosed(t *testing.T) {
	h := newCustomer(t)
	h.push("chat_deactivated", `{"chat_id":"C","thread_id":"T"}`)
	h.act("send", `{"text":"again"}`)
	r := h.take("resume_chat")
	h.reply(r, `{"thread_id":"U","event_ids":["U_1"]}`)
	h.push("chat_deactivated", `{"chat_id":"C","thread_id":"U"}`)
	h.push("incoming_chat", chatPush(r, "C", "U", 60))
	h.want("C", "sent hello", "sent again")
	if h.mirror.chat("C").Active {
		t.Error("a closed thread was opened again")
	}
}

func TestServerKnowsBetter(t *testing.T) {
	t.Run("chat_inactive", func(t *testing.T) {
		h := newCustomer(t)
		h.act("send", `{"text":"hi"}`)
		h.refuse("send_event", "chat_inactive")
		h.want("C", "sent hello", "pending hi")
		h.refuse("resume_chat", "chat_already_active") // and no way back: once is enough
		h.want("C", "sent hello", "failed hi chat_already_active")
	})
	t.Run("chat_already_active", func(t *testing.T) {
		h := newCustomer(t)
		h.push("chat_deactivated", `{"chat_id":"C","thread_id":"T"}`)
		h.act("send", `{"text":"hi"}`)
		h.refuse("resume_chat", "chat_already_active")
		h.answer("send_event", `{"event_id":"U_9"}`)
		h.want("C", "sent hello", "sent hi")
	})
	t.Run("agent", func(t *testing.T) {
		h := newHost(t, session.Agent, agentLogin)
		h.act("send", `{"chat_id":"C","text":"hi"}`)
		h.refuse("send_event", "chat_inactive")
		h.want("C", "sent three", "failed hi chat_inactive")
		if h.mirror.chat("C").Active {
			t.Error("still active")
		}
	})
}

func TestStartAgain(t *testing.T) {
	h := newHost(t, session.Customer, customerLogin)
	h.act("start", `{}`)
	h.act("start", ``)
	if got := h.actions(); !slices.Equal(got, []string{"start_chat"}) {
		t.Fatalf("requests %v", got)
	}
	h.act("send", `{"text":"hi"}`)
	r := h.take("start_chat")
	h.push("incoming_chat", chatPush(r, "C", "T", 1))
	h.reply(r, `{"chat_id":"C","thread_id":"T"}`)
	h.want("C", "pending hi")
	h.answer("send_event", `{"event_id":"T_2"}`)
	h.act("start", `{}`)
	if len(h.open) != 0 {
		t.Fatalf("an active chat is started again: %v", h.actions())
	}
	h.act("close", `{"chat_id":"C"}`)
	h.answer("deactivate_chat", `{}`)
	h.act("start", `{}`)
	h.answer("resume_chat", `{"thread_id":"U"}`)
	if c := h.mirror.chat("C"); !c.Active || c.ThreadID != "U" {
		t.Errorf("chat %+v", c)
	}
}

func TestStartRefused(t *testing.T) {
	h := newHost(t, session.Customer, customerLogin)
	h.act("start", `{}`)
	h.refuse("start_chat", "limit_reached")
	if len(h.mirror.Chats) != 0 || h.mirror.Error == nil || *h.mirror.Error != (failure{"start", "limit_reached", "no"}) {
		t.Errorf("chats %v, error %+v", h.mirror.Chats, h.mirror.Error)
	}
}

func TestOffline(t *testing.T) {
	const login = `{"customer":{"id":"me","name":"Ann"},"has_active_thread":true,"chats":[{"chat_id":"C","has_unread_events":true}]}`
	h := newCustomer(t)
	h.act("send", `{"text":"sent"}`)
	key := h.mirror.chat("C").Timeline[1].Key
	h.act("send", `{"text":"kept"}`)
	r := h.take("send_event")
	h.cut()
	h.want("C", "sent hello", "pending sent", "pending kept")
	h.act("send", `{"text":"typed offline"}`)
	if c := h.mirror.Connection; c.State != "waiting" || c.RetryAt == nil || !c.Stale {
		t.Errorf("connection %+v", c)
	}
	h.reconnect()
	h.answer("login", login)
	if c := h.mirror.Connection; c.State != "syncing" || !c.Stale {
		t.Errorf("connection %+v", c)
	}
	if got := h.actions(); !slices.Equal(got, []string{"list_threads"}) {
		t.Fatalf("requests %v: what was missed comes first", got)
	}
	threads := `{"threads":[` + thread("T", 0, true, message("T_1", "bob", "hello", 1), echo(r.Payload, "T_2", 2), message("T_3", "bob", "missed", 3)) + `],"found_threads":1}`
	h.answer("list_threads", threads)
	if c := h.mirror.Connection; c.State != "live" || c.Stale {
		t.Errorf("connection %+v", c)
	}
	h.want("C", "sent hello", "sent sent", "sent missed", "pending kept", "pending typed offline")
	if c := h.mirror.chat("C"); c.Timeline[1].Key != key || c.Timeline[1].Recovered || !c.Timeline[2].Recovered {
		t.Errorf("timeline %+v", c.Timeline)
	}
	for range 2 { // the session looks for the message, the model reads what else has changed
		h.answer("list_threads", threads)
	}
	h.answer("send_event", `{"event_id":"T_4"}`)
	h.answer("send_event", `{"event_id":"T_5"}`)
	h.want("C", "sent hello", "sent sent", "sent missed", "sent kept", "sent typed offline")
}

func TestBeforeLogin(t *testing.T) {
	h := newHost(t, session.Customer, "")
	h.act("send", `{"text":"early"}`)
	if got := h.actions(); !slices.Equal(got, []string{"login"}) {
		t.Fatalf("requests %v", got)
	}
	h.answer("login", `{"customer":{"id":"me"},"has_active_thread":true,"chats":[{"chat_id":"C"}]}`)
	h.want("C", "pending early")
	h.answer("send_event", `{"event_id":"T_1"}`)
	h.want("C", "sent early")
}

func TestStartBeforeLogin(t *testing.T) {
	h := newHost(t, session.Customer, "")
	h.act("start", `{}`)
	h.answer("login", `{"customer":{"id":"me"},"has_active_thread":false,"chats":[{"chat_id":"C"}]}`)
	h.answer("resume_chat", `{"thread_id":"T"}`) // the chat that there is, not a second one
	if len(h.mirror.Chats) != 1 || !h.mirror.chat("C").Active {
		t.Errorf("chats %+v", h.mirror.Chats)
	}
}

func TestStopped(t *testing.T) {
	h := newCustomer(t)
	h.act("send", `{"text":"flying"}`)
	h.act("send", `{"text":"waiting"}`)
	h.s.Stop(h.now)
	h.drain()
	h.act("send", `{"text":"late"}`)
	h.want("C", "sent hello", "failed flying closed", "failed waiting closed", "failed late closed")
	if h.mirror.Connection.State != "stopped" || h.mirror.Connection.Reason != "closed" {
		t.Errorf("connection %+v", h.mirror.Connection)
	}
	for _, it := range h.mirror.Chats[0].Timeline[1:] {
		if it.Error.Message != "the connection is closed" {
			t.Errorf("%s failed with %+v", it.Event, it.Error)
		}
	}
}

func TestLoginOfAnother(t *testing.T) {
	h := newCustomer(t)
	h.act("send", `{"text":"private"}`)
	h.cut()
	h.reconnect()
	h.answer("login", `{"customer":{"id":"you","name":"Zoe"},"has_active_thread":false,"chats":[]}`)
	if len(h.mirror.Chats) != 0 || h.mirror.Me.ID != "you" {
		t.Errorf("state %+v", h.mirror.state)
	}
}

func TestChatGoneAfterLogin(t *testing.T) {
	h := newCustomer(t)
	h.cut()
	h.act("send", `{"text":"kept"}`)
	h.reconnect()
	h.relogin(customerLogin)
	h.want("", "pending kept")
	h.answer("start_chat", `{"chat_id":"D","thread_id":"T","event_ids":["T_1"]}`)
	h.want("D", "sent kept")
	if len(h.mirror.Chats) != 1 {
		t.Errorf("%d chats", len(h.mirror.Chats))
	}
}

func TestPostback(t *testing.T) {
	h := newHost(t, session.Customer, customerLogin)
	h.act("send", `{"text":"Yes","postback":{"id":"yes","thread_id":"T","event_id":"T_1"}}`)
	if r := h.take("start_chat"); !strings.Contains(string(r.Payload), `"postback":{"id":"yes","thread_id":"T","event_id":"T_1"}`) {
		t.Errorf("the request has no postback: %s", r.Payload)
	}
	if err := h.m.Act(h.now, "send", []byte(`{"text":"Yes","postback":"yes"}`)); err == nil || !strings.Contains(err.Error(), "postback must be an object") {
		t.Errorf("a postback that is a string: %v", err)
	}
}
