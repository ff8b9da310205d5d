package rtm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/coder/websocket"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/customer"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestParity makes the mistakes that a program makes: the client refuses each
// without sending it, and the server, when it is sent all the same, with the
// same words.
func TestParity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := rtmtest.NewServer(t, nil)
		visitor, desk := newCustomer(t, srv), newAgent(t, srv)
		must(visitor.Login(t.Context(), nil))(t)
		must(desk.Login(t.Context(), &agent.LoginRequest{Token: rtmtest.AgentToken}))(t)
		for _, tt := range []struct {
			conn    *rtm.Conn
			action  string
			payload any
			want    string
		}{
			{visitor.RTM(), "send_event", customer.Send("C", customer.Message(strings.Repeat("x", 17000))), "validation: payload.event.text: must have at most 16384 bytes, not 17000"},
			{visitor.RTM(), "list_chats", &customer.ListChatsRequest{PageID: "p", Limit: 3}, "validation: payload.page_id: cannot be combined with limit"},
			{visitor.RTM(), "list_chats", &customer.ListChatsRequest{SortOrder: "up"}, `validation: payload.sort_order: must be one of asc, desc, not "up"`},
			{visitor.RTM(), "list_chats", &customer.ListChatsRequest{Limit: 99}, "validation: payload.limit: must be at most 25, not 99"},
			{visitor.RTM(), "list_threads", &customer.ListThreadsRequest{ChatID: "C", Limit: 9, MinEventsCount: 4}, "validation: payload.min_events_count: cannot be combined with limit"},
			{visitor.RTM(), "update_customer", nil, "validation: payload: needs at least one of name, email,"},
			{visitor.RTM(), "get_chat", nil, "validation: payload.chat_id: is required"},
			{desk.RTM(), "list_chats", &agent.ListChatsRequest{PageID: "p", SortOrder: "asc"}, "validation: payload.page_id: cannot be combined with sort_order"},
			{desk.RTM(), "set_routing_status", &agent.SetRoutingStatusRequest{Status: "x"}, `validation: payload.status: must be one of accepting_chats, not_accepting_chats, offline, not "x"`},
			{desk.RTM(), "list_customers", nil, "unsupported_version: list_customers was removed in version 3.6, and this connection speaks 3.6"},
		} {
			local := tt.conn.Request(t.Context(), tt.action, tt.payload, nil)
			server := tt.conn.Call(t.Context(), tt.action, tt.payload, nil)
			if local == nil || server == nil || local.Error() != server.Error() || !strings.HasPrefix(local.Error(), "rtm: "+tt.action+": "+tt.want) {
				t.Errorf("%s\nlocal  %v\nserver %v\nwant   %s", tt.action, local, server, tt.want)
			}
		}
	})
}

// TestParityOfEveryMethod makes every mistake that the catalogue knows of, in
// every method of both APIs and in the objects that its requests are made of.
func TestParityOfEveryMethod(t *testing.T) {
	for _, version := range []string{"3.4", "3.5", "3.6"} {
		synctest.Test(t, func(t *testing.T) {
			srv := rtmtest.NewServer(t, nil)
			visitor := must(customer.Dial(t.Context(), &customer.Options{
				Server: srv.URL, OrganizationID: rtmtest.Organization, HTTPClient: srv.HTTPClient(), Version: version,
				Token: customer.CookieGrant(srv.URL, rtmtest.Organization, "test", srv.HTTPClient()),
			}))(t)
			defer visitor.Close()
			desk := must(agent.Dial(t.Context(), &agent.Options{Server: srv.URL, HTTPClient: srv.HTTPClient(), Version: version}))(t)
			defer desk.Close()
			must(visitor.Login(t.Context(), nil))(t)
			must(desk.Login(t.Context(), &agent.LoginRequest{Token: rtmtest.AgentToken}))(t)
			n := parity(t, srv, catalogue.Customer(), visitor.RTM(), version)
			m := parity(t, srv, catalogue.Agent(), desk.RTM(), version)
			if n < 600 || m < 800 {
				t.Errorf("only %d mistakes in requests of customers and %d in those of agents", n, m)
			}
		})
	}
}

// parity returns how many mistakes it made.
func parity(t *testing.T, srv *rtmtest.Server, api *catalogue.API, conn *rtm.Conn, version string) (n int) {
	// A login is only checked where there was none.
	address := fmt.Sprintf("%s/v%s/%s/rtm/ws?organization_id=%s", srv.URL, version, api.Name, rtmtest.Organization)
	ws, _, err := websocket.Dial(t.Context(), address, &websocket.DialOptions{HTTPClient: srv.HTTPClient()})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	for _, m := range api.Methods {
		for _, x := range mistakes(api, m, version) {
			n++
			local := conn.Request(t.Context(), m.Action, x.payload, nil)
			server := conn.Call
			if m.Action == "login" {
				server = func(ctx context.Context, action string, payload, _ any) error {
					return raw(t, ws, action, payload)
				}
			}
			failure, ok := errors.AsType[*rtm.Error](local)
			if !ok || failure.Type != x.typ || !strings.HasPrefix(failure.Message, x.where) || !strings.Contains(failure.Message, x.allowed) {
				t.Errorf("%s %s: %s: got %v, want %s that names %q and says %q", version, api.Name, m.Action, local, x.typ, x.where, x.allowed)
				continue
			}
			if got := server(t.Context(), m.Action, x.payload, nil); got == nil || got.Error() != local.Error() {
				t.Errorf("%s %s: %s:\nlocal  %v\nserver %v", version, api.Name, m.Action, local, got)
			}
		}
	}
	return n
}

// raw sends a request on a socket and returns the error of the answer as Call
// would.
func raw(t *testing.T, ws *websocket.Conn, action string, payload any) error {
	frame := must(json.Marshal(map[string]any{"action": action, "payload": payload}))(t)
	ok(t, ws.Write(t.Context(), websocket.MessageText, frame))
	_, data, err := ws.Read(t.Context())
	ok(t, err)
	var answer struct {
		Success bool
		Payload struct {
			Error struct {
				Type    rtm.ErrorType
				Message string
			}
		}
	}
	ok(t, json.Unmarshal(data, &answer))
	if answer.Success {
		return nil
	}
	return &rtm.Error{Action: action, Type: answer.Payload.Error.Type, Message: answer.Payload.Error.Message}
}

// A mistake is a request that must be refused with words that name the place
// and what is allowed.
type mistake struct {
	payload        any
	typ            rtm.ErrorType
	where, allowed string
}

// mistakes returns the requests of a method with one mistake each.
func mistakes(api *catalogue.API, m *catalogue.Method, version string) []mistake {
	switch {
	case m.RemovedIn != "" && version >= m.RemovedIn:
		return []mistake{{nil, rtm.ErrorTypeUnsupportedVersion, m.Action + " was removed in version " + m.RemovedIn, version}}
	case m.Since > version:
		return []mistake{{nil, rtm.ErrorTypeUnsupportedVersion, m.Action + " is there since version " + m.Since, version}}
	case m.Action == "ping":
		return nil // needs nothing and checks nothing
	}
	w := &walker{api: api}
	good := w.object(m.Request)
	if len(m.AnyOf) > 0 {
		w.add(maps.Clone(good), "payload: needs at least one of", m.AnyOf[0])
		first := m.Request.Lookup(m.AnyOf[0])
		good[first.Name] = w.sample(first.Type, first)
	}
	w.walk(m.Request, good, "payload", func(x any) any { return x })
	if m.Action == "login" {
		// A login without a token is none: the client adds it.
		w.found = slices.DeleteFunc(w.found, func(x mistake) bool { return x.where == "payload.token: is required" })
	}
	return w.found
}

// A walker makes mistakes in a request, one after the other.
type walker struct {
	api   *catalogue.API
	found []mistake
	path  []string // the objects that it is in
}

func (w *walker) add(payload any, where, allowed string) {
	w.found = append(w.found, mistake{payload, rtm.ErrorTypeValidation, where, allowed})
}

// walk makes the mistakes of an object. Good is a right one, whole puts one
// where it belongs in the request.
func (w *walker) walk(fields catalogue.Fields, good map[string]any, where string, whole func(any) any) {
	with := func(name string, value any) any {
		m := maps.Clone(good)
		m[name] = value
		return whole(m)
	}
	for _, f := range fields {
		if f.RemovedIn != "" {
			continue
		}
		name, there := f.Name, where+"."+f.Name
		if f.Star() {
			name, there = "any", where+".any"
		}
		if f.Required && !f.Star() {
			m := maps.Clone(good)
			delete(m, f.Name)
			w.add(whole(m), there+": is required", "")
		}
		right := w.sample(f.Type, f)
		for _, other := range f.Excludes {
			m := maps.Clone(good)
			m[f.Name], m[other] = right, w.sample(fields.Lookup(other).Type, fields.Lookup(other))
			w.add(whole(m), there+": cannot be combined with", "")
		}
		if len(f.Needs) > 0 {
			w.add(with(f.Name, right), there+": goes together with", f.Needs[0])
		}
		w.value(f, f.Type, there, func(x any) any { return with(name, x) })
	}
}

// value makes the mistakes of a value.
func (w *walker) value(f *catalogue.Field, typ *catalogue.Type, where string, whole func(any) any) {
	switch typ.Kind {
	case catalogue.JSON:
		return
	case catalogue.String:
		w.add(whole(7), where+": must be a string, not a number", "")
		if len(f.Enum) > 0 {
			w.add(whole("no such value"), where+": must be one of", strings.Join(f.Enum, ", "))
		}
		if f.Max != nil {
			w.add(whole(strings.Repeat("x", *f.Max+1)), where+": must have at most", fmt.Sprint(*f.Max))
		}
	case catalogue.Int:
		w.add(whole("7"), where+": must be an integer, not a string", "")
		w.add(whole(1.5), where+": must be an integer, not 1.5", "")
		if f.Max != nil {
			w.add(whole(*f.Max+1), where+": must be at most", fmt.Sprint(*f.Max))
		}
		if f.Min != nil {
			w.add(whole(*f.Min-1), where+": must be at least", fmt.Sprint(*f.Min))
		}
	case catalogue.Number:
		w.add(whole("7"), where+": must be a number, not a string", "")
	case catalogue.Bool:
		w.add(whole("true"), where+": must be a boolean, not a string", "")
	case catalogue.Datetime:
		w.add(whole("yesterday"), where+": must be an RFC 3339 time", "")
	case catalogue.List:
		w.add(whole(map[string]any{}), where+": must be an array, not an object", "")
		right := w.sample(typ.Elem, f)
		if f.MaxItems != nil {
			w.add(whole(slices.Repeat([]any{right}, *f.MaxItems+1)), where+": must have at most", fmt.Sprint(*f.MaxItems))
		}
		before := []any{right}
		if f.MaxItems != nil && *f.MaxItems == 1 {
			before = nil
		}
		w.value(f, typ.Elem, fmt.Sprintf("%s[%d]", where, len(before)), func(x any) any { return whole(append(slices.Clone(before), x)) })
	case catalogue.Map:
		w.add(whole([]any{}), where+": must be an object, not an array", "")
		w.value(f, typ.Elem, where+".any", func(x any) any { return whole(map[string]any{"any": x}) })
	case catalogue.Named:
		w.add(whole("text"), where+": must be an object, not a string", "")
		w.named(typ.Name, where, whole)
	}
}

func (w *walker) named(name, where string, whole func(any) any) {
	if slices.Contains(w.path, name) {
		return
	}
	w.path = append(w.path, name)
	defer func() { w.path = w.path[:len(w.path)-1] }()
	u := w.api.Union(name)
	if u == nil {
		fields, _ := w.api.Object(name)
		w.walk(fields, w.object(fields), where, whole)
		return
	}
	place := where + "." + u.Discriminator
	w.add(whole(map[string]any{}), place+": is required", "")
	w.add(whole(map[string]any{u.Discriminator: 7}), place+": must be a string, not a number", "")
	w.add(whole(map[string]any{u.Discriminator: "no such"}), place+": must be one of", slices.Min(slices.Collect(maps.Keys(u.Variants))))
	for value, object := range u.Variants {
		fields, _ := w.api.Object(object)
		good := w.object(fields)
		good[u.Discriminator] = value
		rest := slices.DeleteFunc(slices.Clone(fields), func(f *catalogue.Field) bool { return f.Name == u.Discriminator })
		w.walk(rest, good, where, whole)
	}
}

// object returns an object with what is required.
func (w *walker) object(fields catalogue.Fields) map[string]any {
	m := make(map[string]any)
	for _, f := range fields {
		if f.Required && !f.Star() {
			m[f.Name] = w.sample(f.Type, f)
		}
	}
	return m
}

// sample returns a right value.
func (w *walker) sample(typ *catalogue.Type, f *catalogue.Field) any {
	switch typ.Kind {
	case catalogue.String:
		if len(f.Enum) > 0 {
			return f.Enum[0]
		}
		return "x"
	case catalogue.Int, catalogue.Number:
		if f.Min != nil {
			return *f.Min
		}
		return 1
	case catalogue.Bool:
		return true
	case catalogue.Datetime:
		return "2026-01-02T15:04:05.000000Z"
	case catalogue.List:
		return []any{w.sample(typ.Elem, f)}
	case catalogue.Map:
		return map[string]any{"any": w.sample(typ.Elem, f)}
	case catalogue.Named:
		name := typ.Name
		u := w.api.Union(name)
		if u != nil {
			name = u.Variants[slices.Min(slices.Collect(maps.Keys(u.Variants)))]
		}
		fields, _ := w.api.Object(name)
		return w.object(fields)
	}
	return 1
}
