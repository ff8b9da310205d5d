package model

import (
	"strings"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// restoreGiven takes note of the chats that a screen has open, which are loaded
// when they come to light.
func (m *Model) restoreGiven(given []byte) {
	if !wire.Valid(given) {
		return
	}
	for chat := range wire.Elements(given) {
		if open, _ := wire.Bool(wire.Get(chat, "open")); open {
			if m.reopen == nil {
				m.reopen = make(map[string]bool)
			}
			m.reopen[wire.Str(chat, "id")] = true
		}
	}
}

// Missed returns what a screen with another history than this model's was not
// given of the chats: a JSON list of pushes, {action, payload}, in order per
// chat. given is what it was, as session.Given has it. Ok is false while a part
// of the answer is still being fetched; without a connection there is nothing.
func (m *Model) Missed(given []byte) (pushes []byte, ok bool) {
	switch m.conn.state {
	case session.Live:
		for _, c := range m.chats {
			if c.syncing > 0 {
				return nil, false
			}
		}
	case session.Waiting, session.Stopped:
		return []byte("[]"), true
	default:
		return nil, false
	}
	known := make(map[string][]byte)
	if wire.Valid(given) {
		for chat := range wire.Elements(given) {
			known[wire.Str(chat, "id")] = chat
		}
	}
	b := missed{'['}
	for _, c := range m.chats {
		if c.id == "" {
			continue
		}
		chat, ok := known[c.id]
		if !ok {
			b.chat(c)
			continue
		}
		g := givenOf(chat)
		for _, it := range c.sent {
			if it.thread == c.thread && g.thread != c.thread || !g.lacks(it) {
				continue
			}
			var o wire.Object
			o.Str("chat_id", c.id)
			o.Str("thread_id", it.thread)
			o.Raw("event", it.raw)
			b.push("incoming_event", o)
		}
		if g.active && (g.thread != c.thread || !c.active) {
			b.ended(c.id, g.thread)
		}
		if g.thread != c.thread && c.thread != "" && c.loaded {
			b.chat(c)
			if !c.active {
				b.ended(c.id, c.thread)
			}
		}
	}
	return append(b, ']'), true
}

// shown is what a screen was given of one chat.
type shown struct {
	thread string
	active bool
	ids    map[string]bool
	from   int64 // what is older was given, microseconds; 0 when that is not known
}

func givenOf(chat []byte) shown {
	g := shown{thread: wire.Str(chat, "thread"), ids: make(map[string]bool)}
	g.active, _ = wire.Bool(wire.Get(chat, "active"))
	if at, ok := wire.Time(wire.Get(chat, "at")); ok {
		g.from = at.UnixMicro() + 1
	}
	for event := range wire.Elements(wire.Get(chat, "events")) {
		g.ids[wire.Str(event, "id")] = true
		if at, ok := wire.Time(wire.Get(event, "created_at")); ok && g.from == 0 {
			g.from = at.UnixMicro()
		}
	}
	return g
}

func (g *shown) lacks(it *item) bool {
	return !it.guess && !it.deleted && g.from != 0 && it.at >= g.from && !g.ids[it.id]
}

// missed is a JSON list of pushes.
type missed []byte

func (b *missed) push(action string, payload wire.Object) {
	if len(*b) > 1 {
		*b = append(*b, ',')
	}
	var o wire.Object
	o.Str("action", action)
	o.Raw("payload", payload.Bytes())
	*b = append(*b, o.Bytes()...)
}

func (b *missed) ended(chat, thread string) {
	var o wire.Object
	o.Str("chat_id", chat)
	o.Str("thread_id", thread)
	b.push("chat_deactivated", o)
}

// chat gives a chat with its newest thread, as far as the screen's state tells.
func (b *missed) chat(c *chat) {
	var users, events, ids []byte
	created := c.updated
	for i := range c.users {
		users = c.users[i].append(append(users, ','))
		ids = wire.AppendString(append(ids, ','), c.users[i].id)
	}
	for _, it := range c.sent {
		if it.thread == c.thread && !it.guess {
			if events == nil {
				created = it.at
			}
			events = append(append(events, ','), it.raw...)
		}
	}
	list := func(b []byte) []byte { return []byte("[" + strings.TrimPrefix(string(b), ",") + "]") }
	var thread, chat, o wire.Object
	thread.Str("id", c.thread)
	thread.Bool("active", c.active)
	thread.Raw("user_ids", list(ids))
	thread.Time("created_at", time.UnixMicro(created))
	thread.Raw("events", list(events))
	chat.Str("id", c.id)
	chat.Raw("users", list(users))
	chat.Raw("thread", thread.Bytes())
	o.Raw("chat", chat.Bytes())
	b.push("incoming_chat", o)
}
