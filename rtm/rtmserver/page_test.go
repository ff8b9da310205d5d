package rtmserver_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// pages reads a list to its end and back and returns the ids on the way.
func pages(p *peer, action, list string, first object, more object) (there, back []string) {
	p.t.Helper()
	ids := func(page object) []string {
		var out []string
		for _, x := range page[list].([]any) {
			out = append(out, at(x, "id").(string))
		}
		return out
	}
	page := p.ok(action, first)
	there = ids(page)
	next := func(name string) bool {
		id, ok := page[name]
		if !ok {
			return false
		}
		req := object{"page_id": id}
		for k, v := range more {
			req[k] = v
		}
		page = p.ok(action, req)
		return true
	}
	for next("next_page_id") {
		there = append(there, ids(page)...)
	}
	back = ids(page)
	for next("previous_page_id") {
		back = append(ids(page), back...)
	}
	return there, back
}

func TestPages(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		var chats []string
		for i := range 7 {
			cu := customer(t, srv)
			id, _ := start(cu)
			chats = append(chats, id)
			if i%2 == 1 {
				cu.ok("deactivate_chat", object{"id": id})
			}
		}
		newest := slices.Clone(chats)
		slices.Reverse(newest)
		for _, tt := range []struct {
			first object
			want  []string
		}{
			{object{"limit": 3}, newest},
			{object{"limit": 2, "sort_order": "asc"}, chats},
			{object{"limit": 7}, newest},
			{object{"limit": 1, "filters": object{"active": false}}, []string{chats[5], chats[3], chats[1]}},
			{object{"limit": 2, "filters": object{"active": true}}, []string{chats[6], chats[4], chats[2], chats[0]}},
			{object{"limit": 2, "filters": object{"group_ids": []int{1}}}, nil},
			{object{"limit": 4, "filters": object{"properties": object{"routing": object{"continuous": object{"values": []any{true}}}}}}, newest},
			{object{"limit": 4, "filters": object{"properties": object{"routing": object{"continuous": object{"exclude_values": []any{true}}}}}}, nil},
			{object{"limit": 4, "filters": object{"properties": object{"routing": object{"nothing": object{"exists": true}}}}}, nil},
		} {
			there, back := pages(ag, "list_chats", "chats_summary", tt.first, nil)
			if !slices.Equal(there, tt.want) {
				t.Errorf("%v: there is %v, want %v", tt.first, there, tt.want)
			}
			// The way back starts with the last page, whose neighbours are whole.
			if len(back) > len(tt.want) || !slices.Equal(back, tt.want) {
				t.Errorf("%v: back is %v, want %v", tt.first, back, tt.want)
			}
		}

		page := ag.ok("list_chats", object{"limit": 1})
		id := page["next_page_id"].(string)
		for _, bad := range []object{
			{"page_id": id, "limit": 1}, {"page_id": id, "sort_order": "asc"}, {"page_id": id, "filters": object{}}, {"page_id": id[:len(id)-3]}, {"page_id": "e30"},
		} {
			if got := ag.fails("validation", "list_chats", bad); !strings.Contains(got, "payload.page_id") {
				t.Errorf("%v: got %q", bad, got)
			}
		}
		ag.fails("validation", "list_threads", object{"chat_id": chats[0], "page_id": id})
		two := agent(t, srv, rtmtest.Agent2Token)
		two.fails("validation", "list_chats", object{"page_id": id}) // somebody else's
		ag.close()
		two.close()
		time.Sleep(31 * 24 * time.Hour) // virtual
		ag = agent(t, srv, rtmtest.AgentToken)
		if got := ag.fails("validation", "list_chats", object{"page_id": id}); !strings.Contains(got, "has expired") {
			t.Errorf("got %q", got)
		}
	})
}

func TestThreadPages(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		chatID, threadID := start(cu, message("0"))
		threads := []string{threadID}
		for range 4 {
			cu.ok("deactivate_chat", object{"id": chatID})
			got := cu.ok("resume_chat", object{"chat": object{"id": chatID, "thread": object{"events": []any{message("x")}}}})
			threads = append(threads, got["thread_id"].(string))
		}
		newest := slices.Clone(threads)
		slices.Reverse(newest)
		more := object{"chat_id": chatID}
		if there, back := pages(cu, "list_threads", "threads", object{"chat_id": chatID, "limit": 2}, more); !slices.Equal(there, newest) || !slices.Equal(back, newest) {
			t.Errorf("got %v and %v, want %v", there, back, newest)
		}
		if there, _ := pages(cu, "list_threads", "threads", object{"chat_id": chatID}, more); !slices.Equal(there, newest) {
			t.Errorf("got %v, want %v", there, newest)
		}
		// The newest has one event, those before it two each.
		got := cu.ok("list_threads", object{"chat_id": chatID, "min_events_count": 4})
		if n := len(got["threads"].([]any)); n != 3 || got["found_threads"] != 5.0 {
			t.Errorf("min_events_count gave %d threads of %v", n, got["found_threads"])
		}
		// What is older is on the following pages, in either order.
		asc := object{"chat_id": chatID, "min_events_count": 4, "sort_order": "asc"}
		if there, _ := pages(cu, "list_threads", "threads", object{"chat_id": chatID, "min_events_count": 4}, more); !slices.Equal(there, newest) {
			t.Errorf("pages of min_events_count gave %v, want %v", there, newest)
		}
		last := cu.ok("list_threads", asc)
		if id, _ := last["previous_page_id"].(string); id == "" || at(last, "threads", 0, "id") != threads[2] || last["next_page_id"] != nil {
			t.Errorf("the newest threads, oldest first: %v", last)
		} else if got := cu.ok("list_threads", object{"chat_id": chatID, "page_id": id}); at(got, "threads", 0, "id") != threads[0] {
			t.Errorf("the page before them is %v", got)
		}
		ag := agent(t, srv, rtmtest.AgentToken)
		created := at(got, "threads", 0, "created_at")
		if got := ag.ok("list_threads", object{"chat_id": chatID, "filters": object{"from": created}}); got["found_threads"] != 1.0 {
			t.Errorf("from the newest on there are %v", got["found_threads"])
		}
		if got := ag.ok("list_threads", object{"chat_id": chatID, "filters": object{"to": created}, "limit": 1}); got["found_threads"] != 5.0 {
			t.Errorf("up to the newest there are %v", got["found_threads"])
		}
	})
}
