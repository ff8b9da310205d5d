package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

func TestCheck(t *testing.T) {
	umlauts := strings.Repeat("ü", 8192) // 16384 bytes
	many := `[` + strings.Repeat(`{"title":"x"},`, 10) + `{}]`
	for _, tt := range []struct {
		table           *Table
		action, payload string
		want            string
	}{
		{Customer(), "send_event", `{"chat_id":"C","event":{"type":"message","text":"` + umlauts + `"}}`, ``},
		{Customer(), "send_event", `{"chat_id":"C","event":{"type":"message","text":"` + umlauts + `!"}}`, `payload.event.text: must have at most 16384 bytes, not 16385`},
		{Customer(), "send_event", `{"chat_id":"C","event":{"type":"message","text":"` + strings.Repeat(`\u00fc`, 8193) + `"}}`, `payload.event.text: must have at most 16384 bytes, not 16386`},
		{Agent(), "send_event", `{"chat_id":"C","event":{"type":"message","text":"` + umlauts + `!"}}`, `payload.event.text: must have at most 16384 bytes, not 16385`},
		{Customer(), "send_event", `{"chat_id":"C","event":{"type":"hologram"}}`, `payload.event.type: must be one of custom, file, filled_form, form, message, rich_message, system_message, not "hologram"`},
		{Customer(), "send_event", `{"chat_id":"C","event":{"text":"x"}}`, `payload.event.type: is required`},
		{Customer(), "send_event", `{"chat_id":"C","event":{"type":7}}`, `payload.event.type: must be a string, not a number`},
		{Customer(), "send_event", `{"chat_id":"C"}`, `payload.event: is required`},
		{Customer(), "send_event", `{"chat_id":null,"event":{}}`, `payload.chat_id: must be a string, not null`},
		{Customer(), "send_event", `{"chat_id":"C","event":[]}`, `payload.event: must be an object, not an array`},
		{Customer(), "send_event", `{"chat_id":"C","event":{"type":"rich_message","template_id":"cards","elements":` + many + `}}`, `payload.event.elements: must have at most 10 items, not 11`},
		{Customer(), "send_event", `{"chat_id":"C","event":{"type":"rich_message","template_id":"cards","elements":[{},{"buttons":[{"text":"a","postback_id":"p","user_ids":[],"type":"teleport"}]}]}}`, `payload.event.elements[1].buttons[0].type: must be one of message, url, phone, webview, cancel, copy, not "teleport"`},
		{Customer(), "send_event", `{"chat_id":"C","event":{"type":"message","text":"x","postback":{"id":"p","thread_id":"T","event_id":"E","type":"message"}}}`, `payload.event.postback.type: goes together with value`},
		{Customer(), "send_event", `{"chat_id":"C","event":{"type":"message","text":"x","properties":{"ns":{"a":1}},"unknown":1}}`, ``},
		{Customer(), "send_event", `{"chat_id":"C","event":{"type":"message","text":"x","properties":{"b":{},"a":7}}}`, `payload.event.properties.a: must be an object, not a number`},
		{Customer(), "list_chats", ``, ``},
		{Customer(), "list_chats", `{"limit":0}`, `payload.limit: must be at least 1, not 0`},
		{Customer(), "list_chats", `{"limit":26}`, `payload.limit: must be at most 25, not 26`},
		{Customer(), "list_chats", `{"limit":1.5}`, `payload.limit: must be an integer, not 1.5`},
		{Customer(), "list_chats", `{"limit":"5"}`, `payload.limit: must be an integer, not a string`},
		{Customer(), "list_chats", `{"sort_order":"up"}`, `payload.sort_order: must be one of asc, desc, not "up"`},
		{Customer(), "list_chats", `{"sort_order":"` + strings.Repeat("u", 100) + `"}`, `payload.sort_order: must be one of asc, desc, not "` + strings.Repeat("u", 64) + `…"`},
		{Customer(), "list_chats", `{"page_id":"p","limit":5}`, `payload.page_id: cannot be combined with limit`},
		{Customer(), "list_chats", `{"page_id":"p","limit":null}`, ``},
		{Customer(), "list_chats", `[]`, `payload: must be an object, not an array`},
		{Customer(), "list_threads", `{"chat_id":"C","limit":5,"min_events_count":5}`, `payload.min_events_count: cannot be combined with limit`},
		{Agent(), "list_threads", `{"chat_id":"C","filters":{},"min_events_count":5}`, `payload.min_events_count: cannot be combined with filters`},
		{Agent(), "list_chats", `{"page_id":"p","filters":{"active":true}}`, `payload.page_id: cannot be combined with filters`},
		{Agent(), "list_chats", `{"filters":{"group_ids":[` + strings.Repeat("1,", 200) + `1]}}`, `payload.filters.group_ids: must have at most 200 items, not 201`},
		{Agent(), "list_chats", `{"filters":{"properties":{"ns":{"p":{"values":[1],"exclude_values":[2]}}}}}`, `payload.filters.properties.ns.p.values: cannot be combined with exclude_values`},
		{Agent(), "list_archives", `{"filters":{"thread_ids":["T"],"query":"x"}}`, `payload.filters.thread_ids: cannot be combined with query`},
		{Agent(), "list_archives", `{"filters":{"from":"yesterday"}}`, `payload.filters.from: must be an RFC 3339 time such as 2026-01-02T15:04:05.000000Z, not "yesterday"`},
		{Agent(), "list_archives", `{"highlights":{"pre_tag":"<b>"}}`, `payload.highlights.pre_tag: goes together with post_tag`},
		{Agent(), "ban_customer", `{"id":"c","ban":{"days":"7"}}`, `payload.ban.days: must be a number, not a string`},
		{Agent(), "set_away_status", `{"away":"yes"}`, `payload.away: must be a boolean, not a string`},
		{Agent(), "mark_events_as_seen", `{"chat_id":"C","seen_up_to":7}`, `payload.seen_up_to: must be a string with an RFC 3339 time, not a number`},
		{Customer(), "update_customer", `{"name":null}`, `payload: needs at least one of name, email, avatar, session_fields, omnichannel, address, phone_number, name_is_default`},
		{Customer(), "update_customer", `{"name":"Ann"}`, ``},
		{Customer(), "list_group_statuses", `{}`, `payload: needs at least one of all, group_ids`},
		{Customer(), "no_such_action", `{"anything":1}`, ``},
	} {
		if got := tt.table.Check(tt.action, []byte(tt.payload)); got != tt.want {
			t.Errorf("%s %.120s:\ngot  %s\nwant %s", tt.action, tt.payload, got, tt.want)
		}
	}
}

func TestSupports(t *testing.T) {
	for _, tt := range []struct {
		table           *Table
		action, version string
		want            string
	}{
		{Agent(), "create_customer", "3.5", ""},
		{Agent(), "create_customer", "3.6", "create_customer was removed in version 3.6, and this connection speaks 3.6"},
		{Agent(), "change_push_notifications", "3.4", ""},
		{Agent(), "change_push_notifications", "3.5", "change_push_notifications was removed in version 3.5, and this connection speaks 3.5"},
		{Agent(), "follow_customer", "3.4", ""},
		{Agent(), "update_session", "3.6", ""},
		{Agent(), "update_session", "3.5", "update_session is there since version 3.6, and this connection speaks 3.5"},
		{Customer(), "delete_event", "3.4", "delete_event is there since version 3.6, and this connection speaks 3.4"},
		{Customer(), "send_event", "3.4", ""},
		{Customer(), "no_such_action", "3.4", ""},
	} {
		if got := tt.table.Supports(tt.action, tt.version); got != tt.want {
			t.Errorf("%s in %s: got %q, want %q", tt.action, tt.version, got, tt.want)
		}
	}
}

// TestTables holds the tables to the catalogue.
func TestTables(t *testing.T) {
	for _, c := range []struct {
		table *Table
		api   *catalogue.API
	}{{Customer(), catalogue.Customer()}, {Agent(), catalogue.Agent()}} {
		if len(c.table.Methods) != len(c.api.Methods) {
			t.Errorf("%s: %d methods, the catalogue has %d", c.api.Name, len(c.table.Methods), len(c.api.Methods))
		}
		for _, m := range c.api.Methods {
			got := c.table.Methods[m.Action]
			if got.Since != m.Since || got.RemovedIn != m.RemovedIn || !slices.Equal(got.AnyOf, m.AnyOf) {
				t.Errorf("%s: %s is %+v", c.api.Name, m.Action, got)
			}
			sameFields(t, c.table, c.api.Name+" "+m.Action, got.Fields, m.Request)
		}
		for name, got := range c.table.Objects {
			fields, ok := c.api.Object(name)
			if !ok {
				t.Errorf("%s: the catalogue has no object %s", c.api.Name, name)
			}
			sameFields(t, c.table, c.api.Name+" "+name, got, fields)
		}
		for name, got := range c.table.Unions {
			u := c.api.Union(name)
			if u == nil || u.Discriminator != got.Discriminator || len(u.Variants) != len(got.Values) || !slices.IsSorted(got.Values) {
				t.Errorf("%s: %s is %+v", c.api.Name, name, got)
				continue
			}
			for i, value := range got.Values {
				if _, ok := c.table.Objects[got.Objects[i]]; !ok || u.Variants[value] != got.Objects[i] {
					t.Errorf("%s: %s: nothing is known of %s", c.api.Name, name, got.Objects[i])
				}
			}
		}
	}
}

func sameFields(t *testing.T, table *Table, where string, got []Field, want catalogue.Fields) {
	t.Helper()
	want = slices.DeleteFunc(slices.Clone(want), func(f *catalogue.Field) bool { return f.RemovedIn != "" })
	if len(got) != len(want) {
		t.Errorf("%s: %d fields, the catalogue has %d", where, len(got), len(want))
		return
	}
	same := func(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }
	for i, g := range got {
		w := want[i]
		if g.Name != w.Name && !(g.Name == "*" && w.Star()) || g.Type != w.Type.String() || g.Required != w.Required ||
			!slices.Equal(g.Enum, w.Enum) || !same(g.Min, w.Min) || !same(g.Max, w.Max) || !same(g.MaxItems, w.MaxItems) ||
			!slices.Equal(g.Excludes, w.Excludes) || !slices.Equal(g.Needs, w.Needs) {
			t.Errorf("%s: got %+v, the catalogue has %+v", where, g, *w)
		}
		base := g.Type[strings.LastIndexByte(g.Type, ']')+1:]
		_, object := table.Objects[base]
		_, union := table.Unions[base]
		if !object && !union && !slices.Contains([]string{"string", "int", "number", "bool", "json", "datetime"}, base) {
			t.Errorf("%s.%s: nothing is known of %s", where, g.Name, base)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("send_event", []byte(`{"chat_id":"C","event":{"type":"message","text":"x"}}`))
	f.Add("list_archives", []byte(`{"filters":{"properties":{"a":{"b":{"values":[1]}}}}}`))
	f.Fuzz(func(t *testing.T, action string, payload []byte) {
		for _, table := range []*Table{Customer(), Agent()} {
			if problem := table.Check(action, payload); problem != "" && !strings.HasPrefix(problem, "payload") {
				t.Errorf("%s %q: %q does not say where", action, payload, problem)
			}
		}
	})
}
