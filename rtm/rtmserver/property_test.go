package rtmserver_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// propertySeed has a namespace of its own, with one property that customers may
// only read, one that only agents see, and one that customers may only write.
func propertySeed() *rtmserver.Seed {
	seed := rtmserver.DefaultSeed()
	o := &seed.Organizations[0]
	o.Tags = []string{"vip", "spam"}
	all := func(access string) map[string]string {
		return map[string]string{"chat": access, "thread": access, "event": access}
	}
	o.Properties = []rtmserver.Property{
		{Namespace: "shop", Name: "level", Type: "int", Customer: all("r"), Agent: all("rw"), Values: []any{1, 2}},
		{Namespace: "shop", Name: "margin", Type: "int", Agent: all("rw")},
		{Namespace: "shop", Name: "hint", Type: "string", Customer: all("w"), Agent: all("r")},
	}
	return seed
}

func TestProperties(t *testing.T) {
	inBubble(t, &rtmserver.Options{Seed: propertySeed()}, func(t *testing.T, srv *rtmtest.Server) {
		ag, second := agent(t, srv, rtmtest.AgentToken), agent(t, srv, rtmtest.Agent2Token)
		cu := customer(t, srv)
		chatID, threadID := start(cu, message("hello"))
		cu.actions()
		chat := func(props object) object { return object{"id": chatID, "properties": props} }
		thread := func(props object) object {
			return object{"chat_id": chatID, "thread_id": threadID, "properties": props}
		}
		event := func(props object) object {
			return object{"chat_id": chatID, "thread_id": threadID, "event_id": threadID + "_1", "properties": props}
		}

		// What is set is merged, and only what may be read is shown.
		ag.ok("update_chat_properties", chat(object{"shop": object{"level": 1, "margin": 30}, "free": object{"a": "x", "b": true}}))
		if f := ag.frame("chat_properties_updated"); f["request_id"] == nil || at(f, "payload", "properties", "shop", "margin") != 30.0 {
			t.Errorf("the agent got %v", f)
		}
		if p := cu.push("chat_properties_updated"); at(p, "properties", "shop", "level") != 1.0 || at(p, "properties", "shop", "margin") != nil || at(p, "properties", "free", "b") != true {
			t.Errorf("the customer got %v", p)
		}
		cu.ok("update_chat_properties", chat(object{"shop": object{"hint": "soon"}}))
		if got := cu.actions(); len(got) != 0 {
			t.Errorf("the customer got %v about what it cannot read", got)
		}
		if p := ag.push("chat_properties_updated"); at(p, "properties", "shop", "hint") != "soon" || at(p, "properties", "shop", "level") != nil {
			t.Errorf("the agent got %v", p)
		}
		if p := at(cu.ok("get_chat", object{"chat_id": chatID}), "properties", "shop").(object); len(p) != 1 || p["level"] != 1.0 {
			t.Errorf("the customer reads %v", p)
		}
		if p := at(ag.ok("get_chat", object{"chat_id": chatID}), "properties", "shop").(object); len(p) != 3 {
			t.Errorf("the agent reads %v", p)
		}
		ag.ok("delete_chat_properties", chat(object{"shop": []string{"margin", "margin", "hint2"}[:2], "free": []string{"a", "z"}}))
		if p := cu.push("chat_properties_deleted"); at(p, "properties", "shop") != nil || at(p, "properties", "free", 0) != "a" || at(p, "properties", "free", 1) != nil {
			t.Errorf("the customer got %v", p)
		}
		if p := ag.push("chat_properties_deleted"); len(at(p, "properties", "shop").([]any)) != 1 {
			t.Errorf("the agent got %v", p)
		}
		cu.ok("delete_chat_properties", chat(object{"free": []string{"none"}})) // nothing happens

		// A rating says so in the thread.
		cu.ok("update_thread_properties", thread(object{"rating": object{"score": 1, "comment": "quick"}, "routing": object{"transcript_email": "cleo@example.com"}}))
		if p := ag.push("thread_properties_updated"); p["thread_id"] != threadID || at(p, "properties", "rating", "score") != 1.0 {
			t.Errorf("the agent got %v", p)
		}
		for i, want := range []string{"Customer rated the chat as good", "Customer left the following comment: quick", "Customer requested the chat transcript to be sent to cleo@example.com"} {
			if e := cu.push("incoming_event"); at(e, "event", "text") != want || at(e, "event", "id") != threadID+"_"+string(rune('2'+i)) {
				t.Errorf("got %v, want %s", e, want)
			}
		}
		cu.ok("update_thread_properties", thread(object{"rating": object{"score": 0, "comment": ""}})) // it has nothing to say any more
		cu.push("thread_properties_updated")
		if e := cu.push("incoming_event"); at(e, "event", "text") != "Customer rated the chat as bad" {
			t.Errorf("got %v", e)
		}
		cu.ok("delete_thread_properties", thread(object{"rating": []string{"score"}}))
		if p := cu.push("thread_properties_deleted"); at(p, "properties", "rating", 0) != "score" {
			t.Errorf("the customer got %v", p)
		}
		if e := cu.push("incoming_event"); at(e, "event", "system_message_type") != "rating.chat_rating_canceled" {
			t.Errorf("got %v", e)
		}

		cu.ok("update_event_properties", event(object{"url_details": object{"title": "T", "image_width": 3}, "status": object{"delivered": true}}))
		if p := ag.push("event_properties_updated"); p["event_id"] != threadID+"_1" || at(p, "properties", "url_details", "title") != "T" {
			t.Errorf("the agent got %v", p)
		}
		cu.push("event_properties_updated")
		ag.ok("delete_event_properties", event(object{"status": []string{"delivered"}}))
		if p := cu.push("event_properties_deleted"); at(p, "properties", "status", 0) != "delivered" {
			t.Errorf("the customer got %v", p)
		}
		ag.push("event_properties_deleted")
		if e := at(cu.ok("get_chat", object{"chat_id": chatID}), "thread", "events", 0); at(e, "properties", "status") != nil || at(e, "properties", "url_details", "title") != "T" {
			t.Errorf("the event is %v", e)
		}

		// Properties of what a customer cannot see make no push for it.
		id := ag.ok("send_event", object{"chat_id": chatID, "event": object{"type": "message", "text": "psst", "visibility": "agents"}})["event_id"]
		in := event(object{"free": object{"n": 1}})
		in["event_id"] = id
		ag.ok("update_event_properties", in)
		if got := cu.actions(); len(got) != 0 {
			t.Errorf("the customer got %v", got)
		}
		cu.fails("not_found", "update_event_properties", in)
		if slices.Contains(second.actions(), "chat_properties_updated") {
			t.Error("an agent who does not take part got chat_properties_updated")
		}

		stranger := customer(t, srv)
		for _, tt := range []struct {
			by        *peer
			action    string
			payload   object
			typ, text string
		}{
			{stranger, "update_chat_properties", chat(object{"free": object{"a": 1}}), "not_found", "there is no chat"},
			{stranger, "delete_thread_properties", thread(object{"free": []string{"a"}}), "not_found", "there is no chat"},
			{ag, "update_chat_properties", object{"id": "X", "properties": object{"free": object{"a": 1}}}, "not_found", "there is no chat"},
			{cu, "update_thread_properties", object{"chat_id": chatID, "thread_id": "X", "properties": object{"free": object{"a": 1}}}, "not_found", "has no thread X"},
			{cu, "delete_event_properties", object{"chat_id": chatID, "thread_id": threadID, "event_id": "X", "properties": object{"free": []string{"a"}}}, "not_found", `has no event "X"`},
			{cu, "update_chat_properties", chat(object{}), "validation", "must name at least one property"},
			{cu, "update_chat_properties", chat(object{"free": object{}}), "validation", "must name at least one property"},
			{cu, "delete_chat_properties", chat(object{"free": []string{}}), "validation", "must name at least one property"},
			{cu, "update_chat_properties", chat(object{"shop": object{"level": 2}}), "authorization", "payload.properties.shop.level: the customer API cannot write it in a chat"},
			{cu, "update_chat_properties", chat(object{"shop": object{"margin": 2}}), "authorization", "cannot write it"},
			{cu, "delete_chat_properties", chat(object{"shop": []string{"margin"}}), "authorization", "cannot write it"},
			{ag, "update_chat_properties", chat(object{"shop": object{"hint": "x"}}), "authorization", "the agent API cannot write it in a chat"},
			{ag, "update_chat_properties", chat(object{"shop": object{"price": 2}}), "validation", `payload.properties.shop: there is no property "price"`},
			{ag, "update_chat_properties", chat(object{"shop": object{"level": 3}}), "validation", "payload.properties.shop.level: must be one of 1, 2"},
			{ag, "update_chat_properties", chat(object{"shop": object{"level": "1"}}), "validation", "must be an integer of 32 bits"},
			{ag, "update_chat_properties", chat(object{"routing": object{"continuous": true}}), "authorization", "cannot write it in a chat"},
			{ag, "update_chat_properties", chat(object{"routing": object{"pinned": 1}}), "validation", "must be a boolean"},
			{ag, "update_thread_properties", thread(object{"routing": object{"pinned": true}}), "authorization", "cannot write it in a thread"},
			{ag, "update_thread_properties", thread(object{"rating": object{"score": 1}}), "authorization", "the agent API cannot write it"},
			{cu, "update_thread_properties", thread(object{"rating": object{"score": 2}}), "validation", "must be one of 0, 1"},
			{cu, "update_thread_properties", thread(object{"rating": object{"comment": 2}}), "validation", "must be a string"},
			{cu, "update_chat_properties", chat(object{"free": object{"n": 1 << 40}}), "validation", "must be an integer of 32 bits"},
			{cu, "update_chat_properties", chat(object{"free": object{"n": object{}}}), "validation", "must be an integer of 32 bits"},
			{cu, "send_event", object{"chat_id": chatID, "event": object{"type": "message", "text": "x", "properties": object{"shop": object{"level": 1}}}}, "authorization", "payload.event.properties.shop.level"},
			{stranger, "start_chat", object{"continuous": true, "chat": object{"properties": object{"routing": object{"continuous": true}}}}, "authorization", "payload.chat.properties.routing.continuous"},
			{stranger, "start_chat", object{"continuous": true, "chat": object{"thread": object{"properties": object{"routing": object{"idle": true}}}}}, "authorization", "payload.chat.thread.properties.routing.idle"},
			{ag, "tag_thread", object{"chat_id": chatID, "thread_id": threadID, "tag": "VIP"}, "not_found", `there is no tag "VIP"`},
			{ag, "tag_thread", object{"chat_id": chatID, "thread_id": "X", "tag": "vip"}, "not_found", "has no thread X"},
			{ag, "tag_thread", object{"chat_id": "X", "thread_id": threadID, "tag": "vip"}, "not_found", "there is no chat"},
			{ag, "untag_thread", object{"chat_id": chatID, "thread_id": threadID, "tag": "vip"}, "not_found", "does not have the tag"},
			{ag, "untag_thread", object{"chat_id": "X", "thread_id": threadID, "tag": "vip"}, "not_found", "there is no chat"},
		} {
			if got := tt.by.fails(tt.typ, tt.action, tt.payload); !strings.Contains(got, tt.text) {
				t.Errorf("%s %v: got %q, want %q", tt.action, tt.payload, got, tt.text)
			}
		}

		ag.ok("tag_thread", object{"chat_id": chatID, "thread_id": threadID, "tag": "vip"})
		ag.ok("tag_thread", object{"chat_id": chatID, "thread_id": threadID, "tag": "vip"}) // again: nothing happens
		if p := ag.push("thread_tagged"); p["tag"] != "vip" || p["thread_id"] != threadID {
			t.Errorf("thread_tagged is %v", p)
		}
		if got := ag.ok("get_chat", object{"chat_id": chatID}); at(got, "thread", "tags", 0) != "vip" || at(got, "thread", "tags", 1) != nil {
			t.Errorf("the thread is %v", got["thread"])
		}
		if got := at(second.ok("list_chats", object{}), "chats_summary", 0, "last_thread_summary", "tags", 0); got != "vip" {
			t.Errorf("the summary has the tag %v", got)
		}
		if got := at(cu.ok("get_chat", object{"chat_id": chatID}), "thread", "tags"); got != nil {
			t.Errorf("the customer sees tags: %v", got)
		}
		ag.ok("untag_thread", object{"chat_id": chatID, "thread_id": threadID, "tag": "vip"})
		ag.push("thread_untagged")
		if got := ag.actions(); slices.Contains(got, "thread_tagged") {
			t.Errorf("the second tag made a push: %v", got)
		}
	})
}
