// Package rtmtest starts an RTM server in memory, in one line of a test.
//
//	srv := rtmtest.NewServer(t, nil)
//	token := srv.CustomerToken(t)
//	// dial srv.URL with srv.HTTPClient()
//
// The network is net.Pipe: no port is opened, and it works inside the bubble of
// testing/synctest, where deadlines of half a minute pass at once.
package rtmtest
