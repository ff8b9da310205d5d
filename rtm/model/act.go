package model

import (
	"strconv"
	"strings"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// maxText is how many bytes of UTF-8 the text of a message may have.
const maxText = 16384

// ActError says what is wrong with an act. A retry cannot help.
type ActError struct {
	Act     string
	Field   string // "" when it is the act itself
	Problem string // what is wrong, and what is allowed
}

// Error returns one sentence that names the field and its problem.
func (e *ActError) Error() string {
	if e.Field == "" {
		return "model: " + e.Act + ": " + e.Problem
	}
	return "model: " + e.Act + ": " + e.Field + " " + e.Problem
}

// Act carries out what somebody did on the screen; the package comment lists
// the acts. args is a JSON object, nil for none. The error is an *ActError when
// the act makes no sense; what becomes of a good one shows in the state.
func (m *Model) Act(now time.Time, act string, args []byte) error {
	a := arguments{m: m, act: act, raw: args}
	if len(args) > 0 && !(wire.Valid(args) && wire.IsObject(args)) {
		return &ActError{Act: act, Problem: "the arguments must be a JSON object"}
	}
	run := func() {}
	switch who := m.s.API(); {
	case act == "send":
		text := a.message()
		c := a.target()
		run = func() { m.enqueue(now, m.orDraft(now, c), text) }
	case act == "seen":
		c := a.chat()
		run = func() { m.markSeen(now, c) }
	case act == "close":
		c := a.chat()
		run = func() { m.closeChat(now, c) }
	case act == "retry":
		it := a.item()
		run = func() { m.retry(now, it) }
	case act == "discard":
		it := a.item()
		run = func() { m.discard(now, it) }
	case act == "start" && who == session.Customer:
		run = func() {
			c := m.orDraft(now, m.main())
			c.open = true
			m.pump(now, c)
		}
	case act == "sneak_peek" && who == session.Customer:
		c, text := a.chat(), a.text("text")
		run = func() { m.sneakPeek(now, c, text) }
	case act == "update_customer" && who == session.Customer:
		o := a.customer()
		run = func() { m.call(now, "update_customer", o, call{}) }
	case act == "open" && who == session.Agent:
		c := a.chat()
		run = func() { m.sync(now, c) }
	case act == "typing" && who == session.Agent:
		c, is := a.chat(), a.flag("is_typing")
		run = func() { m.typing(now, c, is) }
	default:
		a.fail("", "is no act of a screen of the "+who.String()+" API")
	}
	if a.err != nil {
		return a.err
	}
	run()
	return nil
}

func (m *Model) orDraft(now time.Time, c *chat) *chat {
	if c == nil {
		return m.draft(now)
	}
	return c
}

func (m *Model) closeChat(now time.Time, c *chat) {
	if c.id == "" || !c.active {
		return
	}
	var o wire.Object
	o.Str("id", c.id)
	m.call(now, "deactivate_chat", o, call{do: doClose, chat: c, thread: c.thread})
}

func (m *Model) retry(now time.Time, it *item) {
	it.state, it.err, it.turned = pending, nil, false
	m.changed(it)
	m.pump(now, it.chat)
}

func (m *Model) discard(now time.Time, it *item) {
	m.remove(it)
	m.pump(now, it.chat)
}

// arguments reads the members of an act's arguments and keeps the first error.
type arguments struct {
	m   *Model
	act string
	raw []byte
	err error
}

func (a *arguments) fail(field, problem string) {
	if a.err == nil {
		a.err = &ActError{Act: a.act, Field: field, Problem: problem}
	}
}

func (a *arguments) text(field string) string {
	raw := wire.Get(a.raw, field)
	s, ok := wire.String(raw)
	switch {
	case wire.IsNull(raw):
		a.fail(field, "is missing; it must be a string")
	case !ok:
		a.fail(field, "must be a string")
	}
	return s
}

func (a *arguments) message() string {
	s := a.text("text")
	switch {
	case strings.TrimSpace(s) == "":
		a.fail("text", "is empty; it must say something")
	case len(s) > maxText:
		a.fail("text", "has "+strconv.Itoa(len(s))+" bytes; at most "+strconv.Itoa(maxText)+" are allowed")
	}
	return s
}

func (a *arguments) flag(field string) bool {
	v, ok := wire.Bool(wire.Get(a.raw, field))
	if !ok {
		a.fail(field, "must be true or false")
	}
	return v
}

// chat returns the chat that chat_id names, never nil: the draft that was
// named "" a moment ago is now the customer's chat.
func (a *arguments) chat() *chat {
	id := a.text("chat_id")
	if c := a.m.byID[id]; c != nil {
		return c
	}
	if c := a.m.main(); id == "" && c != nil && a.m.customer() {
		return c
	}
	a.fail("chat_id", "names no chat that is known here: "+strconv.Quote(id))
	return &chat{}
}

// target returns the chat that a message goes to, nil to start one.
func (a *arguments) target() *chat {
	if !a.m.customer() {
		return a.chat()
	}
	raw := wire.Get(a.raw, "chat_id")
	if id, ok := wire.String(raw); wire.IsNull(raw) || ok && id == "" {
		return a.m.main()
	}
	return a.chat()
}

// item returns the item that key names. The key alone decides: its chat may
// have got its id since the screen was drawn.
func (a *arguments) item() *item {
	key := a.text("key")
	it := a.m.local[key]
	switch {
	case it == nil:
		a.fail("key", "names nothing that was sent from here: "+strconv.Quote(key))
	case it.state == sent:
		a.fail("key", "names a message that has been sent")
	case it.flying:
		a.fail("key", "names a message that is being sent")
	case it.state != failed && a.act == "retry":
		a.fail("key", "names a message that has not failed")
	}
	return it
}

func (a *arguments) customer() wire.Object {
	var o wire.Object
	n := 0
	for _, field := range [...]string{"name", "email"} {
		if raw := wire.Get(a.raw, field); !wire.IsNull(raw) {
			o.Str(field, a.text(field))
			n++
		}
	}
	if n == 0 {
		a.fail("name", "and email are missing; at least one must be there")
	}
	return o
}
