package rtmserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// Moment is a point in time: RFC 3339, such as 2026-01-02T15:04:05Z, or its
// distance to the start of the server, such as -2h30m.
type Moment string

// at returns the point in time, to the microsecond.
func (m Moment) at(start time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(string(m)); err == nil {
		return start.Add(d).UTC().Truncate(time.Microsecond), nil
	}
	t, err := time.Parse(time.RFC3339, string(m))
	if err != nil {
		return t, fmt.Errorf("must be a time such as 2026-01-02T15:04:05Z or a distance to the start such as -2h30m, not %s", quote(string(m)))
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// momentOf is the inverse of at.
func momentOf(t time.Time) Moment {
	if t.IsZero() {
		return ""
	}
	return Moment(stamp(t))
}

// Customer is a visitor of the organization's site whom it knows already.
type Customer struct {
	ID string `json:"id" jsonschema:"required,format=uuid"` // A UUID of version 4.

	// What login accepts, without the scheme word. Tokens of the seed do not
	// expire. Without any, the customer's chats are there for agents alone.
	Tokens []string `json:"tokens,omitempty" jsonschema:"minLength=1"`

	CreatedAt Moment `json:"created_at,omitempty"` // When it was first seen; its first chat at the latest, which is the default.
	Name      string `json:"name,omitempty"`
	Email     string `json:"email,omitempty" jsonschema:"format=email"`
	Avatar    string `json:"avatar,omitempty"`
	Phone     string `json:"phone_number,omitempty"`

	Address     map[string]any `json:"address,omitempty"`     // With address, city, country, state and postal_code.
	Omnichannel map[string]any `json:"omnichannel,omitempty"` // As the protocol has it in a customer.

	// Objects of one key each, in order. They are gone with the customer's next
	// visit, as all session fields.
	SessionFields []map[string]string `json:"session_fields,omitempty" jsonschema:"maxItems=100"`

	BannedUntil Moment `json:"banned_until,omitempty"`

	Statistics *Statistics `json:"statistics,omitempty"`
	Visit      *Visit      `json:"visit,omitempty"`        // The latest.
	Followers  []string    `json:"follower_ids,omitempty"` // Agents who follow the customer.
	Greeted    []int       `json:"greeting_ids,omitempty"` // Greetings that it has seen.
}

// Statistics are a customer's counters.
type Statistics struct {
	Threads           int `json:"threads_count,omitempty" jsonschema:"minimum=0"` // 0 means as many as its chats have.
	Visits            int `json:"visits_count,omitempty" jsonschema:"minimum=0"`
	PageViews         int `json:"page_views_count,omitempty" jsonschema:"minimum=0"`
	GreetingsShown    int `json:"greetings_shown_count,omitempty" jsonschema:"minimum=0"`
	GreetingsAccepted int `json:"greetings_accepted_count,omitempty" jsonschema:"minimum=0"`
}

// Visit lasts from a customer's first connection to the end of its last.
type Visit struct {
	StartedAt Moment `json:"started_at" jsonschema:"required"`
	IP        string `json:"ip,omitempty"`
	UserAgent string `json:"user_agent,omitempty"`
	Referrer  string `json:"referrer,omitempty"`
	Pages     []Page `json:"last_pages,omitempty" jsonschema:"maxItems=20"` // Oldest first.
}

// Page is one that a customer opened.
type Page struct {
	OpenedAt Moment `json:"opened_at" jsonschema:"required"`
	URL      string `json:"url" jsonschema:"required"`
	Title    string `json:"title,omitempty"`
}

// Chat is the whole relation of a customer with the organization.
type Chat struct {
	ID       string `json:"id,omitempty"`          // Made of the chat's place in the seed if it is not given.
	Customer string `json:"customer_id,omitempty"` // A customer of the seed; none in a chat of agents alone.

	// Who takes or took part. The default is the customer and those of the
	// threads, with the agents of an active thread present.
	Users []ChatUser `json:"users,omitempty"`

	Groups     []int          `json:"group_ids,omitempty"`  // The default is those of the last thread.
	Properties map[string]any `json:"properties,omitempty"` // Namespace, name, value.
	Followers  []string       `json:"follower_ids,omitempty"`
	Threads    []Thread       `json:"threads" jsonschema:"required,minItems=1"` // Oldest first. Only the last one may be active.
}

// ChatUser is a user of a chat.
type ChatUser struct {
	ID         string `json:"id" jsonschema:"required"`
	Present    bool   `json:"present,omitempty"`
	Visibility string `json:"visibility,omitempty" jsonschema:"enum=all,enum=agents,default=all"` // With agents it is a supervisor, whom the customer does not see.
	SeenUpTo   Moment `json:"events_seen_up_to,omitempty"`                                        // The default is the user's own last event.
}

// Thread is one conversation of a chat.
type Thread struct {
	ID         string         `json:"id,omitempty"` // Made of the thread's place in the seed if it is not given. Its events are <id>_1, <id>_2 and so on.
	CreatedAt  Moment         `json:"created_at" jsonschema:"required"`
	Active     bool           `json:"active,omitempty"`    // Without an agent it waits for one.
	Groups     []int          `json:"group_ids,omitempty"` // The default is group 0.
	Users      []string       `json:"user_ids,omitempty"`  // Who took part. The default is the customer and the authors of the events.
	Properties map[string]any `json:"properties,omitempty"`
	Tags       []string       `json:"tags,omitempty" jsonschema:"minLength=1"`
	Summary    *Summary       `json:"summary,omitempty"`
	Events     []Event        `json:"events,omitempty"`

	QueuedAt Moment   `json:"queued_at,omitempty"`                              // Since when it waits; the default is its creation.
	Waited   int      `json:"queues_duration,omitempty" jsonschema:"minimum=0"` // Seconds that it has waited in queues before.
	Declined []string `json:"declined_ids,omitempty"`                           // Agents to whom it is not routed again.
}

// Summary is a thread's summary.
type Summary struct {
	Text      string `json:"text" jsonschema:"required"`
	UpdatedAt Moment `json:"updated_at" jsonschema:"required"`
}

// Event is an item of a thread, as the protocol has it: beside the fields here
// it has those of its type, such as text.
type Event struct {
	Type       string         `json:"type" jsonschema:"required,enum=message,enum=file,enum=rich_message,enum=form,enum=filled_form,enum=custom,enum=system_message,enum=system"`
	CreatedAt  Moment         `json:"created_at,omitempty"` // The default is a second after what came before.
	AuthorID   string         `json:"author_id,omitempty"`  // A user; none on a system_message and a system event.
	CustomID   string         `json:"custom_id,omitempty"`
	Visibility string         `json:"visibility,omitempty" jsonschema:"enum=all,enum=agents,default=all"`
	Properties map[string]any `json:"properties,omitempty"`
	Deleted    bool           `json:"deleted,omitempty"`

	Body map[string]any `json:"-"` // The fields of the type.
}

// MarshalJSON writes the event with the fields of its type among the others.
func (e Event) MarshalJSON() ([]byte, error) {
	type plain Event
	out, err := encodePlain(plain(e))
	if err != nil || len(e.Body) == 0 {
		return out, err
	}
	body, err := encodePlain(e.Body)
	if err != nil {
		return nil, err
	}
	return append(append(out[:len(out)-1], ','), body[1:]...), nil
}

// UnmarshalJSON is the inverse of MarshalJSON. LoadSeed checks more.
func (e *Event) UnmarshalJSON(data []byte) error {
	type plain Event
	if err := decodeNumbers(data, (*plain)(e)); err != nil {
		return err
	}
	if err := decodeNumbers(data, &e.Body); err != nil {
		return err
	}
	for _, f := range seedFields(reflect.TypeFor[Event]()) {
		delete(e.Body, f.name)
	}
	return nil
}

// encodePlain is json.Marshal with <, > and & as they are.
func encodePlain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// JSON returns the seed as a file for LoadSeed.
func (s *Seed) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	out := *s
	if out.Organizations == nil {
		out.Organizations = []Organization{}
	}
	err := e.Encode(out)
	return b.Bytes(), err
}
