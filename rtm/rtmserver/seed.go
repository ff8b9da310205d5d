package rtmserver

import (
	"slices"
)

//go:generate go run ./internal/seedschema -o seed.schema.json

// Seed is what a server knows before anybody connects. [LoadSeed] reads it from
// JSON; the tags "jsonschema" say what is checked in both forms.
type Seed struct {
	// Address of the JSON Schema, for editors. It is not read.
	Schema string `json:"$schema,omitempty"`

	// The accounts that are served. None is an empty start.
	Organizations []Organization `json:"organizations" jsonschema:"required"`
}

// Organization is one account with its groups, agents and bots, and what it
// starts with.
type Organization struct {
	ID     string  `json:"id" jsonschema:"required,format=uuid"`
	Groups []Group `json:"groups" jsonschema:"required"` // Group 0, which is open to all agents, must be among them.
	Agents []Agent `json:"agents,omitempty"`
	Bots   []Bot   `json:"bots,omitempty"`

	License License `json:"license,omitzero"`
	Routing Routing `json:"routing,omitzero"`

	// Rules that assign customers to groups by the page they are on; the first that
	// fits decides. A group_id at login comes before them.
	PageRules []PageRule `json:"page_rules,omitempty"`

	// What get_url_info tells of pages; the first that fits decides.
	URLInfo []URLInfo `json:"url_info,omitempty"`

	// What customers are shown who are not chatting when they open a page: the
	// first greeting that fits and was not shown in this visit.
	Greetings []Greeting `json:"greetings,omitempty"`

	// The text that stands for what an AI would write about a thread. Without one
	// request_thread_summary ends in the push incoming_error.
	ThreadSummary string `json:"thread_summary,omitempty"`

	// What tag_thread accepts. Empty means any tag.
	Tags []string `json:"tags,omitempty" jsonschema:"minLength=1"`

	// The properties of the organization's own namespaces. A namespace that
	// neither they nor the protocol know is open: both sides read and write
	// integers, booleans and strings in it.
	Properties []Property `json:"properties,omitempty"`

	// Customers and Chats become the first records of an empty log. A log that has
	// anything in it keeps what it has, so a restart brings nothing twice.
	Customers []Customer `json:"customers,omitempty"`
	Chats     []Chat     `json:"chats,omitempty"` // See customers; a customer has one chat at most.
}

// Property is a property that clients may keep on chats, threads and events.
// Naming one closes its namespace: others in it are unknown then.
type Property struct {
	Namespace string `json:"namespace" jsonschema:"required"`
	Name      string `json:"name" jsonschema:"required"`

	// An int has 32 bits.
	Type string `json:"type" jsonschema:"required,enum=int,enum=bool,enum=string,enum=tokenized_string"`

	// What customers may do with it, by place (chat, thread, event): r, w or rw.
	// Where nothing is said, nothing is allowed.
	Customer map[string]string `json:"customer,omitempty"`
	Agent    map[string]string `json:"agent,omitempty"` // The same for agents.

	Values []any `json:"values,omitempty"` // What is allowed; empty means all.
}

// PageRule assigns customers on some pages to a group.
type PageRule struct {
	Contains string `json:"contains" jsonschema:"required"` // Part of the page's address.
	Group    int    `json:"group_id" jsonschema:"required"`
}

// URLInfo is what get_url_info tells of some pages.
type URLInfo struct {
	Contains    string `json:"contains" jsonschema:"required"` // Part of the page's address.
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Image       string `json:"image_url,omitempty"`                          // May be relative to the page.
	ImageWidth  int    `json:"image_width,omitempty" jsonschema:"minimum=0"` // In pixels.
	ImageHeight int    `json:"image_height,omitempty" jsonschema:"minimum=0"`
}

// Greeting is an invitation to chat, as a message or a rich message.
type Greeting struct {
	ID       int    `json:"id" jsonschema:"required"`
	Contains string `json:"contains,omitempty"` // Part of the address of the pages where it is shown; empty means all.
	AgentID  string `json:"agent_id,omitempty"` // The agent or bot whose face it has; empty means the first agent.

	// The text of a message, or the template of a rich message: one of the two.
	Text     string `json:"text,omitempty"`
	Template string `json:"template_id,omitempty" jsonschema:"enum=cards,enum=sticker,enum=quick_replies,enum=ecommerce"`

	// Of a rich message, as the protocol has them. A button without button_id has
	// its postback_id as that.
	Elements []map[string]any `json:"elements,omitempty"`

	Addon      string `json:"addon,omitempty"` // What is shown beside the text.
	Subtype    string `json:"subtype,omitempty" jsonschema:"enum=announcement"`
	ExitIntent bool   `json:"is_exit_intent,omitempty"`
}

// Group is a group of agents.
type Group struct {
	ID   int    `json:"id" jsonschema:"required,minimum=0"`
	Name string `json:"name,omitempty"`

	// The forms that get_form gives. One that is not there is not enabled.
	Prechat  *Form `json:"prechat,omitempty"`
	Postchat *Form `json:"postchat,omitempty"`
	Ticket   *Form `json:"ticket,omitempty"`

	// The text of the welcome message. Without one, request_welcome_message tells
	// the agent and no message follows.
	Welcome string `json:"welcome_message,omitempty"`
}

// Form is a blank form.
type Form struct {
	ID     string      `json:"id" jsonschema:"required"`
	Fields []FormField `json:"fields" jsonschema:"required"`
}

// FormField is a field of a form.
type FormField struct {
	Type     string `json:"type" jsonschema:"required,enum=header,enum=name,enum=email,enum=question,enum=textarea,enum=subject,enum=radio,enum=select,enum=checkbox,enum=group_chooser,enum=checkbox_for_email,enum=rating"`
	ID       string `json:"id,omitempty"` // Needed but for a header.
	Label    string `json:"label" jsonschema:"required"`
	Required bool   `json:"required,omitempty"`

	Options []FormOption `json:"options,omitempty"` // Of radio, select, checkbox and group_chooser, which need some.

	Checked      bool   `json:"checked,omitempty"`       // Of checkbox_for_email.
	CommentLabel string `json:"comment_label,omitempty"` // Of rating.
}

// FormOption is a choice of a form's field.
type FormOption struct {
	ID      string `json:"id" jsonschema:"required"`
	Label   string `json:"label" jsonschema:"required"`
	Group   *int   `json:"group_id,omitempty"` // Of group_chooser, which needs it.
	Checked bool   `json:"checked,omitempty"`
}

// Agent is a human agent.
type Agent struct {
	ID       string   `json:"id" jsonschema:"required"` // The e-mail address.
	Name     string   `json:"name,omitempty"`
	Avatar   string   `json:"avatar,omitempty" jsonschema:"format=uri"`
	JobTitle string   `json:"job_title,omitempty"`
	Tokens   []string `json:"tokens,omitempty" jsonschema:"minLength=1"` // What login accepts, without the scheme word.
	Groups   []int    `json:"group_ids,omitempty"`
	Role     string   `json:"role,omitempty" jsonschema:"enum=owner,enum=viceowner,enum=administrator,enum=normal,default=normal"`

	// The agent's priority by group. The router takes agents of a class only when
	// nobody of those before has a free slot, and supervisors never. Not stated is
	// normal.
	Priorities map[int]string `json:"priorities,omitempty" jsonschema:"enum=first,enum=normal,enum=last,enum=supervisor"`

	// How many active chats are routed to the agent. 0 means 6, the protocol's
	// default.
	MaxChats int `json:"max_chats_count,omitempty" jsonschema:"minimum=0"`

	// The status that a login gives.
	LoginStatus string `json:"login_status,omitempty" jsonschema:"enum=accepting_chats,enum=not_accepting_chats,default=accepting_chats"`

	// The status at the start of an empty log. An agent who is not offline counts
	// as one who lost its connection just now, and so does one with an active chat.
	Status string `json:"routing_status,omitempty" jsonschema:"enum=accepting_chats,enum=not_accepting_chats,enum=offline,default=offline"`

	// The scopes of the agent's tokens, such as chats--access:rw. Without any, all,
	// with the chats of the agent's groups: those of other groups take a
	// chats--all that is named.
	Scopes []string `json:"scopes,omitempty"`

	bot *Bot // whose agent it is, nil for people
}

// DefaultSeed is the seed that the demo and the tests rely on: one organization
// with two groups, and two agents who are in both.
func DefaultSeed() *Seed {
	return &Seed{Organizations: []Organization{{
		ID:     "11111111-1111-4111-8111-111111111111",
		Groups: []Group{{ID: 0, Name: "General"}, {ID: 1, Name: "Sales"}},
		Agents: []Agent{
			{ID: "agent1@example.com", Name: "Ada Moreno", Tokens: []string{"dal:agent1"}, Groups: []int{0, 1}, Role: "administrator"},
			{ID: "agent2@example.com", Name: "Ben Okafor", Tokens: []string{"dal:agent2"}, Groups: []int{0, 1}, Role: "normal"},
		},
	}}}
}

// sees reports whether the agent has access to something of these groups.
func (a *Agent) sees(groups []int) bool {
	for _, g := range groups {
		if g == 0 || slices.Contains(a.Groups, g) {
			return true
		}
	}
	return false
}

// maxChats is 6 where the seed says nothing, as it is for accounts.
func (a *Agent) maxChats() int {
	if a.MaxChats == 0 {
		return 6
	}
	return a.MaxChats
}

func (a *Agent) role() string {
	if a.Role == "" {
		return "normal"
	}
	return a.Role
}

// manages reports whether the role may act on other agents.
func (a *Agent) manages() bool { return a.role() != "normal" }
