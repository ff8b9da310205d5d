package rtmserver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// ask makes a request to the token endpoints.
func ask(t *testing.T, srv *rtmtest.Server, method, path, body string, header http.Header, cookies ...*http.Cookie) (*http.Response, object) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if host := header.Get("Host"); host != "" {
		req.Host = host
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := srv.HTTPClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var v object
	if len(data) > 0 {
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatalf("%s %s: %s", method, path, data)
		}
	}
	return res, v
}

const grant = `{"grant_type":"cookie","client_id":"c1","organization_id":"` + rtmtest.Organization + `","response_type":"token"}`

func TestToken(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		res, first := ask(t, srv, "POST", "/v2/customer/token", grant, http.Header{"Origin": {"https://shop.example"}})
		if res.StatusCode != 200 || first["expires_in"] != 28800.0 || first["token_type"] != "Bearer" || first["client_id"] != "c1" || first["organization_id"] != rtmtest.Organization {
			t.Errorf("got %d %v", res.StatusCode, first)
		}
		token := first["access_token"].(string)
		if !strings.HasPrefix(token, "dal:") || len(token) < 47 {
			t.Errorf("the token is %q", token)
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "https://shop.example" || res.Header.Get("Access-Control-Allow-Credentials") != "true" || res.Header.Get("Vary") != "Origin" {
			t.Errorf("the headers are %v", res.Header)
		}
		cookies := res.Cookies()
		if len(cookies) != 2 || cookies[0].Name != "__lc_cid" || cookies[1].Name != "__lc_cst" {
			t.Fatalf("the cookies are %v", cookies)
		}
		for _, c := range cookies {
			// rtm.test is neither TLS nor this machine.
			if !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteLaxMode || c.MaxAge != 63072000 || c.Path != "/" {
				t.Errorf("the cookie is %v", c)
			}
		}

		// The same browser is the same customer, with a new token.
		_, second := ask(t, srv, "POST", "/v2/customer/token", grant, nil, cookies...)
		if second["entity_id"] != first["entity_id"] || second["access_token"] == token {
			t.Errorf("the second is %v, the first was %v", second, first)
		}
		// A cookie that was made up is not.
		forged := *cookies[1]
		forged.Value = "x"
		for _, set := range [][]*http.Cookie{{cookies[0]}, {cookies[0], &forged}, {cookies[1]}} {
			if _, other := ask(t, srv, "POST", "/v2/customer/token", grant, nil, set...); other["entity_id"] == first["entity_id"] {
				t.Errorf("the cookies %v gave somebody else's customer", set)
			}
		}

		auth := http.Header{"Authorization": {"Bearer " + token}}
		res, info := ask(t, srv, "GET", "/v2/customer/info", "", auth)
		if res.StatusCode != 200 || info["entity_id"] != first["entity_id"] || info["access_token"] != token || info["client_id"] != "c1" {
			t.Errorf("info is %d %v", res.StatusCode, info)
		}
		if res, info := ask(t, srv, "GET", "/v2/customer/info?code="+token, "", nil); res.StatusCode != 200 || info["entity_id"] != first["entity_id"] {
			t.Errorf("info by code is %d %v", res.StatusCode, info)
		}

		// Revoking ends the token and its connections, not the customer's others.
		one, two := dialCustomer(t, srv), dialCustomer(t, srv)
		one.ok("login", object{"token": "Bearer " + token})
		two.ok("login", object{"token": "Bearer " + second["access_token"].(string)})
		if res, _ := ask(t, srv, "DELETE", "/v2/customer/token", "", auth); res.StatusCode != 200 {
			t.Errorf("revoking gave %d", res.StatusCode)
		}
		one.ends()
		if d := one.push("customer_disconnected"); d["reason"] != "access_token_revoked" {
			t.Errorf("got %v", d)
		}
		two.ok("ping", object{})
		late := dialCustomer(t, srv)
		late.fails("authentication", "login", object{"token": "Bearer " + token})
		if res, body := ask(t, srv, "GET", "/v2/customer/info", "", auth); res.StatusCode != 401 || body["oauth_exception"] != "access_denied" {
			t.Errorf("info of a revoked token is %d %v", res.StatusCode, body)
		}

		// Tokens end by themselves too, with the connection.
		time.Sleep(8*time.Hour - time.Minute) // virtual
		two.ok("ping", object{})
		two.ends()
		if d := two.push("customer_disconnected"); d["reason"] != "access_token_expired" {
			t.Errorf("got %v", d)
		}
		last := dialCustomer(t, srv)
		last.fails("authentication", "login", object{"token": "Bearer " + second["access_token"].(string)})
	})
}

func TestTokenCookiesOnLoopback(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		for _, host := range []string{"localhost:8080", "127.0.0.1:8080", "[::1]:8080", "shop.localhost"} {
			res, _ := ask(t, srv, "POST", "/v2/customer/token", grant, http.Header{"Host": {host}})
			for _, c := range res.Cookies() {
				if !c.Secure || c.SameSite != http.SameSiteNoneMode || !c.HttpOnly {
					t.Errorf("%s: the cookie is %v", host, c)
				}
			}
		}
	})
}

// TestTokenCookiesBehindTLS has a proxy that speaks TLS.
func TestTokenCookiesBehindTLS(t *testing.T) {
	for public, secure := range map[string]bool{"https://chat.example": true, "http://chat.example": false} {
		inBubble(t, &rtmserver.Options{PublicURL: public}, func(t *testing.T, srv *rtmtest.Server) {
			res, _ := ask(t, srv, "POST", "/v2/customer/token", grant, nil)
			if n := len(res.Cookies()); n != 2 {
				t.Errorf("%s: there are %d cookies", public, n)
			}
			for _, c := range res.Cookies() {
				if c.Secure != secure || c.Partitioned != secure || secure != (c.SameSite == http.SameSiteNoneMode) {
					t.Errorf("%s: the cookie is %v", public, c)
				}
			}
		})
	}
}

func TestTokenDenied(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		with := func(old, new string) string { return strings.Replace(grant, old, new, 1) }
		for _, tt := range []struct {
			method, path, body, auth string
			status                   int
			exception, text          string
		}{
			{"POST", "/token", "", "", 400, "invalid_request", "the body must be a JSON object"},
			{"POST", "/token", "[]", "", 400, "invalid_request", "the body must be a JSON object"},
			{"POST", "/token", `{"grant_type":7}`, "", 400, "invalid_request", "grant_type: must be a string, not a number"},
			{"POST", "/token", with(`}`, `,"expires_in":"1"}`), "", 400, "invalid_request", "expires_in: must be an integer, not a string"},
			{"POST", "/token", with(`}`, `,"expires_in":1.5}`), "", 400, "invalid_request", "expires_in: must be an integer, not 1.5"},
			{"POST", "/token", grant + "x", "", 400, "invalid_request", "the body must be a JSON object"},
			{"POST", "/token", "{}", "", 400, "invalid_request", "grant_type: is required"},
			{"POST", "/token", with(`"client_id":"c1",`, ""), "", 400, "invalid_request", "client_id: is required"},
			{"POST", "/token", with("c1", strings.Repeat("x", 257)), "", 400, "invalid_request", "client_id: must have 256 bytes at most"},
			{"POST", "/token", with(rtmtest.Organization, ""), "", 400, "invalid_request", "organization_id: is required"},
			{"POST", "/token", with(rtmtest.Organization, "nobody"), "", 400, "resource_not_found", `there is no organization "nobody"`},
			{"POST", "/token", with(`,"response_type":"token"`, ""), "", 400, "invalid_request", "response_type: is required"},
			{"POST", "/token", with(`"token"}`, `"code"}`), "", 400, "invalid_request", "response_type: must be token"},
			{"POST", "/token", with("cookie", "agent_token"), "", 400, "unsupported_grant_type", "grant_type: must be cookie"},
			{"POST", "/token", with(`}`, `,"expires_in":0}`), "", 400, "invalid_request", "expires_in: must be from 1 to 28800"},
			{"POST", "/token", with(`}`, `,"expires_in":28801}`), "", 400, "invalid_request", "expires_in: must be from 1 to 28800"},
			{"POST", "/token", `{"grant_type":"` + strings.Repeat("x", 70000) + `"}`, "", 400, "invalid_request", "too large"},
			{"POS", "/token", "", "", 405, "invalid_request", "use POST, DELETE"},
			{"G", "/info", "", "", 405, "invalid_request", "use GET"},
			{"PUT", "/token", "", "", 405, "invalid_request", "use POST, DELETE"},
			{"POST", "/info", "", "", 405, "invalid_request", "use GET"},
			{"GET", "/info", "", "", 401, "access_denied", "unknown"},
			{"GET", "/info?code=x", "", "", 401, "access_denied", "unknown"},
			{"GET", "/info", "", "dal:x", 401, "invalid_request", "Authorization: must be Bearer"},
			{"GET", "/info", "", "Bearer dal:agent1", 401, "access_denied", "unknown"},
			{"DELETE", "/token", "", "", 401, "access_denied", "unknown"},
			{"DELETE", "/token", "", "Bearer x", 401, "access_denied", "unknown"},
		} {
			header := http.Header{}
			if tt.auth != "" {
				header.Set("Authorization", tt.auth)
			}
			res, body := ask(t, srv, tt.method, "/v2/customer"+tt.path, tt.body, header)
			text, _ := body["exception_description"].(string)
			if res.StatusCode != tt.status || body["oauth_exception"] != tt.exception || !strings.Contains(text, tt.text) {
				t.Errorf("%s %s %.80s: got %d %v", tt.method, tt.path, tt.body, res.StatusCode, body)
			}
		}
	})
}

func TestTokenPreflight(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		res, _ := ask(t, srv, "OPTIONS", "/v2/customer/token", "", http.Header{"Origin": {"https://shop.example"}, "Access-Control-Request-Method": {"POST"}})
		h := res.Header
		if res.StatusCode != 204 || h.Get("Access-Control-Allow-Origin") != "https://shop.example" || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "POST") ||
			!strings.Contains(h.Get("Access-Control-Allow-Headers"), "Content-Type") || h.Get("Access-Control-Allow-Credentials") != "true" {
			t.Errorf("got %d %v", res.StatusCode, h)
		}
		if res, _ := ask(t, srv, "POST", "/v2/customer/token", grant, nil); res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Error("without an Origin one is allowed")
		}
	})
}

// TestTokenEndsInTime ends a connection when its token does, not some time later.
func TestTokenEndsInTime(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		_, body := ask(t, srv, "POST", "/v2/customer/token", grant[:len(grant)-1]+`,"expires_in":3}`, nil)
		cu := dialCustomer(t, srv)
		time.Sleep(time.Second) // virtual
		cu.ok("login", object{"token": "Bearer " + body["access_token"].(string)})
		begin := time.Now()
		cu.ends()
		if d := cu.push("customer_disconnected"); d["reason"] != "access_token_expired" || time.Since(begin) != 2*time.Second {
			t.Errorf("after %v it got %v", time.Since(begin), d)
		}
	})
}
