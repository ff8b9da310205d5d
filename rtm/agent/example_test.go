package agent_test

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

// A bot that answers every message.
func Example() {
	url, stop := server()
	defer stop()
	ctx := context.Background()
	client, err := agent.Dial(ctx, &agent.Options{Server: url})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	pushes := rtm.Subscribe[*agent.IncomingEvent](client)
	login, err := client.Login(ctx, agent.Token("dal:agent1"))
	if err != nil {
		log.Fatal(err)
	}
	go ask(url, "Is anybody there?")
	for push, err := range pushes.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		message, ok := push.Event.(*agent.MessageEvent)
		if !ok || message.AuthorID == login.MyProfile.ID {
			continue
		}
		fmt.Println("customer:", message.Text)
		if _, err := client.SendEvent(ctx, agent.Send(push.ChatID, agent.Message("Yes, a bot."))); err != nil {
			log.Fatal(err)
		}
		break
	}
	// Output: customer: Is anybody there?
}

// ask is a customer who starts a chat and then says something.
func ask(url, text string) {
	const organization = "11111111-1111-4111-8111-111111111111" // of the server's default seed
	ctx := context.Background()
	client, err := customer.Dial(ctx, &customer.Options{
		Server: url, OrganizationID: organization, Token: customer.CookieGrant(url, organization, "example", nil),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	answers := rtm.Subscribe[*customer.IncomingEvent](client)
	if _, err := client.Login(ctx, nil); err != nil {
		log.Fatal(err)
	}
	chat, err := client.StartChat(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.SendEvent(ctx, customer.Send(chat.ChatID, customer.Message(text))); err != nil {
		log.Fatal(err)
	}
	answers.Next(ctx)
}

func server() (url string, stop func()) {
	handler, err := rtmserver.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	srv := httptest.NewServer(handler)
	return srv.URL, func() {
		srv.Close()
		handler.Shutdown(context.Background())
	}
}
