package rtmserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// What a cell of the tables in access_table_test.go can say. Of a success it is
// what it did; of a denial, which rule denied it: the type of the error and a part
// of its text. A denial logs nothing, changes nothing and is told to nobody.
const (
	reads  = "reads"  // nothing is logged and nobody else hears of it
	tells  = "tells"  // nothing is logged, and others hear of it
	writes = "writes" // it is logged
)

var denials = map[string]struct{ typ, text string }{
	"login":    {"authorization", "needs a login first"},
	"scope":    {"authorization", "needs one of the scopes"},
	"user":     {"authorization", "user of chat"},             // who is not one, or who cannot stop being one
	"hidden":   {"authorization", "supervises chat"},          // and what it says is for the customer
	"role":     {"authorization", "has the role normal"},      // other agents are the business of those who manage
	"author":   {"authorization", "was not written by"},       // another's event
	"property": {"authorization", "API cannot write it"},      // of the other side
	"group":    {"missing_access", ""},                        // no group in common with the chat, or with what is asked for
	"none":     {"not_found", "there is no chat"},             // customers do not learn that another's chat exists
	"sub":      {"not_found", "no subscription"},              // it is another connection's
	"greeting": {"greeting_not_found", "has no greeting"},     // it is another's
	"token":    {"authentication", "token"},                   // no valid one of this side
	"banned":   {"customer_banned", ""},                       //
	"again":    {"validation", "is already logged in"},        //
	"one":      {"chat_limit_reached", "a customer has one"},  //
	"active":   {"chat_already_active", "active thread"},      //
	"other":    {"authorization", "is another agent's"},       // a session goes on with a token of its own agent
	"bans":     {"validation", "already has the active thre"}, // the Agent API has no type of its own for it
}

// countingLog counts what is appended.
type countingLog struct {
	rtmserver.Log
	n atomic.Int64
}

func (l *countingLog) Append(ctx context.Context, organization string, last uint64, entry []byte) error {
	err := l.Log.Append(ctx, organization, last, entry)
	if err == nil {
		l.n.Add(1)
	}
	return err
}

func (l *countingLog) Read(ctx context.Context, organization string, after uint64) iter.Seq2[[]byte, error] {
	return l.Log.Read(ctx, organization, after)
}

// secret is what is said in the chat of the world. Whoever has no access to it
// must never get it, in whatever frame.
const secret = "s3cret"

// A world is a server in which every requester of the tables is there: a chat of
// the customer owner in the group Sales with the agents member and unscoped, and
// supervised by supervisor. The agents access and admin are of Sales too, outside,
// all and reader of another; all has every scope there is. admin follows the chat.
type world struct {
	t     *testing.T
	srv   *rtmtest.Server
	log   *countingLog
	peers map[string]*peer  // by column; those of both tables
	vars  map[string]string // what stands for $name in the payloads
}

var worldAgents = []string{"member", "unscoped", "supervisor", "access", "admin", "other", "outside", "all", "reader"}

func worldSeed() *rtmserver.Seed {
	seed := tourSeed()
	o := &seed.Organizations[0]
	o.Agents = nil
	for _, name := range worldAgents {
		a := rtmserver.Agent{ID: name + "@example.com", Name: name, Tokens: []string{"dal:" + name}, Groups: []int{1}, MaxChats: 20}
		switch name {
		case "unscoped":
			a.Scopes, a.Role = []string{}, "administrator"
		case "admin":
			a.Role = "administrator"
		case "outside":
			a.Groups = []int{2}
		case "all":
			a.Groups = []int{2}
			a.Scopes = []string{"chats--all:rw", "customers:rw", "customers.ban:rw", "multicast:rw", "agents--all:rw", "agents-bot--all:rw"}
		case "reader":
			a.Groups = []int{2}
			a.Scopes = []string{"chats--all:ro", "chats--access:rw", "customers:rw", "customers.ban:rw", "multicast:rw", "agents--my:rw", "agents--all:ro"}
		}
		o.Agents = append(o.Agents, a)
	}
	o.Greetings[0].AgentID = ""
	return seed
}

func newWorld(t *testing.T, version string, closed bool) *world {
	t.Helper()
	log := &countingLog{Log: rtmserver.NewMemoryLog()}
	srv := rtmtest.NewServer(t, &rtmserver.Options{Seed: worldSeed(), Log: log, RandomSeed: 1})
	w := &world{t: t, srv: srv, log: log, peers: map[string]*peer{}, vars: map[string]string{}}
	at36 := func(api *catalogue.API) *peer {
		query := ""
		if api == catalogue.Customer() {
			query = "?organization_id=" + rtmtest.Organization
		}
		return dialVersion(t, srv, api, version, query)
	}
	for _, name := range worldAgents {
		p := at36(catalogue.Agent())
		p.ok("login", object{"token": "Bearer dal:" + name, "away": name != "member"})
		w.peers[name], w.vars["token of "+name] = p, "dal:"+name
	}
	// The customers. The one who is banned comes back.
	ids := map[string]string{}
	for _, name := range []string{"owner", "stranger", "banned"} {
		token := srv.CustomerToken(t)
		p := at36(catalogue.Customer())
		me := p.ok("login", object{"token": "Bearer " + token, "customer_page": object{"url": "https://shop.example/kites"}})
		ids[name] = at(me, "customer", "id").(string)
		w.peers[name], w.vars["token of "+name] = p, token
	}
	w.peers["admin"].ok("ban_customer", object{"id": ids["banned"], "ban": object{"days": 1}})
	w.peers["banned"].ends()
	w.peers["banned"] = at36(catalogue.Customer())
	// Those who have no business with the API: without a token, or with one of
	// the other side.
	w.peers["nobody of customer"], w.peers["nobody of agent"] = at36(catalogue.Customer()), at36(catalogue.Agent())
	w.peers["agent"], w.peers["customer"] = at36(catalogue.Customer()), at36(catalogue.Agent())
	w.vars["token of agent"], w.vars["token of customer"] = "dal:admin", w.vars["token of owner"]
	w.vars["token of nobody of customer"], w.vars["token of nobody of agent"] = "dal:x", "dal:x"

	owner, member := w.peers["owner"], w.peers["member"]
	got := owner.ok("start_chat", object{"chat": object{"access": object{"group_ids": []int{1}}, "thread": object{"events": []any{message(secret)}}}})
	chatID, threadID := got["chat_id"].(string), got["thread_id"].(string)
	add := func(name, visibility string) {
		member.ok("add_user_to_chat", object{"chat_id": chatID, "user_id": name + "@example.com", "user_type": "agent", "visibility": visibility})
	}
	add("unscoped", "all")
	add("supervisor", "agents")
	say := func(e object) string {
		return member.ok("send_event", object{"chat_id": chatID, "event": e})["event_id"].(string)
	}
	w.vars["chat"], w.vars["thread"], w.vars["event"] = chatID, threadID, at(got, "event_ids", 0).(string)
	w.vars["reply"] = say(message("re: " + secret))
	w.vars["rich"] = say(object{"type": "rich_message", "template_id": "cards", "elements": []any{object{"title": secret, "buttons": []any{
		object{"text": "Yes", "type": "message", "value": "yes", "postback_id": "p", "user_ids": []any{}}}}}})
	member.ok("tag_thread", object{"chat_id": chatID, "thread_id": threadID, "tag": "vip"})
	w.vars["tag"] = "vip"
	w.peers["admin"].ok("follow_chat", object{"id": chatID})
	if version == "3.6" {
		w.vars["sub"] = w.peers["access"].ok("subscribe_customers", object{"group_ids": []int{1}})["subscription_id"].(string)
	}
	w.vars["greeting"] = owner.push("incoming_greeting")["unique_id"].(string)
	w.vars["owner"], w.vars["stranger"] = ids["owner"], ids["stranger"]
	time.Sleep(time.Second) // virtual: there is something to be marked as seen
	w.vars["now"] = time.Now().UTC().Format(time.RFC3339Nano)
	if closed {
		owner.ok("deactivate_chat", object{"id": chatID})
	}
	w.frames()
	return w
}

// frames waits until nothing moves any more and returns what came for each peer
// since. None of it may tell a secret.
func (w *world) frames() map[string][]object {
	w.t.Helper()
	synctest.Wait()
	out := map[string][]object{}
	for name, p := range w.peers {
		out[name], p.seen = p.seen, nil
		for more := true; more; {
			select {
			case f, open := <-p.frames:
				if more = open; open {
					p.check(f)
					out[name] = append(out[name], f)
				}
			default:
				more = false
			}
		}
		for _, f := range out[name] {
			w.secrets(name, f)
		}
	}
	return out
}

// secrets fails for a frame that its receiver must not see.
func (w *world) secrets(name string, f object) {
	w.t.Helper()
	data, err := json.Marshal(f)
	if err != nil {
		w.t.Fatal(err)
	}
	p := w.peers[name]
	if slices.Contains([]string{"owner", "member", "supervisor", "access", "admin", "all", "reader", "other"}, name) {
		// They may read the chat. Customers know no agent by its address.
		if p.api == catalogue.Customer() && strings.Contains(string(data), "@example.com") {
			w.t.Errorf("%s got an agent's address: %s", name, data)
		}
		return
	}
	if strings.Contains(string(data), secret) {
		w.t.Errorf("%s got what was said in the chat: %s", name, data)
	}
}

// state is all that there is to be changed.
func (w *world) state() string {
	w.t.Helper()
	state, err := rtmserver.StateJSON(w.srv.RTM, rtmtest.Organization)
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprintf("%d records, %s", w.log.n.Load(), state)
}

// A row is a line of a table.
type row struct {
	method  string
	version string
	closed  bool // the chat's last thread is
	cells   []string
	payload string
}

// parseTable reads a table: a head with the names of the requesters, then a line
// for each method with a cell for each of them and, last, the payload. A method
// may have words after it: closed, a version, or what the line is about.
func parseTable(table string) (columns []string, rows []row, err error) {
	for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
		text, payload, _ := strings.Cut(line, "{")
		words := strings.Fields(text)
		if i == 0 {
			columns = words[1:]
			continue
		}
		if len(words) != 1+len(columns) {
			return nil, nil, fmt.Errorf("the line has %d cells, not %d: %s", len(words)-1, len(columns), line)
		}
		r := row{version: "3.6", cells: words[1:], payload: "{" + payload}
		if payload == "" {
			r.payload = "{}"
		}
		marks := strings.Split(words[0], "/")
		r.method = marks[0]
		for _, mark := range marks[1:] {
			r.closed = r.closed || mark == "closed"
			if strings.HasPrefix(mark, "3.") {
				r.version = mark
			}
		}
		for _, cell := range r.cells {
			if _, denied := denials[cell]; !denied && cell != reads && cell != tells && cell != writes {
				return nil, nil, fmt.Errorf("%q is nothing that a cell can say: %s", cell, line)
			}
		}
		rows = append(rows, r)
	}
	return columns, rows, nil
}

// missing returns the methods of an API that no line is about, and the lines that
// are about none.
func missing(api *catalogue.API, rows []row) error {
	var err error
	for _, m := range api.Methods {
		if !slices.ContainsFunc(rows, func(r row) bool { return r.method == m.Action }) {
			err = errors.Join(err, fmt.Errorf("%s: the table has no line for %s", api.Name, m.Action))
		}
	}
	for _, r := range rows {
		if m := api.Method(r.method); m == nil || m.Since > r.version || m.RemovedIn != "" && m.RemovedIn <= r.version {
			err = errors.Join(err, fmt.Errorf("%s %s has no method %s", api.Name, r.version, r.method))
		}
	}
	return err
}

// TestAccessMatrix asks, for every method of both APIs, on behalf of everybody
// there is, and holds the server to the tables in access_table_test.go.
func TestAccessMatrix(t *testing.T) {
	for api, table := range map[*catalogue.API]string{catalogue.Customer(): customerAccess, catalogue.Agent(): agentAccess} {
		columns, rows, err := parseTable(table)
		if err == nil {
			err = missing(api, rows)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			t.Run(api.Name+" "+r.method, func(t *testing.T) {
				// What is denied and what is only read leaves the world as it was, so
				// all of that can share one; see ask.
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, r.version, r.closed)
					for i, cell := range r.cells {
						if cell != writes {
							w.ask(api, columns[i], r, cell)
						}
					}
				})
				for i, cell := range r.cells {
					if cell == writes {
						synctest.Test(t, func(t *testing.T) { newWorld(t, r.version, r.closed).ask(api, columns[i], r, cell) })
					}
				}
			})
		}
	}
}

// ask makes the request of a line for one requester and compares what happens.
func (w *world) ask(api *catalogue.API, who string, r row, cell string) {
	t := w.t
	t.Helper()
	name := who
	if who == "nobody" {
		name = "nobody of " + api.Name
	}
	p := w.peers[name]
	var payload object
	text := r.payload
	for _, v := range []string{"chat", "thread", "event", "reply", "rich", "tag", "sub", "greeting", "owner", "stranger", "now"} {
		text = strings.ReplaceAll(text, "$"+v, w.vars[v])
	}
	text = strings.ReplaceAll(text, "$token", w.vars["token of "+name])
	text = strings.ReplaceAll(text, "$me", name+"@example.com")
	if err := json.Unmarshal([]byte(text), &payload); err != nil {
		t.Fatalf("%s: %s: %v", r.method, text, err)
	}
	before, logged := w.state(), w.log.n.Load()
	answer := p.call(r.method, payload)
	w.secrets(name, answer)
	var heard, others []string
	for peer, frames := range w.frames() {
		for _, f := range frames {
			heard = append(heard, fmt.Sprintf("%s got %v", peer, f))
			if peer != name {
				others = append(others, peer)
			}
		}
	}
	bad := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s by %s (%s): %s", r.method, who, cell, fmt.Sprintf(format, args...))
	}
	grown := w.log.n.Load() - logged
	if denial, denied := denials[cell]; denied {
		e, _ := at(answer, "payload", "error").(object)
		message, _ := at(e, "message").(string)
		switch {
		case answer["success"] != false:
			bad("it was answered: %v", answer["payload"])
		case at(e, "type") != denial.typ || !strings.Contains(message, denial.text):
			bad("got %v: %s", at(e, "type"), message)
		case w.state() != before:
			bad("the state is another now")
		case len(heard) > 0:
			bad("there were pushes: %q", heard)
		}
		return
	}
	switch {
	case answer["success"] != true:
		bad("got %v", answer["payload"])
	case (grown > 0) != (cell == writes):
		bad("%d records were logged", grown)
	case cell != writes && w.state() != before:
		bad("the state is another now")
	case (len(others) > 0) != (cell == tells) && cell != writes:
		bad("others heard: %q", heard)
	}
}

// TestAccessMatrixCanFail gives the matrix tables that are wrong.
func TestAccessMatrixCanFail(t *testing.T) {
	for _, tt := range []struct{ table, want string }{
		{"method nobody owner\nping reads", "1 cells, not 2"},
		{"method nobody\nping perhaps", `"perhaps" is nothing that a cell can say`},
		{"method nobody\nping reads", "no line for login"},
		{"method nobody\nfly reads", "customer 3.6 has no method fly"},
	} {
		_, rows, err := parseTable(tt.table)
		if err == nil {
			err = missing(catalogue.Customer(), rows)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want %s", tt.table, err, tt.want)
		}
	}
}
