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
	due   bool // and the chats are still to be brought up to date

	availability availability
	greeting     []byte // as the server sent it, nil when there is none
	form         form
	err          *failure // of an act that is about no chat

	chats []*chat // in order of arrival; Snapshot sorts
	byID  map[string]*chat
	local map[string]*item // what was sent here, by custom id
	calls map[session.CallID]call
	kept  map[string]call // those of Restore, by the key that they are settled with

	reopen map[string]bool // chats that a screen has open, see restoreGiven

	opts    Options
	stored  []session.Entry
	lastSeq int64
	typists []typist // who is shown as typing
	peeks   []*chat  // whose newest sneak peek waits to be sent

	patch patch
	stats Stats
}

// Options are the choices of a [Model]; the zero value is fine.
type Options struct {
	Threads int  // how many of a chat's newest threads are kept in memory, 0 is 20
	Items   int  // how many of its newest items that are sent, 0 is 2,000
	Store   bool // what was not sent yet is to be stored: see Model.Stored
}

// Stats counts what leaves no trace in the state.
type Stats struct {
	Ignored int // pushes, responses and events that were malformed or made no sense
	Failed  int // calls of the model's own that failed without anybody to show it to
}

type connection struct {
	state    session.State
	stale    bool // what is shown may be behind
	unstable bool // it may be about to break
	reason   string
	retryAt  time.Time // zero when not waiting
}

type me struct{ id, kind, name string }

// call is a request of the model's own on its way.
type call struct {
	do     verb
	chat   *chat  // nil when it is about none
	item   *item  // doSend, doStart, doResume; nil when it carries no event
	thread string // doClose, doRate: which thread is meant
	act    string // whose failure is shown, "" when nobody waits for it
	page   bool   // doOlder: the page behind what is known, else the newest threads
	rating rating // doRate: what was shown before
	form   int    // doForm: which form it is
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
	doOlder
	doRate
	doForm
)

// New returns the model of s: nobody logged in, no chats. It makes no call
// before a login succeeds. opts may be nil.
func New(s *session.Session, opts *Options) *Model {
	m := &Model{
		s:     s,
		conn:  connection{state: s.State()},
		byID:  make(map[string]*chat),
		local: make(map[string]*item),
		calls: make(map[session.CallID]call),
		kept:  make(map[string]call),
	}
	if opts != nil {
		m.opts = *opts
	}
	if m.opts.Threads <= 0 {
		m.opts.Threads = 20
	}
	if m.opts.Items <= 0 {
		m.opts.Items = 2000
	}
	return m
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
		m.connectionChanged(now, out)
	case session.Unstable:
		m.conn.unstable = !out.Recovered
		m.patch.connection = true
	case session.Pushed:
		m.pushed(now, out)
	case session.Settled:
		if c, ok := m.kept[out.Key]; ok && out.Key != "" {
			delete(m.kept, out.Key)
			m.answered(now, c, out)
			return true
		}
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

func (m *Model) connectionChanged(now time.Time, out session.Output) {
	m.conn = connection{state: out.State, reason: out.Reason, stale: m.me.id != "" && out.State != session.Live}
	if out.State == session.Waiting {
		m.conn.retryAt = out.At
	}
	m.patch.connection = true
	switch out.State {
	case session.Syncing:
	case session.Live:
		m.bringUpToDate(now)
	case session.Stopped:
		m.ready = false
		for _, c := range m.chats {
			m.failPending(c)
		}
	default:
		m.ready = false
	}
}

// bringUpToDate does what waited for a connection, once after each login.
func (m *Model) bringUpToDate(now time.Time) {
	if !m.due || !m.live() {
		return
	}
	m.due = false
	for _, c := range slices.Clone(m.chats) {
		c.again = again{}
		if c.wanted {
			m.sync(now, c, "")
		}
		m.flushSeen(now, c)
		m.pump(now, c)
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
		m.whole(now, payload, fresh)
	}
}

// loggedIn takes the response of a login, the first or a repeated one.
func (m *Model) loggedIn(now time.Time, payload []byte) {
	m.ready, m.due = true, true
	list := wire.Get(payload, "chats")
	if m.customer() {
		m.setMe(now, wire.Get(payload, "customer"), "customer")
		m.setGreeting(wire.Get(payload, "greeting"))
		m.configured(wire.Get(payload, "__priv_dynamic_config"))
	} else {
		list = wire.Get(payload, "chats_summary")
		m.setMe(now, wire.Get(payload, "my_profile"), "agent")
	}
	if len(list) > 0 && list[0] == '[' {
		m.listed(now, payload, list)
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
			to := m.mainBut(c)
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
// one's chats, and sends nothing in the former one's name.
func (m *Model) setMe(now time.Time, raw []byte, kind string) {
	id := wire.Str(raw, "id")
	if id == "" {
		m.stats.Ignored++
		return
	}
	if m.me.id != "" && m.me.id != id {
		for _, c := range slices.Clone(m.chats) {
			m.withdraw(now, c)
			m.drop(c)
		}
		m.form.close(m)
		m.setError(nil)
	}
	for _, c := range m.chats {
		m.sign(c, id)
	}
	if is := (me{id: id, kind: kind, name: wire.Str(raw, "name")}); is != m.me {
		m.me = is
		m.patch.me = true
	}
}

// sync loads a chat's newest threads, and its users where no list had them. A
// failure is shown as that of act.
func (m *Model) sync(now time.Time, c *chat, act string) {
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
	m.call(now, "list_threads", o, call{do: doThreads, chat: c, act: act})
}

func (m *Model) fetchChat(now time.Time, c *chat) {
	var o wire.Object
	o.Str("chat_id", c.id)
	c.syncing++
	m.call(now, "get_chat", o, call{do: doChat, chat: c})
}

func (m *Model) call(now time.Time, action string, payload wire.Object, c call) {
	id := m.s.Call(now, action, payload.Bytes(), session.CallOptions{Durable: c.item != nil, Unsure: c.item != nil && c.item.again})
	m.calls[id] = c
}

// answered takes the end of one of the model's own calls.
func (m *Model) answered(now time.Time, c call, out session.Output) {
	for c.chat != nil && c.chat.into != nil {
		c.chat = c.chat.into
	}
	payload := out.Payload
	if out.Err == nil && !wire.Valid(payload) {
		payload = nil
	}
	switch c.do {
	case doSend, doStart, doResume:
		m.delivered(now, c, payload, out)
		return
	case doForm:
		m.formCame(c, payload, out.Err)
		return
	case doThreads, doChat:
		c.chat.syncing--
		c.chat.readAgain(now, c.act, out.Err)
	case doOlder:
		c.chat.loading, c.chat.dirty = false, true
	case doSeen:
		c.chat.seenDue = c.chat.seenDue || out.Err != nil && (out.Err.Type == session.ErrConnectionLost || out.Err.Type == session.ErrTimeout)
	case doRate:
		if out.Err != nil && c.chat.thread == c.thread {
			c.chat.rating, c.chat.dirty = c.rating, true
		}
	}
	m.judge(c, out.Err)
	if out.Err != nil || c.chat == nil || c.chat.gone {
		return
	}
	switch c.do {
	case doThreads:
		m.newest(c.chat, payload)
	case doOlder:
		m.olderCame(c, payload)
	case doChat:
		m.whole(now, payload, fresh)
	case doClose:
		if c.chat.thread == c.thread {
			m.deactivate(c.chat)
		}
	}
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
