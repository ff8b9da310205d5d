package session

// Stats counts what a session has seen since New.
type Stats struct {
	Frames     uint64 // received, of any kind
	Pushes     uint64 // given out, recovered ones included
	Recovered  uint64 // pushes that were missed and fetched
	Doubles    uint64 // pushes dropped because their event was given out before
	Late       uint64 // answers to calls that were settled before
	Unknown    uint64 // answers to no request
	Malformed  uint64 // frames that are no JSON object, or neither response nor push
	Connects   uint64 // sockets opened
	Reconnects uint64 // logins repeated after a broken connection
	Resent     uint64 // reads repeated and durable calls sent again
	Found      uint64 // durable calls that turned out to have arrived
}

// Stats returns the counts up to now.
func (s *Session) Stats() Stats { return s.stats }
