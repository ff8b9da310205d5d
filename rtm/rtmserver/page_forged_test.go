package rtmserver_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestForgedPages uses page ids for something else than they were made for: each
// thing that one holds is looked at by itself.
func TestForgedPages(t *testing.T) {
	inBubble(t, &rtmserver.Options{RandomSeed: 1}, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		var chats []string
		for range 2 {
			cu := customer(t, srv)
			id, _ := start(cu, message("hello"))
			cu.ok("deactivate_chat", object{"id": id})
			cu.ok("resume_chat", object{"chat": object{"id": id}})
			cu.ok("deactivate_chat", object{"id": id})
			chats = append(chats, id)
		}
		forge := func(id string, change func(object)) string {
			data, err := base64.RawURLEncoding.DecodeString(id)
			var held object
			if err == nil {
				err = json.Unmarshal(data, &held)
			}
			if err != nil {
				t.Fatal(err)
			}
			change(held)
			if data, err = json.Marshal(held); err != nil {
				t.Fatal(err)
			}
			return base64.RawURLEncoding.EncodeToString(data)
		}
		list := ag.ok("list_chats", object{"limit": 1})["next_page_id"].(string)
		threads := ag.ok("list_threads", object{"chat_id": chats[0], "limit": 1})["next_page_id"].(string)
		ag.ok("list_chats", object{"page_id": forge(list, func(object) {})})
		for name, tt := range map[string]struct {
			action string
			in     object
		}{
			"of another method":  {"list_archives", object{"page_id": list}},
			"of another chat":    {"list_threads", object{"page_id": threads, "chat_id": chats[1]}},
			"a page of a crowd":  {"list_chats", object{"page_id": forge(list, func(q object) { q["l"] = 101 })}},
			"a page of none":     {"list_chats", object{"page_id": forge(list, func(q object) { q["l"] = 0 })}},
			"less than none":     {"list_chats", object{"page_id": forge(list, func(q object) { q["l"] = -1 })}},
			"no number":          {"list_chats", object{"page_id": forge(list, func(q object) { q["l"] = "1" })}},
			"filters of no kind": {"list_chats", object{"page_id": forge(list, func(q object) { q["f"] = object{"active": "yes"} })}},
			"somebody else's":    {"list_chats", object{"page_id": forge(list, func(q object) { q["u"] = agent2 })}},
		} {
			if got := ag.fails("validation", tt.action, tt.in); !strings.Contains(got, "payload.page_id: is not a page id of this "+tt.action) {
				t.Errorf("%s: got %q", name, got)
			}
		}
	})
}
