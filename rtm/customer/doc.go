// Package customer is a client for the Customer Chat RTM API: the visitor's
// side of a chat.
//
// Dial connects, Login authorizes, and each further method sends the request
// of the same name. Names, limits and errors are those of
// https://platform.text.com/docs/messaging/customer-chat-api/rtm-reference;
// what a method may fail with besides is in package rtm. The types of pushes
// are named after them: subscribe with rtm.Subscribe[*customer.IncomingEvent].
//
// A Client may be used from any number of goroutines.
package customer
