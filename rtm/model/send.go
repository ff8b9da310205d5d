package model

import (
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// The error types that say that our view of a chat is behind the server's.
const (
	errChatInactive      = "chat_inactive"
	errChatAlreadyActive = "chat_already_active"
	errChatLimitReached  = "chat_limit_reached"
)

// enqueue puts a message of mine behind the timeline and sends it in its turn.
func (m *Model) enqueue(now time.Time, c *chat, text string) {
	it := &item{key: m.s.NewID(), chat: c, thread: c.thread, at: now.UnixMicro(), state: pending}
	var o wire.Object
	o.Str("custom_id", it.key)
	o.Str("type", "message")
	o.Str("text", text)
	if m.me.id != "" {
		o.Str("author_id", m.me.id)
	}
	o.Time("created_at", now)
	it.raw = o.Bytes()
	m.local[it.key] = it
	m.patch.items++
	c.unsent = append(c.unsent, it)
	m.put(it, len(c.sent)+len(c.unsent)-1)
	m.dropPeek(c)
	c.typed = typed{}
	m.pump(now, c)
}

// pump sends the next pending item of a chat, unless one is on its way.
func (m *Model) pump(now time.Time, c *chat) {
	if c.gone || c.busy > 0 {
		return
	}
	if m.conn.state == session.Stopped {
		m.failPending(c)
	}
	if c.id == "" && len(c.unsent) == 0 && !c.open {
		m.drop(c)
		return
	}
	if !m.live() {
		return
	}
	if to := m.main(); c.id == "" && to != nil {
		m.adopt(c, to) // a customer has one chat: another tab started it
		m.pump(now, to)
		return
	}
	it := c.next()
	if it != nil && it.tried && c.syncing > 0 {
		return // it may be in the threads that are being loaded
	}
	if it == nil && (!c.open || c.active && c.id != "") {
		c.open = false
		return
	}
	c.open = false
	c.busy++
	var ev []byte
	if it != nil {
		it.flying, it.tried = true, true
		ev = it.request()
	}
	m.dispatch(now, c, it, ev)
}

// dispatch makes the call that carries the event ev to the server; nil starts
// or resumes a chat without one.
func (m *Model) dispatch(now time.Time, c *chat, it *item, ev []byte) {
	var o wire.Object
	if c.id != "" && (c.active || !m.customer()) {
		o.Str("chat_id", c.id)
		o.Raw("event", ev)
		m.call(now, "send_event", o, call{do: doSend, chat: c, item: it})
		return
	}
	var body wire.Object
	if c.id != "" {
		body.Str("id", c.id)
	}
	if ev != nil {
		var thread wire.Object
		thread.Raw("events", append(append([]byte{'['}, ev...), ']'))
		body.Raw("thread", thread.Bytes())
	}
	o.Raw("chat", body.Bytes())
	o.Bool("continuous", true) // also when nobody is at the desk
	if c.id == "" {
		m.call(now, "start_chat", o, call{do: doStart, chat: c, item: it})
	} else {
		m.call(now, "resume_chat", o, call{do: doResume, chat: c, item: it})
	}
}

// next returns the first item that is pending, nil when there is none.
func (c *chat) next() *item {
	for _, it := range c.unsent {
		if it.state == pending {
			return it
		}
	}
	return nil
}

// request returns the item's event as send_event takes it.
func (it *item) request() []byte {
	var o wire.Object
	for _, name := range [...]string{"type", "text", "custom_id"} {
		o.Raw(name, wire.Get(it.raw, name))
	}
	return o.Bytes()
}

// delivered takes the end of a call that dispatch made.
func (m *Model) delivered(now time.Time, c call, payload []byte, err *session.Error) {
	to := c.chat
	to.busy--
	if c.item != nil {
		c.item.flying = false
	}
	if to.gone {
		return
	}
	chatID := wire.Str(payload, "chat_id")
	if err == nil && c.do == doStart && to.id == "" && chatID == "" {
		err = &session.Error{Type: "internal", Message: "the server started the chat without naming it"}
	}
	if err != nil {
		m.refused(now, c, err)
		return
	}
	thread := to.thread
	if c.do != doSend {
		if to.id == "" {
			known := m.byID[chatID] != nil
			to = m.chat(chatID)
			if !known {
				to.loaded, to.wanted, to.updated = true, true, c.chat.updated
			}
			m.adopt(c.chat, to)
		}
		thread = wire.Str(payload, "thread_id")
		m.opened(to, thread)
	}
	if c.item != nil {
		id := wire.Str(payload, "event_id")
		for raw := range wire.Elements(wire.Get(payload, "event_ids")) {
			id, _ = wire.String(raw)
			break
		}
		m.confirm(c.item, id, thread)
	}
	m.pump(now, to)
}

// refused takes the failure of a call that dispatch made. An error that says
// that the chat is not what it seemed here corrects the chat, and sends the
// item once more by the method that fits.
func (m *Model) refused(now time.Time, c call, err *session.Error) {
	again := false
	switch {
	case c.do == doSend && err.Type == errChatInactive:
		m.deactivate(c.chat)
		again = m.customer()
	case c.do == doResume && err.Type == errChatAlreadyActive:
		c.chat.active, c.chat.dirty = true, true
		m.sync(now, c.chat)
		again = true
	case c.do == doStart && err.Type == errChatLimitReached:
		again = m.main() != nil
	}
	switch it := c.item; {
	case it == nil:
		m.stats.Failed++
	case it.state == sent: // the push came, whatever the response says
	case again && !it.turned:
		it.turned, it.tried = true, false // refused, so it did not arrive
	default:
		it.state, it.err = failed, err
		m.changed(it)
	}
	m.pump(now, c.chat)
}

// failPending fails what waits when there will be no connection any more.
func (m *Model) failPending(c *chat) {
	c.open = false
	for _, it := range c.unsent {
		if it.state == pending && !it.flying {
			it.state = failed
			it.err = m.s.Err()
			m.changed(it)
		}
	}
}
