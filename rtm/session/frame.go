package session

import (
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// Receive takes one text frame. The session keeps parts of it: the caller must
// not change it afterwards.
func (s *Session) Receive(now time.Time, frame []byte) {
	now = s.input("receive", now, recRaw("frame", frame))
	if !s.connected() {
		return
	}
	s.stats.Frames++
	s.alive()
	if !wire.Valid(frame) || !wire.IsObject(frame) {
		s.stats.Malformed++
		s.report("a frame that is no JSON object")
	} else {
		s.receive(now, frame)
	}
	s.schedule(now)
}

func (s *Session) receive(now time.Time, frame []byte) {
	var id, action, version string
	var success bool
	var kind, payload []byte
	for name, raw := range wire.RawMembers(frame) {
		switch string(name) {
		case `"request_id"`:
			id, _ = wire.String(raw)
		case `"action"`:
			action, _ = wire.String(raw)
		case `"type"`:
			kind = raw
		case `"version"`:
			if version = s.cfg.Version; !isString(raw, version) {
				version, _ = wire.String(raw)
			}
		case `"success"`:
			success, _ = wire.Bool(raw)
		case `"payload"`:
			payload = raw
		}
	}
	switch {
	case isString(kind, "push") && action != "":
		s.pushed(now, Output{Kind: Pushed, Action: action, RequestID: id, Version: version, Payload: payload})
	case isString(kind, "response"):
		s.answered(now, id, payload, success)
	default:
		s.stats.Malformed++
		s.report("a frame that is neither response nor push")
	}
}

// isString reports whether raw is s, quoted and without escapes, as every
// server writes it.
func isString(raw []byte, s string) bool {
	return len(raw) == len(s)+2 && raw[0] == '"' && string(raw[1:len(raw)-1]) == s
}

func (s *Session) answered(now time.Time, id string, payload []byte, success bool) {
	n, ok := wire.Int([]byte(id))
	c := s.inflight[CallID(n)]
	if !ok || n < 1 || n > int64(s.lastID) || c == nil {
		if ok && n >= 1 && n <= int64(s.lastID) {
			s.stats.Late++
		} else {
			s.stats.Unknown++
		}
		s.report("an answer to no request: request_id " + id)
		return
	}
	if c.late {
		s.stats.Late++
		s.report("a late answer to " + c.action + ": request_id " + id)
	}
	var err *Error
	if !success {
		payload, err = nil, wireError(payload)
	}
	if c == s.login.call {
		s.loggedIn(now, c, payload, err)
		return
	}
	if err == nil && !c.internal {
		s.noteAnswer(c, payload)
	}
	s.settle(c, payload, err)
	s.flush()
}

func (s *Session) pushed(now time.Time, out Output) {
	if disconnected := s.cfg.API.String() + "_disconnected"; out.Action != disconnected {
		if r := s.recovery; r != nil && len(r.held) < maxHeld {
			r.held = append(r.held, out)
		} else {
			s.deliver(out)
		}
		if out.Action == "customer_side_storage_updated" {
			s.keepStorage(wire.Get(out.Payload, "customer_side_storage"))
		}
		return
	}
	s.stats.Pushes++
	s.emit(out)
	reason, data := wire.Str(out.Payload, "reason"), wire.Get(out.Payload, "data")
	switch s.policy(reason) {
	case stopForGood:
		s.stop(reason, data)
		return
	case redirect:
		region := wire.Str(data, "region")
		if s.cfg.Server != "" || region == "" || region == s.cfg.Region {
			s.stop(reason, data)
			return
		}
		s.cfg.Region = region
	}
	if reason == "" {
		reason = ErrConnectionLost
	}
	s.hangUp(now, closeNormal, reason)
}

func (s *Session) report(what string) { s.emit(Output{Kind: Reported, Reason: what}) }

// random is splitmix64: small, and the same everywhere.
func (s *Session) random() uint64 {
	s.rand += 0x9e3779b97f4a7c15
	z := s.rand
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
