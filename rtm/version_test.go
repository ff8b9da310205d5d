package rtm_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
	"github.com/rtmwidget/rtmwidget/rtm/customer"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestVersions holds a conversation in each version of the API, with what they
// differ in.
func TestVersions(t *testing.T) {
	for _, version := range []string{"3.4", "3.5", "3.6"} {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := rtmtest.NewServer(t, nil)
				talkIn(t, srv, version)
			})
		})
	}
}

func talkIn(t *testing.T, srv *rtmtest.Server, version string) {
	ctx := t.Context()
	visitor := must(customer.Dial(ctx, &customer.Options{
		Server: srv.URL, OrganizationID: rtmtest.Organization, HTTPClient: srv.HTTPClient(), Version: version,
		Token: customer.CookieGrant(srv.URL, rtmtest.Organization, "test", srv.HTTPClient()),
	}))(t)
	defer visitor.Close()
	desk := must(agent.Dial(ctx, &agent.Options{Server: srv.URL, HTTPClient: srv.HTTPClient(), Version: version}))(t)
	defer desk.Close()
	must(visitor.Login(ctx, &customer.LoginRequest{CustomerPage: &customer.CustomerPage{URL: "https://shop.example/"}}))(t)
	chats, customers := rtm.Subscribe[*agent.IncomingChat](desk), rtm.Subscribe[*agent.IncomingCustomers](desk)
	updates, events := rtm.Subscribe[*agent.CustomerUpdated](desk), rtm.Subscribe[*customer.IncomingEvent](visitor)
	must(desk.Login(ctx, &agent.LoginRequest{Token: rtmtest.AgentToken, CustomerMonitoringLevel: agent.CustomerMonitoringLevelOnline}))(t)
	latest := version == "3.6"

	// What 3.6 calls visit was last_visit before.
	if c := receive(t, customers).Customers[0]; (c.Visit != nil) != latest || (c.LastVisit != nil) == latest {
		t.Errorf("visit %+v, last visit %+v", c.Visit, c.LastVisit)
	}
	started := must(visitor.StartChat(ctx, customer.Start(customer.Message("hello"))))(t)
	if chat := receive(t, chats).Chat; chat.ID != started.ChatID || agentText(chat.Thread.Events[0]) != "hello" {
		t.Errorf("incoming_chat = %+v", chat)
	}
	must(desk.SendEvent(ctx, agent.Send(started.ChatID, agent.Message("hi"))))(t)
	if got := receive(t, events); customerText(got.Event) != "hi" {
		t.Errorf("incoming_event = %+v", got)
	}

	// Customers have a phone number since 3.6.
	ok(t, visitor.UpdateCustomer(ctx, &customer.UpdateCustomerRequest{Name: "Inês", PhoneNumber: "+441632960000"}))
	if got := receive(t, updates); got.Name != "Inês" || (got.PhoneNumber != "") != latest {
		t.Errorf("customer_updated = %+v", got)
	}

	// The filter include_active was there until 3.5, active came with 3.6.
	filters := &agent.ListChatsFilters{IncludeActive: new(false)}
	if latest {
		filters = &agent.ListChatsFilters{Active: new(false)}
	}
	if list := must(desk.ListChats(ctx, &agent.ListChatsRequest{Filters: filters}))(t); len(list.ChatsSummary) != 0 {
		t.Errorf("inactive chats: %+v", list)
	}

	// Methods that came or went: refused here when the version lacks them, and
	// answered by the server, each in its way, when it has them.
	for _, method := range []struct {
		name        string
		since, gone string
		answer      rtm.ErrorType // "" for a success
		call        func() error
	}{
		{"update_session", "3.6", "4", rtm.ErrorTypeAuthentication, func() error { return desk.UpdateSession(ctx, &agent.UpdateSessionRequest{Token: "t"}) }},
		{"list_customers", "3.2", "3.6", "", func() error { _, err := desk.ListCustomers(ctx, nil); return err }},
		{"change_push_notifications", "3.0", "3.5", "", func() error {
			return desk.ChangePushNotifications(ctx, &agent.ChangePushNotificationsRequest{FirebaseToken: "t", Platform: "ios"})
		}},
		{"delete_event", "3.6", "4", rtm.ErrorTypeNotFound, func() error {
			return visitor.DeleteEvent(ctx, &customer.DeleteEventRequest{ChatID: started.ChatID, ThreadID: started.ThreadID, EventID: "e"})
		}},
	} {
		want := method.answer
		if version < method.since || version >= method.gone {
			want = rtm.ErrorTypeUnsupportedVersion
		}
		var got rtm.ErrorType
		err := method.call()
		if e, ok := err.(*rtm.Error); ok {
			got, err = e.Type, nil
		}
		if got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", method.name, got, err, want)
		}
	}
	ok(t, visitor.DeactivateChat(ctx, &customer.DeactivateChatRequest{ID: started.ChatID}))
	time.Sleep(time.Minute) // of the bubble: both ping
	must(desk.Ping(ctx))(t)
	must(visitor.Ping(ctx))(t)
}
