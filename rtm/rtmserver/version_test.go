package rtmserver_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestVersions holds a conversation between customers and agents of all versions.
// The peers check that each push has their version and no field that it lacks.
func TestVersions(t *testing.T) {
	for _, mine := range []string{"3.4", "3.5", "3.6"} {
		for _, theirs := range []string{"3.4", "3.5", "3.6"} {
			t.Run(mine+" and "+theirs, func(t *testing.T) {
				inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) { talk(t, srv, mine, theirs) })
			})
		}
	}
}

// talk has a customer of one version and an agent of another.
func talk(t *testing.T, srv *rtmtest.Server, mine, theirs string) {
	cu := dialVersion(t, srv, catalogue.Customer(), mine, "?organization_id="+rtmtest.Organization)
	cu.ok("login", object{"token": "Bearer " + srv.CustomerToken(t), "customer_page": object{"url": "https://shop.example/a"}})
	ag := dialVersion(t, srv, catalogue.Agent(), theirs, "")
	ag.ok("login", object{"token": "Bearer " + rtmtest.AgentToken, "customer_monitoring_level": "online"})
	tracked := at(ag.push("incoming_customers"), "customers", 0)
	now, then := at(tracked, "visit", "ip"), at(tracked, "last_visit", "ip")
	if theirs == "3.6" {
		now, then = then, now
	}
	if now != nil || then == nil {
		t.Errorf("the customer is %v", tracked)
	}
	// Since 3.5 customers hear of groups that come online.
	if told := slices.Contains(cu.actions(), "groups_status_updated"); told != (mine > "3.4") {
		t.Errorf("groups_status_updated came: %v", told)
	}

	chatID, _ := start(cu, message("hello"))
	for _, p := range []*peer{cu, ag} {
		if got := p.frame("incoming_chat"); got["version"] != p.speaks || at(got, "payload", "chat", "thread", "events", 0, "text") != "hello" {
			t.Errorf("%s %s: got %v", p.api.Name, p.speaks, got)
		}
	}
	cu.ok("update_customer", object{"name": "Cleo", "phone_number": "+441632960000", "address": object{"city": "Whitby"}})
	for _, p := range []*peer{cu, ag} {
		got := p.push("customer_updated")
		if there := got["phone_number"] != nil && got["address"] != nil; got["name"] != "Cleo" || there != (p.speaks == "3.6") {
			t.Errorf("%s %s: got %v", p.api.Name, p.speaks, got)
		}
	}
	ag.ok("send_event", object{"chat_id": chatID, "event": message("hi")})
	if got := cu.push("incoming_event"); at(got, "event", "text") != "hi" {
		t.Errorf("got %v", got)
	}
	cu.ok("list_threads", object{"chat_id": chatID})
	ag.ok("get_chat", object{"chat_id": chatID})

	// Up to 3.5 a filter had another name.
	for filters, want := range map[string]float64{`{"include_active":false}`: 0, `{"include_active":true}`: 1, `{}`: 1, `{"include_active":null}`: 1} {
		if theirs == "3.6" {
			want = 1 // it is not known there
		}
		ag.write(`{"action":"list_chats","payload":{"filters":` + filters + `}}`)
		f := ag.read()
		for f["type"] != "response" {
			f = ag.read()
		}
		if at(f, "payload", "found_chats") != want {
			t.Errorf("%s: got %v, want %v", filters, f["payload"], want)
		}
	}

	// What a version lacks is refused in it alone.
	if got, want := cu.fails(refusal(mine, "3.6"), "delete_event", object{}), sentence("delete_event", mine); mine < "3.6" && got != want {
		t.Errorf("delete_event says %q, want %q", got, want)
	}
	if theirs == "3.6" {
		if got, want := ag.fails("unsupported_version", "list_customers", object{}), "list_customers was removed in version 3.6, and this connection speaks 3.6"; got != want {
			t.Errorf("list_customers says %q", got)
		}
		return
	}
	lookUp(t, srv, cu, ag)
}

// refusal is the error type of a bad request whose method came with since.
func refusal(version, since string) string {
	if version < since {
		return "unsupported_version"
	}
	return "validation"
}

func sentence(action, version string) string {
	return fmt.Sprintf("%s is there since version 3.6, and this connection speaks %s", action, version)
}

// TestRequestVersion names a version in the request: not lower than that of the
// connection, and only for the request.
func TestRequestVersion(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu := dialVersion(t, srv, catalogue.Customer(), "3.5", "?organization_id="+rtmtest.Organization)
		cu.ok("login", object{"token": "Bearer " + srv.CustomerToken(t)})
		for _, tt := range []struct{ version, action, typ, want string }{
			{"3.4", "get_chat", "unsupported_version", `version: must be an API version not lower than the connection's 3.5, not "3.4"`},
			{"3.7", "get_chat", "unsupported_version", `version: the newest version that is served here is 3.6, not "3.7"`},
			{"x", "get_chat", "unsupported_version", `version: must be an API version not lower than the connection's 3.5, not "x"`},
			{"3.5", "get_chat", "validation", "payload.chat_id: is required"},
			{"3.6", "get_chat", "validation", "payload.chat_id: is required"},
			{"3.5", "delete_event", "unsupported_version", sentence("delete_event", "3.5")},
			{"3.6", "delete_event", "validation", "payload.chat_id: is required"},
		} {
			cu.write(fmt.Sprintf(`{"action":%q,"version":%q,"payload":{}}`, tt.action, tt.version))
			if e := at(cu.read(), "payload", "error"); at(e, "type") != tt.typ || at(e, "message") != tt.want {
				t.Errorf("%s in %s: got %v, want %s: %s", tt.action, tt.version, e, tt.typ, tt.want)
			}
		}
	})
}

// TestPushesOfVersions asks for pushes of several versions.
func TestPushesOfVersions(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu := dialCustomer(t, srv)
		cu.speaks = "3.4" // the oldest that it asks for
		cu.ok("login", object{"token": "Bearer " + srv.CustomerToken(t), "pushes": object{
			"3.4": []string{"customer_updated", "incoming_event"}, "3.6": []string{"all"}, "3.3": []string{"all"}}})
		start(cu)
		cu.ok("update_customer", object{"name": "Cleo", "phone_number": "1"})
		var got []string
		for cu.ok("ping", object{}); len(cu.seen) > 0; cu.seen = cu.seen[1:] {
			f := cu.seen[0]
			got = append(got, fmt.Sprint(f["version"], " ", f["action"], " ", at(f, "payload", "phone_number")))
		}
		want := []string{"3.6 incoming_chat <nil>", "3.4 customer_updated <nil>", "3.6 customer_updated 1"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
