package natslog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver/natslog"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// BenchmarkAppend appends an entry of the size of a message.
func BenchmarkAppend(b *testing.B) {
	entry := make([]byte, 350)
	for _, body := range []struct {
		name string
		open func() rtmserver.Log
	}{
		{"memory", rtmserver.NewMemoryLog},
		{"directory", func() rtmserver.Log { return open(b, b.TempDir(), nil) }},
		{"directory, synced", func() rtmserver.Log { return open(b, b.TempDir(), &natslog.Options{SyncAlways: true}) }},
		{"server", func() rtmserver.Log { return connect(b, serve(b), nil) }},
	} {
		b.Run(body.name, func(b *testing.B) {
			log, last := body.open(), uint64(0)
			for b.Loop() {
				if err := log.Append(b.Context(), "a", last, entry); err != nil {
					b.Fatal(err)
				}
				last++
			}
		})
	}
}

// events is how many a server has kept that BenchmarkStart starts again.
const events = 100_000

// fill has customers send events to a server on the log.
func fill(tb testing.TB, log rtmserver.Log, events, every int) {
	tb.Helper()
	killed := &killedLog{Log: log}
	srv := rtmtest.NewServer(tb, &rtmserver.Options{Log: killed, Node: "rtmd", SnapshotEvery: every})
	defer srv.Close()
	defer killed.killed.Store(events == longTail)
	const customers = 100
	var wg sync.WaitGroup
	for range customers {
		wg.Go(func() {
			ws, _, err := websocket.Dial(tb.Context(), srv.URL+"/v3.6/customer/rtm/ws?organization_id="+rtmtest.Organization, &websocket.DialOptions{HTTPClient: srv.HTTPClient()})
			if err != nil {
				tb.Error(err)
				return
			}
			defer ws.CloseNow()
			type frame struct {
				Type    string
				Success bool
				Payload struct {
					ChatID string `json:"chat_id"`
				}
			}
			next := func() frame {
				for {
					_, data, err := ws.Read(tb.Context())
					if err != nil {
						tb.Error(err)
						return frame{}
					}
					var f frame
					if err := json.Unmarshal(data, &f); err != nil {
						tb.Error(err)
					}
					if f.Type == "response" {
						if !f.Success {
							tb.Errorf("%s", data)
						}
						return f
					}
				}
			}
			send := func(format string, args ...any) {
				if err := ws.Write(tb.Context(), websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
					tb.Error(err)
				}
			}
			send(`{"action":"login","payload":{"token":"Bearer %s"}}`, srv.CustomerToken(tb))
			next()
			send(`{"action":"start_chat","payload":{"continuous":true}}`)
			chat := next().Payload.ChatID
			for i := range events / customers {
				send(`{"action":"send_event","payload":{"chat_id":%q,"event":{"type":"message","text":"Message number %d, about as long as they are in a chat.","custom_id":"%d"}}}`, chat, i, i)
				next()
			}
		})
	}
	wg.Wait()
}

// longTail is how many events a server has kept that was killed just before its
// next snapshot, with which the log would have been a quarter longer than with the
// last one.
const longTail = 97_000

// A killedLog takes no snapshot any more, as that of a process that was killed.
type killedLog struct {
	rtmserver.Log
	killed atomic.Bool
}

func (l *killedLog) SaveSnapshot(ctx context.Context, organization string, snapshot []byte) error {
	if l.killed.Load() {
		return nil
	}
	return l.Log.SaveSnapshot(ctx, organization, snapshot)
}

// BenchmarkStart starts a server whose directory has 100,000 events.
func BenchmarkStart(b *testing.B) {
	for _, how := range []struct {
		name          string
		every, events int
	}{{"the whole log", -1, events}, {"a snapshot", 0, events}, {"a snapshot and the longest tail", 0, longTail}} {
		dir, err := os.MkdirTemp("", "rtmd-bench-")
		if err != nil {
			b.Fatal(err)
		}
		defer os.RemoveAll(dir)
		log := open(b, dir, nil)
		fill(b, log, how.events, how.every)
		log.Close()
		b.Run(how.name, func(b *testing.B) {
			for b.Loop() {
				log, err := natslog.Open(dir, nil)
				if err != nil {
					b.Fatal(err)
				}
				srv, err := rtmserver.New(&rtmserver.Options{Log: log, Node: "rtmd", SnapshotEvery: -1, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := srv.Shutdown(b.Context()); err != nil {
					b.Fatal(err)
				}
				log.Close()
				b.StartTimer()
			}
		})
	}
}
