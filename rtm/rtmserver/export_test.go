package rtmserver

import (
	"context"
	"encoding/json"
)

// StateJSON is the state of an organization, for comparing.
func StateJSON(s *Server, organization string) (string, error) {
	o := s.orgs[organization]
	o.mu.Lock()
	defer o.mu.Unlock()
	return stateJSON(o.st)
}

// FoldJSON is the state that the organization's log adds up to, by way of a
// snapshot after each entry.
func FoldJSON(s *Server, organization string) (string, error) {
	o := s.orgs[organization]
	st := newState()
	for data, err := range s.opts.Log.Read(context.Background(), organization, 0) {
		if err != nil {
			return "", err
		}
		records, err := decodeEntry(data)
		if err != nil {
			return "", err
		}
		st.foldEntry(records)
		snapshot, err := encodeSnapshot(st)
		if err != nil {
			return "", err
		}
		if st, err = decodeSnapshot(snapshot); err != nil {
			return "", err
		}
	}
	for i := range o.seed.Agents {
		st.agent(o.seed.Agents[i].ID) // who was looked for is there
	}
	return stateJSON(st)
}

func stateJSON(st *state) (string, error) {
	data, err := json.MarshalIndent(st, "", " ")
	return string(data), err
}

// BreakFrames has the server panic over every request, outside of its method. It
// must be called before there are any.
func BreakFrames(s *Server) { s.metrics.requests = nil }

// JournalOf is what a journal tells of a frame that a client sent.
func JournalOf(frame []byte) JournalEntry {
	s := &Server{clock: NewClock(), opts: Options{Journal: 1}}
	s.tap = newTap(s)
	c := &socket{conn: &conn{s: s}}
	c.pending.draining = true // nobody handles it
	s.tap.received(c, frame)
	return s.Journal(JournalQuery{})[0]
}

// SendQueue is how many frames wait for a client that reads slowly.
const SendQueue = sendQueue
