package rtmserver

import (
	"encoding/json"
	"time"
)

// A recordKind says what happened.
type recordKind string

const (
	customerRegistered recordKind = "customer_registered"
	customerUpdated    recordKind = "customer_updated"
	customerVisited    recordKind = "customer_visited"
	tokenIssued        recordKind = "token_issued"
	tokenRevoked       recordKind = "token_revoked"
	threadOpened       recordKind = "thread_opened"
	threadClosed       recordKind = "thread_closed"
	eventAdded         recordKind = "event_added"
	eventsSeen         recordKind = "events_seen"
	chatAssigned       recordKind = "chat_assigned"
	chatQueued         recordKind = "chat_queued"
	userRemoved        recordKind = "user_removed"
	routingStatusSet   recordKind = "routing_status_set"
	monitoringSet      recordKind = "monitoring_set"
	propertiesUpdated  recordKind = "properties_updated" // of the chat, its thread or its event
	propertiesDeleted  recordKind = "properties_deleted"
	threadTagged       recordKind = "thread_tagged"
	threadUntagged     recordKind = "thread_untagged"
)

// A record is one entry of the log: a fact, with all that later readers need in
// order to apply it. Only the fields that a kind uses are there.
type record struct {
	Kind recordKind `json:"kind"`
	At   time.Time  `json:"at"`
	By   string     `json:"by,omitempty"` // the user who asked for it; empty: the server

	CustomerID string         `json:"customer_id,omitempty"`
	Fields     map[string]any `json:"fields,omitempty"` // customerUpdated: as the wire has them
	Visit      *visit         `json:"visit,omitempty"`
	Secret     string         `json:"secret,omitempty"` // hashed
	Token      *token         `json:"token,omitempty"`

	ChatID     string     `json:"chat_id,omitempty"`
	ThreadID   string     `json:"thread_id,omitempty"`
	UserID     string     `json:"user_id,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	Dequeued   bool       `json:"dequeued,omitempty"` // chatAssigned: the chat had waited
	Properties properties `json:"properties,omitempty"`
	Thread     *thread    `json:"thread,omitempty"`
	AgentIDs   []string   `json:"agent_ids,omitempty"`
	Event      *event     `json:"event,omitempty"`
	EventID    string     `json:"event_id,omitempty"`
	Names      nameLists  `json:"names,omitempty"` // propertiesDeleted
	Tag        string     `json:"tag,omitempty"`
	SeenUpTo   time.Time  `json:"seen_up_to,omitzero"`

	Status string `json:"status,omitempty"`
	Level  string `json:"level,omitempty"`
}

func (r *record) encode() ([]byte, error) { return json.Marshal(r) }

func decodeRecord(data []byte) (*record, error) {
	r := new(record)
	if err := decodeNumbers(data, r); err != nil {
		return nil, err
	}
	return r, nil
}
