package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// rtmd is the program under test, built once.
var rtmd string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "rtmd-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	rtmd = filepath.Join(dir, "rtmd")
	if out, err := exec.Command("go", "build", "-o", rtmd, ".").CombinedOutput(); err != nil {
		os.Stderr.Write(out)
		return 1
	}
	return m.Run()
}

// process is a running rtmd.
type process struct {
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	stderr bytes.Buffer
	url    string
}

// start runs rtmd until it listens. It is killed at the end if it still runs.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(t.Context(), rtmd, append([]string{"-addr", "127.0.0.1:0", "-data", ""}, args...)...)}
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.Wait(); t.Failed() && p.stderr.Len() > 0 {
			t.Logf("rtmd said: %s", p.stderr.String())
		}
	})
	hung := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer hung.Stop()
	p.lines = bufio.NewScanner(stdout)
	if !p.lines.Scan() {
		p.cmd.Wait()
		t.Fatalf("rtmd printed nothing: %s", p.stderr.String())
	}
	var ok bool
	if p.url, ok = strings.CutPrefix(p.lines.Text(), "listening on "); !ok {
		t.Fatalf("first line: %q", p.lines.Text())
	}
	return p
}

// stop sends the signal, returns what else was printed and fails unless the exit code is 0.
func (p *process) stop(t *testing.T, signal os.Signal) []string {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	var rest []string
	for p.lines.Scan() {
		rest = append(rest, p.lines.Text())
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("stopped with %v: %s", err, p.stderr.String())
	}
	return rest
}

func TestServesAndStops(t *testing.T) {
	web := testBuild(t, small)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			p := start(t, "-web", web)
			resp, err := http.Get(p.url + "/shop")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != 200 || string(b) != small["shop.html"] {
				t.Errorf("/shop: %d %q %v", resp.StatusCode, b, err)
			}
			rest := p.stop(t, signal)
			if want := []string{"shop     " + p.url + "/shop", "control  " + p.url + "/_rtmd/"}; !slices.Equal(rest, want) {
				t.Errorf("printed %q, want %q", rest, want)
			}
			if p.stderr.Len() > 0 {
				t.Errorf("standard error: %s", p.stderr.String())
			}
		})
	}
}

// TestStopsUnderConnections stops while a socket is open and a connection was never used.
func TestStopsUnderConnections(t *testing.T) {
	p := start(t, "-web", t.TempDir())
	spare, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer spare.Close()
	socket, _, err := websocket.Dial(t.Context(), p.url+"/v3.6/customer/rtm/ws?organization_id=11111111-1111-4111-8111-111111111111", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.CloseNow()
	closed := make(chan error, 1)
	go func() {
		for {
			if _, _, err := socket.Read(t.Context()); err != nil {
				closed <- err
				return
			}
		}
	}()
	hung := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer hung.Stop()
	p.stop(t, syscall.SIGTERM)
	if err := <-closed; websocket.CloseStatus(err) == -1 {
		t.Errorf("the socket ended with %v, want a close frame", err)
	}
}

func TestServesWithoutPages(t *testing.T) {
	p := start(t, "-web", t.TempDir())
	for path, want := range map[string]int{"/shop": 503, "/v3.6/customer/rtm/none": 404, "/none": 404} {
		resp, err := http.Get(p.url + path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != want || len(b) == 0 {
			t.Errorf("%s: %d %q %v, want %d and a sentence", path, resp.StatusCode, b, err, want)
		}
	}
	if rest := p.stop(t, syscall.SIGTERM); len(rest) != 1 || !strings.HasPrefix(rest[0], "control ") {
		t.Errorf("printed %q", rest)
	}
}

func TestCommandLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	broken := testBuild(t, small)
	file := filepath.Join(broken, "manifest.json")
	if err := os.WriteFile(filepath.Join(broken, "manifest.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		code int
		says string
		line bool // nothing but one line
	}{
		{"port in use", []string{"-addr", taken.Addr().String(), "-data", ""}, 1, "rtmd: listen tcp " + taken.Addr().String() + ": bind: address already in use", true},
		{"data and nats", []string{"-data", "x", "-nats", "nats://127.0.0.1:1"}, 2, "rtmd: -nats: cannot be together with -data: everything is kept in one of them", true},
		{"no nats", []string{"-nats", ""}, 2, "rtmd: -nats: needs the URL of a NATS server, such as nats://127.0.0.1:4222", true},
		{"empty nats", []string{"-nats", "nats://127.0.0.1:1,"}, 2, `rtmd: -nats: there is an empty URL in "nats://127.0.0.1:1,"`, true},
		{"nats is down", []string{"-nats", "nats://127.0.0.1:1", "-nats-wait", "0"}, 1, "rtmd: -nats: natslog: nats://127.0.0.1:1: nats: no servers available", true},
		{"nats stays down", []string{"-nats", "nats://127.0.0.1:1", "-nats-wait", "1ms"}, 1, "rtmd: -nats: natslog: nats://127.0.0.1:1: nats: no servers available for connection for 1ms", false},
		{"wait without nats", []string{"-nats-wait", "1s"}, 2, "rtmd: -nats-wait: is for -nats alone", true},
		{"negative wait", []string{"-nats", "nats://127.0.0.1:1", "-nats-wait", "-1s"}, 2, "rtmd: -nats-wait: must be 0 or more, not -1s", true},
		{"bad sync", []string{"-sync", "sometimes"}, 2, `rtmd: -sync: must be always or a time of at least 1ms such as 1s, not "sometimes"`, true},
		{"short sync", []string{"-sync", "1ns"}, 2, "rtmd: -sync: must be always or", true},
		{"sync in memory", []string{"-data", "", "-sync", "1s"}, 2, "rtmd: -sync: is for -data alone", true},
		{"sync and nats", []string{"-nats", "nats://127.0.0.1:1", "-sync", "1s"}, 2, "rtmd: -sync: is for -data alone", true},
		{"replicas without nats", []string{"-replicas", "3"}, 2, "rtmd: -replicas: is for -nats alone", true},
		{"many replicas", []string{"-nats", "nats://127.0.0.1:1", "-replicas", "6"}, 2, "rtmd: -replicas: must be from 0 to 5, not 6", true},
		{"bad data", []string{"-data", file}, 1, "rtmd: -data: natslog: " + file + ": mkdir " + file + ": not a directory", true},
		{"no address", []string{"-addr", "here", "-data", ""}, 1, "rtmd: listen tcp: address here: missing port in address", true},
		{"broken build", []string{"-addr", "127.0.0.1:0", "-data", "", "-web", broken}, 1, "manifest.json: unexpected end of JSON input", true},
		{"unknown flag", []string{"-nope"}, 2, "flag provided but not defined: -nope", false},
		{"no name", []string{"-host", "https://x"}, 2, `"https://x" is no name of a host`, false},
		{"key without certificate", []string{"-tls", "-key", "x"}, 2, "rtmd: -cert and -key go together: one of them is missing", true},
		{"certificate without TLS", []string{"-cert", "x", "-key", "y"}, 2, "rtmd: -cert and -key need -tls", true},
		{"no certificate there", []string{"-addr", "127.0.0.1:0", "-tls", "-cert", "/none", "-key", "y"}, 1, "rtmd: -cert and -key: open /none: no such file or directory", true},
		{"argument", []string{"nope"}, 2, `rtmd: unexpected argument "nope"`, true},
		{"help", []string{"-h"}, 0, "-addr host:port", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			cmd := exec.CommandContext(t.Context(), rtmd, test.args...)
			cmd.Dir = t.TempDir() // where rtmd-data would be
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if got := stderr.String(); !strings.Contains(got, test.says) || test.line && strings.Count(got, "\n") != 1 {
				t.Errorf("standard error %q, want %q", got, test.says)
			}
			if stdout.Len() > 0 {
				t.Errorf("standard output %q", stdout.String())
			}
		})
	}
}
