package session

import (
	"github.com/rtmwidget/rtmwidget/rtm/internal/rules"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// Check returns what the server would refuse a request with that is not as the
// catalogue wants it, nil when there is nothing to say against it: an error of
// type unsupported_version when the session's version of the API lacks the
// action, of type validation when the payload breaks a rule. Its message is the
// server's sentence. Actions that the catalogue does not know have no rules.
//
// Payload is JSON, as in Call; a login may lack its token, which Call adds.
// Call itself does not check. Check takes no part in what the session does, so
// it may be called at any time, also concurrently.
func (s *Session) Check(action string, payload []byte) *Error {
	table := rules.Customer()
	if s.cfg.API == Agent {
		table = rules.Agent()
	}
	if problem := table.Supports(action, s.cfg.Version); problem != "" {
		return &Error{Type: "unsupported_version", Message: problem}
	}
	if action == "login" && wire.Get(payload, "token") == nil {
		var whole wire.Object
		whole.Str("token", "Bearer …")
		for name, raw := range wire.Members(payload) {
			whole.Raw(name, raw)
		}
		payload = whole.Bytes()
	}
	if problem := table.Check(action, payload); problem != "" {
		return &Error{Type: "validation", Message: problem}
	}
	return nil
}
