package agent

import (
	"encoding/json"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// Event is an item of a thread. Switch over its type:
//
//	switch e := push.Event.(type) {
//	case *agent.MessageEvent:
//		fmt.Println(e.Text)
//	default:
//		fmt.Println(e.Base().Type)
//	}
//
// It is a *[MessageEvent], *[FileEvent], *[RichMessageEvent], *[FormEvent],
// *[FilledFormEvent], *[SystemMessageEvent], *[SystemEvent], *[CustomEvent],
// *[AnnotationEvent], a *[DeletedEvent] of any of these types, or an
// *[UnknownEvent] of a type that this version does not know.
type Event interface {
	Base() EventBase // what all events have
	json.Marshaler
	append(b []byte) []byte
}

// DecodeEvent decodes an event.
func DecodeEvent(data []byte) (Event, error) {
	d := wire.NewDecoder(data)
	event := decodeEvent(&d)
	return event, d.Err()
}

func decodeEvent(d *wire.Decoder) Event {
	if d.Null() {
		return nil
	}
	if string(d.Peek("deleted")) == "true" && emptied(d) {
		return variant[DeletedEvent](d)
	}
	switch string(d.Peek("type")) {
	case `"message"`:
		return variant[MessageEvent](d)
	case `"file"`:
		return variant[FileEvent](d)
	case `"rich_message"`:
		return variant[RichMessageEvent](d)
	case `"form"`:
		return variant[FormEvent](d)
	case `"filled_form"`:
		return variant[FilledFormEvent](d)
	case `"system_message"`:
		return variant[SystemMessageEvent](d)
	case `"system"`:
		return variant[SystemEvent](d)
	case `"custom"`:
		return variant[CustomEvent](d)
	case `"annotation"`:
		return variant[AnnotationEvent](d)
	}
	return variant[UnknownEvent](d)
}

// emptied reports whether a deleted event comes without its content, as it does
// for agents of the normal role.
func emptied(d *wire.Decoder) bool {
	for _, content := range []string{"text", "url", "template_id", "form_id", "content", "system_message_type", "source"} {
		if d.Peek(content) != nil {
			return false
		}
	}
	return true
}

func appendEvent(b []byte, e Event) []byte {
	if e == nil {
		return append(b, "null"...)
	}
	return e.append(b)
}

// UnknownEvent is an event of a type that this version does not know.
type UnknownEvent struct {
	JSON json.RawMessage // the whole event
}

// Base returns those of the common fields that the event has.
func (e *UnknownEvent) Base() EventBase {
	created, _ := wire.Time(wire.Get(e.JSON, "created_at"))
	d := wire.NewDecoder(wire.Get(e.JSON, "properties"))
	return EventBase{
		ID: rtm.EventID(wire.Str(e.JSON, "id")), Type: EventType(wire.Str(e.JSON, "type")), CreatedAt: created,
		AuthorID: rtm.UserID(wire.Str(e.JSON, "author_id")), CustomID: wire.Str(e.JSON, "custom_id"),
		Properties: properties(&d), Visibility: Visibility(wire.Str(e.JSON, "visibility")),
	}
}

// MarshalJSON returns the event as it came.
func (e UnknownEvent) MarshalJSON() ([]byte, error) { return e.append(nil), nil }

func (e *UnknownEvent) append(b []byte) []byte { return wire.AppendRaw(b, e.JSON) }

func (e *UnknownEvent) decode(d *wire.Decoder) { e.JSON = clone(d.RawObject()) }

// EventInput is an event to send: a *[MessageInput], *[FileInput],
// *[RichMessageInput], *[FormInput], *[FilledFormInput], *[SystemMessageInput],
// *[CustomInput], or an *[UnknownInput] with any JSON.
type EventInput interface {
	json.Marshaler
	append(b []byte) []byte
	input()
}

func (*MessageInput) input()       {}
func (*FileInput) input()          {}
func (*RichMessageInput) input()   {}
func (*FormInput) input()          {}
func (*FilledFormInput) input()    {}
func (*SystemMessageInput) input() {}
func (*CustomInput) input()        {}
func (*UnknownInput) input()       {}

// Message returns a text message to send.
func Message(text string) *MessageInput { return &MessageInput{Text: text} }

// UnknownInput is an event to send that has no type here.
type UnknownInput struct {
	JSON json.RawMessage // the whole event
}

// MarshalJSON returns the JSON as it is.
func (e UnknownInput) MarshalJSON() ([]byte, error) { return e.append(nil), nil }

func (e *UnknownInput) append(b []byte) []byte { return wire.AppendRaw(b, e.JSON) }

func (e *UnknownInput) decode(d *wire.Decoder) { e.JSON = clone(d.RawObject()) }

// decodeEventInput is for reading a request back.
func decodeEventInput(d *wire.Decoder) EventInput {
	if d.Null() {
		return nil
	}
	switch string(d.Peek("type")) {
	case `"message"`:
		return variant[MessageInput](d)
	case `"file"`:
		return variant[FileInput](d)
	case `"rich_message"`:
		return variant[RichMessageInput](d)
	case `"form"`:
		return variant[FormInput](d)
	case `"filled_form"`:
		return variant[FilledFormInput](d)
	case `"system_message"`:
		return variant[SystemMessageInput](d)
	case `"custom"`:
		return variant[CustomInput](d)
	}
	return variant[UnknownInput](d)
}

func appendEventInput(b []byte, e EventInput) []byte {
	if e == nil {
		return append(b, "null"...)
	}
	return e.append(b)
}
