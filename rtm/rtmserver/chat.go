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
	return ch.near(c.conn.agent) || c.reachesAll()
}

// near reports whether an agent has access to the chat by group, or because it
// takes part.
func (ch *chat) near(a *Agent) bool {
	m := ch.member(a.ID)
	return a.sees(ch.Groups) || m != nil && m.Present
}

// mayAccess reports whether an agent may read a chat and hear of it: it is near,
// or has a scope for all chats.
func (o *org) mayAccess(a *Agent, ch *chat) bool { return ch.near(a) || a.readsAll() }

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
