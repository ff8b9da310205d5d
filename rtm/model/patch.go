package model

import (
	"slices"
	"strconv"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/sorting"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// slack is how many item ops more than there are items make a patch so long
// that a reset is shorter.
const slack = 64

// patch remembers what changed since the last call of Patch.
type patch struct {
	connection, me bool

	availability, greeting, form, err bool

	drops []string
	ops   int  // item ops kept at the chats
	items int  // items in all timelines
	whole bool // so much changed that a reset says it shorter
}

// op is a put of an item, or the removal of the key when the item is nil.
type op struct {
	item  *item
	key   string
	index int
}

func (p *patch) put(m *Model, it *item, index int) {
	p.log(m, it.chat, op{item: it, key: it.key, index: index})
}

func (p *patch) remove(m *Model, c *chat, key string) { p.log(m, c, op{key: key}) }

func (p *patch) log(m *Model, c *chat, o op) {
	if p.whole || c.gone {
		return
	}
	if p.ops++; p.ops > p.items+slack {
		p.whole = true
		m.forgetOps()
		return
	}
	c.ops = append(c.ops, o)
}

func (p *patch) drop(m *Model, c *chat) {
	p.ops -= len(c.ops)
	c.ops = nil
	if p.whole {
		return
	}
	if p.drops = append(p.drops, c.id); len(p.drops) > slack {
		p.whole = true
		m.forgetOps()
	}
}

// forgetOps clears what was remembered.
func (m *Model) forgetOps() {
	p := &m.patch
	*p = patch{items: p.items, whole: p.whole}
	for _, c := range m.chats {
		clear(c.ops)
		c.ops, c.dirty = c.ops[:0], false
	}
}

// Patch returns what changed since the last call as a JSON array of ops, nil
// when nothing did; the package comment lists the ops.
func (m *Model) Patch() []byte {
	p := &m.patch
	if p.whole {
		p.whole = false
		m.forgetOps()
		b := append([]byte(nil), `[{"op":"reset","state":`...)
		b = m.appendState(b)
		return append(b, '}', ']')
	}
	var b []byte
	next := func(name string) {
		if b == nil {
			b = append(make([]byte, 0, 1024), '[')
		} else {
			b = append(b, ',')
		}
		b = append(b, `{"op":"`...)
		b = append(b, name...)
		b = append(b, '"')
	}
	for _, id := range p.drops {
		next("drop")
		b = append(b, `,"chat_id":`...)
		b = append(wire.AppendString(b, id), '}')
	}
	if p.connection {
		next("connection")
		b = append(b, `,"connection":`...)
		b = append(m.conn.append(b), '}')
	}
	if p.me {
		next("me")
		b = append(b, `,"me":`...)
		b = append(m.me.append(b), '}')
	}
	if p.availability {
		next("availability")
		b = append(b, `,"availability":`...)
		b = append(m.availability.append(b), '}')
	}
	if p.greeting {
		next("greeting")
		b = append(b, `,"greeting":`...)
		b = append(m.appendGreeting(b), '}')
	}
	if p.form {
		next("form")
		b = append(b, `,"form":`...)
		b = append(m.form.append(b), '}')
	}
	if p.err {
		next("error")
		b = append(b, `,"error":`...)
		b = append(m.err.append(b), '}')
	}
	for _, c := range m.chats {
		if c.dirty {
			next("chat")
			b = append(b, `,"chat":`...)
			b = append(c.append(b), '}', '}')
		}
		for _, o := range c.ops {
			if o.item == nil {
				next("remove")
			} else {
				next("put")
			}
			b = append(b, `,"chat_id":`...)
			b = wire.AppendString(b, c.id)
			b = append(b, `,"key":`...)
			b = wire.AppendString(b, o.key)
			if o.item != nil {
				b = append(b, `,"index":`...)
				b = strconv.AppendInt(b, int64(o.index), 10)
				b = append(b, `,"item":`...)
				b = o.item.append(b)
			}
			b = append(b, '}')
		}
	}
	m.forgetOps()
	if b == nil {
		return nil
	}
	return append(b, ']')
}

// Snapshot returns the whole state as JSON, as a reset op carries it. It does
// not take part in Patch.
func (m *Model) Snapshot() []byte { return m.appendState(nil) }

func (m *Model) appendState(b []byte) []byte {
	b = append(b, `{"connection":`...)
	b = m.conn.append(b)
	b = append(b, `,"me":`...)
	b = m.me.append(b)
	b = append(b, `,"availability":`...)
	b = m.availability.append(b)
	b = append(b, `,"greeting":`...)
	b = m.appendGreeting(b)
	b = append(b, `,"form":`...)
	b = m.form.append(b)
	b = append(b, `,"error":`...)
	b = m.err.append(b)
	b = append(b, `,"chats":[`...)
	chats := slices.Clone(m.chats)
	sorting.Stable(chats, newerChat)
	for i, c := range chats {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.append(b)
		b = append(b, `,"timeline":[`...)
		for j, it := range c.sent {
			if j > 0 {
				b = append(b, ',')
			}
			b = it.append(b)
		}
		for j, it := range c.unsent {
			if j > 0 || len(c.sent) > 0 {
				b = append(b, ',')
			}
			b = it.append(b)
		}
		b = append(b, ']', '}')
	}
	return append(b, ']', '}')
}

func (c connection) append(b []byte) []byte {
	b = append(b, `{"state":"`...)
	b = append(b, c.state.String()...)
	b = append(b, '"')
	b = appendFlag(b, `,"stale":true`, c.stale)
	b = appendFlag(b, `,"unstable":true`, c.unstable)
	b = appendOptional(b, `,"reason":`, c.reason)
	if !c.retryAt.IsZero() {
		b = append(b, `,"retry_at":`...)
		b = wire.AppendTime(b, c.retryAt)
	}
	return append(b, '}')
}

func (u me) append(b []byte) []byte {
	if u.id == "" {
		return append(b, "null"...)
	}
	b = append(b, `{"id":`...)
	b = wire.AppendString(b, u.id)
	b = append(b, `,"type":`...)
	b = wire.AppendString(b, u.kind)
	b = append(b, `,"name":`...)
	b = wire.AppendString(b, u.name)
	return append(b, '}')
}

// append appends the chat without its timeline and without the closing brace.
func (c *chat) append(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = wire.AppendString(b, c.id)
	b = append(b, `,"thread_id":`...)
	b = wire.AppendString(b, c.thread)
	b = append(b, `,"active":`...)
	b = strconv.AppendBool(b, c.active)
	if c.queue != nil {
		b = append(b, `,"queue":{"position":`...)
		b = strconv.AppendInt(b, c.queue.position, 10)
		b = append(b, `,"wait_time":`...)
		b = strconv.AppendInt(b, c.queue.waitTime, 10)
		b = append(b, '}')
	}
	b = append(b, `,"users":[`...)
	for i := range c.users {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.users[i].append(b)
	}
	b = append(b, `],"unread":`...)
	b = strconv.AppendInt(b, int64(c.unread()), 10)
	b = append(b, `,"loaded":`...)
	b = strconv.AppendBool(b, c.loaded)
	b = append(b, `,"more":`...)
	b = strconv.AppendBool(b, c.more())
	b = appendFlag(b, `,"loading":true`, c.loading)
	if c.rating != (rating{}) {
		b = append(b, `,"rating":`...)
		b = c.rating.append(b)
	}
	if c.err != nil {
		b = append(b, `,"error":`...)
		b = c.err.append(b)
	}
	b = append(b, `,"updated_at":`...)
	return wire.AppendTime(b, time.UnixMicro(c.updated))
}

func (u *user) append(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = wire.AppendString(b, u.id)
	b = append(b, `,"type":`...)
	b = wire.AppendString(b, u.kind)
	b = append(b, `,"name":`...)
	b = wire.AppendString(b, u.name)
	b = appendOptional(b, `,"avatar":`, u.avatar)
	b = append(b, `,"present":`...)
	b = strconv.AppendBool(b, u.present)
	b = append(b, `,"typing":`...)
	b = strconv.AppendBool(b, u.typing)
	b = appendOptional(b, `,"sneak_peek":`, u.sneakPeek)
	if u.thinking != nil {
		b = append(b, `,"thinking":{"title":`...)
		b = wire.AppendString(b, u.thinking.title)
		b = append(b, `,"description":`...)
		b = append(wire.AppendString(b, u.thinking.description), '}')
	}
	if u.seen != 0 {
		b = append(b, `,"events_seen_up_to":`...)
		b = wire.AppendTime(b, time.UnixMicro(u.seen))
	}
	return append(b, '}')
}

func (it *item) append(b []byte) []byte {
	b = append(b, `{"key":`...)
	b = wire.AppendString(b, it.key)
	b = append(b, `,"state":"`...)
	b = append(b, it.state.String()...)
	b = append(b, '"')
	b = appendError(b, it.err)
	b = appendFlag(b, `,"recovered":true`, it.recovered)
	b = appendFlag(b, `,"deleted":true`, it.deleted)
	b = appendFlag(b, `,"updated":true`, it.updated)
	b = appendFlag(b, `,"unconfirmed":true`, it.guess)
	b = it.upload.append(b)
	b = append(b, `,"thread_id":`...)
	b = wire.AppendString(b, it.thread)
	b = append(b, `,"event":`...)
	b = append(b, it.raw...)
	return append(b, '}')
}

func appendError(b []byte, err *session.Error) []byte {
	if err == nil {
		return b
	}
	b = append(b, `,"error":{"type":`...)
	b = wire.AppendString(b, err.Type)
	b = append(b, `,"message":`...)
	b = wire.AppendString(b, err.Message)
	return append(b, '}')
}

func (m *Model) appendGreeting(b []byte) []byte {
	if m.greeting == nil {
		return append(b, "null"...)
	}
	return append(b, m.greeting...)
}

func appendFlag(b []byte, member string, is bool) []byte {
	if is {
		b = append(b, member...)
	}
	return b
}

// appendOptional appends a string member unless it is empty.
func appendOptional(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return wire.AppendString(append(b, name...), s)
}

// String returns the state as an Item has it.
func (s itemState) String() string {
	switch s {
	case sent:
		return "sent"
	case pending:
		return "pending"
	default:
		return "failed"
	}
}
