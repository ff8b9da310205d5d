package session

import (
	"iter"
	"slices"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/sorting"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

const (
	maxHeld  = 4096 // pushes that wait until what came before them is fetched
	maxPages = 100  // of one chat's threads, should the server never come to an end
)

// recovery is the fetching of what was missed, after a repeated login.
type recovery struct {
	todo []string // chats not asked for yet
	open int      // chats being fetched
	held []Output // pushes that came meanwhile

	faults   int       // pauses since the last success
	resumeAt time.Time // when a pause ends
}

// loginChat is what the answer to a login says of a chat.
type loginChat struct {
	id, thread string
	active     bool
	newest     mark
}

// loginChats returns the chats in the answer to a login.
func loginChats(payload []byte) iter.Seq[loginChat] {
	return func(yield func(loginChat) bool) {
		for chat := range wire.Elements(wire.Get(payload, "chats")) { // customers'
			active, _ := wire.Bool(wire.Get(chat, "has_active_thread"))
			c := loginChat{id: wire.Str(chat, "chat_id"), active: active}
			if c.id != "" && !yield(c) {
				return
			}
		}
		for chat := range wire.Elements(wire.Get(payload, "chats_summary")) { // agents'
			thread := wire.Get(chat, "last_thread_summary")
			active, _ := wire.Bool(wire.Get(thread, "active"))
			c := loginChat{id: wire.Str(chat, "id"), thread: wire.Str(thread, "id"), active: active}
			c.newest.at = wire.Nanos(wire.Get(thread, "created_at"))
			for _, last := range wire.Members(wire.Get(chat, "last_event_per_type")) {
				m := mark{wire.Nanos(wire.Get(last, "event", "created_at")), wire.Str(last, "event", "id")}
				if m.after(c.newest) {
					c.newest = m
				}
			}
			if c.id != "" && !yield(c) {
				return
			}
		}
	}
}

// catchUp fetches what happened since the connection broke, then goes live.
func (s *Session) catchUp(login []byte) {
	r := &recovery{}
	for id := range s.notes {
		r.todo = append(r.todo, id)
	}
	sorting.Stable(r.todo, func(a, b string) bool { return a < b })
	for chat := range loginChats(login) {
		if s.notes[chat.id] == nil {
			r.todo = append(r.todo, chat.id)
		}
	}
	s.recovery = r
	if len(r.todo) > 0 {
		s.setState(Output{State: Syncing})
	}
	s.goOn()
}

// goOn asks for the next chats, or ends the recovery.
func (s *Session) goOn() {
	r := s.recovery
	for len(r.todo) > 0 && len(s.inflight) < maxCalls && !r.resumeAt.After(s.now) {
		id := r.todo[0]
		r.todo = r.todo[1:]
		r.open++
		if n := s.notes[id]; n != nil {
			s.fetchThreads(r, n, "", 1, nil)
		} else {
			s.fetchChat(r, id, func(chat []byte) {
				var o wire.Object
				o.Raw("chat", chat)
				s.give(r, "incoming_chat", o.Bytes())
			})
		}
	}
	if r.open == 0 && len(r.todo) == 0 {
		s.live()
	}
}

// live ends the recovery, if there was one.
func (s *Session) live() {
	r := s.recovery
	s.recovery = nil
	s.setState(Output{State: Live})
	for _, out := range r.held {
		s.deliver(out)
	}
}

// fetchThreads fetches the threads of a chat that may hold something new, from
// the newest one back.
func (s *Session) fetchThreads(r *recovery, n *note, page string, pages int, threads [][]byte) {
	s.ask("list_threads", pageOf(n.id, page), func(payload []byte, err *Error) {
		if err != nil {
			s.fetchFailed(r, n.id, err)
			return
		}
		older := false
		for thread := range wire.Elements(wire.Get(payload, "threads")) {
			threads = append(threads, thread)
			created := wire.Nanos(wire.Get(thread, "created_at"))
			if id := wire.Str(thread, "id"); n.whole && (id == n.before || id == n.thread && n.before == "") {
				n.whole, n.floor.at = false, created
			}
			older = older || !n.whole && created <= n.floor.at
		}
		if next := wire.Str(payload, "next_page_id"); next != "" && !older && pages < maxPages {
			s.fetchThreads(r, n, next, pages+1, threads)
			return
		}
		slices.Reverse(threads)
		s.missed(r, n, threads)
	})
}

// missed gives out what is new in threads, which are in order.
func (s *Session) missed(r *recovery, n *note, threads [][]byte) {
	known := slices.IndexFunc(threads, func(t []byte) bool { return wire.Str(t, "id") == n.thread })
	isNew := func(i int) bool { return i > known && wire.Nanos(wire.Get(threads[i], "created_at")) > n.floor.at }
	for known+1 < len(threads) && !isNew(known+1) {
		known++
	}
	fresh := threads[known+1:]
	for i, thread := range threads[:known+1] {
		id := wire.Get(thread, "id")
		for event := range wire.Elements(wire.Get(thread, "events")) {
			m := mark{wire.Nanos(wire.Get(event, "created_at")), wire.Str(event, "id")}
			if !m.after(n.floor) || n.given([]byte(m.id)) {
				continue
			}
			var o wire.Object
			o.Str("chat_id", n.id)
			o.Raw("thread_id", id)
			o.Raw("event", event)
			s.give(r, "incoming_event", o.Bytes())
		}
		if active, _ := wire.Bool(wire.Get(thread, "active")); !active && n.active && i == known {
			s.deactivated(r, n.id, id)
		}
	}
	if len(fresh) == 0 {
		s.fetched(r)
		return
	}
	s.fetchChat(r, n.id, func(chat []byte) {
		for _, thread := range fresh {
			var o wire.Object
			o.Raw("chat", s.rewrite(chat, []string{"thread"}, func([]byte) []byte { return thread }))
			s.give(r, "incoming_chat", o.Bytes())
			if active, _ := wire.Bool(wire.Get(thread, "active")); !active {
				s.deactivated(r, n.id, wire.Get(thread, "id"))
			}
		}
	})
}

// fetchChat fetches a chat with its newest thread.
func (s *Session) fetchChat(r *recovery, id string, give func(chat []byte)) {
	s.ask("get_chat", pageOf(id, ""), func(payload []byte, err *Error) {
		if err != nil {
			s.fetchFailed(r, id, err)
			return
		}
		give(payload)
		s.fetched(r)
	})
}

func (s *Session) fetched(r *recovery) {
	if s.recovery == r {
		r.open--
		r.faults = 0
		s.goOn()
	}
}

// fetchFailed tries a chat again a little later. A connection that cannot say
// what was missed is ended, and the next one begins anew; a chat that is gone,
// or out of reach, is forgotten.
func (s *Session) fetchFailed(r *recovery, chat string, err *Error) {
	switch {
	case s.recovery != r || err.Type == ErrConnectionLost || err.Type == ErrClosed:
	case err.Type == ErrTimeout:
		s.hangUp(s.now, closeGoingAway, ErrTimeout)
	case transient(err) && r.faults == maxTries && !r.resumeAt.After(s.now):
		s.hangUp(s.now, closeNormal, "service_temporarily_unavailable")
	case transient(err):
		r.open--
		r.todo = append(r.todo, chat)
		if !r.resumeAt.After(s.now) {
			r.resumeAt = s.now.Add(retryFirst << r.faults)
			r.faults++
		}
	default:
		delete(s.notes, chat)
		s.fetched(r)
	}
}

func (s *Session) deactivated(r *recovery, chat string, thread []byte) {
	var o wire.Object
	o.Str("chat_id", chat)
	o.Raw("thread_id", thread)
	s.give(r, "chat_deactivated", o.Bytes())
}

// give gives out a push that was missed.
func (s *Session) give(r *recovery, action string, payload []byte) {
	if s.recovery == r {
		s.stats.Recovered++
		s.deliver(Output{Kind: Pushed, Action: action, Version: s.cfg.Version, Payload: payload, Recovered: true})
	}
}

// breakRecovery ends a recovery whose connection broke. Events that waited for
// it will be fetched by the next one; other pushes would be lost.
func (s *Session) breakRecovery() {
	r := s.recovery
	if r == nil {
		return
	}
	s.recovery = nil
	for _, out := range r.held {
		if out.Action != "incoming_event" || s.notes[wire.Str(out.Payload, "chat_id")] == nil {
			s.deliver(out)
		}
	}
}

// deliver gives a push to the host, unless it is a double.
func (s *Session) deliver(out Output) {
	if s.notePush(out.Action, out.Payload) {
		s.stats.Doubles++
		return
	}
	s.stats.Pushes++
	s.emit(out)
}
