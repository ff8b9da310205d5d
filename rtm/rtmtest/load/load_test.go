package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMain is the server that a test starts when that is what it was started for.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-serve" {
		if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// TestLoad measures everything for a moment. It does not look at how fast
// anything is, but at whether all of it was measured.
func TestLoad(t *testing.T) {
	p := plan{bodies: logBodies, pairs: 2, members: 3, idle: 20, rounds: 1, stretch: 100 * time.Millisecond}
	r, err := p.measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range append([]string{"echo"}, logBodies...) {
		m, f := r.messages[kind][0], r.fan[kind][0]
		if m.rate <= 0 || m.full.p50 <= 0 || m.full.p99 < m.full.p50 || m.half.p50 <= 0 || f.rate <= 0 || f.all.p99 < f.all.p50 {
			t.Errorf("%s: measured %+v and %+v", kind, m, f)
		}
	}
	if i := r.idle; i.customers != 20 || i.heap == 0 || i.goroutines < 1 || i.perLogin <= 0 {
		t.Errorf("the idle customers are %+v", i)
	}
	var table bytes.Buffer
	if err := r.print(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`2 pairs +echo +memory`, `round trips per second +\d+ +\d+`, `of the echo's +1\.00 +\d`, `half load: p50 +\S+ (us|ms)`, `1 to 3 +echo`, `20 idle customers: [\d.]+ KB each`} {
		if !regexp.MustCompile(want).MatchString(table.String()) {
			t.Errorf("the table has no %s:\n%s", want, table.String())
		}
	}
}

// TestDrive drives trips that do nothing: at a rate there are as many as that
// gives, and one that fails ends the measurement.
func TestDrive(t *testing.T) {
	nothing := func() error { return nil }
	all, err := drive(t.Context(), []trip{nothing, nothing}, 100*time.Millisecond, 200)
	if err != nil || len(all) != 20 {
		t.Errorf("got %d trips, %v", len(all), err)
	}
	broken := errors.New("broken")
	if _, err := drive(t.Context(), []trip{nothing, func() error { return broken }}, time.Millisecond, 0); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// TestFromOther tells the pushes that are waited for from what else comes.
func TestFromOther(t *testing.T) {
	for _, tt := range []struct {
		frame string
		here  bool
		fails bool
	}{
		{`{"version":"3.6","action":"incoming_event","type":"push","payload":{}}`, true, false},
		{`{"version":"3.6","request_id":"1","action":"incoming_event","type":"push","payload":{}}`, false, false},
		{`{"version":"3.6","action":"incoming_chat","type":"push","payload":{}}`, false, false},
		{`{"request_id":"1","action":"send_event","type":"response","success":true,"payload":{}}`, false, false},
		{`{"request_id":"1","action":"send_event","type":"response","success":false,"payload":{}}`, false, true},
	} {
		if here, err := fromOther([]byte(tt.frame)); here != tt.here || (err != nil) != tt.fails {
			t.Errorf("%s: got %v, %v", tt.frame, here, err)
		}
	}
}

func TestBadArguments(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"-log paper", `-log: "paper" is none of`},
		{"-pairs 0", "must be more than 0"},
		{"-serve paper", `"paper" is no body of the log`},
		{"-t x", "invalid value"},
	} {
		err := run(t.Context(), strings.Fields(tt.args), strings.NewReader(""), new(bytes.Buffer))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.args, err, tt.want)
		}
	}
	program = func(...string) *exec.Cmd { return exec.Command(os.Args[0], "-test.list", "TestDrive") }
	defer func() { program = func(args ...string) *exec.Cmd { return exec.Command(os.Args[0], args...) } }()
	if _, err := start("memory", 1); err == nil || !strings.Contains(err.Error(), `the server said "TestDrive\n"`) {
		t.Errorf("a server that serves nothing: %v", err)
	}
}
