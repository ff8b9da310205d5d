package rtmserver

import "time"

// watchActivity ends a customer's connection once nothing happened for as long
// as Limits.Inactivity says. The organization's lock is held.
func (c *conn) watchActivity() {
	limit := c.s.limits.Inactivity
	if limit <= 0 || c.side != customerSide {
		return
	}
	c.stir()
	c.inactive = c.s.clock.AfterFunc(limit, func() { c.checkActivity(limit) })
}

func (c *conn) checkActivity(limit time.Duration) {
	c.org.mu.Lock()
	defer c.org.mu.Unlock()
	if c.closing.Load() || c.inactive == nil {
		return
	}
	if wait := limit - c.s.clock.Now().Sub(c.active); wait > 0 {
		c.inactive = c.s.clock.AfterFunc(wait, func() { c.checkActivity(limit) })
		return
	}
	c.disconnect("inactivity_timeout")
}

// stir notes that the customer did something, or was written to. The
// organization's lock is held.
func (c *conn) stir() {
	if c.s.limits.Inactivity > 0 {
		c.active = c.s.clock.Now()
	}
}
