package rtmtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// Clock returns the clock that the server lives by. It follows the system's,
// which in a bubble of testing/synctest is the bubble's, until Freeze or Advance.
func (s *Server) Clock() *rtmserver.Clock { return s.RTM.Clock() }

// Advance moves the server's clock forward and runs what is due until then before
// it returns: tokens and bans expire, agents who are gone lose their chats.
func (s *Server) Advance(d time.Duration) { s.RTM.Clock().Advance(d) }

// Reset makes an organization what it was at the start, or everything with "":
// see rtmserver.Server.Reset.
func (s *Server) Reset(tb testing.TB, organization string) {
	tb.Helper()
	if err := s.RTM.Reset(organization); err != nil {
		tb.Fatal(err)
	}
}

// Snapshot returns the state of an organization, for Restore.
func (s *Server) Snapshot(tb testing.TB, organization string) []byte {
	tb.Helper()
	snapshot, err := s.RTM.Snapshot(organization)
	if err != nil {
		tb.Fatal(err)
	}
	return snapshot
}

// Restore makes the organization of a snapshot what it was then. Its clients are
// sent away to come back.
func (s *Server) Restore(tb testing.TB, snapshot []byte) {
	tb.Helper()
	if err := s.RTM.Restore(snapshot); err != nil {
		tb.Fatal(err)
	}
}

// Fault makes the server misbehave until the test ends, or RTM.RemoveFault. It
// returns the fault's id.
func (s *Server) Fault(tb testing.TB, fault rtmserver.Fault) string {
	tb.Helper()
	id, err := s.RTM.AddFault(fault)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.RTM.RemoveFault(id) })
	return id
}

// Hits returns how often a fault has acted, -1 when there is none of that id.
func (s *Server) Hits(id string) int {
	for _, f := range s.RTM.Faults() {
		if f.ID == id {
			return f.Hits
		}
	}
	return -1
}

// Journal returns the frames that have crossed the server's sockets, oldest
// first, with the tokens taken out.
func (s *Server) Journal() []rtmserver.JournalEntry {
	return s.RTM.Journal(rtmserver.JournalQuery{})
}

// Connections returns who is connected.
func (s *Server) Connections() []rtmserver.Connection { return s.RTM.Connections() }

// Disconnect ends the connections of a user, by the id that agents know it by,
// with a reason of the catalogue.
func (s *Server) Disconnect(tb testing.TB, user, reason string) {
	tb.Helper()
	n, err := s.RTM.Disconnect(rtmserver.Disconnection{UserID: user, Reason: reason})
	if err == nil && n == 0 {
		err = fmt.Errorf("rtmtest: disconnect: %s has no connection", user)
	}
	if err != nil {
		tb.Fatal(err)
	}
}
