package model

import (
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
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
	run := a.common(now)
	if run == nil && m.customer() {
		run = a.customers(now)
	} else if run == nil {
		run = a.agents(now)
	}
	switch {
	case run == nil:
		return &ActError{Act: act, Problem: "is no act of a screen of the " + m.s.API().String() + " API"}
	case a.err != nil:
		return a.err
	}
	run()
	return nil
}

// common returns what an act of both APIs does, nil when it is none.
func (a *arguments) common(now time.Time) (run func()) {
	m := a.m
	switch a.act {
	case "send":
		text, c, postback := a.message(), a.target(), a.object("postback")
		it := &item{key: a.optional("key")}
		if !wire.IsNull(wire.Get(a.raw, "again")) {
			it.again = a.flag("again")
		}
		return func() { m.say(now, c, it, text, postback) }
	case "seen":
		c := a.chat()
		return func() { m.markSeen(now, c) }
	case "close":
		c := a.chat()
		return func() { m.closeChat(now, c) }
	case "older":
		c := a.chat()
		if m.full(c) {
			a.fail("chat_id", "names a chat of which as much is in memory as is allowed; recent makes room")
		}
		return func() { m.older(now, c) }
	case "recent":
		c := a.chat()
		return func() { m.recent(c) }
	case "dismiss":
		var c *chat
		if !wire.IsNull(wire.Get(a.raw, "chat_id")) {
			c = a.chat()
		}
		return func() { m.dismiss(c) }
	case "retry":
		it := a.item()
		if it != nil && it.upload != nil {
			a.fail("key", "names a file that was not uploaded; upload it again")
		}
		return func() { m.retry(now, it) }
	case "discard":
		it := a.item()
		return func() { m.discard(now, it) }
	case "upload":
		c, key, name, size := a.target(), a.newKey(), a.text("name"), a.size("size")
		kind := a.optional("content_type")
		return func() { m.uploading(now, c, key, name, kind, size) }
	case "upload_progress":
		it, sent, size := a.upload(), a.size("sent"), a.size("size")
		return func() { m.uploadProgress(it, sent, size) }
	case "upload_done":
		it, url := a.upload(), a.text("url")
		if url == "" {
			a.fail("url", "is empty; it must be the address of the file")
		}
		return func() { m.uploadDone(now, it, url) }
	case "upload_failed":
		it, message := a.upload(), a.optional("message")
		return func() { m.uploadFailed(it, message) }
	}
	return nil
}

func (a *arguments) customers(now time.Time) (run func()) {
	m := a.m
	switch a.act {
	case "start":
		return func() {
			c := m.orDraft(now, m.main())
			c.open = true
			m.pump(now, c)
		}
	case "sneak_peek":
		c, text := a.chat(), a.text("text")
		return func() { m.sneakPeek(now, c, text) }
	case "update_customer":
		o := a.customer()
		return func() { m.call(now, "update_customer", o, call{act: "update_customer"}) }
	case "rate":
		c, r := a.chat(), a.rating()
		return func() { m.rate(now, c, r) }
	case "form":
		kind, group := a.text("type"), m.availability.group
		if kind != "prechat" && kind != "postchat" && kind != "ticket" {
			a.fail("type", "must be prechat, postchat or ticket")
		}
		if raw := wire.Get(a.raw, "group_id"); !wire.IsNull(raw) {
			var ok bool
			if group, ok = wire.Int(raw); !ok {
				a.fail("group_id", "must be a whole number")
			}
		}
		return func() { m.form.open(m, now, kind, group) }
	case "form_cancel":
		return func() { m.form.close(m) }
	case "submit":
		c, id, fields := a.target(), a.formID(), a.fields()
		return func() { m.submit(now, c, id, fields) }
	case "greeting_accept", "greeting_cancel":
		if m.greeting == nil {
			a.fail("", "is for a greeting, and there is none")
		}
		if a.act == "greeting_accept" {
			return func() { m.acceptGreeting(now) }
		}
		return func() { m.cancelGreeting(now) }
	}
	return nil
}

func (a *arguments) agents(now time.Time) (run func()) {
	m := a.m
	switch a.act {
	case "open":
		c := a.chat()
		return func() { m.sync(now, c, "open") }
	case "typing":
		c, is := a.chat(), a.flag("is_typing")
		return func() { m.typing(now, c, is) }
	}
	return nil
}

func (m *Model) orDraft(now time.Time, c *chat) *chat {
	switch {
	case c == nil:
		return m.draft(now)
	case m.byID[c.id] == nil:
		return m.chat(c.id)
	}
	return c
}

func (m *Model) closeChat(now time.Time, c *chat) {
	if c.id == "" || !c.active {
		return
	}
	var o wire.Object
	o.Str("id", c.id)
	m.call(now, "deactivate_chat", o, call{do: doClose, chat: c, thread: c.thread, act: "close"})
}

func (m *Model) retry(now time.Time, it *item) {
	it.state, it.err, it.turned = pending, nil, false
	m.changed(it)
	m.store(it)
	m.pump(now, it.chat)
}

func (m *Model) discard(now time.Time, it *item) {
	m.remove(it)
	m.pump(now, it.chat)
}
