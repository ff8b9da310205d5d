package rtmserver_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// told are the reasons that nothing here comes to by itself: the server's owner
// gives them with Server.Disconnect, and faults of the control API do. Each with
// why.
var told = map[string]map[string]string{
	"customer": {
		"logged_out_remotely":     "it is for the owner to decide",
		"product_version_changed": "there is one product",
	},
	"agent": {
		"access_token_expired":     "the seed's tokens do not expire",
		"access_token_revoked":     "the seed's tokens cannot be revoked",
		"role_permissions_changed": "the seed's roles do not change",
		"misdirected_request":      "an old name of misdirected_connection",
		"ping_timeout":             "an old name of connection_timeout",
		"agent_deleted":            "the seed's agents stay",
		"product_version_changed":  "there is one product",
	},
}

// caused has, by API and reason, what makes a server give it.
var caused = map[string]map[string]func(t *testing.T) object{
	"customer": {
		"access_token_revoked": func(t *testing.T) object {
			srv := rtmtest.NewServer(t, nil)
			token := srv.CustomerToken(t)
			cu := dialCustomer(t, srv)
			cu.ok("login", object{"token": "Bearer " + token})
			req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, srv.URL+"/v2/customer/token", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token)
			res, err := srv.HTTPClient().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			return disconnected(t, cu)
		},
		"access_token_expired": func(t *testing.T) object {
			clock := rtmserver.NewClock()
			srv := rtmtest.NewServer(t, &rtmserver.Options{Clock: clock})
			cu := customer(t, srv)
			clock.Advance(8 * time.Hour)
			return disconnected(t, cu)
		},
		"connection_evicted": func(t *testing.T) object {
			srv := rtmtest.NewServer(t, nil)
			cu := customer(t, srv)
			if err := srv.RTM.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			return disconnected(t, cu)
		},
		"connection_timeout": func(t *testing.T) object { return disconnected(t, dialCustomer(t, rtmtest.NewServer(t, nil))) },
		"internal_error":     func(t *testing.T) object { return broken(t, catalogue.Customer()) },
		"license_not_found": func(t *testing.T) object {
			return disconnected(t, dial(t, rtmtest.NewServer(t, nil), catalogue.Customer(), "?organization_id=nobody"))
		},
		"license_expired": func(t *testing.T) object { return expires(t, dialCustomer) },
		"misdirected_connection": func(t *testing.T) object {
			return disconnected(t, dialCustomer(t, rtmtest.NewServer(t, &rtmserver.Options{Region: "fra", Seed: licensed(rtmserver.License{Region: "dal"})})))
		},
		"unsupported_version": func(t *testing.T) object {
			return disconnected(t, dialVersion(t, rtmtest.NewServer(t, nil), catalogue.Customer(), "3.1", "?organization_id="+rtmtest.Organization))
		},
		"service_temporarily_unavailable": func(t *testing.T) object {
			srv := rtmtest.NewServer(t, &rtmserver.Options{Limits: rtmserver.Limits{Connections: 1}})
			customer(t, srv)
			return disconnected(t, dialCustomer(t, srv))
		},
		"too_many_connections":         func(t *testing.T) object { return tooMany(t, 1) },
		"customer_temporarily_blocked": func(t *testing.T) object { return tooMany(t, 6) },
		"too_many_unauthorized_connections": func(t *testing.T) object {
			srv := rtmtest.NewServer(t, &rtmserver.Options{Limits: rtmserver.Limits{Unauthorized: 1}})
			dialAgent(t, srv)
			return disconnected(t, dialCustomer(t, srv))
		},
		"customer_banned": func(t *testing.T) object {
			srv := rtmtest.NewServer(t, nil)
			cu, ag := customer(t, srv), agent(t, srv, rtmtest.AgentToken)
			ag.ok("ban_customer", object{"id": cu.ok("get_customer", object{})["id"], "ban": object{"days": 1}})
			return disconnected(t, cu)
		},
		"inactivity_timeout": func(t *testing.T) object {
			return disconnected(t, customer(t, rtmtest.NewServer(t, &rtmserver.Options{Limits: rtmserver.Limits{Inactivity: time.Minute}})))
		},
	},
	"agent": {
		"agent_disconnected_by_server": func(t *testing.T) object {
			ag := agent(t, rtmtest.NewServer(t, nil), rtmtest.AgentToken)
			ag.ok("logout", object{})
			return disconnected(t, ag)
		},
		"agent_logged_out_remotely": func(t *testing.T) object {
			srv := rtmtest.NewServer(t, nil)
			other := agent(t, srv, rtmtest.Agent2Token)
			agent(t, srv, rtmtest.AgentToken).ok("logout", object{"agent_id": agent2})
			return disconnected(t, other)
		},
		"connection_evicted": func(t *testing.T) object {
			srv := rtmtest.NewServer(t, &rtmserver.Options{Limits: rtmserver.Limits{AgentConnections: 1}})
			old := agent(t, srv, rtmtest.AgentToken)
			time.Sleep(time.Minute) // virtual
			agent(t, srv, rtmtest.AgentToken)
			return disconnected(t, old)
		},
		"connection_timeout": func(t *testing.T) object { return disconnected(t, dialAgent(t, rtmtest.NewServer(t, nil))) },
		"internal_error":     func(t *testing.T) object { return broken(t, catalogue.Agent()) },
		"license_expired":    func(t *testing.T) object { return expires(t, dialAgent) },
		"license_not_found": func(t *testing.T) object {
			return disconnected(t, dial(t, rtmtest.NewServer(t, nil), catalogue.Agent(), "?organization_id=nobody"))
		},
		"misdirected_connection": func(t *testing.T) object {
			// The token tells the organization, not the address.
			ag := dialAgent(t, rtmtest.NewServer(t, &rtmserver.Options{Seed: licensed(rtmserver.License{Region: "fra"})}))
			ag.fails("misdirected_request", "login", object{"token": "Bearer " + rtmtest.AgentToken})
			return disconnected(t, ag)
		},
		"too_many_connections": func(t *testing.T) object {
			srv := rtmtest.NewServer(t, &rtmserver.Options{Limits: rtmserver.Limits{AgentConnections: 1}})
			agent(t, srv, rtmtest.AgentToken)
			more := dialAgent(t, srv)
			more.fails("limit_reached", "login", object{"token": "Bearer " + rtmtest.AgentToken})
			return disconnected(t, more)
		},
		"too_many_unauthorized_connections": func(t *testing.T) object {
			srv := rtmtest.NewServer(t, &rtmserver.Options{Limits: rtmserver.Limits{Unauthorized: 1}})
			dialCustomer(t, srv)
			return disconnected(t, dialAgent(t, srv))
		},
		"unsupported_version": func(t *testing.T) object {
			return disconnected(t, dialVersion(t, rtmtest.NewServer(t, nil), catalogue.Agent(), "2.9", ""))
		},
	},
}

// licensed is the default seed with a license.
func licensed(l rtmserver.License) *rtmserver.Seed {
	seed := rtmserver.DefaultSeed()
	seed.Organizations[0].License = l
	return seed
}

// expires ends a license while a connection is open.
func expires(t *testing.T, dial func(*testing.T, *rtmtest.Server) *peer) object {
	clock := rtmserver.NewClock()
	srv := rtmtest.NewServer(t, &rtmserver.Options{Clock: clock, Seed: licensed(rtmserver.License{ExpiresAt: clock.Now().Add(time.Hour)})})
	p := dial(t, srv)
	token := rtmtest.AgentToken
	if p.api.Name == "customer" {
		token = srv.CustomerToken(t)
	}
	p.ok("login", object{"token": "Bearer " + token})
	other := dialAgent(t, srv) // before its login nobody knows whose it is
	clock.Advance(time.Hour)
	other.fails("license_expired", "login", object{"token": "Bearer " + rtmtest.Agent2Token})
	if d := disconnected(t, dialCustomer(t, srv)); d["reason"] != "license_expired" {
		t.Errorf("a new connection got %v", d)
	}
	return disconnected(t, p)
}

// tooMany connects a customer over its limit again and again.
func tooMany(t *testing.T, times int) (last object) {
	srv := rtmtest.NewServer(t, &rtmserver.Options{Limits: rtmserver.Limits{CustomerConnections: 1}})
	token := object{"token": "Bearer " + srv.CustomerToken(t)}
	dialCustomer(t, srv).ok("login", token)
	for range times {
		p := dialCustomer(t, srv)
		p.fails("limit_reached", "login", token)
		last = disconnected(t, p)
	}
	return last
}

// broken has the handling of a frame panic outside of every method.
func broken(t *testing.T, api *catalogue.API) object {
	srv := rtmtest.NewServer(t, quiet())
	rtmserver.BreakFrames(srv.RTM)
	p := dial(t, srv, api, "?organization_id="+rtmtest.Organization)
	p.write(`{"action":"ping"}`)
	return disconnected(t, p)
}

// TestDisconnectReasons gives every reason of both APIs: by what causes it, or
// told by the server's owner.
func TestDisconnectReasons(t *testing.T) {
	for _, api := range []*catalogue.API{catalogue.Customer(), catalogue.Agent()} {
		var known []string
		for _, r := range api.DisconnectReasons {
			known = append(known, r.Reason)
			cause := caused[api.Name][r.Reason]
			if _, owner := told[api.Name][r.Reason]; cause == nil && !owner {
				t.Errorf("%s: nothing causes %s", api.Name, r.Reason)
			}
			t.Run(api.Name+" "+r.Reason, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					if cause != nil {
						d := cause(t)
						if d["reason"] != r.Reason {
							t.Errorf("got %v", d)
						}
						if r.Data != "" && at(d, "data", r.Data) == nil {
							t.Errorf("%v has no data.%s", d, r.Data)
						}
					}
					srv := rtmtest.NewServer(t, nil)
					p, stays := dial(t, srv, api, "?organization_id="+rtmtest.Organization), dial(t, srv, other(api), "?organization_id="+rtmtest.Organization)
					n, err := srv.RTM.Disconnect(rtmserver.Disconnection{API: api.Name, Reason: r.Reason, Data: map[string]any{"region": "fra"}})
					if d := disconnected(t, p); n != 1 || err != nil || d["reason"] != r.Reason || at(d, "data", "region") != "fra" {
						t.Errorf("Disconnect ended %d, %v: %v", n, err, d)
					}
					stays.ok("ping", object{})
				})
			})
		}
		for _, list := range [][]string{slices.Collect(maps.Keys(caused[api.Name])), slices.Collect(maps.Keys(told[api.Name]))} {
			for _, reason := range list {
				if !slices.Contains(known, reason) {
					t.Errorf("%s: %s is no reason of the catalogue", api.Name, reason)
				}
			}
		}
	}
}

func other(api *catalogue.API) *catalogue.API {
	if api.Name == "agent" {
		return catalogue.Customer()
	}
	return catalogue.Agent()
}

// TestDisconnectSome ends a user's connections and no others.
func TestDisconnectSome(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu, two, ag := customer(t, srv), customer(t, srv), agent(t, srv, rtmtest.AgentToken)
		id := cu.ok("get_customer", object{})["id"].(string)
		dialCustomer(t, srv)
		for _, tt := range []struct {
			d    rtmserver.Disconnection
			n    int
			text string
		}{
			{rtmserver.Disconnection{API: "customer", UserID: id, Organization: rtmtest.Organization, Reason: "logged_out_remotely"}, 1, ""},
			{rtmserver.Disconnection{API: "customer", UserID: id, Reason: "logged_out_remotely"}, 0, ""}, // it has gone
			{rtmserver.Disconnection{API: "customer", Organization: rtmtest.Organization, Reason: "logged_out_remotely"}, 2, ""},
			{rtmserver.Disconnection{API: "agent", UserID: agent2, Reason: "agent_deleted"}, 0, ""},
			{rtmserver.Disconnection{API: "agent", Reason: "customer_banned"}, 0, `reason: must be one of access_token_expired,`},
			{rtmserver.Disconnection{API: "bot", Reason: "x"}, 0, `api: must be customer or agent, not "bot"`},
			{rtmserver.Disconnection{API: "agent", Organization: "x", Reason: "agent_deleted"}, 0, `there is no organization "x"`},
			{rtmserver.Disconnection{API: "agent", Reason: "agent_deleted", Data: map[string]any{"x": make(chan int)}}, 0, "data: json"},
		} {
			n, err := srv.RTM.Disconnect(tt.d)
			if n != tt.n || (err == nil) != (tt.text == "") || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%v: ended %d, %v; want %d %q", tt.d, n, err, tt.n, tt.text)
			}
		}
		for _, p := range []*peer{cu, two} {
			if d := disconnected(t, p); d["reason"] != "logged_out_remotely" {
				t.Errorf("got %v", d)
			}
		}
		ag.ok("ping", object{})
	})
}

// TestDisconnectElsewhere ends the connections of a user who is on two nodes, and
// of one who is on the other alone, by the control API of one.
func TestDisconnectElsewhere(t *testing.T) {
	onNodes(t, rtmserver.Options{}, func(t *testing.T, one, two *rtmtest.Server) {
		here, there, far := agent(t, one, rtmtest.AgentToken), agent(t, two, rtmtest.AgentToken), agent(t, two, rtmtest.Agent2Token)
		cu := customer(t, two)
		settled()
		end := func(d rtmserver.Disconnection, want int, text string) {
			t.Helper()
			body, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			status, answer := operate(t, one, "POST", "disconnect", string(body))
			if status != want || !strings.Contains(fmt.Sprint(answer), text) {
				t.Errorf("the answer is %d %v", status, answer)
			}
			settled()
		}
		end(rtmserver.Disconnection{UserID: agent1, Reason: "agent_deleted"}, http.StatusOK, "disconnected:1")
		end(rtmserver.Disconnection{UserID: agent2, Reason: "agent_deleted"}, http.StatusOK, "disconnected:0")
		end(rtmserver.Disconnection{UserID: agent2, Reason: "agent_deleted"}, http.StatusBadRequest, "has no such connection")
		for _, p := range []*peer{here, there, far} {
			if d := disconnected(t, p); d["reason"] != "agent_deleted" {
				t.Errorf("got %v", d)
			}
		}
		// An id is of the node that gave it.
		end(rtmserver.Disconnection{Connection: two.RTM.Connections()[0].ID, API: "customer", Reason: "logged_out_remotely"}, http.StatusBadRequest, "no such connection")
		cu.ok("ping", object{})
	})
}

// TestSlowClientIsTold reads on after its queue ran over: it gets the buffer of
// frames that was under way, and the close code that says why.
func TestSlowClientIsTold(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		slow, _, err := websocket.Dial(t.Context(), srv.URL+"/v3.6/agent/rtm/ws", &websocket.DialOptions{HTTPClient: srv.HTTPClient()})
		if err != nil {
			t.Fatal(err)
		}
		defer slow.CloseNow()
		if err := slow.Write(t.Context(), websocket.MessageText, []byte(`{"action":"login","payload":{"token":"Bearer dal:agent1"}}`)); err != nil {
			t.Fatal(err)
		}
		chatID, _ := start(cu)
		for range 300 {
			cu.ok("send_event", object{"chat_id": chatID, "event": message("spam")})
			cu.seen = nil
		}
		n := 0
		for err == nil {
			if _, _, err = slow.Read(t.Context()); err == nil {
				n++
			}
		}
		if websocket.CloseStatus(err) != websocket.StatusPolicyViolation || !strings.Contains(err.Error(), "the client does not read") || n > 200 {
			t.Errorf("after %d frames the end was %v", n, err)
		}
		if text := metrics(t, srv); !strings.Contains(text, `rtmd_connections_ended_total{api="agent",reason="does_not_read"} 1`) {
			t.Errorf("the metrics are\n%s", text)
		}
	})
}
