package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	named := hosts{"api.livechatinc.com", "*.example.com"}
	for _, tt := range []struct {
		hosts hosts
		host  string
		want  bool
	}{
		{nil, "localhost", true},
		{nil, "LOCALHOST:8080", true},
		{nil, "localhost.:8080", true},
		{nil, "shop.localhost:8080", true},
		{nil, "127.0.0.1:8080", true},
		{nil, "127.0.0.1", true},
		{nil, "192.168.1.7:80", true}, // a number can't be rebound
		{nil, "[::1]:8080", true},
		{nil, "[::1]", true},
		{nil, "[fe80::1%25eth0]:8080", true},
		{nil, "", true},
		{nil, "rebound.example", false},
		{nil, "rebound.example:8080", false},
		{nil, "127.0.0.1.rebound.example", false},
		{nil, "notlocalhost", false},
		{nil, "localhost.rebound.example", false},
		{nil, "*", false},
		{named, "api.livechatinc.com", true},
		{named, "API.LiveChatInc.com:443", true},
		{named, "api.livechatinc.com.", true},
		{named, "accounts.livechatinc.com", false},
		{named, "xapi.livechatinc.com", false},
		{named, "a.example.com", true},
		{named, "b.a.example.com", true},
		{named, "example.com", false},
		{named, "xexample.com", false},
		{named, "localhost", true},
		{hosts{"*"}, "rebound.example:8080", true},
		{hosts(nil).listensOn("My-Box:8080"), "my-box:8080", true},
		{hosts(nil).listensOn("127.0.0.1:8080"), "my-box:8080", false},
		{hosts(nil).listensOn(":8080"), "my-box:8080", false},
	} {
		if got := tt.hosts.has(tt.host); got != tt.want {
			t.Errorf("%v: has(%q) is %v", tt.hosts, tt.host, got)
		}
	}
}

func TestHostFlag(t *testing.T) {
	var h hosts
	for _, list := range []string{"api.livechatinc.com, Accounts.LiveChatInc.com", "*.example.com", "*"} {
		if err := h.Set(list); err != nil {
			t.Error(err)
		}
	}
	if want := "api.livechatinc.com,accounts.livechatinc.com,*.example.com,*"; h.String() != want {
		t.Errorf("got %s", &h)
	}
	for _, bad := range []string{"", "a,,b", "https://api.example.com", "api.example.com:443", "a b", "a..b", "-a", "*.*", "x*.example.com", strings.Repeat("a.", 127) + "b"} {
		if err := h.Set(bad); err == nil || !strings.Contains(err.Error(), "is no name of a host") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestGuard refuses with a sentence that says what to do, before anything is read.
func TestGuard(t *testing.T) {
	reached := 0
	guarded := hosts{"a.example"}.guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	for _, host := range []string{"a.example", "rebound.example"} {
		r := httptest.NewRequest("POST", "/v2/customer/token", nil)
		r.Host = host
		w := httptest.NewRecorder()
		guarded.ServeHTTP(w, r)
		if host == "a.example" {
			if w.Code != 200 || reached != 1 {
				t.Errorf("%s: %d, reached %d", host, w.Code, reached)
			}
			continue
		}
		var body struct {
			Error struct{ Type, Message string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		if want := `Host: rtmd does not answer for "rebound.example": start it with -host and that name, or with -host '*' for all names`; w.Code != 403 || reached != 1 || body.Error.Message != want || body.Error.Type != "authorization" {
			t.Errorf("%d %v, reached %d", w.Code, body, reached)
		}
	}
}
