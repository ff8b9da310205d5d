package rtmserver

import (
	"slices"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// holds reports whether one scope contains another: rw contains ro, all contains
// access and my, access contains my.
func holds(have, want string) bool {
	split := func(s string) (resource string, level, mode int) {
		s, m, _ := strings.Cut(s, ":")
		resource, l, _ := strings.Cut(s, "--")
		return resource, slices.Index([]string{"my", "access", "all"}, l), slices.Index([]string{"ro", "rw"}, m)
	}
	r1, l1, m1 := split(have)
	r2, l2, m2 := split(want)
	return r1 == r2 && l1 >= l2 && m1 >= m2
}

// has reports whether the agent's tokens have a scope.
func (a *Agent) has(want string) bool {
	return a.Scopes == nil || slices.ContainsFunc(a.Scopes, func(s string) bool { return holds(s, want) })
}

// readsAll reports whether the agent was given all chats, of whatever group.
func (a *Agent) readsAll() bool { return a.Scopes != nil && a.has("chats--all:ro") }

// reachesAll reports whether the request may be about chats of all groups: its
// method names a scope for that, and the agent's tokens have it. A token that
// reads all chats writes in those of its groups alone.
func (c *call) reachesAll() bool {
	a, named := c.conn.agent, false
	for _, s := range c.conn.catalogue.Method(c.request.action).Scopes {
		if strings.HasPrefix(s, "chats--all:") {
			if named = true; a.Scopes != nil && a.has(s) {
				return true
			}
		}
	}
	return !named && a.readsAll()
}

// managesOthers reports whether the agent may act on other agents: by its scopes
// when there are any, else by its role.
func (a *Agent) managesOthers() bool {
	if a.Scopes == nil {
		return a.manages()
	}
	return a.has("agents--all:rw")
}

// inScope refuses what the scopes of an agent do not allow. A login needs none:
// its scopes decide which pushes follow.
func (c *call) inScope() error {
	a := c.conn.agent
	m := c.conn.catalogue.Method(c.request.action)
	if a == nil || m.Action == "login" || len(m.Scopes) == 0 || slices.ContainsFunc(m.Scopes, a.has) {
		return nil
	}
	return fail("authorization", "%s needs one of the scopes %s, which the token of agent %s lacks", m.Action, strings.Join(m.Scopes, ", "), a.ID)
}

// hears reports whether the agent's scopes let a push through. Customers, for
// whom it is nil, have none.
func (a *Agent) hears(api *catalogue.API, action string) bool {
	if a == nil || a.Scopes == nil {
		return true
	}
	scope := ""
	switch p := api.Push(action); {
	case p == nil || action == "incoming_error" || action == "agent_disconnected":
	case action == "incoming_multicast":
		scope = "multicast:ro"
	case p.Group == "customers":
		scope = "customers:ro"
	case strings.HasPrefix(action, "bot_"):
		scope = "agents-bot--all:ro"
	case p.Group == "status" || strings.HasPrefix(action, "agent_"):
		scope = "agents--all:ro"
	case p.Group == "configuration":
	default:
		scope = "chats--access:ro"
	}
	return scope == "" || a.has(scope)
}
