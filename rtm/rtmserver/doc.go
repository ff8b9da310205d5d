// Package rtmserver is a server of the RTM customer and agent APIs, versions 3.4
// to 3.6, as an http.Handler.
//
//	srv, err := rtmserver.New(nil) // the seed of the demo, in memory
//	if err != nil { … }
//	http.ListenAndServe("127.0.0.1:8080", srv)
//
// Customers get their tokens from POST /v2/customer/token and connect to
// /v3.6/customer/rtm/ws?organization_id=…; agents use a token of the [Seed] at
// /v3.6/agent/rtm/ws. In tests, package rtmtest starts one in a line.
//
// # How it works
//
// Each organization has an append-only log, see [Log]. A command is held to the
// rules of package catalogue, the same that clients have, checked against the
// state, appended to the log as records, and applied; the state is a fold over
// the records, and pushes are announced from them. What a request causes is decided under one lock per
// organization, so all connections see one order of things. Typing indicators
// and sneak peeks are passed on and never logged.
//
// Sockets never block that lock: each connection has a bounded queue and a
// goroutine that writes; one that does not read is cut off.
//
// # Versions
//
// /v3.4/, /v3.5/ and /v3.6/ are served for both APIs, and all of them meet in the
// same chats. A connection's pushes have the version of its address, or those that
// its login asked for; a request may name a version that is not lower. A method
// or push that a version lacks is not there in it, and what is sent has no field
// that came later, as far as package catalogue marks it: since and removed_in, and
// was for a name that changed (visit of agents was last_visit up to 3.5).
// The filter include_active of the agent's list_chats works up to 3.5.
//
// Beside that all versions behave as 3.6. Known differences that are not made:
// group status, which 3.4 sent inside incoming_multicast, is not sent there; the
// author_id beside action, with which agents spoke for bots up to 3.5, is ignored;
// and required fields of 3.6 are required in all versions.
//
// # What it does not do yet
//
// Methods that the catalogue knows and this package does not serve answer with
// a validation error that says so, once their payload is right.
package rtmserver
