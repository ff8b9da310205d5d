package rtmserver_test

import (
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// lookUp does what agents could do with customers up to 3.5.
func lookUp(t *testing.T, srv *rtmtest.Server, cu, ag *peer) {
	t.Helper()
	me := cu.ok("get_customer", object{})["id"].(string)
	ag.seen = nil
	id := ag.ok("create_customer", object{"name": "Dora", "email": "dora@example.com"})["customer_id"].(string)
	if in := ag.push("incoming_customer"); in["id"] != id || in["name"] != "Dora" {
		t.Errorf("incoming_customer is %v", in)
	}
	ag.fails("validation", "create_customer", object{"email": "x"})
	past, future := "2000-01-01T00:00:00Z", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for _, tt := range []struct {
		payload object
		want    []string
	}{
		{object{}, []string{id, me}},
		{object{"sort_order": "asc"}, []string{me, id}},
		{object{"sort_by": "visits_count", "sort_order": "desc"}, []string{me, id}},
		{object{"sort_by": "threads_count", "sort_order": "asc"}, []string{id, me}},
		{object{"sort_by": "agent_last_event"}, []string{me, id}},
		{object{"sort_by": "customer_last_event"}, []string{me, id}},
		{object{"filters": object{"email": object{"values": []string{"dora@example.com"}}}}, []string{id}},
		{object{"filters": object{"name": object{"exclude_values": []string{"Dora"}}}}, []string{me}},
		{object{"filters": object{"customer_id": object{"values": []string{id, "x"}}}}, []string{id}},
		{object{"filters": object{"country": object{"values": []string{"PL"}}}}, []string{}},
		{object{"filters": object{"chats_count": object{"gt": 0}}}, []string{me}},
		{object{"filters": object{"threads_count": object{"lte": 0, "gte": 0}}}, []string{id}},
		{object{"filters": object{"visits_count": object{"eq": 1}}}, []string{me}},
		{object{"filters": object{"visits_count": object{"lt": 1}}}, []string{id}},
		{object{"filters": object{"created_at": object{"gte": past, "lt": future}}}, []string{id, me}},
		{object{"filters": object{"customer_last_event_created_at": object{"lte": future}}}, []string{me}},
		{object{"filters": object{"chat_group_ids": object{"values": []int{0}}}}, []string{me}},
		{object{"filters": object{"include_customers_without_chats": false}}, []string{me}},
	} {
		got := ag.ok("list_customers", tt.payload)
		list := got["customers"].([]any)
		if len(list) != len(tt.want) || got["total_customers"] != float64(len(tt.want)) {
			t.Errorf("%v: got %d customers, want %v", tt.payload, len(list), tt.want)
			continue
		}
		for i, want := range tt.want {
			if at(list, i, "id") != want {
				t.Errorf("%v: customer %d is %v, want %s", tt.payload, i, at(list, i, "id"), want)
			}
		}
	}
	first := ag.ok("list_customers", object{"limit": 1, "sort_by": "visits_count"})
	second := ag.ok("list_customers", object{"page_id": first["next_page_id"]})
	if at(first, "customers", 0, "id") != me || at(second, "customers", 0, "id") != id || second["next_page_id"] != nil {
		t.Errorf("the pages are %v and %v", first, second)
	}

	ag.ok("multicast", object{"recipients": object{"agents": object{}, "customers": object{"ids": []string{me, "x"}}}, "content": "sale"})
	if m := cu.push("incoming_multicast"); m["content"] != "sale" || len(m["author_id"].(string)) != 32 {
		t.Errorf("the multicast is %v", m)
	}

	other := dialVersion(t, srv, ag.api, ag.speaks, "")
	other.ok("login", object{"token": "Bearer " + rtmtest.Agent2Token})
	other.ok("follow_customer", object{"id": me})
	if in := other.push("incoming_customer"); in["id"] != me {
		t.Errorf("incoming_customer is %v", in)
	}
	other.ok("follow_customer", object{"id": me}) // again: nothing happens
	cu.ok("update_customer", object{"name": "Cleo K."})
	other.push("customer_updated")
	other.ok("unfollow_customer", object{"id": me})
	if p := other.push("customer_unfollowed"); p["id"] != me {
		t.Errorf("customer_unfollowed is %v", p)
	}
	other.ok("unfollow_customer", object{"id": me}) // again: nothing happens
	other.fails("not_found", "follow_customer", object{"id": "X"})
	other.fails("not_found", "unfollow_customer", object{"id": "X"})
	if other.speaks == "3.4" {
		other.ok("change_push_notifications", object{"firebase_token": "t", "platform": "ios", "enabled": true})
	} else {
		other.fails("unsupported_version", "change_push_notifications", object{})
	}
}
