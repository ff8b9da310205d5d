package rtmserver

import (
	"slices"
	"time"
)

// A session is what a server knows of an agent besides the log: its
// connections here, and whom it has been told of.
type session struct {
	agent *Agent
	conns []*conn
	known map[string]bool // customers
	grace *Timer          // runs after the last connection was lost

	opaque string // id for customers, once one has seen it
}

// loginAgent is login of the Agent API.
func loginAgent(c *call) (any, error) {
	o, conn := c.org, c.conn
	a := c.agent // found by the token, see conn.handle
	if err := c.admit(o); err != nil {
		return nil, err
	}
	pushes, err := pushFilter(conn.catalogue, c.payload.obj("pushes"))
	if err != nil {
		return nil, err
	}
	evict, err := c.admitAgent(a)
	if err != nil {
		return nil, err
	}
	old, away := *o.st.agent(a.ID), c.payload.boolOr("away", false)
	var records []*record
	if old.Status == offline {
		status := a.LoginStatus
		if status == "" {
			status = accepting
		}
		switch {
		case away:
			status = notAccepting
		case c.payload.boolOr("reconnect", false) && old.Last != "":
			status = old.Last
		}
		records = append(records, &record{Kind: routingStatusSet, By: a.ID, UserID: a.ID, Status: status, Away: away})
	} else if r := o.awayRecord(a.ID, away && o.allAway(a.ID, o.agents[a.ID].conns)); r != nil {
		records = append(records, r)
	}
	if level := c.payload.str("customer_monitoring_level"); level != "" && level != old.Level {
		records = append(records, &record{Kind: monitoringSet, UserID: a.ID, Level: level})
	}
	s := o.agents[a.ID]
	conn.away = away
	if r := o.agentPresence(a.ID, append(slices.Clone(s.conns), conn)); r != nil {
		records = append(records, r)
	}
	joined := false
	join := func() {
		joined = true
		conn.org, conn.agent = o, a
		conn.login(a.ID, pushes)
		s.conns = append(s.conns, conn)
	}
	// It is one of the agent's connections already when the pushes are made, so
	// that it gets them too.
	c.em.appended = join
	err = o.commitLogin(c.em, records...)
	c.em.appended = nil
	if err != nil {
		return nil, err
	}
	if !joined {
		join() // there was nothing to log
	}
	if evict != nil {
		c.em.disconnect(evict, "connection_evicted")
	}
	o.dirty = true

	customers := []obj{}
	for _, id := range sortedKeys(o.st.Here) {
		if o.tracks(a, id) {
			s.known[id] = true
			customers = append(customers, o.customerView(agentSide, o.st.Customers[id]))
		}
	}
	st := o.st.agent(a.ID)
	c.em.to(conn, "incoming_customers", obj{"customer_monitoring_level": st.Level, "customers": customers})

	chats := []obj{}
	for _, id := range o.st.Active {
		if ch := o.st.Chats[id]; o.mayAccess(a, ch) && a.has("chats--access:ro") {
			chats = append(chats, o.chatSummary(agentSide, a, ch))
		}
	}
	profile := obj{"id": a.ID, "type": "agent", "name": a.Name, "email": a.ID, "permission": a.role(), "routing_status": st.Status}
	if a.Avatar != "" {
		profile["avatar"] = a.Avatar
	}
	license := obj{
		"id": "1", "organization_id": o.seed.ID, "plan": "enterprise", "in_trial": false,
		"creation_timestamp": 0, "expiration_timestamp": o.now().AddDate(1, 0, 0).Unix(),
	}
	return obj{"license": license, "my_profile": profile, "chats_summary": chats}, nil
}

// logoutAgent is logout of the Agent API.
func logoutAgent(c *call) (any, error) {
	o := c.org
	target, how := c.conn.agent, "signed_out"
	if id := c.payload.str("agent_id"); id != "" && id != c.user() {
		if !c.conn.agent.managesOthers() {
			return nil, fail("authorization", "payload.agent_id: agent %s has the role normal and cannot log others out", c.user())
		}
		if target = o.agent(id); target == nil {
			return nil, fail("not_found", "payload.agent_id: no agent %s", quote(id))
		}
		if o.st.agent(id).Status == offline {
			return nil, failAs(c.conn.catalogue, "agent_offline")
		}
		how = "remotely_signed_out"
	}
	return obj{}, o.endSession(c.em, target, how)
}

// endConnections ends an agent's connections to this node, of a session that has
// ended. They hear of nothing more.
func (o *org) endConnections(em *emission, r *record) {
	s := o.agents[r.UserID]
	if s == nil {
		return // the seed has lost it
	}
	for _, c := range s.conns {
		switch {
		case r.Reason == "disconnected":
			em.disconnect(c, goAway) // other nodes had no sign of this one
		case c == em.requester:
			// After the response; the reason that fits an own logout best.
			em.disconnect(c, "agent_disconnected_by_server")
		default:
			em.disconnect(c, "agent_logged_out_remotely")
		}
	}
	s.conns = nil
	s.stopGrace()
	clear(s.known)
}

// setRoutingStatus is set_routing_status of the Agent API.
func setRoutingStatus(c *call) (any, error) {
	o := c.org
	target := c.conn.agent
	if id := c.payload.str("agent_id"); id != "" && id != c.user() {
		target = o.agent(id)
		may := c.conn.agent.managesOthers()
		if target != nil && target.bot != nil && c.conn.agent.Scopes != nil {
			may = c.conn.agent.has("agents-bot--all:rw")
		}
		if !may {
			return nil, fail("authorization", "payload.agent_id: agent %s has the role normal and cannot set the status of others", c.user())
		}
		if target == nil {
			return nil, fail("not_found", "payload.agent_id: no agent %s", quote(id))
		}
		if target.bot == nil && o.st.agent(id).Status == offline {
			return nil, failAs(c.conn.catalogue, "agent_offline")
		}
	}
	if target == c.conn.agent && !target.has("agents--my:rw") {
		return nil, fail("authorization", "set_routing_status of an agent itself needs the scope agents--my:rw, which the token of agent %s lacks", target.ID)
	}
	if target == c.conn.agent && o.st.agent(target.ID).Status == offline { // over the Web API
		return nil, failAs(c.conn.catalogue, "requester_already_offline")
	}
	status := c.payload.str("status")
	if target.bot != nil {
		return obj{}, o.setBotStatus(c, target, status)
	}
	if status == offline {
		return nil, invalid("payload.status: offline is for bots only; agents go offline by logout")
	}
	if st := o.st.agent(target.ID); st.Status == status && !st.Away {
		return obj{}, nil
	}
	return obj{}, o.commit(c.em, &record{Kind: routingStatusSet, By: c.user(), UserID: target.ID, Status: status})
}

// setAwayStatus is set_away_status of the Agent API: an agent all of whose
// connections are away gets no chats until one is back.
func setAwayStatus(c *call) (any, error) {
	before := c.conn.away
	c.conn.away = c.payload.boolOr("away", false)
	if err := c.org.setAgentPresence(c.em, c.user()); err != nil {
		c.conn.away = before
		return nil, err
	}
	return obj{}, nil
}

// awayRecord returns what changes when all connections of an agent are away, or
// not all any more; nil when nothing does.
func (o *org) awayRecord(agent string, all bool) *record {
	st := o.st.agent(agent)
	switch {
	case all && st.Status == accepting:
		return &record{Kind: routingStatusSet, By: agent, UserID: agent, Status: notAccepting, Away: true}
	case !all && st.Away:
		return &record{Kind: routingStatusSet, By: agent, UserID: agent, Status: accepting}
	}
	return nil
}

// updateSession is update_session of the Agent API. The new token must be the
// same agent's. Tokens of the seed do not expire, so nothing else changes.
func updateSession(c *call) (any, error) {
	token, err := loginToken(c.payload.str("token"), true)
	if err != nil {
		return nil, err
	}
	switch _, a := c.conn.s.findAgent(token); a {
	case c.conn.agent:
		return obj{}, nil
	case nil:
		return nil, fail("authentication", "the access token is unknown, was revoked or has expired")
	}
	return nil, fail("authorization", "payload.token: is another agent's")
}

// listRoutingStatuses is list_routing_statuses of the Agent API.
func listRoutingStatuses(c *call) (any, error) {
	o := c.org
	var groups []int
	for _, x := range c.payload.obj("filters").list("group_ids") {
		g := number(x)
		if o.group(g) == nil {
			return nil, fail("not_found", "payload.filters.group_ids: there is no group %d", g)
		}
		groups = append(groups, g)
	}
	list := []obj{}
	for i := range o.seed.Agents {
		a := &o.seed.Agents[i]
		in := groups == nil || slices.ContainsFunc(groups, func(g int) bool { return slices.Contains(a.Groups, g) })
		scope := "agents--all:ro"
		if a.bot != nil {
			scope = "agents-bot--all:ro"
		}
		if in && c.conn.agent.has(scope) {
			list = append(list, obj{"agent_id": a.ID, "status": o.st.agent(a.ID).Status})
		}
	}
	return list, nil
}

// endSession takes an agent offline and moves its chats, or fails and changes
// nothing. how is signed_out, remotely_signed_out or disconnected.
func (o *org) endSession(em *emission, a *Agent, how string) error {
	records := []*record{{Kind: routingStatusSet, By: a.ID, UserID: a.ID, Status: offline, Reason: how}}
	load := o.st.load()
	for _, id := range o.st.Active {
		ch := o.st.Chats[id]
		if m := ch.member(a.ID); m != nil && m.Present {
			records = append(records, o.moveChat(load, ch, a, how)...)
		}
	}
	return o.commit(em, records...)
}

// startGrace gives an agent who lost its last connection time to come back.
func (o *org) startGrace(a *Agent) { o.endAfter(a, o.s.opts.AgentGrace) }

// endRetry is when the end of a session that could not be kept is tried again.
const endRetry = 10 * time.Second

// endAfter ends an agent's session after a while, unless the agent comes back.
func (o *org) endAfter(a *Agent, wait time.Duration) {
	s := o.agents[a.ID]
	s.stopGrace()
	var timer *Timer
	timer = o.s.clock.AfterFunc(wait, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if s.grace != timer || o.s.closing.Load() {
			return // it came back, or logged out, while this waited for its turn
		}
		s.grace = nil
		em := &emission{org: o}
		err := o.try(func() error {
			// Every node tries; the first one has ended it.
			if st := o.st.agent(a.ID); st.Status == offline || len(st.Here) > 0 {
				return nil
			}
			return o.endSession(em, a, "disconnected")
		})
		if err != nil {
			o.s.opts.Logger.Error("end of an agent's session", "agent", a.ID, "error", err)
			o.endAfter(a, endRetry)
		}
		em.flush()
		o.settleSafely()
	})
	s.grace = timer
}

// stopGrace says that nobody waits for the agent any more.
func (s *session) stopGrace() {
	if s.grace != nil {
		s.grace.Stop()
		s.grace = nil
	}
}
