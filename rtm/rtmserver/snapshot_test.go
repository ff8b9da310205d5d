package rtmserver_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// A readLog counts what is read of it.
type readLog struct {
	rtmserver.Log
	read, saved atomic.Int64
}

func (l *readLog) Read(ctx context.Context, organization string, after uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for e, err := range l.Log.Read(ctx, organization, after) {
			l.read.Add(1)
			if !yield(e, err) {
				return
			}
		}
	}
}

func (l *readLog) SaveSnapshot(ctx context.Context, organization string, snapshot []byte) error {
	l.saved.Add(1)
	return l.Log.SaveSnapshot(ctx, organization, snapshot)
}

// TestSnapshot starts servers from a snapshot and the entries after it, and from
// all entries when the snapshot cannot be used. All have the same state.
func TestSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &readLog{Log: rtmserver.NewMemoryLog()}
		srv := rtmtest.NewServer(t, &rtmserver.Options{Log: log, Node: "one", SnapshotEvery: 20})
		cu := customer(t, srv)
		chatID, _ := start(cu)
		const events = 200
		for i := range events {
			cu.ok("send_event", object{"chat_id": chatID, "event": message(fmt.Sprint(i))})
			if i%10 == 0 {
				synctest.Wait() // a snapshot that is due is made
			}
		}
		cu.close()
		settled()
		// The longer the log the rarer: after 20, 40, 60, 80, 100, 125, 156 and 195
		// entries when each is made at once.
		if n := log.saved.Load(); n < 2 || n > 8 {
			t.Errorf("%d snapshots were saved", n)
		}
		srv.Close()

		seed := rtmserver.DefaultSeed()
		org := seed.Organizations[0].ID
		good, err := log.LoadSnapshot(t.Context(), org)
		if err != nil || good == nil {
			t.Fatal(good, err)
		}
		var states []string
		for _, tt := range []struct {
			snapshot []byte
			warns    string
		}{
			{good, ""},
			{nil, ""},
			{bytes.Replace(good, []byte(`"format":1`), []byte(`"format":99`), 1), "it is of the format 99, not 1"},
			{bytes.Replace(good, []byte(`"seq":`), []byte(`"seq":1`), 1), "it says to be of entry"},
			{good[:len(good)/2], "unexpected EOF"},
			{[]byte("nonsense"), "invalid character"},
		} {
			if err := log.SaveSnapshot(t.Context(), org, tt.snapshot); err != nil {
				t.Fatal(err)
			}
			var logged strings.Builder
			log.read.Store(0)
			srv := rtmtest.NewServer(t, &rtmserver.Options{Log: log, Node: "one", SnapshotEvery: -1, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
			if read := log.read.Load(); (read < events) != (tt.snapshot != nil && tt.warns == "") {
				t.Errorf("%d entries were read; the snapshot is of %d bytes, %q", read, len(tt.snapshot), tt.warns)
			}
			if got := logged.String(); (got != "") != (tt.warns != "") || !strings.Contains(got, tt.warns) {
				t.Errorf("logged was %q, want %q", got, tt.warns)
			}
			state, err := rtmserver.StateJSON(srv.RTM, org)
			if err != nil {
				t.Fatal(err)
			}
			states = append(states, state)
			srv.Close()
		}
		for i, state := range states {
			if state != states[0] {
				t.Errorf("the state of start %d differs from the first one's", i)
			}
		}
	})
}

// TestSnapshotAtEnd has a server that ends save what the next one would have to read.
func TestSnapshotAtEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &readLog{Log: rtmserver.NewMemoryLog()}
		srv := rtmtest.NewServer(t, &rtmserver.Options{Log: log, Node: "one"})
		cu := customer(t, srv)
		chatID, _ := start(cu)
		for i := range 1000 {
			cu.ok("send_event", object{"chat_id": chatID, "event": message(fmt.Sprint(i))})
		}
		if n := log.saved.Load(); n != 0 {
			t.Errorf("%d snapshots were saved before the end", n)
		}
		srv.Close()
		if n := log.saved.Load(); n != 1 {
			t.Errorf("%d snapshots were saved at the end", n)
		}
	})
}
