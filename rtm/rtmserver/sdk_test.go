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
