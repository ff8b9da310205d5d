package model_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// TestSendAgain has a screen say once more what a model that is gone may have
// sent: nothing is doubled, and nothing lost.
func TestSendAgain(t *testing.T) {
	t.Run("the same model", func(t *testing.T) {
		h := newHost(t, session.Customer, customerLogin)
		h.act("send", `{"text":"one","key":"k"}`)
		h.act("send", `{"text":"one","key":"k","again":true}`)
		h.want("", "pending one")
		h.reply(h.take("start_chat"), `{"chat_id":"C","thread_id":"T","event_ids":["T_1"]}`)
		h.act("send", `{"text":"one","key":"k","again":true}`)
		h.want("C", "sent one")
		if len(h.actions()) != 0 {
			t.Errorf("requests %v, want none", h.actions())
		}
	})
	for _, arrived := range []bool{true, false} {
		t.Run(fmt.Sprintf("another model, arrived: %v", arrived), func(t *testing.T) {
			h := newHost(t, session.Customer, "")
			h.act("send", `{"text":"one","key":"k","again":true,"chat_id":"C"}`)
			h.act("send", `{"text":"two","chat_id":"C"}`)
			h.want("C", "pending one", "pending two")
			h.answer("login", `{"customer":{"id":"me"},"has_active_thread":true,"chats":[{"chat_id":"C","has_active_thread":true}]}`)
			events := ""
			if arrived {
				events = `{"id":"T_1","custom_id":"k","author_id":"me","type":"message","text":"one","created_at":"` + at(1) + `"}`
			}
			threads := `{"threads":[{"id":"T","active":true,"created_at":"` + at(0) + `","user_ids":["me"],"events":[` + events + `]}],"found_threads":1}`
			sent := ""
			for range 20 {
				if len(h.open) == 0 {
					break
				}
				switch r := h.open[0]; r.Action {
				case "list_threads":
					h.answer("list_threads", threads)
				case "get_chat":
					h.answer("get_chat", `{"id":"C","users":`+customerUsers+`,"thread":{"id":"T","active":true,"created_at":"`+at(0)+`","user_ids":["me"],"events":[`+events+`]}}`)
				case "send_event":
					var payload struct{ Event struct{ Text string } }
					if err := json.Unmarshal(r.Payload, &payload); err != nil {
						t.Fatal(err)
					}
					sent += payload.Event.Text + " "
					h.answer("send_event", fmt.Sprintf(`{"event_id":"T_%d"}`, 2+len(sent)))
				default:
					h.answer(r.Action, `{}`)
				}
			}
			want := "one two "
			if arrived {
				want = "two "
			}
			if sent != want {
				t.Errorf("sent %q, want %q", sent, want)
			}
			h.want("C", "sent one", "sent two")
		})
	}
}
