package agent

import (
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
)

// Chat is the whole relation with a customer, with one of its threads.
type Chat struct {
	ID         rtm.ChatID     `json:"id"`
	Users      []User         `json:"users"`
	Thread     *Thread        `json:"thread,omitempty"` // nil when the chat has none
	Properties rtm.Properties `json:"properties,omitempty"`
	Access     *rtm.Access    `json:"access,omitempty"`
	IsFollowed bool           `json:"is_followed,omitempty"`
}

// ChatSummary is an entry of a list of chats.
type ChatSummary struct {
	ID                rtm.ChatID           `json:"id"`
	Users             []User               `json:"users"`
	LastThreadSummary *LastThreadSummary   `json:"last_thread_summary,omitempty"` // nil for a chat without threads
	LastEventPerType  map[string]LastEvent `json:"last_event_per_type,omitempty"` // by event type
	Properties        rtm.Properties       `json:"properties,omitempty"`
	Access            *rtm.Access          `json:"access,omitempty"`
	IsFollowed        bool                 `json:"is_followed"`
}

// LastThreadSummary is the newest thread of a chat, without its events.
type LastThreadSummary struct {
	ID         rtm.ThreadID   `json:"id"`
	CreatedAt  time.Time      `json:"created_at"`
	UserIDs    []rtm.UserID   `json:"user_ids"`
	Properties rtm.Properties `json:"properties,omitempty"`
	Active     bool           `json:"active"`
	Access     *rtm.Access    `json:"access,omitempty"`
	Queue      *rtm.Queue     `json:"queue,omitempty"` // only while queued
	Tags       []string       `json:"tags,omitempty"`
}

// LastEvent is the newest event of a type, with the thread it is in.
type LastEvent struct {
	ThreadID         rtm.ThreadID `json:"thread_id"`
	ThreadCreatedAt  time.Time    `json:"thread_created_at"`
	Event            *Event       `json:"event,omitempty"`
	RestrictedAccess string       `json:"restricted_access,omitempty"` // why there is no Event
}

// Thread is one conversation of a chat. Its events stand oldest first.
type Thread struct {
	ID               rtm.ThreadID   `json:"id"`
	CreatedAt        time.Time      `json:"created_at"`
	Active           bool           `json:"active"`
	UserIDs          []rtm.UserID   `json:"user_ids"`
	Events           []Event        `json:"events,omitempty"`
	Properties       rtm.Properties `json:"properties,omitempty"`
	Access           *rtm.Access    `json:"access,omitempty"`
	RestrictedAccess string         `json:"restricted_access,omitempty"` // why there are no Events
	Tags             []string       `json:"tags,omitempty"`
	Queue            *rtm.Queue     `json:"queue,omitempty"` // only while queued
	PreviousThreadID rtm.ThreadID   `json:"previous_thread_id,omitempty"`
	NextThreadID     rtm.ThreadID   `json:"next_thread_id,omitempty"`
}

// User is someone in a chat: a customer or an agent.
type User struct {
	ID             rtm.UserID          `json:"id"`   // an agent's e-mail address, a customer's UUID
	Type           string              `json:"type"` // customer or agent
	Name           string              `json:"name,omitempty"`
	Email          string              `json:"email,omitempty"`
	Avatar         string              `json:"avatar,omitempty"`
	Present        bool                `json:"present,omitempty"`
	EventsSeenUpTo time.Time           `json:"events_seen_up_to,omitzero"`
	Visibility     string              `json:"visibility,omitempty"`     // agents only: all, or agents for a supervisor
	SessionFields  []map[string]string `json:"session_fields,omitempty"` // customers only
	Online         bool                `json:"online,omitempty"`         // customers only
}

// InitialUser is someone to add to a new thread.
type InitialUser struct {
	ID   rtm.UserID `json:"id"`
	Type string     `json:"type"` // customer or agent
}

// InitialThread is what a new thread begins with.
type InitialThread struct {
	Events     []EventInput   `json:"events,omitempty"`
	Properties rtm.Properties `json:"properties,omitempty"`
}

// ResumedChat names the chat to resume and what the new thread begins with.
type ResumedChat struct {
	ID         rtm.ChatID     `json:"id"`
	Properties rtm.Properties `json:"properties,omitempty"`
	Access     *rtm.Access    `json:"access,omitempty"` // nil is group 0
	Users      []InitialUser  `json:"users,omitempty"`  // beside the agent: at most 4 agents and 1 customer
	Thread     *InitialThread `json:"thread,omitempty"`
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
	ID                      rtm.ChatID `json:"id"`
	IgnoreRequesterPresence bool       `json:"ignore_requester_presence,omitempty"` // the agent need not be in the chat
}

// ListChatsRequest has all fields optional. PageID goes alone.
type ListChatsRequest struct {
	Filters   *ListChatsFilters `json:"filters,omitempty"`
	SortOrder string            `json:"sort_order,omitempty"` // asc or desc (the default), by creation of the last thread
	Limit     int               `json:"limit,omitempty"`      // 1 to 100; 0 is 10
	PageID    string            `json:"page_id,omitempty"`
}

// ListChatsFilters narrows a list of chats.
type ListChatsFilters struct {
	Active                     *bool         `json:"active,omitempty"`                        // nil is both
	IncludeChatsWithoutThreads *bool         `json:"include_chats_without_threads,omitempty"` // nil is true
	GroupIDs                   []rtm.GroupID `json:"group_ids,omitempty"`                     // at most 200
}

type ListChatsResponse struct {
	ChatsSummary   []ChatSummary `json:"chats_summary"`
	FoundChats     int           `json:"found_chats"` // an estimate
	NextPageID     string        `json:"next_page_id,omitempty"`
	PreviousPageID string        `json:"previous_page_id,omitempty"`
}

// ListThreadsRequest needs ChatID. PageID goes with ChatID alone;
// MinEventsCount excludes Limit and Filters.
type ListThreadsRequest struct {
	ChatID         rtm.ChatID          `json:"chat_id"`
	SortOrder      string              `json:"sort_order,omitempty"` // asc or desc (the default)
	Limit          int                 `json:"limit,omitempty"`      // 1 to 100; 0 is 3
	PageID         string              `json:"page_id,omitempty"`
	MinEventsCount int                 `json:"min_events_count,omitempty"` // 1 to 100
	Filters        *ListThreadsFilters `json:"filters,omitempty"`
}

// ListThreadsFilters narrows a list of threads by their creation.
type ListThreadsFilters struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
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
