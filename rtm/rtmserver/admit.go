package rtmserver

import (
	"errors"
	"strconv"
	"time"
)

// What the server has room for: connections when they open, and users when they
// log in.

const (
	evictAfter  = time.Minute // the age at which a connection of an agent gives way to a newer one
	patience    = 5           // refusals in a minute after which a customer is blocked
	blockedTime = time.Minute
)

var (
	errClosing = errors.New("rtmserver: the server is shutting down")
	errFull    = errors.New("rtmserver: there are too many connections")
)

// enter counts a connection in. It fails when the server is closing or full.
func (s *Server) enter(c *socket) error {
	from := address(c.ip)
	allowed := s.connRates.allow(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	switch {
	case s.closing.Load():
		err = errClosing
	case !allowed || over(s.limits.Connections, len(s.conns)):
		err = errFull
	}
	if err != nil && (err != errFull || c.side == agentSide) {
		c.cancel(err)
		return err
	}
	s.conns[c] = struct{}{}
	s.made++
	c.id = "c" + strconv.FormatUint(s.made, 10)
	s.unauthorized[from]++
	c.counted = from
	switch {
	case err != nil:
		c.disconnect("service_temporarily_unavailable")
	case over(s.limits.Unauthorized, s.unauthorized[from]-1):
		c.disconnect("too_many_unauthorized_connections")
	}
	return nil
}

// leave counts a connection out.
func (s *Server) leave(c *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.authorize(c)
	delete(s.conns, c)
	s.rest()
}

// rest says that nothing is left to wait for, when that is so. s.mu is held.
func (s *Server) rest() {
	if s.closing.Load() && len(s.conns) == 0 && s.asks == 0 {
		close(s.idle)
	}
}

// ask counts a request of the Web API in, unless the server is closing.
func (s *Server) ask() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Load() {
		return fail("service_unavailable", stopping)
	}
	s.asks++
	return nil
}

// answered counts a request of the Web API out.
func (s *Server) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asks--
	s.rest()
}

// authorized says that a connection has logged in.
func (s *Server) authorized(c *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.authorize(c)
}

func (s *Server) authorize(c *socket) {
	if c.counted == "" {
		return
	}
	if s.unauthorized[c.counted]--; s.unauthorized[c.counted] == 0 {
		delete(s.unauthorized, c.counted)
	}
	c.counted = ""
}

// refusals are those of one customer's connections.
type refusals struct {
	n     int
	until time.Time // when they are forgotten
}

// admitCustomer refuses the login of a customer for whom there is no room.
func (c *call) admitCustomer(id string) error {
	o, limits := c.org, &c.conn.s.limits
	now := o.s.clock.Now()
	if r := o.refused[id]; r != nil && now.Before(r.until) && r.n >= patience {
		c.em.disconnectWith(c.conn, "customer_temporarily_blocked", obj{"timeout": int((r.until.Sub(now) + time.Second - 1) / time.Second)})
		return fail("limit_reached", "customer %s kept connecting over the limit: wait until %s", id, stamp(r.until))
	}
	switch n := open(o.customers[id]); {
	case over(limits.CustomerConnections, n):
		o.refuse(id, now)
		c.em.disconnect(c.conn, "too_many_connections")
		return fail("limit_reached", "customer %s has %d connections, which is all that it can have", id, n)
	case n == 0 && !o.here(id) && over(limits.Customers, len(o.st.Here)):
		return failAs(c.conn.catalogue, "users_limit_reached")
	}
	return nil
}

// refuse notes that a customer was refused.
func (o *org) refuse(id string, now time.Time) {
	r := o.refused[id]
	if r == nil || !now.Before(r.until) {
		for id, r := range o.refused {
			if !now.Before(r.until) {
				delete(o.refused, id)
			}
		}
		r = &refusals{}
		o.refused[id] = r
	}
	r.n++
	r.until = now.Add(blockedTime)
}

// admitAgent refuses the login of an agent for whom there is no room, or makes
// some: evict is the connection that has to give way once the login holds.
func (c *call) admitAgent(a *Agent) (evict *conn, err error) {
	o, limits := c.org, &c.conn.s.limits
	if limits.Seats > 0 && o.st.agent(a.ID).Status == offline {
		taken := 0
		for i := range o.seed.Agents {
			if o.st.agent(o.seed.Agents[i].ID).Status != offline {
				taken++
			}
		}
		if over(limits.Seats, taken) {
			return nil, failAs(c.conn.catalogue, "seats_limit_exceeded")
		}
	}
	conns := o.agents[a.ID].conns
	if !over(limits.AgentConnections, open(conns)) {
		return nil, nil
	}
	for _, oldest := range conns {
		if oldest.closing.Load() {
			continue
		}
		if o.s.clock.Now().Sub(oldest.since) >= evictAfter {
			return oldest, nil
		}
		break
	}
	c.em.disconnect(c.conn, "too_many_connections")
	return nil, fail("limit_reached", "agent %s has %d connections, which is all that it can have", a.ID, open(conns))
}

// open is how many of the connections are not on their way out.
func open(conns []*conn) int {
	n := 0
	for _, c := range conns {
		if !c.closing.Load() {
			n++
		}
	}
	return n
}
