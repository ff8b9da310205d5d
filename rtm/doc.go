// Package rtm is a client for the LiveChat Real-Time Messaging protocol: JSON
// over one WebSocket, requests answered by id, and pushes.
//
// Most programs use one of the two packages on top of it, [customer] for the
// side of the visitor and [agent] for the side of the company. They share the
// connection that this package gives: a [Conn] that logs in again by itself
// after a broken connection, and whose methods may be called from any number
// of goroutines.
//
//	client, err := customer.Dial(ctx, &customer.Options{OrganizationID: org})
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	pushes := rtm.Subscribe[*customer.IncomingEvent](client)
//	if _, err := client.Login(ctx, customer.Token(token)); err != nil {
//		return err
//	}
//	for push, err := range pushes.All(ctx) {
//		if err != nil {
//			return err
//		}
//		if message, ok := push.Event.(*customer.MessageEvent); ok {
//			fmt.Println(message.Text)
//		}
//	}
//
// # Contexts
//
// The context of Dial bounds the opening of the first socket, that of a call
// bounds the wait for its answer. No context ends the connection: Close does.
//
// # Pushes
//
// Pushes arrive in one order per connection. [Subscribe] filters them by type;
// a subscription to [Push] itself gets them all, those that this version does
// not know as [*RawPush]. Queues are bounded: a subscriber that falls more
// than Options.PushBuffer behind ends with [ErrSlowSubscriber].
//
// # Broken connections
//
// After a broken connection the login is repeated, and what happened meanwhile
// in the chats in use is fetched and comes as the pushes that were missed, for
// which [Subscription.Recovered] says true. Requests that only read are
// repeated. Others that were on their way fail with ErrorTypeConnectionLost:
// nobody knows whether they were carried out. Events need not: with
// Options.Outbox they are sent until the server has them, once, in the order of
// the calls per chat; with [FileOutbox] even if the process is killed. What is
// promised and what is not is a table in package [session].
//
// # Requests and payloads
//
// A typed method holds its request to the rules of the catalogue before it is
// sent: a field that is missing, too long, out of range, not one of the values
// allowed, or not to be combined with another fails at once, with the field's
// name and what is allowed. So does an action that Options.Version lacks.
// [Conn.Call] sends any action as it is.
//
// Fields that may be absent are left out when they are zero. Where zero means
// something else than absent, the field is a pointer: new(false). Times keep
// their microseconds. What a newer server adds is kept in the Unknown of each
// object, in events and users of unknown types, and in values of string types
// that have no constant, and is sent back with the object.
//
// # Errors
//
// A request that the server refuses, or that cannot be carried out, returns an
// [*Error]; compare its Type. When the server ends the connection for good that
// is ErrorTypeClosed, the error wraps a [*DisconnectError] with the reason, and
// [Conn.Err] and all subscriptions return that too.
//
// [session]: https://pkg.go.dev/github.com/rtmwidget/rtmwidget/rtm/session
// [customer]: https://pkg.go.dev/github.com/rtmwidget/rtmwidget/rtm/customer
// [agent]: https://pkg.go.dev/github.com/rtmwidget/rtmwidget/rtm/agent
package rtm
