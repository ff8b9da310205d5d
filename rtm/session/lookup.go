package session

import (
	"slices"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/sorting"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// clockError is how far the host's clock and the server's may differ for the
// look-up to be complete.
const clockError = 24 * time.Hour

// search looks for the events of durable calls that may have arrived.
type search struct {
	head   *durable   // the call that waits for it
	wanted []*durable // that and others of its chat that are unsure
	found  []finding
	since  time.Time // events in threads older than the newest from before are others
	chats  []string  // still to be looked in
	pages  int       // asked for
}

// finding is a durable call that turned out to have arrived.
type finding struct {
	call         *durable
	chat, thread string
	ids          []string
}

// lookUp asks the server whether the events of d, and of the other unsure calls
// of its chat, have arrived.
func (s *Session) lookUp(d *durable) {
	q := &search{head: d, since: d.made}
	d.busy = true
	for _, o := range s.outbox {
		if o == d || o.unsure && d.chat != "" && o.chat == d.chat {
			q.wanted = append(q.wanted, o)
			if o.made.Before(q.since) {
				q.since = o.made
			}
		}
	}
	q.since = q.since.Add(-clockError)
	if d.chat != "" {
		q.chats = []string{d.chat}
		s.searchThreads(q, "")
	} else {
		s.searchChats(q, "")
	}
}

// searchChats finds the chats that a start_chat may have made.
func (s *Session) searchChats(q *search, page string) {
	s.ask("list_chats", pageOf("", page), func(payload []byte, err *Error) {
		if err != nil {
			s.searchFailed(q, err)
			return
		}
		older := false
		for chat := range wire.Elements(wire.Get(payload, "chats_summary")) {
			created := wire.Get(chat, "last_thread_created_at")
			if created == nil {
				created = wire.Get(chat, "last_thread_summary", "created_at")
			}
			if at, ok := wire.Time(created); ok && at.Before(q.since) {
				older = true
				continue
			}
			q.chats = append(q.chats, wire.Str(chat, "id"))
		}
		if next := wire.Str(payload, "next_page_id"); next != "" && !older && len(q.chats) < maxPages {
			s.searchChats(q, next)
		} else {
			s.searchThreads(q, "")
		}
	})
}

// searchThreads looks through the first of the chats, from the newest thread
// back.
func (s *Session) searchThreads(q *search, page string) {
	if len(q.chats) == 0 {
		s.searched(q)
		return
	}
	chat := q.chats[0]
	if q.pages++; page == "" {
		q.pages = 1
	}
	s.ask("list_threads", pageOf(chat, page), func(payload []byte, err *Error) {
		if err != nil && (transient(err) || err.Type == ErrTimeout || err.Type == ErrConnectionLost || err.Type == ErrClosed) {
			s.searchFailed(q, err)
			return
		}
		older := false
		for thread := range wire.Elements(wire.Get(payload, "threads")) {
			s.searchThread(q, chat, thread)
			at, ok := wire.Time(wire.Get(thread, "created_at"))
			older = older || ok && at.Before(q.since)
		}
		next := wire.Str(payload, "next_page_id")
		switch {
		case len(q.found) == len(q.wanted):
			q.chats, next = nil, ""
		case next == "" || older || q.pages > maxPages:
			q.chats, next = q.chats[1:], ""
		}
		s.searchThreads(q, next)
	})
}

func (s *Session) searchThread(q *search, chat string, thread []byte) {
	for _, d := range q.wanted {
		if slices.ContainsFunc(q.found, func(f finding) bool { return f.call == d }) {
			continue
		}
		var ids []string
		for event := range wire.Elements(wire.Get(thread, "events")) {
			custom, author := wire.Str(event, "custom_id"), wire.Str(event, "author_id")
			if custom != "" && slices.Contains(d.customs, custom) && (author == s.me || s.me == "") {
				ids = append(ids, wire.Str(event, "id"))
			}
		}
		if ids != nil {
			q.found = append(q.found, finding{call: d, chat: chat, thread: wire.Str(thread, "id"), ids: ids})
		}
	}
}

// searched settles what was found; the rest has not arrived for certain.
func (s *Session) searched(q *search) {
	q.head.busy = false
	for _, d := range q.wanted {
		d.unsure = false
	}
	sorting.Stable(q.found, func(a, b finding) bool { return a.call.seq < b.call.seq })
	for _, f := range q.found {
		s.stats.Found++
		s.endDurable(f.call, f.response(), nil)
	}
}

func (s *Session) searchFailed(q *search, err *Error) {
	q.head.busy = false
	switch {
	case transient(err):
		s.later(q.head)
	case err.Type != ErrTimeout && err.Type != ErrConnectionLost && err.Type != ErrClosed:
		s.endDurable(q.head, nil, err)
	}
}

// response is what the server answered when the call arrived.
func (f finding) response() []byte {
	var o wire.Object
	if f.call.action == "send_event" {
		o.Str("event_id", f.ids[0])
		return o.Bytes()
	}
	if f.call.action == "start_chat" {
		o.Str("chat_id", f.chat)
	}
	o.Str("thread_id", f.thread)
	ids := []byte{'['}
	for i, id := range f.ids {
		if i > 0 {
			ids = append(ids, ',')
		}
		ids = wire.AppendString(ids, id)
	}
	o.Raw("event_ids", append(ids, ']'))
	return o.Bytes()
}

// pageOf is a request of list_chats, or of list_threads when there is a chat.
func pageOf(chat, page string) []byte {
	var o wire.Object
	if chat != "" {
		o.Str("chat_id", chat)
	}
	if page != "" {
		o.Str("page_id", page)
	}
	return o.Bytes()
}
