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
	userAdded          recordKind = "user_added"
	chatTransferred    recordKind = "chat_transferred"
	chatFollowed       recordKind = "chat_followed"
	chatUnfollowed     recordKind = "chat_unfollowed"
	pageOpened         recordKind = "page_opened"
	customerFollowed   recordKind = "customer_followed"
	customerUnfollowed recordKind = "customer_unfollowed"
	customerBanned     recordKind = "customer_banned"
	greetingShown      recordKind = "greeting_shown"
	greetingAccepted   recordKind = "greeting_accepted"
	greetingCanceled   recordKind = "greeting_canceled"
	greetingClicked    recordKind = "greeting_clicked"
	welcomeRequested   recordKind = "welcome_requested"
	eventDeleted       recordKind = "event_deleted"
	postbackSent       recordKind = "postback_sent"
	summarySet         recordKind = "summary_set"
	chatDeleted        recordKind = "chat_deleted"
	threadDeleted      recordKind = "thread_deleted"
	threadsDeleted     recordKind = "threads_deleted"
	threadTagged       recordKind = "thread_tagged"
	threadUntagged     recordKind = "thread_untagged"
	stateReset         recordKind = "state_reset"       // all is as in an empty log
	statePart          recordKind = "state_part"        // of a state that is to be restored
	stateRestored      recordKind = "state_restored"    // the parts are all there
	customerImported   recordKind = "customer_imported" // this and the next: from the seed
	chatImported       recordKind = "chat_imported"
	eventsImported     recordKind = "events_imported"
	seedImported       recordKind = "seed_imported" // all of it
	fileUploaded       recordKind = "file_uploaded"
	threadIdle         recordKind = "thread_idle"  // nobody writes
	presenceSet        recordKind = "presence_set" // of a customer or, by UserID, of an agent
	presenceEnded      recordKind = "presence_ended"
	nodeLost           recordKind = "node_lost" // it ended, or nobody heard of it
)

// kinds are all of them. A log that has another one was written by a newer version,
// and what it adds up to cannot be known.
var kinds = func() map[recordKind]bool {
	all := map[recordKind]bool{}
	for _, kind := range []recordKind{
		customerRegistered, customerUpdated, customerVisited, tokenIssued, tokenRevoked, threadOpened, threadClosed, eventAdded,
		eventsSeen, chatAssigned, chatQueued, userRemoved, routingStatusSet, monitoringSet, propertiesUpdated, propertiesDeleted,
		userAdded, chatTransferred, chatFollowed, chatUnfollowed, pageOpened, customerFollowed, customerUnfollowed, customerBanned,
		greetingShown, greetingAccepted, greetingCanceled, greetingClicked, welcomeRequested, eventDeleted, postbackSent, summarySet,
		chatDeleted, threadDeleted, threadsDeleted, threadTagged, threadUntagged, stateReset, statePart, stateRestored,
		customerImported, chatImported, eventsImported, seedImported, fileUploaded, threadIdle, presenceSet, presenceEnded, nodeLost,
	} {
		all[kind] = true
	}
	return all
}()

// A record is a fact, with all that later readers need in order to apply it. An
// entry of the log is the list of those that were committed together. Only the
// fields that a kind uses are there.
type record struct {
	Kind recordKind `json:"kind"`
	At   time.Time  `json:"at"`
	By   string     `json:"by,omitempty"` // the user who asked for it; empty: the server

	CustomerID string         `json:"customer_id,omitempty"`
	Fields     map[string]any `json:"fields,omitempty"` // customerUpdated: as the wire has them
	Visit      *visit         `json:"visit,omitempty"`
	Secret     string         `json:"secret,omitempty"` // hashed
	Page       *page          `json:"page,omitempty"`
	Until      time.Time      `json:"until,omitzero"`      // customerBanned
	Days       json.Number    `json:"days,omitempty"`      // customerBanned: as the wire had it
	Greeting   *shownGreeting `json:"greeting,omitempty"`  // greetingShown
	ButtonID   string         `json:"button_id,omitempty"` // greetingClicked
	Welcome    *welcome       `json:"welcome,omitempty"`   // welcomeRequested
	Token      *token         `json:"token,omitempty"`
	File       *file          `json:"file,omitempty"` // fileUploaded

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
	Postback   params     `json:"postback,omitempty"` // postbackSent, as the wire has it
	Summary    *summary   `json:"summary,omitempty"`
	Sweep      *Sweep     `json:"sweep,omitempty"`      // threadsDeleted
	Visibility string     `json:"visibility,omitempty"` // userAdded

	// chatTransferred: what the chat had before, its new groups unless they stay,
	// and the visible agents who are out of it. AgentIDs are those who have it
	// now; with none it waits.
	From     *assignment `json:"from,omitempty"`
	Groups   []int       `json:"groups,omitempty"`
	Removed  []string    `json:"removed,omitempty"`
	SeenUpTo time.Time   `json:"seen_up_to,omitzero"`

	Customer *customer `json:"customer,omitempty"` // customerImported
	Chat     *chat     `json:"chat,omitempty"`     // chatImported, without its events
	Events   []*event  `json:"events,omitempty"`   // eventsImported

	Status string `json:"status,omitempty"`
	Away   bool   `json:"away,omitempty"` // routingStatusSet: because the agent is away

	Level string `json:"level,omitempty"`

	Part  []byte `json:"part,omitempty"`  // statePart
	First bool   `json:"first,omitempty"` // statePart: those of before are of none

	Node     string    `json:"node,omitempty"` // presences and nodeLost
	Presence *presence `json:"presence,omitempty"`

	// What folding found out.
	woke bool     // eventAdded: the thread was idle
	gone *chat    // chatDeleted and threadDeleted: the chat as it was
	left []string // nodeLost: the customers who are nowhere any more
}
