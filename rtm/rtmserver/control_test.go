package rtmserver_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// operate makes a request to the control API from this machine.
func operate(t *testing.T, srv *rtmtest.Server, method, path, body string, more ...func(*http.Request)) (int, object) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:8080/_rtmd/"+path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:5000"
	r.Header.Set("Content-Type", "application/json")
	for _, f := range more {
		f(r)
	}
	w := httptest.NewRecorder()
	srv.RTM.Control(nil).ServeHTTP(w, r)
	var answer object
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
		}
	} else {
		answer = object{"text": w.Body.String()}
	}
	return w.Code, answer
}

// done is operate for what succeeds.
func done(t *testing.T, srv *rtmtest.Server, method, path, body string) object {
	t.Helper()
	code, answer := operate(t, srv, method, path, body)
	if code != http.StatusOK {
		t.Fatalf("%s %s %s: %d %v", method, path, body, code, answer)
	}
	return answer
}

// TestControl uses each endpoint.
func TestControl(t *testing.T) {
	used := map[string]bool{}
	do := func(t *testing.T, srv *rtmtest.Server, method, path, body string) object {
		t.Helper()
		name, _, _ := strings.Cut(path, "?")
		if strings.HasPrefix(name, "faults/") {
			name = "faults/{id}"
		}
		used[method+" "+name] = true
		return done(t, srv, method, path, body)
	}
	org := `"organization":"` + rtmtest.Organization + `"`
	synctest.Test(t, func(t *testing.T) {
		srv := rtmtest.NewServer(t, nil)
		agent(t, srv, rtmtest.AgentToken)
		cu := customer(t, srv)
		chatID, _ := start(cu, message("hello"))

		list := do(t, srv, "GET", "connections", "")["connections"].([]any)
		if len(list) != 2 || at(list, 0, "id") != "c1" || at(list, 0, "user") != agent1 || at(list, 1, "api") != "customer" || at(list, 1, "organization") != rtmtest.Organization {
			t.Errorf("connections %v", list)
		}
		orgs := do(t, srv, "GET", "organizations", "")["organizations"]
		if at(orgs, 0, "id") != rtmtest.Organization || at(orgs, 0, "active_chats") != 1. || at(orgs, 0, "agents", 0, "connections") != 1. || at(orgs, 0, "groups", 1, "name") != "Sales" {
			t.Errorf("organizations %v", orgs)
		}

		if seed := do(t, srv, "GET", "export", ""); at(seed, "organizations", 0, "chats", 0, "id") != chatID {
			t.Errorf("export %v", seed)
		}

		// Faults.
		id := do(t, srv, "POST", "faults", `{"action":"send_event","nth":2,"effect":"error","error":"internal","message":"m"}`)["id"].(string)
		say := object{"chat_id": chatID, "event": message("x")}
		cu.ok("send_event", say)
		if e := cu.call("send_event", say); at(e, "payload", "error", "type") != "internal" || at(e, "payload", "error", "message") != "m" {
			t.Errorf("the second gave %v", e)
		}
		cu.ok("send_event", say)
		faults := do(t, srv, "GET", "faults", "")["faults"]
		if at(faults, 0, "id") != id || at(faults, 0, "matches") != 3. || at(faults, 0, "hits") != 1. || at(faults, 0, "direction") != "request" {
			t.Errorf("faults %v", faults)
		}
		do(t, srv, "DELETE", "faults/"+id, "")
		do(t, srv, "POST", "faults", `{"id":"mine","effect":"drop","count":1}`)
		do(t, srv, "DELETE", "faults", "")
		if left := do(t, srv, "GET", "faults", "")["faults"].([]any); len(left) != 0 {
			t.Errorf("left: %v", left)
		}

		// Journal.
		text := do(t, srv, "GET", "journal?kind=request&action=send_event&connection=c2&user="+list[1].(object)["user"].(string), "")["text"].(string)
		if lines := strings.Split(strings.TrimSpace(text), "\n"); len(lines) != 3 || !strings.Contains(lines[1], `"fault":"`+id+`","effect":"error internal"`) || strings.Contains(lines[0], "fault") {
			t.Errorf("the journal is %s", text)
		}

		// The clock.
		if c := do(t, srv, "POST", "clock/freeze", ""); c["frozen"] != true {
			t.Errorf("clock %v", c)
		}
		before := do(t, srv, "GET", "clock", "")["now"].(string)
		time.Sleep(time.Hour / 2)
		if now := do(t, srv, "POST", "clock/advance", `{"by":"90m"}`)["now"].(string); now != strings.Replace(before, "T00:", "T01:", 1)[:14]+"30"+before[16:] {
			t.Errorf("90 minutes after %s it is %s", before, now)
		}
		if now := do(t, srv, "POST", "clock/set", `{"to":"2000-01-01T05:00:00Z"}`)["now"]; now != "2000-01-01T05:00:00.000000Z" {
			t.Errorf("it was set to %s", now)
		}
		if c := do(t, srv, "POST", "clock/resume", ""); c["frozen"] != false {
			t.Errorf("clock %v", c)
		}

		// What the vendor's tools do.
		ag := agent(t, srv, rtmtest.AgentToken)
		cu = customer(t, srv)
		do(t, srv, "POST", "announce", `{`+org+`,"action":"tag_created","payload":{"name":"vip","group_ids":[0],"author_id":"a@example.com","created_at":"2026-01-02T03:04:05.000000Z"}}`)
		ag.push("tag_created")
		do(t, srv, "POST", "delete_chat", `{`+org+`,"chat_id":"`+chatID+`"}`)
		ag.push("chat_deleted")
		chatID, threadID := start(cu, message("hello"))
		cu.ok("deactivate_chat", object{"id": chatID})
		cu.ok("resume_chat", object{"chat": object{"id": chatID}})
		do(t, srv, "POST", "delete_thread", `{`+org+`,"chat_id":"`+chatID+`","thread_id":"`+threadID+`"}`)
		ag.push("thread_deleted")
		do(t, srv, "POST", "delete_threads", `{`+org+`,"from":"2000-01-01T00:00:00Z","to":"2001-01-01T00:00:00Z"}`)
		ag.push("threads_deleted")

		if d := do(t, srv, "POST", "disconnect", `{"user":"`+agent1+`","reason":"misdirected_connection","data":{"region":"fra"}}`); d["disconnected"] != 2. {
			t.Errorf("disconnected %v", d)
		}
		if p := ag.push("agent_disconnected"); p["reason"] != "misdirected_connection" || at(p, "data", "region") != "fra" {
			t.Errorf("told %v", p)
		}
		ag.ends()

		// Snapshots.
		snapshot := do(t, srv, "GET", "snapshot?organization="+rtmtest.Organization, "")
		data, err := json.MarshalIndent(snapshot, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		do(t, srv, "POST", "reset", `{}`)
		if p := cu.push("customer_disconnected"); p["reason"] != "connection_evicted" {
			t.Errorf("told %v", p)
		}
		cu.ends()
		if orgs := do(t, srv, "GET", "organizations", "")["organizations"]; at(orgs, 0, "chats") != 0. || at(orgs, 0, "customers") != 0. {
			t.Errorf("after the reset: %v", orgs)
		}
		do(t, srv, "POST", "restore", string(data))
		if orgs := do(t, srv, "GET", "organizations", "")["organizations"]; at(orgs, 0, "chats") != 1. {
			t.Errorf("restored: %v", orgs)
		}
		snapshot["state"].(object)["chats"] = object{}
		if data, err = json.Marshal(snapshot); err != nil {
			t.Fatal(err)
		}
		if code, answer := operate(t, srv, "POST", "restore", string(data)); code != 400 || !strings.Contains(at(answer, "error", "message").(string), "sum: is not the one of state") {
			t.Errorf("a snapshot that was edited: %d %v", code, answer)
		}
	})
	srv := rtmtest.NewServer(t, nil)
	for _, e := range done(t, srv, "GET", "", "")["endpoints"].([]any) {
		name := at(e, "method").(string) + " " + strings.TrimPrefix(at(e, "path").(string), "/_rtmd/")
		if !used[name] {
			t.Errorf("%s is listed and was not used here", name)
		}
		if at(e, "help") == "" {
			t.Errorf("%s has no help", name)
		}
	}
}

// TestControlRefuses holds errors to naming what is wrong.
func TestControlRefuses(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	before, err := rtmserver.StateJSON(srv.RTM, rtmtest.Organization)
	if err != nil {
		t.Fatal(err)
	}
	org := `"organization":"` + rtmtest.Organization + `"`
	for _, tt := range []struct {
		method, path, body string
		code               int
		want               string
	}{
		{"POST", "reset", `{"organization":"x"}`, 400, `organization: there is no organization "x"`},
		{"POST", "reset", `{"organization":1}`, 400, "organization: must be a string, not a number"},
		{"POST", "reset", `{"org":1}`, 400, "org: there is no such field"},
		{"POST", "reset", `[]`, 400, "must be a JSON object, not an array"},
		{"POST", "reset", `{`, 400, "is not JSON: unexpected EOF"},
		{"POST", "reset", `{} {}`, 400, "there is more after the first JSON value"},
		{"POST", "reset", `null`, 400, "must be a JSON object"},
		{"GET", "reset", "", 405, "GET is not possible here: use POST"},
		{"PUT", "faults", "", 405, "PUT is not possible here: use GET or POST or DELETE"},
		{"PUT", "", "", 405, "PUT is not possible here: use GET"},
		{"GET", "nothing", "", 404, `nothing is served at "/_rtmd/nothing": GET /_rtmd/ lists what is`},
		{"GET", "snapshot", "", 400, "organization: is required"},
		{"GET", "snapshot?org=1", "", 400, "org: there is no such parameter: use organization"},
		{"GET", "snapshot?organization=a&organization=b", "", 400, "organization: is there twice"},
		{"POST", "restore", `{}`, 400, "organization: is required"},
		{"POST", "restore", `{` + org + `}`, 400, "state: is required"},
		{"POST", "restore", `{` + org + `,"state":{},"sum":"x"}`, 400, "sum: is not the one of state: the snapshot was changed"},
		{"POST", "clock/advance", `{}`, 400, `by: must be a duration such as 9h or 1.5s, not ""`},
		{"POST", "clock/advance", `{"by":"-1s"}`, 400, `by: must be a duration such as 9h or 1.5s, not "-1s"`},
		{"POST", "clock/advance", `{"by":"2000000h"}`, 400, "by: the clock cannot be more than two hundred years ahead"},
		{"POST", "clock/advance", `{"by":"1e400h"}`, 400, "by: must be a duration such as 9h or 1.5s"},
		{"POST", "clock/advance", `{"by":NaN}`, 400, "is not JSON"},
		{"POST", "clock/set", `{"to":"9999-12-31T23:59:59Z"}`, 400, "to: the clock cannot be more than two hundred years ahead"},
		{"POST", "faults", `{"effect":"drop","nth":1e400}`, 400, "nth: must be a whole number that is not out of range"},
		{"POST", "faults", `{"effect":"drop","probability":1e400}`, 400, "probability: must be a number"},
		{"POST", "clock/set", `{"to":"noon"}`, 400, `to: must be a time such as 2030-01-02T15:04:05Z, not "noon"`},
		{"POST", "clock/set", `{"to":"1999-01-01T00:00:00Z"}`, 400, "to: the clock cannot go back"},
		{"POST", "clock/freeze", `{"at":1}`, 400, "at: there is no such field"},
		{"DELETE", "faults/f9", "", 404, `there is no fault "f9"`},
		{"GET", "journal?after=x", "", 400, `after: must be the seq of an entry, not "x"`},
		{"GET", "journal?limit=0", "", 400, `limit: must be a whole number from 1, not "0"`},
		{"GET", "journal?follow=yes", "", 400, `follow: must be 1 or 0, not "yes"`},
		{"GET", "journal?kind=frame", "", 400, "kind: must be one of open, closed, refused, web, request, response, push"},
		{"GET", "journal?organization=x", "", 400, `organization: there is no organization "x"`},
		{"POST", "disconnect", `{"user":"a"}`, 400, "reason: is required"},
		{"POST", "disconnect", `{"api":"web","reason":"x"}`, 400, `api: must be customer or agent, not "web"`},
		{"POST", "disconnect", `{"api":"agent","reason":"inactivity_timeout"}`, 400, "reason: must be one of access_token_expired, access_token_revoked, agent_deleted,"},
		{"POST", "disconnect", `{"connection":"c9","reason":"internal_error"}`, 400, `connection: there is no such connection "c9"`},
		{"POST", "disconnect", `{"user":"nobody","reason":"internal_error"}`, 400, `user: "nobody" has no such connection`},
		{"POST", "disconnect", `{"user":"a","reason":"internal_error","data":1}`, 400, "data: must be an object, not a number"},
		{"POST", "announce", `{` + org + `}`, 400, "action: is required"},
		{"POST", "announce", `{` + org + `,"action":"tag_created"}`, 400, "payload: is required"},
		{"POST", "announce", `{` + org + `,"action":"incoming_chat","payload":{}}`, 400, `"incoming_chat" is no push that can be announced`},
		{"POST", "delete_chat", `{"chat_id":"x"}`, 400, "organization: is required"},
		{"POST", "delete_chat", `{` + org + `,"chat_id":"x"}`, 400, `there is no chat "x"`},
		{"POST", "delete_thread", `{` + org + `,"chat_id":"x","thread_id":"y"}`, 400, `there is no thread "y" in chat "x"`},
		{"POST", "delete_threads", `{` + org + `}`, 400, "a sweep needs a range of time or a tag"},
		{"POST", "delete_threads", `{` + org + `,"from":"x"}`, 400, `from: must be a time such as 2030-01-02T15:04:05Z, not "x"`},
	} {
		code, answer := operate(t, srv, tt.method, tt.path, tt.body)
		if text, _ := at(answer, "error", "message").(string); code != tt.code || !strings.HasPrefix(text, tt.want) {
			t.Errorf("%s %s %s: %d %v, want %d %s", tt.method, tt.path, tt.body, code, answer, tt.code, tt.want)
		}
	}
	after, err := rtmserver.StateJSON(srv.RTM, rtmtest.Organization)
	if err != nil || before != after {
		t.Errorf("the state is another now, %v", err)
	}
}

// TestControlIsLocal keeps out other machines and the pages of other sites.
func TestControlIsLocal(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	peer := func(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr } }
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	for name, tt := range map[string]struct {
		change func(*http.Request)
		code   int
	}{
		"here":              {func(*http.Request) {}, 200},
		"IPv6":              {peer("[::1]:1"), 200},
		"localhost":         {host("localhost:8080"), 200},
		"our page":          {header("Origin", "http://127.0.0.1:8080"), 200},
		"our page's fetch":  {header("Sec-Fetch-Site", "same-origin"), 200},
		"address bar":       {header("Sec-Fetch-Site", "none"), 200},
		"charset":           {header("Content-Type", "application/json; charset=utf-8"), 200},
		"another machine":   {peer("192.168.0.7:1"), 403},
		"no address":        {peer("@"), 403},
		"a proxy":           {header("X-Forwarded-For", "192.168.0.7"), 403},
		"rebound name":      {host("evil.example:8080"), 403},
		"another site":      {header("Origin", "https://evil.example"), 403},
		"another port":      {header("Origin", "http://127.0.0.1:9999"), 403},
		"a sandboxed frame": {header("Origin", "null"), 403},
		"a site's image":    {header("Sec-Fetch-Site", "cross-site"), 403},
		"a form":            {header("Content-Type", "text/plain"), 415},
		"no type":           {header("Content-Type", ""), 415},
	} {
		code, answer := operate(t, srv, "POST", "clock/freeze", "{}", tt.change)
		if code != tt.code {
			t.Errorf("%s: %d %v", name, code, answer)
		}
		if code, _ := operate(t, srv, "GET", "journal", "", tt.change); code != tt.code && tt.code != 415 {
			t.Errorf("%s: the journal: %d", name, code)
		}
	}
	// Anywhere is for other machines, not for other sites.
	for want, change := range map[int]func(*http.Request){200: peer("192.168.0.7:1"), 403: header("Origin", "https://evil.example")} {
		r := httptest.NewRequest("GET", "http://rtmd.lan/_rtmd/clock", nil)
		change(r)
		w := httptest.NewRecorder()
		srv.RTM.Control(&rtmserver.ControlOptions{Anywhere: true}).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("anywhere: %d, want %d", w.Code, want)
		}
	}
}

// TestJournalFollows reads the live stream, as lines and as events.
func TestJournalFollows(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	web := httptest.NewServer(srv.RTM.Control(nil))
	defer web.Close()
	follow := func(path, accept, last string) (*bufio.Scanner, context.CancelFunc) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "GET", web.URL+"/_rtmd/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", accept)
		r.Header.Set("Last-Event-ID", last)
		res, err := web.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return bufio.NewScanner(res.Body), cancel
	}
	lines, stop := follow("journal?follow=1&kind=push", "", "")
	defer stop()
	events, stopEvents := follow("journal?action=start_chat", "text/event-stream", "1")
	defer stopEvents()
	cu := customer(t, srv)
	start(cu, message("hello"))
	if !lines.Scan() || !strings.Contains(lines.Text(), `"action":"incoming_chat"`) {
		t.Errorf("got %q, %v", lines.Text(), lines.Err())
	}
	var id, data string
	for data == "" && events.Scan() {
		id, _, _ = strings.Cut(id+strings.TrimPrefix(events.Text(), "id: "), "\n")
		data, _ = strings.CutPrefix(events.Text(), "data: ")
		if data == events.Text() {
			data = ""
		}
	}
	if !strings.Contains(data, `"kind":"request"`) || id == "" {
		t.Errorf("got the event %q %q", id, data)
	}
	// The server's end ends the streams.
	srv.Close()
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil && err != io.EOF {
		t.Errorf("the stream ended with %v", err)
	}
}

// TestJournalForgets keeps what it is told to, and says what a reader lost.
func TestJournalForgets(t *testing.T) {
	srv := rtmtest.NewServer(t, &rtmserver.Options{RandomSeed: 1, Journal: 10})
	cu := customer(t, srv)
	for range 20 {
		cu.ok("list_chats", object{})
	}
	all := srv.Journal()
	if len(all) != 10 || all[9].Seq-all[0].Seq != 9 {
		t.Errorf("it holds %d entries", len(all))
	}
	rest := srv.RTM.Journal(rtmserver.JournalQuery{After: 1})
	if len(rest) != 10 || rest[0].Lost != rest[0].Seq-2 {
		t.Errorf("after 1: %d entries, %d lost", len(rest), rest[0].Lost)
	}
	if rest := srv.RTM.Journal(rtmserver.JournalQuery{After: all[7].Seq}); len(rest) != 2 || rest[0].Lost != 0 {
		t.Errorf("after %d: %+v", all[7].Seq, rest)
	}
	none := rtmtest.NewServer(t, &rtmserver.Options{RandomSeed: 1, Journal: -1})
	if code, answer := operate(t, none, "GET", "journal", ""); code != http.StatusConflict {
		t.Errorf("no journal: %d %v", code, answer)
	}
}

// TestResetOnNodes resets and restores on one node, and the other follows.
func TestResetOnNodes(t *testing.T) {
	onNodes(t, rtmserver.Options{}, func(t *testing.T, one, two *rtmtest.Server) {
		token := "Bearer " + one.CustomerToken(t)
		ag, cu := agent(t, two, rtmtest.AgentToken), dialCustomer(t, two)
		settled()
		cu.ok("login", object{"token": token})
		chatID, _ := start(cu, message("hello"))
		settled()
		before := one.Snapshot(t, rtmtest.Organization)
		one.Reset(t, rtmtest.Organization)
		cu.push("customer_disconnected")
		cu.ends()
		ag.ends()
		same(t, one, two)
		one.Restore(t, before)
		settled()
		back := dialCustomer(t, two)
		me := back.ok("login", object{"token": token})
		if at(me, "chats", 0, "chat_id") != chatID {
			t.Errorf("login gave %v", me)
		}
		same(t, one, two)
	})
}

// TestResetBringsTheSeed resets a server that began with customers and chats: they
// are back, and all else is gone, on every node.
func TestResetBringsTheSeed(t *testing.T) {
	export := func(srv *rtmtest.Server) string {
		t.Helper()
		seed, err := srv.RTM.Export()
		if err != nil {
			t.Fatal(err)
		}
		data, err := seed.JSON()
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	clock := rtmserver.NewClockAt(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	onNodes(t, rtmserver.Options{Seed: shopSeed(t), Clock: clock}, func(t *testing.T, one, two *rtmtest.Server) {
		settled()
		first := export(one)
		ag, cu := agent(t, two, rtmtest.Agent2Token), dialCustomer(t, one)
		me := cu.ok("login", object{"token": "Bearer dal:cleo"})
		cu.ok("resume_chat", object{"chat": object{"id": at(me, "chats", 0, "chat_id"), "thread": object{"events": []any{message("again")}}}})
		cu.ok("update_customer", object{"name": "Somebody else"})
		clock.Advance(time.Hour)
		settled()
		one.Reset(t, "")
		cu.ends()
		ag.ends()
		settled()
		for _, srv := range []*rtmtest.Server{one, two} {
			if again := export(srv); again != first {
				t.Errorf("before\n%s\nand after the reset\n%s", first, again)
			}
		}
		same(t, one, two)
		dialCustomer(t, two).ok("login", object{"token": "Bearer dal:cleo"})
	})
}
