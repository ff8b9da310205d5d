package rtmserver

import (
	"fmt"
	"testing"
	"time"
)

// benchChat is a server with a chat of a customer and an agent, who have no
// sockets.
func benchChat(b *testing.B) (cu, ag *conn, chatID string) {
	s, err := New(&Options{RandomSeed: 1, Limits: Limits{Requests: 1e9}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Shutdown(b.Context()) })
	o := s.orgs[DefaultSeed().Organizations[0].ID]
	o.mu.Lock()
	err = o.commit(&emission{org: o}, &record{Kind: customerRegistered, CustomerID: "c"},
		&record{Kind: tokenIssued, Token: &token{Hash: hash("t"), CustomerID: "c", ExpiresAt: time.Now().Add(time.Hour)}})
	o.mu.Unlock()
	if err != nil {
		b.Fatal(err)
	}
	cu, ag = fuzzConn(s, customerSide), fuzzConn(s, agentSide)
	ag.handle([]byte(`{"action":"login","payload":{"token":"Bearer dal:agent1"}}`))
	cu.handle([]byte(`{"action":"login","payload":{"token":"Bearer t"}}`))
	cu.handle([]byte(`{"action":"start_chat"}`))
	answers := cu.answers()
	if len(answers) != 2 || answers[1]["success"] != true {
		b.Fatalf("the start of the conversation gave %v", answers)
	}
	ag.answers()
	return cu, ag, answers[1]["payload"].(map[string]any)["chat_id"].(string)
}

// BenchmarkSendEvent is a message from a frame of the customer to the frames of
// both, without network and disk.
func BenchmarkSendEvent(b *testing.B) {
	cu, ag, chatID := benchChat(b)
	frame := []byte(fmt.Sprintf(`{"action":"send_event","request_id":"1","payload":{"chat_id":%q,"event":{"type":"message","text":"Where is my order?"}}}`, chatID))
	drain := func(c *conn) int {
		n := 0
		for {
			select {
			case <-c.out.(kept):
				n++
			default:
				return n
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		cu.handle(frame)
		if mine, theirs := drain(cu), drain(ag); mine != 2 || theirs != 1 {
			b.Fatalf("the customer got %d frames and the agent %d", mine, theirs)
		}
	}
}

// BenchmarkPing is the cheapest request there is.
func BenchmarkPing(b *testing.B) {
	cu, _, _ := benchChat(b)
	b.ReportAllocs()
	for b.Loop() {
		cu.handle([]byte(`{"action":"ping","request_id":"1"}`))
		<-cu.out.(kept)
	}
}
