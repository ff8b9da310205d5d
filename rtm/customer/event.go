package customer

import (
	"encoding/json"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
)

// Event is an item of a thread. Which fields count depends on Type; the event
// as it came is in Raw, whatever its type.
type Event struct {
	ID                rtm.EventID       `json:"id"`
	Type              string            `json:"type"` // message, file, form, filled_form, rich_message, system_message, system, custom; others may come
	CreatedAt         time.Time         `json:"created_at"`
	AuthorID          rtm.UserID        `json:"author_id,omitempty"` // "" for what the server made
	CustomID          string            `json:"custom_id,omitempty"`
	Recipients        string            `json:"recipients,omitempty"`
	Properties        rtm.Properties    `json:"properties,omitempty"`
	Text              string            `json:"text,omitempty"`                // message, system_message
	SystemMessageType string            `json:"system_message_type,omitempty"` // system_message
	TextVars          map[string]string `json:"text_vars,omitempty"`           // system_message
	Content           json.RawMessage   `json:"content,omitempty"`             // custom

	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON decodes an event and keeps its JSON in Raw.
func (e *Event) UnmarshalJSON(data []byte) error {
	type plain Event
	if err := json.Unmarshal(data, (*plain)(e)); err != nil {
		return err
	}
	e.Raw = append(json.RawMessage(nil), data...)
	return nil
}

// EventInput is an event to send. Use Message, or fill in the fields that its
// type has.
type EventInput struct {
	Type              string            `json:"type"` // message, system_message or custom
	CustomID          string            `json:"custom_id,omitempty"`
	Recipients        string            `json:"recipients,omitempty"` // all (the default) or agents
	Properties        rtm.Properties    `json:"properties,omitempty"`
	Text              string            `json:"text,omitempty"` // at most 16 KB of UTF-8
	SystemMessageType string            `json:"system_message_type,omitempty"`
	TextVars          map[string]string `json:"text_vars,omitempty"`
	Content           any               `json:"content,omitempty"` // custom: anything that encodes as JSON
}

// Message returns a text message to send.
func Message(text string) EventInput { return EventInput{Type: "message", Text: text} }

type SendEventRequest struct {
	ChatID             rtm.ChatID `json:"chat_id"`
	Event              EventInput `json:"event"`
	AttachToLastThread bool       `json:"attach_to_last_thread,omitempty"` // of a chat without an active thread
}

type SendEventResponse struct {
	EventID rtm.EventID `json:"event_id"`
}

type SendSneakPeekRequest struct {
	ChatID        rtm.ChatID `json:"chat_id"`
	SneakPeekText string     `json:"sneak_peek_text"`
}
