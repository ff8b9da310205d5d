package rtmserver

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
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
		who := c.known()
		all[i] = Connection{
			ID: c.id, API: c.side.String(), Version: c.version, Organization: who.organization, User: who.user, Since: c.started.UTC(),
			IP: c.ip, UserAgent: c.userAgent, Queued: int(c.waiting.Load()), HalfOpen: c.silent.Load(), Closing: c.closing.Load(),
		}
	}
	return all
}

// A Disconnection says which connections to end, and why. Empty fields match all.
type Disconnection struct {
	Connection   string `json:"connection,omitempty"`   // its id
	Organization string `json:"organization,omitempty"` // whose
	API          string `json:"api,omitempty"`          // customer or agent
	UserID       string `json:"user,omitempty"`         // who is logged in

	// Reason is what the clients are told, one that their API has; Data is what
	// comes with it, such as the right region.
	Reason string         `json:"reason"`
	Data   map[string]any `json:"data,omitempty"`
}

// Disconnect ends connections with any reason of the protocol, also with those
// that nothing here comes to by itself, such as role_permissions_changed, and
// returns how many of this node. Those of other nodes end as well, unless the one
// to end is named by its id, which is of the node that gave it. Nothing but the
// connections changes: an agent who is told agent_deleted can come back. It fails,
// and ends none here, when the API of one of them has no such reason.
func (s *Server) Disconnect(d Disconnection) (int, error) {
	bad := func(format string, args ...any) (int, error) {
		return 0, fmt.Errorf("rtmserver: disconnect: "+format, args...)
	}
	switch {
	case d.Reason == "":
		return bad("reason: is required")
	case d.API != "" && d.API != "customer" && d.API != "agent":
		return bad("api: must be customer or agent, not %s", quote(d.API))
	case d.Organization != "" && s.orgs[d.Organization] == nil:
		return bad("organization: there is no organization %s", quote(d.Organization))
	}
	if _, err := json.Marshal(d.Data); err != nil {
		return bad("data: %w", err)
	}
	var reasons []string
	for _, side := range []side{customerSide, agentSide} {
		if d.API == "" || d.API == side.String() {
			for _, r := range side.api().DisconnectReasons {
				reasons = append(reasons, r.Reason)
			}
		}
	}
	if !slices.Contains(reasons, d.Reason) {
		slices.Sort(reasons)
		return bad("reason: must be one of %s, not %s", strings.Join(slices.Compact(reasons), ", "), quote(d.Reason))
	}
	n, err := s.disconnectHere(d)
	if err == nil && d.Connection == "" {
		s.tellNodes(sign{Disconnect: &d})
	}
	return n, err
}

// disconnectHere is Disconnect for the connections to this node.
func (s *Server) disconnectHere(d Disconnection) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*socket
	for c := range s.conns {
		who := c.known()
		fits := func(want, have string) bool { return want == "" || want == have }
		if c.closing.Load() || !fits(d.Connection, c.id) || !fits(d.UserID, who.user) || !fits(d.Organization, who.organization) || !fits(d.API, c.side.String()) {
			continue
		}
		if c.catalogue.DisconnectReason(d.Reason) == nil {
			return 0, fmt.Errorf("rtmserver: disconnect: reason: the %s API, which the connection %s is of, has no %s", c.side, c.id, quote(d.Reason))
		}
		found = append(found, c)
	}
	for _, c := range found {
		c.disconnectWith(d.Reason, d.Data)
	}
	return len(found), nil
}

// elsewhere reports whether a user is connected to another node.
func (s *Server) elsewhere(user string) bool {
	for _, o := range s.orgs {
		o.mu.Lock()
		a := o.st.Agents[user]
		found := o.elsewhere(o.st.Here[user]) || a != nil && o.elsewhere(a.Here)
		o.mu.Unlock()
		if found {
			return true
		}
	}
	return false
}
