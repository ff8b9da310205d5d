package rtmserver

import (
	"fmt"
	"net/http/httptest"
	"testing"
)

// countingOutlet counts what it is given.
type countingOutlet struct{ frames, bytes int }

func (n *countingOutlet) put(it item) { n.frames, n.bytes = n.frames+1, n.bytes+len(it.frame) }
func (n *countingOutlet) woke()       {}

// BenchmarkSendEvent is a message from a customer to its agent without the sockets:
// the request, the entry of the log, and the frames for both.
func BenchmarkSendEvent(b *testing.B) {
	for _, agents := range []int{1, 64, 1000} {
		b.Run(fmt.Sprint(agents, " agents"), func(b *testing.B) { benchSendEvent(b, agents) })
	}
}

func benchSendEvent(b *testing.B, agents int) {
	seed := DefaultSeed()
	o := &seed.Organizations[0]
	for i := len(o.Agents); i < agents; i++ {
		o.Agents = append(o.Agents, Agent{ID: fmt.Sprint("a", i), Name: "A", Tokens: []string{fmt.Sprint("dal:", i)}, Groups: []int{0}})
	}
	s, err := New(&Options{Seed: seed, Limits: Limits{Requests: -1}, RandomSeed: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Shutdown(b.Context())
	org := s.orgs[o.ID]
	dial := func(side side) (*conn, *countingOutlet) {
		c := s.newConn(httptest.NewRequest("GET", "/", nil), side, newest)
		out := &countingOutlet{}
		c.out, c.org = out, org
		return c, out
	}
	for i := range agents {
		ag, _ := dial(agentSide)
		ag.handle(fmt.Appendf(nil, `{"action":"login","payload":{"token":"Bearer %s"}}`, o.Agents[min(i, len(o.Agents)-1)].Tokens[0]))
	}
	cu, out := dial(customerSide)
	text := "dal:" + s.ids.secret()
	org.mu.Lock()
	err = org.commit(&emission{org: org}, &record{Kind: customerRegistered, CustomerID: "c"},
		&record{Kind: tokenIssued, Token: &token{Hash: hash(text), CustomerID: "c", ExpiresAt: s.clock.Now().AddDate(1, 0, 0)}})
	org.mu.Unlock()
	if err != nil {
		b.Fatal(err)
	}
	cu.handle([]byte(`{"action":"login","payload":{"token":"Bearer ` + text + `"}}`))
	cu.handle([]byte(`{"action":"start_chat"}`))
	frame := fmt.Appendf(nil, `{"action":"send_event","request_id":"1","payload":{"chat_id":%q,"event":{"type":"message","text":"Hello there, how can I help you today?"}}}`,
		org.st.Customers["c"].ChatIDs[0])
	out.frames = 0
	b.ReportAllocs()
	for b.Loop() {
		cu.handle(frame)
	}
	if out.frames != 2*b.N {
		b.Fatalf("%d messages gave the customer %d frames", b.N, out.frames)
	}
}
