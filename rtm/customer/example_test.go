package customer_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
	"github.com/rtmwidget/rtmwidget/rtm/customer"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

const organization = "11111111-1111-4111-8111-111111111111" // of the server's default seed

func Example() {
	url, stop := server()
	defer stop()
	ctx := context.Background()
	client, err := customer.Dial(ctx, &customer.Options{
		Server:         url,
		OrganizationID: organization,
		Token:          customer.CookieGrant(url, organization, "example", nil),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	pushes := rtm.Subscribe[*customer.IncomingEvent](client)
	if _, err := client.Login(ctx, nil); err != nil {
		log.Fatal(err)
	}
	if _, err := client.StartChat(ctx, customer.Start(customer.Message("Do you ship to Lisbon?"))); err != nil {
		log.Fatal(err)
	}
	push, err := pushes.Next(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if message, ok := push.Event.(*customer.MessageEvent); ok {
		fmt.Println("agent:", message.Text)
	}
	// Output: agent: We do, in two days.
}

// server starts a server of our own, with an agent who answers every chat.
func server() (url string, stop func()) {
	handler, err := rtmserver.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	srv := httptest.NewServer(handler)
	ctx := context.Background()
	desk, err := agent.Dial(ctx, &agent.Options{Server: srv.URL})
	if err != nil {
		log.Fatal(err)
	}
	chats := rtm.Subscribe[*agent.IncomingChat](desk)
	if _, err := desk.Login(ctx, agent.Token("dal:agent1")); err != nil {
		log.Fatal(err)
	}
	go func() {
		for push, err := range chats.All(ctx) {
			if err != nil {
				return
			}
			desk.SendEvent(ctx, agent.Send(push.Chat.ID, agent.Message("We do, in two days.")))
		}
	}()
	return srv.URL, func() {
		desk.Close()
		srv.Close()
		handler.Shutdown(ctx)
	}
}
