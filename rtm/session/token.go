package session

import (
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

const (
	renewAgain  = time.Minute // after the host could not get a token ahead of time
	sideStorage = "customer_side_storage"
)

// renewToken asks for a token before the present one expires.
func (s *Session) renewToken(now time.Time) {
	if l := &s.login; due(l.renewAt, now) && s.authorized() {
		l.renewAt = time.Time{}
		if !l.asked {
			l.asked = true
			s.emit(Output{Kind: NeedToken, Fresh: true})
		}
	}
}

// renewed lets the connection live on with a token that came ahead of time.
// Only agents can say so to the server; a customer's connection is ended when
// its token expires, and logs in again with the new one.
func (s *Session) renewed() {
	if !s.authorized() || s.cfg.API != Agent {
		return
	}
	var o wire.Object
	o.Str("token", s.login.token)
	s.ask("update_session", o.Bytes(), nil)
}

// keepStorage keeps what the server wants to see again at each login.
func (s *Session) keepStorage(storage []byte) {
	if wire.IsObject(storage) {
		s.storage = storage
		s.emit(Output{Kind: Stored, Key: sideStorage, Value: storage})
	}
}
