package rtmserver

import (
	"encoding/json"
	"slices"
	"time"
)

// A thread is one conversation of a chat. Only the last one may be active.
type thread struct {
	ID         string     `json:"id"`
	CreatedAt  time.Time  `json:"created_at"`
	Active     bool       `json:"active"`
	UserIDs    []string   `json:"user_ids,omitempty"`
	Events     events     `json:"events"`
	Properties properties `json:"properties"`
	Groups     []int      `json:"groups"`
	Tags       []string   `json:"tags,omitempty"`
	Summary    *summary   `json:"summary,omitempty"`

	QueuedAt time.Time `json:"queued_at,omitzero"` // zero unless it waits for an agent
	// When an agent got it last; zero unless that was after the thread began.
	AssignedAt time.Time     `json:"assigned_at,omitzero"`
	Waited     time.Duration `json:"waited,omitempty"` // in queues, in all

	Declined []string `json:"declined,omitempty"` // agents who left it or were taken out: it is not routed to them again
}

func (th *thread) decline(agent string) {
	if !slices.Contains(th.Declined, agent) {
		th.Declined = append(th.Declined, agent)
	}
}

func (th *thread) enqueue(at time.Time) {
	th.QueuedAt = at
	th.Properties = th.Properties.with("routing", "unassigned", true)
}

func (th *thread) dequeue(at time.Time) {
	if th.QueuedAt.IsZero() {
		return
	}
	th.Waited += at.Sub(th.QueuedAt)
	th.QueuedAt = time.Time{}
	th.Properties = th.Properties.with("routing", "unassigned", false)
}

// restricted is the text in place of a thread that an agent may not read.
const restricted = "the thread belongs to groups that the agent is not in"

// restrict takes what was said out of a thread's view.
func restrict(v obj) {
	for _, name := range []string{"events", "tags", "summary"} {
		delete(v, name)
	}
	v["restricted_access"] = restricted
}

// mayRead reports whether an agent may read the thread. Its groups can be others
// than those that the chat has now.
func (o *org) mayRead(a *Agent, th *thread) bool { return th.near(a) || a.readsAll() }

func (th *thread) near(a *Agent) bool {
	return a.sees(th.Groups) || slices.Contains(th.UserIDs, a.ID)
}

// thread returns a thread of a chat that the requester may use.
func (c *call) thread(ch *chat, id string) (*thread, error) {
	th := ch.thread(id)
	if th == nil {
		return nil, fail("not_found", "payload.thread_id: chat %s has no thread %s", ch.ID, clip(id))
	}
	if c.conn.side == agentSide && !th.near(c.conn.agent) && !c.reachesAll() {
		return nil, fail("missing_access", "agent %s has no access to thread %s", c.user(), id)
	}
	return th, nil
}

// threadOf returns the chat and the thread that chat_id and thread_id name.
func (c *call) threadOf() (*chat, *thread, error) {
	ch, err := c.chat(c.payload.str("chat_id"))
	if err != nil {
		return nil, nil, err
	}
	th, err := c.thread(ch, c.payload.str("thread_id"))
	return ch, th, err
}

// listThreads is list_threads of both APIs.
func listThreads(c *call) (any, error) {
	ch, err := c.chat(c.payload.str("chat_id"))
	if err != nil {
		return nil, err
	}
	q, err := c.page(pageSpec{limit: 3, filters: true, chat: ch.ID, minEvents: true})
	if err != nil {
		return nil, err
	}
	var threads []*thread
	for _, th := range ch.Threads {
		if c.conn.side == agentSide && (!after(th.CreatedAt, q.Filters, "from") || !before(th.CreatedAt, q.Filters, "to")) {
			continue
		}
		threads = append(threads, th)
	}
	found := len(threads)
	key := func(th *thread) string { return sortKey(th.CreatedAt, th.ID) }
	if q.MinEvents > 0 {
		// As many of the latest threads as it takes; older ones have their own pages.
		n, from := 0, len(threads)
		for from > 0 && n < q.MinEvents {
			from--
			for _, e := range threads[from].Events {
				if e.visibleTo(c.conn.side) {
					n++
				}
			}
		}
		q.Limit = len(threads) - from
		if q.Sort == "asc" && from > 0 {
			q.After = key(threads[from-1])
		}
	}
	threads, out := paginate(c, q, threads, key)
	list := []obj{}
	for _, th := range threads {
		v := c.org.threadView(c.conn.side, c.conn.agent, ch, th)
		if c.conn.side == agentSide && !c.org.mayRead(c.conn.agent, th) {
			// It keeps its entry and loses what was said in it.
			restrict(v)
		}
		list = append(list, v)
	}
	out["threads"] = list
	out["found_threads"] = found
	return out, nil
}

func after(t time.Time, filters params, name string) bool {
	from, ok := filters.time(name)
	return !ok || !t.Before(from)
}

func before(t time.Time, filters params, name string) bool {
	to, ok := filters.time(name)
	return !ok || !t.After(to)
}

// threadView renders a thread with its events: Thread of either API. The agent
// is who reads it; nil for customers, and where no agent is known.
func (o *org) threadView(side side, a *Agent, ch *chat, th *thread) obj {
	v := obj{
		"id": th.ID, "active": th.Active, "created_at": stamp(th.CreatedAt),
		"properties": o.readable(side, inThread, th.Properties), "access": obj{"group_ids": th.Groups},
	}
	if side == agentSide && th.Waited > 0 {
		v["queues_duration"] = int(th.Waited / time.Second)
	}
	if side == agentSide && len(th.Tags) > 0 {
		v["tags"] = th.Tags
	}
	if side == agentSide && th.Summary != nil {
		v["summary"] = th.Summary.view()
	}
	users := []string{}
	for _, id := range th.UserIDs {
		if m := ch.member(id); side == customerSide && m != nil && m.Visibility == "agents" {
			continue
		}
		users = append(users, o.userID(side, id))
	}
	v["user_ids"] = users
	events := []json.RawMessage{}
	for _, e := range th.Events {
		if e.visibleTo(side) {
			events = append(events, o.eventView(side, a, e))
		}
	}
	v["events"] = events
	if q := o.queueView(ch, th); q != nil {
		v["queue"] = q
	}
	i := slices.Index(ch.Threads, th)
	if i > 0 {
		v["previous_thread_id"] = ch.Threads[i-1].ID
	}
	if i >= 0 && i+1 < len(ch.Threads) {
		v["next_thread_id"] = ch.Threads[i+1].ID
	}
	return v
}
