package model_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/model"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// request is a frame that the session sent and nobody answered yet.
type request struct {
	ID      string          `json:"request_id"`
	Action  string          `json:"action"`
	Payload json.RawMessage `json:"payload"`
	at      time.Time
}

// host drives a session and its model, plays the server, and follows the
// patches with a mirror that it compares with the snapshot after every input.
type host struct {
	t      testing.TB
	now    time.Time
	s      *session.Session
	m      *model.Model
	open   []request // unanswered, pings aside
	mirror mirror
	lazy   bool // patches are taken by check alone
	opts   *model.Options
	stored map[string]string // as a host keeps it
	trace  []byte
}

func newHost(t testing.TB, api session.API, login string) *host {
	return newHostWith(t, api, login, &model.Options{Store: true})
}

func newHostWith(t testing.TB, api session.API, login string, opts *model.Options, entries ...session.Entry) *host {
	s := session.New(session.Config{API: api, Server: "ws://x", Organization: "o", Seed: 1 + uint64(len(entries))})
	h := &host{t: t, now: epoch, s: s, m: model.New(s, opts), opts: opts, stored: map[string]string{}}
	if err := json.Unmarshal(h.m.Snapshot(), &h.mirror.state); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		h.stored[e.Key] = string(e.Value)
	}
	h.m.Restore(h.now, entries)
	h.s.Start(h.now)
	h.s.Call(h.now, "login", []byte(`{"token":"Bearer t"}`), session.CallOptions{})
	h.drain()
	if login != "" {
		h.answer("login", login)
	}
	return h
}

// drain does what a host does after every input.
func (h *host) drain() {
	h.t.Helper()
	for out, ok := h.s.Next(); ok; out, ok = h.s.Next() {
		h.m.Observe(h.now, out)
		switch out.Kind {
		case session.Stored:
			h.store(session.Entry{Key: out.Key, Value: out.Value})
		case session.Dial:
			h.open = nil
			h.s.Opened(h.now)
		case session.Send:
			var r request
			if err := json.Unmarshal(out.Frame, &r); err != nil {
				h.t.Fatalf("frame %s: %v", out.Frame, err)
			}
			if r.Action == "ping" {
				h.receive(`{"request_id":%q,"action":"ping","type":"response","success":true,"payload":{}}`, r.ID)
			} else {
				r.at = h.now
				h.open = append(h.open, r)
			}
		}
	}
	for _, e := range h.m.Stored() {
		h.store(e)
	}
	if !h.lazy {
		h.check()
	}
}

func (h *host) store(e session.Entry) {
	if h.stored[e.Key] = string(e.Value); e.Value == nil {
		delete(h.stored, e.Key)
	}
}

// reload is a new host that was given back what this one stored.
func (h *host) reload(login string) *host {
	h.t.Helper()
	var entries []session.Entry
	for _, key := range slices.Sorted(maps.Keys(h.stored)) {
		entries = append(entries, session.Entry{Key: key, Value: []byte(h.stored[key])})
	}
	return newHostWith(h.t, h.s.API(), login, h.opts, entries...)
}

func (h *host) check() {
	h.t.Helper()
	if p := h.m.Patch(); p != nil {
		h.trace = append(append(h.trace, p...), '\n')
		if err := h.mirror.apply(p); err != nil {
			h.t.Fatalf("%v\npatch %s", err, p)
		}
	}
	if err := h.mirror.same(h.m.Snapshot()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) receive(format string, args ...any) {
	h.s.Receive(h.now, fmt.Appendf(nil, format, args...))
}

func (h *host) push(action, payload string) {
	h.t.Helper()
	h.receive(`{"action":%q,"type":"push","version":"3.6","payload":%s}`, action, payload)
	h.drain()
}

// take removes the oldest unanswered request with the action.
func (h *host) take(action string) request {
	h.t.Helper()
	i := slices.IndexFunc(h.open, func(r request) bool { return r.Action == action })
	if i < 0 {
		h.t.Fatalf("no %s is waiting for an answer; there are %v", action, h.actions())
	}
	r := h.open[i]
	h.open = slices.Delete(h.open, i, i+1)
	return r
}

func (h *host) actions() (names []string) {
	for _, r := range h.open {
		names = append(names, r.Action)
	}
	return names
}

// answer answers the oldest request with the action, and returns its payload.
func (h *host) answer(action, payload string) string {
	h.t.Helper()
	r := h.take(action)
	h.reply(r, payload)
	return string(r.Payload)
}

func (h *host) reply(r request, payload string) {
	h.t.Helper()
	h.receive(`{"request_id":%q,"action":%q,"type":"response","success":true,"payload":%s}`, r.ID, r.Action, payload)
	h.drain()
}

func (h *host) refuse(action, kind string) {
	h.t.Helper()
	r := h.take(action)
	h.receive(`{"request_id":%q,"action":%q,"type":"response","success":false,"payload":{"error":{"type":%q,"message":"no"}}}`, r.ID, r.Action, kind)
	h.drain()
}

func (h *host) act(name, args string) {
	h.t.Helper()
	if err := h.m.Act(h.now, name, []byte(args)); err != nil {
		h.t.Fatalf("%s %s: %v", name, args, err)
	}
	h.drain()
}

// pass lets time pass; session and model are woken as they asked for it.
func (h *host) pass(d time.Duration) {
	h.t.Helper()
	end := h.now.Add(d)
	for w := h.m.Wake(); !w.IsZero() && !w.After(end); w = h.m.Wake() {
		h.now = w
		h.m.Tick(w)
		h.drain()
	}
	h.now = end
	h.s.Tick(h.now)
	h.drain()
}

// cut breaks the connection; the next one is opened and the login sent.
func (h *host) cut() {
	h.t.Helper()
	h.open = nil
	h.s.Closed(h.now, 1006, "")
	h.drain()
}

// relogin answers a repeated login, and what the session asks for before it
// goes live with an empty list of threads.
func (h *host) relogin(login string) {
	h.t.Helper()
	h.answer("login", login)
	for h.s.State() == session.Syncing {
		h.answer("list_threads", `{"threads":[],"found_threads":0}`)
	}
}

func (h *host) reconnect() {
	h.t.Helper()
	h.pass(time.Minute)
}

// want compares a line for each item, state and text, with what the chat shows.
func (h *host) want(chatID string, lines ...string) {
	h.t.Helper()
	c := h.mirror.chat(chatID)
	if c == nil {
		h.t.Fatalf("no chat %q", chatID)
	}
	have := []string{}
	for _, it := range c.Timeline {
		var ev struct{ Text, Type string }
		if err := json.Unmarshal(it.Event, &ev); err != nil {
			h.t.Fatal(err)
		}
		if ev.Text == "" {
			ev.Text = ev.Type
		}
		line := it.State + " " + ev.Text
		if it.Error != nil {
			line += " " + it.Error.Type
		}
		have = append(have, line)
	}
	if !slices.Equal(have, lines) {
		h.t.Fatalf("timeline of %q\nhave %q\nwant %q", chatID, have, lines)
	}
}

// at is the time n seconds after epoch, as the server writes it.
func at(n int) string {
	return epoch.Add(time.Duration(n) * time.Second).Format("2006-01-02T15:04:05.000000Z")
}

// message is a message event n seconds after epoch.
func message(id, author, text string, n int) string {
	return fmt.Sprintf(`{"id":%q,"type":"message","author_id":%q,"created_at":%q,"text":%q}`, id, author, at(n), text)
}

// echo is the event that the server makes of the one in a request's payload.
func echo(payload json.RawMessage, id string, n int) string {
	var p struct {
		Event json.RawMessage
		Chat  struct {
			Thread struct{ Events []json.RawMessage }
		}
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		panic(err)
	}
	if p.Event == nil && len(p.Chat.Thread.Events) > 0 {
		p.Event = p.Chat.Thread.Events[0]
	}
	if p.Event == nil {
		return ""
	}
	ev := map[string]any{}
	if err := json.Unmarshal(p.Event, &ev); err != nil {
		panic(err)
	}
	ev["id"], ev["created_at"], ev["author_id"] = id, at(n), "me"
	b, err := json.Marshal(ev)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func thread(id string, n int, active bool, events ...string) string {
	list := ""
	for i, e := range events {
		if i > 0 {
			list += ","
		}
		list += e
	}
	return `{"id":` + strconv.Quote(id) + `,"active":` + strconv.FormatBool(active) + `,"user_ids":[],"created_at":` + strconv.Quote(at(n)) + `,"events":[` + list + `]}`
}

const (
	customerLogin = `{"customer":{"id":"me","name":"Ann","statistics":{}},"has_active_thread":false,"chats":[],"__priv_dynamic_config":{}}`
	customerUsers = `[{"id":"me","type":"customer","name":"Ann","present":true},{"id":"bob","type":"agent","name":"Bob","present":true}]`
	agentLogin    = `{"license":{"id":1},"my_profile":{"id":"me","type":"agent","name":"Bob","email":"me"},"chats_summary":[` +
		`{"id":"C","users":[{"id":"me","type":"agent","name":"Bob","present":true},{"id":"ann","type":"customer","name":"Ann","present":true}],` +
		`"last_thread_summary":{"id":"T","created_at":"2026-03-01T12:00:00.000000Z","user_ids":[],"active":true},` +
		`"last_event_per_type":{"message":{"thread_id":"T","thread_created_at":"2026-03-01T12:00:00.000000Z","event":{"id":"T_3","type":"message","author_id":"ann","created_at":"2026-03-01T12:00:03.000000Z","text":"three"}}},"is_followed":false}]}`
)

// newCustomer returns a customer in the active chat C, thread T, with one
// message "hello" from Bob.
func newCustomer(t testing.TB) *host {
	h := newHost(t, session.Customer, customerLogin)
	h.push("incoming_chat", `{"chat":{"id":"C","users":`+customerUsers+`,"thread":`+thread("T", 0, true, message("T_1", "bob", "hello", 1))+`}}`)
	return h
}
