package rtmserver

import (
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// kept is the outlet of a connection without a socket.
type kept chan item

func (k kept) put(it item) { k <- it }
func (k kept) woke()       {}

// fuzzConn is a connection without a socket.
func fuzzConn(s *Server, side side) *conn {
	c := &conn{s: s, side: side, catalogue: side.api(), version: newest, out: make(kept, 4096)}
	if side == customerSide {
		for _, o := range s.orgs {
			c.org = o
		}
	}
	return c
}

// answers takes what was sent and returns the responses.
func (c *conn) answers() (responses []map[string]any) {
	for {
		select {
		case it := <-c.out.(kept):
			var f map[string]any
			if json.Unmarshal(it.frame, &f) == nil && f["type"] == "response" {
				responses = append(responses, f)
			}
		default:
			return responses
		}
	}
}

// fuzzFrames are the starts of fuzz tests. CHAT and THREAD stand for those of the
// conversation that the test has begun.
var fuzzFrames = []string{
	`{"action":"ping"}`, `{"action":"start_chat","payload":{"continuous":true,"chat":{"thread":{"events":[{"type":"message","text":"x"}]}}}}`,
	`{"action":"resume_chat","payload":{"chat":{"id":"CHAT","users":[{"id":"agent2@example.com","type":"agent"}]}}}`,
	sendFrame + `message","text":"x"}}}`, sendFrame + `file","url":"https://x/y"}}}`, sendFrame + `rich_message","template_id":"cards","elements":[{"buttons":[]}]}}}`,
	sendFrame + `filled_form","form_id":"1","fields":[{"type":"name","id":"1","label":"x","answer":1}]}}}`, sendFrame + `custom","content":[1e400]}}}`,
	`{"action":"list_chats","payload":{"filters":{"properties":{"a":{"b":{"values":[1,"x",true]}}}}}}`, `{"action":"list_chats","payload":{"page_id":"eyJhIjoibGlzdF9jaGF0cyIsInUiOiJhZ2VudDFAZXhhbXBsZS5jb20iLCJsIjoxMCwicyI6ImRlc2MiLCJ0IjoiMjEyNi0wMS0wMVQwMDowMDowMFoifQ"}}`,
	`{"action":"list_threads","payload":{"chat_id":"CHAT","min_events_count":3}}`, `{"action":"get_chat","payload":{"chat_id":"CHAT","thread_id":null}}`,
	`{"action":"update_customer","payload":{"name":"x","session_fields":[{"a":"b"}],"omnichannel":{"twilio":{"phone_number":"1"}}}}`,
	`{"action":"mark_events_as_seen","payload":{"chat_id":"CHAT","seen_up_to":"2026-01-01T00:00:00+01:00"}}`,
	`{"action":"deactivate_chat","payload":{"id":"CHAT"}}`, `{"action":"send_typing_indicator","payload":{"chat_id":"CHAT","is_typing":true}}`,
	`{"action":"set_routing_status","payload":{"status":"accepting_chats"}}`, `{"action":"list_routing_statuses","payload":{"filters":{"group_ids":[0]}}}`,
	`{"action":"login","payload":{"token":"Bearer dal:agent1"}}`, `{"action":"send_sneak_peek","payload":{"chat_id":"CHAT","sneak_peek_text":"x"}}`,
	`{"action":"update_thread_properties","payload":{"chat_id":"CHAT","thread_id":"THREAD","properties":{"rating":{"score":1},"a":{"b":"c"}}}}`,
	`{"action":"delete_chat_properties","payload":{"id":"CHAT","properties":{"routing":["continuous"],"a":["b"]}}}`,
	`{"action":"delete_event","payload":{"chat_id":"CHAT","thread_id":"THREAD","event_id":"THREAD_1"}}`,
	`{"action":"update_event_properties","payload":{"chat_id":"CHAT","thread_id":"THREAD","event_id":"THREAD_1","properties":{"a":{"b":1}}}}`,
	`{"action":"send_rich_message_postback","payload":{"chat_id":"CHAT","thread_id":"THREAD","event_id":"THREAD_1","postback":{"id":"p","toggled":true}}}`,
	`{"action":"update_customer_page","payload":{"url":"https://shop.example/kites"}}`, `{"action":"get_url_info","payload":{"url":"https://x/y.png"}}`,
	`{"action":"set_customer_session_fields","payload":{"session_fields":[{"a":"b"}]}}`, `{"action":"list_group_statuses","payload":{"group_ids":[0,7]}}`,
	`{"action":"get_form","payload":{"group_id":0,"type":"ticket"}}`, `{"action":"request_welcome_message","payload":{"group_id":1}}`,
	`{"action":"accept_greeting","payload":{"greeting_id":7,"unique_id":"x"}}`, `{"action":"tag_thread","payload":{"chat_id":"CHAT","thread_id":"THREAD","tag":"t"}}`,
	`{"action":"transfer_chat","payload":{"id":"CHAT","target":{"type":"group","ids":[1]},"ignore_agents_availability":true,"ignore_requester_presence":true}}`,
	`{"action":"transfer_chat","payload":{"id":"CHAT","ignore_agents_availability":true}}`, `{"action":"start_chat","payload":{"chat":{"users":[{"id":"c","type":"customer"}]}}}`,
	`{"action":"add_user_to_chat","payload":{"chat_id":"CHAT","user_id":"agent2@example.com","user_type":"agent","visibility":"agents"}}`,
	`{"action":"remove_user_from_chat","payload":{"chat_id":"CHAT","user_id":"agent1@example.com","user_type":"agent"}}`,
	`{"action":"list_archives","payload":{"filters":{"query":"x","agents":{"values":["a"]},"tags":{"exists":false},"forms":[{"type":"pre_chat","answer_id":"1"}]},"highlights":{}}}`,
	`{"action":"update_customer","payload":{"id":"c","name":"x"}}`, `{"action":"ban_customer","payload":{"id":"c","ban":{"days":1}}}`,
	`{"action":"subscribe_customers","payload":{"group_ids":[0],"limit":1}}`, `{"action":"multicast","payload":{"recipients":{"agents":{"all":true}},"content":null}}`,
	`{"action":"request_thread_summary","payload":{"chat_id":"CHAT","thread_id":"THREAD"}}`, `{"action":"set_away_status","payload":{"away":true}}`,
	`{"action":"send_event_preview","payload":{"chat_id":"CHAT","event":{"type":"message","text":"x"}}}`, `{"action":"follow_chat","payload":{"id":"CHAT"}}`,
	`[]`, `{`, `{"action":1}`, "\xff", `{"action":"ping","payload":{"a":` + strings.Repeat("[", 100) + `}}`,
}

const sendFrame = `{"action":"send_event","request_id":"1","payload":{"chat_id":"CHAT","event":{"type":"`

// FuzzHandle sends anything to a logged-in customer and agent: each frame gets
// one answer, which is an error of the catalogue or a success, never `internal`.
func FuzzHandle(f *testing.F) {
	for _, s := range fuzzFrames {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, frame string) {
		s, err := New(&Options{RandomSeed: 1, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer s.cancel()
		o := s.orgs[DefaultSeed().Organizations[0].ID]
		o.mu.Lock()
		err = o.commit(&emission{org: o}, &record{Kind: customerRegistered, CustomerID: "c"},
			&record{Kind: tokenIssued, Token: &token{Hash: hash("t"), CustomerID: "c", ExpiresAt: time.Now().Add(time.Hour)}})
		o.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		cu, ag := fuzzConn(s, customerSide), fuzzConn(s, agentSide)
		ag.handle([]byte(`{"action":"login","payload":{"token":"Bearer dal:agent1","customer_monitoring_level":"online"}}`))
		cu.handle([]byte(`{"action":"login","payload":{"token":"Bearer t"}}`))
		cu.handle([]byte(`{"action":"start_chat"}`))
		answers := cu.answers()
		if len(answers) != 2 || answers[1]["success"] != true {
			t.Fatalf("the start of the conversation gave %v", answers)
		}
		ag.answers()
		chatID := answers[1]["payload"].(map[string]any)["chat_id"].(string)
		threadID := answers[1]["payload"].(map[string]any)["thread_id"].(string)
		frame = strings.NewReplacer("CHAT", chatID, "THREAD", threadID).Replace(frame)
		for _, c := range []*conn{cu, ag} {
			c.handle([]byte(frame))
			answers := c.answers()
			if len(answers) != 1 {
				t.Fatalf("%s: %q got %d answers", c.side, frame, len(answers))
			}
			if answers[0]["success"] == true {
				continue
			}
			e := answers[0]["payload"].(map[string]any)["error"].(map[string]any)
			if typ := e["type"].(string); typ == "internal" || c.catalogue.Error(typ) == nil || e["message"] == "" {
				t.Fatalf("%s: %q got %v", c.side, frame, e)
			}
		}
		// What was logged gives the same state again.
		again, err := New(&Options{Log: s.opts.Log})
		if err != nil {
			t.Fatal(err)
		}
		defer again.cancel()
		want, err := StateJSON(s, o.seed.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := StateJSON(again, o.seed.ID); err != nil || got != want {
			t.Fatalf("%q: the state was\n%s\nand after the replay\n%s", frame, want, got)
		}
		for _, srv := range []*Server{s, again} {
			for _, o := range srv.orgs {
				for _, a := range o.agents {
					if a.grace != nil {
						a.grace.Stop()
					}
				}
			}
		}
	})
}

// FuzzPeek reads the starts of frames that were too long.
func FuzzPeek(f *testing.F) {
	f.Add([]byte(`{"action":"a","payload":{"x":"`))
	f.Add([]byte(`{"payload":{},"request_id":"1","action":"b"`))
	f.Add([]byte(`{"action":7,"request_id":7,`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		if r := peek(frame); r == nil {
			t.Fatal("no request")
		}
	})
}

// TestMethodsAreKnown checks that everything served is in the catalogue, and
// everything in the catalogue served.
func TestMethodsAreKnown(t *testing.T) {
	for side, served := range methods {
		api := [2]*catalogue.API{catalogue.Customer(), catalogue.Agent()}[side]
		for action := range served {
			if m := api.Method(action); m == nil || m.RemovedIn != "" && m.RemovedIn <= versions[0] {
				t.Errorf("%s: %s is not a method of any version here", api.Name, action)
			}
		}
		for _, m := range api.Methods {
			if served[m.Action] == nil && m.Action != "ping" {
				t.Errorf("%s: %s is not served", api.Name, m.Action)
			}
		}
	}
}
