package rtmserver_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// session is a raw client of SockJS.
type session struct {
	t  *testing.T
	ws *websocket.Conn
}

func openSession(t *testing.T, srv *rtmtest.Server, path string, opts websocket.DialOptions) *session {
	t.Helper()
	opts.HTTPClient = srv.HTTPClient()
	ws, _, err := websocket.Dial(t.Context(), srv.URL+path, &opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.CloseNow() })
	ws.SetReadLimit(-1)
	s := &session{t, ws}
	if f := s.read(); f != "o" {
		t.Fatalf("the first frame is %s", f)
	}
	return s
}

const agentSession = "/v3.4/agent/rtm/sjs/042/x8_a-b/websocket?bh=z"

func (s *session) write(frame string) {
	s.t.Helper()
	if err := s.ws.Write(s.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *session) read() string {
	s.t.Helper()
	_, data, err := s.ws.Read(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

// messages reads the frame of an array and returns what is in it; heartbeats
// before it are dropped.
func (s *session) message() object {
	s.t.Helper()
	f := s.read()
	for f == "h" {
		f = s.read()
	}
	var list []string
	var m object
	if !strings.HasPrefix(f, "a") || json.Unmarshal([]byte(f[1:]), &list) != nil || len(list) != 1 || json.Unmarshal([]byte(list[0]), &m) != nil {
		s.t.Fatalf("the frame is %s", f)
	}
	return m
}

// array is the frame of a client that sends these messages.
func array(t *testing.T, messages ...string) string {
	data, err := json.Marshal(messages)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// closes reads the close frame and the end of the socket.
func (s *session) closes(want string) {
	s.t.Helper()
	f := s.read()
	for !strings.HasPrefix(f, "c") {
		f = s.read()
	}
	if f != want {
		s.t.Errorf("the close frame is %s, want %s", f, want)
	}
	if _, _, err := s.ws.Read(s.t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		s.t.Errorf("then the socket ended with %v", err)
	}
}

func TestSockJSPaths(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	for _, tt := range []struct {
		method, path, text string
		status             int
	}{
		{"GET", "/v3.4/agent/rtm/sjs/info?bh=1&t=2", `"websocket":true`, 200},
		{"GET", "/v3.5/agent/rtm/sjs/info", `"origins":["*:*"]`, 200},
		{"GET", "/v3.6/customer/rtm/sjs/info?organization_id=x", `"cookie_needed":false`, 200},
		{"OPTIONS", "/v3.4/agent/rtm/sjs/info", "", 204},
		{"POST", "/v3.4/agent/rtm/sjs/info", "use GET", 405},
		{"GET", "/v3.4/agent/rtm/sjs", "Welcome to SockJS!\n", 200},
		{"GET", "/v3.4/agent/rtm/sjs/", "Welcome to SockJS!\n", 200},
		{"GET", "/v3.3/agent/rtm/sjs/info", `"websocket":true`, 200},
		{"GET", "/v3.3/agent/rtm/sjs/0/x/websocket", `API version \"3.3\" is not served here; use /v3.6/agent/rtm/sjs`, 404},
		{"POST", "/v3.4/agent/rtm/sjs/000/x/xhr_streaming", `there is websocket only, not \"xhr_streaming\"`, 404},
		{"POST", "/v3.4/agent/rtm/sjs/000/x/xhr", "websocket only", 404},
		{"GET", "/v3.4/agent/rtm/sjs/000/x/eventsource", "websocket only", 404},
		{"GET", "/v3.4/agent/rtm/sjs/000/x/websocket", "", 426},
		{"GET", "/v3.4/customer/rtm/sjs/000/x/websocket", "the query parameter organization_id is required", 400},
		{"GET", "/v3.4/agent/rtm/sjs/0.0/x/websocket", "nothing is served at", 404},
		{"GET", "/v3.4/agent/rtm/sjs//x/websocket", "nothing is served at", 404},
		{"GET", "/v3.4/agent/rtm/sjs/iframe.html", "nothing is served at", 404},
	} {
		req, err := http.NewRequest(tt.method, srv.URL+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := srv.HTTPClient().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != tt.status || !strings.Contains(string(body), tt.text) {
			t.Errorf("%s %s: %d %s %v, want %d %s", tt.method, tt.path, res.StatusCode, body, err, tt.status, tt.text)
		}
	}
}

func TestSockJSInfo(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	ask := func(method, origin string) (*http.Response, object) {
		req, err := http.NewRequest(method, srv.URL+"/v3.4/agent/rtm/sjs/info", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		req.Header.Set("Access-Control-Request-Headers", "x-a, x-b")
		res, err := srv.HTTPClient().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var info object
		if method == "GET" {
			if err := json.NewDecoder(res.Body).Decode(&info); err != nil {
				t.Fatal(err)
			}
		}
		return res, info
	}
	_, first := ask("GET", "https://shop.example")
	_, second := ask("GET", "https://shop.example")
	if first["entropy"] == second["entropy"] {
		t.Errorf("the entropy is %v twice", first["entropy"])
	}
	for _, method := range []string{"GET", "OPTIONS"} {
		res, _ := ask(method, "https://shop.example")
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": "https://shop.example", "Access-Control-Allow-Credentials": "true",
			"Access-Control-Allow-Headers": "x-a, x-b", "Vary": "Origin",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", method, name, got)
			}
		}
	}
	if res, _ := ask("GET", "null"); res.Header.Get("Access-Control-Allow-Origin") != "*" || res.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("to a page without origin: %v", res.Header)
	}
}

// TestSockJSConversation has an agent on SockJS and a customer on a plain socket,
// and another customer on SockJS.
func TestSockJSConversation(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag := openSession(t, srv, agentSession, websocket.DialOptions{})
		// Two messages in one array, with Basic and a personal access token.
		ag.write(array(t, `{"action":"ping"}`, `{"action":"login","request_id":"1","payload":{"token":"Basic YWNjb3VudDpkYWw6YWdlbnQx"}}`))
		if m := ag.message(); m["action"] != "ping" || m["success"] != true {
			t.Errorf("ping: %v", m)
		}
		if m := ag.message(); m["request_id"] != "1" || at(m, "payload", "my_profile", "id") != "agent1@example.com" {
			t.Errorf("login: %v", m)
		}
		cu := customer(t, srv)
		chatID, _ := start(cu, message("héllo <b> 😀 \u2028"))
		m := ag.message()
		for m["action"] != "incoming_chat" {
			m = ag.message()
		}
		if events := at(m, "payload", "chat", "thread", "events").([]any); at(events[len(events)-1], "text") != "héllo <b> 😀 \u2028" {
			t.Errorf("the agent got %v", events)
		}
		// A single string is a message too, and an empty frame is none.
		data, _ := json.Marshal(`{"action":"send_event","request_id":"2","payload":{"chat_id":"` + chatID + `","event":{"type":"message","text":"\ud83d\ude00"}}}`)
		ag.write("")
		ag.write("[]")
		ag.write(string(data))
		for m = ag.message(); m["request_id"] != "2"; m = ag.message() {
		}
		if m["type"] != "response" || m["success"] != true {
			t.Errorf("send_event: %v", m)
		}
		if e := cu.push("incoming_event"); at(e, "event", "text") != "😀" {
			t.Errorf("the customer got %v", e)
		}

		other := openSession(t, srv, "/v3.6/customer/rtm/sjs/0/y/websocket?organization_id="+rtmtest.Organization, websocket.DialOptions{})
		other.write(array(t, `{"action":"login","request_id":"3","payload":{"token":"Bearer `+srv.CustomerToken(t)+`"}}`))
		if m := other.message(); m["success"] != true {
			t.Errorf("login of a customer: %v", m)
		}
	})
}

func TestSockJSLimits(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		s := openSession(t, srv, agentSession, websocket.DialOptions{})
		head, tail := `{"action":"ping","request_id":"big","payload":{"x":"`, `"}}`
		fit := head + strings.Repeat("x", 1<<20-len(head)-len(tail)) + tail
		s.write(array(t, fit))
		if m := s.message(); m["success"] != true || m["request_id"] != "big" {
			t.Errorf("1 MiB: got %v", m)
		}
		s.write(array(t, strings.Replace(fit, `x"}}`, `xx"}}`, 1), `{"action":"ping","request_id":"after"}`))
		if m := s.message(); m["request_id"] != "big" || at(m, "payload", "error", "message") != "the frame is over the limit of 1048576 bytes" {
			t.Errorf("1 MiB and a byte: got %v", m)
		}
		if m := s.message(); m["success"] != true || m["request_id"] != "after" {
			t.Errorf("after it: got %v", m)
		}
		s.write(strings.Repeat(" ", 4<<20-2) + "[]")
		s.write(array(t, `{"action":"ping","request_id":"still"}`))
		if m := s.message(); m["request_id"] != "still" {
			t.Errorf("after an array of 4 MiB: got %v", m)
		}
		// The write may fail: the other side stops reading in the middle of it.
		go s.ws.Write(context.Background(), websocket.MessageText, []byte(strings.Repeat(" ", 4<<20-1)+"[]"))
		s.closes(`c[1009,"A frame is over the limit of 4194304 bytes."]`)
	})
}

// TestSockJSBroken sends what is no array of messages: nothing in it is carried
// out.
func TestSockJSBroken(t *testing.T) {
	for _, frame := range []string{
		`["{\"action\":\"ping\"}"`, `["{\"action\":\"ping\"}",1]`, `["{\"action\":\"ping\"}",["x"]]`, `[null]`, `{"a":"b"}`, `1`, `null`,
		`{"action":"ping"}`, `["\x"]`, "[\"\xff\"]", `["a"]["b"]`, ` `, `["a",]`,
	} {
		inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
			s := openSession(t, srv, agentSession, websocket.DialOptions{})
			s.write(frame)
			if f := s.read(); f != `c[3000,"Broken framing."]` {
				t.Errorf("%q: got %s", frame, f)
			}
		})
	}
}

func TestSockJSClose(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		lost := openSession(t, srv, agentSession+"&organization_id=none", websocket.DialOptions{})
		if m := lost.message(); m["action"] != "agent_disconnected" || at(m, "payload", "reason") != "license_not_found" {
			t.Errorf("got %v", m)
		}
		lost.closes(`c[1000,"license_not_found"]`)

		old := openSession(t, srv, "/v3.3/agent/rtm/sjs/0/x/websocket", websocket.DialOptions{})
		if m := old.message(); at(m, "payload", "reason") != "unsupported_version" {
			t.Errorf("got %v", m)
		}
		old.closes(`c[1000,"unsupported_version"]`)

		late := openSession(t, srv, agentSession, websocket.DialOptions{})
		begin := time.Now()
		late.closes(`c[1000,"connection_timeout"]`)
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("without login it lived %v", took)
		}

		left := openSession(t, srv, agentSession, websocket.DialOptions{})
		done := make(chan error, 1)
		go func() { done <- srv.RTM.Shutdown(t.Context()) }()
		left.closes(`c[1001,"the server is shutting down"]`)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestSockJSLiveness has one client that answers heartbeats with a message, as
// the official one does, one that answers control pings, and one that answers
// nothing.
func TestSockJSLiveness(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		deaf := websocket.DialOptions{OnPingReceived: func(context.Context, []byte) bool { return false }}
		login := array(t, `{"action":"login","payload":{"token":"Bearer dal:agent1"}}`)
		ended := func(s *session, answer string) time.Duration {
			begin := time.Now()
			beats := 0
			for {
				_, data, err := s.ws.Read(t.Context())
				if err != nil {
					return time.Since(begin)
				}
				if string(data) == "h" {
					if beats++; answer != "" {
						s.write(answer)
					}
				}
				if beats == 100 {
					s.ws.CloseNow()
				}
			}
		}
		for _, tt := range []struct {
			name, answer string
			opts         websocket.DialOptions
			lives        time.Duration
		}{
			{"messages", array(t, `{"action":"ping"}`), deaf, 1500 * time.Second},
			{"pongs", "", websocket.DialOptions{}, 1500 * time.Second},
			{"nothing", "", deaf, 30 * time.Second},
		} {
			s := openSession(t, srv, agentSession, tt.opts)
			s.write(login)
			if took := ended(s, tt.answer).Round(time.Second); took != tt.lives {
				t.Errorf("%s: it lived %v, want %v", tt.name, took, tt.lives)
			}
		}
	})
}

func TestSockJSOrigins(t *testing.T) {
	srv := rtmtest.NewServer(t, &rtmserver.Options{RandomSeed: 1, Origins: []string{"https://shop.example"}})
	for origin, want := range map[string]int{"https://shop.example": 200, "https://other.example": 403} {
		for _, path := range []string{"/v3.4/agent/rtm/sjs/info", agentSession} {
			req, err := http.NewRequest("GET", srv.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Origin", origin)
			res, err := srv.HTTPClient().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if foreign := res.StatusCode == 403; foreign != (want == 403) {
				t.Errorf("%s from %s: %d", path, origin, res.StatusCode)
			}
		}
	}
}
