package rtmserver

import (
	"slices"
	"strings"
	"time"
)

// A chat is the whole relation of one customer with the organization; a thread
// is one conversation in it.
type chat struct {
	ID         string     `json:"id"`
	CustomerID string     `json:"customer_id"` // empty in a chat of agents alone
	CreatedAt  time.Time  `json:"created_at"`
	Members    []*member  `json:"members"`
	Groups     []int      `json:"groups"`
	Properties properties `json:"properties"`
	Threads    []*thread  `json:"threads"` // oldest first, at least one
	Followers  []string   `json:"followers,omitempty"`
}

// A member is a user who takes or took part in a chat.
type member struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"` // customer or agent
	Present    bool      `json:"present"`
	Visibility string    `json:"visibility"` // agents: a supervisor, whom the customer does not see
	SeenUpTo   time.Time `json:"seen_up_to,omitzero"`
}

// handles reports whether the member is an agent who takes part now, and not
// only supervises.
func (m *member) handles() bool { return m.Type == "agent" && m.Present && m.Visibility == "all" }

// An assignment is who a chat belongs to.
type assignment struct {
	Groups   []int    `json:"groups"`
	AgentIDs []string `json:"agent_ids,omitempty"`
}

func (ch *chat) last() *thread { return ch.Threads[len(ch.Threads)-1] }

func (ch *chat) active() bool { return ch.last().Active }

// thread returns the thread of that id, nil when the chat has none such.
func (ch *chat) thread(id string) *thread {
	for _, th := range ch.Threads {
		if th.ID == id {
			return th
		}
	}
	return nil
}

func (ch *chat) member(id string) *member {
	for _, m := range ch.Members {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// join makes an agent a present member, and one of the last thread's users.
func (ch *chat) join(agent, visibility string) {
	m := ch.member(agent)
	if m == nil {
		m = &member{ID: agent, Type: "agent"}
		ch.Members = append(ch.Members, m)
	}
	m.Present, m.Visibility = true, visibility
	if th := ch.last(); !slices.Contains(th.UserIDs, agent) {
		th.UserIDs = append(th.UserIDs, agent)
	}
}

// seen moves a member's mark, never backwards.
func (ch *chat) seen(user string, at time.Time) {
	if m := ch.member(user); m != nil && at.After(m.SeenUpTo) {
		m.SeenUpTo = at
	}
}

// involves reports whether an agent takes part: while a thread is active its
// present members do, afterwards those of the last thread.
func (ch *chat) involves(agent string) bool {
	if !ch.active() {
		return slices.Contains(ch.last().UserIDs, agent)
	}
	m := ch.member(agent)
	return m != nil && m.Present
}

// agents returns the agents who handle the chat now.
func (ch *chat) agents() []string {
	var ids []string
	for _, m := range ch.Members {
		if m.handles() {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

func (ch *chat) lastEvent() *event {
	for _, th := range slices.Backward(ch.Threads) {
		if n := len(th.Events); n > 0 {
			return th.Events[n-1]
		}
	}
	return nil
}

// unread reports whether somebody else wrote something that the customer has
// not marked as seen.
func (ch *chat) unread() bool {
	seen := ch.member(ch.CustomerID).SeenUpTo
	for _, th := range slices.Backward(ch.Threads) {
		for _, e := range slices.Backward(th.Events) {
			if !e.CreatedAt.After(seen) {
				return false
			}
			if e.AuthorID != ch.CustomerID && e.AuthorID != "" && e.visibleTo(customerSide) {
				return true
			}
		}
	}
	return false
}

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
		if agent := o.pick(groups); agent != "" {
			r.AgentIDs = []string{agent}
		} else {
			th.enqueue(o.now())
		}
	}

	for i, x := range thread.list("events") {
		e, err := c.newEvent(params(x.(map[string]any)), th, "payload.chat.thread.events["+itoa(i)+"]")
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

// deactivateChat is deactivate_chat of both APIs.
func deactivateChat(c *call) (any, error) {
	ch, err := c.chat(c.payload.str("id"))
	if err != nil {
		return nil, err
	}
	typ, name := "manual_archived_customer", "customer"
	if c.conn.side == agentSide {
		typ, name = "manual_archived_agent", "agent"
		if !ch.active() {
			return nil, failAs(c.conn.catalogue, "chat_inactive")
		}
		if err := c.takesPart(ch); err != nil {
			return nil, err
		}
	} else if !ch.active() {
		return obj{}, nil // for customers nothing happens
	}
	th := ch.last()
	e := c.org.systemMessage(th, typ, map[string]string{name: c.org.userName(c.user())})
	return obj{}, c.org.commit(c.em,
		&record{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID, Event: e},
		&record{Kind: threadClosed, ChatID: ch.ID, ThreadID: th.ID, UserID: c.user()})
}

// getChat is get_chat of both APIs.
func getChat(c *call) (any, error) {
	ch, err := c.chat(c.payload.str("chat_id"))
	if err != nil {
		return nil, err
	}
	th := ch.last()
	if id := c.payload.str("thread_id"); id != "" {
		if th, err = c.thread(ch, id); err != nil {
			return nil, err
		}
	}
	v := c.org.chatView(c.conn.side, c.conn.agent, ch, th)
	if c.conn.side == agentSide {
		v["is_followed"] = slices.Contains(ch.Followers, c.user())
	}
	return v, nil
}

// listChats is list_chats of both APIs.
func listChats(c *call) (any, error) {
	st := c.org.st
	q, err := c.page(pageSpec{limit: 10, filters: true})
	if err != nil {
		return nil, err
	}
	var chats []*chat
	if c.conn.side == customerSide {
		for _, id := range st.Customers[c.user()].ChatIDs {
			chats = append(chats, st.Chats[id])
		}
	} else {
		for _, id := range sortedKeys(st.Chats) {
			if ch := st.Chats[id]; c.sees(ch) && matches(ch, q.Filters, c.request.version) {
				chats = append(chats, ch)
			}
		}
	}
	found := len(chats)
	key := func(ch *chat) string { return sortKey(ch.last().CreatedAt, ch.ID) }
	slices.SortFunc(chats, func(a, b *chat) int { return strings.Compare(key(a), key(b)) })
	chats, out := paginate(c, q, chats, key)
	list := []obj{}
	for _, ch := range chats {
		list = append(list, c.org.chatSummary(c.conn.side, c.conn.agent, ch))
	}
	out["chats_summary"] = list
	if c.conn.side == customerSide {
		out["total_chats"] = found
	} else {
		out["found_chats"] = found
	}
	return out, nil
}

// matches applies the filters of the agent's list_chats.
func matches(ch *chat, filters params, version string) bool {
	if version < "3.6" && !filters.boolOr("include_active", true) && ch.active() {
		return false
	}
	if active, ok := filters["active"].(bool); ok && active != ch.active() {
		return false
	}
	if filters["group_ids"] != nil {
		var any bool
		for _, g := range filters.list("group_ids") {
			any = any || slices.Contains(ch.Groups, number(g))
		}
		if !any {
			return false
		}
	}
	return matchesProperties(ch.Properties, filters.obj("properties"))
}

// matchesProperties applies a filter for properties.
func matchesProperties(p properties, filter params) bool {
	for ns, names := range filter {
		for name, x := range params(names.(map[string]any)) {
			f := params(x.(map[string]any))
			value, there := p.get(ns, name)
			if want, ok := f["exists"].(bool); ok && want != there {
				return false
			}
			same := func(x any) bool { return there && sameValue(x, value) }
			if f["values"] != nil && !slices.ContainsFunc(f.list("values"), same) {
				return false
			}
			if slices.ContainsFunc(f.list("exclude_values"), same) {
				return false
			}
		}
	}
	return true
}

// chat returns a chat that the requester may use.
func (c *call) chat(id string) (*chat, error) {
	ch := c.org.st.Chats[id]
	if ch == nil || c.conn.side == customerSide && ch.CustomerID != c.user() {
		return nil, fail("not_found", "there is no chat %s", quote(id))
	}
	if !c.sees(ch) {
		return nil, fail("missing_access", "agent %s has no access to chat %s: they share no group", c.user(), id)
	}
	return ch, nil
}

// sees reports whether the requester has access to the chat.
func (c *call) sees(ch *chat) bool {
	if c.conn.side == customerSide {
		return ch.CustomerID == c.user()
	}
	return c.org.mayAccess(c.conn.agent, ch)
}

// mayAccess reports whether an agent has access to a chat: by group, because it
// takes part, or by a scope for all chats.
func (o *org) mayAccess(a *Agent, ch *chat) bool {
	m := ch.member(a.ID)
	return a.sees(ch.Groups) || m != nil && m.Present || a.readsAll()
}

// chatView renders a chat with one of its threads: Chat of either API. The agent
// is who reads it; nil for customers, and where no agent is known.
func (o *org) chatView(side side, a *Agent, ch *chat, th *thread) obj {
	v := obj{
		"id": ch.ID, "users": o.usersView(side, ch), "thread": o.threadView(side, a, ch, th),
		"properties": o.readable(side, inChat, ch.Properties), "access": obj{"group_ids": ch.Groups},
	}
	if side == agentSide {
		v["is_followed"] = false
	}
	return v
}

// chatSummary renders a chat for lists: ChatSummary of either API. The agent is
// nil for customers.
func (o *org) chatSummary(side side, a *Agent, ch *chat) obj {
	th := ch.last()
	v := obj{
		"id": ch.ID, "users": o.usersView(side, ch), "properties": o.readable(side, inChat, ch.Properties),
		"access": obj{"group_ids": ch.Groups},
	}
	last := obj{}
	for _, t := range slices.Backward(ch.Threads) {
		for _, e := range slices.Backward(t.Events) {
			if _, ok := last[e.Type]; ok || !e.visibleTo(side) {
				continue
			}
			newest := obj{"thread_id": t.ID, "thread_created_at": stamp(t.CreatedAt)}
			if a == nil || o.mayRead(a, t) {
				newest["event"] = o.eventView(side, a, e)
			} else {
				newest["restricted_access"] = restricted
			}
			last[e.Type] = newest
		}
	}
	if len(last) > 0 {
		v["last_event_per_type"] = last
	}
	if side == customerSide {
		v["active"] = th.Active
		v["last_thread_id"] = th.ID
		v["last_thread_created_at"] = stamp(th.CreatedAt)
		return v
	}
	sum := obj{
		"id": th.ID, "created_at": stamp(th.CreatedAt), "user_ids": th.UserIDs, "properties": o.readable(side, inThread, th.Properties),
		"active": th.Active, "access": obj{"group_ids": th.Groups},
	}
	if q := o.queueView(ch, th); q != nil {
		sum["queue"] = q
	}
	if len(th.Tags) > 0 {
		sum["tags"] = th.Tags
	}
	v["last_thread_summary"] = sum
	v["is_followed"] = slices.Contains(ch.Followers, a.ID)
	return v
}
