package rtmserver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// check fills in what follows from the rest and returns what is wrong, in a
// sentence that begins with the field. apis are those whose connections can
// match.
func (f *Fault) check() (apis [2]bool, err error) {
	bad := func(field, format string, args ...any) ([2]bool, error) {
		return apis, fmt.Errorf(field+": "+format, args...)
	}
	oneOf := func(field, value string, of []string) error {
		if slices.Contains(of, value) {
			return nil
		}
		return fmt.Errorf("%s: must be one of %s, not %s", field, strings.Join(of, ", "), quote(value))
	}
	if f.Effect == "" {
		return bad("effect", "is required: one of %s", strings.Join(effects, ", "))
	}
	if err := oneOf("effect", f.Effect, effects); err != nil {
		return apis, err
	}
	if f.API != "" {
		if err := oneOf("api", f.API, []string{"customer", "agent"}); err != nil {
			return apis, err
		}
	}
	if f.Direction == "" {
		f.Direction = f.impliedDirection()
	}
	if f.Direction != "" {
		if err := oneOf("direction", f.Direction, directions); err != nil {
			return apis, err
		}
	}

	// An API is out when it lacks what is named.
	lacking := ""
	for _, side := range []side{customerSide, agentSide} {
		if f.API != "" && f.API != side.String() {
			continue
		}
		if missing := f.lacks(side); missing != "" {
			lacking = missing
		} else {
			apis[side] = true
		}
	}
	if apis == [2]bool{} {
		where := "neither API has"
		if f.API != "" {
			where = "the " + f.API + " API does not have"
		}
		field, what, _ := strings.Cut(lacking, " ")
		return bad(field, "%s %s", where, what)
	}

	dial := f.Direction == dirDial
	switch {
	case dial && !slices.Contains(dialEffects, f.Effect):
		return bad("effect", "%s is not possible at a dial: use one of %s", f.Effect, strings.Join(dialEffects, ", "))
	case !dial && f.Effect == effectRefuse && f.Direction != dirRequest:
		return bad("direction", "must be dial, or request for those of the Web API, for the effect refuse, not %s", quote(f.Direction))
	case f.Effect == effectRefuse && slices.Contains(socketOnly[customerSide], f.Action), f.Effect == effectRefuse && slices.Contains(socketOnly[agentSide], f.Action):
		return bad("action", "a dial has none, and %s is no request of the Web API", f.Action)
	case f.Effect == effectRefuse && f.Connection != "":
		return bad("connection", "does not exist yet at a dial, nor for a request of the Web API")
	case dial && f.Action != "":
		return bad("action", "a dial has none")
	case dial && f.User != "":
		return bad("user", "is not known yet at a dial")
	case dial && f.Connection != "":
		return bad("connection", "does not exist yet at a dial")
	case f.Effect == effectError && f.Direction == dirPush:
		return bad("direction", "must be request or response for the effect error, not push")
	case f.Nth < 0:
		return bad("nth", "must not be negative")
	case f.Every < 0:
		return bad("every", "must not be negative")
	case f.Count < 0:
		return bad("count", "must not be negative")
	case f.Nth > 0 && f.Every > 0:
		return bad("every", "must not be sent together with nth")
	case !(f.Probability >= 0 && f.Probability <= 1):
		return bad("probability", "must be more than 0 and 1 at most, not %v", f.Probability)
	}
	return apis, f.checkEffect(bad)
}

// impliedDirection is the direction of a fault that names none.
func (f *Fault) impliedDirection() string {
	switch {
	case f.Effect == effectRefuse && f.Action == "":
		return dirDial
	case f.Effect == effectError, customerSide.hasAction(f.Action), agentSide.hasAction(f.Action):
		return dirRequest
	case catalogue.Customer().Push(f.Action) != nil, catalogue.Agent().Push(f.Action) != nil:
		return dirPush
	}
	return ""
}

// hasAction reports whether an API has a method, be it of the Web API alone.
func (s side) hasAction(action string) bool {
	_, web := webActions[s][action]
	return web || s.api().Method(action) != nil
}

// lacks returns what the fault names and an API does not have, after the field.
func (f *Fault) lacks(side side) string {
	api := side.api()
	method, push := side.hasAction(f.Action), api.Push(f.Action) != nil
	switch {
	case f.Action == "":
	case f.Direction == dirPush && !push:
		return "action a push " + quote(f.Action)
	case (f.Direction == dirRequest || f.Direction == dirResponse) && !method:
		return "action a method " + quote(f.Action)
	case !method && !push:
		return "action a method or push " + quote(f.Action)
	}
	if f.Error != "" && api.Error(f.Error) == nil {
		return "error an error type " + quote(f.Error)
	}
	if f.Reason != "" && !slices.ContainsFunc(api.DisconnectReasons, func(r *catalogue.DisconnectReason) bool { return r.Reason == f.Reason }) {
		return "reason a disconnect reason " + quote(f.Reason)
	}
	return ""
}

// checkEffect checks the fields that belong to effects: those that the effect
// needs are there, and no others.
func (f *Fault) checkEffect(bad func(field, format string, args ...any) ([2]bool, error)) error {
	fail := func(field, format string, args ...any) error {
		_, err := bad(field, format, args...)
		return err
	}
	for _, x := range []struct {
		field string
		set   bool
		of    []string
		must  bool
	}{
		{"delay", f.Delay != 0, []string{effectDelay, effectReorder}, f.Effect == effectDelay},
		{"corrupt", f.Corrupt != "", []string{effectCorrupt}, false},
		{"error", f.Error != "", []string{effectError}, true},
		{"message", f.Message != "", []string{effectError}, false},
		{"reason", f.Reason != "", []string{effectDisconnect}, true},
		{"data", f.Data != nil, []string{effectError, effectDisconnect}, false},
		{"code", f.Code != 0, []string{effectClose}, false},
		{"status", f.Status != 0, []string{effectRefuse}, false},
	} {
		switch belongs := slices.Contains(x.of, f.Effect); {
		case x.set && !belongs:
			return fail(x.field, "belongs to the effect %s, not to %s", strings.Join(x.of, " or "), f.Effect)
		case belongs && x.must && !x.set:
			return fail(x.field, "is required for the effect %s", f.Effect)
		}
	}
	switch {
	case f.Delay < 0 || f.Delay > maxDelay:
		return fail("delay", "must be from 0 to %v, not %v", maxDelay, f.Delay)
	case f.Corrupt != "" && !slices.Contains(damages, f.Corrupt):
		return fail("corrupt", "must be one of %s, not %s", strings.Join(damages, ", "), quote(f.Corrupt))
	case f.Code != 0 && !sendable(f.Code):
		return fail("code", "must be a close code that can be sent, such as 1001, 1011 or 4000 to 4999, not %d", f.Code)
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fail("status", "must be from 400 to 599, not %d", f.Status)
	}
	if f.Data != nil {
		var data params
		if err := decodeNumbers(f.Data, &data); err != nil || data == nil {
			return fail("data", "must be an object")
		}
	}
	return nil
}

// sendable reports whether a WebSocket may be closed with a code.
func sendable(code int) bool {
	return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006 || code >= 3000 && code <= 4999
}
