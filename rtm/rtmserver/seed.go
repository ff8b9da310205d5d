package rtmserver

import (
	"fmt"
	"slices"
)

// Seed is what a server knows before anybody connects.
type Seed struct {
	Organizations []Organization
}

// Organization is one account with its groups and agents.
type Organization struct {
	ID     string // a UUID
	Groups []Group
	Agents []Agent

	License License `json:"license,omitzero"`
	Routing Routing `json:"routing,omitzero"`

	// PageRules assign customers to groups by the page they are on; the first that
	// fits decides. A group_id at login comes before them.
	PageRules []PageRule

	// Greetings are shown to customers who are not chatting when they open a page:
	// the first that fits and was not shown in this visit.
	Greetings []Greeting

	// ThreadSummary stands for what an AI would write about a thread. Empty means
	// that request_thread_summary ends in the push incoming_error.
	ThreadSummary string

	// Tags are what tag_thread accepts. Empty means any tag.
	Tags []string

	// Properties are those of the organization's own namespaces. A namespace that
	// neither they nor the protocol know is open: both sides read and write
	// integers, booleans and strings in it.
	Properties []Property
}

// Property is a property that clients may keep on chats, threads and events.
// Naming one closes its namespace: others in it are unknown then.
type Property struct {
	Namespace string
	Name      string
	Type      string // int (32 bits), bool, string or tokenized_string

	// Customer and Agent say by place (chat, thread, event) what that side may
	// do with it: r, w or rw. Where nothing is said, nothing is allowed.
	Customer map[string]string
	Agent    map[string]string

	Values []any // what is allowed, in JSON; empty means all
}

// PageRule assigns customers on some pages to a group.
type PageRule struct {
	Contains string // part of the page's address
	Group    int
}

// Greeting is an invitation to chat, as a message or a rich message.
type Greeting struct {
	ID       int
	Contains string // part of the address of the pages where it is shown; empty: all
	AgentID  string // whose face it has; empty: the first agent

	Text     string           // of a message
	Template string           // of a rich message: cards, quick_replies or sticker
	Elements []map[string]any // of a rich message, as the protocol has them; their buttons need a button_id

	Addon      string
	Subtype    string // announcement, or empty
	ExitIntent bool
}

// Group is a group of agents. Group 0 is open to all agents.
type Group struct {
	ID   int
	Name string

	// The forms that get_form gives. nil means that the form is not enabled.
	Prechat, Postchat, Ticket *Form

	// Welcome is the text of the welcome message. Empty means that
	// request_welcome_message tells the agent and no message follows.
	Welcome string
}

// Form is a blank form.
type Form struct {
	ID     string
	Fields []FormField
}

// FormField is a field of a form.
type FormField struct {
	Type     string // header, name, email, question, textarea, subject, radio, select, checkbox or group_chooser
	ID       string // needed but for a header
	Label    string
	Required bool
	Options  []FormOption // of radio, select, checkbox and group_chooser
}

// FormOption is a choice of a form's field.
type FormOption struct {
	ID    string
	Label string
	Group *int // of a group_chooser
}

// Agent is a human agent.
type Agent struct {
	ID       string // the e-mail address
	Name     string
	Avatar   string   // URL; may be empty
	JobTitle string   // may be empty
	Tokens   []string // what login accepts, without the scheme word
	Groups   []int

	// Its priority by group: first, normal, last or supervisor. Not stated is
	// normal. The router takes agents of a class only when nobody of those before
	// has a free slot, and supervisors never.
	Priorities map[int]string `json:"priorities,omitempty"`

	Role     string // owner, viceowner, administrator or normal; empty means normal
	MaxChats int    // active chats that are routed to the agent; 0 means 6, the protocol's default

	// Scopes are those of the agent's tokens, such as chats--access:rw. nil means
	// all, with the chats of the agent's groups: those of other groups take a
	// chats--all that is named.
	Scopes []string
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

const defaultMaxChats = 6

var roles = []string{"owner", "viceowner", "administrator", "normal"}

// check returns what is wrong with the seed.
func (s *Seed) check() error {
	orgs, tokens := map[string]bool{}, map[string]bool{}
	for _, o := range s.Organizations {
		if o.ID == "" || orgs[o.ID] {
			return fmt.Errorf("rtmserver: seed: organization id %q is empty or there twice", o.ID)
		}
		orgs[o.ID] = true
		groups, agents := map[int]bool{}, map[string]bool{}
		for _, g := range o.Groups {
			if groups[g.ID] {
				return fmt.Errorf("rtmserver: seed: group %d of %s is there twice", g.ID, o.ID)
			}
			groups[g.ID] = true
		}
		if !groups[0] {
			return fmt.Errorf("rtmserver: seed: organization %s needs group 0", o.ID)
		}
		if err := o.checkContent(groups); err != nil {
			return err
		}
		for _, a := range o.Agents {
			if a.ID == "" || agents[a.ID] {
				return fmt.Errorf("rtmserver: seed: agent id %q of %s is empty or there twice", a.ID, o.ID)
			}
			agents[a.ID] = true
			for _, g := range a.Groups {
				if !groups[g] {
					return fmt.Errorf("rtmserver: seed: agent %s is in group %d, which %s does not have", a.ID, g, o.ID)
				}
			}
			for _, t := range a.Tokens {
				// A token finds the organization, so it has to be unique in all.
				if t == "" || tokens[t] {
					return fmt.Errorf("rtmserver: seed: a token of agent %s is empty or there twice", a.ID)
				}
				tokens[t] = true
			}
			if err := a.checkPriorities(groups); err != nil {
				return err
			}
			if a.Role != "" && !slices.Contains(roles, a.Role) {
				return fmt.Errorf("rtmserver: seed: agent %s has the role %q, which is none of %v", a.ID, a.Role, roles)
			}
		}
	}
	return nil
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

func (a *Agent) maxChats() int {
	if a.MaxChats == 0 {
		return defaultMaxChats
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
