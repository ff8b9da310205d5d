package model_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

const knownCustomer = `{"customer":{"id":"me","name":"Ann"},"has_active_thread":true,"chats":[{"chat_id":"C","has_active_thread":true}]}`

var oneThread = `{"threads":[` + thread("T", 0, true, message("T_1", "bob", "hello", 1)) + `],"found_threads":1}`

// TestReadAgain has the reads after a login fail in ways that pass: they are
// repeated on the same connection, ever less often.
func TestReadAgain(t *testing.T) {
	h := newHost(t, session.Customer, knownCustomer)
	h.answer("get_chat", `{"id":"C","users":`+customerUsers+`,"thread":`+thread("T", 0, true)+`}`)
	var gaps []time.Duration
	for range 6 {
		h.refuse("list_threads", "service_unavailable")
		if got := h.actions(); len(got) != 0 {
			t.Fatalf("requests %v right after the failure", got)
		}
		failed := h.now
		for len(h.open) == 0 {
			w := h.m.Wake()
			if w.IsZero() {
				t.Fatal("nothing is to be repeated")
			}
			h.pass(w.Sub(h.now))
		}
		gaps = append(gaps, h.now.Sub(failed))
		h.answer("get_chat", `{"id":"C","users":`+customerUsers+`,"thread":`+thread("T", 0, true)+`}`)
	}
	if !slices.IsSorted(gaps) || gaps[0] <= 0 || gaps[1] <= gaps[0] || gaps[5] > time.Minute {
		t.Errorf("repeated after %v", gaps)
	}
	if h.mirror.chat("C").Loaded {
		t.Error("loaded without its threads")
	}
	h.answer("list_threads", oneThread)
	h.want("C", "sent hello")
	if !h.mirror.chat("C").Loaded || !h.m.Wake().IsZero() || len(h.open) != 0 {
		t.Errorf("chat %+v, wake %v, requests %v", h.mirror.chat("C"), h.m.Wake(), h.actions())
	}
}

// TestReadAgainAfterTimeout has the server say nothing at all to the reads.
func TestReadAgainAfterTimeout(t *testing.T) {
	h := newHost(t, session.Customer, knownCustomer)
	asked := h.now
	for !slices.ContainsFunc(h.open, func(r request) bool { return r.at.After(asked) }) {
		if h.now.Sub(asked) > 5*time.Minute {
			t.Fatalf("not asked again; requests %v", h.actions())
		}
		h.pass(time.Second)
	}
	h.open = slices.DeleteFunc(h.open, func(r request) bool { return !r.at.After(asked) })
	h.answer("get_chat", `{"id":"C","users":`+customerUsers+`,"thread":`+thread("T", 0, true)+`}`)
	h.answer("list_threads", oneThread)
	h.want("C", "sent hello")
	if !h.mirror.chat("C").Loaded {
		t.Error("not loaded")
	}
}

// TestReadAgainEnds has what repeats end: with a refusal that counts, and with a
// login, which reads anyway.
func TestReadAgainEnds(t *testing.T) {
	for name, end := range map[string]func(h *host){
		"refused": func(h *host) {
			h.pass(h.m.Wake().Sub(h.now))
			h.refuse("get_chat", "not_found")
			h.refuse("list_threads", "not_found")
		},
		"login": func(h *host) {
			h.cut()
			h.reconnect()
			h.relogin(knownCustomer)
			h.answer("get_chat", `{"id":"C","users":`+customerUsers+`,"thread":`+thread("T", 0, true)+`}`)
			h.answer("list_threads", oneThread)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, session.Customer, knownCustomer)
			h.refuse("get_chat", "internal")
			h.refuse("list_threads", "internal")
			end(h)
			h.pass(5 * time.Minute)
			if len(h.open) != 0 || !h.m.Wake().IsZero() {
				t.Errorf("requests %v, wake %v", h.actions(), h.m.Wake())
			}
		})
	}
}

// TestReadAgainForAnAct has the error of an act go away with its repetition.
func TestReadAgainForAnAct(t *testing.T) {
	h := newHost(t, session.Agent, agentLogin)
	h.act("open", `{"chat_id":"C"}`)
	h.refuse("list_threads", "internal")
	if e := h.mirror.chat("C").Error; e == nil || e.Act != "open" {
		t.Fatalf("error %+v", e)
	}
	h.pass(h.m.Wake().Sub(h.now))
	h.answer("list_threads", oneThread)
	if c := h.mirror.chat("C"); c.Error != nil || !c.Loaded {
		t.Errorf("chat %+v", c)
	}
}
