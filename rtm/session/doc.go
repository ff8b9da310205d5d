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
//		case session.Stored:    // keep out.Value under out.Key, or forget it when it is nil
//		}
//	}
//
// The host drains Next after every input. There is one socket at a time: what
// an older one still has to say after Close or a new Dial must not be passed
// in, and what it still had to write must not be written. A Session is not safe
// for concurrent use; its host owns the loop.
//
// # States
//
//	          Start               Opened                login answered    missed events fetched
//	Idle ───────────▶ Connecting ────────▶ Authorizing ─────────▶ Syncing ─────────▶ Live
//	                   ▲      │                 │                    │                 │
//	                   │ Tick ▼ Closed, silence ▼                    ▼                 ▼
//	                   └── Waiting ◀────────────┴────────────────────┴─────────────────┘
//
// Syncing is left out where nothing can have been missed: after the first
// login, and when no chat is in use. Stop, and a disconnect reason that forbids
// to come back, lead from any state to Stopped, which is final.
//
// What follows from each input, for a session that was logged in before and
// uses one chat. What is not listed changes nothing and has no outputs; Wake
// and StateChanged are not listed.
//
//	state        input                next         outputs
//	idle         Start                connecting   Dial
//	idle         Call                 idle         Settled
//	idle         Stop                 stopped
//	connecting   Opened               authorizing  Send
//	connecting   Closed               waiting
//	connecting   silence              waiting      Close
//	connecting   jump                 waiting      Close
//	connecting   Stop                 stopped      Close
//	authorizing  Closed               waiting
//	authorizing  answer               syncing      Settled Send
//	authorizing  refused token        authorizing  NeedToken
//	authorizing  refusal              stopped      Close
//	authorizing  fault                waiting      Close
//	authorizing  silence              waiting      Close
//	authorizing  push                 authorizing  Pushed
//	authorizing  disconnect           waiting      Pushed Close
//	authorizing  disconnect for good  stopped      Pushed Close
//	authorizing  jump                 waiting      Close
//	authorizing  Stop                 stopped      Close
//	syncing      Closed               waiting
//	syncing      answer               live         Pushed
//	syncing      refusal              live
//	syncing      silence              waiting      Close
//	syncing      disconnect           waiting      Pushed Close
//	syncing      disconnect for good  stopped      Pushed Close
//	syncing      Online               syncing      Send
//	syncing      Offline              syncing      Send
//	syncing      jump                 waiting      Close
//	syncing      Stop                 stopped      Close
//	live         Closed               waiting
//	live         silence              waiting      Send Unstable Close
//	live         push                 live         Pushed
//	live         disconnect           waiting      Pushed Close
//	live         disconnect for good  stopped      Pushed Close
//	live         Online               live         Send
//	live         Offline              live         Send
//	live         Call                 live         Send
//	live         jump                 waiting      Close
//	live         Stop                 stopped      Close
//	waiting      silence              connecting   Dial
//	waiting      Online               connecting   Dial
//	waiting      jump                 connecting   Dial
//	waiting      Stop                 stopped
//	stopped      Call                 stopped      Settled
//
// Answer, refusal and fault are the server's to what the state waits for: a
// fault is an error that may be gone a little later. Silence is that nothing
// comes until the time for it is up, and jump that the clock has leapt by hours.
//
// # Login
//
// A login is a call like any other. Its payload is kept, and sent again after
// each reconnect; a payload without a token makes the engine ask for one with
// NeedToken. A token that came that way, or that worked before, is asked for
// once more when it is refused, with Fresh set; so is one whose lifetime is
// known and nearly over. Calls made before a login was asked for fail at once,
// and so do calls that waited for a login that then fails; calls made while
// there is no connection wait their turn, or fail with ErrOffline where
// CallOptions.NoWait says so. A session logs in once: a second login is refused
// while the first one lasts.
//
// # Durable calls
//
// A call with CallOptions.Durable is an event that must arrive. It gets a
// custom_id if it has none, and is announced with Stored so that the host can
// keep it; Restore brings it back after a restart. It has no deadline: it is
// sent, one at a time per chat and in order, until the server has it or refuses
// it. After an attempt whose outcome is unknown the engine first looks for the
// custom_id in the chat.
//
// # Recovery
//
// The engine remembers, for each of up to 4,096 chats in use, the newest thread
// and the last 128 events that the host was given. After each repeated login it
// fetches what came since, gives it out as the pushes that were missed, marked
// as Recovered, and only then says Live. An event that was given out before is
// dropped.
//
// # Promises
//
//	subject       promise
//	calls         each is settled exactly once: by its answer, its deadline (15 s unless it says otherwise,
//	              waiting included), Cancel or Stop; at most 10 are unanswered per connection, at most 256 wait, in order
//	reads         are repeated after a broken connection, within their deadline
//	writes        that were sent when the connection broke fail with ErrConnectionLost: their outcome is unknown
//	events        of durable calls arrive exactly once, in the order of the calls per chat
//	pushes        come in the order of the server's frames; those about events, new threads and ends of threads
//	              that were missed are made up for, per chat in the order of created_at, before Live
//	doubles       an event is given out once, of the last 128 of its chat
//	liveness      a ping every 15 s, its answer within 10 s: a dead connection is found in 25 s,
//	              in 2 s when the host says that the network has changed; Unstable comes first
//	reconnects    after 0.3 s to 60 s, at random, longer with each failure, anew after a minute of health
//	clocks        a leap of more than a minute, or back by more than a second, ends in a fresh login
//	frames        that are malformed, unknown, late or doubled are counted and change nothing
//	replay        the same configuration and inputs give the same outputs and state
//
// What is not promised:
//   - that an event arrives once when the network delivers an earlier attempt after the look-up for it has found nothing;
//   - that it does when the clocks of host and server are more than a day apart;
//   - that durable calls of different chats keep their order;
//   - that pushes of other kinds, such as an event's change or a user's coming, are made up for: fetch what you show after a repeated login;
//   - that the events of a chat which became visible meanwhile come one by one: they are in the thread of its incoming_chat;
//   - that what lies before the first login is given out: it is the host's to fetch;
//   - that what was lost on a connection that lives on is found when more than 128 events of its chat came after it;
//   - that events come in order across chats, or that a frame which overtook another is put back.
package session
