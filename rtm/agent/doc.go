// Package agent is a client for the Agent Chat RTM API: the company's side of
// a chat.
//
// Dial connects, Login authorizes, and each further method sends the request
// of the same name. Names, limits and errors are those of
// https://platform.text.com/docs/messaging/agent-chat-api/rtm-reference; what
// a method may fail with besides is in package rtm. The types of pushes are
// named after them: subscribe with rtm.Subscribe[*agent.IncomingEvent].
//
// A Client may be used from any number of goroutines.
package agent
