package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunStopsAtTheFirstFailure(t *testing.T) {
	var stdout bytes.Buffer
	var ran []string
	say := func(name, note string, err error) step {
		return step{name, func(c *checker) (string, error) {
			ran = append(ran, name)
			fmt.Fprintf(&c.output, "output of %s\n", name)
			return note, err
		}}
	}
	c := &checker{root: t.TempDir(), stdout: &stdout}
	all := []step{say("one", "a note", nil), say("two", "", errors.New("it broke")), say("three", "", nil)}
	if c.run(all, "") {
		t.Error("a failing step passes")
	}
	got := stdout.String()
	if fmt.Sprint(ran) != "[one two]" {
		t.Errorf("ran %q", ran)
	}
	for _, want := range []string{"a note", "output of two", "FAIL  two", "it broke"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if strings.Contains(got, "output of one") || strings.Contains(got, "PASS") {
		t.Errorf("%q shows what passed", got)
	}

	stdout.Reset()
	c.verbose = true
	c.tests = tally{passed: 5, skipped: []string{"x TestNever"}}
	good := []step{say("one", "", nil), say("two", "", nil)}
	want := "PASS  2 steps, 5 tests, 1 skipped"
	if got := c.run(good, ""); !got || !strings.Contains(stdout.String(), "output of one") || !strings.Contains(stdout.String(), want) {
		t.Errorf("two steps with -v: %t %q", got, stdout.String())
	}
	if c.run(all, "none") {
		t.Error("no step is a pass")
	}
}

// TestRunShowsSkipsOfAFailure: a failing run is no place to hide a skipped test.
func TestRunShowsSkipsOfAFailure(t *testing.T) {
	var stdout bytes.Buffer
	c := &checker{root: t.TempDir(), stdout: &stdout}
	c.run([]step{{"tests", func(c *checker) (string, error) {
		c.tests.skipped = append(c.tests.skipped, "x TestNever")
		return "", errors.New("another failed")
	}}}, "")
	if !strings.Contains(stdout.String(), "skipped: x TestNever") {
		t.Errorf("got %q", stdout.String())
	}
}

func TestExec(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "web"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := &checker{root: root}
	err := c.exec("web", []string{"CHECK_TEST=value"}, "sh", "-c", "echo $CHECK_TEST; basename $PWD >&2; exit 3")
	if err == nil || !strings.HasSuffix(err.Error(), "exit status 3") || c.output.String() != "value\nweb\n" {
		t.Errorf("error %v, output %q", err, c.output.String())
	}
}

func TestShow(t *testing.T) {
	const events = `go: downloading example.com/x v1.0.0
{"Action":"build-output","ImportPath":"x/d","Output":"d.go:1:1: broken\n"}
{"Action":"run","Package":"x/a","Test":"TestGood"}
{"Action":"output","Package":"x/a","Test":"TestGood","Output":"noise\n"}
{"Action":"pass","Package":"x/a","Test":"TestGood/sub"}
{"Action":"pass","Package":"x/a","Test":"TestGood"}
{"Action":"output","Package":"x/a","Output":"PASS\n"}
{"Action":"output","Package":"x/a","Output":"ok  \tx/a\t0.1s\n"}
{"Action":"pass","Package":"x/a"}
{"Action":"output","Package":"x/b","Test":"TestBad/sub","Output":"reason\n"}
{"Action":"fail","Package":"x/b","Test":"TestBad/sub"}
{"Action":"fail","Package":"x/b","Test":"TestBad"}
{"Action":"skip","Package":"x/b","Test":"TestNever"}
{"Action":"fail","Package":"x/b"}
{"Action":"output","Package":"x/c","Test":"TestDies","Output":"panic: no\n"}
{"Action":"output","Package":"x/c","Output":"FAIL\tx/c\t0.1s\n"}
{"Action":"fail","Package":"x/c"}
`
	var out bytes.Buffer
	got, err := show(&out, strings.NewReader(events), false)
	if err != nil || got.passed != 1 || got.failed != 1 || fmt.Sprint(got.skipped) != "[x/b TestNever]" {
		t.Errorf("%+v, %v", got, err)
	}
	want := "go: downloading example.com/x v1.0.0\nd.go:1:1: broken\nok  \tx/a\t0.1s\nreason\nFAIL\tx/c\t0.1s\npanic: no\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestGoTestFails(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module x\n\ngo 1.26\n")
	write("x.go", "package x\n")
	for text, want := range map[string]string{
		"func TestX(t *testing.T) { t.Fatal(1) }": "1 Go tests failed",
		"func TestX(t *testing.T) { broken }":     "go test -json ./...: exit status 1",
		"func testX(t *testing.T) {}":             "no Go test ran",
		"func TestX(t *testing.T) {}":             "<nil>",
	} {
		write("x_test.go", "package x\n\nimport \"testing\"\n\n"+text+"\n")
		c := &checker{root: root, stdout: new(bytes.Buffer)}
		if err := c.goTest(nil, "./..."); fmt.Sprint(err) != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestNodeTally(t *testing.T) {
	const tap = `
> test
TAP version 13
# Subtest: a
ok 1 - a
    # Subtest: inner
    ok 1 - inner # SKIP no worker here
    1..1
ok 2 - b # SKIP
not ok 3 - later # TODO why
# tests 4
# pass 1
# skipped 2
# todo 1
`
	got, err := nodeTally(tap)
	want := "[node inner (no worker here) node b node later (to do: why)]"
	if err != nil || got.passed != 1 || fmt.Sprint(got.skipped) != want {
		t.Errorf("%+v, %v, want %s", got, err, want)
	}
	for _, text := range []string{"", "# pass 0\n", strings.Replace(tap, "# skipped 2", "# skipped 3", 1)} {
		if _, err := nodeTally(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestCheckNode(t *testing.T) {
	for version, ok := range map[string]bool{"v20.0.0": true, "v24.1.0": true, "v18.20.4": false, "v9.0.0": false, "": false, "x": false} {
		if err := checkNode(version); (err == nil) != ok {
			t.Errorf("%q: %v", version, err)
		}
	}
}

func TestChromiumOfEnvironment(t *testing.T) {
	t.Setenv("CHROMIUM", filepath.Join(t.TempDir(), "none"))
	if _, err := chromium(&checker{}); err == nil || !strings.HasPrefix(err.Error(), "$CHROMIUM is ") {
		t.Errorf("got %v", err)
	}
	t.Setenv("CHROMIUM", "/bin/sh")
	if got, err := chromium(&checker{}); err != nil || got != "/bin/sh" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestInstallChromium has an apt-get of its own.
func TestInstallChromium(t *testing.T) {
	for name, tt := range map[string]struct {
		script string // after update
		want   string // in the error; empty: chromium is found
	}{
		"nothing to install":   {"exit 100", "chromium is missing and could not be installed (apt-get install -q -y --no-install-recommends chromium: exit status 100, after apt-get update -q: exit status 100): install Chromium"},
		"installed":            {": >$0.dir/chromium; /bin/chmod +x $0.dir/chromium", ""},
		"installed in a place": {"exit 0", "chromium was installed but is not on the PATH: set $CHROMIUM to its path"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			bin := filepath.Join(dir, "apt-get.dir")
			if err := os.Mkdir(bin, 0o755); err != nil {
				t.Fatal(err)
			}
			// An index that can't be fetched is no reason to give up.
			script := "#!/bin/sh\nif [ $1 = update ]; then echo no network; exit 100; fi\n" + tt.script + "\n"
			if err := os.WriteFile(filepath.Join(dir, "apt-get"), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", dir+string(filepath.ListSeparator)+bin)
			got, err := installChromium(&checker{stdout: new(bytes.Buffer)})
			switch {
			case tt.want == "" && (err != nil || got != filepath.Join(bin, "chromium")):
				t.Errorf("got %q, %v", got, err)
			case tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)):
				t.Errorf("got %q, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestVulnDatabaseOutOfReach(t *testing.T) {
	t.Setenv("GOVULNDB", "file://"+t.TempDir())
	note, err := govulncheck(&checker{})
	if err != nil || !strings.HasPrefix(note, "NOT CHECKED: the database file://") {
		t.Errorf("got %q, %v", note, err)
	}
}

func TestFuzzTests(t *testing.T) {
	const events = `{"Action":"start","Package":"example.com/rtmwidget/rtmwidget/rtm/a"}
{"Action":"output","Package":"example.com/rtmwidget/rtmwidget/rtm/a","Output":"FuzzOne\n"}
{"Action":"output","Package":"example.com/rtmwidget/rtmwidget/rtm/a","Output":"ok  \texample.com/a\t0.1s\n"}
{"Action":"output","Package":"example.com/rtmwidget/rtmwidget/b","Output":"FuzzTwo\n"}
`
	got, err := fuzzTests(events)
	if err != nil || fmt.Sprint(got) != "[{example.com/rtmwidget/rtmwidget/rtm/a FuzzOne} {example.com/rtmwidget/rtmwidget/b FuzzTwo}]" || got[0].short() != "rtm/a" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", `{"Action":"output","Output":"ok\n"}`, "no event"} {
		if got, err := fuzzTests(bad); err == nil {
			t.Errorf("%q gave %v", bad, got)
		}
	}
	const output = "fuzz: elapsed: 0s, gathering baseline coverage: 0/3 completed\nfuzz: elapsed: 3s, execs: 10 (3/sec), new interesting: 0 (total: 3)\nfuzz: elapsed: 6s, execs: 25 (5/sec), new interesting: 1 (total: 4)\nPASS\n"
	if got := fuzzNote(output); got != "25 (5/sec), new interesting: 1 (total: 4)" {
		t.Errorf("the note is %q", got)
	}
}
