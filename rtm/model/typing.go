package model

import (
	"slices"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

const (
	typingFor   = 6 * time.Second // how long a sign of typing lasts without another
	thinkingFor = 30 * time.Second
	peekEvery   = time.Second     // sneak peeks go out at most this often
	typedRepeat = 3 * time.Second // an unchanged typing indicator goes out at most this often
)

// typist is a user who is shown as typing, or as thinking, until a moment.
type typist struct {
	chat   *chat
	user   string
	thinks bool
	until  time.Time
}

// peek is the outgoing sneak peek of a chat.
type peek struct {
	text    string
	waiting bool
	next    time.Time // when one may be sent again
}

// typed is the last typing indicator sent for a chat.
type typed struct {
	is bool
	at time.Time // zero when none was sent
}

// Tick does what has fallen due; see Wake.
func (m *Model) Tick(now time.Time) {
	for i := 0; i < len(m.typists); {
		if t := m.typists[i]; now.Before(t.until) {
			i++
		} else {
			m.stop(t.chat, t.user, t.thinks) // takes out the entry at i
		}
	}
	for i := 0; i < len(m.peeks); {
		if c := m.peeks[i]; now.Before(c.peek.next) {
			i++
		} else {
			m.peeks = slices.Delete(m.peeks, i, i+1)
			m.sendPeek(now, c)
		}
	}
	m.tickAgain(now)
}

// Wake returns when Tick has something to do, the zero time when it has not.
// It changes with every input.
func (m *Model) Wake() time.Time {
	var at time.Time
	for _, t := range m.typists {
		if at.IsZero() || t.until.Before(at) {
			at = t.until
		}
	}
	for _, c := range m.peeks {
		if at.IsZero() || c.peek.next.Before(at) {
			at = c.peek.next
		}
	}
	for _, c := range m.chats {
		if r := c.again.at; !r.IsZero() && (at.IsZero() || r.Before(at)) {
			at = r
		}
	}
	return at
}

// startTyping shows a user as typing, with the text when it is known.
func (m *Model) startTyping(now time.Time, c *chat, id, text string) {
	u := c.user(id)
	if u == nil || id == m.me.id {
		return
	}
	if !u.typing || u.sneakPeek != text {
		u.typing, u.sneakPeek = true, text
		c.dirty = true
	}
	m.stop(c, id, true)
	m.shown(typist{chat: c, user: id, until: now.Add(typingFor)})
}

// startThinking shows a user as preparing an answer.
func (m *Model) startThinking(now time.Time, c *chat, id string, is thinking) {
	u := c.user(id)
	if u == nil || id == m.me.id {
		return
	}
	if u.thinking == nil || *u.thinking != is {
		u.thinking = &is
		c.dirty = true
	}
	m.shown(typist{chat: c, user: id, thinks: true, until: now.Add(thinkingFor)})
}

func (m *Model) shown(is typist) {
	if i := m.typist(is.chat, is.user, is.thinks); i >= 0 {
		m.typists[i] = is
	} else {
		m.typists = append(m.typists, is)
	}
}

// hush shows a user as neither typing nor thinking.
func (m *Model) hush(c *chat, id string) {
	if len(m.typists) > 0 {
		m.stop(c, id, false)
		m.stop(c, id, true)
	}
}

func (m *Model) stop(c *chat, id string, thinks bool) {
	i := m.typist(c, id, thinks)
	if i < 0 {
		return
	}
	m.typists = slices.Delete(m.typists, i, i+1)
	u := c.user(id)
	switch {
	case u == nil:
	case thinks:
		u.thinking = nil
	default:
		u.typing, u.sneakPeek = false, ""
	}
	c.dirty = true
}

func (m *Model) typist(c *chat, id string, thinks bool) int {
	return slices.IndexFunc(m.typists, func(t typist) bool { return t.chat == c && t.user == id && t.thinks == thinks })
}

// sneakPeek sends what I am typing, at most once a second; of what came in
// between only the newest.
func (m *Model) sneakPeek(now time.Time, c *chat, text string) {
	if !c.active || c.id == "" || !m.live() {
		return
	}
	c.peek.text = text
	switch {
	case c.peek.waiting:
	case now.Before(c.peek.next):
		c.peek.waiting = true
		m.peeks = append(m.peeks, c)
	default:
		m.sendPeek(now, c)
	}
}

func (m *Model) sendPeek(now time.Time, c *chat) {
	text := c.peek.text
	c.peek = peek{next: now.Add(peekEvery)}
	if !c.active || !m.live() {
		return
	}
	var o wire.Object
	o.Str("chat_id", c.id)
	o.Str("sneak_peek_text", text)
	m.call(now, "send_sneak_peek", o, call{chat: c})
}

// dropPeek forgets a sneak peek that waits: its text was sent as a message.
func (m *Model) dropPeek(c *chat) {
	c.peek.text, c.peek.waiting = "", false
	m.peeks = slices.DeleteFunc(m.peeks, func(x *chat) bool { return x == c })
}

// typing sends my typing indicator.
func (m *Model) typing(now time.Time, c *chat, is bool) {
	last := c.typed
	if !c.active || !m.live() || is == last.is && (!is || now.Sub(last.at) < typedRepeat) {
		return
	}
	c.typed = typed{is: is, at: now}
	var o wire.Object
	o.Str("chat_id", c.id)
	o.Bool("is_typing", is)
	m.call(now, "send_typing_indicator", o, call{chat: c})
}

// markSeen moves my seen mark to the newest event.
func (m *Model) markSeen(now time.Time, c *chat) {
	at := c.newest()
	if c.id == "" || at <= c.seen {
		return
	}
	c.seen = at
	c.seenDue = true
	c.dirty = true
	m.flushSeen(now, c)
}

// flushSeen sends the seen mark when it is due and can be sent.
func (m *Model) flushSeen(now time.Time, c *chat) {
	if !c.seenDue || !m.live() {
		return
	}
	c.seenDue = false
	var o wire.Object
	o.Str("chat_id", c.id)
	o.Time("seen_up_to", time.UnixMicro(c.seen))
	m.call(now, "mark_events_as_seen", o, call{do: doSeen, chat: c})
}
