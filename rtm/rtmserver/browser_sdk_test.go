package rtmserver_test

import (
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestBrowserSDK has what the official browser SDK of API 3.5 needs: it asks for a
// push that was withdrawn, and an incoming_event with a request_id that is not of
// its send_event is an exception to it.
func TestBrowserSDK(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		agent(t, srv, rtmtest.AgentToken)
		cu := dialVersion(t, srv, catalogue.Customer(), "3.5", "?organization_id="+rtmtest.Organization)
		cu.ok("login", object{"token": "Bearer " + srv.CustomerToken(t), "pushes": object{"3.5": []string{
			"chat_deactivated", "customer_page_updated", "incoming_chat", "incoming_event", "thread_properties_updated"}}})
		chatID, threadID := start(cu)
		if f := cu.frame("incoming_chat"); f["request_id"] == nil {
			t.Errorf("its own chat is %v", f)
		}
		cu.ok("send_event", object{"chat_id": chatID, "event": message("hi")})
		if f := cu.frame("incoming_event"); f["request_id"] == nil {
			t.Errorf("its own event is %v", f)
		}
		cu.ok("update_thread_properties", object{"chat_id": chatID, "thread_id": threadID, "properties": object{"rating": object{"score": 1}}})
		if f := cu.frame("thread_properties_updated"); f["request_id"] == nil {
			t.Errorf("its own property is %v", f)
		}
		if f := cu.frame("incoming_event"); at(f, "payload", "event", "system_message_type") != "rating.chat_rated" || f["request_id"] != nil {
			t.Errorf("the system message is %v", f)
		}
		cu.ok("deactivate_chat", object{"id": chatID})
		if f := cu.frame("incoming_event"); at(f, "payload", "event", "type") != "system_message" || f["request_id"] != nil {
			t.Errorf("the system message is %v", f)
		}
		if f := cu.frame("chat_deactivated"); f["request_id"] == nil {
			t.Errorf("the end of its chat is %v", f)
		}
	})
}
