package rtmserver

import (
	"encoding/json"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// An emission collects the pushes of one command. They are rendered at once, in
// the state that caused them, and leave with flush.
type emission struct {
	org       *org
	requester *conn  // may be nil
	requestID string // goes into the requester's own copies
	hasID     bool
	unasked   bool   // what is sent is no answer, so that no copy has the id
	spread    bool   // what is sent to a user goes to its connections to other nodes too
	appended  func() // called once a commit is in the log, before it is announced
	out       []outgoing
}

// outgoing is a frame for a connection.
type outgoing struct {
	conn       *conn
	frame      []byte
	disconnect string // instead of a frame: the reason to close
	data       obj    // of the reason
	relay      []byte // instead of all that: a message for other nodes
}

// pushFrame makes the frame of a push. Without an id it is nobody's own copy.
func pushFrame(version, action string, id *string, body []byte) []byte {
	frame := make([]byte, 0, len(body)+128)
	frame = wire.AppendString(append(frame, `{"version":`...), version)
	if id != nil {
		frame = wire.AppendString(append(frame, `,"request_id":`...), *id)
	}
	frame = wire.AppendString(append(frame, `,"action":`...), action)
	frame = append(append(frame, `,"type":"push","payload":`...), body...)
	return append(frame, '}')
}

// send renders a push for those of the connections that want it. All who get it
// in a version share one frame, which nobody may change; the requester alone has
// one of its own.
func (em *emission) send(conns []*conn, action string, payload any) {
	var bodies, frames [len(versions)][]byte
	for _, c := range conns {
		for i, version := range versions {
			if !c.wants(version, action) || !c.agent.hears(c.catalogue, action) {
				continue
			}
			if bodies[i] == nil {
				bodies[i] = rendered(older(c.catalogue, version, c.catalogue.Push(action).Payload, payload))
			}
			var frame []byte
			if c == em.requester && em.hasID && !em.unasked {
				frame = pushFrame(version, action, &em.requestID, bodies[i])
			} else {
				if frames[i] == nil {
					frames[i] = pushFrame(version, action, nil, bodies[i])
				}
				frame = frames[i]
			}
			em.out = append(em.out, outgoing{conn: c, frame: frame})
			em.org.s.metrics.pushed(c.side, action)
		}
	}
}

// rendered is appendJSON without a copy of what was rendered before.
func rendered(view any) []byte {
	if raw, ok := view.(json.RawMessage); ok {
		return raw
	}
	return appendJSON(nil, view)
}

// to sends to one connection.
func (em *emission) to(c *conn, action string, payload any) {
	em.send([]*conn{c}, action, payload)
}

// customer sends to all connections of a customer.
func (em *emission) customer(id, action string, payload any) {
	em.send(em.org.customers[id], action, payload)
	if em.spread && em.org.elsewhere(em.org.st.Here[id]) {
		em.relay(relayed{Customer: id, Action: action}, payload)
	}
}

// agents sends to all connections of the agents that the filter lets through.
func (em *emission) agents(filter func(*Agent) bool, action string, payload any) {
	var to audience
	for i := range em.org.seed.Agents {
		em.invite(&to, &em.org.seed.Agents[i], filter)
	}
	em.deliver(&to, action, payload)
}

// members sends to the agents who take part in a chat or follow it. It looks at
// those who are or were in it alone, not at all that there are.
func (em *emission) members(ch *chat, action string, payload any) {
	var to audience
	follows := func(a *Agent) bool { return em.org.follows(a, ch) }
	for _, m := range ch.Members {
		if m.Type == "agent" {
			em.invite(&to, em.org.agent(m.ID), follows)
		}
	}
	for _, id := range ch.Followers {
		if ch.member(id) == nil {
			em.invite(&to, em.org.agent(id), follows)
		}
	}
	em.deliver(&to, action, payload)
}

// An audience is the agents who get a push: their connections here, of which send
// renders once, and those who are connected elsewhere.
type audience struct {
	conns  []*conn
	others []string
}

// invite adds an agent that the filter lets through. nil stands for one whom the
// seed has no more.
func (em *emission) invite(to *audience, a *Agent, filter func(*Agent) bool) {
	if a == nil {
		return
	}
	conns := em.org.agents[a.ID].conns
	elsewhere := em.spread && em.org.elsewhere(em.org.st.agent(a.ID).Here)
	if len(conns) == 0 && !elsewhere || !filter(a) {
		return
	}
	to.conns = append(to.conns, conns...)
	if elsewhere {
		to.others = append(to.others, a.ID)
	}
}

func (em *emission) deliver(to *audience, action string, payload any) {
	if len(to.others) > 0 {
		em.relay(relayed{Agents: to.others, Action: action}, payload)
	}
	em.send(to.conns, action, payload)
}

// access sends to the agents who take part in a chat or have access to it.
func (em *emission) access(ch *chat, action string, payload any) {
	em.agents(func(a *Agent) bool { return em.org.concerns(a, ch) }, action, payload)
}

// goAway is the reason of a disconnect that says to come back.
const goAway = "go away"

// disconnect closes a connection after all that the emission has for it.
func (em *emission) disconnect(c *conn, reason string) {
	em.disconnectWith(c, reason, nil)
}

func (em *emission) disconnectWith(c *conn, reason string, data obj) {
	em.out = append(em.out, outgoing{conn: c, disconnect: reason, data: data})
}

// flush hands everything to the connections' queues. It never waits.
func (em *emission) flush() {
	for _, out := range em.out {
		switch {
		case out.relay != nil:
			if err := em.org.s.opts.Log.Publish(em.org.seed.ID, out.relay); err != nil {
				em.org.s.opts.Logger.Warn("pass a push on to other nodes", "error", err)
			}
		case out.disconnect == "":
			out.conn.enqueue(out.frame)
		}
	}
	for _, out := range em.out {
		switch out.disconnect {
		case "":
		case goAway:
			out.conn.goAway()
		default:
			out.conn.disconnectWith(out.disconnect, out.data)
		}
	}
	em.out = nil
}

// announce makes the pushes of a record that was just folded in.
func (o *org) announce(em *emission, r *record) {
	ch := o.st.Chats[r.ChatID]
	o.touch(r.ChatID)
	switch r.Kind {
	case customerVisited:
		o.touchCustomer(r.CustomerID)
	case threadIdle:
		o.announceIdle(em, ch, r.ThreadID, true)
	case threadOpened:
		push := func(side side) obj {
			p := obj{"chat": o.chatView(side, nil, ch, ch.last())}
			if r.By != "" {
				p["requester_id"] = o.userID(side, r.By)
			}
			return p
		}
		em.customer(ch.CustomerID, "incoming_chat", push(customerSide))
		em.access(ch, "incoming_chat", push(agentSide))
		o.routingChanged(ch)
	case eventAdded:
		push := func(side side) any { return o.eventPush(side, ch, r.ThreadID, r.Event) }
		if r.Event.visibleTo(customerSide) {
			// The official SDK takes one with an id for the answer to a send_event,
			// and breaks when there was none: a system message comes without.
			em.unasked = r.Event.AuthorID == ""
			em.customer(ch.CustomerID, "incoming_event", push(customerSide))
			em.unasked = false
			for _, c := range o.customers[ch.CustomerID] {
				c.stir()
			}
		}
		em.members(ch, "incoming_event", push(agentSide))
		if r.woke {
			o.announceIdle(em, ch, r.ThreadID, false)
		}
	case threadClosed:
		push := func(side side) obj {
			p := obj{"chat_id": ch.ID, "thread_id": r.ThreadID}
			if r.UserID != "" {
				p["user_id"] = o.userID(side, r.UserID)
			}
			return p
		}
		em.customer(ch.CustomerID, "chat_deactivated", push(customerSide))
		em.access(ch, "chat_deactivated", push(agentSide))
		o.routingChanged(ch)
	case eventsSeen:
		push := func(side side) obj {
			return obj{"chat_id": ch.ID, "user_id": o.userID(side, r.UserID), "seen_up_to": stamp(r.SeenUpTo)}
		}
		if ch.member(r.UserID).Visibility == "all" {
			em.customer(ch.CustomerID, "events_marked_as_seen", push(customerSide))
		}
		em.members(ch, "events_marked_as_seen", push(agentSide))
	case chatAssigned:
		both := func(action string, push func(side) obj) {
			em.customer(ch.CustomerID, action, push(customerSide))
			em.access(ch, action, push(agentSide))
		}
		both("user_added_to_chat", func(side side) obj {
			return obj{"chat_id": ch.ID, "thread_id": r.ThreadID, "reason": "assigned", "user": o.userView(side, ch.member(r.UserID))}
		})
		if r.Dequeued {
			o.announceUnassigned(em, ch, r.ThreadID, false)
		}
		both("chat_transferred", func(side side) obj {
			reason := r.Reason
			if reason == "" {
				reason = "assigned"
			}
			return obj{"chat_id": ch.ID, "thread_id": r.ThreadID, "reason": reason,
				"transferred_to": obj{"agent_ids": []string{o.userID(side, r.UserID)}}}
		})
		o.routingChanged(ch)
	case chatQueued:
		o.announceUnassigned(em, ch, r.ThreadID, true)
		push := obj{"chat_id": ch.ID, "thread_id": r.ThreadID, "reason": "unassigned",
			"transferred_to": obj{"group_ids": ch.Groups}, "queue": o.queueView(ch, ch.last())}
		em.customer(ch.CustomerID, "chat_transferred", push)
		em.access(ch, "chat_transferred", push)
		o.routingChanged(ch)
	case userRemoved:
		push := func(side side) obj {
			p := obj{"chat_id": ch.ID, "thread_id": r.ThreadID, "user_id": o.userID(side, r.UserID), "reason": r.Reason}
			if r.By != "" {
				p["requester_id"] = o.userID(side, r.By)
			}
			return p
		}
		if ch.member(r.UserID).Visibility == "all" {
			em.customer(ch.CustomerID, "user_removed_from_chat", push(customerSide))
		}
		em.agents(func(a *Agent) bool { return a.ID == r.UserID || o.concerns(a, ch) }, "user_removed_from_chat", push(agentSide))
		o.routingChanged(ch)
	case userAdded:
		o.announceAdded(em, ch, r)
	case chatTransferred:
		o.announceTransferred(em, ch, r)
	case chatFollowed:
		em.agents(func(a *Agent) bool { return a.ID == r.UserID }, "incoming_chat", o.followedView(ch, r.UserID))
	case chatUnfollowed:
		em.agents(func(a *Agent) bool { return a.ID == r.UserID }, "chat_unfollowed", obj{"chat_id": ch.ID})
	case customerUpdated:
		push := obj{"id": r.CustomerID, "type": "customer"}
		for name, v := range r.Fields {
			push[name] = v
		}
		em.customer(r.CustomerID, "customer_updated", push)
		em.trackers(r.CustomerID, "customer_updated", push)
	case pageOpened:
		push := r.Page.view()
		push["customer_id"], push["visit_id"] = r.CustomerID, o.st.Customers[r.CustomerID].Visits
		em.trackers(r.CustomerID, "customer_page_updated", push)
		o.announceStatistics(em, r.CustomerID)
	case customerFollowed:
		o.track(r.CustomerID)
	case customerUnfollowed:
		em.agents(func(a *Agent) bool { return a.ID == r.UserID }, "customer_unfollowed", obj{"id": r.CustomerID})
		o.track(r.CustomerID)
	case customerBanned:
		em.trackers(r.CustomerID, "customer_banned", obj{"customer_id": r.CustomerID, "ban": obj{"days": r.Days}})
		for _, c := range o.customers[r.CustomerID] {
			em.disconnect(c, "customer_banned")
		}
	case greetingShown, greetingAccepted, greetingCanceled:
		o.announceGreeting(em, r)
	case welcomeRequested:
		o.announceWelcome(em, r)
	case propertiesUpdated, propertiesDeleted:
		o.announceProperties(em, ch, r)
	case summarySet:
		em.members(ch, "thread_summary_set", obj{"chat_id": ch.ID, "thread_id": r.ThreadID, "summary": r.Summary.view()})
	case chatDeleted:
		em.access(r.gone, "chat_deleted", obj{"chat_id": r.ChatID})
		o.dirty = true
	case threadDeleted:
		em.access(r.gone, "thread_deleted", obj{"chat_id": r.ChatID, "thread_id": r.ThreadID})
	case threadsDeleted:
		em.agents(func(*Agent) bool { return true }, "threads_deleted", r.Sweep.view())
	case eventDeleted:
		push := obj{"chat_id": ch.ID, "thread_id": r.ThreadID, "event_id": r.EventID}
		em.customer(ch.CustomerID, "event_deleted", push)
		em.members(ch, "event_deleted", push)
	case postbackSent:
		o.announcePostback(em, ch, r)
	case stateReset, stateRestored:
		o.sendAllAway()
	case seedImported:
		o.goOn()
	case threadTagged, threadUntagged:
		em.members(ch, string(r.Kind), obj{"chat_id": ch.ID, "thread_id": r.ThreadID, "tag": r.Tag})
	case presenceSet, presenceEnded, nodeLost:
		o.announcePresence(em, r)
	case tokenRevoked:
		for _, c := range o.customers[r.Token.CustomerID] {
			if c.token.Hash == r.Token.Hash {
				em.disconnect(c, "access_token_revoked")
			}
		}
	case routingStatusSet:
		if r.Status == offline {
			o.endConnections(em, r)
		}
		set := o.agent(r.UserID)
		em.agents(func(a *Agent) bool { return set == nil || set.bot == nil || a.has("agents-bot--all:ro") },
			"routing_status_set", obj{"agent_id": r.UserID, "status": r.Status})
		o.dirty = true
	}
	o.botsSee(r)
}

// routingChanged notes that settle has to look, and who tracks whom.
func (o *org) routingChanged(ch *chat) {
	o.dirty = true
	if ch.CustomerID != "" {
		o.track(ch.CustomerID)
	}
}

// announceUnassigned pushes the property that says whether a thread waits.
func (o *org) announceUnassigned(em *emission, ch *chat, thread string, waits bool) {
	push := obj{"chat_id": ch.ID, "thread_id": thread, "properties": obj{"routing": obj{"unassigned": waits}}}
	em.customer(ch.CustomerID, "thread_properties_updated", push)
	em.members(ch, "thread_properties_updated", push)
}

// filter says which pushes a connection asked for, by version; nil stands for
// all of its own version. A push that was asked for in several comes in each.
type filter map[string]map[string]bool

// pushFilter reads the pushes of a login. A map replaces the default, so one
// that names only versions which are not served gives silence.
func pushFilter(api *catalogue.API, in params) (filter, error) {
	if in == nil {
		return nil, nil
	}
	f := filter{}
	for _, version := range sortedKeys(in) {
		if !versionPattern.MatchString(version) {
			return nil, invalid("payload.pushes: %s is not an API version such as 3.6", quote(version))
		}
		names := map[string]bool{}
		f[version] = names
		for _, x := range in.list(version) {
			name := x.(string)
			if name != "all" && api.Push(name) == nil && !api.Withdrawn(name) {
				return nil, invalid("payload.pushes.%s: there is no push %s", version, quote(name))
			}
			names[name] = true
		}
	}
	return f, nil
}

// wants reports whether a connection is to get a push in a version: it asked for
// it, and the version has it.
func (c *conn) wants(version, action string) bool {
	if c.pushes == nil && version != c.version {
		return false
	}
	names := c.pushes[version]
	return (c.pushes == nil || names["all"] || names[action]) && c.catalogue.Push(action).In(version)
}
