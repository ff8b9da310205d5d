package rtmserver

import (
	"slices"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// startChat is start_chat of the Customer API.
func startChat(c *call) (any, error) {
	o := c.org
	if cust := o.st.Customers[c.user()]; len(cust.ChatIDs) > 0 {
		return nil, fail("chat_limit_reached", "a customer has one chat and this one has %s: resume it with resume_chat", cust.ChatIDs[0])
	}
	in := c.payload.obj("chat")
	if users := in.list("users"); len(users) > 0 {
		if u, ok := users[0].(map[string]any); ok && u["id"] != c.user() {
			return nil, invalid("payload.chat.users[0].id: a customer can add nobody but itself")
		}
	}
	return c.openThread(nil, c.user(), in)
}

// startAgentChat is start_chat of the Agent API. Without a customer it makes a
// chat of agents alone.
func startAgentChat(c *call) (any, error) {
	in, customer := c.payload.obj("chat"), ""
	for i, x := range in.list("users") {
		u := params(x.(map[string]any))
		if u.str("type") != "customer" {
			continue
		}
		where := "payload.chat.users[" + itoa(i) + "]"
		if customer != "" {
			return nil, invalid("%s: a chat has one customer at most", where)
		}
		customer = u.str("id")
		cust := c.org.st.Customers[customer]
		if cust == nil {
			return nil, fail("not_found", "%s.id: there is no customer %s", where, quote(customer))
		}
		if len(cust.ChatIDs) > 0 {
			return nil, fail("limit_reached", "%s.id: a customer has one chat and this one has %s: resume it with resume_chat", where, cust.ChatIDs[0])
		}
	}
	return c.openThread(nil, customer, in)
}

// resumeChat is resume_chat of both APIs.
func resumeChat(c *call) (any, error) {
	in := c.payload.obj("chat")
	ch, err := c.chat(in.str("id"))
	if err != nil {
		return nil, err
	}
	if ch.active() {
		if c.conn.side == customerSide {
			return nil, fail("chat_already_active", "chat %s already has the active thread %s", ch.ID, ch.last().ID)
		}
		return nil, invalid("payload.chat.id: chat %s already has the active thread %s", ch.ID, ch.last().ID)
	}
	return c.openThread(ch, ch.CustomerID, in)
}

// openThread starts a chat, or gives one a new thread. ch is nil for a new one,
// and customer empty for one of agents alone.
func (c *call) openThread(ch *chat, customer string, in params) (any, error) {
	o := c.org
	groups, err := c.access(in)
	if err != nil {
		return nil, err
	}
	active := c.payload.boolOr("active", true)
	th := &thread{ID: o.s.ids.short(), Active: active, CreatedAt: o.now(), Groups: groups, Properties: properties{}, Events: []*event{}}
	thread := in.obj("thread")
	if err := c.writable(inThread, thread.props("properties"), "payload.chat.thread.properties"); err != nil {
		return nil, err
	}
	if err := c.writable(inChat, in.props("properties"), "payload.chat.properties"); err != nil {
		return nil, err
	}
	th.Properties.merge(thread.props("properties"))
	chatProps := properties{}
	chatProps.merge(in.props("properties"))
	r := &record{Kind: threadOpened, By: c.user(), CustomerID: customer, Thread: th}
	if ch != nil {
		r.ChatID = ch.ID
	} else {
		r.ChatID = o.s.ids.short()
	}

	continuous := false
	if ch != nil {
		routing, _ := ch.Properties["routing"].(map[string]any)
		continuous, _ = routing["continuous"].(bool)
	}
	continuous = c.payload.boolOr("continuous", continuous)
	chatProps = chatProps.with("routing", "continuous", continuous)

	if c.conn.side == agentSide {
		r.AgentIDs = []string{c.user()}
		if ch == nil && !c.conn.agent.sees(groups) {
			return nil, fail("missing_access", "payload.chat.access.group_ids: agent %s is in none of the groups %v", c.user(), groups)
		}
		more, err := c.initialAgents(customer, in, groups)
		if err != nil {
			return nil, err
		}
		r.AgentIDs = append(r.AgentIDs, more...)
	} else if active {
		// A chat that is not continuous needs a group that is not offline, that
		// is one with an agent logged in: an agent who does not accept chats now,
		// or is full, is somebody worth waiting for, so the chat queues. A
		// continuous chat queues even when nobody is there.
		if !continuous && o.groupsStatus(groups) == offline {
			return nil, fail("groups_offline", "no agent of groups %v is logged in: pass continuous to leave a message anyway", groups)
		}
		if agent := o.pickFor(ch, groups); agent != "" {
			r.AgentIDs = []string{agent}
		} else {
			th.enqueue(o.now())
		}
	}

	for i, x := range thread.list("events") {
		in := wire.NewDecoder(appendJSON(nil, x))
		e, err := c.newEvent(readEventInput(&in), th, "payload.chat.thread.events["+itoa(i)+"]")
		if err != nil {
			return nil, err
		}
		if c.conn.side == agentSide {
			if e.Type == "form" {
				return nil, invalid("payload.chat.thread.events[%d].type: an initial event cannot be a form", i)
			}
			e.Visibility = "all" // initial events always are
		}
		th.Events = append(th.Events, e)
	}
	ids := eventIDs(th.Events)
	r.Properties = chatProps
	if err := o.commit(c.em, r); err != nil {
		return nil, err
	}
	out := obj{"thread_id": th.ID}
	if ch == nil {
		out["chat_id"] = r.ChatID
	}
	if len(ids) > 0 {
		out["event_ids"] = ids
	}
	return out, nil
}

// access returns the groups of a chat that is started or resumed.
func (c *call) access(in params) ([]int, error) {
	o := c.org
	given, ok := in["access"].(map[string]any)
	if !ok || given["group_ids"] == nil {
		// Without access a chat is open to all agents (group 0), unless the
		// customer chose a group at login: that is what group_id is for.
		return []int{c.conn.group}, nil
	}
	var groups []int
	for _, x := range params(given).list("group_ids") {
		g := number(x)
		if o.group(g) == nil {
			return nil, o.groupNotFound(c.conn.side, "payload.chat.access.group_ids", g)
		}
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	if len(groups) == 0 {
		return nil, invalid("payload.chat.access.group_ids: needs at least one group")
	}
	return groups, nil
}

// maxInitialAgents is how many agents a request may name beside its sender.
const maxInitialAgents = 4

// initialAgents returns the agents named in chat.users of an agent's request.
func (c *call) initialAgents(customer string, in params, groups []int) ([]string, error) {
	var ids []string
	for i, x := range in.list("users") {
		u := params(x.(map[string]any))
		where := "payload.chat.users[" + itoa(i) + "]"
		id := u.str("id")
		if u.str("type") == "customer" {
			if id != customer {
				return nil, invalid("%s.id: %s is not the customer of the chat", where, clip(id))
			}
			continue
		}
		a := c.org.agent(id)
		if a == nil {
			return nil, fail("not_found", "%s.id: no agent %s", where, clip(id))
		}
		if !a.sees(groups) {
			return nil, fail("missing_access", "%s.id: agent %s is in none of the groups %v", where, id, groups)
		}
		if id != c.user() && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) > maxInitialAgents {
		return nil, invalid("payload.chat.users: must have at most %d agents beside the requester, not %d", maxInitialAgents, len(ids))
	}
	return ids, nil
}
