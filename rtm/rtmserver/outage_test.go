package rtmserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// A farLog fails after a while when it is out of reach, as one over a network does.
// With stores it does what it is told all the same.
type farLog struct {
	rtmserver.Log
	out, stores atomic.Bool
}

const reachTime = 8 * time.Second

var errOut = errors.New("the log is out of reach")

func (l *farLog) Append(ctx context.Context, org string, last uint64, entry []byte) error {
	if !l.out.Load() {
		return l.Log.Append(ctx, org, last, entry)
	}
	if l.stores.Swap(false) {
		if err := l.Log.Append(ctx, org, last, entry); err != nil {
			return err
		}
	}
	return wait(ctx)
}

func (l *farLog) Read(ctx context.Context, org string, after uint64) iter.Seq2[[]byte, error] {
	if !l.out.Load() {
		return l.Log.Read(ctx, org, after)
	}
	return func(yield func([]byte, error) bool) { yield(nil, wait(ctx)) }
}

func wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(reachTime):
		return errOut
	}
}

func far() (*rtmserver.Options, *farLog) {
	log := &farLog{Log: rtmserver.NewMemoryLog()}
	return &rtmserver.Options{Log: log, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}, log
}

// ready is the status of /readyz.
func ready(t *testing.T, srv *rtmtest.Server) int {
	t.Helper()
	res, err := srv.HTTPClient().Get(srv.URL + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// TestOutage has the log out of reach for a minute while many want something: once
// one has found it out the others are told at once, reading goes on, and so does all
// else when the log is back, without anybody's doing.
func TestOutage(t *testing.T) {
	opts, log := far()
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		const n = 30
		var peers []*peer
		var chats []string
		for range n {
			cu := customer(t, srv)
			id, _ := start(cu)
			peers, chats = append(peers, cu), append(chats, id)
		}
		synctest.Wait()
		log.out.Store(true)
		peers[0].fails("internal", "send_event", object{"chat_id": chats[0], "event": message("x")}) // after a while
		began := time.Now()
		for i, p := range peers {
			p.fails("service_unavailable", "send_event", object{"chat_id": chats[i], "event": message("y")})
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("the last of them was told after %s", took)
		}
		began = time.Now()
		for range 20 {
			peers[0].fails("service_unavailable", "send_event", object{"chat_id": chats[0], "event": message("y")})
			peers[0].ok("get_chat", object{"chat_id": chats[0]})
			time.Sleep(3 * time.Second) // virtual
		}
		if took := time.Since(began); took > 61*time.Second {
			t.Errorf("what takes no time took %s", took-time.Minute)
		}
		if got := ready(t, srv); got != http.StatusServiceUnavailable {
			t.Errorf("/readyz answers %d", got)
		}
		log.out.Store(false)
		time.Sleep(reachTime + 2*time.Second)
		if got := ready(t, srv); got != http.StatusOK {
			t.Errorf("/readyz answers %d when the log is back", got)
		}
		for i, p := range peers {
			p.ok("send_event", object{"chat_id": chats[i], "event": message("z")})
		}
	})
}

// TestFullDisk has a log that refuses at once, and is well again: /readyz tells,
// although nobody asks for anything in between.
func TestFullDisk(t *testing.T) {
	opts, log := flaky()
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		id, _ := start(cu)
		synctest.Wait()
		before, err := rtmserver.StateJSON(srv.RTM, rtmtest.Organization)
		if err != nil {
			t.Fatal(err)
		}
		log.countdown.Store(-1)
		cu.fails("internal", "send_event", object{"chat_id": id, "event": message("x")})
		time.Sleep(5 * time.Second)
		after, err := rtmserver.StateJSON(srv.RTM, rtmtest.Organization)
		if err != nil {
			t.Fatal(err)
		}
		if before != after {
			t.Errorf("the state was\n%s\nand is\n%s", before, after)
		}
		if got := ready(t, srv); got != http.StatusServiceUnavailable {
			t.Errorf("/readyz answers %d", got)
		}
		log.countdown.Store(0)
		time.Sleep(5 * time.Second)
		if got := ready(t, srv); got != http.StatusOK {
			t.Errorf("/readyz answers %d when the disk has room", got)
		}
		cu.ok("send_event", object{"chat_id": id, "event": message("x")})
	})
}

// TestNothingStored has a log that knows that it takes nothing: who wants a change
// is told so at once, the first and those in a batch as well, and all goes on when
// there is room.
func TestNothingStored(t *testing.T) {
	inCrowd(t, func(c *crowd) {
		before := c.entries()
		c.log.shut()
		for i, p := range c.peers {
			c.say(p, i, "x")
		}
		for range 2 {
			c.log.let(func() error { return fmt.Errorf("the disk is full: %w", rtmserver.ErrNotStored) })
		}
		c.log.gate = nil
		for _, p := range c.peers {
			c.expect(p, "service_unavailable")
		}
		if got := ready(c.T, c.srv); got != http.StatusServiceUnavailable {
			t.Errorf("/readyz answers %d", got)
		}
		c.say(c.peers[0], 0, "y")
		c.expect(c.peers[0], "ok y*")
		if got := ready(c.T, c.srv); got != http.StatusOK {
			t.Errorf("/readyz answers %d when there is room", got)
		}
		c.expect(c.agent, "y")
		if n := c.entries() - before; n != 1 {
			t.Errorf("the log has %d entries more", n)
		}
	})
}

// TestRefusedLoginIsNotHere refuses a login that the log has got all the same: the
// customer is not taken for connected.
func TestRefusedLoginIsNotHere(t *testing.T) {
	opts, log := far()
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		token := srv.CustomerToken(t)
		cu := dialCustomer(t, srv)
		log.stores.Store(true)
		log.out.Store(true)
		cu.fails("internal", "login", object{"token": "Bearer " + token})
		cu.close()
		log.out.Store(false)
		time.Sleep(30 * time.Second)
		text, err := rtmserver.StateJSON(srv.RTM, rtmtest.Organization)
		if err != nil {
			t.Fatal(err)
		}
		var st struct {
			Customers map[string]struct{ Visits int }
			Here      map[string]any
		}
		if err := json.Unmarshal([]byte(text), &st); err != nil {
			t.Fatal(err)
		}
		for id, c := range st.Customers {
			if c.Visits != 1 || len(st.Here) != 0 {
				t.Errorf("customer %s has %d visits; connected are %v", id, c.Visits, st.Here)
			}
		}
	})
}

// TestShutdownInOutage ends a server whose log is out of reach.
func TestShutdownInOutage(t *testing.T) {
	opts, log := far()
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		customer(t, srv)
		agent(t, srv, rtmtest.AgentToken)
		log.out.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		if err := srv.RTM.Shutdown(ctx); err == nil {
			t.Error("the log was told that its connections are gone")
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// A shorterLog has lost its newest entries.
type shorterLog struct {
	rtmserver.Log
	lost atomic.Bool
}

func (l *shorterLog) Append(ctx context.Context, org string, last uint64, entry []byte) error {
	if l.lost.Load() {
		return rtmserver.ErrConflict
	}
	return l.Log.Append(ctx, org, last, entry)
}

// TestShorterLog tells a log that has lost entries from another node that was
// faster.
func TestShorterLog(t *testing.T) {
	log := &shorterLog{Log: rtmserver.NewMemoryLog()}
	opts := &rtmserver.Options{Log: log, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		log.lost.Store(true)
		cu.fails("internal", "start_chat", object{"continuous": true})
		if got := ready(t, srv); got != http.StatusServiceUnavailable {
			t.Errorf("/readyz answers %d", got)
		}
		log.lost.Store(false)
	})
}
