package rtmserver_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// reach sends a request of the Web API, whose answer may stay out.
func reach(t *testing.T, srv *rtmtest.Server, action, body string) (status int, answer string, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+actionURL("agent", "3.6", action), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", agentAuth)
	req.GetBody = nil // so that nothing is sent twice
	res, err := srv.HTTPClient().Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, strings.TrimSuffix(string(data), "\n"), err
}

// TestWebFaults has each effect act on the Web API.
func TestWebFaults(t *testing.T) {
	inBubble(t, &rtmserver.Options{Journal: 1000}, func(t *testing.T, srv *rtmtest.Server) {
		ag := agent(t, srv, rtmtest.AgentToken)
		chatID := ag.ok("start_chat", object{})["chat_id"].(string)
		said := 0
		for name, tt := range map[string]struct {
			fault       rtmserver.Fault
			status      int // 0: no answer
			text        string
			carried     bool // out
			took        time.Duration
			effect      string // in the journal
			journalCode int
		}{
			"drop":          {rtmserver.Fault{Action: "send_event", Effect: "drop"}, 0, "", false, 0, "drop", 0},
			"close":         {rtmserver.Fault{Action: "send_event", Effect: "close", User: agent1}, 0, "", false, 0, "close", 0},
			"lost answer":   {rtmserver.Fault{Direction: "response", Effect: "drop"}, 0, "", true, 0, "drop", 0},
			"delay":         {rtmserver.Fault{Action: "send_event", Effect: "delay", Delay: time.Minute}, 200, `"event_id"`, true, time.Minute, "delay", 200},
			"late answer":   {rtmserver.Fault{Direction: "response", Effect: "delay", Delay: time.Minute}, 200, `"event_id"`, true, time.Minute, "delay", 200},
			"error":         {rtmserver.Fault{Effect: "error", Error: "chat_inactive", Message: "m", Data: json.RawMessage(`{"a":1}`)}, 409, `{"error":{"data":{"a":1},"message":"m","type":"chat_inactive"}}`, false, 0, "error chat_inactive", 409},
			"other answer":  {rtmserver.Fault{Direction: "response", Effect: "error", Error: "internal"}, 500, `"internal"`, true, 0, "error internal", 500},
			"refuse":        {rtmserver.Fault{Action: "send_event", Effect: "refuse", Status: 502}, 502, `refused by the fault`, false, 0, "refuse", 502},
			"corrupt":       {rtmserver.Fault{Action: "send_event", Effect: "corrupt", Corrupt: "garbage"}, 400, "the body is not JSON", false, 0, "corrupt", 400},
			"broken answer": {rtmserver.Fault{Direction: "response", Effect: "corrupt", Corrupt: "garbage"}, 200, "\ufffd", true, 0, "corrupt", 200},

			"somebody else's": {rtmserver.Fault{Action: "send_event", Effect: "drop", User: agent2}, 200, `"event_id"`, true, 0, "", 200},
			"a connection's":  {rtmserver.Fault{Action: "send_event", Effect: "drop", Connection: "c1"}, 200, `"event_id"`, true, 0, "", 200},
			"a dial's":        {rtmserver.Fault{Effect: "refuse"}, 200, `"event_id"`, true, 0, "", 200},
			"of sockets":      {rtmserver.Fault{Action: "send_event", Effect: "duplicate"}, 200, `"event_id"`, true, 0, "", 200},
		} {
			id := srv.Fault(t, tt.fault)
			begin := time.Now()
			text := "said " + name
			status, answer, err := reach(t, srv, "send_event", `{"chat_id":"`+chatID+`","event":{"type":"message","text":"`+text+`","visibility":"all"}}`)
			srv.RTM.RemoveFault(id) // before the socket is used
			if status != tt.status || (err != nil) != (tt.status == 0) || !strings.Contains(answer, tt.text) || time.Since(begin) != tt.took {
				t.Errorf("%s: %d %s %v after %v", name, status, answer, err, time.Since(begin))
			}
			if tt.carried {
				said++
			}
			events, _ := at(ag.ok("get_chat", object{"chat_id": chatID}), "thread", "events").([]any)
			if n := bytes.Count(marshal(t, events), []byte(`"said `)); n != said {
				t.Errorf("%s: the chat has %d messages, want %d", name, n, said)
			}
			lines := srv.RTM.Journal(rtmserver.JournalQuery{Kind: "web", Limit: 1})
			if len(lines) != 1 || lines[0].Effect != tt.effect || lines[0].Code != tt.journalCode || lines[0].User != agent1 || lines[0].API != "agent" ||
				lines[0].Action != "send_event" || lines[0].Organization != rtmtest.Organization || !strings.Contains(string(lines[0].Frame), text) || (tt.carried || tt.status != 0) == (lines[0].Answer == nil) {
				t.Errorf("%s: the journal has %+v", name, lines)
			}
		}
	})
}

// TestWebHalfOpen has a request without an answer, until the client gives up or the
// server ends.
func TestWebHalfOpen(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		srv.Fault(t, rtmserver.Fault{Action: "list_chats", Effect: "half_open"})
		begin := time.Now()
		time.AfterFunc(time.Hour, srv.Close)
		if _, answer, err := reach(t, srv, "list_chats", "{}"); err == nil || time.Since(begin) != time.Hour {
			t.Errorf("after %v: %q %v", time.Since(begin), answer, err)
		}
	})
}

// TestWebFaultsUpload acts on a method that the Web API alone has.
func TestWebFaultsUpload(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		srv.Fault(t, rtmserver.Fault{Action: "upload_file", User: agent1, Nth: 2, Effect: "error", Error: "entity_too_large"})
		for i, want := range []int{200, 413, 200} {
			if res, v := upload(t, srv, "agent", agentAuth, "a.txt", "", []byte("hello")); res.StatusCode != want {
				t.Errorf("upload %d: %s %v", i, res.Status, v)
			}
		}
		line := srv.RTM.Journal(rtmserver.JournalQuery{Kind: "web", Limit: 1})[0]
		if line.Action != "upload_file" || line.Code != 200 || line.Frame != nil || !strings.Contains(string(line.Answer), "/files/") || line.User != agent1 {
			t.Errorf("the journal has %+v", line)
		}
		if text := metrics(t, srv); !strings.Contains(text, `rtmd_requests_total{action="upload_file",api="agent",outcome="ok"} 2`) {
			t.Error("the metrics do not count uploads")
		}
	})
}

// TestJournalOfWeb tells of requests that were refused before their time, and of no
// token.
func TestJournalOfWeb(t *testing.T) {
	inBubble(t, &rtmserver.Options{Journal: 10}, func(t *testing.T, srv *rtmtest.Server) {
		post(t, srv, "agent", "3.6", "list_chats", "Bearer dal:secret", []byte(`{"token":"dal:secret"}`))
		post(t, srv, "agent", "3.6", "send_event", agentAuth, []byte(`{"token":"dal:secret"}`))
		post(t, srv, "customer", "3.6", "login", "", []byte(`{"token":"dal:secret"}`))
		lines := srv.RTM.Journal(rtmserver.JournalQuery{Kind: "web"})
		if len(lines) != 3 || lines[0].Code != 401 || lines[0].User != "" || lines[1].Code != 400 || lines[1].User != agent1 || lines[2].API != "customer" {
			t.Errorf("the journal has %+v", lines)
		}
		if data := marshal(t, lines); bytes.Contains(data, []byte("dal:")) || !bytes.Contains(data, []byte("(token)")) {
			t.Errorf("the journal has %s", data)
		}
	})
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
