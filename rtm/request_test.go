package rtm_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
	"github.com/rtmwidget/rtmwidget/rtm/customer"
)

func dialCustomer(t *testing.T, url string, opts customer.Options) *customer.Client {
	t.Helper()
	opts.Server, opts.OrganizationID = url, "11111111-1111-4111-8111-111111111111"
	c, err := customer.Dial(t.Context(), &opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func dialAgent(t *testing.T, url, version string) *agent.Client {
	t.Helper()
	c, err := agent.Dial(t.Context(), &agent.Options{Server: url, Version: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestBadRequestsAreNotSent calls before login: what passes the checks fails
// with not_logged_in, and the peer must see nothing at all.
func TestBadRequestsAreNotSent(t *testing.T) {
	silence := func(p *peer) {
		if r := p.next(); r.Action != "" {
			t.Errorf("%s was sent: %s", r.Action, r.Payload)
		}
	}
	c := dialCustomer(t, serve(t, silence), customer.Options{})
	a35, a36 := dialAgent(t, serve(t, silence), "3.5"), dialAgent(t, serve(t, silence), "")
	ctx := t.Context()
	first := func(_ any, err error) error { return err }
	for _, tt := range []struct {
		err  error
		want string
	}{
		{first(c.SendEvent(ctx, customer.Send("C", customer.Message(strings.Repeat("é", 8193))))), "rtm: send_event: validation: payload.event.text: must have at most 16384 bytes, not 16386"},
		{first(c.ListChats(ctx, &customer.ListChatsRequest{PageID: "p", Limit: 5})), "rtm: list_chats: validation: payload.page_id: cannot be combined with limit"},
		{first(c.ListThreads(ctx, &customer.ListThreadsRequest{ChatID: "C", SortOrder: "up"})), `rtm: list_threads: validation: payload.sort_order: must be one of asc, desc, not "up"`},
		{first(c.SendEvent(ctx, nil)), "rtm: send_event: validation: payload.chat_id: is required"},
		{first(c.SendEvent(ctx, customer.Send("C", nil))), "rtm: send_event: validation: payload.event: is required"},
		{c.MarkEventsAsSeen(ctx, &customer.MarkEventsAsSeenRequest{ChatID: "C"}), "rtm: mark_events_as_seen: validation: payload.seen_up_to: is required"},
		{first(c.Login(ctx, &customer.LoginRequest{Token: "t", Customer: &customer.LoginCustomer{}, Unknown: rtm.Unknown{{Name: "is_mobile", Value: json.RawMessage(`"yes"`)}}})), "rtm: login: validation: payload.is_mobile: must be a boolean, not a string"},
		{first(a36.CreateCustomer(ctx, nil)), "rtm: create_customer: unsupported_version: create_customer was removed in version 3.6, and this connection speaks 3.6"},
		{a36.FollowCustomer(ctx, &agent.FollowCustomerRequest{ID: "c"}), "rtm: follow_customer: unsupported_version: follow_customer was removed in version 3.6, and this connection speaks 3.6"},
		{a35.UpdateSession(ctx, &agent.UpdateSessionRequest{Token: "t"}), "rtm: update_session: unsupported_version: update_session is there since version 3.6, and this connection speaks 3.5"},
		{a35.SetRoutingStatus(ctx, &agent.SetRoutingStatusRequest{Status: "napping"}), `rtm: set_routing_status: validation: payload.status: must be one of accepting_chats, not_accepting_chats, offline, not "napping"`},
		{first(a35.ListRoutingStatuses(ctx, nil)), "rtm: list_routing_statuses: not_logged_in: "},
		{a35.FollowCustomer(ctx, &agent.FollowCustomerRequest{ID: "c"}), "rtm: follow_customer: not_logged_in: "},
		{c.Call(ctx, "list_chats", map[string]int{"limit": 1000}, nil), "rtm: list_chats: not_logged_in: "},
	} {
		if tt.err == nil || !strings.HasPrefix(tt.err.Error(), tt.want) {
			t.Errorf("got  %v\nwant %s", tt.err, tt.want)
		}
	}
	if err := c.Call(ctx, "send_event", customer.Send("C", &customer.UnknownInput{JSON: json.RawMessage(`{`)}), nil); err == nil || !strings.Contains(err.Error(), "not JSON") {
		t.Errorf("a raw value that is no JSON: %v", err)
	}
}

func TestTypedAnswers(t *testing.T) {
	url := serve(t, func(p *peer) {
		r := p.next()
		if got := string(r.Payload); got != `{"token":"Bearer t","timezone":"Europe/Warsaw"}` {
			t.Errorf("login sends %s", got)
		}
		p.answer(r, `{"license":{"id":"1"},"my_profile":{"id":"a@b.c","permission":"owner"},"chats_summary":[{"id":"C","users":[{"type":"agent","id":"a@b.c"},{"type":"robot","id":"r"}]}]}`)
		p.push("queue_positions_updated", `[{"chat_id":"C","thread_id":"T","queue":{"position":2,"wait_time":30}}]`)
		p.push("incoming_customer", `{"id":"c","type":"customer","name":"Ann"}`)
		p.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":{"type":"message","id":"e","text":"<b>"}}`)
		p.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":"odd"}`)
		for r := p.next(); r.Action != ""; r = p.next() {
			switch {
			case r.Action == "list_routing_statuses" && string(r.Payload) == `{}`:
				p.answer(r, `[{"agent_id":"a@b.c","status":"accepting_chats"}]`)
			case r.Action == "get_chat" && string(r.Payload) == `{"chat_id":"C"}`:
				p.answer(r, `{"id":"C","users":[],"thread":{"id":"T","created_at":"2026-01-02T03:04:05.678901Z"}}`)
			case r.Action == "send_event" && string(r.Payload) == `{"chat_id":"C","event":{"type":"message","text":"a<b"}}`:
				p.answer(r, `{"event_id":"E"}`)
			default:
				p.refuse(r, "validation", string(r.Payload))
			}
		}
	})
	c := dialAgent(t, url, "")
	pushes := rtm.Subscribe[rtm.Push](c)
	login, err := c.Login(t.Context(), &agent.LoginRequest{Token: "t", Timezone: "Europe/Warsaw"})
	if err != nil {
		t.Fatal(err)
	}
	users := login.ChatsSummary[0].Users
	if login.MyProfile.Permission != agent.AgentRoleOwner || users[0].(*agent.AgentUser).ID != "a@b.c" || users[1].Base().Type != "robot" {
		t.Errorf("login = %+v", login)
	}
	statuses, err := c.ListRoutingStatuses(t.Context(), nil)
	if err != nil || len(statuses) != 1 || statuses[0].Status != agent.RoutingStatusAcceptingChats {
		t.Errorf("statuses = %+v, %v", statuses, err)
	}
	chat, err := c.GetChat(t.Context(), &agent.GetChatRequest{ChatID: "C"})
	if err != nil || chat.Thread.CreatedAt.Nanosecond() != 678901000 {
		t.Errorf("chat = %+v, %v", chat, err)
	}
	sent, err := c.SendEvent(t.Context(), agent.Send("C", agent.Message("a<b")))
	if err != nil || sent.EventID != "E" {
		t.Errorf("sent = %+v, %v", sent, err)
	}
	next := func() rtm.Push {
		push, err := pushes.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return push
	}
	if p, ok := next().(*agent.QueuePositionsUpdated); !ok || (*p)[0].Queue.WaitTime != 30 {
		t.Errorf("push = %+v", p)
	}
	if p, ok := next().(*agent.IncomingCustomer); !ok || p.Name != "Ann" {
		t.Errorf("push = %+v", p)
	}
	if p, ok := next().(*agent.IncomingEvent); !ok || p.Event.(*agent.MessageEvent).Text != "<b>" {
		t.Errorf("push = %+v", p)
	}
	if p, ok := next().(*rtm.RawPush); !ok || p.Name != "incoming_event" {
		t.Errorf("push = %+v", p)
	}
}
