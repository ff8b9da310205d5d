package agent

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
	case "incoming_sneak_peek":
		return new(IncomingSneakPeek)
	case "incoming_customers":
		return new(IncomingCustomers)
	case "incoming_customer":
		return new(IncomingCustomer)
	case "customer_updated":
		return new(CustomerUpdated)
	case "customer_left":
		return new(CustomerLeft)
	case "routing_status_set":
		return new(RoutingStatusSet)
	case "agent_disconnected":
		return new(AgentDisconnected)
	case "queue_positions_updated":
		return new(QueuePositionsUpdated)
	case "groups_status_updated":
		return new(GroupsStatusUpdated)
	}
	return nil
}

// IncomingChat is a chat that got a new thread. Initial events are in it.
type IncomingChat struct {
	RequesterID     rtm.UserID          `json:"requester_id,omitempty"`
	Chat            Chat                `json:"chat"`
	TransferredFrom *rtm.TransferTarget `json:"transferred_from,omitempty"`
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

// IncomingTypingIndicator is another agent who types, or has stopped.
type IncomingTypingIndicator struct {
	ChatID          rtm.ChatID      `json:"chat_id"`
	ThreadID        rtm.ThreadID    `json:"thread_id"`
	TypingIndicator TypingIndicator `json:"typing_indicator"`
}

// TypingIndicator says who types.
type TypingIndicator struct {
	AuthorID   rtm.UserID `json:"author_id"`
	Visibility string     `json:"visibility"` // all, or agents
	Timestamp  int64      `json:"timestamp"`  // Unix seconds
	IsTyping   bool       `json:"is_typing"`
}

// EventsMarkedAsSeen is a seen mark that moved.
type EventsMarkedAsSeen struct {
	UserID   rtm.UserID `json:"user_id"`
	ChatID   rtm.ChatID `json:"chat_id"`
	SeenUpTo time.Time  `json:"seen_up_to"`
}

// IncomingSneakPeek is what a customer types now.
type IncomingSneakPeek struct {
	ChatID    rtm.ChatID   `json:"chat_id"`
	ThreadID  rtm.ThreadID `json:"thread_id"`
	SneakPeek SneakPeek    `json:"sneak_peek"`
}

// SneakPeek is an unfinished text.
type SneakPeek struct {
	AuthorID  rtm.UserID `json:"author_id"`
	Text      string     `json:"text"`
	Timestamp int64      `json:"timestamp"` // Unix seconds
}

// IncomingCustomers holds the customers the agent knows of after login.
type IncomingCustomers struct {
	CustomerMonitoringLevel string `json:"customer_monitoring_level"`
	Customers               []User `json:"customers"`
}

// IncomingCustomer is a customer who became available to the agent.
type IncomingCustomer struct{ User }

// CustomerUpdated holds what changed of a customer's data.
type CustomerUpdated struct {
	ID            rtm.CustomerID      `json:"id"`
	Name          string              `json:"name,omitempty"`
	Email         string              `json:"email,omitempty"`
	Avatar        string              `json:"avatar,omitempty"`
	PhoneNumber   string              `json:"phone_number,omitempty"`
	SessionFields []map[string]string `json:"session_fields,omitempty"`
}

// CustomerLeft is a customer who left the site.
type CustomerLeft struct {
	ID     rtm.CustomerID `json:"id"`
	LeftAt time.Time      `json:"left_at"`
}

// RoutingStatusSet is a routing status that changed.
type RoutingStatusSet struct {
	AgentID rtm.AgentID `json:"agent_id"`
	Status  string      `json:"status"`
}

// AgentDisconnected announces that the server closes the connection.
type AgentDisconnected struct {
	Reason rtm.DisconnectReason `json:"reason"`
}

// QueuePositionsUpdated holds the new places of chats that wait.
type QueuePositionsUpdated []QueuePosition

// QueuePosition is the place of a chat that waits.
type QueuePosition struct {
	ChatID   rtm.ChatID   `json:"chat_id"`
	ThreadID rtm.ThreadID `json:"thread_id"`
	Queue    rtm.Queue    `json:"queue"`
}

// GroupsStatusUpdated holds the groups whose availability changed.
type GroupsStatusUpdated struct {
	Groups []rtm.GroupStatus `json:"groups"`
}

func (*IncomingChat) Action() string            { return "incoming_chat" }
func (*ChatDeactivated) Action() string         { return "chat_deactivated" }
func (*ChatTransferred) Action() string         { return "chat_transferred" }
func (*UserAddedToChat) Action() string         { return "user_added_to_chat" }
func (*UserRemovedFromChat) Action() string     { return "user_removed_from_chat" }
func (*IncomingEvent) Action() string           { return "incoming_event" }
func (*IncomingTypingIndicator) Action() string { return "incoming_typing_indicator" }
func (*EventsMarkedAsSeen) Action() string      { return "events_marked_as_seen" }
func (*GroupsStatusUpdated) Action() string     { return "groups_status_updated" }
func (*IncomingSneakPeek) Action() string       { return "incoming_sneak_peek" }
func (*IncomingCustomers) Action() string       { return "incoming_customers" }
func (*IncomingCustomer) Action() string        { return "incoming_customer" }
func (*CustomerUpdated) Action() string         { return "customer_updated" }
func (*CustomerLeft) Action() string            { return "customer_left" }
func (*RoutingStatusSet) Action() string        { return "routing_status_set" }
func (*AgentDisconnected) Action() string       { return "agent_disconnected" }
func (*QueuePositionsUpdated) Action() string   { return "queue_positions_updated" }
