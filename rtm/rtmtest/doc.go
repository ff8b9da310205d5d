// Package rtmtest starts an RTM server in memory, in one line of a test.
//
//	srv := rtmtest.NewServer(t, nil)
//	token := srv.CustomerToken(t)
//	// dial srv.URL with srv.HTTPClient()
//
// The network is net.Pipe: no port is opened, and it works inside the bubble of
// testing/synctest, where deadlines of half a minute pass at once.
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
