package rtmserver_test

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestClockFarAhead sets the clock as far as it goes, in many steps: it is refused
// before the clock would go back, and the server lives on.
func TestClockFarAhead(t *testing.T) {
	for _, method := range []string{"resume", "freeze"} {
		srv := rtmtest.NewServer(t, nil)
		done(t, srv, "POST", "clock/"+method, "")
		cu := customer(t, srv)
		last, refused := done(t, srv, "GET", "clock", "")["now"].(string), 0
		for range 10 {
			if code, _ := operate(t, srv, "POST", "clock/advance", `{"by":"400000h"}`); code == 400 {
				refused++
			}
			now := done(t, srv, "GET", "clock", "")["now"].(string)
			if now < last {
				t.Errorf("%s: after %s it is %s", method, last, now)
			}
			last = now
		}
		if refused != 6 {
			t.Errorf("%s: %d steps were refused", method, refused)
		}
		cu.ends() // its token has expired
		start(customer(t, srv))
	}
}

// TestRestoreByMany restores two states of more than one entry of the log at once:
// one of them is there then, and no mixture.
func TestRestoreByMany(t *testing.T) {
	log := &gatedLog{Log: rtmserver.NewMemoryLog()}
	srv := rtmtest.NewServer(t, &rtmserver.Options{Log: log, SnapshotEvery: -1})
	random := rand.NewChaCha8([32]byte{1})
	var snapshots [][]byte
	for range 2 {
		cu := customer(t, srv)
		chatID, _ := start(cu)
		for range 120 { // of what does not get smaller when it is packed
			noise := make([]byte, 9<<10)
			random.Read(noise)
			cu.ok("send_event", object{"chat_id": chatID, "event": message(base64.StdEncoding.EncodeToString(noise))})
		}
		snapshots = append(snapshots, srv.Snapshot(t, rtmtest.Organization))
		srv.Reset(t, rtmtest.Organization)
	}
	log.takes = 3 * time.Millisecond // so long that the lock goes to who waits for it
	for range 5 {
		var wg sync.WaitGroup
		for _, snapshot := range snapshots {
			wg.Go(func() {
				if err := srv.RTM.Restore(snapshot); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		now := srv.Snapshot(t, rtmtest.Organization)
		if !bytes.Contains(snapshots[0], eventsOf(t, now)) && !bytes.Contains(snapshots[1], eventsOf(t, now)) {
			t.Fatalf("%d bytes of something else are there", len(now))
		}
		srv.Reset(t, rtmtest.Organization)
	}
}

// eventsOf is the first text of a snapshot, as JSON.
func eventsOf(t *testing.T, snapshot []byte) []byte {
	t.Helper()
	for rest := snapshot; ; {
		_, after, ok := bytes.Cut(rest, []byte(`"text":"`))
		if !ok {
			return []byte("nothing")
		}
		text, after, _ := bytes.Cut(after, []byte(`"`))
		if len(text) >= 1000 {
			return text
		}
		rest = after
	}
}
