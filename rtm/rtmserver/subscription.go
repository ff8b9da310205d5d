package rtmserver

import "slices"

// A subscription is a connection's interest in the customers of some groups. It
// lives as long as the connection.
type subscription struct {
	id     string
	groups []int // empty: all that the agent is in
	limit  int   // how many are tracked, 0 for all
	known  []string
	total  int // how many there were when that was last told
}

// subscribes reports whether a subscription of the connection has the customer.
func (c *conn) subscribes(id string) bool {
	return slices.ContainsFunc(c.subs, func(s *subscription) bool { return slices.Contains(s.known, id) })
}

// wants reports whether a customer who is here belongs to the subscription.
func (s *subscription) wants(o *org, a *Agent, id string) bool {
	return o.inGroup(id, func(g int) bool {
		if len(s.groups) == 0 {
			return a.sees([]int{g})
		}
		return slices.Contains(s.groups, g)
	})
}

// subscribeCustomers is subscribe_customers of the Agent API.
func subscribeCustomers(c *call) (any, error) {
	o := c.org
	s := &subscription{limit: c.payload.intOr("limit", 0)}
	if c.payload["limit"] != nil && s.limit < 1 {
		return nil, invalid("payload.limit: must be at least 1, not %d", s.limit)
	}
	for i, x := range c.payload.list("group_ids") {
		g := number(x)
		switch {
		case o.group(g) == nil:
			return nil, invalid("payload.group_ids[%d]: there is no group %d", i, g)
		case !c.conn.agent.sees([]int{g}):
			return nil, fail("missing_access", "payload.group_ids[%d]: agent %s is not in group %d", i, c.user(), g)
		}
		s.groups = append(s.groups, g)
	}
	s.id = o.s.ids.uuid()
	customers := []obj{}
	for _, id := range sortedKeys(o.st.Here) {
		if s.wants(o, c.conn.agent, id) {
			s.total++
			if s.limit == 0 || len(s.known) < s.limit {
				s.known = append(s.known, id)
				customers = append(customers, o.customerView(agentSide, o.st.Customers[id]))
			}
		}
	}
	c.conn.subs = append(c.conn.subs, s)
	if s.limit > 0 && s.total > s.limit {
		c.em.to(c.conn, "subscribed_customers_totals_updated", obj{s.id: s.total})
	}
	return obj{"subscription_id": s.id, "customers": customers}, nil
}

// unsubscribeCustomers is unsubscribe_customers of the Agent API.
func unsubscribeCustomers(c *call) (any, error) {
	id := c.payload.str("subscription_id")
	i := slices.IndexFunc(c.conn.subs, func(s *subscription) bool { return s.id == id })
	if i < 0 {
		return nil, fail("not_found", "payload.subscription_id: this connection has no subscription %s", quote(id))
	}
	c.conn.subs = slices.Delete(c.conn.subs, i, i+1)
	return obj{}, nil
}

// refill drops the customers who are gone from a subscription, tells of those
// who came, and of the total when that is beyond the limit.
func (o *org) refill(conn *conn, s *subscription) {
	a, em := conn.agent, &emission{org: o}
	s.known = slices.DeleteFunc(s.known, func(id string) bool { return !s.wants(o, a, id) })
	total := 0
	for _, id := range sortedKeys(o.st.Here) {
		if !s.wants(o, a, id) {
			continue
		}
		total++
		if slices.Contains(s.known, id) || s.limit > 0 && len(s.known) >= s.limit {
			continue
		}
		if !o.agents[a.ID].known[id] && !conn.subscribes(id) {
			em.to(conn, "incoming_customer", o.customerView(agentSide, o.st.Customers[id]))
		}
		s.known = append(s.known, id)
	}
	if s.limit > 0 && total != s.total && max(total, s.total) > s.limit {
		em.to(conn, "subscribed_customers_totals_updated", obj{s.id: total})
	}
	s.total = total
	o.later = append(o.later, em)
}
