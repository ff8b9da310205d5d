package rtm

import (
	"encoding/json"
	"errors"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// ErrorType says why a request failed.
type ErrorType string

// The errors that the client makes itself, beside [ErrorTypeValidation] and
// [ErrorTypeUnsupportedVersion], which it also finds out before it sends.
const (
	ErrorTypeTimeout        ErrorType = session.ErrTimeout        // no answer in time; the outcome is unknown, a read may be repeated
	ErrorTypeConnectionLost ErrorType = session.ErrConnectionLost // the connection broke before the answer; the outcome is unknown, a read may be repeated
	ErrorTypeClosed         ErrorType = session.ErrClosed         // the connection has ended for good; a retry cannot help
	ErrorTypeNotLoggedIn    ErrorType = session.ErrNotLoggedIn    // log in first
	ErrorTypeQueueFull      ErrorType = session.ErrQueueFull      // too many calls wait for a connection; retry later
	ErrorTypeNotStored      ErrorType = session.ErrNotStored      // Options.Outbox failed; the event was not sent, a retry may help
	ErrorTypeNoToken        ErrorType = session.ErrNoToken        // the token source failed; a retry may help
)

// ErrSlowSubscriber ends a subscription whose reader fell too far behind.
// Subscribing again helps, but what was missed has to be fetched.
var ErrSlowSubscriber = errors.New("rtm: subscriber is too slow: its queue of pushes is full")

// ErrClosed is why a connection ended that Close ended. It is what a
// subscription returns then.
var ErrClosed = errors.New("rtm: connection closed")

// Error is a request that failed: the server's error as it stood on the wire,
// or one that the client made in the same form.
type Error struct {
	Action  string
	Type    ErrorType
	Message string          // for people; never to be compared
	Data    json.RawMessage // what the server added, nil when nothing; of ErrorTypeClosed the disconnect push's payload
	cause   error
}

// Error returns the action, the type and the message.
func (e *Error) Error() string { return "rtm: " + e.Action + ": " + string(e.Type) + ": " + e.Message }

// Unwrap returns why the connection has ended, ErrClosed or a *DisconnectError,
// when the type is ErrorTypeClosed; else nil.
func (e *Error) Unwrap() error { return e.cause }

// ErrorTypeOf returns the type of the *Error in err's chain, or "".
func ErrorTypeOf(err error) ErrorType {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Type
	}
	return ""
}

// DisconnectReason is why the server ended a connection; the catalogue lists
// them as disconnect_reasons. When the server refused to log in again after a
// reconnect it is the type of that error.
type DisconnectReason string

// DisconnectError is the end of a connection that will not be opened again. A
// retry does not help unless Data says when.
type DisconnectError struct {
	Reason DisconnectReason
	Data   json.RawMessage // what the server added, such as {"timeout":60}; nil when nothing
}

// Error returns the reason.
func (e *DisconnectError) Error() string {
	return "rtm: the server ended the connection: " + string(e.Reason)
}
