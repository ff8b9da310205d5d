package rtmserver

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// goldenFrames are the requests of the clients' golden files, which have every
// method and parameter. Their ids become those of the conversation.
func goldenFrames(tb testing.TB) (frames []string) {
	tb.Helper()
	places := map[string]string{
		"chat_id": "CHAT", "thread_id": "THREAD", "event_id": "THREAD_1", "customer_id": "c", "user_id": "agent1@example.com", "agent_id": "agent2@example.com",
	}
	var settle func(action string, x any)
	settle = func(action string, x any) {
		switch x := x.(type) {
		case map[string]any:
			for name, v := range x {
				if id := places[name]; id != "" {
					x[name] = id
				} else if name == "id" && strings.HasSuffix(action, "customer") {
					x[name] = "c"
				} else if name == "id" {
					x[name] = "CHAT"
				} else if name == "group_ids" {
					x[name] = []int{0, 1}
				} else {
					settle(action, v)
				}
			}
		case []any:
			for _, v := range x {
				settle(action, v)
			}
		}
	}
	for _, side := range []side{customerSide, agentSide} {
		file, err := os.Open("../" + side.String() + "/testdata/golden.jsonl")
		if err != nil {
			tb.Fatal(err)
		}
		defer file.Close()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			var f map[string]any
			if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
				tb.Fatal(err)
			}
			if f["type"] != nil {
				continue // a response or a push
			}
			settle(f["action"].(string), f["payload"])
			frame, err := json.Marshal(f)
			if err != nil {
				tb.Fatal(err)
			}
			frames = append(frames, string(frame))
		}
	}
	return frames
}

// TestFuzzFrames shows that the fuzz tests start from every method of both APIs.
func TestFuzzFrames(t *testing.T) {
	for _, api := range []*catalogue.API{catalogue.Customer(), catalogue.Agent()} {
		all := strings.Join(append(goldenFrames(t), fuzzFrames...), "\n")
		for _, m := range api.Methods {
			if !strings.Contains(all, `"action":"`+m.Action+`"`) {
				t.Errorf("%s: no frame calls %s", api.Name, m.Action)
			}
		}
	}
}

// FuzzRequesters sends anything in every version to everybody who can be there:
// customers and agents, of the chat and not, a supervisor, and both before their
// login. A request that fails changes neither the state nor the log.
func FuzzRequesters(f *testing.F) {
	for i, frame := range append(goldenFrames(f), fuzzFrames...) {
		f.Add(frame, uint8(i))
	}
	f.Fuzz(func(t *testing.T, frame string, n uint8) {
		version := versions[int(n)%len(versions)]
		seed := DefaultSeed()
		org := &seed.Organizations[0]
		org.Agents = append(org.Agents, Agent{ID: "agent3@example.com", Name: "Cy", Tokens: []string{"dal:agent3"}})
		org.Tags, org.Routing = []string{"t"}, Routing{IdleAfterMin: 1, TransferAfterMin: 1}
		s, err := New(&Options{Seed: seed, RandomSeed: 1, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Shutdown(context.Background())
		o := s.orgs[org.ID]
		o.mu.Lock()
		for _, id := range []string{"c", "d"} {
			if err == nil {
				err = o.commit(&emission{org: o}, &record{Kind: customerRegistered, CustomerID: id},
					&record{Kind: tokenIssued, Token: &token{Hash: hash("token " + id), CustomerID: id, ExpiresAt: time.Now().Add(time.Hour)}})
			}
		}
		o.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		login := func(side side, token string) *conn {
			c := fuzzConn(s, side)
			c.version = version
			if token != "" {
				c.handle([]byte(`{"action":"login","payload":{"token":"Bearer ` + token + `"}}`))
			}
			return c
		}
		ok := func(c *conn, frame string) map[string]any {
			c.answers()
			c.handle([]byte(frame))
			answers := c.answers()
			if len(answers) != 1 || answers[0]["success"] != true {
				t.Fatalf("%s gave %v", frame, answers)
			}
			p, _ := answers[0]["payload"].(map[string]any)
			return p
		}
		ag, cu := login(agentSide, "dal:agent1"), login(customerSide, "token c")
		supervisor, stranger, other := login(agentSide, "dal:agent2"), login(agentSide, "dal:agent3"), login(customerSide, "token d")
		started := ok(cu, `{"action":"start_chat","payload":{"continuous":true,"chat":{"access":{"group_ids":[1]},"thread":{"events":[{"type":"message","text":"x"}]}}}}`)
		chatID, threadID := started["chat_id"].(string), started["thread_id"].(string)
		handler := o.st.Chats[chatID].agents()
		if len(handler) != 1 || handler[0] != ag.user {
			t.Fatalf("the chat went to %v", handler)
		}
		ok(supervisor, `{"action":"add_user_to_chat","payload":{"chat_id":"`+chatID+`","user_id":"agent2@example.com","user_type":"agent","visibility":"agents","ignore_requester_presence":true}}`)
		frame = strings.NewReplacer("CHAT", chatID, "THREAD", threadID).Replace(frame)

		state := func() string {
			text, err := StateJSON(s, org.ID)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		before := state()
		for _, c := range []*conn{login(customerSide, ""), login(agentSide, ""), other, stranger, supervisor, cu, ag} {
			if c.closing.Load() {
				continue // somebody before has logged it out, or banned it
			}
			c.answers()
			c.handle([]byte(frame))
			answers := c.answers()
			if len(answers) != 1 {
				t.Fatalf("%s %s: %q got %d answers", c.side, c.user, frame, len(answers))
			}
			after := state()
			if answers[0]["success"] != true {
				e := answers[0]["payload"].(map[string]any)["error"].(map[string]any)
				if typ := e["type"].(string); typ == "internal" || c.catalogue.Error(typ) == nil || e["message"] == "" {
					t.Fatalf("%s %s: %q got %v", c.side, c.user, frame, e)
				}
				if before != after {
					t.Fatalf("%s %s: %q failed with %v and changed the state from\n%s\nto\n%s", c.side, c.user, frame, e, before, after)
				}
			}
			before = after
		}
		seq := uint64(0)
		for _, err := range s.opts.Log.Read(context.Background(), org.ID, 0) {
			if err != nil {
				t.Fatal(err)
			}
			seq++
		}
		if seq != o.st.Seq {
			t.Fatalf("%q: the log has %d entries and the state %d", frame, seq, o.st.Seq)
		}
	})
}
