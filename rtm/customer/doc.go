// Package customer is a client for the Customer Chat RTM API: the visitor's
// side of a chat.
//
// Dial connects, Login authorizes, and each further method sends the request
// of the same name. Names, limits and errors are those of
// https://platform.text.com/docs/messaging/customer-chat-api/rtm-reference;
// what a method may fail with besides is in package rtm.
//
// Every method takes one request, nil for an empty one. The common ones have a
// short form:
//
//	client.Login(ctx, customer.Token(token))
//	client.StartChat(ctx, customer.Start(customer.Message("Hello")))
//	client.SendEvent(ctx, customer.Send(chatID, customer.Message("Hello")))
//	client.ResumeChat(ctx, customer.Resume(chatID))
//
// The types of pushes are named after them: subscribe with
// rtm.Subscribe[*customer.IncomingEvent]. Events, events to send and users are
// interfaces, [Event], [EventInput] and [User]: switch over their type.
//
// The types and methods are generated from package catalogue. A Client may be
// used from any number of goroutines.
package customer
