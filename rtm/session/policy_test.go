package session

import (
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

func TestPoliciesAreTheCatalogues(t *testing.T) {
	names := map[string]policy{"reconnect": reconnect, "reconnect_slow": reconnectSlow, "new_token": newToken, "redirect": redirect, "stop": stopForGood}
	for api, contract := range map[API]*catalogue.API{Customer: catalogue.Customer(), Agent: catalogue.Agent()} {
		s := New(Config{API: api})
		for _, reason := range contract.DisconnectReasons {
			want, ok := names[string(reason.Policy)]
			if !ok {
				t.Errorf("%v: %s has the unknown policy %q", api, reason.Reason, reason.Policy)
			}
			if got := s.policy(string(reason.Reason)); got != want {
				t.Errorf("%v: policy of %s is %d, want %s", api, reason.Reason, got, reason.Policy)
			}
		}
	}
}
