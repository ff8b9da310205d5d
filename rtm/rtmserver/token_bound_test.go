package rtmserver_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

const secondOrganization = "22222222-2222-4222-8222-222222222222"

// TestTokenIsBound has two organizations: tokens and cookies of the one are
// nothing in the other, and a token logs in as the customer that it was made for.
func TestTokenIsBound(t *testing.T) {
	seed := rtmserver.DefaultSeed()
	seed.Organizations = append(seed.Organizations, rtmserver.Organization{
		ID: secondOrganization, Groups: []rtmserver.Group{{ID: 0, Name: "General"}},
		Agents: []rtmserver.Agent{{ID: agent1, Name: "Ada", Tokens: []string{"dal:second"}, Groups: []int{0}}},
	})
	inBubble(t, &rtmserver.Options{Seed: seed, RandomSeed: 1}, func(t *testing.T, srv *rtmtest.Server) {
		res, first := ask(t, srv, "POST", "/v2/customer/token", grant, nil)
		token := "Bearer " + first["access_token"].(string)
		there := dial(t, srv, catalogue.Customer(), "?organization_id="+secondOrganization)
		there.fails("authentication", "login", object{"token": token})
		here := dialCustomer(t, srv)
		if me := here.ok("login", object{"token": token}); at(me, "customer", "id") != first["entity_id"] {
			t.Errorf("logged in as %v, the token is of %v", me["customer"], first["entity_id"])
		}
		_, second := ask(t, srv, "POST", "/v2/customer/token", strings.Replace(grant, rtmtest.Organization, secondOrganization, 1), nil, res.Cookies()...)
		if second["entity_id"] == first["entity_id"] || second["organization_id"] != secondOrganization {
			t.Errorf("the cookies of one organization gave %v in another", second)
		}
		if _, info := ask(t, srv, "GET", "/v2/customer/info", "", http.Header{"Authorization": {token}}); info["organization_id"] != rtmtest.Organization {
			t.Errorf("the token is of %v", info)
		}

		ag := dial(t, srv, catalogue.Agent(), "?organization_id="+rtmtest.Organization)
		ag.fails("authentication", "login", object{"token": "Bearer dal:second"})
		other := dialAgent(t, srv)
		if me := other.ok("login", object{"token": "Bearer dal:second"}); at(me, "license", "organization_id") != secondOrganization {
			t.Errorf("the agent is of %v", me["license"])
		}
	})
}

// TestTokensAreUnguessable looks at what tokens and the secrets of cookies are
// made of. That they come from crypto/rand is for TestIDSource.
func TestTokensAreUnguessable(t *testing.T) {
	srv := rtmtest.NewServer(t, &rtmserver.Options{}) // no seed: as rtmd has it
	seen := map[string]bool{}
	check := func(what, s string) {
		t.Helper()
		bits, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil || len(bits) != 32 {
			t.Errorf("%s %q has %d bits of chance, %v", what, s, 8*len(bits), err)
		}
		// 16 of the 32 bytes are the same by chance once in 2^128.
		for _, half := range []string{string(bits[:16]), string(bits[16:])} {
			if seen[half] {
				t.Errorf("%s %q has a half that was there before", what, s)
			}
			seen[half] = true
		}
	}
	for range 50 {
		res, got := ask(t, srv, "POST", "/v2/customer/token", grant, nil)
		check("the token", strings.TrimPrefix(got["access_token"].(string), "dal:"))
		for _, c := range res.Cookies() {
			if c.Name == "__lc_cst" {
				check("the cookie", c.Value)
			}
		}
	}
	if len(seen) != 200 {
		t.Errorf("there were %d halves, want 200", len(seen))
	}
}
