package rtm

import "time"

// Properties are values by namespace and name. A value is a string, a number
// or a bool.
type Properties map[string]map[string]any

// Access says which groups may see a chat.
type Access struct {
	GroupIDs []GroupID `json:"group_ids,omitempty"`
}

// Queue is the place of a chat that waits for an agent.
type Queue struct {
	Position int       `json:"position"`  // 1 is next
	WaitTime int       `json:"wait_time"` // estimate, in seconds
	QueuedAt time.Time `json:"queued_at,omitzero"`
}

// TransferTarget is whom a chat went to.
type TransferTarget struct {
	GroupIDs []GroupID `json:"group_ids,omitempty"`
	AgentIDs []AgentID `json:"agent_ids,omitempty"`
}

// Application names a program to the server.
type Application struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}

// GroupStatus is the availability of a group: online, online_for_queue or
// offline towards customers; accepting_chats, not_accepting_chats or offline
// towards agents.
type GroupStatus struct {
	ID     GroupID `json:"id"`
	Status string  `json:"status"`
}
