package rtmserver

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// Errors of faults, as causes of a connection's end.
var errFault = errors.New("rtmserver: a fault broke the connection")

// A Connection is one that a client has with the server.
type Connection struct {
	ID           string    `json:"id"`
	API          string    `json:"api"`
	Version      string    `json:"version"`
	Organization string    `json:"organization,omitempty"` // of the address, or of the login
	User         string    `json:"user,omitempty"`         // once it has logged in
	Since        time.Time `json:"since"`                  // by the system's clock
	IP           string    `json:"ip"`
	UserAgent    string    `json:"user_agent,omitempty"`
	Queued       int       `json:"queued"`              // frames that wait for the client to read
	HalfOpen     bool      `json:"half_open,omitempty"` // a fault has made it so
	Closing      bool      `json:"closing,omitempty"`
}

// Connections returns the connections that there are, oldest first.
func (s *Server) Connections() []Connection {
	s.mu.Lock()
	sockets := make([]*socket, 0, len(s.conns))
	for c := range s.conns {
		sockets = append(sockets, c)
	}
	s.mu.Unlock()
	slices.SortFunc(sockets, func(a, b *socket) int { return cmp.Or(cmp.Compare(len(a.id), len(b.id)), cmp.Compare(a.id, b.id)) })
	all := make([]Connection, len(sockets))
	for i, c := range sockets {
		who := c.identity()
		all[i] = Connection{
			ID: c.id, API: c.side.String(), Version: c.version, Organization: who.organization, User: who.user, Since: c.started.UTC(),
			IP: c.ip, UserAgent: c.userAgent, Queued: len(c.queue), HalfOpen: c.silent.Load(), Closing: c.closing.Load(),
		}
	}
	return all
}

// A Disconnection says which connections to end, and why. One of Connection and
// User is needed.
type Disconnection struct {
	Connection   string `json:"connection,omitempty"`
	Organization string `json:"organization,omitempty"` // of User; empty means any
	User         string `json:"user,omitempty"`

	// Reason is what the client is told, one of the catalogue; Data is what comes
	// with it, such as the right region.
	Reason string          `json:"reason"`
	Data   json.RawMessage `json:"data,omitempty"`
}

// Disconnect ends connections and returns how many. The client is told why, and
// nothing but the connection changes: an agent who is told agent_deleted can
// come back.
func (s *Server) Disconnect(d Disconnection) (int, error) {
	bad := func(format string, args ...any) (int, error) {
		return 0, fmt.Errorf("rtmserver: disconnect: "+format, args...)
	}
	switch {
	case d.Connection == "" && d.User == "":
		return bad("connection: it or user is required")
	case d.Connection != "" && d.User != "":
		return bad("user: must not be sent together with connection")
	case d.Reason == "":
		return bad("reason: is required")
	case d.Organization != "" && s.orgs[d.Organization] == nil:
		return bad("organization: there is no organization %s", quote(d.Organization))
	}
	if d.Data != nil {
		var data params
		if err := decodeNumbers(d.Data, &data); err != nil || data == nil {
			return bad("data: must be an object")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*socket
	for c := range s.conns {
		who := c.identity()
		if c.closing.Load() || d.Connection != "" && c.id != d.Connection || d.User != "" && who.user != d.User ||
			d.Organization != "" && who.organization != d.Organization {
			continue
		}
		if !slices.ContainsFunc(c.catalogue.DisconnectReasons, func(r *catalogue.DisconnectReason) bool { return r.Reason == d.Reason }) {
			return bad("reason: the %s API does not have a disconnect reason %s", c.side, quote(d.Reason))
		}
		found = append(found, c)
	}
	switch {
	case len(found) == 0 && d.Connection != "":
		return bad("connection: there is no connection %s", quote(d.Connection))
	case len(found) == 0:
		return bad("user: %s has no connection", quote(d.User))
	}
	for _, c := range found {
		c.disconnectWith(d.Reason, d.Data)
	}
	return len(found), nil
}
