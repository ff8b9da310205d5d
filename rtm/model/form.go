package model

import (
	"slices"
	"strconv"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// form is the blank form that a screen asked for.
type form struct {
	n     int    // counts those asked for
	kind  string // prechat, postchat or ticket; "" when there is none
	group int64
	state string // loading, ready, disabled or failed
	raw   []byte // with ready
	err   *session.Error
}

// open asks the server for a form.
func (f *form) open(m *Model, now time.Time, kind string, group int64) {
	*f = form{n: f.n + 1, kind: kind, group: group, state: "loading"}
	m.patch.form = true
	var o wire.Object
	o.Int("group_id", group)
	o.Str("type", kind)
	m.call(now, "get_form", o, call{do: doForm, form: f.n})
}

// close takes the form away.
func (f *form) close(m *Model) {
	if f.kind != "" {
		*f = form{n: f.n}
		m.patch.form = true
	}
}

func (m *Model) formCame(c call, payload []byte, err *session.Error) {
	f := &m.form
	if f.n != c.form || f.kind == "" {
		return
	}
	m.patch.form = true
	enabled, ok := wire.Bool(wire.Get(payload, "enabled"))
	raw := wire.Get(payload, "form")
	switch {
	case err != nil:
		f.state, f.err = "failed", err
	case ok && !enabled:
		f.state = "disabled"
	case !wire.IsObject(raw):
		m.stats.Ignored++
		f.state, f.err = "failed", &session.Error{Type: "internal", Message: "the server answered without a form"}
	default:
		f.state, f.raw = "ready", slices.Clone(raw)
	}
}

// submit sends a filled form, as an event of its own or as the first of a chat.
func (m *Model) submit(now time.Time, c *chat, id string, fields []byte) {
	var o wire.Object
	o.Str("form_id", id)
	o.Raw("fields", fields)
	own := m.form.raw != nil && wire.Str(m.form.raw, "id") == id
	attach := own && m.form.kind == "postchat"
	if own {
		m.form.close(m)
	}
	m.enqueue(now, m.orDraft(now, c), &item{attach: attach}, "filled_form", o)
}

func (f *form) append(b []byte) []byte {
	if f.kind == "" {
		return append(b, "null"...)
	}
	b = append(b, `{"type":`...)
	b = wire.AppendString(b, f.kind)
	b = append(b, `,"group":`...)
	b = strconv.AppendInt(b, f.group, 10)
	b = append(b, `,"state":"`...)
	b = append(b, f.state...)
	b = append(b, '"')
	if f.raw != nil {
		b = append(b, `,"form":`...)
		b = append(b, f.raw...)
	}
	b = appendError(b, f.err)
	return append(b, '}')
}
