package session

import (
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// The types of the errors that the engine makes itself. All others come from
// the server and are listed in the catalogue.
const (
	ErrTimeout        = "timeout"         // no answer within the deadline; the outcome is unknown, a read may be repeated
	ErrConnectionLost = "connection_lost" // the connection broke before the answer; the outcome is unknown, a read may be repeated
	ErrClosed         = "closed"          // the session was stopped, by its host or by the server; a retry cannot help. What was sent before may have been done. Data has the reason
	ErrNotLoggedIn    = "not_logged_in"   // a call before login; log in first
	ErrQueueFull      = "queue_full"      // too many calls wait for the connection; retry later
	ErrOffline        = "offline"         // the call does not wait and there is no connection; retry when there is one
	ErrNotStored      = "not_stored"      // the host could not store a durable call, which was not sent; a retry may help
	ErrCanceled       = "canceled"        // the caller withdrew the call; if it was sent, the outcome is unknown
	ErrNoToken        = "no_token"        // the host could not get a token; a retry may help
)

// Reasons of a StateChanged that the engine makes itself, beside error types.
const ReasonClock = "clock_jump" // the machine slept, or its clock was set

// Error is why a call failed.
type Error struct {
	Type    string // an error type of the catalogue, or one of the constants above
	Message string // for people; never to be compared

	// Data is the JSON that the server added, such as {"region":"fra"}, nil when
	// it added none. That of ErrClosed is as the disconnect push has it,
	// {"reason":"license_not_found"} with the push's data if there was any; the
	// reason may also be the type of the error that refused a repeated login. It
	// is nil when the host stopped the session.
	Data []byte
}

// Error returns the type and the message.
func (e *Error) Error() string { return e.Type + ": " + e.Message }

// Retry returns how long after a failure a read is to be repeated that had failed
// so many times in a row before. Ok is false when a repetition cannot help, or the
// next login has to come first.
func Retry(err *Error, before int) (after time.Duration, ok bool) {
	if !transient(err) && err.Type != ErrTimeout && err.Type != ErrQueueFull {
		return 0, false
	}
	return retryAfter(before), true
}

// wireError reads an ErrorPayload.
func wireError(payload []byte) *Error {
	e := &Error{
		Type:    wire.Str(payload, "error", "type"),
		Message: wire.Str(payload, "error", "message"),
		Data:    wire.Get(payload, "error", "data"),
	}
	if e.Type == "" {
		e.Type, e.Message = "internal", "the server refused the request without giving an error"
	}
	return e
}
