package rtm_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
	"github.com/rtmwidget/rtmwidget/rtm/customer"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// must returns v, or ends the test.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// receive waits for the next push of a type on a subscription.
func receive[P rtm.Push](t *testing.T, s *rtm.Subscription[P]) P {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // of the test's own clock
	defer cancel()
	push, err := s.Next(ctx)
	if err != nil {
		t.Fatalf("%T: %v", push, err)
	}
	return push
}

func newCustomer(t *testing.T, srv *rtmtest.Server) *customer.Client {
	t.Helper()
	c := must(customer.Dial(t.Context(), &customer.Options{
		Server: srv.URL, OrganizationID: rtmtest.Organization, HTTPClient: srv.HTTPClient(),
		Token: customer.CookieGrant(srv.URL, rtmtest.Organization, "test", srv.HTTPClient()),
	}))(t)
	t.Cleanup(func() { c.Close() })
	return c
}

func newAgent(t *testing.T, srv *rtmtest.Server) *agent.Client {
	t.Helper()
	c := must(agent.Dial(t.Context(), &agent.Options{Server: srv.URL, HTTPClient: srv.HTTPClient()}))(t)
	t.Cleanup(func() { c.Close() })
	return c
}

// customerText and agentText return the text of a message, "" of other events.
func customerText(e customer.Event) string {
	if m, ok := e.(*customer.MessageEvent); ok {
		return m.Text
	}
	return ""
}

func agentText(e agent.Event) string {
	if m, ok := e.(*agent.MessageEvent); ok {
		return m.Text
	}
	return ""
}

// TestConversation holds a conversation with every method that both sides have
// so far.
func TestConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		srv := rtmtest.NewServer(t, nil)
		desk, visitor := newAgent(t, srv), newCustomer(t, srv)
		deskChats, deskEvents := rtm.Subscribe[*agent.IncomingChat](desk), rtm.Subscribe[*agent.IncomingEvent](desk)
		deskSneak, deskSeen := rtm.Subscribe[*agent.IncomingSneakPeek](desk), rtm.Subscribe[*agent.EventsMarkedAsSeen](desk)
		deskCustomer, deskEnd := rtm.Subscribe[*agent.CustomerUpdated](desk), rtm.Subscribe[*agent.ChatDeactivated](desk)
		deskStatus := rtm.Subscribe[*agent.RoutingStatusSet](desk)
		events, typing := rtm.Subscribe[*customer.IncomingEvent](visitor), rtm.Subscribe[*customer.IncomingTypingIndicator](visitor)
		seen, end := rtm.Subscribe[*customer.EventsMarkedAsSeen](visitor), rtm.Subscribe[*customer.ChatDeactivated](visitor)
		chats := rtm.Subscribe[*customer.IncomingChat](visitor)

		profile := must(desk.Login(ctx, agent.Token(rtmtest.AgentToken)))(t).MyProfile
		if profile.ID != "agent1@example.com" || profile.RoutingStatus != agent.RoutingStatusAcceptingChats {
			t.Errorf("my_profile = %+v", profile)
		}
		me := must(visitor.Login(ctx, nil))(t).Customer
		ok(t, visitor.UpdateCustomer(ctx, &customer.UpdateCustomerRequest{Name: "Inês"}))

		started := must(visitor.StartChat(ctx, customer.Start(customer.Message("first"))))(t)
		chat := receive(t, deskChats).Chat
		if chat.ID != started.ChatID || len(chat.Thread.Events) != 1 || agentText(chat.Thread.Events[0]) != "first" {
			t.Errorf("the agent's incoming_chat = %+v", chat)
		}
		if own := receive(t, chats).Chat; own.ID != started.ChatID || own.Thread.ID != started.ThreadID {
			t.Errorf("the customer's incoming_chat = %+v", own)
		}
		ok(t, visitor.UpdateCustomer(ctx, &customer.UpdateCustomerRequest{Email: "ines@example.com"}))
		if push := receive(t, deskCustomer); push.ID != me.ID || push.Email != "ines@example.com" {
			t.Errorf("customer_updated = %+v", push)
		}

		ok(t, visitor.SendSneakPeek(ctx, &customer.SendSneakPeekRequest{ChatID: chat.ID, SneakPeekText: "sec"}))
		if push := receive(t, deskSneak); push.SneakPeek.Text != "sec" {
			t.Errorf("incoming_sneak_peek = %+v", push)
		}
		second := must(visitor.SendEvent(ctx, customer.Send(chat.ID, customer.Message("second"))))(t)
		push := receive(t, deskEvents)
		if base := push.Event.Base(); base.ID != second.EventID || agentText(push.Event) != "second" || base.AuthorID != me.ID {
			t.Errorf("incoming_event = %+v", push)
		}
		if own := receive(t, events); own.Event.Base().ID != second.EventID {
			t.Errorf("the customer's own incoming_event = %+v", own)
		}
		ok(t, desk.MarkEventsAsSeen(ctx, &agent.MarkEventsAsSeenRequest{ChatID: chat.ID, SeenUpTo: push.Event.Base().CreatedAt}))
		if push := receive(t, seen); push.UserID == me.ID || push.ChatID != chat.ID || push.SeenUpTo.IsZero() {
			t.Errorf("events_marked_as_seen = %+v", push)
		}

		ok(t, desk.SendTypingIndicator(ctx, &agent.SendTypingIndicatorRequest{ChatID: chat.ID, IsTyping: true}))
		if push := receive(t, typing); !push.TypingIndicator.IsTyping {
			t.Errorf("incoming_typing_indicator = %+v", push)
		}
		must(desk.SendEvent(ctx, agent.Send(chat.ID, &agent.MessageInput{Text: "for us only", Visibility: agent.VisibilityAgents})))(t)
		third := must(desk.SendEvent(ctx, agent.Send(chat.ID, agent.Message("third"))))(t)
		answer := receive(t, events)
		if answer.Event.Base().ID != third.EventID || customerText(answer.Event) != "third" {
			t.Errorf("what the customer gets after a note among agents = %+v", answer)
		}
		ok(t, visitor.MarkEventsAsSeen(ctx, &customer.MarkEventsAsSeenRequest{ChatID: chat.ID, SeenUpTo: answer.Event.Base().CreatedAt}))
		for mark := receive(t, deskSeen); mark.UserID != me.ID; mark = receive(t, deskSeen) {
		}

		ok(t, desk.DeactivateChat(ctx, &agent.DeactivateChatRequest{ID: chat.ID}))
		if push := receive(t, end); push.ThreadID != started.ThreadID {
			t.Errorf("chat_deactivated = %+v", push)
		}
		receive(t, deskEnd)
		_, err := visitor.SendEvent(ctx, customer.Send(chat.ID, customer.Message("too late")))
		if rtm.ErrorTypeOf(err) != rtm.ErrorTypeChatInactive {
			t.Errorf("send_event to an inactive chat: %v", err)
		}
		resumed := must(visitor.ResumeChat(ctx, customer.Resume(chat.ID)))(t)
		if push := receive(t, deskChats); push.Chat.Thread.ID != resumed.ThreadID {
			t.Errorf("incoming_chat of the resumed chat = %+v", push.Chat.Thread)
		}

		list := must(visitor.ListThreads(ctx, &customer.ListThreadsRequest{ChatID: chat.ID, SortOrder: "asc"}))(t)
		if len(list.Threads) != 2 || list.FoundThreads != 2 || list.Threads[1].ID != resumed.ThreadID {
			t.Fatalf("list_threads = %+v", list)
		}
		var texts []string
		for _, event := range list.Threads[0].Events {
			if text := customerText(event); text != "" {
				texts = append(texts, text)
			}
		}
		if len(texts) != 3 || texts[0] != "first" || texts[1] != "second" || texts[2] != "third" {
			t.Errorf("the customer's messages of the first thread = %q", texts)
		}
		if threads := must(desk.ListThreads(ctx, &agent.ListThreadsRequest{ChatID: chat.ID}))(t); threads.FoundThreads != 2 {
			t.Errorf("the agent's list_threads = %+v", threads)
		}
		if got := must(visitor.GetChat(ctx, &customer.GetChatRequest{ChatID: chat.ID}))(t); got.Thread == nil || got.Thread.ID != resumed.ThreadID {
			t.Errorf("get_chat = %+v", got)
		}
		if got := must(desk.GetChat(ctx, &agent.GetChatRequest{ChatID: chat.ID, ThreadID: started.ThreadID}))(t); got.Thread == nil || got.Thread.Active {
			t.Errorf("the agent's get_chat = %+v", got)
		}
		if got := must(visitor.ListChats(ctx, nil))(t); len(got.ChatsSummary) != 1 || !got.ChatsSummary[0].Active {
			t.Errorf("list_chats = %+v", got)
		}
		if got := must(desk.ListChats(ctx, &agent.ListChatsRequest{Filters: &agent.ListChatsFilters{Active: new(false)}}))(t); len(got.ChatsSummary) != 0 {
			t.Errorf("the agent's inactive chats = %+v", got)
		}
		ok(t, visitor.DeactivateChat(ctx, &customer.DeactivateChatRequest{ID: chat.ID}))
		receive(t, deskEnd)

		again := must(desk.ResumeChat(ctx, agent.Resume(chat.ID)))(t)
		receive(t, chats)
		if push := receive(t, chats); push.Chat.Thread.ID != again.ThreadID {
			t.Errorf("incoming_chat of the chat that the agent resumed = %+v", push.Chat.Thread)
		}
		ok(t, desk.SetRoutingStatus(ctx, &agent.SetRoutingStatusRequest{Status: agent.RoutingStatusNotAcceptingChats}))
		for status := receive(t, deskStatus); status.Status != agent.RoutingStatusNotAcceptingChats; status = receive(t, deskStatus) {
		}
		statuses := must(desk.ListRoutingStatuses(ctx, nil))(t)
		if len(statuses) != 2 || statuses[0].Status != agent.RoutingStatusNotAcceptingChats {
			t.Errorf("list_routing_statuses = %+v", statuses)
		}
		if _, err := visitor.Ping(ctx); err != nil {
			t.Error(err)
		}
		if _, err := desk.Ping(ctx); err != nil {
			t.Error(err)
		}
		ok(t, desk.Logout(ctx, nil))
		<-desk.RTM().Done()
	})
}

// TestQuietConnectionLivesOn leaves two connections alone for an hour: they
// keep themselves alive.
func TestQuietConnectionLivesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := rtmtest.NewServer(t, nil)
		visitor, desk := newCustomer(t, srv), newAgent(t, srv)
		must(visitor.Login(t.Context(), nil))(t)
		must(desk.Login(t.Context(), agent.Token(rtmtest.AgentToken)))(t)
		pushes := rtm.Subscribe[rtm.Push](visitor)
		time.Sleep(time.Hour) // of the test's own clock
		if state := visitor.RTM().State(); state != session.Live {
			t.Errorf("the customer's connection is %v", state)
		}
		if state := desk.RTM().State(); state != session.Live {
			t.Errorf("the agent's connection is %v", state)
		}
		pushes.Close()
	})
}

// TestServerGoes has a connection outlive its server, and close all the same.
func TestServerGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := rtmtest.NewServer(t, nil)
		desk := newAgent(t, srv)
		must(desk.Login(t.Context(), agent.Token(rtmtest.AgentToken)))(t)
		srv.Close()
		synctest.Wait()
		if state := desk.RTM().State(); state == session.Live || state == session.Stopped {
			t.Errorf("without a server the connection is %v", state)
		}
		if err := desk.Close(); err != nil {
			t.Error(err)
		}
	})
}
