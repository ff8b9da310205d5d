// Package session is the RTM protocol engine: a state machine without I/O.
//
// Bytes, times and requests go in; what to do next comes out. The same code
// runs under a goroutine with a native socket, in a browser's Worker, and in a
// test with a clock of its own:
//
//	s := session.New(session.Config{API: session.Customer, Server: "ws://127.0.0.1:8080", Organization: "…"})
//	s.Start(now)
//	id := s.Call(now, "login", payload, session.CallOptions{})
//	for out, ok := s.Next(); ok; out, ok = s.Next() {
//		switch out.Kind {
//		case session.Dial:      // open a socket to out.URL, then call Opened or Closed
//		case session.Send:      // write out.Frame as one text frame
//		case session.Close:     // close the socket; nothing of it may be reported any more
//		case session.Wake:      // call Tick at out.At
//		case session.NeedToken: // get a token, then call Token
//		case session.Settled:   // the call out.ID ended with out.Payload or out.Err
//		case session.Pushed:    // the server sent out.Action
//		}
//	}
//
// The host drains Next after every input. There is one socket at a time: what
// an older one still has to say after Close or a new Dial must not be passed
// in. A Session is not safe for concurrent use; its host owns the loop.
//
// # States
//
//	          Start               Opened                login answered
//	Idle ───────────▶ Connecting ────────▶ Authorizing ───────────────▶ Live
//	                   ▲      │ Closed          │ Closed                  │ Closed, no answer to a ping
//	                   │ Tick ▼                 ▼                         ▼
//	                   └── Waiting ◀────────────┴─────────────────────────┘
//
// Stop, and a disconnect reason that forbids to come back, lead from any state
// to Stopped, which is final.
//
// # Login
//
// A login is a call like any other. Its payload is kept, and sent again after
// each reconnect; a payload without a token makes the engine ask for one with
// NeedToken. A token that came that way, or that worked before, and is refused
// is asked for once more, with Fresh set. Calls made before a login was asked
// for fail at once, calls that waited for a login fail with it; calls made
// while there is no connection wait their turn. A session logs in once: another
// login fails with type validation.
//
// # Promises
//
// Each call is settled exactly once: by its answer, by its deadline (15 s
// unless the call says otherwise, waiting included), by Cancel, or by Stop. At
// most 10 requests are unanswered per connection, pings and withdrawn ones
// included; the rest wait in order, at most 256. A request that was sent when the connection broke is not repeated:
// it fails with ErrConnectionLost, and its outcome is unknown. Frames that are
// not understood are reported and change nothing.
package session
