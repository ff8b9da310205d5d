package rtm_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/customer"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// holds requires that an outbox has exactly these values.
func holds(t *testing.T, o rtm.Outbox, want map[string]string) {
	t.Helper()
	entries, err := o.Load(t.Context())
	ok(t, err)
	got := make(map[string]string)
	for _, e := range entries {
		got[e.Key] = string(e.Value)
	}
	if !maps.Equal(got, want) || len(entries) != len(want) {
		t.Errorf("the outbox holds %v, want %v", got, want)
	}
}

func TestOutboxes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox")
	for name, o := range map[string]rtm.Outbox{"memory": rtm.MemoryOutbox(), "file": rtm.FileOutbox(path)} {
		t.Run(name, func(t *testing.T) {
			holds(t, o, nil)
			ok(t, o.Put("a", []byte(`{"n":1}`)))
			ok(t, o.Put("b", []byte(`"two"`)))
			ok(t, o.Put("a", []byte(`{"n":2}`)))
			ok(t, o.Put("c\n", []byte(`3`)))
			ok(t, o.Delete("b"))
			ok(t, o.Delete("never there"))
			holds(t, o, map[string]string{"a": `{"n":2}`, "c\n": "3"})
		})
	}
	again := rtm.FileOutbox(path)
	holds(t, again, map[string]string{"a": `{"n":2}`, "c\n": "3"})
	if err := again.Put("bad", []byte("{")); err == nil {
		t.Error("what is not JSON is accepted")
	}
}

// A process may be killed in the middle of a line.
func TestFileOutboxCutShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox")
	whole := `{"key":"a","value":1}` + "\n" + `{"key":"b","value":2}` + "\n"
	for n := range len(whole) + 1 {
		ok(t, os.WriteFile(path, []byte(whole[:n]), 0o600))
		want := map[string]string{}
		if n >= len(whole)/2-1 { // all but the line's end is enough
			want["a"] = "1"
		}
		if n >= len(whole)-1 {
			want["b"] = "2"
		}
		o := rtm.FileOutbox(path)
		holds(t, o, want)
		ok(t, o.Put("c", []byte("3")))
		want["c"] = "3"
		holds(t, rtm.FileOutbox(path), want)
	}
	ok(t, os.WriteFile(path, []byte("Dear diary\n"+whole), 0o600))
	if _, err := rtm.FileOutbox(path).Load(t.Context()); err == nil || !strings.Contains(err.Error(), "not an outbox") {
		t.Errorf("another file: %v", err)
	}
}

func TestFileOutboxStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox")
	o := rtm.FileOutbox(path)
	ok(t, o.Put("stays", []byte(`"here"`)))
	largest := int64(0)
	for i := range 3000 {
		ok(t, o.Delete(fmt.Sprint("k", i)))
		info, err := os.Stat(path)
		ok(t, err)
		largest = max(largest, info.Size())
	}
	if largest > 30_000 {
		t.Errorf("the file grew to %d bytes", largest)
	}
	holds(t, o, map[string]string{"stays": `"here"`})
}

func TestOutboxThatCannotBeRead(t *testing.T) {
	_, err := customer.Dial(t.Context(), &customer.Options{OrganizationID: "o", Outbox: rtm.FileOutbox(t.TempDir())})
	if err == nil || !strings.HasPrefix(err.Error(), "rtm: dial: outbox: ") {
		t.Errorf("err = %v", err)
	}
}

// full is an outbox whose disk is full.
type full struct{ rtm.Outbox }

func (full) Put(string, []byte) error { return errors.New("no space left") }

// talk starts a chat over a connection with an outbox.
func talk(t *testing.T, srv *rtmtest.Server, outbox rtm.Outbox, record *bytes.Buffer) (*customer.Client, rtm.ChatID) {
	t.Helper()
	opts := &customer.Options{
		Server: srv.URL, OrganizationID: rtmtest.Organization, HTTPClient: srv.HTTPClient(), Outbox: outbox,
		Token: customer.CookieGrant(srv.URL, rtmtest.Organization, "test", srv.HTTPClient()),
	}
	if record != nil {
		opts.Record = record
	}
	c := must(customer.Dial(t.Context(), opts))(t)
	t.Cleanup(func() { c.Close() })
	must(c.Login(t.Context(), nil))(t)
	return c, must(c.StartChat(t.Context(), &customer.StartChatRequest{Continuous: true}))(t).ChatID
}

func text(chat rtm.ChatID, text string) map[string]any {
	return map[string]any{"chat_id": chat, "event": map[string]any{"type": "message", "text": text}}
}

func TestDurableSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, outbox := rtmtest.NewServer(t, nil), rtm.MemoryOutbox()
		c, chat := talk(t, srv, outbox, nil)
		var answer struct {
			EventID string `json:"event_id"`
		}
		ok(t, c.Call(t.Context(), "send_event", text(chat, "one"), &answer))
		if answer.EventID == "" {
			t.Error("the answer has no event_id")
		}
		if err := c.Call(t.Context(), "send_event", text(chat, strings.Repeat("x", 20_000)), nil); rtm.ErrorTypeOf(err) != rtm.ErrorTypeValidation {
			t.Errorf("a refused event: %v", err)
		}
		synctest.Wait()
		holds(t, outbox, nil)
		ok(t, c.Close())
		if err := c.Call(t.Context(), "send_event", text(chat, "late"), nil); !errors.Is(err, rtm.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		holds(t, outbox, nil)
	})
}

func TestOutboxThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, chat := talk(t, rtmtest.NewServer(t, nil), full{rtm.MemoryOutbox()}, nil)
		err := c.Call(t.Context(), "send_event", text(chat, "one"), nil)
		if rtm.ErrorTypeOf(err) != rtm.ErrorTypeNotStored || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("err = %v", err)
		}
	})
}

// The server goes and the caller does not wait: what was not sent is withdrawn,
// what was may have arrived.
func TestContextOfADurableCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, outbox := rtmtest.NewServer(t, nil), rtm.MemoryOutbox()
		c, chat := talk(t, srv, outbox, nil)
		srv.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := c.RTM().CallDurable(ctx, "send_event", text(chat, "one"), nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
		synctest.Wait()
		holds(t, outbox, nil)
	})
}

func TestRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var recording bytes.Buffer
		c, chat := talk(t, rtmtest.NewServer(t, nil), rtm.MemoryOutbox(), &recording)
		ok(t, c.Call(t.Context(), "send_event", text(chat, "one"), nil))
		time.Sleep(time.Minute)
		ok(t, c.Close())
		outs, hash, err := session.Replay(recording.Bytes())
		ok(t, err)
		again, hashAgain, err := session.Replay(recording.Bytes())
		ok(t, err)
		if len(outs) < 20 || len(outs) != len(again) || hash != hashAgain {
			t.Errorf("%d outputs, %x; then %d, %x", len(outs), hash, len(again), hashAgain)
		}
		if stats := c.RTM().Stats(); stats.Frames < 6 || stats.Connects != 1 {
			t.Errorf("stats = %+v", stats)
		}
	})
}

// More pushes may be made up for than a subscriber's queue has places.
func TestRecoveredPushes(t *testing.T) {
	const missed = 300
	event := func(n int) string {
		return fmt.Sprintf(`{"id":"E%03d","type":"message","created_at":"2026-01-02T03:04:05.%06dZ"}`, n, n)
	}
	chat := func(to int) string {
		var events []string
		for n := range to {
			events = append(events, event(n))
		}
		return `{"id":"T","active":true,"created_at":"2026-01-02T03:04:05Z","events":[` + strings.Join(events, ",") + `]}`
	}
	url := serve(t,
		func(p *peer) {
			loggedIn(p)
			p.push("incoming_chat", `{"chat":{"id":"C","thread":`+chat(1)+`}}`)
		},
		func(p *peer) {
			loggedIn(p)
			if r := p.next(); r.Action != "list_threads" {
				t.Errorf("after the login comes %s", r.Action)
			} else {
				p.answer(r, `{"threads":[`+chat(1+missed)+`]}`)
			}
			p.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+event(missed+1)+`}`)
			p.idle()
		})
	c := dial(t, url, rtm.Options{PushBuffer: 2})
	sub := rtm.Subscribe[rtm.Push](c)
	login(t, c)
	for n := range missed + 2 {
		push, err := sub.Next(t.Context())
		ok(t, err)
		if want := n > 0 && n <= missed; sub.Recovered() != want {
			t.Fatalf("push %d: recovered is %v", n, !want)
		}
		if raw := push.(*rtm.RawPush); !strings.Contains(string(raw.Payload), fmt.Sprintf("E%03d", n)) {
			t.Fatalf("push %d is %s %s", n, raw.Name, raw.Payload)
		}
	}
}
