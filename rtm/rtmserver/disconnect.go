package rtmserver

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/coder/websocket"
)

// disconnect tells the client why and closes the socket after what is queued.
func (c *conn) disconnect(reason string) { c.disconnectWith(reason, nil) }

// disconnectWith is disconnect with data, such as the region to connect to.
func (c *conn) disconnectWith(reason string, data obj) {
	if c.closing.Swap(true) {
		return
	}
	payload := obj{"reason": reason}
	if data != nil {
		payload["data"] = data
	}
	frame := pushFrame(c.version, c.side.String()+"_disconnected", nil, appendJSON(nil, payload))
	c.out.put(item{frame: frame, last: true, code: websocket.StatusNormalClosure, reason: reason})
}

// goAway closes the socket because the server stops.
func (c *conn) goAway() {
	if c.side == customerSide {
		c.disconnect("connection_evicted") // the service is back soon
		return
	}
	// To agents that reason means not to come back, so they get the close code alone.
	if !c.closing.Swap(true) {
		c.out.put(item{last: true, code: websocket.StatusGoingAway, reason: stopping})
	}
}

const stopping = "the server is shutting down"

// A Disconnection says which connections to end, and why.
type Disconnection struct {
	Organization string // whose; empty: all
	API          string // customer or agent
	UserID       string // of a customer or an agent; empty: all, also those without a login
	Reason       string // one that the API has
	Data         map[string]any
}

// Disconnect ends connections with any reason of the protocol, also with those
// that nothing here comes to by itself, such as role_permissions_changed. It
// returns how many it ended, and fails when the API has no such reason.
func (s *Server) Disconnect(d Disconnection) (int, error) {
	var side side
	switch d.API {
	case customerSide.String():
	case agentSide.String():
		side = agentSide
	default:
		return 0, fmt.Errorf("rtmserver: disconnect: the API is customer or agent, not %q", d.API)
	}
	api := side.api()
	if api.DisconnectReason(d.Reason) == nil {
		var all []string
		for _, r := range api.DisconnectReasons {
			all = append(all, r.Reason)
		}
		return 0, fmt.Errorf("rtmserver: disconnect: the %s API has no reason %q; it has %s", d.API, d.Reason, strings.Join(all, ", "))
	}
	if _, err := json.Marshal(d.Data); err != nil {
		return 0, fmt.Errorf("rtmserver: disconnect: data: %w", err)
	}
	if d.Organization != "" && s.orgs[d.Organization] == nil {
		return 0, fmt.Errorf("rtmserver: disconnect: there is no organization %q", d.Organization)
	}
	n := 0
	end := func(c *conn) {
		if c.side == side && !c.closing.Load() {
			c.disconnectWith(d.Reason, d.Data)
			n++
		}
	}
	for _, id := range sortedKeys(s.orgs) {
		if o := s.orgs[id]; d.Organization == "" || d.Organization == id {
			o.mu.Lock()
			for _, c := range o.connected(side, d.UserID) {
				end(c)
			}
			o.mu.Unlock()
		}
	}
	if d.UserID == "" {
		s.mu.Lock()
		for c := range s.conns {
			if !c.loggedIn.Load() && (d.Organization == "" || c.at != nil && c.at.seed.ID == d.Organization) {
				end(c.conn)
			}
		}
		s.mu.Unlock()
	}
	return n, nil
}

// connected are the connections of a user, or of all when it is empty.
func (o *org) connected(side side, user string) []*conn {
	var all []*conn
	if side == agentSide {
		for id, s := range o.agents {
			if user == "" || user == id {
				all = append(all, s.conns...)
			}
		}
		return all
	}
	for id, conns := range o.customers {
		if user == "" || user == id {
			all = append(all, conns...)
		}
	}
	return all
}
