package rtmserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestMain fails when a goroutine outlives the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if leaked := leaks(); leaked != "" {
			fmt.Fprintf(os.Stderr, "goroutines leaked:\n%s\n", leaked)
			code = 1
		}
	}
	os.Exit(code)
}

// leaks returns the stacks of goroutines of this module or of its sockets. Those
// that are just about to end get the time for it.
func leaks() string {
	var left []string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		left = nil
		buf := make([]byte, 1<<20)
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if (strings.Contains(g, "rtmwidget") || strings.Contains(g, "coder/websocket")) && !strings.Contains(g, "TestMain") {
				left = append(left, g)
			}
		}
		if left == nil {
			return ""
		}
		runtime.Gosched()
		time.Sleep(10 * time.Millisecond)
	}
	return strings.Join(left, "\n\n")
}

type object = map[string]any

// tour notes which methods were answered and which pushes came, each in the
// catalogue's shape.
var tour sync.Map

// A peer is a raw client. It checks each frame that it gets against the
// catalogue.
type peer struct {
	t       *testing.T
	api     *catalogue.API
	version string // of the frame that is checked
	speaks  string // version of the connection
	ws      *websocket.Conn
	frames  chan object // closed at the end of the socket
	err     error       // why it ended; after frames is closed
	next    int
	srv     *rtmtest.Server
	auth    string   // the token of the login
	web     bool     // methods are called over the Web API where it has them
	seen    []object // pushes that were read while waiting for something else
}

func dial(t *testing.T, srv *rtmtest.Server, api *catalogue.API, query string) *peer {
	t.Helper()
	return dialVersion(t, srv, api, "3.6", query)
}

func dialVersion(t *testing.T, srv *rtmtest.Server, api *catalogue.API, version, query string) *peer {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), srv.URL+"/v"+version+"/"+api.Name+"/rtm/ws"+query, &websocket.DialOptions{HTTPClient: srv.HTTPClient()})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(-1)
	p := &peer{t: t, api: api, speaks: version, ws: ws, frames: make(chan object, 1000), srv: srv}
	_, p.web = overWeb.Load(srv)
	go func() {
		defer close(p.frames)
		for {
			_, data, err := ws.Read(context.Background())
			if err != nil {
				p.err = err
				return
			}
			var f object
			if err := json.Unmarshal(data, &f); err != nil {
				t.Errorf("not JSON: %s", data)
			}
			p.frames <- f
		}
	}()
	t.Cleanup(p.close)
	return p
}

func dialCustomer(t *testing.T, srv *rtmtest.Server) *peer {
	t.Helper()
	return dial(t, srv, catalogue.Customer(), "?organization_id="+rtmtest.Organization)
}

func dialAgent(t *testing.T, srv *rtmtest.Server) *peer {
	t.Helper()
	return dial(t, srv, catalogue.Agent(), "")
}

// customer dials and logs a new customer in.
func customer(t *testing.T, srv *rtmtest.Server) *peer {
	t.Helper()
	p := dialCustomer(t, srv)
	p.ok("login", object{"token": "Bearer " + srv.CustomerToken(t)})
	return p
}

// agent dials and logs an agent in.
func agent(t *testing.T, srv *rtmtest.Server, token string) *peer {
	t.Helper()
	p := dialAgent(t, srv)
	p.ok("login", object{"token": "Bearer " + token})
	return p
}

func (p *peer) close() { p.ws.CloseNow() }

// write sends a frame as it is.
func (p *peer) write(frame string) {
	p.t.Helper()
	if err := p.ws.Write(p.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		p.t.Fatalf("write: %v", err)
	}
}

// read returns the next frame and fails at the end of the socket.
func (p *peer) read() object {
	p.t.Helper()
	select {
	case f, ok := <-p.frames:
		if !ok {
			p.t.Fatalf("the socket ended: %v", p.err)
		}
		p.check(f)
		return f
	case <-time.After(2 * time.Minute):
		p.t.Fatal("no frame within two minutes")
		return nil
	}
}

// check compares a frame with the catalogue.
func (p *peer) check(f object) {
	p.t.Helper()
	action, _ := f["action"].(string)
	switch f["type"] {
	case "push":
		push := p.api.Push(action)
		if push == nil {
			p.t.Errorf("%s: no such push: %v", p.api.Name, f)
			return
		}
		p.version, _ = f["version"].(string)
		if p.version < p.speaks || !push.In(p.version) {
			p.t.Errorf("%s: version is %q", action, p.version)
		}
		p.conforms(action, push.Payload, f["payload"])
		tour.Store(p.api.Name+" push "+action, true)
	case "response":
		p.version = p.speaks
		if f["success"] == true {
			p.conforms(action+" response", p.api.Method(action).Response, f["payload"])
			tour.Store(p.api.Name+" method "+action, true)
		} else {
			e := f["payload"].(object)["error"].(object)
			if p.api.Error(e["type"].(string)) == nil || e["message"] == "" {
				p.t.Errorf("%s: %v is no error of the catalogue", action, e)
			}
		}
	default:
		p.t.Errorf("type is %v in %v", f["type"], f)
	}
}

func (p *peer) conforms(where string, fields catalogue.Fields, x any) {
	p.t.Helper()
	if typ := fields.Payload(); typ != nil {
		p.value(where, typ, nil, x)
		return
	}
	m, ok := x.(object)
	if !ok {
		p.t.Errorf("%s: is %v, not an object", where, x)
		return
	}
	star := false
	for _, f := range fields {
		star = star || f.Star()
		v, there := m[f.Name]
		switch {
		case f.Star():
		case !there && f.Required:
			p.t.Errorf("%s: %s is missing in %v", where, f.Name, m)
		case there && !f.In(p.version):
			p.t.Errorf("%s: %s is not in %s", where, f.Name, p.version)
		case there:
			p.value(where+"."+f.Name, f.Type, f, v)
		}
	}
	for name := range m {
		if !star && fields.Lookup(name) == nil {
			p.t.Errorf("%s: %s is not in the catalogue", where, name)
		}
	}
}

func (p *peer) value(where string, typ *catalogue.Type, f *catalogue.Field, x any) {
	p.t.Helper()
	ok := true
	switch typ.Kind {
	case catalogue.String:
		var s string
		s, ok = x.(string)
		ok = ok && (f == nil || f.Enum == nil || slices.Contains(f.Enum, s))
	case catalogue.Int:
		var n float64
		n, ok = x.(float64)
		ok = ok && n == float64(int64(n))
	case catalogue.Number:
		_, ok = x.(float64)
	case catalogue.Bool:
		_, ok = x.(bool)
	case catalogue.Datetime:
		s, _ := x.(string)
		_, err := time.Parse("2006-01-02T15:04:05.000000Z", s)
		ok = err == nil
	case catalogue.List:
		var list []any
		if list, ok = x.([]any); ok {
			for i, item := range list {
				p.value(fmt.Sprintf("%s[%d]", where, i), typ.Elem, f, item)
			}
		}
	case catalogue.Map:
		var m object
		if m, ok = x.(object); ok {
			for name, item := range m {
				p.value(where+"."+name, typ.Elem, f, item)
			}
		}
	case catalogue.Named:
		var m object
		if m, ok = x.(object); ok {
			name := typ.Name
			if u := p.api.Union(name); u != nil {
				name = u.Variants[m[u.Discriminator].(string)]
				if husk, ok := p.api.Object("Event.deleted"); ok && typ.Name == "Event" && m["deleted"] == true && only(m, husk) {
					name = "Event.deleted"
				}
			}
			fields, known := p.api.Object(name)
			if !known {
				p.t.Errorf("%s: no object %q", where, name)
			}
			p.conforms(where, fields, m)
		}
	}
	if !ok {
		p.t.Errorf("%s: %v is not %s", where, x, typ)
	}
}

// only reports whether an object has no other members than these.
func only(m object, fields catalogue.Fields) bool {
	for name := range m {
		if fields.Lookup(name) == nil {
			return false
		}
	}
	return true
}

// call sends a request and returns its response. Pushes that come before it are
// kept for push.
func (p *peer) call(action string, payload any) object {
	p.t.Helper()
	if in, ok := payload.(object); ok && action == "login" {
		p.auth, _ = in["token"].(string)
	}
	if p.web && webHas(p.api, action) {
		return p.callWeb(action, payload)
	}
	return p.callSocket(action, payload)
}

func (p *peer) callSocket(action string, payload any) object {
	p.t.Helper()
	p.next++
	id := fmt.Sprint(p.next)
	data, err := json.Marshal(object{"action": action, "request_id": id, "payload": payload})
	if err != nil {
		p.t.Fatal(err)
	}
	p.write(string(data))
	for {
		f := p.read()
		if f["type"] == "response" {
			if f["request_id"] != id || f["action"] != action {
				p.t.Fatalf("the response to %s %s is %v", action, id, f)
			}
			return f
		}
		p.seen = append(p.seen, f)
	}
}

// ok calls and returns the payload of a success.
func (p *peer) ok(action string, payload any) object {
	p.t.Helper()
	f := p.call(action, payload)
	if f["success"] != true {
		p.t.Fatalf("%s: %v", action, f["payload"])
	}
	m, _ := f["payload"].(object)
	return m
}

// fails calls, wants an error of the type and returns its message.
func (p *peer) fails(typ, action string, payload any) string {
	p.t.Helper()
	f := p.call(action, payload)
	if f["success"] != false {
		p.t.Fatalf("%s: got a success %v, want %s", action, f["payload"], typ)
	}
	e := f["payload"].(object)["error"].(object)
	if e["type"] != typ {
		p.t.Fatalf("%s: got %v, want %s", action, e, typ)
	}
	return e["message"].(string)
}

// frame returns the next push of an action with its envelope; others before it
// are dropped.
func (p *peer) frame(action string) object {
	p.t.Helper()
	for {
		var f object
		if len(p.seen) > 0 {
			f, p.seen = p.seen[0], p.seen[1:]
		} else {
			f = p.read()
		}
		if f["action"] == action && f["type"] == "push" {
			return f
		}
	}
}

// push is frame for the payload.
func (p *peer) push(action string) object {
	p.t.Helper()
	return p.frame(action)["payload"].(object)
}

// actions returns the pushes of all that was answered to anybody before. It
// calls a method that waits its turn in the organization; ping does not.
func (p *peer) actions() []string {
	p.t.Helper()
	p.callSocket("list_chats", object{"limit": 1})
	names := []string{}
	for _, f := range p.seen {
		names = append(names, f["action"].(string))
	}
	p.seen = nil
	return names
}

// ends waits for the end of the socket and returns its close code; pushes
// before it are kept.
func (p *peer) ends() websocket.StatusCode {
	p.t.Helper()
	for {
		select {
		case f, ok := <-p.frames:
			if !ok {
				return websocket.CloseStatus(p.err)
			}
			p.check(f)
			p.seen = append(p.seen, f)
		case <-time.After(5 * time.Minute):
			p.t.Fatal("the socket is still open after five minutes")
		}
	}
}

// at walks into a payload: at(p, "chat", "thread", "events", 0, "text").
func at(x any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := x.(object)
			x = m[s]
		case int:
			l, _ := x.([]any)
			if s >= len(l) {
				return nil
			}
			x = l[s]
		}
	}
	return x
}

func message(text string) object { return object{"type": "message", "text": text} }
