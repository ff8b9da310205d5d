package natslog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver/natslog"
)

// TestMain fails when a goroutine outlives the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if leaked := leaks(); leaked != "" {
			fmt.Fprintf(os.Stderr, "goroutines leaked:\n%s\n", leaked)
			code = 1
		}
	}
	os.Exit(code)
}

// leaks returns the stacks of goroutines of this module or of NATS connections.
// Those that are just about to end get the time for it.
func leaks() string {
	var left []string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		left = nil
		buf := make([]byte, 1<<20)
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if (strings.Contains(g, "rtmwidget") || strings.Contains(g, "nats.go")) && !strings.Contains(g, "TestMain") {
				left = append(left, g)
			}
		}
		if left == nil {
			return ""
		}
		time.Sleep(10 * time.Millisecond)
	}
	return strings.Join(left, "\n\n")
}

// open opens a log in a directory until the end of the test.
func open(t testing.TB, dir string, opts *natslog.Options) *natslog.Log {
	t.Helper()
	l, err := natslog.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// serve runs a NATS server until the end of the test and returns its address.
func serve(t testing.TB) string { return serveWith(t, 0) }

// serveWith is serve with a bound of what is stored, in bytes.
func serveWith(t testing.TB, most int64) string {
	t.Helper()
	ns, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), JetStreamMaxStore: most, NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() {
		ns.Shutdown()
		ns.WaitForShutdown()
	})
	if !ns.ReadyForConnections(time.Minute) {
		t.Fatal("the NATS server does not start")
	}
	return ns.ClientURL()
}

func connect(t testing.TB, url string, opts *natslog.Options) *natslog.Log {
	t.Helper()
	l, err := natslog.Connect(t.Context(), url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// bodies are all there are: each gives two logs that share their entries.
var bodies = map[string]func(t *testing.T) (one, two rtmserver.Log){
	"memory": func(*testing.T) (one, two rtmserver.Log) {
		l := rtmserver.NewMemoryLog()
		return l, l
	},
	"directory": func(t *testing.T) (one, two rtmserver.Log) {
		l := open(t, t.TempDir(), nil)
		return l, l
	},
	"directory, synced": func(t *testing.T) (one, two rtmserver.Log) {
		l := open(t, t.TempDir(), &natslog.Options{SyncAlways: true})
		return l, l
	},
	"servers": func(t *testing.T) (one, two rtmserver.Log) {
		url := serve(t)
		return connect(t, url, nil), connect(t, url, &natslog.Options{Replicas: 1})
	},
}

func onBodies(t *testing.T, test func(t *testing.T, one, two rtmserver.Log)) {
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			one, two := body(t)
			test(t, one, two)
		})
	}
}

func entries(t *testing.T, log rtmserver.Log, org string, after uint64) []string {
	t.Helper()
	var got []string
	for data, err := range log.Read(t.Context(), org, after) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(data))
	}
	return got
}

// organizations that a log has to keep apart, whatever they are called.
var organizations = []string{"a", "11111111-1111-4111-8111-111111111111", "A", "a.b", "a b", "*", ">", "ü", strings.Repeat("long", 100), ""}

// TestLog holds every body to the contract of a log.
func TestLog(t *testing.T) {
	onBodies(t, func(t *testing.T, one, two rtmserver.Log) {
		for _, org := range organizations[:len(organizations)-1] {
			if got := entries(t, one, org, 0); got != nil {
				t.Errorf("%q: an empty log has %q", org, got)
			}
			entry := []byte("one of " + org)
			if err := one.Append(t.Context(), org, 0, entry); err != nil {
				t.Fatal(err)
			}
			entry[0] = 'X' // the log has its own copy
			if err := two.Append(t.Context(), org, 1, []byte("two")); err != nil {
				t.Fatal(err)
			}
			for _, last := range []uint64{0, 1, 3, 1 << 40} {
				for _, log := range []rtmserver.Log{one, two} {
					if err := log.Append(t.Context(), org, last, []byte("no")); !errors.Is(err, rtmserver.ErrConflict) {
						t.Errorf("Append after %d: %v, want ErrConflict", last, err)
					}
				}
			}
			all := []string{"one of " + org, "two"}
			for after, want := range map[uint64][]string{0: all, 1: all[1:], 2: nil, 9: nil} {
				for _, log := range []rtmserver.Log{one, two} {
					if got := entries(t, log, org, after); !slices.Equal(got, want) {
						t.Errorf("%q: Read after %d: %q, want %q", org, after, got, want)
					}
				}
			}
			for range one.Read(t.Context(), org, 0) {
				break // and nothing hangs
			}
		}
	})
}

// TestLogOfMuch reads more than a batch, with small and large entries.
func TestLogOfMuch(t *testing.T) {
	onBodies(t, func(t *testing.T, one, two rtmserver.Log) {
		large := string(bytes.Repeat([]byte("x"), 900_000))
		var want []string
		for i := range 2500 {
			entry := fmt.Sprint(i)
			if i%250 == 0 {
				entry = large
			}
			if err := one.Append(t.Context(), "a", uint64(i), []byte(entry)); err != nil {
				t.Fatal(err)
			}
			want = append(want, entry)
		}
		for _, after := range []uint64{0, 1, 999, 1000, 2499} {
			if got := entries(t, two, "a", after); !slices.Equal(got, want[after:]) {
				t.Errorf("after %d there are %d entries, want %d", after, len(got), len(want)-int(after))
			}
		}
	})
}

// TestLogAtOnce has many append at the same time: each entry is there once, and
// who was told of a conflict has none.
func TestLogAtOnce(t *testing.T) {
	onBodies(t, func(t *testing.T, one, two rtmserver.Log) {
		const writers, each = 4, 25
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				log := []rtmserver.Log{one, two}[w%2]
				last := uint64(0)
				for i := range each {
					for {
						err := log.Append(context.Background(), "a", last, fmt.Appendf(nil, "%d of %d", i, w))
						if err == nil {
							last++
							break
						}
						if !errors.Is(err, rtmserver.ErrConflict) {
							t.Error(err)
							return
						}
						before := last
						for _, err := range log.Read(context.Background(), "a", last) {
							if err != nil {
								t.Error(err)
								return
							}
							last++
						}
						if last == before {
							t.Errorf("after a conflict at %d there is nothing new", last)
							return
						}
					}
				}
			})
		}
		wg.Wait()
		got := entries(t, one, "a", 0)
		if len(got) != writers*each {
			t.Errorf("there are %d entries, want %d", len(got), writers*each)
		}
		next := make([]int, writers)
		for _, e := range got {
			var i, w int
			if _, err := fmt.Sscanf(e, "%d of %d", &i, &w); err != nil || i != next[w] {
				t.Fatalf("got %q where %d of %d was due", e, next[w], w)
			}
			next[w]++
		}
	})
}

// A listener is a member that keeps what it hears.
type listener struct {
	grown   chan uint64
	entries chan string
	heard   chan string
}

func listen() *listener {
	return &listener{grown: make(chan uint64, 1000), entries: make(chan string, 1000), heard: make(chan string, 1000)}
}

func (l *listener) Grown(last uint64, entry []byte) {
	l.grown <- last
	if entry != nil {
		l.entries <- string(entry)
	}
}

func (l *listener) Heard(message []byte) { l.heard <- string(message) }

// TestMembers lets members hear of entries and of each other.
func TestMembers(t *testing.T) {
	onBodies(t, func(t *testing.T, one, two rtmserver.Log) {
		for _, org := range organizations {
			a, b, other := listen(), listen(), listen()
			for log, m := range map[rtmserver.Log]*listener{one: a} {
				leave, err := log.Join(org, m)
				if err != nil {
					t.Fatal(err)
				}
				defer leave()
			}
			leave, err := two.Join(org, b)
			if err != nil {
				t.Fatal(err)
			}
			leaveOther, err := two.Join("other "+org, other)
			if err != nil {
				t.Fatal(err)
			}
			defer leaveOther()
			if org != "" {
				if err := one.Append(t.Context(), org, 0, []byte("entry")); err != nil {
					t.Fatal(err)
				}
				if n, e := <-b.grown, <-b.entries; n != 1 || e != "entry" {
					t.Errorf("%q: heard of entry %d: %s", org, n, e)
				}
			}
			if err := one.Publish(org, []byte("hello")); err != nil {
				t.Fatal(err)
			}
			if got := <-b.heard; got != "hello" {
				t.Errorf("%q: heard %q", org, got)
			}
			leave()
			leave() // nothing happens
			if err := two.Publish(org, []byte("again")); err != nil {
				t.Fatal(err)
			}
			for got := range a.heard {
				if got == "again" {
					break
				}
			}
			if len(b.heard)+len(other.heard)+len(other.grown) > 0 {
				t.Errorf("%q: somebody heard what was not for it", org)
			}
		}
	})
}

func TestSnapshots(t *testing.T) {
	onBodies(t, func(t *testing.T, one, two rtmserver.Log) {
		for i, org := range organizations[:len(organizations)-1] {
			if got, err := one.LoadSnapshot(t.Context(), org); got != nil || err != nil {
				t.Errorf("%q: at first there is %q, %v", org, got, err)
			}
			large := bytes.Repeat([]byte{byte(i), 1, 2, 3}, 300_000)
			for _, want := range [][]byte{[]byte("first"), large} {
				if err := one.SaveSnapshot(t.Context(), org, want); err != nil {
					t.Fatal(err)
				}
				if got, err := two.LoadSnapshot(t.Context(), org); !bytes.Equal(got, want) || err != nil {
					t.Errorf("%q: there are %d bytes, %v, want %d", org, len(got), err, len(want))
				}
			}
		}
	})
}

// TestTooLarge refuses what a log cannot hold, and goes on.
func TestTooLarge(t *testing.T) {
	for name, log := range map[string]rtmserver.Log{"directory": open(t, t.TempDir(), nil), "servers": connect(t, serve(t), nil)} {
		if err := log.Append(t.Context(), "a", 0, make([]byte, 40<<20)); !errors.Is(err, rtmserver.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		if err := log.Append(t.Context(), "a", 0, []byte("x")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOpen opens a directory again, and not twice at once.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	log, err := natslog.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Append(t.Context(), "a", 0, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if second, err := natslog.Open(dir, nil); !errors.Is(err, natslog.ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("opened twice: %v, %v", second, err)
	}
	log.Close()
	log.Close() // nothing happens
	again := open(t, dir, &natslog.Options{SyncAlways: true})
	if got := entries(t, again, "a", 0); !slices.Equal(got, []string{"x"}) {
		t.Errorf("there is %q", got)
	}
	file := dir + "/lock/under a file"
	if _, err := natslog.Open(file, nil); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a directory that cannot be: %v", err)
	}
}

// TestConnect says what is wrong with servers.
func TestConnect(t *testing.T) {
	ns, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	defer ns.WaitForShutdown()
	defer ns.Shutdown()
	if !ns.ReadyForConnections(time.Minute) {
		t.Fatal("the NATS server does not start")
	}
	for servers, want := range map[string]string{
		"nats://127.0.0.1:1": "no servers available",
		"http:// x":          "http:// x",
		ns.ClientURL():       "jetstream not enabled",
	} {
		if l, err := natslog.Connect(t.Context(), servers, nil); err == nil || !strings.Contains(strings.ToLower(err.Error()), want) {
			t.Errorf("%s: %v, %v, want %q", servers, l, err, want)
		}
	}
}

// TestFull fills the storage: what does not fit is refused and says why, at once
// and not as what may pass, and what was there before stays.
func TestFull(t *testing.T) {
	log, entry, last := connect(t, serveWith(t, 1<<20), nil), make([]byte, 100<<10), uint64(0)
	var err error
	for last < 100 {
		if err = log.Append(t.Context(), "a", last, entry); err != nil {
			break
		}
		last++
	}
	if !errors.Is(err, rtmserver.ErrNotStored) || !strings.Contains(err.Error(), "there is no room") || last < 5 {
		t.Fatalf("after %d entries: %v", last, err)
	}
	if err := log.Append(t.Context(), "a", last, entry); errors.Is(err, rtmserver.ErrConflict) || err == nil {
		t.Errorf("one that was refused is there: %v", err)
	}
	n := uint64(0)
	for got, err := range log.Read(t.Context(), "a", 0) {
		if err != nil || len(got) != len(entry) {
			t.Fatal(len(got), err)
		}
		n++
	}
	if n != last {
		t.Errorf("%d entries are there, not %d", n, last)
	}
}
