package catalogue

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed customer-3.6.json
var customerJSON []byte

//go:embed agent-3.6.json
var agentJSON []byte

var (
	customer = sync.OnceValue(func() *API { return mustParse(customerJSON) })
	agent    = sync.OnceValue(func() *API { return mustParse(agentJSON) })
)

// Customer returns the Customer Chat API, version 3.6.
func Customer() *API { return customer() }

// Agent returns the Agent Chat API, version 3.6.
func Agent() *API { return agent() }

// mustParse panics on data that the tests of this package would have refused.
func mustParse(data []byte) *API {
	a, err := Parse(data)
	if err != nil {
		panic(err)
	}
	return a
}

// API is one of the two protocols.
type API struct {
	Name              string              `json:"api"` // "customer" or "agent"
	Version           string              `json:"version"`
	Transport         Transport           `json:"transport"`
	Methods           []*Method           `json:"methods"`
	Pushes            []*Push             `json:"pushes"`
	Objects           map[string]Fields   `json:"objects"`
	Unions            map[string]*Union   `json:"unions"`
	Errors            []*Error            `json:"errors"`
	DisconnectReasons []*DisconnectReason `json:"disconnect_reasons"`
	SystemMessages    []*SystemMessage    `json:"system_messages"`

	// DefaultProperties are the properties of the built-in namespaces, as this
	// side may use them.
	DefaultProperties []*Property `json:"default_properties"`

	// Enums holds the enums that are plain lists. Numbers are given as text.
	// The few that are shaped otherwise are left out.
	Enums map[string]Enum `json:"enums"`

	// About holds a phrase about an object, by its name: "is a text message".
	About map[string]string `json:"about"`

	// Semantics holds the rules that no table can say; only the agent file has
	// them, for both sides.
	Semantics []*Rule `json:"semantics"`

	// Removed are things that older clients still know, and no version has.
	Removed []*Removed `json:"removed"`

	// Scopes are what the tokens of agents can be allowed; only the agent file has
	// them.
	Scopes []*Scope `json:"scopes"`

	// Authorization holds the token endpoints as they stand in the file; only
	// the customer file has them.
	Authorization json.RawMessage `json:"authorization"`

	methods map[string]*Method
	pushes  map[string]*Push
}

// Transport holds the limits and deadlines of a connection.
type Transport struct {
	URL                string  `json:"url"`
	Query              []Param `json:"query"`
	LoginDeadlineS     int     `json:"login_deadline_s"`
	PingIntervalS      int     `json:"ping_interval_s"`
	IdleCloseS         int     `json:"idle_close_s"`
	RequestTimeoutS    int     `json:"request_timeout_s"`
	MaxPendingRequests int     `json:"max_pending_requests"`
}

// LoginDeadline is how long a connection may stay without a login.
func (t Transport) LoginDeadline() time.Duration {
	return time.Duration(t.LoginDeadlineS) * time.Second
}

// PingInterval is how often a client shows that it lives.
func (t Transport) PingInterval() time.Duration {
	return time.Duration(t.PingIntervalS) * time.Second
}

// IdleClose is the silence after which the server closes a connection.
func (t Transport) IdleClose() time.Duration { return time.Duration(t.IdleCloseS) * time.Second }

// RequestTimeout is how long a request may stay unanswered.
func (t Transport) RequestTimeout() time.Duration {
	return time.Duration(t.RequestTimeoutS) * time.Second
}

// Param is a parameter of the socket's address.
type Param struct {
	Name     string `json:"name"`
	Required bool   `json:"required"`
	Note     string `json:"note"`
}

// Method is a request that a client can make.
type Method struct {
	Action     string         `json:"action"`
	Group      string         `json:"group"`
	Summary    string         `json:"summary"`
	Note       string         `json:"note"`
	Scopes     []string       `json:"scopes"`
	Request    Fields         `json:"request"`
	AnyOf      []string       `json:"any_of"` // parameters of which at least one must be sent
	Response   Fields         `json:"response"`
	Errors     []*MethodError `json:"errors"` // those specific to the method
	Pushes     []string       `json:"pushes"` // what the request may cause
	Since      string         `json:"since"`
	RemovedIn  string         `json:"removed_in"` // "" when 3.6 has it
	Seed       bool           `json:"seed"`
	Confidence string         `json:"confidence"`
	Source     Strings        `json:"source"`
}

// MethodError says when a method answers with an error type.
type MethodError struct {
	Type string `json:"type"`
	When string `json:"when"`
}

// Push is a message that the server sends by itself.
type Push struct {
	Action     string  `json:"action"`
	Group      string  `json:"group"`
	Summary    string  `json:"summary"`
	Note       string  `json:"note"`
	SentTo     string  `json:"sent_to"`
	CausedBy   Strings `json:"caused_by"`
	Payload    Fields  `json:"payload"`
	Since      string  `json:"since"`
	RemovedIn  string  `json:"removed_in"`
	Confidence string  `json:"confidence"`
	Source     Strings `json:"source"`
}

// Removed is something that was withdrawn from all versions.
type Removed struct {
	Kind   string `json:"kind"` // push, method or envelope_field
	Action string `json:"action"`
	Note   string `json:"note"`
}

// In reports whether a version of the API has the push.
func (p *Push) In(version string) bool { return in(version, p.Since, p.RemovedIn) }

func in(version, since, removed string) bool {
	return version >= since && (removed == "" || version < removed)
}

// Fields are the members of an object, in the order of the documents. A field
// named "*" (see [Field.Star]) stands for any key, one named "$" means that the
// payload itself has the field's type.
type Fields []*Field

// Lookup returns the field of that name, nil when there is none.
func (fs Fields) Lookup(name string) *Field {
	for _, f := range fs {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Payload returns the type of a payload that is not an object of named fields,
// nil when it is one.
func (fs Fields) Payload() *Type {
	if len(fs) == 1 && fs[0].Name == "$" {
		return fs[0].Type
	}
	return nil
}

// Field is a parameter of a request, or a member of a response or object.
type Field struct {
	Name      string          `json:"name"`
	Type      *Type           `json:"type"`
	Required  bool            `json:"required"`
	Default   json.RawMessage `json:"default"`
	Enum      []string        `json:"enum"`      // what is allowed here
	EnumName  string          `json:"enum_name"` // the set in API.Enums that the values are from
	Ref       string          `json:"ref"`       // what an id is of, where the name does not say: chat, thread, event, user, customer, agent, group; or disconnect_reason, error_type
	Min       *int            `json:"min"`
	Max       *int            `json:"max"`       // of a number; of a string, in bytes
	MaxItems  *int            `json:"max_items"` // of a list
	Excludes  []string        `json:"excludes"`  // members that must not be sent together with this one
	Needs     []string        `json:"needs"`     // members that must be sent together with this one
	Note      string          `json:"note"`
	Since     string          `json:"since"`      // the first version that has it, "" for all
	Was       string          `json:"was"`        // its name in the versions before Since, "" for none
	RemovedIn string          `json:"removed_in"` // the first version without it, "" for none

	// DistinctZero says of an optional field that zero, false or empty means
	// something else than absent.
	DistinctZero bool `json:"distinct_zero"`
}

// In reports whether a version of the API has the field, under this name.
func (f *Field) In(version string) bool { return in(version, f.Since, f.RemovedIn) }

// Star reports whether the field stands for any key.
func (f *Field) Star() bool { return f.Name == "*" || f.Name == "<namespace>" }

// Union is a type whose object depends on one of its members.
type Union struct {
	Discriminator string            `json:"discriminator"`
	Variants      map[string]string `json:"variants"` // value of the discriminator -> object
	Others        []string          `json:"others"`   // objects that the discriminator does not tell
	Note          string            `json:"note"`
}

// Error is an error type that either API can answer with.
type Error struct {
	Type    string `json:"type"`
	Message string `json:"message"` // the documents' text; may be empty
	When    string `json:"when"`
	Retry   Retry  `json:"retry"`
}

// Retry says whether the same request can succeed later.
type Retry string

// The values of [Retry].
const (
	RetryNever       Retry = "never"        // the request itself is at fault
	RetryLater       Retry = "later"        // as it is, after a while
	RetryNewToken    Retry = "new_token"    // after a login with another token
	RetryAfterLogin  Retry = "after_login"  // after a login
	RetryAfterResume Retry = "after_resume" // after resume_chat
)

// DisconnectReason is a reason given just before the server closes.
type DisconnectReason struct {
	Reason       string `json:"reason"`
	When         string `json:"when"`
	ClientShould string `json:"client_should"`
	Policy       Policy `json:"policy"`
	Data         string `json:"data"`
}

// Policy is what a client does after a disconnect.
type Policy string

// The policies of [DisconnectReason].
const (
	Reconnect     Policy = "reconnect"
	ReconnectSlow Policy = "reconnect_slow"
	NewToken      Policy = "new_token"
	Redirect      Policy = "redirect"
	Stop          Policy = "stop"
)

// SystemMessage is a system_message_type. One type may have several texts; the
// agent file lists them as variants, the customer file repeats the entry.
type SystemMessage struct {
	Type         string   `json:"type"`
	Text         string   `json:"text"` // %name% stands for a variable
	TextVariants []string `json:"text_variants"`
	TextVars     []string `json:"text_vars"`
	When         string   `json:"when"`
}

// Fill returns the text with its variables filled in.
func (m *SystemMessage) Fill(vars map[string]string) string {
	pairs := make([]string, 0, 2*len(vars))
	for name, value := range vars {
		pairs = append(pairs, "%"+name+"%", value)
	}
	return strings.NewReplacer(pairs...).Replace(m.Text)
}

// Property is a property of a built-in namespace.
type Property struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Type      string `json:"type"` // int, bool, string or tokenized_string

	// Access says by place (chat, thread, event, group, license) what the side
	// may do there: r, w, rw, or nothing for "".
	Access map[string]string `json:"access"`

	Values []json.RawMessage `json:"values"` // what is allowed; empty for all
	Note   string            `json:"note"`
}

// Scope is something that a token can be allowed, such as chats--access:rw.
type Scope struct {
	Scope     string `json:"scope"`
	Allows    string `json:"allows"`
	RemovedIn string `json:"removed_in"` // the first version without it, "" for none
}

// Rule is one rule of behaviour.
type Rule struct {
	Topic      string `json:"topic"`
	Rule       string `json:"rule"`
	Confidence string `json:"confidence"`
	Source     string `json:"source"`
}

// Parse reads a catalogue file.
func Parse(data []byte) (*API, error) {
	var a API
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	a.methods = make(map[string]*Method, len(a.Methods))
	for _, m := range a.Methods {
		if a.methods[m.Action] != nil {
			return nil, fmt.Errorf("catalogue: %s: method %s is there twice", a.Name, m.Action)
		}
		a.methods[m.Action] = m
	}
	a.pushes = make(map[string]*Push, len(a.Pushes))
	for _, p := range a.Pushes {
		if a.pushes[p.Action] != nil {
			return nil, fmt.Errorf("catalogue: %s: push %s is there twice", a.Name, p.Action)
		}
		a.pushes[p.Action] = p
	}
	for name, values := range a.Enums {
		if values == nil {
			delete(a.Enums, name)
		}
	}
	return &a, nil
}

// Method returns the method of that action, nil when there is none.
func (a *API) Method(action string) *Method { return a.methods[action] }

// Push returns the push of that action, nil when there is none.
func (a *API) Push(action string) *Push { return a.pushes[action] }

// Withdrawn reports whether there was a push that is in none of the versions any
// more. Older clients still ask for it, and ignore that it does not come.
func (a *API) Withdrawn(action string) bool {
	return slices.ContainsFunc(a.Removed, func(r *Removed) bool { return r.Kind == "push" && r.Action == action })
}

// Object returns the fields of a named object and whether there is one. For a
// union these are the fields that all its variants share.
func (a *API) Object(name string) (Fields, bool) {
	fs, ok := a.Objects[name]
	return fs, ok
}

// Union returns the union of that name, nil when there is none.
func (a *API) Union(name string) *Union { return a.Unions[name] }

// Error returns the error of that type, nil when the API does not know it.
func (a *API) Error(typ string) *Error {
	for _, e := range a.Errors {
		if e.Type == typ {
			return e
		}
	}
	return nil
}

// DisconnectReason returns the reason of that name, nil when the API does not
// know it.
func (a *API) DisconnectReason(reason string) *DisconnectReason {
	for _, r := range a.DisconnectReasons {
		if r.Reason == reason {
			return r
		}
	}
	return nil
}

// SystemMessage returns the first system message of that type, nil when there
// is none.
func (a *API) SystemMessage(typ string) *SystemMessage {
	for _, m := range a.SystemMessages {
		if m.Type == typ {
			return m
		}
	}
	return nil
}
