package rtmserver_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestScopeOfMethods gives agents each scope that a method names, alone, which is
// enough, and all the others that do not contain one of them, which is not.
func TestScopeOfMethods(t *testing.T) {
	_, rows, err := parseTable(agentAccess)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range catalogue.Agent().Methods {
		for _, s := range m.Scopes {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	for _, m := range catalogue.Agent().Methods {
		if m.Action == "login" || len(m.Scopes) == 0 {
			continue
		}
		line := rows[slices.IndexFunc(rows, func(r row) bool { return r.method == m.Action })]
		var payload object
		text := strings.ReplaceAll(line.payload, "$now", "2000-01-01T00:00:00Z")
		if err := json.Unmarshal([]byte(regexp.MustCompile(`\$\w+`).ReplaceAllString(text, "X")), &payload); err != nil {
			t.Fatal(err)
		}
		inBubble(t, &rtmserver.Options{Seed: scopeSeed(m.Scopes, all), RandomSeed: 1}, func(t *testing.T, srv *rtmtest.Server) {
			try := func(token string) string {
				p := dialVersion(t, srv, catalogue.Agent(), line.version, "")
				p.ok("login", object{"token": "Bearer " + token})
				text, _ := at(p.call(m.Action, payload), "payload", "error", "message").(string)
				return text
			}
			for _, s := range m.Scopes {
				if text := try(s); strings.Contains(text, "needs one of the scopes") {
					t.Errorf("%s with %s: %s", m.Action, s, text)
				}
			}
			if text := try("others"); !strings.Contains(text, "needs one of the scopes") {
				t.Errorf("%s with none of %v: %q", m.Action, m.Scopes, text)
			}
		})
	}
}

// scopeSeed has an agent for each of the scopes, with that one as its token, and
// the agent others with all scopes that contain none of them.
func scopeSeed(scopes, all []string) *rtmserver.Seed {
	seed := rtmserver.DefaultSeed()
	o := &seed.Organizations[0]
	o.Agents = nil
	for _, s := range scopes {
		o.Agents = append(o.Agents, rtmserver.Agent{ID: s, Name: s, Tokens: []string{s}, Groups: []int{0}, Scopes: []string{s}})
	}
	// rank splits agents--all:rw into agents and how far it goes.
	rank := func(s string) (resource string, level, mode int) {
		s, m, _ := strings.Cut(s, ":")
		resource, l, _ := strings.Cut(s, "--")
		return resource, strings.Index("my access all", l), strings.Index("ro rw", m)
	}
	others := slices.DeleteFunc(slices.Clone(all), func(s string) bool {
		return slices.ContainsFunc(scopes, func(want string) bool {
			r1, l1, m1 := rank(s)
			r2, l2, m2 := rank(want)
			return r1 == r2 && l1 >= l2 && m1 >= m2
		})
	})
	o.Agents = append(o.Agents, rtmserver.Agent{ID: "others", Name: "others", Tokens: []string{"others"}, Groups: []int{0}, Scopes: others})
	return seed
}

// TestScopeWithin has agents whose scopes get them into a method, but not to
// everything in it.
func TestScopeWithin(t *testing.T) {
	seed := rtmserver.DefaultSeed()
	o := &seed.Organizations[0]
	o.Agents[0].Scopes = []string{"agents-bot--all:rw", "customers:ro"}
	inBubble(t, &rtmserver.Options{Seed: seed, RandomSeed: 1}, func(t *testing.T, srv *rtmtest.Server) {
		two := agent(t, srv, rtmtest.Agent2Token)
		chatID, _ := start(customer(t, srv), message(secret))
		// Chats are for a scope that reads chats, at login too.
		one := dialAgent(t, srv)
		if me := one.ok("login", object{"token": "Bearer " + rtmtest.AgentToken}); len(me["chats_summary"].([]any)) != 0 {
			t.Errorf("the login gave %v", me["chats_summary"])
		}
		// What is for bots is not for agents.
		if got := one.fails("authorization", "set_routing_status", object{"status": "not_accepting_chats"}); !strings.Contains(got, "agents--my:rw") {
			t.Errorf("got %q", got)
		}
		one.fails("authorization", "set_routing_status", object{"status": "not_accepting_chats", "agent_id": agent2})
		if got := at(one.call("list_routing_statuses", object{}), "payload"); len(got.([]any)) != 0 {
			t.Errorf("the statuses are %v", got)
		}
		// With the chat of a colleague, one who may not write has none.
		two.ok("add_user_to_chat", object{"chat_id": chatID, "user_id": agent1, "user_type": "agent", "visibility": "all"})
		one.fails("authorization", "send_event", object{"chat_id": chatID, "event": message("x")})
		two.ok("send_event", object{"chat_id": chatID, "event": message("x")})
		one.ok("get_customer", object{"id": at(two.ok("get_chat", object{"chat_id": chatID}), "users", 0, "id")})
		for _, f := range one.seen {
			if f["action"] == "incoming_event" {
				t.Errorf("an agent without a scope for chats got %v", f)
			}
		}
	})
}
