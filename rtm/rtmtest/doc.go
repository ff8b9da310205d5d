// Package rtmtest starts an RTM server in memory, in one line of a test.
//
//	srv := rtmtest.NewServer(t, nil)
//	token := srv.CustomerToken(t)
//	// dial srv.URL with srv.HTTPClient()
//
// The network is net.Pipe: no port is opened, and it works inside the bubble of
// testing/synctest, where deadlines of half a minute pass at once.
//
// # A server that misbehaves
//
// What tests want of a server that it would not do by itself is one call each:
//
//	srv.Fault(t, rtmserver.Fault{Action: "send_event", Nth: 3, Effect: "error", Error: "internal"})
//	srv.Advance(9 * time.Hour)                           // tokens expire
//	srv.Disconnect(t, "agent1@example.com", "connection_timeout")
//	before := srv.Snapshot(t, rtmtest.Organization)
//	srv.Restore(t, before)
//	srv.Journal()                                        // every frame so far
//
// A Fault is about single frames and connections of a server that is otherwise
// well: it knows actions, users and error types, and it acts where it was told to.
// For a network that is bad all the time, whatever the server does, there is the
// next section; one test can use both.
//
// # A bad network
//
// NewNetwork puts faults between the server and its clients, by chance or on
// command; it is for such bubbles alone:
//
//	net := rtmtest.NewNetwork(t, seed, rtmtest.Faults{Latency: 80 * time.Millisecond, Cut: time.Minute})
//	host := net.NewHost()
//	// dial net.URL with host.HTTPClient()
//	host.HalfOpen(true, true)
//
// All chance comes from the seed, and no two packets arrive at the same instant
// of virtual time. So a program whose own randomness is seeded, and that does
// one thing at a time at its end, runs the same way each time it gets the seed.
package rtmtest
