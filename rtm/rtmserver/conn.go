package rtmserver

import (
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// A conn is one requester: the client of a socket, or whoever else calls methods.
// It is what the methods know of it; how its frames travel is the outlet's.
type conn struct {
	s         *Server
	id        string // of a socket
	side      side
	catalogue *catalogue.API
	version   string
	ip        string
	userAgent string
	out       outlet

	closing  atomic.Bool // a disconnect is on its way: nothing more is sent or read
	loggedIn atomic.Bool
	identity atomic.Pointer[identity] // of the login, for any goroutine
	asked    atomic.Int64             // requests that were answered

	// Set once at login, before loggedIn; for agents org is nil until then
	// unless the address named it.
	org    *org
	user   string
	agent  *Agent
	pushes filter
	since  time.Time // of the login
	group  int
	token  *token
	expiry *Timer // of the token

	inactive *Timer // runs until nothing happened for too long
	active   time.Time

	storage params          // of a customer: what it had kept for the server
	away    bool            // of an agent
	subs    []*subscription // of an agent
}

// An outlet takes what a conn is sent. It never blocks.
type outlet interface {
	put(item)
	woke() // the conn has logged in
}

// item is a frame to send. The last one closes the socket.
type item struct {
	frame  []byte
	last   bool
	code   websocket.StatusCode
	reason string
}

// newConn makes a conn of the client that sent a request.
func (s *Server) newConn(r *http.Request, side side, version string) *conn {
	return &conn{s: s, side: side, catalogue: side.api(), version: version, userAgent: r.UserAgent(), ip: clientIP(r)}
}

// clientIP is the address that a request came from, without the port.
func clientIP(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// enqueue sends a frame.
func (c *conn) enqueue(frame []byte) {
	if c.closing.Load() {
		return
	}
	c.out.put(item{frame: frame})
}

// login marks the connection as logged in. The organization's lock is held.
func (c *conn) login(user string, pushes filter) {
	c.user = user
	c.identity.Store(&identity{organization: c.org.seed.ID, user: user})
	c.pushes = pushes
	c.since = c.s.clock.Now()
	if c.token != nil {
		c.expiry = c.s.clock.AfterFunc(c.token.ExpiresAt.Sub(c.s.clock.Now()), func() { c.disconnect("access_token_expired") })
	}
	c.watchActivity()
	c.loggedIn.Store(true)
	c.out.woke()
}

// leave takes the connection out of its organization.
func (c *conn) leave() {
	if c.org == nil || !c.loggedIn.Load() {
		return
	}
	o := c.org
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.expiry != nil {
		c.expiry.Stop()
	}
	if c.inactive != nil {
		c.inactive.Stop()
		c.inactive = nil
	}
	drop := func(conns []*conn) []*conn {
		return slices.DeleteFunc(slices.Clone(conns), func(x *conn) bool { return x == c })
	}
	if c.side == customerSide {
		if o.customers[c.user] = drop(o.customers[c.user]); len(o.customers[c.user]) == 0 {
			delete(o.customers, c.user)
		}
	} else {
		o.agents[c.user].conns = drop(o.agents[c.user].conns)
	}
	if c.s.closing.Load() {
		return // Shutdown tells the log of all at once
	}
	em := &emission{org: o}
	err := o.try(func() error {
		if c.side == customerSide {
			return o.setCustomerPresence(em, c.user)
		}
		return o.setAgentPresence(em, c.user)
	})
	if err != nil {
		c.s.opts.Logger.Error("end of a connection", "user", c.user, "error", err)
		o.unheard = true
		o.wakeLater()
	}
	em.flush()
	o.settleSafely()
}
