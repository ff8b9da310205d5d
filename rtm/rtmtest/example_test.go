package rtmtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
	"github.com/rtmwidget/rtmwidget/rtm/customer"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// T stands for the *testing.T of a test, which examples do not have.
type T struct {
	testing.TB
	cleanups []func()
}

func (*T) Helper()                   {}
func (t *T) Cleanup(f func())        { t.cleanups = append(t.cleanups, f) }
func (*T) Context() context.Context  { return context.Background() }
func (*T) Fatal(args ...any)         { panic(fmt.Sprint(args...)) }
func (*T) Errorf(s string, a ...any) { panic(fmt.Sprintf(s, a...)) }

func (t *T) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}

// The third send_event fails with internal, and only that.
func ExampleServer_Fault() {
	t := new(T) // the test's own
	defer t.end()

	srv := rtmtest.NewServer(t, nil)
	client, err := customer.Dial(t.Context(), &customer.Options{
		Server: srv.URL, HTTPClient: srv.HTTPClient(), OrganizationID: rtmtest.Organization,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Login(t.Context(), customer.Token(srv.CustomerToken(t))); err != nil {
		t.Fatal(err)
	}
	start := customer.Start()
	start.Continuous = true
	chat, err := client.StartChat(t.Context(), start)
	if err != nil {
		t.Fatal(err)
	}

	srv.Fault(t, rtmserver.Fault{Action: "send_event", Nth: 3, Effect: "error", Error: "internal"})
	for range 4 {
		_, err := client.SendEvent(t.Context(), customer.Send(chat.ChatID, customer.Message("hello")))
		fmt.Printf("%q\n", rtm.ErrorTypeOf(err))
	}
	// Output:
	// ""
	// ""
	// "internal"
	// ""
}

// An agent's connection is open, and nothing comes any more.
func ExampleServer_Fault_halfOpen() {
	t := new(T) // the test's own
	defer t.end()

	srv := rtmtest.NewServer(t, nil)
	client, err := agent.Dial(t.Context(), &agent.Options{Server: srv.URL, HTTPClient: srv.HTTPClient()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Login(t.Context(), agent.Token(rtmtest.AgentToken)); err != nil {
		t.Fatal(err)
	}

	srv.Fault(t, rtmserver.Fault{API: "agent", Action: "list_chats", Effect: "half_open"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = client.ListChats(ctx, nil)
	fmt.Println(errors.Is(err, context.DeadlineExceeded), srv.Connections()[0].HalfOpen)
	// Output: true true
}

// A token expires after eight hours, or at once. The client asks for another.
func ExampleServer_Advance() {
	t := new(T) // the test's own
	defer t.end()

	srv := rtmtest.NewServer(t, nil)
	expired := make(chan bool, 1)
	grant := customer.CookieGrant(srv.URL, rtmtest.Organization, "example", srv.HTTPClient())
	client, err := customer.Dial(t.Context(), &customer.Options{
		Server: srv.URL, HTTPClient: srv.HTTPClient(), OrganizationID: rtmtest.Organization,
		Token: func(ctx context.Context, fresh bool) (string, error) {
			if fresh {
				expired <- true
			}
			return grant(ctx, fresh)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Login(t.Context(), nil); err != nil {
		t.Fatal(err)
	}

	srv.Advance(9 * time.Hour)
	fmt.Println("the token has expired:", <-expired)
	// Output: the token has expired: true
}

// A test goes back to where the interesting part begins.
func ExampleServer_Snapshot() {
	t := new(T) // the test's own
	defer t.end()

	srv := rtmtest.NewServer(t, nil)
	token := srv.CustomerToken(t)
	login := func() *customer.Client {
		client, err := customer.Dial(t.Context(), &customer.Options{
			Server: srv.URL, HTTPClient: srv.HTTPClient(), OrganizationID: rtmtest.Organization,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		if _, err := client.Login(t.Context(), customer.Token(token)); err != nil {
			t.Fatal(err)
		}
		return client
	}
	before := srv.Snapshot(t, rtmtest.Organization)
	for range 2 {
		client := login()
		start := customer.Start()
		start.Continuous = true
		if _, err := client.StartChat(t.Context(), start); err != nil {
			t.Fatal(err) // a customer has one chat at most
		}
		srv.Restore(t, before)
	}
	fmt.Println("each run began with no chat")
	// Output: each run began with no chat
}
