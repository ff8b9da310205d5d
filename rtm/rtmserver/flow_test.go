package rtmserver_test

import (
	"testing"
	"testing/synctest"

	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

func TestConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := rtmtest.NewServer(t, nil)
		ag := agent(t, srv, rtmtest.AgentToken)
		cu := customer(t, srv)
		started := cu.ok("start_chat", object{"chat": object{"thread": object{"events": []any{message("hello")}}}})
		chatID := started["chat_id"]
		in := cu.frame("incoming_chat")
		if in["request_id"] != "2" {
			t.Errorf("incoming_chat of the requester is %v", in)
		}
		got := ag.push("incoming_chat")
		if at(got, "chat", "thread", "events", 0, "text") != "hello" || at(got, "chat", "thread", "events", 0, "visibility") != "all" {
			t.Errorf("the agent got %v", got)
		}
		ag.ok("send_event", object{"chat_id": chatID, "event": message("hi there")})
		if e := cu.push("incoming_event"); at(e, "event", "text") != "hi there" || len(at(e, "event", "author_id").(string)) != 32 {
			t.Errorf("the customer got %v", e)
		}
	})
}
