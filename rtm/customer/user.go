package customer

import (
	"bytes"
	"encoding/json"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/internal/codec"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// User is someone in a chat: a *[CustomerUser], an *[AgentUser], or an
// *[UnknownUser] of a type that this version does not know.
type User interface {
	Base() UserBase // what all users have
	json.Marshaler
	append(b []byte) []byte
}

// DecodeUser decodes a user.
func DecodeUser(data []byte) (User, error) {
	d := wire.NewDecoder(data)
	user := decodeUser(&d)
	return user, d.Err()
}

func decodeUser(d *wire.Decoder) User {
	if d.Null() {
		return nil
	}
	switch string(d.Peek("type")) {
	case `"customer"`:
		return variant[CustomerUser](d)
	case `"agent"`:
		return variant[AgentUser](d)
	}
	return variant[UnknownUser](d)
}

func appendUser(b []byte, u User) []byte {
	if u == nil {
		return append(b, "null"...)
	}
	return u.append(b)
}

// UnknownUser is a user of a type that this version does not know.
type UnknownUser struct {
	JSON json.RawMessage // the whole user
}

// Base returns those of the common fields that the user has.
func (u *UnknownUser) Base() UserBase {
	present, _ := wire.Bool(wire.Get(u.JSON, "present"))
	seen, _ := wire.Time(wire.Get(u.JSON, "events_seen_up_to"))
	return UserBase{
		ID: rtm.UserID(wire.Str(u.JSON, "id")), Type: UserType(wire.Str(u.JSON, "type")), Present: present, EventsSeenUpTo: seen,
	}
}

// MarshalJSON returns the user as it came.
func (u UnknownUser) MarshalJSON() ([]byte, error) { return u.append(nil), nil }

func (u *UnknownUser) append(b []byte) []byte { return wire.AppendRaw(b, u.JSON) }

func (u *UnknownUser) decode(d *wire.Decoder) { u.JSON = clone(d.RawObject()) }

// variant decodes one variant of a union. What is no object is refused, and
// comes out empty.
func variant[T any, P interface {
	*T
	decode(*wire.Decoder)
}](d *wire.Decoder) P {
	v := P(new(T))
	v.decode(d)
	return v
}

func clone(raw []byte) json.RawMessage { return bytes.Clone(raw) }

// properties reads what may not be there.
func properties(d *wire.Decoder) rtm.Properties {
	if d.Err() != nil {
		return nil
	}
	return codec.Properties(d)
}
