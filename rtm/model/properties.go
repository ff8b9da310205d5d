package model

import (
	"strconv"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// rating is what the customer thought of a thread.
type rating struct {
	scored  bool
	score   int64
	comment string
}

func parseRating(raw []byte) (r rating) {
	r.score, r.scored = wire.Int(wire.Get(raw, "score"))
	r.comment = wire.Str(raw, "comment")
	return r
}

func (r rating) append(b []byte) []byte {
	b = append(b, '{')
	if r.scored {
		b = append(b, `"score":`...)
		b = strconv.AppendInt(b, r.score, 10)
	}
	if r.comment != "" {
		if r.scored {
			b = append(b, ',')
		}
		b = append(b, `"comment":`...)
		b = wire.AppendString(b, r.comment)
	}
	return append(b, '}')
}

// rate gives the chat's newest thread a rating; an empty one takes it back.
func (m *Model) rate(now time.Time, c *chat, r rating) {
	was := c.rating
	if c.thread == "" || r == was {
		return
	}
	var o, properties wire.Object
	o.Str("chat_id", c.id)
	o.Str("thread_id", c.thread)
	to := call{do: doRate, chat: c, thread: c.thread, rating: was, act: "rate"}
	c.rating, c.dirty = r, true
	if r == (rating{}) {
		properties.Raw("rating", []byte(`["score","comment"]`))
		o.Raw("properties", properties.Bytes())
		m.call(now, "delete_thread_properties", o, to)
		return
	}
	var values wire.Object
	if r.scored {
		values.Int("score", r.score)
	}
	values.Str("comment", r.comment)
	properties.Raw("rating", values.Bytes())
	o.Raw("properties", properties.Bytes())
	m.call(now, "update_thread_properties", o, to)
}

func (m *Model) threadPropertiesUpdated(_ time.Time, c *chat, payload []byte) bool {
	if changed := wire.Get(payload, "properties", "rating"); changed != nil && wire.Str(payload, "thread_id") == c.thread {
		r := parseRating(changed)
		if r.scored {
			c.rating.scored, c.rating.score = true, r.score
		}
		if wire.Get(changed, "comment") != nil {
			c.rating.comment = r.comment
		}
		c.dirty = true
	}
	return wire.IsObject(wire.Get(payload, "properties"))
}

func (m *Model) threadPropertiesDeleted(_ time.Time, c *chat, payload []byte) bool {
	if wire.Str(payload, "thread_id") == c.thread {
		for raw := range wire.Elements(wire.Get(payload, "properties", "rating")) {
			switch name, _ := wire.String(raw); name {
			case "score":
				c.rating.score, c.rating.scored = 0, false
			case "comment":
				c.rating.comment = ""
			}
			c.dirty = true
		}
	}
	return wire.IsObject(wire.Get(payload, "properties"))
}

func (m *Model) eventPropertiesUpdated(_ time.Time, c *chat, payload []byte) bool {
	changed := wire.Get(payload, "properties")
	if !wire.IsObject(changed) {
		return false
	}
	if it := c.byEvent[wire.Str(payload, "event_id")]; it != nil && !it.deleted {
		var o wire.Object
		o.Raw("properties", changed)
		it.raw = overlay(it.raw, o.Bytes(), 3)
		m.changed(it)
	}
	return true
}

func (m *Model) eventPropertiesDeleted(_ time.Time, c *chat, payload []byte) bool {
	names := wire.Get(payload, "properties")
	if !wire.IsObject(names) {
		return false
	}
	it := c.byEvent[wire.Str(payload, "event_id")]
	if it == nil || it.deleted {
		return true
	}
	var properties wire.Object
	for namespace, values := range wire.Members(wire.Get(it.raw, "properties")) {
		var left wire.Object
		for name, raw := range wire.Members(values) {
			if !listed(wire.Get(names, namespace), name) {
				left.Raw(name, raw)
			}
		}
		properties.Raw(namespace, left.Bytes())
	}
	var o wire.Object
	o.Raw("properties", properties.Bytes())
	it.raw = overlay(it.raw, o.Bytes(), 1)
	m.changed(it)
	return true
}

// listed reports whether an array of strings has the name.
func listed(list []byte, name string) bool {
	for raw := range wire.Elements(list) {
		if s, ok := wire.String(raw); ok && s == name {
			return true
		}
	}
	return false
}

// overlay returns the object under with the members of over put in, at depth
// above 1 into the objects that they are.
func overlay(under, over []byte, depth int) []byte {
	var o wire.Object
	for name, raw := range wire.Members(under) {
		if with := wire.Get(over, name); with != nil {
			if raw = with; depth > 1 && wire.IsObject(with) {
				raw = overlay(wire.Get(under, name), with, depth-1)
			}
		}
		o.Raw(name, raw)
	}
	for name, raw := range wire.Members(over) {
		if wire.Get(under, name) == nil {
			o.Raw(name, raw)
		}
	}
	return o.Bytes()
}
