package model

import (
	"slices"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// setGreeting takes the greeting that is on display, nil for none.
func (m *Model) setGreeting(raw []byte) {
	if !wire.IsObject(raw) || wire.Str(raw, "unique_id") == "" {
		raw = nil
	}
	if raw == nil && m.greeting == nil {
		return
	}
	m.greeting, m.patch.greeting = slices.Clone(raw), true
}

func (m *Model) greetingPushed(action string, payload []byte) {
	id := wire.Str(payload, "unique_id")
	switch {
	case id == "":
		m.stats.Ignored++
	case action == "incoming_greeting":
		m.setGreeting(payload)
	case m.greeting == nil || wire.Str(m.greeting, "unique_id") != id:
	case action == "greeting_accepted":
		m.greetingAccepted()
	default:
		m.setGreeting(nil)
	}
}

func (m *Model) greetingAccepted() {
	m.greeting = overlay(m.greeting, []byte(`{"accepted":true}`), 1)
	m.patch.greeting = true
}

// acceptGreeting says that the greeting was seen.
func (m *Model) acceptGreeting(now time.Time) {
	if accepted, _ := wire.Bool(wire.Get(m.greeting, "accepted")); accepted {
		return
	}
	var o wire.Object
	o.Raw("greeting_id", wire.Get(m.greeting, "id"))
	o.Raw("unique_id", wire.Get(m.greeting, "unique_id"))
	m.greetingAccepted()
	m.call(now, "accept_greeting", o, call{act: "greeting_accept"})
}

// cancelGreeting takes the greeting away.
func (m *Model) cancelGreeting(now time.Time) {
	var o wire.Object
	o.Raw("unique_id", wire.Get(m.greeting, "unique_id"))
	m.setGreeting(nil)
	m.call(now, "cancel_greeting", o, call{act: "greeting_cancel"})
}
