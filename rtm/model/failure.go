package model

import (
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// failure is what became of an act that the server refused, or that got no
// answer. It is shown until it is dismissed or the same act succeeds.
type failure struct {
	act string
	err *session.Error
}

// judge shows how a call that stands for an act ended.
func (m *Model) judge(c call, err *session.Error) {
	switch {
	case err == nil && c.act == "":
	case err != nil && (c.act == "" || c.chat != nil && c.chat.gone && c.chat.id != ""):
		m.stats.Failed++
	case c.chat == nil || c.chat.gone || c.chat.id == "":
		if err != nil {
			m.setError(&failure{act: c.act, err: err})
		} else if m.err != nil && m.err.act == c.act {
			m.setError(nil)
		}
	case err != nil:
		c.chat.err, c.chat.dirty = &failure{act: c.act, err: err}, true
	case c.chat.err != nil && c.chat.err.act == c.act:
		c.chat.err, c.chat.dirty = nil, true
	}
}

func (m *Model) setError(f *failure) {
	if f != m.err {
		m.err, m.patch.err = f, true
	}
}

// dismiss takes away the error of a chat, nil for the one about none.
func (m *Model) dismiss(c *chat) {
	if c == nil {
		m.setError(nil)
	} else if c.err != nil {
		c.err, c.dirty = nil, true
	}
}

func (f *failure) append(b []byte) []byte {
	if f == nil {
		return append(b, "null"...)
	}
	b = append(b, `{"act":`...)
	b = wire.AppendString(b, f.act)
	b = append(b, `,"type":`...)
	b = wire.AppendString(b, f.err.Type)
	b = append(b, `,"message":`...)
	b = wire.AppendString(b, f.err.Message)
	return append(b, '}')
}
