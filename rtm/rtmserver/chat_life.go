package rtmserver

import (
	"slices"
	"time"
)

// What happens to a chat when time passes and nobody does anything: see Routing.
// All of it is decided from the state, so a server that starts again goes on
// where the last one was, and a second one finds nothing left to do.

// lifeRetry is when something that is due and cannot be done is tried again: a
// chat that nobody else can take, say.
const lifeRetry = time.Minute

// touch notes that settle has to look at a chat's time.
func (o *org) touch(id string) {
	if id != "" && o.seed.Routing.timed() {
		o.touched[id] = true
	}
}

// touchCustomer notes that a customer came or left.
func (o *org) touchCustomer(id string) {
	if c := o.st.Customers[id]; c != nil {
		for _, chat := range c.ChatIDs {
			o.touch(chat)
		}
	}
}

// watchChats sets the timers of the chats that were touched.
func (o *org) watchChats() {
	if len(o.touched) == 0 {
		return
	}
	for _, id := range sortedKeys(o.touched) {
		o.watch(id, time.Time{})
	}
	clear(o.touched)
}

// watch sets the timer of a chat for what is due next, but not before a time.
func (o *org) watch(id string, earliest time.Time) {
	if t := o.watched[id]; t != nil {
		t.Stop()
		delete(o.watched, id)
	}
	ch := o.st.Chats[id]
	if ch == nil || !ch.active() || o.s.closing.Load() {
		return
	}
	var next time.Time
	for _, x := range o.deadlines(ch) {
		if !x.at.IsZero() && (next.IsZero() || x.at.Before(next)) {
			next = x.at
		}
	}
	if next.IsZero() {
		return
	}
	if next.Before(earliest) {
		next = earliest
	}
	var timer *Timer
	timer = o.s.clock.AfterFunc(next.Sub(o.s.clock.Now()), func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.watched[id] != timer || o.s.closing.Load() {
			return // something happened while this waited for its turn
		}
		delete(o.watched, id)
		em := &emission{org: o}
		if err := o.try(func() error { return o.age(em, id) }); err != nil {
			o.s.opts.Logger.Error("a chat's time", "chat", id, "error", err)
		}
		em.flush()
		if !o.touched[id] {
			o.watch(id, o.s.clock.Now().Add(lifeRetry))
		}
		o.settleSafely()
	})
	o.watched[id] = timer
}

// age does what is due in a chat.
func (o *org) age(em *emission, id string) error {
	ch := o.st.Chats[id]
	if ch == nil || !ch.active() {
		return nil
	}
	now := o.now()
	for _, x := range o.deadlines(ch) {
		if x.at.IsZero() || now.Before(x.at) {
			continue
		}
		if records := x.do(ch); len(records) > 0 {
			return o.commit(em, records...)
		}
	}
	return nil
}

// A deadline is something that will happen to a chat, unless somebody acts. Its
// do returns nothing when it cannot be done.
type deadline struct {
	at time.Time // zero: never
	do func(*chat) []*record
}

// deadlines are those of an active chat. The first that is due is what happens.
func (o *org) deadlines(ch *chat) []deadline {
	rules, th := &o.seed.Routing, ch.last()
	after := func(from time.Time, n int) time.Time {
		if n == 0 || from.IsZero() {
			return time.Time{}
		}
		return from.Add(minutes(n))
	}
	list := []deadline{{after(o.leftAt(ch), rules.CustomerTimeoutAfterMin), o.customerTimedOut}}
	if !th.QueuedAt.IsZero() {
		return append(list, deadline{after(th.QueuedAt, rules.ArchiveOfflineAfterMin), o.archivedOffline})
	}
	quiet := th.quietSince()
	list = append(list, deadline{after(quiet, rules.ArchiveAfterMin), o.archivedInactive},
		deadline{after(th.unansweredSince(ch.CustomerID), rules.TransferAfterMin), o.unanswered})
	if !th.idle() {
		list = append(list, deadline{after(quiet, rules.IdleAfterMin), o.wentIdle})
	}
	return list
}

// leftAt is when the customer of a chat left the site, zero while it is there or
// was never seen there. Continuous chats do not end by it.
func (o *org) leftAt(ch *chat) time.Time {
	if ch.CustomerID == "" || o.here(ch.CustomerID) {
		return time.Time{}
	}
	if continuous, _ := ch.Properties.get("routing", "continuous"); continuous == true {
		return time.Time{}
	}
	return o.st.Customers[ch.CustomerID].LeftAt
}

// quietSince is when somebody wrote last, or the agent got the chat.
func (th *thread) quietSince() time.Time {
	at := th.CreatedAt
	if th.AssignedAt.After(at) {
		at = th.AssignedAt
	}
	for _, e := range slices.Backward(th.Events) {
		if e.AuthorID != "" && e.Visibility == "all" {
			if e.CreatedAt.After(at) {
				at = e.CreatedAt
			}
			break
		}
	}
	return at
}

// unansweredSince is since when the customer waits for an answer: its first
// message after the agent's last, but not before the agent got the chat. Zero
// when nothing is unanswered.
func (th *thread) unansweredSince(customer string) time.Time {
	var at time.Time
	for _, e := range slices.Backward(th.Events) {
		if e.AuthorID == "" || e.Visibility != "all" {
			continue
		}
		if e.AuthorID != customer {
			break
		}
		at = e.CreatedAt
	}
	if !at.IsZero() && th.AssignedAt.After(at) {
		at = th.AssignedAt
	}
	return at
}

func (th *thread) idle() bool {
	idle, _ := th.Properties.get("routing", "idle")
	return idle == true
}

// closed closes a chat with a system message; nobody asked for it.
func (o *org) closed(ch *chat, typ string, vars map[string]string) []*record {
	th := ch.last()
	return []*record{
		{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID, Event: o.systemMessage(th, typ, vars)},
		{Kind: threadClosed, ChatID: ch.ID, ThreadID: th.ID},
	}
}

// unassignedOther has a chat without an agent wait for one, or closes it where
// chats do not wait.
func (o *org) unassignedOther(ch *chat, eventID string) []*record {
	th, records := ch.last(), []*record(nil)
	if o.seed.Routing.QueueOff {
		records = o.closed(ch, "routing.archived_other", nil)
	} else {
		records = []*record{{Kind: chatQueued, ChatID: ch.ID, ThreadID: th.ID},
			{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID, Event: o.systemMessage(th, "routing.unassigned_other", nil)}}
	}
	for _, r := range records {
		if r.Event != nil {
			r.Event.ID = eventID
		}
	}
	return records
}

func (o *org) customerTimedOut(ch *chat) []*record {
	return o.closed(ch, "archived_customer_disconnected", map[string]string{"customer": o.userName(ch.CustomerID)})
}

func (o *org) archivedInactive(ch *chat) []*record {
	return o.closed(ch, "routing.archived_inactive", map[string]string{"duration": itoa(o.seed.Routing.ArchiveAfterMin)})
}

// archivedOffline closes a chat that waits, if there is nobody to wait for.
func (o *org) archivedOffline(ch *chat) []*record {
	for i := range o.seed.Agents {
		if a := &o.seed.Agents[i]; a.sees(ch.Groups) && o.st.agent(a.ID).Status != offline {
			return nil
		}
	}
	return o.closed(ch, "routing.archived_offline", nil)
}

// unanswered gives a chat to another agent, if there is one.
func (o *org) unanswered(ch *chat) []*record {
	th, from := ch.last(), ch.agents()
	if len(from) == 0 {
		return nil
	}
	to := o.pick(ch.Groups, append(slices.Clone(from), th.Declined...)...)
	if to == "" {
		return nil
	}
	var records []*record
	for _, id := range from {
		records = append(records, &record{Kind: userRemoved, ChatID: ch.ID, ThreadID: th.ID, UserID: id, Reason: "inactive"})
	}
	e := o.systemMessage(th, "routing.assigned_inactive", map[string]string{
		"agent_added": o.userName(to), "agent_removed": o.userName(from[0]), "duration": itoa(o.seed.Routing.TransferAfterMin),
	})
	return append(records,
		&record{Kind: chatAssigned, ChatID: ch.ID, ThreadID: th.ID, UserID: to, Reason: "inactive"},
		&record{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID, Event: e})
}

// wentIdle marks a chat as idle. Whoever writes next takes the mark away.
func (o *org) wentIdle(ch *chat) []*record {
	th := ch.last()
	return []*record{
		{Kind: threadIdle, ChatID: ch.ID, ThreadID: th.ID},
		{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID,
			Event: o.systemMessage(th, "routing.idle", map[string]string{"duration": itoa(o.seed.Routing.IdleAfterMin)})},
	}
}

// announceIdle pushes the property that says whether nobody writes.
func (o *org) announceIdle(em *emission, ch *chat, thread string, idle bool) {
	em.members(ch, "thread_properties_updated", obj{"chat_id": ch.ID, "thread_id": thread, "properties": obj{"routing": obj{"idle": idle}}})
}
