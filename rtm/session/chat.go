package session

import (
	"strings"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

const (
	windowSize = 128  // events remembered per chat
	maxNotes   = 4096 // chats remembered
)

// mark is a place in the order of a chat's events.
type mark struct {
	at int64 // created_at, Unix time in nanoseconds
	id string
}

func (m mark) after(o mark) bool {
	if m.at != o.at {
		return m.at > o.at
	}
	if len(m.id) != len(o.id) {
		return len(m.id) > len(o.id)
	}
	return m.id > o.id
}

// note is what the engine knows of a chat in use: which of its events the host
// has been given. Events up to floor count as given; of the later ones those
// in the window were.
type note struct {
	id     string
	thread string // the newest one
	before string // the one before it
	opened int64  // when it was, in nanoseconds
	active bool
	shown  bool   // the host was given an incoming_chat of it
	from   string // where it was transferred from last, as that push has it
	vague  bool   // floor is a guess by the host's clock
	whole  bool   // floor is where the thread begins, which is not known yet
	floor  mark
	window []mark // a ring once it is full
	oldest int
	used   uint64 // when it was used last
}

// given reports whether the host has been given the event.
func (n *note) given(id []byte) bool {
	for i := range n.window {
		if n.window[i].id == string(id) {
			return true
		}
	}
	return false
}

// give takes note that the host gets the event.
func (n *note) give(m mark) {
	if len(n.window) < windowSize {
		n.window = append(n.window, m)
		return
	}
	if n.window[n.oldest].after(n.floor) {
		n.floor, n.whole = n.window[n.oldest], false
	}
	n.window[n.oldest] = m
	n.oldest = (n.oldest + 1) % windowSize
}

// noteOf returns the note of a chat, a new one when there is none.
func (s *Session) noteOf(chat []byte) (n *note, isNew bool) {
	s.uses++
	if n = s.notes[string(chat)]; n != nil {
		n.used = s.uses
		return n, false
	}
	if len(s.notes) >= maxNotes {
		s.dropNote()
	}
	n = &note{id: string(chat), used: s.uses}
	s.notes[n.id] = n
	return n, true
}

// dropNote forgets the chat that was used longest ago, an inactive one if there
// is one.
func (s *Session) dropNote() {
	var worst *note
	for _, n := range s.notes {
		if worst == nil || n.active != worst.active && !n.active || n.active == worst.active && n.used < worst.used {
			worst = n
		}
	}
	delete(s.notes, worst.id)
}

// notePush takes note of what a push tells of a chat. It reports whether the
// push is a double, which the host must not see.
func (s *Session) notePush(action string, payload []byte) (double bool) {
	switch action {
	case "incoming_event":
		var chat, thread, id, created []byte
		for name, raw := range wire.RawMembers(payload) { // one pass: this is done for each event
			switch string(name) {
			case `"chat_id"`:
				chat = plain(raw)
			case `"thread_id"`:
				thread = plain(raw)
			case `"event"`:
				id, created = nil, nil
				for name, raw := range wire.RawMembers(raw) {
					switch string(name) {
					case `"id"`:
						id = plain(raw)
					case `"created_at"`:
						created = raw
					}
				}
			}
		}
		if id == nil || chat == nil {
			return false
		}
		n, isNew := s.noteOf(chat)
		if n.given(id) {
			return true
		}
		at := wire.Nanos(created)
		n.whole = n.whole || isNew // its incoming_chat is missing
		n.give(mark{at, string(id)})
		if n.thread != string(thread) && n.before != string(thread) && at > n.opened {
			n.before, n.thread, n.opened, n.active = n.thread, string(thread), at, true
		}
	case "incoming_chat":
		return s.noteChat(wire.Get(payload, "chat"), wire.Get(payload, "transferred_from"))
	case "chat_unfollowed", "user_removed_from_chat":
		if n, user := s.notes[wire.Str(payload, "chat_id")], wire.Get(payload, "user_id"); n != nil && (user == nil || isString(user, s.me)) {
			n.shown = false // it may come back as it was
		}
	case "chat_deactivated":
		if n := s.notes[wire.Str(payload, "chat_id")]; n != nil && n.thread == wire.Str(payload, "thread_id") {
			n.active = false
		}
	}
	return false
}

// noteChat takes note of a chat with its newest thread. It is a double when the
// host was given that thread, with all the events in it, and it was not moved
// in between.
func (s *Session) noteChat(chat, from []byte) (double bool) {
	id, thread := plain(wire.Get(chat, "id")), wire.Get(chat, "thread")
	if id == nil {
		return false
	}
	n, isNew := s.noteOf(id)
	opened := wire.Str(thread, "id")
	double = n.shown && (opened == n.thread || opened == n.before) && (from == nil || string(from) == n.from)
	if from != nil {
		n.from = string(from)
	}
	n.shown = true
	// Of a chat whose incoming_chat was missed, a newer thread tells nothing of
	// the one before: that is still to be fetched.
	if isNew || n.whole && opened == n.thread {
		n.floor.at, n.whole = wire.Nanos(wire.Get(thread, "created_at")), false
	}
	if at := wire.Nanos(wire.Get(thread, "created_at")); !double && (at >= n.opened || opened == n.thread) {
		if opened != n.thread {
			n.before = n.thread
		}
		n.thread, n.opened = opened, at
		n.active, _ = wire.Bool(wire.Get(thread, "active"))
	}
	for event := range wire.Elements(wire.Get(thread, "events")) {
		m := mark{wire.Nanos(wire.Get(event, "created_at")), wire.Str(event, "id")}
		if m.id != "" && !n.given([]byte(m.id)) {
			double = double && !m.after(n.floor)
			n.give(m)
		}
	}
	return double
}

// noteLogin takes note of the chats that a first login names: what is in them
// by now is the host's to fetch.
func (s *Session) noteLogin(payload []byte) {
	for chat := range loginChats(payload) {
		n, isNew := s.noteOf([]byte(chat.id))
		if !isNew {
			continue
		}
		n.thread, n.active, n.floor = chat.thread, chat.active, chat.newest
		if n.floor.at == 0 {
			n.vague, n.floor.at = true, s.wall.Add(-guess).UnixNano()
		}
	}
}

// Given is the key of an entry that Restore takes beside those of the outbox: a
// JSON list of what the host was given by a session that is gone without a word.
// Each element is a chat: id, thread, active, and events with id and created_at,
// the newest last, or in place of events the time at until which all of it was
// given. The first login then recovers what came since.
const Given = "given"

// restoreGiven takes note of what an earlier session has given out. What cannot
// be read of it counts as not given.
func (s *Session) restoreGiven(list []byte) {
	if !wire.Valid(list) {
		return
	}
	for chat := range wire.Elements(list) {
		id := plain(wire.Get(chat, "id"))
		if id == nil {
			continue
		}
		n, _ := s.noteOf(id)
		n.thread, n.shown = wire.Str(chat, "thread"), true
		n.active, _ = wire.Bool(wire.Get(chat, "active"))
		if at := wire.Nanos(wire.Get(chat, "at")); at != 0 {
			n.floor.at = at + 1 // what came in that very moment was given
		}
		for event := range wire.Elements(wire.Get(chat, "events")) {
			m := mark{wire.Nanos(wire.Get(event, "created_at")), wire.Str(event, "id")}
			if len(n.window) == 0 && n.floor.at == 0 {
				n.floor = m // everything before it was given
			}
			n.give(m)
		}
		if n.floor.at == 0 {
			n.vague, n.floor.at = true, s.wall.Add(-guess).UnixNano()
		}
		s.resumed = true
	}
}

// guess is how far the host's clock may be ahead of the server's where nothing
// better is known.
const guess = 5 * time.Minute

// noteAnswer makes a guess good: the host has fetched a chat's newest events.
func (s *Session) noteAnswer(c *call, payload []byte) {
	var threads []byte
	switch {
	case c.action == "list_threads" && wire.Get(c.payload, "page_id") == nil && !strings.HasPrefix(wire.Str(c.payload, "sort_order"), "asc"):
		threads = wire.Get(payload, "threads")
	default:
		return
	}
	n := s.notes[wire.Str(c.payload, "chat_id")]
	if n == nil || !n.vague {
		return
	}
	n.vague, n.floor = false, mark{}
	for thread := range wire.Elements(threads) {
		if n.thread == "" {
			n.thread = wire.Str(thread, "id")
			n.active, _ = wire.Bool(wire.Get(thread, "active"))
		}
		n.floor.at = max(n.floor.at, wire.Nanos(wire.Get(thread, "created_at")))
		for event := range wire.Elements(wire.Get(thread, "events")) {
			if m := (mark{wire.Nanos(wire.Get(event, "created_at")), wire.Str(event, "id")}); m.after(n.floor) {
				n.floor = m
			}
		}
	}
}

// plain returns what is between the quotes of a JSON string without escapes,
// nil for anything else. Ids have none.
func plain(raw []byte) []byte {
	if len(raw) < 3 || raw[0] != '"' {
		return nil
	}
	return raw[1 : len(raw)-1]
}
