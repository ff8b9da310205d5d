package model

import (
	"slices"
	"strings"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/sorting"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// storePrefix tells the model's entries from the session's.
const storePrefix = "item:"

// Stored returns what the host is to keep since the last call, in order: each
// Value under its Key in place of an earlier one; a nil Value means to forget
// the Key. It is what was typed and not handed to the session yet, or was
// refused. Nothing comes without Options.Store.
func (m *Model) Stored() []session.Entry {
	s := m.stored
	m.stored = nil
	return s
}

// ParseEntries reads entries from JSON, [{"key":…,"value":…}] with strings, for
// hosts that have no other way to hand them over.
func ParseEntries(list []byte) (entries []session.Entry, err error) {
	bad := &ActError{Act: "restore", Problem: "the entries must be a JSON list of key and value, both strings"}
	if !wire.Valid(list) || list[0] != '[' {
		return nil, bad
	}
	for raw := range wire.Elements(list) {
		key, ok := wire.String(wire.Get(raw, "key"))
		value, okValue := wire.String(wire.Get(raw, "value"))
		if !ok || !okValue {
			return nil, bad
		}
		entries = append(entries, session.Entry{Key: key, Value: []byte(value)})
	}
	return entries, nil
}

// store asks the host to keep an item.
func (m *Model) store(it *item) {
	if !m.opts.Store || it.upload != nil {
		return
	}
	if it.seq == 0 {
		m.lastSeq++
		it.seq = m.lastSeq
	}
	var o wire.Object
	o.Int("seq", it.seq)
	o.Str("chat_id", it.chat.id)
	if it.attach {
		o.Bool("attach", true)
	}
	if it.again {
		o.Bool("again", true)
	}
	o.Raw("event", it.raw)
	if it.err != nil {
		o.Raw("error", appendError(nil, it.err)[len(`,"error":`):])
	}
	it.stored = true
	m.stored = append(m.stored, session.Entry{Key: storePrefix + it.key, Value: o.Bytes()})
}

// unstore asks the host to forget an item.
func (m *Model) unstore(it *item) {
	if it.stored {
		m.stored = append(m.stored, session.Entry{Key: storePrefix + it.key})
	}
	if it.entry != "" && m.opts.Store {
		m.stored = append(m.stored, session.Entry{Key: it.entry})
	}
	it.stored, it.entry = false, ""
}

// Restore gives back what the outputs of Kind Stored and Model.Stored asked to
// keep, in any order, to the session and the model: what was not sent yet stands
// in its chat as pending, in order. The best time for it is before Start.
func (m *Model) Restore(now time.Time, entries []session.Entry) {
	var calls, items []session.Entry
	for _, e := range entries {
		switch {
		case e.Key == session.Given:
			m.restoreGiven(e.Value)
			calls = append(calls, e)
		case !strings.HasPrefix(e.Key, storePrefix):
			calls = append(calls, e)
		case wire.Valid(e.Value):
			items = append(items, e)
		}
	}
	m.s.Restore(now, slices.Clone(calls))
	calls = slices.DeleteFunc(calls, func(e session.Entry) bool { return !wire.Valid(e.Value) })
	bySeq(calls)
	bySeq(items)
	for _, e := range calls {
		m.restoreCall(now, e)
	}
	for _, e := range items {
		m.restoreItem(now, e)
	}
	for _, c := range slices.Clone(m.chats) {
		m.pump(now, c)
	}
}

func bySeq(entries []session.Entry) {
	seq := func(e session.Entry) int64 {
		n, _ := wire.Int(wire.Get(e.Value, "seq"))
		return n
	}
	sorting.Stable(entries, func(a, b session.Entry) bool { return seq(a) < seq(b) })
}

// restoreCall shows a call of the session's outbox. One that carries several
// events is shown by its first.
func (m *Model) restoreCall(now time.Time, e session.Entry) {
	payload := wire.Get(e.Value, "payload")
	_, ok := wire.Int(wire.Get(e.Value, "seq"))
	made, okTime := wire.Time(wire.Get(e.Value, "made"))
	c := call{do: doSend}
	id, ev := wire.Str(payload, "chat_id"), wire.Get(payload, "event")
	switch action := wire.Str(e.Value, "action"); action {
	case "start_chat", "resume_chat":
		c.do = doStart
		if id = ""; action == "resume_chat" {
			c.do, id = doResume, wire.Str(payload, "chat", "id")
		}
		for first := range wire.Elements(wire.Get(payload, "chat", "thread", "events")) {
			ev = first
			break
		}
	case "send_event":
	default:
		return
	}
	key := wire.Str(ev, "custom_id")
	if !ok || !okTime || key == "" || id == "" && c.do != doStart {
		return
	}
	if it := m.local[key]; it != nil {
		if !it.flying && it.state == pending { // it was said again; from now on the session answers for it
			it.flying = true
			m.unstore(it)
			c.item, c.chat = it, it.chat
			c.chat.busy++
			m.kept[e.Key] = c
		}
		return
	}
	var o wire.Object
	o.Str("custom_id", key)
	for name, raw := range wire.Members(ev) {
		if name != "custom_id" {
			o.Raw(name, raw)
		}
	}
	o.Time("created_at", made)
	c.item = &item{key: key, at: made.UnixMicro(), raw: o.Bytes(), flying: true, state: pending}
	c.chat = m.restored(now, id, c.item)
	c.chat.busy++
	m.kept[e.Key] = c
}

func (m *Model) restoreItem(now time.Time, e session.Entry) {
	ev, key := wire.Get(e.Value, "event"), strings.TrimPrefix(e.Key, storePrefix)
	seq, ok := wire.Int(wire.Get(e.Value, "seq"))
	at, okTime := wire.Time(wire.Get(ev, "created_at"))
	it := &item{key: key, at: at.UnixMicro(), raw: ev, state: pending, seq: seq, stored: m.opts.Store}
	if !ok || !okTime || key == "" || wire.Str(ev, "custom_id") != key || m.local[key] != nil {
		if twin := m.local[key]; twin == nil || !twin.stored { // else it was said again, and is stored as that
			m.unstore(it) // unfit, or handed to the session in the last moment
		}
		return
	}
	it.attach, _ = wire.Bool(wire.Get(e.Value, "attach"))
	it.again, _ = wire.Bool(wire.Get(e.Value, "again"))
	if raw := wire.Get(e.Value, "error"); wire.IsObject(raw) {
		it.state, it.err = failed, &session.Error{Type: wire.Str(raw, "type"), Message: wire.Str(raw, "message")}
	}
	m.lastSeq = max(m.lastSeq, seq)
	c := m.restored(now, wire.Str(e.Value, "chat_id"), it)
	if m.me.id != "" {
		m.sign(c, m.me.id)
	}
}

// restored puts an item that was not sent into its chat.
func (m *Model) restored(now time.Time, id string, it *item) *chat {
	c := m.byID[id]
	switch {
	case c != nil:
	case id == "":
		c = m.draft(now)
	default:
		c = m.chat(id)
	}
	it.chat, it.thread = c, c.thread
	m.local[it.key] = it
	m.patch.items++
	c.unsent = append(c.unsent, it)
	m.put(it, len(c.sent)+len(c.unsent)-1)
	return c
}

// sign makes me the author of what has none yet, and takes away what another
// person left unsent here.
func (m *Model) sign(c *chat, id string) {
	for _, it := range slices.Clone(c.unsent) {
		switch wire.Str(it.raw, "author_id") {
		case id:
		case "":
			var o wire.Object
			o.Str("author_id", id)
			it.raw = overlay(it.raw, o.Bytes(), 1)
			m.changed(it)
		default:
			if !it.flying {
				m.remove(it)
			}
		}
	}
}
