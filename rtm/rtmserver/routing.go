package rtmserver

import (
	"slices"
)

// pick returns the agent who is to get a chat of these groups: one who accepts
// chats, is connected, has access and a free slot, of those the best priority, and
// then the one with the fewest active chats; between equals, the first in the
// seed. It returns "" when there is none, and when agents take chats by hand.
// Those of except are passed over.
func (o *org) pick(groups []int, except ...string) string {
	return o.pickBy(o.st.load(), groups, except)
}

// pickBy is pick with the agents' numbers of chats given.
func (o *org) pickBy(load map[string]int, groups []int, except []string) string {
	if o.seed.Routing.Manual {
		return ""
	}
	return o.available(load, groups, except)
}

// available is who could have a chat of these groups: among the best class of
// agents that has anybody with a free slot, the one with the fewest chats.
func (o *org) available(load map[string]int, groups []int, except []string) string {
	best, fewest, class := "", 0, slices.Index(priorities, supervisorPriority)
	for i := range o.seed.Agents {
		a := &o.seed.Agents[i]
		n := load[a.ID]
		if slices.Contains(except, a.ID) || !o.routable(a) || !a.sees(groups) || n >= a.maxChats() {
			continue
		}
		if x := a.class(groups); x < class || best != "" && x == class && n < fewest {
			best, fewest, class = a.ID, n, x
		}
	}
	return best
}

// routable reports whether an agent takes chats at all. One who lost its
// connection keeps those it has for a while, but gets no new ones.
func (o *org) routable(a *Agent) bool {
	st := o.st.agent(a.ID)
	return st.Status == accepting && (a.bot != nil || len(st.Here) > 0)
}

// groupsStatus is the best status of the groups, as customers see it: online
// when an agent can take a chat at once, online_for_queue when agents are logged
// in and all of them full or not accepting, offline when nobody is logged in or
// no more chats may wait.
func (o *org) groupsStatus(groups []int) string {
	best := offline
	if o.available(o.st.load(), groups, nil) != "" {
		return "online"
	}
	if o.queueFull(groups) {
		return offline
	}
	for i := range o.seed.Agents {
		if a := &o.seed.Agents[i]; a.sees(groups) && o.st.agent(a.ID).Status != offline {
			best = "online_for_queue"
		}
	}
	return best
}

// agentGroupStatus is the status of a group as agents see it.
func (o *org) agentGroupStatus(group int) string {
	best := offline
	for i := range o.seed.Agents {
		a := &o.seed.Agents[i]
		if !a.sees([]int{group}) {
			continue
		}
		switch o.st.agent(a.ID).Status {
		case accepting:
			return accepting
		case notAccepting:
			best = notAccepting
		}
	}
	return best
}

func (o *org) onlineGroups() []int {
	var ids []int
	for _, g := range o.seed.Groups {
		if o.groupsStatus([]int{g.ID}) == "online" {
			ids = append(ids, g.ID)
		}
	}
	return ids
}

// queueFull reports whether no more chats of these groups may wait.
func (o *org) queueFull(groups []int) bool {
	rules := &o.seed.Routing
	if rules.QueueOff || rules.QueueLimit == 0 {
		return rules.QueueOff
	}
	n := 0
	for _, id := range o.st.Queue {
		if slices.ContainsFunc(o.st.Chats[id].Groups, func(g int) bool { return slices.Contains(groups, g) }) {
			n++
		}
	}
	return n >= rules.QueueLimit
}

// pickFor is pick for a chat that gets a new thread, nil for a new chat. The
// agent who had the last one comes first where the organization wants that.
func (o *org) pickFor(ch *chat, groups []int) string {
	if ch != nil && o.seed.Routing.PreferRecentAgent && !o.seed.Routing.Manual {
		load := o.st.load()
		for _, id := range slices.Backward(ch.last().UserIDs) {
			if a := o.agent(id); a != nil && o.routable(a) && a.sees(groups) && load[id] < a.maxChats() {
				return id
			}
		}
	}
	return o.pick(groups)
}

// position is the place of a queued chat among those that wait for the same
// groups, from 1.
func (o *org) position(ch *chat) int {
	n := 1
	for _, id := range o.st.Queue {
		if id == ch.ID {
			break
		}
		if slices.ContainsFunc(o.st.Chats[id].Groups, func(g int) bool { return slices.Contains(ch.Groups, g) }) {
			n++
		}
	}
	return n
}

// queueView renders the place of a thread in the queue, nil when it has none.
func (o *org) queueView(ch *chat, th *thread) obj {
	if th.QueuedAt.IsZero() {
		return nil
	}
	q := o.placeView(o.position(ch))
	q["queued_at"] = stamp(th.QueuedAt)
	return q
}

// queuePlaces returns the positions of all queued chats.
func (o *org) queuePlaces() map[string]int {
	places := map[string]int{}
	before := map[int]int{} // chats by group
	for _, id := range o.st.Queue {
		ch := o.st.Chats[id]
		if len(ch.Groups) == 1 {
			places[id] = before[ch.Groups[0]] + 1
		} else {
			places[id] = o.position(ch) // one that shares two groups counts once
		}
		for _, g := range ch.Groups {
			before[g]++
		}
	}
	return places
}

// moveChat takes an agent out of an active chat because its session ended.
// Another agent gets the chat, or it waits for one; a chat that still has an
// agent stays where it is. load is kept up for the chats that move after it.
func (o *org) moveChat(load map[string]int, ch *chat, from *Agent, how string) []*record {
	th := ch.last()
	records := []*record{{Kind: userRemoved, ChatID: ch.ID, ThreadID: th.ID, UserID: from.ID, Reason: how}}
	if left := remove(ch.agents(), from.ID); len(left) > 0 || !ch.member(from.ID).handles() || ch.CustomerID == "" {
		return records
	}
	if to := o.pickBy(load, ch.Groups, append([]string{from.ID}, th.Declined...)); to != "" {
		load[to]++
		e := o.systemMessage(th, "routing.assigned_"+how, map[string]string{"agent_added": o.userName(to), "agent_removed": from.Name})
		return append(records,
			&record{Kind: chatAssigned, ChatID: ch.ID, ThreadID: th.ID, UserID: to},
			&record{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID, Event: e})
	}
	if o.seed.Routing.QueueOff {
		return append(records, o.closed(ch, "routing.archived_"+how, map[string]string{"agent": from.Name})...)
	}
	e := o.systemMessage(th, "routing.unassigned_"+how, map[string]string{"agent": from.Name})
	return append(records,
		&record{Kind: chatQueued, ChatID: ch.ID, ThreadID: th.ID},
		&record{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID, Event: e})
}

// settle does what follows from a change: waiting chats go to agents who have
// room, and those concerned hear of new places in the queue and of groups that
// changed their status. Its pushes have no requester.
func (o *org) settle() {
	if o.dirty {
		em := &emission{org: o}
		err := o.try(func() error { return o.assignWaiting(em) })
		if err != nil {
			o.s.opts.Logger.Error("assign waiting chats", "error", err)
		}
		em.flush()
		o.announceSettled().flush()
		o.dirty = err != nil // then the next request tries again
	}
	o.flushLater()
}

// assignWaiting gives waiting chats to agents who have room.
func (o *org) assignWaiting(em *emission) error {
	load := o.st.load()
	for _, id := range slices.Clone(o.st.Queue) {
		ch := o.st.Chats[id]
		to := o.pickBy(load, ch.Groups, ch.last().Declined)
		if to == "" {
			continue
		}
		if err := o.commit(em, &record{Kind: chatAssigned, ChatID: id, ThreadID: ch.last().ID, UserID: to, Dequeued: true}); err != nil {
			return err
		}
		load[to]++
	}
	return nil
}

// announceSettled tells the connections here of groups and of the queue, and
// watches the agents. Every node does that for itself.
func (o *org) announceSettled() *emission {
	em := &emission{org: o}
	o.watchAgents()
	o.announceGroups(em)
	o.announceQueue(em)
	o.dirty = false
	return em
}

func (o *org) flushLater() {
	o.watchChats()
	for _, em := range o.later {
		em.flush()
	}
	o.later = nil
	o.watchChats()
}

// announceGroups pushes the groups whose status is not what it was.
func (o *org) announceGroups(em *emission) {
	var customers []obj
	for _, g := range o.seed.Groups {
		if status := o.groupsStatus([]int{g.ID}); status != o.groupStatus[g.ID] {
			o.groupStatus[g.ID] = status
			customers = append(customers, obj{"id": g.ID, "status": status})
		}
		if status := o.agentGroupStatus(g.ID); status != o.agentStatus[g.ID] {
			o.agentStatus[g.ID] = status
			em.agents(func(a *Agent) bool { return a.sees([]int{g.ID}) }, "groups_status_updated",
				obj{"groups": []obj{{"id": g.ID, "status": status}}})
		}
	}
	if customers != nil {
		for _, id := range sortedKeys(o.customers) {
			em.customer(id, "groups_status_updated", obj{"groups": customers})
		}
	}
}

// announceQueue pushes the places that are not what they were. A chat's first
// place came with the push that queued it.
func (o *org) announceQueue(em *emission) {
	places := o.queuePlaces()
	var moved []*chat
	for _, id := range o.st.Queue {
		if old := o.places[id]; old != 0 && old != places[id] {
			moved = append(moved, o.st.Chats[id])
		}
	}
	o.places = places
	for _, ch := range moved {
		em.customer(ch.CustomerID, "queue_position_updated",
			obj{"chat_id": ch.ID, "thread_id": ch.last().ID, "queue": o.placeView(places[ch.ID])})
	}
	if len(moved) == 0 {
		return
	}
	for i := range o.seed.Agents {
		a := &o.seed.Agents[i]
		var list []obj
		for _, ch := range moved {
			if o.mayAccess(a, ch) {
				list = append(list, obj{"chat_id": ch.ID, "thread_id": ch.last().ID, "queue": o.placeView(places[ch.ID])})
			}
		}
		if list != nil {
			em.agents(func(x *Agent) bool { return x.ID == a.ID }, "queue_positions_updated", list)
		}
	}
}
