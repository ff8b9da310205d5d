package rtmserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// A doorLog lets an append wait at its door, when there is one, and then does what
// comes through the door: nil stores the entry.
type doorLog struct {
	rtmserver.Log
	gate chan func() error
}

func (l *doorLog) Append(ctx context.Context, org string, last uint64, entry []byte) error {
	if gate := l.gate; gate != nil {
		if do := <-gate; do != nil {
			if err := do(); err != nil {
				return err
			}
		}
	}
	return l.Log.Append(ctx, org, last, entry)
}

// shut has appends wait at the door. The server is idle.
func (l *doorLog) shut() {
	synctest.Wait()
	l.gate = make(chan func() error)
}

// let lets one append through, and waits for what comes of it.
func (l *doorLog) let(do func() error) {
	synctest.Wait()
	l.gate <- do
	synctest.Wait()
}

// A crowd is customers with a chat each, and their agent.
type crowd struct {
	*testing.T
	srv   *rtmtest.Server
	log   *doorLog
	agent *peer
	peers []*peer
	chats []string
}

func inCrowd(t *testing.T, flow func(c *crowd)) {
	t.Helper()
	log := &doorLog{Log: rtmserver.NewMemoryLog()}
	opts := &rtmserver.Options{Log: log, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		c := &crowd{T: t, srv: srv, log: log, agent: agent(t, srv, rtmtest.AgentToken)}
		for range 6 {
			p := customer(t, srv)
			id, _ := start(p)
			c.peers, c.chats = append(c.peers, p), append(c.chats, id)
		}
		synctest.Wait()
		for _, p := range append([]*peer{c.agent}, c.peers...) {
			p.actions() // they are of no interest
		}
		defer func() {
			if log.gate != nil {
				close(log.gate) // whoever comes goes through
			}
		}()
		flow(c)
	})
}

// ask has a peer send a request, with its action as the id, and the server take it.
func (c *crowd) ask(p *peer, action, payload string) {
	c.Helper()
	p.write(fmt.Sprintf(`{"action":%q,"request_id":%q,"payload":%s}`, action, action, payload))
	synctest.Wait()
}

func (c *crowd) say(p *peer, chat int, text string) {
	c.Helper()
	c.ask(p, "send_event", fmt.Sprintf(`{"chat_id":%q,"event":{"type":"message","text":%q}}`, c.chats[chat], text))
}

// got is what a peer was sent: the texts of events, those of its own with a *, and
// the outcome of requests.
func got(p *peer) string {
	p.t.Helper()
	var all []string
	for {
		select {
		case f, ok := <-p.frames:
			if !ok {
				p.t.Fatalf("the socket ended: %v", p.err)
			}
			p.check(f)
			what := fmt.Sprint(f["action"])
			switch {
			case what == "groups_status_updated": // everybody gets it, at some time
				continue
			case f["type"] == "response" && f["success"] != true:
				what = fmt.Sprint(at(f, "payload", "error", "type"))
			case f["type"] == "response":
				what = "ok"
			case what == "incoming_event":
				what = fmt.Sprint(at(f, "payload", "event", "text"))
				if f["request_id"] != nil {
					what += "*"
				}
			}
			all = append(all, what)
		default:
			return strings.Join(all, " ")
		}
	}
}

func (c *crowd) expect(p *peer, want string) {
	c.Helper()
	if got := got(p); got != want {
		c.Errorf("a peer got %q, want %q", got, want)
	}
}

// entries are how many the log has. With that many more than before, state and log
// still say the same.
func (c *crowd) entries() int {
	c.Helper()
	state, err := rtmserver.StateJSON(c.srv.RTM, rtmtest.Organization)
	if err != nil {
		c.Fatal(err)
	}
	fold, err := rtmserver.FoldJSON(c.srv.RTM, rtmtest.Organization)
	if err != nil {
		c.Fatal(err)
	}
	if state != fold {
		c.Errorf("the state is\n%s\nand the log adds up to\n%s", state, fold)
	}
	return len(entries(c.T, c.log.Log, rtmtest.Organization, 0))
}

// TestBatch has many write while an append is under way: what they wrote is one
// entry, nobody hears of it before it is stored, and all see one order.
func TestBatch(t *testing.T) {
	inCrowd(t, func(c *crowd) {
		before := c.entries()
		c.log.shut()
		for i, p := range c.peers {
			c.say(p, i, string(rune('a'+i)))
		}
		for _, p := range c.peers {
			c.expect(p, "")
		}
		c.log.let(nil)
		c.expect(c.peers[0], "ok a*")
		c.expect(c.peers[1], "")
		c.expect(c.agent, "a")
		c.log.let(nil)
		for i, p := range c.peers[1:] {
			c.expect(p, "ok "+string(rune('b'+i))+"*")
		}
		c.expect(c.agent, "b c d e f")
		if n := c.entries() - before; n != 2 {
			t.Errorf("the log has %d entries more", n)
		}
	})
}

// TestBatchOrder has what cannot be in the same entry wait together: a second event
// of a chat, other changes, what is only read, and what is refused.
func TestBatchOrder(t *testing.T) {
	inCrowd(t, func(c *crowd) {
		before := c.entries()
		c.log.shut()
		c.say(c.peers[0], 0, "first")
		c.say(c.peers[1], 1, "a")
		c.say(c.peers[2], 1, "refused")
		c.say(c.agent, 1, "b")
		c.ask(c.peers[3], "deactivate_chat", fmt.Sprintf(`{"id":%q}`, c.chats[3]))
		c.say(c.peers[4], 4, "c")
		c.ask(c.peers[5], "get_chat", fmt.Sprintf(`{"chat_id":%q}`, c.chats[5]))
		for range 5 { // first; a; b; the end of a chat; c
			c.log.let(nil)
		}
		c.expect(c.peers[0], "ok first*")
		c.expect(c.peers[1], "ok a* b")
		c.expect(c.peers[2], "not_found")
		c.expect(c.peers[4], "ok c*")
		c.expect(c.peers[5], "ok")
		if n := c.entries() - before; n != 5 {
			t.Errorf("the log has %d entries more", n)
		}
		if all := got(c.agent); !strings.HasPrefix(all, "first a ok b* ") || !strings.HasSuffix(all, " c") {
			t.Errorf("the agent got %q", all)
		}
		if all := got(c.peers[3]); !strings.HasPrefix(all, "ok ") {
			t.Errorf("who ended its chat got %q", all)
		}
	})
}

// TestBatchFails has the append of a batch fail: all of it is refused, nothing of
// it is anywhere, and what comes next is stored.
func TestBatchFails(t *testing.T) {
	inCrowd(t, func(c *crowd) {
		before := c.entries()
		c.log.shut()
		for i, p := range c.peers {
			c.say(p, i, "x")
		}
		c.log.let(nil)
		c.log.let(func() error { return errors.New("the disk is full") })
		c.expect(c.peers[0], "ok x*")
		for _, p := range c.peers[1:] {
			c.expect(p, "internal")
		}
		c.expect(c.agent, "x")
		c.log.gate = nil
		if n := c.entries() - before; n != 1 {
			t.Errorf("the log has %d entries more", n)
		}
		for i, p := range c.peers[1:] {
			c.say(p, i+1, "y")
			c.expect(p, "ok y*")
		}
		c.expect(c.agent, "y y y y y")
	})
}

// TestBatchStoredInSilence has the append of a batch fail and store it all the
// same: those who wrote were told so, and hear of it later, once.
func TestBatchStoredInSilence(t *testing.T) {
	inCrowd(t, func(c *crowd) {
		c.log.shut()
		for i, p := range c.peers {
			c.say(p, i, "x")
		}
		c.log.let(nil)
		last := uint64(len(entries(t, c.log.Log, rtmtest.Organization, 0)))
		from := c.log.Log
		c.log.Log = storing{from}
		c.log.let(nil)
		c.log.Log, c.log.gate = from, nil
		for _, p := range c.peers[1:] {
			c.expect(p, "internal")
		}
		if n := len(entries(t, from, rtmtest.Organization, last)); n != 1 {
			t.Fatalf("the log has %d entries more", n)
		}
		c.say(c.peers[0], 0, "y")
		c.expect(c.agent, "x x x x x x y")
		c.expect(c.peers[0], "ok x* ok y*")
		for _, p := range c.peers[1:] {
			c.expect(p, "x") // not as what it asked for
		}
		c.entries()
	})
}

// storing is a log that stores and says that it did not.
type storing struct{ rtmserver.Log }

func (l storing) Append(ctx context.Context, org string, last uint64, entry []byte) error {
	return errors.Join(l.Log.Append(ctx, org, last, entry), errors.New("no answer"))
}

// TestBatchConflict has another node change one of the chats while a batch is on
// its way: all of it is decided again. Who may not write any more is refused, and
// the others' events are there once.
func TestBatchConflict(t *testing.T) {
	inCrowd(t, func(c *crowd) {
		c.log.shut()
		for i, p := range c.peers {
			c.say(p, i, "x")
		}
		c.log.let(nil)
		c.log.let(func() error {
			gate := c.log.gate
			c.log.gate = nil
			defer func() { c.log.gate = gate }()
			last := uint64(len(entries(t, c.log.Log, rtmtest.Organization, 0)))
			closed := fmt.Sprintf(`[{"kind":"thread_closed","at":"2030-01-01T00:00:00Z","chat_id":%q,"thread_id":%q}]`, c.chats[2], c.threadOf(2))
			return c.log.Log.Append(t.Context(), rtmtest.Organization, last, []byte(closed))
		})
		for range 4 { // each by itself
			c.log.let(nil)
		}
		c.log.gate = nil
		for _, i := range []int{1, 3, 4, 5} {
			c.expect(c.peers[i], "ok x*")
		}
		c.expect(c.peers[2], "chat_deactivated chat_inactive")
		if all := strings.Fields(got(c.agent)); !slices.Contains(all, "chat_deactivated") || strings.Count(strings.Join(all, " "), "x") != 5 {
			t.Errorf("the agent got %q", all)
		}
		c.entries()
	})
}

// TestWaitingPeerHears has an agent's request wait behind requests that cause more
// pushes than its queue holds: it hears of all meanwhile, and is not taken for one
// that does not read.
func TestWaitingPeerHears(t *testing.T) {
	inCrowd(t, func(c *crowd) {
		var more []*peer
		for range rtmserver.SendQueue + 10 {
			more = append(more, customer(c.T, c.srv))
		}
		got(c.agent)
		c.log.shut()
		c.say(c.peers[0], 0, "first")
		for _, p := range more {
			c.ask(p, "start_chat", `{"continuous":true}`)
		}
		c.ask(c.agent, "list_chats", `{}`)
		for waits := true; waits; {
			synctest.Wait()
			select {
			case c.log.gate <- nil:
			default:
				waits = false
			}
		}
		all := strings.Fields(got(c.agent))
		if n := slices.Index(all, "ok"); n <= rtmserver.SendQueue {
			t.Errorf("the agent got %d pushes and then its answer: more than %d are needed", n, rtmserver.SendQueue)
		}
	})
}

// threadOf is the thread of a chat.
func (c *crowd) threadOf(chat int) string {
	c.Helper()
	for _, entry := range entries(c.T, c.log.Log, rtmtest.Organization, 0) {
		if _, rest, ok := strings.Cut(entry, `"chat_id":"`+c.chats[chat]+`"`); ok {
			if _, rest, ok = strings.Cut(rest, `"thread":{"id":"`); ok {
				id, _, _ := strings.Cut(rest, `"`)
				return id
			}
		}
	}
	c.Fatalf("chat %d has no thread", chat)
	return ""
}
