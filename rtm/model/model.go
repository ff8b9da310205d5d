package model

import (
	"slices"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// threadLimit is how many of a chat's newest threads are loaded.
const threadLimit = 3

// Model is what a screen shows of one session. Use New.
type Model struct {
	s     *session.Session
	conn  connection
	me    me
	ready bool // logged in on the present connection

	chats []*chat // in order of arrival; Snapshot sorts
	byID  map[string]*chat
	local map[string]*item // what was sent here, by custom id
	calls map[session.CallID]call

	typists []typist // who is shown as typing
	peeks   []*chat  // whose newest sneak peek waits to be sent

	patch patch
	stats Stats
}

// Stats counts what leaves no trace in the state.
type Stats struct {
	Ignored int // pushes, responses and events that were malformed or made no sense
	Failed  int // calls of the model's own that failed without an item to show it on
}

type connection struct {
	state   session.State
	reason  string
	retryAt time.Time // zero when not waiting
}

type me struct{ id, kind, name string }

// call is a request of the model's own on its way.
type call struct {
	do     verb
	chat   *chat  // nil when it is about none
	item   *item  // doSend, doStart, doResume; nil when it carries no event
	thread string // doClose
}

type verb uint8

const (
	doOther verb = iota // nothing to be done with the answer
	doSend
	doStart
	doResume
	doClose
	doThreads
	doChat
	doSeen
)

// New returns the model of s: nobody logged in, no chats. It makes no call
// before a login succeeds.
func New(s *session.Session) *Model {
	return &Model{
		s:     s,
		conn:  connection{state: s.State()},
		byID:  make(map[string]*chat),
		local: make(map[string]*item),
		calls: make(map[session.CallID]call),
	}
}

// Stats returns the counts so far.
func (m *Model) Stats() Stats { return m.stats }

// Observe takes one output of the session; the host passes in every one, in
// order. It reports whether the output is the end of a call that the model
// itself made and that concerns nobody else. Observe may make calls: the host
// goes on draining the session's Next.
func (m *Model) Observe(now time.Time, out session.Output) (mine bool) {
	switch out.Kind {
	case session.StateChanged:
		m.connectionChanged(out)
	case session.Pushed:
		m.pushed(now, out.Action, out.Payload)
	case session.Settled:
		if c, ok := m.calls[out.ID]; ok && !out.Relogin {
			delete(m.calls, out.ID)
			m.answered(now, c, out)
			return true
		}
		if out.Err == nil {
			m.overheard(now, out.Action, out.Payload)
		}
	}
	return false
}

func (m *Model) connectionChanged(out session.Output) {
	m.conn = connection{state: out.State, reason: out.Reason}
	if out.State == session.Waiting {
		m.conn.retryAt = out.At
	}
	m.patch.connection = true
	if out.State != session.Live {
		m.ready = false
	}
	if out.State == session.Stopped {
		for _, c := range m.chats {
			m.failPending(c)
		}
	}
}

// live reports whether a call made now goes out at once.
func (m *Model) live() bool { return m.ready && m.s.State() == session.Live }

func (m *Model) customer() bool { return m.s.API() == session.Customer }

// overheard learns from the answers to the host's own calls.
func (m *Model) overheard(now time.Time, action string, payload []byte) {
	switch action {
	case "login", "list_chats", "get_chat":
		if !m.object(payload) {
			return
		}
	}
	switch action {
	case "login":
		m.loggedIn(now, payload)
	case "list_chats":
		for raw := range wire.Elements(wire.Get(payload, "chats_summary")) {
			m.summary(raw, false)
		}
	case "get_chat":
		m.whole(now, payload, true)
	}
}

// loggedIn takes the response of a login, the first or a repeated one.
func (m *Model) loggedIn(now time.Time, payload []byte) {
	m.ready = true
	list := wire.Get(payload, "chats")
	if m.customer() {
		m.setMe(wire.Get(payload, "customer"), "customer")
	} else {
		list = wire.Get(payload, "chats_summary")
		m.setMe(wire.Get(payload, "my_profile"), "agent")
	}
	if len(list) > 0 && list[0] == '[' {
		m.listed(now, payload, list)
	}
	for _, c := range slices.Clone(m.chats) {
		if c.wanted {
			m.sync(now, c)
		}
		m.flushSeen(now, c)
		m.pump(now, c)
	}
}

// listed brings the chats in line with the list of a login response.
func (m *Model) listed(now time.Time, payload, list []byte) {
	var known []*chat
	for raw := range wire.Elements(list) {
		if !m.customer() {
			known = append(known, m.summary(raw, true))
			continue
		}
		id := wire.Str(raw, "chat_id")
		if id == "" {
			m.stats.Ignored++
			continue
		}
		active, ok := wire.Bool(wire.Get(raw, "has_active_thread"))
		if !ok {
			active, _ = wire.Bool(wire.Get(payload, "has_active_thread"))
		}
		c := m.chat(id)
		c.wanted = true
		if c.active != active {
			c.active = active
			c.dirty = true
		}
		known = append(known, c)
	}
	for _, c := range slices.Clone(m.chats) {
		switch {
		case c.id == "" || slices.Contains(known, c):
		case !m.customer():
			m.deactivate(c)
		case len(c.unsent) > 0 || c.busy > 0:
			m.drop(c) // first, so that main cannot choose it
			to := m.main()
			if to == nil {
				to = m.draft(now)
			}
			m.adopt(c, to)
		default:
			m.drop(c)
		}
	}
}

// setMe takes who is logged in. Another person sees nothing of the former
// one's chats.
func (m *Model) setMe(raw []byte, kind string) {
	id := wire.Str(raw, "id")
	if id == "" {
		m.stats.Ignored++
		return
	}
	if m.me.id != "" && m.me.id != id {
		for _, c := range slices.Clone(m.chats) {
			m.drop(c)
		}
	}
	if is := (me{id: id, kind: kind, name: wire.Str(raw, "name")}); is != m.me {
		m.me = is
		m.patch.me = true
	}
}

// sync loads a chat's newest threads, and its users where no list had them.
func (m *Model) sync(now time.Time, c *chat) {
	c.wanted = true
	if !m.live() || c.syncing > 0 || c.id == "" {
		return
	}
	if m.customer() || len(c.users) == 0 {
		m.fetchChat(now, c)
	}
	var o wire.Object
	o.Str("chat_id", c.id)
	o.Int("limit", threadLimit)
	c.syncing++
	m.call(now, "list_threads", o, call{do: doThreads, chat: c})
}

func (m *Model) fetchChat(now time.Time, c *chat) {
	var o wire.Object
	o.Str("chat_id", c.id)
	c.syncing++
	m.call(now, "get_chat", o, call{do: doChat, chat: c})
}

func (m *Model) call(now time.Time, action string, payload wire.Object, c call) {
	id := m.s.Call(now, action, payload.Bytes(), session.CallOptions{})
	m.calls[id] = c
}

// answered takes the end of one of the model's own calls.
func (m *Model) answered(now time.Time, c call, out session.Output) {
	if c.chat == nil { // about no chat: nothing to learn from it
		if out.Err != nil {
			m.stats.Failed++
		}
		return
	}
	for c.chat.into != nil {
		c.chat = c.chat.into
	}
	payload := out.Payload
	if out.Err == nil && !wire.Valid(payload) {
		payload = nil
	}
	switch c.do {
	case doSend, doStart, doResume:
		m.delivered(now, c, payload, out.Err)
		return
	case doThreads, doChat:
		c.chat.syncing--
		defer m.pump(now, c.chat) // a retry may have waited for it
	case doSeen:
		c.chat.seenDue = c.chat.seenDue || out.Err != nil && out.Err.Type == session.ErrConnectionLost
	}
	switch {
	case out.Err != nil:
		m.stats.Failed++
	case c.chat.gone:
	case c.do == doThreads:
		m.threads(c.chat, payload)
	case c.do == doChat:
		m.whole(now, payload, true)
	case c.do == doClose && c.chat.thread == c.thread:
		m.deactivate(c.chat)
	}
}

func (m *Model) threads(c *chat, payload []byte) {
	list := wire.Get(payload, "threads")
	if len(list) == 0 || list[0] != '[' {
		m.stats.Ignored++
		return
	}
	for raw := range wire.Elements(list) {
		m.thread(c, raw, true)
	}
	c.loaded = true
	c.dirty = true
}

// object reports whether payload is a well-formed JSON object, and counts it
// when it is not.
func (m *Model) object(payload []byte) bool {
	if wire.Valid(payload) && wire.IsObject(payload) {
		return true
	}
	m.stats.Ignored++
	return false
}
