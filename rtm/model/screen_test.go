package model_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

func TestAvailability(t *testing.T) {
	h := newHost(t, session.Customer, `{"customer":{"id":"me"},"chats":[],"__priv_dynamic_config":{"online_groups_ids":[3,1],"customer_groups":{"monitoring":{"id":3}}}}`)
	want := func(s string) {
		t.Helper()
		if string(h.mirror.Availability) != s {
			t.Errorf("availability %s, want %s", h.mirror.Availability, s)
		}
	}
	want(`{"status":"online","group":3,"groups":{"1":"online","3":"online"}}`)
	h.push("groups_status_updated", `{"groups":[{"id":3,"status":"online_for_queue"},{"id":2,"status":"offline"},{"id":"x"}]}`)
	want(`{"status":"online_for_queue","group":3,"groups":{"1":"online","2":"offline","3":"online_for_queue"}}`)
	if n := h.m.Stats().Ignored; n != 1 {
		t.Errorf("%d ignored", n)
	}
	h.cut()
	h.reconnect()
	h.relogin(`{"customer":{"id":"me"},"chats":[],"__priv_dynamic_config":{"customer_groups":{"monitoring":{"id":3}}}}`)
	want(`{"status":"offline","group":3,"groups":{}}`)
}

func TestGreeting(t *testing.T) {
	greeting := func(id string) string {
		return `{"id":7,"unique_id":"` + id + `","displayed_first_time":true,"event":{"type":"message","text":"Hi?"},"agent":{"id":"bob","name":"Bob"}}`
	}
	h := newHost(t, session.Customer, `{"customer":{"id":"me"},"chats":[],"greeting":`+greeting("g1")+`}`)
	id := func() string {
		var g struct {
			ID       string `json:"unique_id"`
			Accepted bool
		}
		if err := json.Unmarshal(h.mirror.Greeting, &g); err != nil {
			t.Fatal(err)
		}
		if g.Accepted {
			g.ID += " accepted"
		}
		return g.ID
	}
	h.act("greeting_accept", `{}`)
	h.act("greeting_accept", `{}`)
	if p := h.answer("accept_greeting", `{}`); p != `{"greeting_id":7,"unique_id":"g1"}` || id() != "g1 accepted" || len(h.open) != 0 {
		t.Errorf("accept_greeting %s, greeting %s, open %v", p, id(), h.actions())
	}
	h.push("greeting_canceled", `{"unique_id":"g0"}`)
	if id() != "g1 accepted" {
		t.Error("the wrong one was canceled")
	}
	h.push("incoming_greeting", greeting("g2"))
	h.push("greeting_accepted", `{"unique_id":"g2"}`)
	if id() != "g2 accepted" {
		t.Errorf("greeting %s", id())
	}
	h.act("greeting_cancel", `{}`)
	if p := h.take("cancel_greeting"); string(p.Payload) != `{"unique_id":"g2"}` || id() != "" {
		t.Errorf("cancel_greeting %s, greeting %s", p.Payload, id())
	}
	if err := h.m.Act(h.now, "greeting_cancel", nil); err == nil {
		t.Error("no error without a greeting")
	}
}

func TestForm(t *testing.T) {
	const blank = `{"id":"F","fields":[{"type":"name","id":"0","label":"Name"}]}`
	const fields = `[{"type":"name","id":"0","label":"Name","answer":"Ann"}]`
	h := newHost(t, session.Customer, customerLogin)
	want := func(s string) {
		t.Helper()
		if string(h.mirror.Form) != s {
			t.Errorf("form %s, want %s", h.mirror.Form, s)
		}
	}
	h.act("form", `{"type":"prechat"}`)
	want(`{"type":"prechat","group":0,"state":"loading"}`)
	h.act("form", `{"type":"ticket","group_id":4}`)
	h.answer("get_form", `{"enabled":true,"form":{"id":"late","fields":[]}}`)
	want(`{"type":"ticket","group":4,"state":"loading"}`)
	h.answer("get_form", `{"enabled":false}`)
	want(`{"type":"ticket","group":4,"state":"disabled"}`)
	h.act("form", `{"type":"ticket","group_id":4}`)
	h.refuse("get_form", "group_not_found")
	want(`{"type":"ticket","group":4,"state":"failed","error":{"type":"group_not_found","message":"no"}}`)
	h.act("form", `{"type":"prechat"}`)
	h.answer("get_form", `{"enabled":true,"form":`+blank+`}`)
	want(`{"type":"prechat","group":0,"state":"ready","form":` + blank + `}`)
	h.act("submit", `{"fields":`+fields+`}`)
	want(`null`)
	h.want("", "pending filled_form")
	if p := h.answer("start_chat", `{"chat_id":"C","thread_id":"T","event_ids":["T_1"]}`); !strings.Contains(p, `"type":"filled_form","form_id":"F","fields":`+fields) {
		t.Errorf("start_chat %s", p)
	}
	h.want("C", "sent filled_form")
	h.push("chat_deactivated", `{"chat_id":"C","thread_id":"T"}`)
	h.act("form", `{"type":"postchat"}`)
	h.answer("get_form", `{"enabled":true,"form":`+blank+`}`)
	h.act("submit", `{"chat_id":"C","fields":`+fields+`}`)
	if p := h.answer("send_event", `{"event_id":"T_2"}`); !strings.Contains(p, `"attach_to_last_thread":true`) {
		t.Errorf("send_event %s", p)
	}
	h.act("form", `{"type":"postchat"}`)
	h.act("form_cancel", ``)
	want(`null`)
	h.answer("get_form", `{"enabled":true,"form":`+blank+`}`)
	want(`null`)
}

func TestRate(t *testing.T) {
	h := newCustomer(t)
	want := func(s string) {
		t.Helper()
		if got := string(h.mirror.chat("C").Rating); got != s {
			t.Errorf("rating %s, want %s", got, s)
		}
	}
	h.act("rate", `{"chat_id":"C","score":1,"comment":"fine"}`)
	want(`{"score":1,"comment":"fine"}`)
	if p := h.answer("update_thread_properties", `{}`); p != `{"chat_id":"C","thread_id":"T","properties":{"rating":{"score":1,"comment":"fine"}}}` {
		t.Errorf("update_thread_properties %s", p)
	}
	h.act("rate", `{"chat_id":"C","score":0}`)
	h.refuse("update_thread_properties", "authorization")
	want(`{"score":1,"comment":"fine"}`)
	if e := h.mirror.chat("C").Error; e == nil || *e != (failure{"rate", "authorization", "no"}) {
		t.Errorf("error %+v", e)
	}
	h.act("dismiss", `{"chat_id":"C"}`)
	if e := h.mirror.chat("C").Error; e != nil {
		t.Errorf("error %+v", e)
	}
	h.act("rate", `{"chat_id":"C","score":null}`)
	want(``)
	h.answer("delete_thread_properties", `{}`)
	h.push("thread_properties_updated", `{"chat_id":"C","thread_id":"T","properties":{"rating":{"score":0}}}`)
	h.push("thread_properties_updated", `{"chat_id":"C","thread_id":"S","properties":{"rating":{"score":1}}}`)
	want(`{"score":0}`)
	h.push("thread_properties_deleted", `{"chat_id":"C","thread_id":"T","properties":{"rating":["score"]}}`)
	want(``)
}

func TestEventProperties(t *testing.T) {
	h := newCustomer(t)
	h.push("event_properties_updated", `{"chat_id":"C","thread_id":"T","event_id":"T_1","properties":{"a":{"x":1,"y":2},"b":{"z":true}}}`)
	h.push("event_properties_updated", `{"chat_id":"C","thread_id":"T","event_id":"T_1","properties":{"a":{"x":3}}}`)
	h.push("event_properties_deleted", `{"chat_id":"C","thread_id":"T","event_id":"T_1","properties":{"a":["y","q"]}}`)
	if it := h.mirror.chat("C").Timeline[0]; !strings.HasSuffix(string(it.Event), `"text":"hello","properties":{"a":{"x":3},"b":{"z":true}}}`) || it.Updated {
		t.Errorf("item %s", it.Event)
	}
}

func TestUpload(t *testing.T) {
	h := newCustomer(t)
	h.act("upload", `{"key":"f","name":"x.png","size":100,"content_type":"image/png"}`)
	h.act("send", `{"text":"look"}`)
	h.answer("send_event", `{"event_id":"T_2"}`)
	h.want("C", "sent hello", "sent look", "pending file")
	h.act("upload_progress", `{"key":"f","sent":40}`)
	file := func() item { return h.mirror.chat("C").Timeline[2] }
	if u := file().Upload; u == nil || *u != (upload{40, 100}) {
		t.Errorf("upload %+v", u)
	}
	h.act("upload_failed", `{"key":"f","message":"too large"}`)
	h.want("C", "sent hello", "sent look", "failed file upload_failed")
	if err := h.m.Act(h.now, "retry", []byte(`{"key":"f"}`)); err == nil {
		t.Error("a file that is nowhere is sent")
	}
	h.act("upload_progress", `{"key":"f","sent":90}`)
	h.want("C", "sent hello", "sent look", "pending file")
	h.act("upload_done", `{"key":"f","url":"https://cdn/x.png"}`)
	if p := h.answer("send_event", `{"event_id":"T_3"}`); p != `{"chat_id":"C","event":{"type":"file","url":"https://cdn/x.png","custom_id":"f"}}` || file().Upload != nil {
		t.Errorf("send_event %s", p)
	}
	h.want("C", "sent hello", "sent look", "sent file")
	for _, bad := range []string{`{"key":"f","name":"y","size":1}`, `{"key":"T_1","name":"y","size":1}`, `{"key":"","name":"y","size":1}`, `{"key":"g","name":"y","size":-1}`} {
		if err := h.m.Act(h.now, "upload", []byte(bad)); err == nil {
			t.Errorf("upload %s: no error", bad)
		}
	}
}

func TestThinking(t *testing.T) {
	const on = `{"chat_id":"C","thread_id":"T","author_id":"bob","sent_at":"2026-03-01T12:00:00Z","title":"Reading"}`
	h := newCustomer(t)
	bob := func() *thinking { return h.mirror.chat("C").Users[1].Thinking }
	h.push("incoming_thinking_indicator", on)
	if b := bob(); b == nil || *b != (thinking{Title: "Reading"}) {
		t.Errorf("thinking %+v", b)
	}
	h.push("incoming_typing_indicator", `{"chat_id":"C","thread_id":"T","typing_indicator":{"author_id":"bob","is_typing":true}}`)
	if u := h.mirror.chat("C").Users[1]; u.Thinking != nil || !u.Typing {
		t.Errorf("user %+v", u)
	}
	h.push("incoming_thinking_indicator", on)
	h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+message("T_2", "bob", "x", 2)+`}`)
	if bob() != nil {
		t.Error("after the answer")
	}
	h.push("incoming_thinking_indicator", on)
	h.pass(30 * time.Second)
	if bob() != nil {
		t.Error("for ever")
	}
}

func TestFailuresShow(t *testing.T) {
	h := newCustomer(t)
	h.act("close", `{"chat_id":"C"}`)
	h.refuse("deactivate_chat", "internal")
	if e := h.mirror.chat("C").Error; e == nil || *e != (failure{"close", "internal", "no"}) {
		t.Errorf("error %+v", e)
	}
	h.act("close", `{"chat_id":"C"}`)
	h.answer("deactivate_chat", `{}`)
	if e := h.mirror.chat("C").Error; e != nil {
		t.Errorf("error %+v after a success", e)
	}
	a := newHost(t, session.Agent, agentLogin)
	a.act("open", `{"chat_id":"C"}`)
	a.refuse("list_threads", "missing_access")
	if e := a.mirror.chat("C").Error; e == nil || *e != (failure{"open", "missing_access", "no"}) {
		t.Errorf("error %+v", e)
	}
}

func TestUnstable(t *testing.T) {
	h := newCustomer(t)
	h.m.Observe(h.now, session.Output{Kind: session.Unstable})
	h.drain()
	if !h.mirror.Connection.Unstable {
		t.Error("not shown")
	}
	h.m.Observe(h.now, session.Output{Kind: session.Unstable, Recovered: true})
	h.drain()
	if h.mirror.Connection.Unstable {
		t.Error("still shown")
	}
}
