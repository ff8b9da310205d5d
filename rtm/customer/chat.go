package customer

import (
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
)

// Chat is the whole relation with the company, with one of its threads.
type Chat struct {
	ID         rtm.ChatID     `json:"id"`
	Users      []User         `json:"users"`
	Thread     *Thread        `json:"thread,omitempty"` // nil when the chat has none
	Properties rtm.Properties `json:"properties,omitempty"`
	Access     *rtm.Access    `json:"access,omitempty"`
}

// ChatSummary is an entry of a list of chats.
type ChatSummary struct {
	ID                  rtm.ChatID           `json:"id"`
	LastThreadID        rtm.ThreadID         `json:"last_thread_id,omitempty"`
	LastThreadCreatedAt time.Time            `json:"last_thread_created_at,omitzero"`
	Users               []User               `json:"users"`
	LastEventPerType    map[string]LastEvent `json:"last_event_per_type,omitempty"` // by event type
	Properties          rtm.Properties       `json:"properties,omitempty"`
	Access              *rtm.Access          `json:"access,omitempty"`
	Active              bool                 `json:"active"`
}

// LastEvent is the newest event of a type, with the thread it is in.
type LastEvent struct {
	ThreadID        rtm.ThreadID `json:"thread_id"`
	ThreadCreatedAt time.Time    `json:"thread_created_at"`
	Event           Event        `json:"event"`
}

// Thread is one conversation of a chat. Its events stand oldest first.
type Thread struct {
	ID               rtm.ThreadID   `json:"id"`
	Active           bool           `json:"active"`
	UserIDs          []rtm.UserID   `json:"user_ids"`
	Events           []Event        `json:"events,omitempty"`
	Properties       rtm.Properties `json:"properties,omitempty"`
	Access           *rtm.Access    `json:"access,omitempty"`
	Queue            *rtm.Queue     `json:"queue,omitempty"` // only while queued
	PreviousThreadID rtm.ThreadID   `json:"previous_thread_id,omitempty"`
	NextThreadID     rtm.ThreadID   `json:"next_thread_id,omitempty"`
	CreatedAt        time.Time      `json:"created_at"`
}

// User is someone in a chat: the customer or an agent.
type User struct {
	ID             rtm.UserID `json:"id"`
	Type           string     `json:"type"` // customer or agent
	Name           string     `json:"name,omitempty"`
	Email          string     `json:"email,omitempty"` // customers only
	Avatar         string     `json:"avatar,omitempty"`
	JobTitle       string     `json:"job_title,omitempty"` // agents only
	Present        bool       `json:"present"`
	EventsSeenUpTo time.Time  `json:"events_seen_up_to,omitzero"`
}

// InitialThread is what a new thread begins with.
type InitialThread struct {
	Events     []EventInput   `json:"events,omitempty"`
	Properties rtm.Properties `json:"properties,omitempty"`
}

// InitialChat is what a new chat begins with.
type InitialChat struct {
	Properties rtm.Properties `json:"properties,omitempty"`
	Access     *rtm.Access    `json:"access,omitempty"` // nil is group 0
	Thread     *InitialThread `json:"thread,omitempty"`
}

// ResumedChat names the chat to resume and what the new thread begins with.
type ResumedChat struct {
	ID         rtm.ChatID     `json:"id"`
	Properties rtm.Properties `json:"properties,omitempty"`
	Access     *rtm.Access    `json:"access,omitempty"` // nil is group 0
	Thread     *InitialThread `json:"thread,omitempty"`
}

type StartChatRequest struct {
	Chat       *InitialChat `json:"chat,omitempty"`
	Active     *bool        `json:"active,omitempty"`     // nil is true; false closes the thread at once
	Continuous bool         `json:"continuous,omitempty"` // no online group is needed
}

type StartChatResponse struct {
	ChatID   rtm.ChatID    `json:"chat_id"`
	ThreadID rtm.ThreadID  `json:"thread_id"`
	EventIDs []rtm.EventID `json:"event_ids,omitempty"` // of the initial events
}

type ResumeChatRequest struct {
	Chat       ResumedChat `json:"chat"`
	Active     *bool       `json:"active,omitempty"`     // nil is true; false closes the thread at once
	Continuous *bool       `json:"continuous,omitempty"` // nil leaves the mode as it is
}

type ResumeChatResponse struct {
	ThreadID rtm.ThreadID  `json:"thread_id"`
	EventIDs []rtm.EventID `json:"event_ids,omitempty"` // of the initial events
}

type DeactivateChatRequest struct {
	ID rtm.ChatID `json:"id"`
}

// ListChatsRequest has all fields optional. PageID goes alone.
type ListChatsRequest struct {
	Limit     int    `json:"limit,omitempty"`      // 1 to 25; 0 is 10
	SortOrder string `json:"sort_order,omitempty"` // asc or desc (the default), by creation of the last thread
	PageID    string `json:"page_id,omitempty"`
}

type ListChatsResponse struct {
	ChatsSummary   []ChatSummary `json:"chats_summary"`
	TotalChats     int           `json:"total_chats"` // an estimate
	NextPageID     string        `json:"next_page_id,omitempty"`
	PreviousPageID string        `json:"previous_page_id,omitempty"`
}

// ListThreadsRequest needs ChatID. PageID goes with ChatID alone; Limit and
// MinEventsCount exclude each other.
type ListThreadsRequest struct {
	ChatID         rtm.ChatID `json:"chat_id"`
	SortOrder      string     `json:"sort_order,omitempty"` // asc or desc (the default)
	Limit          int        `json:"limit,omitempty"`      // 1 to 100; 0 is 3
	PageID         string     `json:"page_id,omitempty"`
	MinEventsCount int        `json:"min_events_count,omitempty"` // 1 to 100
}

type ListThreadsResponse struct {
	Threads        []Thread `json:"threads"`
	FoundThreads   int      `json:"found_threads"`
	NextPageID     string   `json:"next_page_id,omitempty"`
	PreviousPageID string   `json:"previous_page_id,omitempty"`
}

type GetChatRequest struct {
	ChatID   rtm.ChatID   `json:"chat_id"`
	ThreadID rtm.ThreadID `json:"thread_id,omitempty"` // "" is the latest
}

type MarkEventsAsSeenRequest struct {
	ChatID   rtm.ChatID `json:"chat_id"`
	SeenUpTo time.Time  `json:"seen_up_to"` // created_at of the last event seen, to the microsecond
}
