// Package rtmserver is a server of the RTM 3.6 customer and agent APIs, as an
// http.Handler.
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
// Each organization has an append-only log, see [Log]. A command is validated
// against package catalogue, checked against the state, appended to the log as
// records, and applied; the state is a fold over the records, and pushes are
// announced from them. What a request causes is decided under one lock per
// organization, so all connections see one order of things. Typing indicators
// and sneak peeks are passed on and never logged.
//
// Sockets never block that lock: each connection has a bounded queue and a
// goroutine that writes; one that does not read is cut off.
//
// # What it does not do yet
//
// Methods that the catalogue knows and this package does not serve answer with
// a validation error that says so. Other API versions than 3.6 get HTTP 404.
package rtmserver
