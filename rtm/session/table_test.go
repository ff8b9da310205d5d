package session

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// reach brings a session that was logged in before, and uses one chat, to a
// state.
func reach(t *testing.T, state string) *peer {
	p := newPeer(t, Config{})
	if state == "idle" {
		return p
	}
	p.inUse(2)
	if state == "live" {
		return p
	}
	if state == "stopped" {
		p.do(func() { p.s.Stop(p.now) })
		return p
	}
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	if state == "waiting" {
		return p
	}
	p.do(func() { p.s.Online(p.now, true) })
	if state == "connecting" {
		return p
	}
	p.do(func() { p.s.Opened(p.now) })
	if state == "authorizing" {
		return p
	}
	p.answer("login", `{}`)
	return p
}

// silent lets time pass, as the session asks for it, until its state changes or
// it has nothing left to wait for.
func (p *peer) silent() (outs []Output) {
	before := p.s.State()
	for p.s.State() == before {
		wake, ok := last(p.out, Wake)
		if !ok || wake.At.IsZero() {
			return outs
		}
		outs = append(outs, p.after(wake.At.Sub(p.now))...)
	}
	return outs
}

// inputs are what the table's words mean.
var inputs = map[string]func(*peer) []Output{
	"Start":         func(p *peer) []Output { return p.do(func() { p.s.Start(p.now) }) },
	"Opened":        func(p *peer) []Output { return p.do(func() { p.s.Opened(p.now) }) },
	"Closed":        func(p *peer) []Output { return p.do(func() { p.s.Closed(p.now, 1006, "") }) },
	"Online":        func(p *peer) []Output { return p.do(func() { p.s.Online(p.now, true) }) },
	"Offline":       func(p *peer) []Output { return p.do(func() { p.s.Online(p.now, false) }) },
	"Stop":          func(p *peer) []Output { return p.do(func() { p.s.Stop(p.now) }) },
	"Call":          func(p *peer) []Output { return p.do(func() { p.s.Call(p.now, "get_chat", nil, CallOptions{}) }) },
	"silence":       (*peer).silent,
	"jump":          func(p *peer) []Output { return p.after(9 * time.Hour) },
	"push":          func(p *peer) []Output { return p.push("incoming_greeting", "{}") },
	"disconnect":    func(p *peer) []Output { return p.push("customer_disconnected", `{"reason":"connection_timeout"}`) },
	"answer":        func(p *peer) []Output { return p.respond("", threads(thread("T", true, 1, 3))) },
	"refusal":       func(p *peer) []Output { return p.respond("not_found", "") },
	"fault":         func(p *peer) []Output { return p.respond("internal", "") },
	"refused token": func(p *peer) []Output { return p.respond("authentication", "") },
	"disconnect for good": func(p *peer) []Output {
		return p.push("customer_disconnected", `{"reason":"license_expired"}`)
	},
}

// respond answers what the state waits for, if it waits for anything.
func (p *peer) respond(errorType, payload string) []Output {
	action := map[State]string{Authorizing: "login", Syncing: "list_threads"}[p.s.State()]
	switch {
	case action == "":
		return nil
	case errorType == "":
		return p.answer(action, payload)
	case errorType == "authentication" && action != "login":
		return nil
	}
	return p.refuse(action, errorType)
}

var kinds = map[Kind]string{
	Dial: "Dial", Send: "Send", Close: "Close", Settled: "Settled", Pushed: "Pushed",
	NeedToken: "NeedToken", Reported: "Reported", Unstable: "Unstable", Stored: "Stored",
}

// The table in doc.go is what the engine does.
func TestTable(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(doc), "//\tstate        input                next         outputs\n")
	if !ok {
		t.Fatal("doc.go has no table")
	}
	type cell struct{ next, outputs string }
	table := make(map[[2]string]cell)
	for line := range strings.Lines(text) {
		row, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "//\t")
		if !ok {
			break
		}
		row += strings.Repeat(" ", 50)
		state, input, next := strings.TrimSpace(row[:13]), strings.TrimSpace(row[13:34]), strings.TrimSpace(row[34:47])
		if inputs[input] == nil || table[[2]string{state, input}] != (cell{}) {
			t.Fatalf("row %q", row)
		}
		table[[2]string{state, input}] = cell{next, strings.TrimSpace(row[47:])}
	}
	states := []string{"idle", "connecting", "authorizing", "syncing", "live", "waiting", "stopped"}
	for _, state := range states {
		for input, do := range inputs {
			p := reach(t, state)
			if got := p.s.State().String(); got != state {
				t.Fatalf("the session is %s, want %s", got, state)
			}
			var got []string
			for _, out := range do(p) {
				if name := kinds[out.Kind]; name != "" {
					got = append(got, name)
				}
			}
			want, listed := table[[2]string{state, input}]
			if !listed {
				want.next = state
			}
			delete(table, [2]string{state, input})
			if p.s.State().String() != want.next || strings.Join(slices.Compact(got), " ") != want.outputs {
				t.Errorf("%s, %s: %s, %v; the table has %s, %s", state, input, p.s.State(), got, want.next, want.outputs)
			}
		}
	}
	for key := range table {
		t.Errorf("the table has a row for %q", key)
	}
}
