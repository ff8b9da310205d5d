package rtmserver_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestWebTour takes the tours of the sockets over the Web API: every method that it
// has is answered in the catalogue's shape, and what it causes comes to the sockets.
func TestWebTour(t *testing.T) {
	tour.Clear()
	web := func(flow func(*testing.T, *rtmtest.Server)) {
		inBubble(t, &rtmserver.Options{Seed: tourSeed()}, func(t *testing.T, srv *rtmtest.Server) {
			overWeb.Store(srv, true)
			defer overWeb.Delete(srv)
			flow(t, srv)
		})
	}
	web(tourChat)
	web(tourCustomer)
	web(tourAgent)
	for _, api := range []*catalogue.API{catalogue.Customer(), catalogue.Agent()} {
		for _, m := range api.Methods {
			if _, ok := tour.Load(api.Name + " web " + m.Action); !ok && webHas(api, m.Action) && (m.RemovedIn == "" || m.RemovedIn > "3.6") {
				t.Errorf("%s: %s was not answered over the Web API", api.Name, m.Action)
			}
		}
	}
}

// TestWebDenied asks for every method of every version without a token, with one of
// the other side, and from a banned customer.
func TestWebDenied(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		banned := customer(t, srv)
		id := banned.ok("get_customer", object{})["id"]
		ag.ok("ban_customer", object{"id": id, "ban": object{"days": 1}})
		good := "Bearer " + srv.CustomerToken(t)
		for _, api := range []*catalogue.API{catalogue.Customer(), catalogue.Agent()} {
			actions := []string{"upload_file"}
			for _, m := range api.Methods {
				actions = append(actions, m.Action)
			}
			for _, action := range actions {
				for _, version := range []string{"3.4", "3.5", "3.6"} {
					for _, tt := range []struct {
						auth, typ string
						status    int
						customers bool // a row of the Customer API alone
					}{
						{"", "authentication", 401, false},
						{"Bearer dal:nobody", "authentication", 401, false},
						{"dal:agent1", "authentication", 401, false},
						{map[string]string{"customer": "Bearer " + rtmtest.AgentToken, "agent": good}[api.Name], "authentication", 401, false},
						{banned.auth, "customer_banned", 403, true},
					} {
						if tt.customers && api.Name != "customer" {
							continue
						}
						if !webHas(api, action) {
							tt.typ, tt.status = "validation", 400
						}
						res, v := post(t, srv, api.Name, version, action, tt.auth, []byte("{}"))
						if got := at(v, "error", "type"); got != tt.typ || res.StatusCode != tt.status {
							t.Errorf("%s %s %s with %q: %s %v, want %d %s", version, api.Name, action, tt.auth, res.Status, v, tt.status, tt.typ)
						}
					}
				}
			}
		}
	})
}

// TestWebRequests has the requests that are no requests of a method.
func TestWebRequests(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu := "Bearer " + srv.CustomerToken(t)
		ag := "Bearer " + rtmtest.AgentToken
		org := "?organization_id=" + rtmtest.Organization
		json := http.Header{"Content-Type": {"application/json"}}
		with := func(more ...string) http.Header {
			h := json.Clone()
			for i := 0; i < len(more); i += 2 {
				h.Set(more[i], more[i+1])
			}
			return h
		}
		for _, tt := range []struct {
			method, path, body string
			header             http.Header
			status             int
			typ, text          string
		}{
			{"POST", "/v3.6/customer/action/get_customer" + org, "", with("Authorization", cu), 200, "", ""},
			{"POST", "/v3.6/customer/action/get_customer" + org, "{}", http.Header{"Authorization": {cu}}, 200, "", ""},
			{"POST", "/v3.6/customer/action/get_customer" + org, "{}", with("Authorization", cu, "Content-Type", "application/json; charset=utf-8"), 200, "", ""},
			{"POST", "/v3.6/customer/action/get_customer" + org, "{}", with("Authorization", "bearer "+strings.TrimPrefix(cu, "Bearer "), "X-Region", "dal", "X-Author-Id", "x"), 200, "", ""},
			{"POST", "/customer/action/get_customer" + org, "{}", with("Authorization", cu, "X-API-Version", "3.5"), 200, "", ""},
			{"POST", "/agent/action/list_chats", "{}", with("Authorization", ag, "X-API-Version", "3.6"), 200, "", ""},
			{"POST", "/v3.6/agent/action/list_chats" + org, "{}", with("Authorization", ag), 200, "", ""},
			{"POST", "/v3.6/agent/action/list_chats", "{}", with("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("account:dal:agent1"))), 200, "", ""},

			{"POST", "/v3.6/agent/action/list_chats?organization_id=x", "{}", with("Authorization", ag), 401, "authentication", "unknown"},
			{"POST", "/v3.6/agent/action/list_chats", "{}", with("Authorization", "Basic x"), 401, "authentication", "Authorization: after Basic"},
			{"POST", "/v3.6/customer/action/get_customer", "{}", with("Authorization", cu), 400, "validation", "organization_id is required"},
			{"POST", "/v3.6/customer/action/get_customer?organization_id=x", "{}", with("Authorization", cu), 404, "license_not_found", `organization_id: there is no organization "x"`},
			{"POST", "/v3.6/customer/action/get_customer" + org, "{}", with("Authorization", "Basic x"), 401, "authentication", "Authorization: must be Bearer"},
			{"GET", "/v3.6/customer/action/get_customer" + org, "", with("Authorization", cu), 405, "validation", "get_customer is asked for with POST, not with GET"},
			{"PUT", "/v3.6/customer/action/get_customer" + org, "{}", with("Authorization", cu), 405, "validation", "with POST"},
			{"POST", "/v3.6/customer/action/get_dynamic_configuration" + org, "{}", nil, 405, "validation", "with GET, not with POST"},
			{"POST", "/v3.6/customer/action/fly" + org, "{}", with("Authorization", cu), 404, "not_found", `no action "fly"`},
			{"POST", "/v3.6/customer/action/ban_customer" + org, "{}", with("Authorization", cu), 404, "not_found", "the customer API has no action"},
			{"POST", "/v3.6/customer/action/get_customer/" + org, "{}", with("Authorization", cu), 404, "not_found", "nothing is served"},
			{"POST", "/v3.6/customer/action/" + org, "{}", with("Authorization", cu), 404, "not_found", "nothing is served"},
			{"POST", "/v3.6/customer/action/login" + org, "{}", with("Authorization", cu), 400, "validation", "login needs a connection: use the socket at /v3.6/customer/rtm/ws"},
			{"POST", "/v3.3/customer/action/get_customer" + org, "{}", with("Authorization", cu), 400, "unsupported_version", `API version "3.3" is not served here`},
			{"POST", "/customer/action/get_customer" + org, "{}", with("Authorization", cu), 400, "validation", "the version is missing"},
			{"POST", "/customer/action/get_customer" + org, "{}", with("Authorization", cu, "X-API-Version", "2"), 400, "unsupported_version", `"2"`},
			{"POST", "/v3.6/agent/action/list_customers", "{}", with("Authorization", ag), 400, "unsupported_version", "list_customers"},
			{"POST", "/v3.4/agent/action/list_customers", "{}", with("Authorization", ag), 200, "", ""},

			{"POST", "/v3.6/customer/action/get_customer" + org, "[]", with("Authorization", cu), 400, "validation", "the body: must be a JSON object, not an array"},
			{"POST", "/v3.6/customer/action/get_customer" + org, "{", with("Authorization", cu), 400, "validation", "the body is not JSON"},
			{"POST", "/v3.6/customer/action/get_customer" + org, "{} {}", with("Authorization", cu), 400, "validation", "more after the first"},
			{"POST", "/v3.6/customer/action/get_customer" + org, `{"a":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + "}", with("Authorization", cu), 400, "validation", "nested too deep"},
			{"POST", "/v3.6/customer/action/get_customer" + org, "{\"a\":\"\xff\"}", with("Authorization", cu), 400, "validation", "UTF-8"},
			{"POST", "/v3.6/customer/action/get_customer" + org, "a=b", with("Authorization", cu, "Content-Type", "application/x-www-form-urlencoded"), 400, "validation", "Content-Type: must be application/json"},
			{"POST", "/v3.6/customer/action/get_customer" + org, "{}", with("Authorization", cu, "Content-Encoding", "gzip"), 400, "validation", "Content-Encoding: must be identity"},
			{"POST", "/v3.6/customer/action/update_customer" + org, `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, with("Authorization", cu), 413, "entity_too_large", "over the limit of 1048576 bytes"},
			{"POST", "/v3.6/customer/action/update_customer" + org, `{"name":7}`, with("Authorization", cu), 400, "validation", "payload.name: must be a string, not a number"},
			{"POST", "/v3.6/customer/action/update_customer" + org, `{}`, with("Authorization", cu), 400, "validation", "payload"},
			{"POST", "/v3.6/customer/action/get_chat" + org, `{"chat_id":"X"}`, with("Authorization", cu), 404, "not_found", "X"},
			{"POST", "/v3.6/customer/action/get_form" + org, `{"group_id":9,"type":"prechat"}`, with("Authorization", cu), 404, "group_not_found", "9"},
			{"POST", "/v3.6/customer/action/get_predicted_agent" + org, `{}`, with("Authorization", cu), 409, "group_offline", ""},
			{"POST", "/v3.6/customer/action/start_chat" + org, `{}`, with("Authorization", cu), 409, "groups_offline", "continuous"},
			{"POST", "/v3.6/agent/action/set_routing_status", `{"status":"accepting_chats"}`, with("Authorization", ag), 409, "requester_already_offline", ""},
			{"POST", "/v3.6/agent/action/set_routing_status", `{"status":"accepting_chats","agent_id":"agent2@example.com"}`, with("Authorization", ag), 409, "agent_offline", ""},
			{"POST", "/v3.6/agent/action/set_routing_status", `{"status":"accepting_chats","agent_id":"agent1@example.com"}`, with("Authorization", "Bearer "+rtmtest.Agent2Token), 403, "authorization", ""},
		} {
			res, v := ask(t, srv, tt.method, tt.path, tt.body, tt.header)
			name := fmt.Sprintf("%s %s %.40s", tt.method, tt.path, tt.body)
			if res.StatusCode != tt.status {
				t.Errorf("%s: %s %v, want %d", name, res.Status, v, tt.status)
				continue
			}
			if !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") || res.Header.Get("Cache-Control") != "no-store" && res.StatusCode != 404 {
				t.Errorf("%s: the headers are %v", name, res.Header)
			}
			text, _ := at(v, "error", "message").(string)
			if typ, _ := at(v, "error", "type").(string); typ != tt.typ || !strings.Contains(text, tt.text) {
				t.Errorf("%s: got %s %q, want %s %q", name, typ, text, tt.typ, tt.text)
			}
		}
	})
}

// TestWebPushes writes over the Web API: all sockets hear of it, without a
// request_id, and the customer is where its newest socket is.
func TestWebPushes(t *testing.T) {
	inBubble(t, &rtmserver.Options{Seed: tourSeed(), RandomSeed: 1}, func(t *testing.T, srv *rtmtest.Server) {
		ag := dialAgent(t, srv)
		ag.ok("login", object{"token": "Bearer " + rtmtest.AgentToken, "customer_monitoring_level": "online"})
		cu := dialCustomer(t, srv)
		cu.ok("login", object{"token": "Bearer " + srv.CustomerToken(t), "group_id": 1})
		res, v := post(t, srv, "customer", "3.6", "start_chat", cu.auth, []byte(`{"chat":{"thread":{"events":[{"type":"message","text":"hi"}]}}}`))
		chatID, _ := at(v, "chat_id").(string)
		if res.StatusCode != 200 || chatID == "" {
			t.Fatalf("start_chat: %s %v", res.Status, v)
		}
		for _, p := range []*peer{cu, ag} {
			f := p.frame("incoming_chat")
			if f["request_id"] != nil || at(f, "payload", "chat", "access", "group_ids", 0) != 1.0 {
				t.Errorf("%s: the push is %v", p.api.Name, f)
			}
		}
		post(t, srv, "agent", "3.6", "send_event", "Bearer "+rtmtest.AgentToken, []byte(`{"chat_id":"`+chatID+`","event":{"type":"message","text":"hello"}}`))
		for _, p := range []*peer{cu, ag} {
			if f := p.frame("incoming_event"); f["request_id"] != nil || at(f, "payload", "event", "text") != "hello" || at(f, "payload", "event", "author_id") == nil {
				t.Errorf("%s: the push is %v", p.api.Name, f)
			}
		}
		// Without a socket the page that it was on decides.
		other := dialCustomer(t, srv)
		other.ok("login", object{"token": "Bearer " + srv.CustomerToken(t), "customer_page": object{"url": "https://shop.example/sales"}})
		other.close()
		ag.push("customer_left")
		_, v = post(t, srv, "customer", "3.6", "start_chat", other.auth, []byte(`{"continuous":true}`))
		if f := ag.push("incoming_chat"); at(f, "chat", "id") != at(v, "chat_id") || at(f, "chat", "access", "group_ids", 0) != 1.0 {
			t.Errorf("start_chat gave %v, the agent has %v", v, f)
		}
	})
}

// TestWebScopes denies what the scopes of an agent's token do not allow.
func TestWebScopes(t *testing.T) {
	seed := rtmserver.DefaultSeed()
	seed.Organizations[0].Agents[0].Scopes = []string{"chats--access:ro"}
	inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
		for action, want := range map[string]int{"list_chats": 200, "start_chat": 403, "multicast": 403} {
			body := `{}`
			if action == "multicast" {
				body = `{"recipients":{"agents":{"all":true}},"content":{}}`
			}
			if res, v := post(t, srv, "agent", "3.6", action, "Bearer "+rtmtest.AgentToken, []byte(body)); res.StatusCode != want {
				t.Errorf("%s: %s %v", action, res.Status, v)
			}
		}
	})
}

// TestWebLateBody has a body that takes its time, and in the meantime the customer is
// banned or the token revoked.
func TestWebLateBody(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		for want, end := range map[string]func(id, auth string){
			"customer_banned": func(id, _ string) { ag.ok("ban_customer", object{"id": id, "ban": object{"days": 1}}) },
			"authentication": func(_, auth string) {
				ask(t, srv, "DELETE", "/v2/customer/token", "", http.Header{"Authorization": {auth}})
			},
		} {
			cu := customer(t, srv)
			id := cu.ok("get_customer", object{})["id"].(string)
			body, to := io.Pipe()
			req, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+actionURL("customer", "3.6", "update_customer"), body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", cu.auth)
			go func() {
				fmt.Fprint(to, `{"name":`)
				synctest.Wait()
				end(id, cu.auth)
				fmt.Fprint(to, `"Too Late"}`)
				to.Close()
			}()
			if res, v := do(t, srv, req); at(v, "error", "type") != want {
				t.Errorf("got %s %v, want %s", res.Status, v, want)
			}
			if c := ag.ok("get_customer", object{"id": id}); c["name"] == "Too Late" {
				t.Errorf("%s: it was carried out", want)
			}
		}
	})
}

// TestWebCORS is a page of another origin.
func TestWebCORS(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		origin := http.Header{"Origin": {"https://shop.example"}}
		for _, path := range []string{"/v3.5/customer/action/upload_file", "/v3.6/agent/action/send_event"} {
			h := origin.Clone()
			h.Set("Access-Control-Request-Method", "POST")
			h.Set("Access-Control-Request-Headers", "authorization, x-custom, x-bad name, cookie")
			res, _ := ask(t, srv, "OPTIONS", path, "", h)
			allowed := res.Header.Get("Access-Control-Allow-Headers")
			if res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != "https://shop.example" || res.Header.Get("Access-Control-Allow-Credentials") != "true" ||
				res.Header.Get("Access-Control-Allow-Methods") != "POST" || !strings.Contains(allowed, "Authorization") || !strings.Contains(allowed, "x-custom") ||
				strings.Contains(allowed, "bad name") || strings.Contains(allowed, "cookie") {
				t.Errorf("%s: %s %v", path, res.Status, res.Header)
			}
		}
		// The page may read errors too.
		res, _ := ask(t, srv, "POST", "/v3.6/agent/action/send_event", "{}", origin)
		if res.StatusCode != 401 || res.Header.Get("Access-Control-Allow-Origin") != "https://shop.example" || res.Header.Get("Vary") != "Origin" {
			t.Errorf("%s %v", res.Status, res.Header)
		}
		if res, _ := ask(t, srv, "POST", "/v3.6/agent/action/send_event", "{}", nil); res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("without an origin: %v", res.Header)
		}
	})
}

// TestWebSlowBody sends a body that does not come.
func TestWebSlowBody(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		for name, wait := range map[string]time.Duration{"silent": 15 * time.Second, "dripping": 5 * time.Minute} {
			started := time.Now()
			body := &drip{fast: name == "dripping", done: make(chan struct{})}
			req, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+actionURL("agent", "3.6", "list_chats"), body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+rtmtest.AgentToken)
			res, v := do(t, srv, req)
			close(body.done)
			if res.StatusCode != 408 || at(v, "error", "type") != "request_timeout" || time.Since(started) != wait {
				t.Errorf("%s: %s %v after %v", name, res.Status, v, time.Since(started))
			}
		}
	})
}

// drip is a body that gives a byte now and then, or never.
type drip struct {
	fast bool
	done chan struct{}
}

func (d *drip) Read(b []byte) (int, error) {
	if d.fast {
		select {
		case <-time.After(10 * time.Second): // virtual
			return copy(b, " "), nil
		case <-d.done:
		}
	}
	<-d.done
	return 0, http.ErrBodyReadAfterClose
}

// TestConfiguration asks for what widgets ask for before they connect.
func TestConfiguration(t *testing.T) {
	inBubble(t, &rtmserver.Options{Seed: tourSeed()}, func(t *testing.T, srv *rtmtest.Server) {
		get := func(version, action, query string) (int, object) {
			res, v := ask(t, srv, "GET", "/v"+version+"/customer/action/"+action+"?"+query, "", nil)
			return res.StatusCode, v
		}
		org := "organization_id=" + rtmtest.Organization
		_, v := get("3.6", "get_dynamic_configuration", org)
		if at(v, "organization_id") != rtmtest.Organization || at(v, "default_widget") != "livechat" || at(v, "livechat_active") != true ||
			at(v, "livechat", "group_id") != 0.0 || at(v, "livechat", "domain_allowed") != true || at(v, "livechat", "online_group_ids") != nil {
			t.Errorf("nobody there: %v", v)
		}
		agent(t, srv, rtmtest.AgentToken)
		for _, query := range []string{org, "license_id=1"} {
			_, v = get("3.5", "get_dynamic_configuration", query+"&url=https%3A%2F%2Fshop.example%2Fsales")
			if v["organization_id"] != rtmtest.Organization || v["group_id"] != 1.0 || v["livechat"] != nil || at(v, "online_group_ids", 0) != 0.0 {
				t.Errorf("%s: %v", query, v)
			}
		}
		_, v = get("3.5", "get_dynamic_configuration", org+"&group_id=0&url=https%3A%2F%2Fshop.example%2Fsales")
		config, phrases := v["config_version"].(string), v["localization_version"].(string)
		status, c := get("3.5", "get_configuration", org+"&group_id=0&version="+config)
		if status != 200 || at(c, "prechat_form", "id") != "pre" || c["ticket_form"] != nil || c["buttons"] == nil || at(c, "properties", "group") == nil {
			t.Errorf("the configuration is %d %v", status, c)
		}
		status, c = get("3.6", "get_localization", org+"&group_id=0&language=en&version="+phrases)
		if status != 200 || c["Agents_not_available"] == nil {
			t.Errorf("the phrases are %d %v", status, c)
		}
		for _, path := range []string{"list_license_properties?" + org, "list_group_properties?id=1&" + org} {
			if res, v := ask(t, srv, "GET", "/v3.6/customer/action/"+path, "", nil); res.StatusCode != 200 || len(v) != 0 {
				t.Errorf("%s: %s %v", path, res.Status, v)
			}
		}
		for _, tt := range []struct {
			action, query string
			status        int
			typ           string
		}{
			{"get_dynamic_configuration", "", 400, "validation"},
			{"get_dynamic_configuration", "organization_id=x", 404, "license_not_found"},
			{"get_dynamic_configuration", "license_id=2", 404, "license_not_found"},
			{"get_dynamic_configuration", org + "&group_id=x", 400, "validation"},
			{"get_dynamic_configuration", org + "&group_id=9", 404, "group_not_found"},
			{"get_configuration", "license_id=1&group_id=0&version=" + config, 400, "validation"},
			{"get_configuration", org + "&version=" + config, 400, "validation"},
			{"get_configuration", org + "&group_id=0", 400, "validation"},
			{"get_configuration", org + "&group_id=0&version=x", 404, "not_found"},
			{"get_configuration", org + "&group_id=1&version=" + config, 404, "not_found"},
			{"get_localization", org + "&group_id=0&version=" + phrases, 400, "validation"},
			{"get_localization", org + "&language=en&version=" + phrases, 400, "validation"},
			{"get_localization", org + "&group_id=0&language=xx&version=" + phrases, 404, "not_found"},
			{"get_localization", org + "&group_id=0&language=en&version=x", 404, "not_found"},
			{"list_license_properties", "", 400, "validation"},
			{"list_group_properties", org, 400, "validation"},
			{"list_group_properties", org + "&id=9", 404, "group_not_found"},
		} {
			if status, v := get("3.6", tt.action, tt.query); status != tt.status || at(v, "error", "type") != tt.typ {
				t.Errorf("%s?%s: %d %v, want %d %s", tt.action, tt.query, status, v, tt.status, tt.typ)
			}
		}
	})
}

// TestWebOwn are the methods that only the Web API has and that take a payload.
func TestWebOwn(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		token := "Bearer " + srv.CustomerToken(t)
		goals := `{"session_fields":[{"a":"b"}],"group_id":0,"page_url":"https://shop.example/"}`
		for _, tt := range []struct {
			action, auth, body string
			status             int
			text               string
		}{
			{"check_goals", token, goals, 200, ""},
			{"check_goals", "", goals, 401, ""},
			{"check_goals", token, `{}`, 400, "payload.session_fields: is required"},
			{"check_goals", token, strings.Replace(goals, `"group_id":0`, `"group_id":"0"`, 1), 400, "payload.group_id: must be a number, not a string"},
			{"check_goals", token, strings.Replace(goals, `"group_id":0`, `"group_id":9`, 1), 404, "payload.group_id: there is no group 9"},
			{"check_goals", token, strings.Replace(goals, `{"a":"b"}`, `7`, 1), 400, "payload.session_fields[0]: must be an object, not a number"},
			{"request_email_verification", token, `{"callback_uri":"https://shop.example/verified"}`, 200, ""},
			{"request_email_verification", token, `{"callback_uri":"ftp://x"}`, 400, "payload.callback_uri: must be an http or https address"},
			{"request_email_verification", "", `{}`, 401, ""},
		} {
			res, v := post(t, srv, "customer", "3.6", tt.action, tt.auth, bytes.TrimSpace([]byte(tt.body)))
			text, _ := at(v, "error", "message").(string)
			if res.StatusCode != tt.status || !strings.Contains(text, tt.text) {
				t.Errorf("%s %s: %s %v, want %d %q", tt.action, tt.body, res.Status, v, tt.status, tt.text)
			}
		}
	})
}

// TestWebElsewhere asks for organizations that are not served here, or not any more.
func TestWebElsewhere(t *testing.T) {
	seed := rtmserver.DefaultSeed()
	license := &seed.Organizations[0].License
	ask := func(status int, typ string) object {
		t.Helper()
		var v any
		inBubble(t, &rtmserver.Options{Seed: seed}, func(t *testing.T, srv *rtmtest.Server) {
			var res *http.Response
			for _, action := range []string{"upload_file", "list_chats"} {
				if res, v = post(t, srv, "agent", "3.6", action, agentAuth, []byte("{}")); res.StatusCode != status || at(v, "error", "type") != typ {
					t.Errorf("%s: %s %v, want %d %s", action, res.Status, v, status, typ)
				}
			}
		})
		return v.(object)
	}
	license.Region = "fra"
	if v := ask(421, "misdirected_request"); at(v, "error", "data", "region") != "fra" {
		t.Errorf("the error is %v", v)
	}
	license.Region, license.ExpiresAt = "", time.Unix(0, 0)
	ask(403, "license_expired")
}

// TestWebDrain shuts a server down while it carries out a request, which is
// answered; later ones are refused.
func TestWebDrain(t *testing.T) {
	log := &gatedLog{Log: rtmserver.NewMemoryLog()}
	inBubble(t, &rtmserver.Options{Log: log}, func(t *testing.T, srv *rtmtest.Server) {
		log.gate = make(chan struct{})
		started := make(chan int)
		go func() {
			res, _ := post(t, srv, "agent", "3.6", "start_chat", agentAuth, []byte("{}"))
			started <- res.StatusCode
		}()
		synctest.Wait()
		down := make(chan error)
		go func() { down <- srv.RTM.Shutdown(t.Context()) }()
		synctest.Wait()
		res, v := post(t, srv, "agent", "3.6", "list_chats", agentAuth, []byte("{}"))
		if res.StatusCode != 503 || at(v, "error", "type") != "service_unavailable" || res.Header.Get("Retry-After") == "" {
			t.Errorf("while the server stops: %s %v", res.Status, v)
		}
		close(log.gate)
		if status := <-started; status != 200 {
			t.Errorf("the request of before was answered with %d", status)
		}
		if err := <-down; err != nil {
			t.Error(err)
		}
	})
}
