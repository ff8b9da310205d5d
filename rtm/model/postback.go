package model

import (
	"bytes"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// postbackCame notes who has a button of a rich message toggled, as the server
// does: the event says so from then on.
func (m *Model) postbackCame(_ time.Time, c *chat, payload []byte) bool {
	user, button := wire.Str(payload, "user_id"), wire.Str(payload, "postback", "id")
	on, ok := wire.Bool(wire.Get(payload, "postback", "toggled"))
	if user == "" || button == "" || !ok {
		return false
	}
	it := c.byEvent[wire.Str(payload, "event_id")]
	if it == nil || it.deleted {
		return true
	}
	raw := mapButtons(it.raw, func(b []byte) []byte {
		if wire.Str(b, "postback_id") != button {
			return b
		}
		return with(b, "user_ids", toggled(wire.Get(b, "user_ids"), user, on))
	})
	if !bytes.Equal(raw, it.raw) {
		it.raw = raw
		m.changed(it)
	}
	return true
}

// sameButToggles reports whether two events differ at most in who has which
// button toggled.
func sameButToggles(a, b []byte) bool {
	none := func(b []byte) []byte { return with(b, "user_ids", []byte("[]")) }
	return bytes.Equal(mapButtons(a, none), mapButtons(b, none))
}

// mapButtons returns the event with each button of its elements replaced.
func mapButtons(event []byte, fn func(button []byte) []byte) []byte {
	elements := wire.Get(event, "elements")
	if !isArray(elements) {
		return event
	}
	return with(event, "elements", mapped(elements, func(element []byte) []byte {
		buttons := wire.Get(element, "buttons")
		if !isArray(buttons) {
			return element
		}
		return with(element, "buttons", mapped(buttons, fn))
	}))
}

// toggled returns a list of users with one put in at its end, or taken out.
func toggled(users []byte, user string, on bool) []byte {
	quoted := wire.AppendString(nil, user)
	out := []byte{'['}
	for raw := range wire.Elements(users) {
		if s, _ := wire.String(raw); s != user {
			out = append(wire.AppendComma(out), raw...)
		}
	}
	if on {
		out = append(wire.AppendComma(out), quoted...)
	}
	return append(out, ']')
}

func isArray(raw []byte) bool { return len(raw) > 0 && raw[0] == '[' }

// mapped returns the array with fn of each of its objects.
func mapped(array []byte, fn func([]byte) []byte) []byte {
	out := []byte{'['}
	for raw := range wire.Elements(array) {
		if wire.IsObject(raw) {
			raw = fn(raw)
		}
		out = append(wire.AppendComma(out), raw...)
	}
	return append(out, ']')
}

// with returns the object with a member replaced where it stands, or put at its
// end.
func with(object []byte, name string, raw []byte) []byte {
	var o wire.Object
	o.Raw(name, raw)
	return overlay(object, o.Bytes(), 1)
}
