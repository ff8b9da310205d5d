package rtmserver_test

import (
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestLoginOfCustomerSDK logs in as version 4 of the official customer SDK does,
// which names a push that no version has any more.
func TestLoginOfCustomerSDK(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu := dialVersion(t, srv, catalogue.Customer(), "3.5", "?organization_id="+rtmtest.Organization)
		cu.ok("login", object{
			"token": "Bearer " + srv.CustomerToken(t), "customer": object{}, "customer_side_storage": object{}, "is_mobile": false,
			"application": object{"name": "customer_sdk", "version": "4.0.2"},
			"pushes":      object{"3.5": []string{"customer_page_updated", "incoming_chat"}},
		})
		cu.ok("update_customer_page", object{"url": "https://shop.example/b", "title": "B"})
		start(cu)
		cu.push("incoming_chat")
	})
}

// TestSystemMessageIsNoAnswer: the SDK takes an incoming_event with a request_id
// for the answer to a send_event, and throws when it sent none.
func TestSystemMessageIsNoAnswer(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		agent(t, srv, rtmtest.AgentToken)
		cu := customer(t, srv)
		chatID, threadID := start(cu)
		asked := func(action string, payload object) {
			t.Helper()
			cu.ok(action, payload)
			for {
				if f := cu.frame("incoming_event"); at(f, "payload", "event", "type") == "system_message" {
					if f["request_id"] != nil {
						t.Errorf("%s: the system message is %v", action, f)
					}
					return
				}
			}
		}
		asked("update_thread_properties", object{"chat_id": chatID, "thread_id": threadID, "properties": object{"rating": object{"score": 1}}})
		cu.ok("send_event", object{"chat_id": chatID, "event": message("x")})
		if f := cu.frame("incoming_event"); f["request_id"] == nil {
			t.Errorf("the answer to send_event is %v", f)
		}
		asked("deactivate_chat", object{"id": chatID})
		if f := cu.frame("chat_deactivated"); f["request_id"] == nil {
			t.Errorf("the push to deactivate_chat is %v", f)
		}
	})
}
