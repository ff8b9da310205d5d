package model

import (
	"bytes"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// pushed takes a push. Pushes that change nothing on a screen are passed over.
func (m *Model) pushed(now time.Time, out session.Output) {
	action, payload := out.Action, out.Payload
	how := pushed
	if out.Recovered {
		how = recovered
	}
	var take func(*Model, time.Time, *chat, []byte) (ok bool)
	switch action {
	case "incoming_chat":
		if m.object(payload) {
			m.incomingChat(now, payload, how)
		}
		return
	case "incoming_event":
		take = func(m *Model, _ time.Time, c *chat, payload []byte) bool { return m.incomingEvent(c, payload, how) }
	case "customer_updated":
		if m.object(payload) {
			m.customerUpdated(payload)
		}
		return
	case "queue_positions_updated":
		m.queuePositions(payload)
		return
	case "groups_status_updated":
		if m.customer() && m.object(payload) {
			m.groupsUpdated(payload)
		}
		return
	case "incoming_greeting", "greeting_accepted", "greeting_canceled":
		if m.customer() && m.object(payload) {
			m.greetingPushed(action, payload)
		}
		return
	case "event_properties_updated":
		take = (*Model).eventPropertiesUpdated
	case "event_properties_deleted":
		take = (*Model).eventPropertiesDeleted
	case "thread_properties_updated":
		take = (*Model).threadPropertiesUpdated
	case "thread_properties_deleted":
		take = (*Model).threadPropertiesDeleted
	case "incoming_thinking_indicator":
		take = (*Model).thinkingIndicator
	case "incoming_rich_message_postback":
		take = (*Model).postbackCame
	case "incoming_event_preview":
		take = (*Model).eventPreview
	case "event_updated":
		take = (*Model).eventUpdated
	case "event_deleted":
		take = (*Model).eventDeleted
	case "chat_deactivated":
		take = (*Model).chatDeactivated
	case "chat_transferred":
		take = (*Model).chatTransferred
	case "user_added_to_chat":
		take = (*Model).userAdded
	case "user_removed_from_chat":
		take = (*Model).userRemoved
	case "events_marked_as_seen":
		take = (*Model).markedAsSeen
	case "incoming_typing_indicator":
		take = (*Model).typingIndicator
	case "incoming_sneak_peek":
		take = (*Model).incomingSneakPeek
	case "queue_position_updated":
		take = (*Model).queuePosition
	default:
		return
	}
	if !m.object(payload) {
		return
	}
	id := wire.Str(payload, "chat_id")
	c := m.byID[id]
	switch {
	case id == "":
		m.stats.Ignored++
		return
	case c != nil:
	case action == "incoming_event" || action == "user_added_to_chat":
		// It became visible without an incoming_chat: see what it is.
		c = m.chat(id)
		if m.customer() {
			m.sync(now, c, "")
		} else if m.live() {
			m.fetchChat(now, c)
		}
	default:
		return // of a chat that no screen shows
	}
	if !take(m, now, c, payload) {
		m.stats.Ignored++
	}
}

func (m *Model) incomingChat(now time.Time, payload []byte, how source) {
	c := m.whole(now, wire.Get(payload, "chat"), how)
	if d := m.byID[""]; d != nil && c != nil {
		m.pump(now, d) // not started yet: it goes into this chat
	}
}

func (m *Model) incomingEvent(c *chat, payload []byte, how source) bool {
	e, ok := parseEvent(wire.Get(payload, "event"))
	if !ok {
		return false
	}
	thread := wire.Str(payload, "thread_id")
	if c.thread == "" && thread != "" {
		c.thread, c.guess, c.active = thread, true, true
	}
	if c.byEvent[e.id] == nil && e.author != "" {
		m.hush(c, e.author)
	}
	m.merge(c, e, thread, how)
	return true
}

func (m *Model) eventUpdated(_ time.Time, c *chat, payload []byte) bool {
	e, ok := parseEvent(wire.Get(payload, "event"))
	if it := c.byEvent[e.id]; ok && it != nil && !it.deleted && (it.guess || !bytes.Equal(it.raw, e.raw)) {
		it.updated = it.updated || !sameButToggles(it.raw, e.raw)
		m.arrived(c, it, e, it.thread)
	}
	return ok
}

func (m *Model) eventDeleted(_ time.Time, c *chat, payload []byte) bool {
	id := wire.Str(payload, "event_id")
	if it := c.byEvent[id]; it != nil {
		m.blank(it)
	}
	return id != ""
}

func (m *Model) chatDeactivated(_ time.Time, c *chat, payload []byte) bool {
	thread := wire.Str(payload, "thread_id")
	if thread == c.thread || thread == "" || c.thread == "" {
		m.deactivate(c)
	}
	return thread != ""
}

func (m *Model) chatTransferred(_ time.Time, c *chat, payload []byte) bool {
	if c.active {
		c.queue = parseQueue(wire.Get(payload, "queue"))
		c.dirty = true
	}
	return true
}

func (m *Model) userAdded(_ time.Time, c *chat, payload []byte) bool {
	raw := wire.Get(payload, "user")
	u := m.setUser(c, raw)
	if u == nil {
		return true // counted there
	}
	if u.kind == "agent" && u.present && wire.Str(raw, "visibility") != "agents" {
		c.queue = nil
	}
	return true
}

func (m *Model) userRemoved(_ time.Time, c *chat, payload []byte) bool {
	id := wire.Str(payload, "user_id")
	if u := c.user(id); u != nil {
		u.present = false
		c.dirty = true
		m.hush(c, id)
	}
	return id != ""
}

func (m *Model) markedAsSeen(_ time.Time, c *chat, payload []byte) bool {
	id, at := wire.Str(payload, "user_id"), micros(wire.Get(payload, "seen_up_to"))
	if u := c.user(id); u != nil && at > u.seen {
		u.seen = at
		c.dirty = true
	}
	if id == m.me.id && at > c.seen {
		c.seen = at
		c.dirty = true
	}
	return id != "" && at != 0
}

func (m *Model) typingIndicator(now time.Time, c *chat, payload []byte) bool {
	author := wire.Str(payload, "typing_indicator", "author_id")
	is, ok := wire.Bool(wire.Get(payload, "typing_indicator", "is_typing"))
	switch {
	case author == "" || !ok:
		return false
	case is:
		text := "" // what is known of it stays
		if u := c.user(author); u != nil {
			text = u.sneakPeek
		}
		m.startTyping(now, c, author, text)
	default:
		m.stop(c, author, false)
	}
	return true
}

func (m *Model) thinkingIndicator(now time.Time, c *chat, payload []byte) bool {
	author := wire.Str(payload, "author_id")
	if author != "" {
		m.startThinking(now, c, author, thinking{title: wire.Str(payload, "title"), description: wire.Str(payload, "description")})
	}
	return author != ""
}

func (m *Model) incomingSneakPeek(now time.Time, c *chat, payload []byte) bool {
	author := wire.Str(payload, "sneak_peek", "author_id")
	text, ok := wire.String(wire.Get(payload, "sneak_peek", "text"))
	switch {
	case author == "" || !ok:
		return false
	case text != "":
		m.startTyping(now, c, author, text)
	default:
		m.stop(c, author, false)
	}
	return true
}

// eventPreview shows what there is of an answer that is still being written, in
// the place of a sneak peek.
func (m *Model) eventPreview(now time.Time, c *chat, payload []byte) bool {
	author := wire.Str(payload, "event", "author_id")
	text, ok := wire.String(wire.Get(payload, "event", "text"))
	if author != "" && ok && text != "" {
		m.startTyping(now, c, author, text)
	}
	return author != "" && ok
}

func (m *Model) queuePosition(_ time.Time, c *chat, payload []byte) bool {
	q := parseQueue(wire.Get(payload, "queue"))
	if q == nil {
		return false
	}
	if thread := wire.Str(payload, "thread_id"); c.active && (thread == c.thread || thread == "") {
		c.queue = q
		c.dirty = true
	}
	return true
}

func (m *Model) queuePositions(payload []byte) {
	if !wire.Valid(payload) || wire.IsObject(payload) {
		m.stats.Ignored++
		return
	}
	for raw := range wire.Elements(payload) {
		if c := m.byID[wire.Str(raw, "chat_id")]; c != nil && !m.queuePosition(time.Time{}, c, raw) {
			m.stats.Ignored++
		}
	}
}

func (m *Model) customerUpdated(payload []byte) {
	id := wire.Str(payload, "id")
	if id == "" {
		m.stats.Ignored++
		return
	}
	for _, c := range m.chats {
		if u := c.user(id); u != nil {
			u.update(payload)
			c.dirty = true
		}
	}
	if name, ok := wire.String(wire.Get(payload, "name")); ok && id == m.me.id {
		m.me.name = name
		m.patch.me = true
	}
}
