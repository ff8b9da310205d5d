package customer_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/customer"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

func TestCookieGrantKeepsTheCustomer(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	source := customer.CookieGrant(srv.URL, rtmtest.Organization, "test", srv.HTTPClient())
	var tokens, customers []string
	for _, fresh := range []bool{false, false, true} {
		token, err := source(t.Context(), fresh)
		if err != nil {
			t.Fatal(err)
		}
		client, err := customer.Dial(t.Context(), &customer.Options{Server: srv.URL, OrganizationID: rtmtest.Organization, HTTPClient: srv.HTTPClient()})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		login, err := client.Login(t.Context(), &customer.LoginRequest{Token: token})
		if err != nil {
			t.Fatal(err)
		}
		tokens, customers = append(tokens, token), append(customers, string(login.Customer.ID))
	}
	if tokens[0] != tokens[1] || tokens[1] == tokens[2] {
		t.Errorf("tokens = %q, want the same until a fresh one is asked for", tokens)
	}
	if customers[0] != customers[1] || customers[1] != customers[2] {
		t.Errorf("customers = %q, want one", customers)
	}
}

func TestCookieGrantFails(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	_, err := customer.CookieGrant(srv.URL, "22222222-2222-4222-8222-222222222222", "test", srv.HTTPClient())(t.Context(), false)
	if err == nil || !strings.Contains(err.Error(), "/v2/customer/token: 40") {
		t.Errorf("an unknown organization: %v", err)
	}
	html := httptest.NewServer(http.NotFoundHandler())
	defer html.Close()
	if _, err := customer.CookieGrant(html.URL, rtmtest.Organization, "test", nil)(t.Context(), false); err == nil || !strings.Contains(err.Error(), "404 Not Found") {
		t.Errorf("an answer that is no JSON: %v", err)
	}
}

func TestDialNeedsAnOrganization(t *testing.T) {
	if _, err := customer.Dial(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "Options.OrganizationID: is required") {
		t.Errorf("err = %v", err)
	}
}
