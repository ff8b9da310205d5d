package rtmserver_test

import (
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestWaitTime has an agent with one chat at a time, who needs longer and longer:
// those who wait hear of the median, also after a restart.
func TestWaitTime(t *testing.T) {
	seed := rtmserver.DefaultSeed()
	seed.Organizations[0].Agents[0].MaxChats = 1
	log := rtmserver.NewMemoryLog()
	inBubble(t, &rtmserver.Options{Seed: seed, Log: log, RandomSeed: 1}, func(t *testing.T, srv *rtmtest.Server) {
		agent(t, srv, rtmtest.AgentToken)
		waits := func(cu *peer, position, seconds float64) {
			t.Helper()
			chatID := at(cu.ok("list_chats", object{}), "chats_summary", 0, "id")
			if q := at(cu.ok("get_chat", object{"chat_id": chatID}), "thread", "queue"); at(q, "position") != position || at(q, "wait_time") != seconds {
				t.Errorf("the queue is %v, want place %v and %v s", q, position, seconds)
			}
		}
		var peers []*peer
		var chats []string
		for range 6 {
			cu := customer(t, srv)
			chatID, _ := start(cu)
			peers, chats = append(peers, cu), append(chats, chatID)
		}
		waits(peers[1], 1, 60) // nobody has left the queue yet
		waits(peers[5], 5, 300)
		last := peers[5]
		for i, want := range []float64{4 * 10, 3 * 20, 2 * 20, 1 * 30} { // of 10 s, 10 and 20, 10 to 30, 10 to 40
			time.Sleep(time.Duration(i+1) * 10 * time.Second) // virtual
			last.actions()
			peers[i].ok("deactivate_chat", object{"id": chats[i]})
			waits(last, float64(4-i), want)
			if q := last.push("queue_position_updated"); at(q, "queue", "wait_time") != want {
				t.Errorf("the push has %v, want %v", q, want)
			}
		}
		// Who gives up is no measure.
		time.Sleep(time.Hour) // virtual
		last.ok("deactivate_chat", object{"id": chats[5]})
		last.ok("resume_chat", object{"chat": object{"id": chats[5]}, "continuous": true})
		waits(last, 1, 30)
		srv.Close()
		again := rtmtest.NewServer(t, &rtmserver.Options{Seed: seed, Log: log, RandomSeed: 2})
		back := dialCustomer(t, again)
		back.ok("login", object{"token": last.auth})
		waits(back, 1, 30)
	})
}
