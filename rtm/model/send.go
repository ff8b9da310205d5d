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

// say sends a message; postback names the button that it answers, nil for none.
// A message whose key is there already was said before.
func (m *Model) say(now time.Time, c *chat, it *item, text string, postback []byte) {
	if it.key != "" && m.known(it.key) {
		return
	}
	var o wire.Object
	o.Str("text", text)
	if postback != nil {
		o.Raw("postback", postback)
	}
	m.enqueue(now, m.orDraft(now, c), it, "message", o)
	c = it.chat
	m.dropPeek(c)
	c.typed = typed{}
}

// enqueue puts an event of mine behind the timeline and sends it in its turn.
func (m *Model) enqueue(now time.Time, c *chat, it *item, kind string, body wire.Object) {
	if it.key == "" {
		it.key = m.s.NewID()
	}
	it.chat, it.thread, it.at, it.state = c, c.thread, now.UnixMicro(), pending
	var o wire.Object
	o.Str("custom_id", it.key)
	o.Str("type", kind)
	for name, raw := range wire.Members(body.Bytes()) {
		o.Raw(name, raw)
	}
	if m.me.id != "" {
		o.Str("author_id", m.me.id)
	}
	o.Time("created_at", now)
	it.raw = o.Bytes()
	m.local[it.key] = it
	m.patch.items++
	c.unsent = append(c.unsent, it)
	m.put(it, len(c.sent)+len(c.unsent)-1)
	m.store(it)
	m.pump(now, c)
}

// pump hands the next pending item of a chat to the session, which answers for
// it from then on, unless it has one already.
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
	if it == nil && (!c.open || c.active && c.id != "") {
		c.open = false
		return
	}
	c.open = false
	c.busy++
	var ev []byte
	if it != nil {
		it.flying = true
		ev = it.request()
	}
	m.dispatch(now, c, it, ev)
	if it != nil {
		m.unstore(it) // the session has stored it
	}
}

// dispatch makes the call that carries the event ev to the server; nil starts
// or resumes a chat without one.
func (m *Model) dispatch(now time.Time, c *chat, it *item, ev []byte) {
	var o wire.Object
	if c.id != "" && (c.active || !m.customer() || it != nil && it.attach) {
		o.Str("chat_id", c.id)
		o.Raw("event", ev)
		if it.attach {
			o.Bool("attach_to_last_thread", true)
		}
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
		m.call(now, "start_chat", o, call{do: doStart, chat: c, item: it, act: "start"})
	} else {
		m.call(now, "resume_chat", o, call{do: doResume, chat: c, item: it, act: "start"})
	}
}

// next returns the first item that can be sent, nil when there is none.
func (c *chat) next() *item {
	for _, it := range c.unsent {
		if it.state == pending && it.upload == nil {
			return it
		}
	}
	return nil
}

// request returns the item's event as send_event takes it.
func (it *item) request() []byte {
	var o wire.Object
	for _, name := range [...]string{"type", "text", "postback", "url", "form_id", "fields", "custom_id"} {
		o.Raw(name, wire.Get(it.raw, name))
	}
	return o.Bytes()
}

// delivered takes the end of a call that dispatch made.
func (m *Model) delivered(now time.Time, c call, payload []byte, out session.Output) {
	to, err := c.chat, out.Err
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
		m.refused(now, c, err, out.Key)
		return
	}
	m.judge(call{chat: to, act: c.act}, nil)
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
// item once more by the method that fits. What fails because the session has
// stopped stays stored under entry.
func (m *Model) refused(now time.Time, c call, err *session.Error, entry string) {
	again := false
	switch {
	case c.do == doSend && err.Type == errChatInactive:
		m.deactivate(c.chat)
		again = m.customer()
	case c.do == doResume && err.Type == errChatAlreadyActive:
		c.chat.active, c.chat.dirty = true, true
		m.sync(now, c.chat, "")
		again = true
	case c.do == doStart && err.Type == errChatLimitReached:
		again = m.main() != nil
	}
	switch it := c.item; {
	case it == nil:
		m.judge(c, err)
	case it.state == sent: // the push came, whatever the response says
	case again && !it.turned:
		it.turned = true
		m.store(it)
	case err.Type == session.ErrClosed:
		it.state, it.err, it.entry = failed, err, entry
		m.changed(it)
	default:
		it.state, it.err = failed, err
		m.changed(it)
		m.store(it)
	}
	m.pump(now, c.chat)
}

// failPending fails what waits when there will be no connection any more. It
// stays stored as pending.
func (m *Model) failPending(c *chat) {
	c.open = false
	for _, it := range c.unsent {
		if it.state == pending && !it.flying && it.upload == nil {
			it.state = failed
			it.err = m.s.Err()
			m.changed(it)
		}
	}
}
