// Package agent is a client for the Agent Chat RTM API: the company's side of
// a chat.
//
// Dial connects, Login authorizes, and each further method sends the request
// of the same name. Names, limits and errors are those of
// https://platform.text.com/docs/messaging/agent-chat-api/rtm-reference; what a
// method may fail with besides is in package rtm. Methods that newer versions
// of the API dropped are there too: they say so, and work with an older
// Options.Version.
//
// Every method takes one request, nil for an empty one. The common ones have a
// short form:
//
//	client.Login(ctx, agent.Token(token))
//	client.SendEvent(ctx, agent.Send(chatID, agent.Message("Hello")))
//	client.TransferChat(ctx, &agent.TransferChatRequest{ID: chatID, Target: agent.ToGroups(2)})
//
// The types of pushes are named after them: subscribe with
// rtm.Subscribe[*agent.IncomingEvent]. Events, events to send and users are
// interfaces, [Event], [EventInput] and [User]: switch over their type.
//
// The types and methods are generated from package catalogue. A Client may be
// used from any number of goroutines.
package agent
