package rtmserver

import (
	"maps"
	"slices"
)

// multicast is multicast of the Agent API. Nothing is kept. Recipients that are
// not there are left out.
func multicast(c *call) (any, error) {
	to := c.payload.obj("recipients").obj("agents")
	all := to.boolOr("all", false)
	var customers []any
	if c.request.version < "3.6" {
		customers = c.payload.obj("recipients").obj("customers").list("ids") // withdrawn since
	}
	if !all && len(customers) == 0 && len(to.list("ids")) == 0 && len(to.list("groups")) == 0 {
		return nil, invalid("payload.recipients.agents: needs all, or at least one of ids or groups")
	}
	push := obj{"author_id": c.user(), "content": c.payload["content"]}
	if typ := c.payload.str("type"); typ != "" {
		push["type"] = typ
	}
	c.em.agents(func(a *Agent) bool {
		return all || slices.Contains(to.list("ids"), any(a.ID)) ||
			slices.ContainsFunc(to.list("groups"), func(g any) bool { return slices.Contains(a.Groups, number(g)) })
	}, "incoming_multicast", push)
	push = maps.Clone(push)
	push["author_id"] = c.org.userID(customerSide, c.user())
	for _, x := range customers {
		if id, ok := x.(string); ok {
			c.em.customer(id, "incoming_multicast", push)
		}
	}
	return obj{}, nil
}

// sendEventPreview is send_event_preview of the Agent API. Nothing is kept, and
// only the customer hears of it.
func sendEventPreview(c *call) (any, error) {
	ch, err := c.chat(c.payload.str("chat_id"))
	if err != nil {
		return nil, err
	}
	in := c.payload.obj("event")
	if v := in.str("visibility"); v != "" && v != "all" {
		return nil, invalid("payload.event.visibility: must be all for a preview, which is for the customer")
	}
	if !ch.active() {
		return nil, failAs(c.conn.catalogue, "chat_inactive")
	}
	switch m := ch.member(c.user()); {
	case m == nil || !m.Present:
		return nil, fail("authorization", "agent %s is not a user of chat %s: only its users can write in it", c.user(), ch.ID)
	case m.Visibility == "agents":
		return nil, fail("authorization", "agent %s supervises chat %s: the customer must not see it", c.user(), ch.ID)
	}
	e := obj{"type": "message", "text": in.str("text"), "author_id": c.org.userID(customerSide, c.user()), "created_at": stamp(c.org.now())}
	if id := in.str("custom_id"); id != "" {
		e["custom_id"] = id
	}
	c.em.customer(ch.CustomerID, "incoming_event_preview", obj{"chat_id": ch.ID, "thread_id": ch.last().ID, "event": e})
	return obj{}, nil
}

// sendThinkingIndicator is send_thinking_indicator of the Agent API. Nothing is
// kept.
func sendThinkingIndicator(c *call) (any, error) {
	ch, err := c.chat(c.payload.str("chat_id"))
	if err != nil {
		return nil, err
	}
	if !ch.active() {
		return nil, failAs(c.conn.catalogue, "chat_inactive")
	}
	at := stamp(c.org.now())
	push := func(side side) obj {
		p := obj{"chat_id": ch.ID, "thread_id": ch.last().ID, "author_id": c.org.userID(side, c.user()), "sent_at": at}
		for _, name := range []string{"title", "description", "custom_id"} {
			if s := c.payload.str(name); s != "" {
				p[name] = s
			}
		}
		return p
	}
	c.em.members(ch, "incoming_thinking_indicator", push(agentSide))
	if m := ch.member(c.user()); c.payload.str("visibility") != "agents" && (m == nil || m.Visibility == "all") {
		c.em.customer(ch.CustomerID, "incoming_thinking_indicator", push(customerSide))
	}
	return obj{}, nil
}
