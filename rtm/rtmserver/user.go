package rtmserver

// mostChats is how many active chats an agent can have at once, by whatever way
// they come.
func (a *Agent) mostChats() int {
	if a.bot != nil {
		return 500
	}
	return 20
}

// takesPart refuses an agent who is not a present user of the chat, unless the
// request says ignore_requester_presence.
func (c *call) takesPart(ch *chat) error {
	if m := ch.member(c.user()); m != nil && m.Present || c.payload.boolOr("ignore_requester_presence", false) {
		return nil
	}
	return fail("authorization", "agent %s is not a user of chat %s: join it or pass ignore_requester_presence", c.user(), ch.ID)
}

// addUserToChat is add_user_to_chat of the Agent API. A user who is in the chat
// already, seen by the same side, changes nothing.
func addUserToChat(c *call) (any, error) {
	o := c.org
	ch, err := c.chat(c.payload.str("chat_id"))
	if err != nil {
		return nil, err
	}
	if !ch.active() {
		return nil, failAs(c.conn.catalogue, "chat_inactive")
	}
	if err := c.takesPart(ch); err != nil {
		return nil, err
	}
	id, visibility := c.payload.str("user_id"), c.payload.str("visibility")
	if c.payload.str("user_type") == "customer" {
		switch {
		case o.st.Customers[id] == nil:
			return nil, fail("not_found", "payload.user_id: there is no customer %s", quote(id))
		case visibility != "all":
			return nil, invalid("payload.visibility: must be all for a customer")
		case id != ch.CustomerID:
			return nil, invalid("payload.user_id: a chat has one customer at most, and a customer one chat")
		}
		return obj{}, nil // it never leaves its chat
	}
	a := o.agent(id)
	if a == nil {
		return nil, fail("not_found", "payload.user_id: no agent %s", quote(id))
	}
	if !a.sees(ch.Groups) {
		return nil, fail("missing_access", "payload.user_id: agent %s is in none of the groups %v", id, ch.Groups)
	}
	if m := ch.member(id); m != nil && m.Present {
		switch {
		case m.Visibility == visibility:
			return obj{}, nil
		case visibility == "agents":
			return nil, invalid("payload.visibility: agent %s takes part in the chat: remove it before it supervises", id)
		}
	}
	if visibility == "all" && o.st.load()[id] >= a.mostChats() {
		return nil, fail("limit_reached", "payload.user_id: agent %s has %d chats, which is all that an agent can have", id, a.mostChats())
	}
	th := ch.last()
	r := &record{Kind: userAdded, By: c.user(), ChatID: ch.ID, ThreadID: th.ID, UserID: id, Visibility: visibility, Reason: "manual", Dequeued: !th.QueuedAt.IsZero()}
	records := []*record{r}
	if visibility == "all" && len(ch.agents()) > 0 {
		// The first agent comes without a word, and supervisors always.
		e := o.systemMessage(th, "agent_joined", map[string]string{"agent": a.Name})
		if id != c.user() {
			e = o.systemMessage(th, "agent_added", map[string]string{"agent": a.Name, "initiator": o.userName(c.user())})
		}
		records = append(records, &record{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID, Event: e})
	}
	return obj{}, o.commit(c.em, records...)
}

// removeUserFromChat is remove_user_from_chat of the Agent API. A chat that
// loses its last agent waits for another.
func removeUserFromChat(c *call) (any, error) {
	o := c.org
	ch, err := c.chat(c.payload.str("chat_id"))
	if err != nil {
		return nil, err
	}
	id := c.payload.str("user_id")
	if id != c.user() {
		if err := c.takesPart(ch); err != nil {
			return nil, err
		}
	}
	m := ch.member(id)
	if m == nil || m.Type != "agent" {
		return nil, fail("not_found", "payload.user_id: chat %s has no agent %s", ch.ID, quote(id))
	}
	if !m.Present {
		return obj{}, nil
	}
	th := ch.last()
	e := o.systemMessage(th, "agent_left", map[string]string{"agent": o.userName(id)})
	if id != c.user() {
		e = o.systemMessage(th, "agent_removed", map[string]string{"agent": o.userName(id), "initiator": o.userName(c.user())})
	}
	e.Visibility = m.Visibility
	records := []*record{
		{Kind: userRemoved, By: c.user(), ChatID: ch.ID, ThreadID: th.ID, UserID: id, Reason: "manual"},
		{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID, Event: e},
	}
	if m.handles() && len(ch.agents()) == 1 && ch.CustomerID != "" {
		records = append(records, o.unassignedOther(ch, th.eventID(len(th.Events)+2))...)
	}
	return obj{}, o.commit(c.em, records...)
}

// announceAdded pushes that an agent joined a chat by request. The customer does
// not hear of a supervisor.
func (o *org) announceAdded(em *emission, ch *chat, r *record) {
	push := func(side side) obj {
		return obj{
			"chat_id": ch.ID, "thread_id": r.ThreadID, "reason": r.Reason, "requester_id": o.userID(side, r.By),
			"user": o.userView(side, ch.member(r.UserID)),
		}
	}
	if r.Visibility == "all" {
		em.customer(ch.CustomerID, "user_added_to_chat", push(customerSide))
	}
	em.access(ch, "user_added_to_chat", push(agentSide))
	if r.Visibility == "all" && r.Dequeued {
		o.announceUnassigned(em, ch, r.ThreadID, false)
	}
	o.routingChanged(ch)
}

// usersView renders the users of a chat that a side may see.
func (o *org) usersView(side side, ch *chat) []obj {
	users := []obj{}
	for _, m := range ch.Members {
		if side == customerSide && m.Visibility == "agents" {
			continue
		}
		users = append(users, o.userView(side, m))
	}
	return users
}

// userView renders a member of a chat: User of either API.
func (o *org) userView(side side, m *member) obj {
	var v obj
	if m.Type == "customer" {
		v = o.customerView(side, o.st.Customers[m.ID])
	} else {
		v = obj{"id": o.userID(side, m.ID), "type": "agent", "name": o.userName(m.ID)}
		if a := o.agent(m.ID); a != nil && a.Avatar != "" {
			v["avatar"] = a.Avatar
		}
		if a := o.agent(m.ID); side == customerSide && a != nil && a.JobTitle != "" {
			v["job_title"] = a.JobTitle
		}
		if side == agentSide {
			v["email"] = m.ID
			v["visibility"] = m.Visibility
		}
	}
	v["present"] = m.Present
	if !m.SeenUpTo.IsZero() {
		v["events_seen_up_to"] = stamp(m.SeenUpTo)
	}
	return v
}
