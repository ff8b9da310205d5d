package model

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

type itemState uint8

const (
	sent itemState = iota
	pending
	failed
)

// item is one line of a timeline.
type item struct {
	key    string // custom id of what was sent here, else the event id
	id     string // event id, "" until the server gave one
	thread string
	at     int64  // created_at in microseconds
	raw    []byte // the event as JSON
	chat   *chat
	err    *session.Error
	state  itemState
	theirs bool // of somebody else: counts as unread

	recovered bool // came late: it was missed while there was no connection
	deleted   bool // raw is what is left of it
	updated   bool // its content was changed
	upload    *upload

	flying bool   // the session answers for it
	turned bool   // was sent again by another method, see delivered
	guess  bool   // sent, but only the response said so: raw is our own
	attach bool   // goes into the last thread even when that is closed
	again  bool   // another model may have sent it: it is looked for first
	stored bool   // the host keeps it
	seq    int64  // order among what is stored
	entry  string // what the session left stored when it stopped
}

// source says how an event came, which decides what it may change.
type source uint8

const (
	pushed    source = iota // may be a replay
	recovered               // a push that was missed
	fresh                   // the server's answer: the truth
)

// event is what the model reads of an Event object.
type event struct {
	id, customID, author string
	at                   int64
	raw                  []byte // of the payload, not copied yet
}

func parseEvent(raw []byte) (e event, ok bool) {
	e = event{raw: raw, id: wire.Str(raw, "id")}
	t, ok := wire.Time(wire.Get(raw, "created_at"))
	if !ok || e.id == "" {
		return e, false
	}
	e.at = t.UnixMicro()
	e.customID = wire.Str(raw, "custom_id")
	e.author = wire.Str(raw, "author_id")
	return e, true
}

// merge puts an event into the chat's timeline: a new one, the one that a
// pending item waited for, or one that is there already. Fresh content replaces
// what is there; other doubles are replays and change nothing.
func (m *Model) merge(c *chat, e event, thread string, how source) {
	if it := c.byEvent[e.id]; it != nil {
		if it.guess || how == fresh && (it.deleted || !bytes.Equal(it.raw, e.raw)) {
			m.arrived(c, it, e, thread)
		}
		return
	}
	if it := m.local[e.customID]; it != nil && it.id == "" && (e.author == "" || e.author == m.me.id) {
		if it.chat != c && it.chat.id == "" {
			m.adopt(it.chat, c)
		}
		if it.chat == c {
			m.arrived(c, it, e, thread)
			return
		}
	}
	if m.local[e.id] != nil {
		m.stats.Ignored++ // an event id that is the key of another item
		return
	}
	it := &item{key: e.id, chat: c, recovered: how == recovered}
	m.patch.items++
	m.arrived(c, it, e, thread)
}

// arrived makes e the event of the item and puts the item into its place.
func (m *Model) arrived(c *chat, it *item, e event, thread string) {
	c.take(it)
	m.unstore(it)
	if thread == c.thread {
		thread = c.thread // one copy of the string
	}
	*it = item{
		key: it.key, chat: c, flying: it.flying, recovered: it.recovered, updated: it.updated,
		id: e.id, thread: thread, at: e.at,
		raw:    bytes.Clone(e.raw),
		theirs: e.author != "" && e.author != m.me.id,
	}
	if it.key == e.id {
		it.id = it.key
	}
	m.place(c, it)
	if e.author != "" && !it.theirs {
		c.seen = max(c.seen, it.at) // the server moves the mark of who sends
	}
	c.updated = max(c.updated, it.at)
}

// confirm marks an item as sent on the strength of the response alone.
func (m *Model) confirm(it *item, id, thread string) {
	if it.state == sent || it.chat.gone {
		return
	}
	c := it.chat
	if twin := c.byEvent[id]; id != "" && twin != nil {
		// The push came first and did not carry our custom id.
		e := event{id: twin.id, at: twin.at, author: m.me.id, raw: twin.raw}
		m.remove(twin)
		m.arrived(c, it, e, twin.thread)
		return
	}
	c.take(it)
	m.unstore(it)
	if last := len(c.sent) - 1; last >= 0 {
		it.at = max(it.at, c.sent[last].at)
	}
	var o wire.Object
	if id != "" {
		o.Str("id", id)
	}
	for name, raw := range wire.Members(it.raw) {
		if name != "created_at" {
			o.Raw(name, raw)
		}
	}
	o.Time("created_at", time.UnixMicro(it.at))
	it.raw = o.Bytes()
	it.id, it.thread, it.state, it.err, it.upload, it.guess = id, thread, sent, nil, nil, true
	m.place(c, it)
}

// place puts a sent item at its place in the timeline.
func (m *Model) place(c *chat, it *item) {
	i := len(c.sent)
	if i > 0 && order(it, c.sent[i-1]) < 0 {
		i, _ = slices.BinarySearchFunc(c.sent, it, order)
	}
	c.sent = slices.Insert(c.sent, i, it)
	if it.id != "" {
		c.byEvent[it.id] = it
	}
	c.dirty = true
	m.put(it, i)
	if _, items := m.room(c); len(c.sent) > items && !c.filling {
		m.trim(c)
	}
}

// take removes the item from the lists, to be placed again.
func (c *chat) take(it *item) {
	if it.id != "" && c.byEvent[it.id] == it {
		delete(c.byEvent, it.id)
	}
	is := func(x *item) bool { return x == it }
	if it.state != sent {
		c.unsent = slices.DeleteFunc(c.unsent, is)
	} else if len(c.sent) > 0 && (it.id != "" || it.guess) {
		c.sent = slices.DeleteFunc(c.sent, is)
	}
}

// remove takes the item out of the timeline for good.
func (m *Model) remove(it *item) {
	c := it.chat
	c.take(it)
	m.forget(it)
	c.dirty = true
	m.patch.remove(m, c, it.key)
}

// forget removes the item from the model's own records.
func (m *Model) forget(it *item) {
	m.patch.items--
	m.unstore(it)
	if m.local[it.key] == it {
		delete(m.local, it.key)
	}
}

func (m *Model) put(it *item, index int) { m.patch.put(m, it, index) }

// changed tells that an item looks different now.
func (m *Model) changed(it *item) {
	c := it.chat
	if it.state == sent {
		if i := slices.Index(c.sent, it); i >= 0 {
			m.put(it, i)
		}
	} else if i := slices.Index(c.unsent, it); i >= 0 {
		m.put(it, len(c.sent)+i)
	}
}

// blank leaves of a deleted event only that it was there.
func (m *Model) blank(it *item) {
	if it.deleted {
		return
	}
	var o wire.Object
	for _, name := range [...]string{"id", "custom_id", "type", "author_id", "created_at", "recipients"} {
		o.Raw(name, wire.Get(it.raw, name))
	}
	it.raw, it.deleted, it.theirs = o.Bytes(), true, false
	it.chat.dirty = true
	m.changed(it)
}

// unread counts the events of others behind my seen mark.
func (c *chat) unread() int {
	n := 0
	for i := len(c.sent) - 1; i >= 0 && c.sent[i].at > c.seen; i-- {
		if c.sent[i].theirs {
			n++
		}
	}
	return n
}

// newest returns the newest created_at that came from the server, 0 when there
// is none.
func (c *chat) newest() int64 {
	for i := len(c.sent) - 1; i >= 0; i-- {
		if !c.sent[i].guess {
			return c.sent[i].at
		}
	}
	return 0
}

// order sorts by created_at, then id. The number behind an id's last
// underscore counts as a number, so that T_10 follows T_9.
func order(a, b *item) int {
	if a.at != b.at {
		if a.at < b.at {
			return -1
		}
		return 1
	}
	ahead, atail := splitID(a.id)
	bhead, btail := splitID(b.id)
	if n := strings.Compare(ahead, bhead); n != 0 {
		return n
	}
	if n := len(atail) - len(btail); n != 0 {
		return n
	}
	if n := strings.Compare(atail, btail); n != 0 {
		return n
	}
	return strings.Compare(a.key, b.key)
}

func splitID(id string) (head, tail string) {
	i := strings.LastIndexByte(id, '_') + 1
	if i == 0 || i == len(id) || id[i] == '0' && i+1 < len(id) {
		return id, ""
	}
	for j := i; j < len(id); j++ {
		if id[j] < '0' || id[j] > '9' {
			return id, ""
		}
	}
	return id[:i], id[i:]
}

// known reports whether an item has the key.
func (m *Model) known(key string) bool {
	if m.local[key] != nil {
		return true
	}
	for _, c := range m.chats {
		if c.byEvent[key] != nil {
			return true
		}
	}
	return false
}
