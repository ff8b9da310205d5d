package rtmserver

import (
	"slices"
	"strings"
)

// transferChat is transfer_chat of the Agent API: to groups, to an agent, or
// without a target to another agent of the chat's groups.
func transferChat(c *call) (any, error) {
	o := c.org
	ch, err := c.chat(c.payload.str("id"))
	if err != nil {
		return nil, err
	}
	if !ch.active() {
		return nil, failAs(c.conn.catalogue, "chat_inactive")
	}
	if err := c.takesPart(ch); err != nil {
		return nil, err
	}
	th := ch.last()
	r := &record{
		Kind: chatTransferred, By: c.user(), ChatID: ch.ID, ThreadID: th.ID,
		From: &assignment{Groups: ch.Groups, AgentIDs: ch.agents()}, Dequeued: !th.QueuedAt.IsZero(),
	}
	target := c.payload.obj("target")
	var names []string
	switch target.str("type") {
	case "agent":
		if names, err = c.transferToAgent(ch, r, target.list("ids")); err != nil {
			return nil, err
		}
	case "group":
		if names, err = c.transferToGroups(r, target.list("ids")); err != nil {
			return nil, err
		}
	default:
		for _, g := range ch.Groups {
			names = append(names, o.group(g).Name)
		}
	}
	if target.str("type") != "agent" {
		groups := ch.Groups
		if r.Groups != nil {
			groups = r.Groups
		}
		if to := o.pick(groups, r.From.AgentIDs...); to != "" {
			r.AgentIDs = []string{to}
		}
	}
	if len(r.AgentIDs) == 0 && !c.payload.boolOr("ignore_agents_availability", false) {
		return nil, invalid("payload.target: no agent there can take the chat now: pass ignore_agents_availability to let it wait")
	}
	for _, id := range r.From.AgentIDs {
		if !slices.Contains(r.AgentIDs, id) {
			r.Removed = append(r.Removed, id)
		}
	}
	if r.Groups == nil && len(r.AgentIDs) == 1 && slices.Equal(r.AgentIDs, r.From.AgentIDs) {
		return obj{}, nil // the agent has it
	}
	e := o.systemMessage(th, "chat_transferred", map[string]string{"initiator": o.userName(c.user()), "targets": strings.Join(names, ", ")})
	return obj{}, o.commit(c.em, r, &record{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID, Event: e})
}

// transferToAgent takes the first of the agents who can have the chat.
func (c *call) transferToAgent(ch *chat, r *record, ids []any) (names []string, err error) {
	o, load := c.org, c.org.st.load()
	var why error
	for i, x := range ids {
		where := "payload.target.ids[" + itoa(i) + "]"
		id, ok := x.(string)
		if !ok {
			return nil, mustBe(where, "a string", x)
		}
		a := o.agent(id)
		switch {
		case a == nil:
			return nil, fail("not_found", "%s: no agent %s", where, quote(id))
		case !a.sees(ch.Groups):
			return nil, fail("missing_access", "%s: agent %s is in none of the groups %v", where, id, ch.Groups)
		}
		names = append(names, a.Name)
		m := ch.member(id)
		switch {
		case len(r.AgentIDs) > 0:
		case o.st.agent(id).Status == offline:
			why = failAs(c.conn.catalogue, "agent_offline")
		case load[id] >= a.mostChats() && (m == nil || !m.handles()):
			why = fail("limit_reached", "%s: agent %s has %d chats, which is all that an agent can have", where, id, a.mostChats())
		default:
			r.AgentIDs = []string{id}
		}
	}
	if len(ids) == 0 {
		return nil, invalid("payload.target.ids: needs at least one agent")
	}
	if len(r.AgentIDs) == 0 && !c.payload.boolOr("ignore_agents_availability", false) {
		return nil, why
	}
	return names, nil
}

func (c *call) transferToGroups(r *record, ids []any) (names []string, err error) {
	for i, x := range ids {
		where := "payload.target.ids[" + itoa(i) + "]"
		if !isInt32(x) {
			return nil, mustBe(where, "an integer", x)
		}
		g := c.org.group(number(x))
		if g == nil {
			return nil, fail("not_found", "%s: there is no group %d", where, number(x))
		}
		if !slices.Contains(r.Groups, g.ID) {
			r.Groups = append(r.Groups, g.ID)
			names = append(names, g.Name)
		}
	}
	if len(ids) == 0 {
		return nil, invalid("payload.target.ids: needs at least one group")
	}
	return names, nil
}

func (st *state) foldTransferred(r *record) {
	ch := st.Chats[r.ChatID]
	th := ch.last()
	if r.Groups != nil {
		ch.Groups, th.Groups = r.Groups, r.Groups
	}
	for _, id := range r.Removed {
		ch.member(id).Present = false
		th.decline(id)
	}
	st.Queue = remove(st.Queue, ch.ID)
	if len(r.AgentIDs) == 0 {
		th.enqueue(r.At)
		st.Queue = append(st.Queue, ch.ID)
		return
	}
	st.take(th, r.At)
	th.AssignedAt = r.At
	for _, id := range r.AgentIDs {
		ch.join(id, "all")
	}
}

// announceTransferred pushes a transfer by request: to who is out, who is in,
// who can see the chat now and who no longer can.
func (o *org) announceTransferred(em *emission, ch *chat, r *record) {
	requester := func(side side, p obj) obj {
		p["chat_id"], p["thread_id"], p["requester_id"] = ch.ID, r.ThreadID, o.userID(side, r.By)
		return p
	}
	had := func(a *Agent) bool {
		return a.sees(r.From.Groups) || slices.Contains(r.From.AgentIDs, a.ID) || a.readsAll()
	}
	both := func(action string, push func(side) obj) {
		em.customer(ch.CustomerID, action, push(customerSide))
		em.agents(func(a *Agent) bool { return had(a) || o.concerns(a, ch) }, action, push(agentSide))
	}
	for _, id := range r.Removed {
		both("user_removed_from_chat", func(side side) obj {
			return requester(side, obj{"user_id": o.userID(side, id), "reason": "manual"})
		})
	}
	if r.Groups != nil {
		em.agents(func(a *Agent) bool { return had(a) || o.concerns(a, ch) }, "chat_access_updated",
			obj{"id": ch.ID, "access": obj{"group_ids": ch.Groups}})
	}
	joined := slices.DeleteFunc(slices.Clone(r.AgentIDs), func(id string) bool { return slices.Contains(r.From.AgentIDs, id) })
	from := obj{"group_ids": r.From.Groups}
	if len(r.From.AgentIDs) > 0 {
		from["agent_ids"] = r.From.AgentIDs
	}
	for i := range o.seed.Agents {
		a := &o.seed.Agents[i]
		m := ch.member(a.ID)
		gains := o.concerns(a, ch) && !had(a) && (m == nil || !m.Present || m.Visibility == "all")
		if gains || slices.Contains(joined, a.ID) {
			em.agents(func(x *Agent) bool { return x == a }, "incoming_chat",
				obj{"requester_id": r.By, "chat": o.chatView(agentSide, a, ch, ch.last()), "transferred_from": from})
		}
	}
	for _, id := range joined {
		both("user_added_to_chat", func(side side) obj {
			return requester(side, obj{"user": o.userView(side, ch.member(id)), "reason": "manual"})
		})
	}
	if waits := len(r.AgentIDs) == 0; waits != r.Dequeued {
		o.announceUnassigned(em, ch, r.ThreadID, waits)
	}
	both("chat_transferred", func(side side) obj {
		to := obj{}
		if r.Groups != nil || len(r.AgentIDs) == 0 {
			to["group_ids"] = ch.Groups
		}
		if len(r.AgentIDs) > 0 {
			var ids []string
			for _, id := range r.AgentIDs {
				ids = append(ids, o.userID(side, id))
			}
			to["agent_ids"] = ids
		}
		p := requester(side, obj{"reason": "manual", "transferred_to": to})
		if q := o.queueView(ch, ch.last()); q != nil {
			p["queue"] = q
		}
		return p
	})
	o.routingChanged(ch)
}

// listAgentsForTransfer is list_agents_for_transfer of the Agent API: who could
// have the chat and does not have it, the least busy first.
func listAgentsForTransfer(c *call) (any, error) {
	o := c.org
	ch, err := c.chat(c.payload.str("chat_id"))
	if err != nil {
		return nil, err
	}
	busy := map[string]int{}
	for _, id := range o.st.Active {
		if ch := o.st.Chats[id]; ch.CustomerID != "" {
			for _, agent := range ch.agents() {
				busy[agent]++
			}
		}
	}
	list := []obj{}
	for i := range o.seed.Agents {
		a := &o.seed.Agents[i]
		if o.st.agent(a.ID).Status == offline || !a.sees(ch.Groups) || slices.Contains(ch.agents(), a.ID) {
			continue
		}
		list = append(list, obj{"agent_id": a.ID, "total_active_chats": busy[a.ID]})
	}
	slices.SortStableFunc(list, func(x, y obj) int { return x["total_active_chats"].(int) - y["total_active_chats"].(int) })
	return list, nil
}
