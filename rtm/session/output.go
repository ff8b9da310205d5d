package session

import "time"

// Kind says which fields of an [Output] count.
type Kind uint8

const (
	Dial         Kind = iota + 1 // open a socket: URL
	Send                         // write one text frame: Frame
	Close                        // close the socket: Code, Reason
	Wake                         // call Tick at At; replaces an earlier Wake, a zero At cancels it
	Settled                      // a call ended: ID, Action, Payload or Err, Relogin
	Pushed                       // the server sent a push: Action, RequestID, Version, Payload
	StateChanged                 // State, Reason; At when State is Waiting
	NeedToken                    // call Token with an access token: Fresh
	Reported                     // a frame was not understood and ignored: Reason
	Unstable                     // a ping is late, the connection is about to be dropped; with Recovered: it answers again
	Stored                       // keep Value under Key until it is replaced, or forget Key when Value is nil; see Restore
)

// Output is one thing for the host to do or to know. Byte slices in it belong
// to whoever takes the Output.
type Output struct {
	Kind      Kind
	State     State
	Fresh     bool   // NeedToken: the last token was refused, get a new one
	Relogin   bool   // Settled: a login that the engine repeated after a reconnect; ID is 0
	Recovered bool   // Pushed: missed while there was no connection, and fetched; Unstable: the connection answers again
	Code      int    // Close: WebSocket status code
	ID        CallID // Settled
	At        time.Time
	URL       string
	Action    string
	RequestID string // Pushed: set when this connection's request caused the push
	Version   string // Pushed: API version of the payload
	Reason    string // StateChanged: disconnect reason or error type, "" when all is well
	Frame     []byte
	Payload   []byte // raw JSON, nil when there is none; with Stopped as Error.Data has it
	Err       *Error
	Key       string // Stored; Settled of a durable call: what it was stored under
	Value     []byte // Stored: to be kept as it is
}

// State is where a session stands.
type State uint8

const (
	Idle        State = iota // not started
	Connecting               // a socket is being opened
	Authorizing              // the socket is open; not logged in
	Syncing                  // logged in; what was missed is being fetched
	Live                     // logged in, and nothing is missing
	Waiting                  // no socket; the next attempt comes at a known time, or when there is a reason for it
	Stopped                  // ended for good
)

// String returns the state's name in lower case.
func (s State) String() string {
	switch s {
	case Idle:
		return "idle"
	case Connecting:
		return "connecting"
	case Authorizing:
		return "authorizing"
	case Syncing:
		return "syncing"
	case Live:
		return "live"
	case Waiting:
		return "waiting"
	default:
		return "stopped"
	}
}

// API is one of the two RTM APIs.
type API uint8

const (
	Customer API = iota
	Agent
)

// String returns the API's name as it stands in addresses.
func (a API) String() string {
	if a == Agent {
		return "agent"
	}
	return "customer"
}
