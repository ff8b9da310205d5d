package model

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

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
	a.fail("chat_id", "names no chat that is known here: "+wire.Quote(id))
	return &chat{}
}

// target returns the chat that a message goes to, nil to start one.
func (a *arguments) target() *chat {
	raw := wire.Get(a.raw, "chat_id")
	if id, ok := wire.String(raw); ok && id != "" && a.m.me.id == "" {
		// Before the first login no chat is known: the screen may have it from
		// a model that is gone. It becomes one of this model's in orDraft.
		if c := a.m.byID[id]; c != nil {
			return c
		}
		return &chat{id: id}
	}
	if !a.m.customer() {
		return a.chat()
	}
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
		a.fail("key", "names nothing that was sent from here: "+wire.Quote(key))
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

// optional returns a string, "" when it is absent.
func (a *arguments) optional(field string) string {
	if wire.IsNull(wire.Get(a.raw, field)) {
		return ""
	}
	return a.text(field)
}

// object returns an object of the protocol, nil when it is absent.
func (a *arguments) object(field string) []byte {
	raw := wire.Get(a.raw, field)
	if wire.IsNull(raw) {
		return nil
	}
	if !wire.IsObject(raw) {
		a.fail(field, "must be an object")
	}
	return slices.Clone(raw)
}

// size returns a number of bytes, 0 when it is absent.
func (a *arguments) size(field string) int64 {
	raw := wire.Get(a.raw, field)
	if wire.IsNull(raw) {
		return 0
	}
	n, ok := wire.Int(raw)
	if !ok || n < 0 {
		a.fail(field, "must be a number of bytes")
	}
	return n
}

// newKey returns a key that no item has yet.
func (a *arguments) newKey() string {
	key := a.text("key")
	switch {
	case key == "":
		a.fail("key", "is empty; it must be a text that names nothing else")
	case a.m.known(key):
		a.fail("key", "names another item: "+wire.Quote(key))
	}
	return key
}

// upload returns the item that key names, whose file is not uploaded yet.
func (a *arguments) upload() *item {
	key := a.text("key")
	it := a.m.local[key]
	if it == nil || it.upload == nil {
		a.fail("key", "names no file that is being uploaded: "+wire.Quote(key))
	}
	return it
}

// rating returns the rating asked for; a score of null takes it back.
func (a *arguments) rating() (r rating) {
	if raw := wire.Get(a.raw, "score"); !wire.IsNull(raw) {
		r.score, r.scored = wire.Int(raw)
		if !r.scored || r.score != 0 && r.score != 1 {
			a.fail("score", "must be 0, 1 or null")
		}
	}
	r.comment = a.optional("comment")
	return r
}

// formID returns the form that is submitted: by default the one on display.
func (a *arguments) formID() string {
	id := a.optional("form_id")
	if id == "" {
		id = wire.Str(a.m.form.raw, "id")
	}
	if id == "" {
		a.fail("form_id", "is missing, and no form with an id is open")
	}
	return id
}

func (a *arguments) fields() []byte {
	raw := wire.Get(a.raw, "fields")
	if len(raw) == 0 || raw[0] != '[' {
		a.fail("fields", "must be a list of filled fields")
	}
	for field := range wire.Elements(raw) {
		if !wire.IsObject(field) {
			a.fail("fields", "must be a list of filled fields")
		}
	}
	return slices.Clone(raw)
}
