package model

import (
	"slices"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/sorting"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// chat is one chat as far as it is known here. The chat that a customer is
// about to start has the id "" until the server names it: the draft.
type chat struct {
	id       string
	thread   string // the newest thread known
	guess    bool   // only its id is known yet
	threadAt int64  // its created_at, in microseconds
	closed   string // a thread that was closed: no replay opens it again
	active   bool
	loaded   bool
	wanted   bool // to be loaded after each login
	queue    *queue
	users    []user
	seen     int64 // my own seen mark, microseconds
	updated  int64 // newest time the server gave, microseconds
	rating   rating
	err      *failure // of the last act about it that failed

	page    string // the page of threads behind what is known, "" when there is none
	trimmed bool   // older items were dropped from memory
	roomy   bool   // somebody reads its history
	filling bool   // events of a thread are put in
	loading bool   // older threads are on their way

	sent    []*item // by created_at, then id
	unsent  []*item // pending and failed, as typed
	byEvent map[string]*item

	open    bool  // to be started or resumed even with nothing to send
	busy    int   // sends, starts and resumes on their way
	syncing int   // reads on their way
	again   again // the repetition of a read that failed
	seenDue bool  // the seen mark waits for a connection
	into    *chat // where everything went when this chat was dropped for another
	gone    bool
	peek    peek
	typed   typed

	dirty bool // a chat op is due
	ops   []op
}

type queue struct{ position, waitTime int64 }

// chat returns the chat with the id, a new one when there is none.
func (m *Model) chat(id string) *chat {
	c := m.byID[id]
	if c == nil {
		c = &chat{id: id, dirty: true, byEvent: make(map[string]*item), wanted: m.reopen[id]}
		m.byID[id] = c
		m.chats = append(m.chats, c)
	}
	return c
}

// draft returns the chat that is about to be started.
func (m *Model) draft(now time.Time) *chat {
	c := m.byID[""]
	if c == nil {
		c = m.chat("")
		c.active, c.loaded, c.updated = true, true, now.UnixMicro()
	}
	return c
}

// main returns the newest chat that the server knows, nil when there is none.
func (m *Model) main() *chat { return m.mainBut(nil) }

func (m *Model) mainBut(not *chat) *chat {
	var best *chat
	for _, c := range m.chats {
		if c != not && c.id != "" && (best == nil || newerChat(c, best)) {
			best = c
		}
	}
	return best
}

// newerChat reports whether a screen shows a above b.
func newerChat(a, b *chat) bool {
	return a.updated > b.updated || a.updated == b.updated && a.id < b.id
}

// drop forgets a chat.
func (m *Model) drop(c *chat) {
	if c.gone {
		return
	}
	c.gone = true
	m.chats = slices.DeleteFunc(m.chats, func(x *chat) bool { return x == c })
	m.peeks = slices.DeleteFunc(m.peeks, func(x *chat) bool { return x == c })
	m.typists = slices.DeleteFunc(m.typists, func(t typist) bool { return t.chat == c })
	delete(m.byID, c.id)
	for _, it := range c.sent {
		m.forget(it)
	}
	for _, it := range c.unsent {
		m.forget(it)
	}
	m.patch.drop(m, c)
}

// withdraw takes back what is on its way from a chat, as far as that is possible.
func (m *Model) withdraw(now time.Time, c *chat) {
	var ids []session.CallID
	for id, call := range m.calls {
		if call.chat == c && call.item != nil {
			ids = append(ids, id)
		}
	}
	sorting.Stable(ids, func(a, b session.CallID) bool { return a < b })
	for _, id := range ids {
		m.s.Cancel(now, id)
	}
}

// adopt drops from and gives what it had not sent yet to another chat.
func (m *Model) adopt(from, to *chat) {
	if from == to || from.gone {
		return
	}
	unsent := from.unsent
	from.unsent, from.into = nil, to
	m.drop(from)
	for _, it := range unsent {
		it.chat, it.thread = to, to.thread
		to.unsent = append(to.unsent, it)
		m.put(it, len(to.sent)+len(to.unsent)-1)
		if it.stored {
			m.store(it)
		}
	}
	to.busy += from.busy
	if to.err == nil {
		to.err, to.dirty = from.err, true
	}
	to.open = to.open || from.open
}

// whole takes a Chat object: of incoming_chat, or fresh from get_chat.
func (m *Model) whole(now time.Time, raw []byte, how source) *chat {
	id := wire.Str(raw, "id")
	if id == "" {
		m.stats.Ignored++
		return nil
	}
	known := m.byID[id] != nil
	c := m.chat(id)
	c.dirty = true
	m.setUsers(c, wire.Get(raw, "users"))
	if thread := wire.Get(raw, "thread"); !wire.IsNull(thread) {
		m.thread(c, thread, how)
		first := wire.IsNull(wire.Get(thread, "previous_thread_id"))
		if !known && first {
			c.loaded, c.wanted = true, true
		}
	}
	if !known && !c.loaded && m.customer() {
		m.sync(now, c, "")
	}
	return c
}

// summary takes a ChatSummary of either API. It returns nil when there is no
// id in it. active is what to think when it does not say.
func (m *Model) summary(raw []byte, active bool) *chat {
	id := wire.Str(raw, "id")
	if id == "" {
		m.stats.Ignored++
		return nil
	}
	c := m.chat(id)
	c.dirty = true
	m.setUsers(c, wire.Get(raw, "users"))
	last, at := wire.Str(raw, "last_thread_id"), wire.Get(raw, "last_thread_created_at")
	says, queued := wire.Get(raw, "active"), []byte(nil)
	if s := wire.Get(raw, "last_thread_summary"); wire.IsObject(s) {
		last, at = wire.Str(s, "id"), wire.Get(s, "created_at")
		says, queued = wire.Get(s, "active"), wire.Get(s, "queue")
	}
	if v, ok := wire.Bool(says); ok {
		active = v
	}
	if last != "" {
		m.current(c, last, micros(at), active, queued, true)
	}
	for _, entry := range wire.Members(wire.Get(raw, "last_event_per_type")) {
		// Events of older threads would stand in the timeline with a gap
		// behind them.
		if e, ok := parseEvent(wire.Get(entry, "event")); ok && wire.Str(entry, "thread_id") == c.thread {
			m.merge(c, e, c.thread, pushed)
		}
	}
	return c
}

// thread takes a Thread object with its events. A fresh one says which events
// are gone.
func (m *Model) thread(c *chat, raw []byte, how source) {
	id := wire.Str(raw, "id")
	if id == "" {
		m.stats.Ignored++
		return
	}
	active, _ := wire.Bool(wire.Get(raw, "active"))
	was := c.thread
	m.current(c, id, micros(wire.Get(raw, "created_at")), active, wire.Get(raw, "queue"), how == fresh)
	if c.thread == id && (how == fresh || id != was) {
		c.rating = parseRating(wire.Get(raw, "properties", "rating"))
	}
	c.filling = true // it is trimmed once, not event by event
	var there map[string]bool
	last := int64(0)
	for ev := range wire.Elements(wire.Get(raw, "events")) {
		e, ok := parseEvent(ev)
		if !ok {
			m.stats.Ignored++
			continue
		}
		m.merge(c, e, id, how)
		if how == fresh {
			if there == nil {
				there = make(map[string]bool)
			}
			there[e.id], last = true, max(last, e.at)
		}
	}
	for _, it := range c.sent { // deleted while nobody was listening
		if there != nil && it.at < last && it.thread == id && !it.guess && !there[it.id] {
			m.blank(it)
		}
	}
	c.filling = false
	m.trim(c)
}

// current takes the state of a thread, which counts for the chat when the
// thread is its newest one.
func (m *Model) current(c *chat, id string, at int64, active bool, queued []byte, fresh bool) {
	switch {
	case c.thread == "" || at > c.threadAt:
	case id != c.thread:
		return // an older thread
	case !fresh && !c.guess:
		return // a replay
	}
	c.thread, c.guess = id, false
	c.threadAt = max(c.threadAt, at)
	c.updated = max(c.updated, at)
	c.dirty = true
	c.active = active && id != c.closed
	if !active && fresh {
		c.closed = id
	}
	c.queue = nil
	if c.active {
		c.queue = parseQueue(queued)
	}
}

// opened takes the thread id of the answer to start_chat or resume_chat. The
// incoming_chat push may have come first, and even its end.
func (m *Model) opened(c *chat, thread string) {
	c.dirty = true
	if thread != "" && thread != c.thread && thread != c.closed {
		c.thread, c.guess = thread, true
		c.active = true
		c.queue, c.rating = nil, rating{}
	}
}

// deactivate closes the current thread.
func (m *Model) deactivate(c *chat) {
	c.active = false
	c.queue = nil
	if c.thread != "" {
		c.closed = c.thread
	}
	c.dirty = true
	for i := range c.users {
		m.hush(c, c.users[i].id)
	}
}

func parseQueue(raw []byte) *queue {
	position, ok := wire.Int(wire.Get(raw, "position"))
	wait, ok2 := wire.Int(wire.Get(raw, "wait_time"))
	if !ok || !ok2 {
		return nil
	}
	return &queue{position: position, waitTime: wait}
}

// micros returns a datetime in microseconds since 1970, 0 when it is none.
func micros(raw []byte) int64 {
	t, ok := wire.Time(raw)
	if !ok {
		return 0
	}
	return t.UnixMicro()
}
