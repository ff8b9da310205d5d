package rtmserver

import (
	"maps"
	"slices"
	"time"
)

// A presence is what the nodes of a cluster need to know of a user's connections
// to one of them.
type presence struct {
	Groups []int `json:"groups,omitempty"` // those of a customer's connections
	Away   bool  `json:"away,omitempty"`   // all of an agent's connections are away
}

// presences are where a user is connected, by the name of the node.
type presences map[string]*presence

func (p *presence) equal(q *presence) bool {
	return p == q || p != nil && q != nil && p.Away == q.Away && slices.Equal(p.Groups, q.Groups)
}

// here reports whether a customer is connected to any node.
func (o *org) here(customer string) bool { return len(o.st.Here[customer]) > 0 }

// inGroup reports whether one of a customer's connections is of a group that the
// function takes.
func (o *org) inGroup(customer string, takes func(group int) bool) bool {
	for _, p := range o.st.Here[customer] {
		if slices.ContainsFunc(p.Groups, takes) {
			return true
		}
	}
	return false
}

// groupsHere returns the groups of a customer's connections.
func (o *org) groupsHere(customer string) []int {
	var groups []int
	for _, node := range sortedKeys(o.st.Here[customer]) {
		for _, g := range o.st.Here[customer][node].Groups {
			if !slices.Contains(groups, g) {
				groups = append(groups, g)
			}
		}
	}
	return groups
}

// allAway reports whether all connections of an agent are away, when those to
// this node are the given ones.
func (o *org) allAway(agent string, conns []*conn) bool {
	for node, p := range o.st.agent(agent).Here {
		if node != o.s.node && !p.Away {
			return false
		}
	}
	return !slices.ContainsFunc(conns, func(c *conn) bool { return !c.away })
}

// customerPresence returns the record that makes the log know of a customer's
// connections to this node, nil when it does.
func (o *org) customerPresence(id string, conns []*conn) *record {
	var now *presence
	for _, c := range conns {
		if now == nil {
			now = &presence{}
		}
		if !slices.Contains(now.Groups, c.group) {
			now.Groups = append(now.Groups, c.group)
		}
	}
	return o.presenceRecord(o.st.Here[id], now, &record{CustomerID: id})
}

// agentPresence is customerPresence of an agent.
func (o *org) agentPresence(id string, conns []*conn) *record {
	var now *presence
	if len(conns) > 0 {
		now = &presence{Away: !slices.ContainsFunc(conns, func(c *conn) bool { return !c.away })}
	}
	return o.presenceRecord(o.st.agent(id).Here, now, &record{UserID: id})
}

func (o *org) presenceRecord(logged presences, now *presence, r *record) *record {
	if logged[o.s.node].equal(now) {
		return nil
	}
	r.Kind, r.Node, r.Presence = presenceSet, o.s.node, now
	if now == nil {
		r.Kind = presenceEnded
	}
	return r
}

// setCustomerPresence has the log know of a customer's connections to this node.
func (o *org) setCustomerPresence(em *emission, id string) error {
	if r := o.customerPresence(id, o.customers[id]); r != nil {
		return o.commit(em, r)
	}
	return nil
}

// setAgentPresence has the log know of an agent's connections to this node, and
// of what follows for its status.
func (o *org) setAgentPresence(em *emission, id string) error {
	var records []*record
	conns := o.agents[id].conns
	if r := o.agentPresence(id, conns); r != nil {
		records = append(records, r)
	}
	if len(conns) > 0 || o.elsewhere(o.st.agent(id).Here) {
		if r := o.awayRecord(id, o.allAway(id, conns)); r != nil {
			records = append(records, r)
		}
	}
	return o.commit(em, records...)
}

// setPresences has the log know of all connections to this node: after it was
// taken for lost, or could not tell of some.
func (o *org) setPresences(em *emission) error {
	var records []*record
	customers := maps.Clone(o.customers)
	for id, p := range o.st.Here {
		if p[o.s.node] != nil && customers[id] == nil {
			customers[id] = nil
		}
	}
	for _, id := range sortedKeys(customers) {
		if r := o.customerPresence(id, customers[id]); r != nil {
			records = append(records, r)
		}
	}
	for i := range o.seed.Agents {
		id := o.seed.Agents[i].ID
		if r := o.agentPresence(id, o.agents[id].conns); r != nil {
			records = append(records, r)
		}
	}
	return o.commit(em, records...)
}

// foldPresence keeps where users are connected.
func (st *state) foldPresence(r *record) {
	set := func(all presences) presences {
		if r.Kind == presenceEnded {
			delete(all, r.Node)
			return all
		}
		if all == nil {
			all = presences{}
		}
		all[r.Node] = r.Presence
		return all
	}
	if r.UserID != "" {
		a := st.agent(r.UserID)
		a.Here = set(a.Here)
		return
	}
	if all := set(st.Here[r.CustomerID]); len(all) > 0 {
		st.Here[r.CustomerID] = all
	} else {
		delete(st.Here, r.CustomerID)
		st.customerLeft(r.CustomerID, r.At)
	}
}

// foldNodeLost ends the presences of a node.
func (st *state) foldNodeLost(r *record) {
	for _, id := range sortedKeys(st.Here) {
		all := st.Here[id]
		if all[r.Node] == nil {
			continue
		}
		if delete(all, r.Node); len(all) == 0 {
			delete(st.Here, id)
			r.left = append(r.left, id)
			st.customerLeft(id, r.At)
		}
	}
	for _, a := range st.Agents {
		delete(a.Here, r.Node)
	}
}

func (st *state) customerLeft(id string, at time.Time) {
	if c := st.Customers[id]; c != nil {
		c.LeftAt = at
	}
}

// nodes returns the nodes that users are connected to.
func (st *state) nodes() map[string]bool {
	nodes := map[string]bool{}
	for _, all := range st.Here {
		for node := range all {
			nodes[node] = true
		}
	}
	for _, a := range st.Agents {
		for node := range a.Here {
			nodes[node] = true
		}
	}
	return nodes
}

func (o *org) announcePresence(em *emission, r *record) {
	if r.Node != o.s.node && r.Kind == presenceSet {
		o.others.Store(true)
		o.s.keepAlive()
	}
	o.touchCustomer(r.CustomerID)
	switch {
	case r.Kind == nodeLost:
		o.dirty = true
		for _, id := range r.left {
			o.customerLeft(em, id, r.At)
		}
		if r.Node == o.s.node && !o.s.closing.Load() {
			// The others had no sign of life for too long.
			o.unheard = true
			o.wake()
		}
	case r.UserID != "":
		o.dirty = true
	case !o.here(r.CustomerID):
		o.customerLeft(em, r.CustomerID, r.At)
	default:
		var before []*conn
		if r.Reason == "moved" {
			before = o.trackingConns(r.CustomerID)
		}
		o.track(r.CustomerID)
		after := map[*conn]bool{}
		for _, c := range o.trackingConns(r.CustomerID) {
			after[c] = true
		}
		for _, c := range before {
			if !after[c] {
				em.to(c, "customer_transferred", obj{"id": r.CustomerID, "transferred_to": obj{"group_ids": r.Groups}})
			}
		}
	}
}

// customerLeft tells the agents who tracked a customer that its last connection
// is gone.
func (o *org) customerLeft(em *emission, id string, at time.Time) {
	o.touchCustomer(id)
	left := obj{"id": id, "left_at": stamp(at)}
	for i := range o.seed.Agents {
		s := o.agents[o.seed.Agents[i].ID]
		var conns []*conn
		for _, conn := range s.conns {
			if s.known[id] || conn.subscribes(id) {
				conns = append(conns, conn)
			}
		}
		delete(s.known, id)
		em.send(conns, "customer_left", left)
		for _, conn := range s.conns {
			for _, sub := range conn.subs {
				o.refill(conn, sub)
			}
		}
	}
}

// watchAgents gives the agents who lost their last connection, to whatever node,
// time to come back.
func (o *org) watchAgents() {
	if o.s.closing.Load() {
		return
	}
	for i := range o.seed.Agents {
		a := &o.seed.Agents[i]
		s, st := o.agents[a.ID], o.st.agent(a.ID)
		switch gone := a.bot == nil && st.Status != offline && len(st.Here) == 0; {
		case gone && s.grace == nil:
			o.startGrace(a)
		case !gone:
			s.stopGrace()
		}
	}
}
