package customer

import (
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
)

// newPush returns an empty push of the action, nil for one without a type.
func newPush(action string) rtm.Push {
	switch action {
	case "incoming_chat":
		return new(IncomingChat)
	case "chat_deactivated":
		return new(ChatDeactivated)
	case "chat_transferred":
		return new(ChatTransferred)
	case "user_added_to_chat":
		return new(UserAddedToChat)
	case "user_removed_from_chat":
		return new(UserRemovedFromChat)
	case "incoming_event":
		return new(IncomingEvent)
	case "incoming_typing_indicator":
		return new(IncomingTypingIndicator)
	case "events_marked_as_seen":
		return new(EventsMarkedAsSeen)
	case "customer_updated":
		return new(CustomerUpdated)
	case "customer_disconnected":
		return new(CustomerDisconnected)
	case "groups_status_updated":
		return new(GroupsStatusUpdated)
	case "queue_position_updated":
		return new(QueuePositionUpdated)
	}
	return nil
}

// IncomingChat is a chat that got a new thread. Initial events are in it.
type IncomingChat struct {
	RequesterID rtm.UserID `json:"requester_id,omitempty"`
	Chat        Chat       `json:"chat"`
}

// ChatDeactivated is the end of the active thread.
type ChatDeactivated struct {
	ChatID   rtm.ChatID   `json:"chat_id"`
	ThreadID rtm.ThreadID `json:"thread_id"`
	UserID   rtm.UserID   `json:"user_id,omitempty"` // "" when the server closed it
}

// ChatTransferred is a chat that went to another group or agent.
type ChatTransferred struct {
	ChatID        rtm.ChatID         `json:"chat_id"`
	ThreadID      rtm.ThreadID       `json:"thread_id,omitempty"`
	Reason        string             `json:"reason,omitempty"` // manual, inactive, assigned, unassigned, other
	RequesterID   rtm.UserID         `json:"requester_id,omitempty"`
	TransferredTo rtm.TransferTarget `json:"transferred_to"`
	Queue         *rtm.Queue         `json:"queue,omitempty"`
}

// UserAddedToChat is someone who joined.
type UserAddedToChat struct {
	ChatID      rtm.ChatID   `json:"chat_id"`
	ThreadID    rtm.ThreadID `json:"thread_id,omitempty"`
	User        User         `json:"user"`
	Reason      string       `json:"reason"`
	RequesterID rtm.UserID   `json:"requester_id,omitempty"`
}

// UserRemovedFromChat is someone who left.
type UserRemovedFromChat struct {
	ChatID      rtm.ChatID   `json:"chat_id"`
	ThreadID    rtm.ThreadID `json:"thread_id,omitempty"`
	UserID      rtm.UserID   `json:"user_id"`
	Reason      string       `json:"reason"`
	RequesterID rtm.UserID   `json:"requester_id,omitempty"`
}

// IncomingEvent is a new event, one's own included.
type IncomingEvent struct {
	ChatID   rtm.ChatID   `json:"chat_id"`
	ThreadID rtm.ThreadID `json:"thread_id"`
	Event    Event        `json:"event"`
}

// IncomingTypingIndicator is an agent who types, or has stopped.
type IncomingTypingIndicator struct {
	ChatID          rtm.ChatID      `json:"chat_id"`
	ThreadID        rtm.ThreadID    `json:"thread_id"`
	TypingIndicator TypingIndicator `json:"typing_indicator"`
}

// TypingIndicator says who types.
type TypingIndicator struct {
	AuthorID  rtm.UserID `json:"author_id"`
	Timestamp int64      `json:"timestamp"` // Unix seconds
	IsTyping  bool       `json:"is_typing"`
}

// EventsMarkedAsSeen is a seen mark that moved.
type EventsMarkedAsSeen struct {
	UserID   rtm.UserID `json:"user_id"`
	ChatID   rtm.ChatID `json:"chat_id"`
	SeenUpTo time.Time  `json:"seen_up_to"`
}

// CustomerUpdated holds what changed of the customer's own data.
type CustomerUpdated struct {
	ID            rtm.CustomerID      `json:"id"`
	Name          string              `json:"name,omitempty"`
	Email         string              `json:"email,omitempty"`
	Avatar        string              `json:"avatar,omitempty"`
	PhoneNumber   string              `json:"phone_number,omitempty"`
	SessionFields []map[string]string `json:"session_fields,omitempty"`
}

// CustomerDisconnected announces that the server closes the connection.
type CustomerDisconnected struct {
	Reason rtm.DisconnectReason `json:"reason"`
}

// GroupsStatusUpdated holds the groups whose availability changed.
type GroupsStatusUpdated struct {
	Groups []rtm.GroupStatus `json:"groups"`
}

// QueuePositionUpdated is the new place of a chat that waits.
type QueuePositionUpdated struct {
	ChatID   rtm.ChatID   `json:"chat_id"`
	ThreadID rtm.ThreadID `json:"thread_id"`
	Queue    rtm.Queue    `json:"queue"`
}

func (*IncomingChat) Action() string            { return "incoming_chat" }
func (*ChatDeactivated) Action() string         { return "chat_deactivated" }
func (*ChatTransferred) Action() string         { return "chat_transferred" }
func (*UserAddedToChat) Action() string         { return "user_added_to_chat" }
func (*UserRemovedFromChat) Action() string     { return "user_removed_from_chat" }
func (*IncomingEvent) Action() string           { return "incoming_event" }
func (*IncomingTypingIndicator) Action() string { return "incoming_typing_indicator" }
func (*EventsMarkedAsSeen) Action() string      { return "events_marked_as_seen" }
func (*CustomerUpdated) Action() string         { return "customer_updated" }
func (*CustomerDisconnected) Action() string    { return "customer_disconnected" }
func (*GroupsStatusUpdated) Action() string     { return "groups_status_updated" }
func (*QueuePositionUpdated) Action() string    { return "queue_position_updated" }
