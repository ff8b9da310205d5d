package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// getText returns status and body of a path.
func getText(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// TestDrain stops a process with a client that does not go, as a broken network has
// them: the process says that it is not ready, refuses who is new, and ends in time.
func TestDrain(t *testing.T) {
	p := start(t, "-data", "", "-web", t.TempDir(), "-drain", "1m", "-log", "json", "-v")
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if status, body := getText(t, p.url+path); status != 200 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if _, body := getText(t, p.url+"/metrics"); !strings.Contains(body, "rtmd_draining 0\n") || !strings.Contains(body, "process_open_fds") {
		t.Errorf("the metrics are %s", body)
	}
	// A raw client that upgrades and never says good-bye holds the drain up.
	mute, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	fmt.Fprintf(mute, "GET /v3.6/agent/rtm/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if _, err := mute.Read(make([]byte, 12)); err != nil {
		t.Fatal(err)
	}
	cu, _, err := websocket.Dial(t.Context(), p.url+"/v3.6/customer/rtm/ws?organization_id=11111111-1111-4111-8111-111111111111", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer cu.CloseNow()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if _, frame, err := cu.Read(t.Context()); err != nil || !strings.Contains(string(frame), "connection_evicted") {
		t.Errorf("the customer got %s %v", frame, err)
	}
	if status, body := getText(t, p.url+"/readyz"); status != 503 || !strings.Contains(body, "shutting down") {
		t.Errorf("/readyz: %d %s", status, body)
	}
	if status, _ := getText(t, p.url+"/healthz"); status != 200 {
		t.Errorf("/healthz: %d", status)
	}
	_, res, err := websocket.Dial(t.Context(), p.url+"/v3.6/agent/rtm/ws", nil)
	if err == nil || res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("a new connection got %v %v", res, err)
	}
	mute.Close()
	for p.lines.Scan() {
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, p.stderr.String())
	}
	ended := 0
	for line := range strings.Lines(p.stderr.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("the log has the line %q", line)
		}
		if entry["msg"] == "connection ended" {
			ended++
		}
	}
	if ended != 2 {
		t.Errorf("the log tells of %d connections:\n%s", ended, p.stderr.String())
	}
}

// TestDrainIsBounded has a client that never goes, and a second signal.
func TestDrainIsBounded(t *testing.T) {
	for _, tt := range []struct {
		drain string
		twice bool
	}{{"10ms", false}, {"10m", true}} {
		p := start(t, "-data", "", "-web", t.TempDir(), "-drain", tt.drain)
		mute, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer mute.Close()
		fmt.Fprintf(mute, "GET /v3.6/agent/rtm/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
		if _, err := mute.Read(make([]byte, 12)); err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if tt.twice {
			for { // until the first is understood
				if status, _ := getText(t, p.url+"/readyz"); status == 503 {
					break
				}
			}
			if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
		}
		for p.lines.Scan() {
		}
		err = p.cmd.Wait()
		if status, _ := p.cmd.ProcessState.Sys().(syscall.WaitStatus); tt.twice != (status.Signaled() && status.Signal() == syscall.SIGTERM) || !tt.twice && err != nil {
			t.Errorf("-drain %s ended with %v: %s", tt.drain, err, p.stderr.String())
		}
	}
}

// TestSlowHeader sends half a request and waits.
func TestSlowHeader(t *testing.T) {
	p := start(t, "-data", "", "-web", t.TempDir())
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: %s\r\n", strings.Repeat("x", 80<<10))
	body, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(body), "HTTP/1.1 431 ") {
		t.Errorf("80 KB of headers got %.100q %v", body, err)
	}
	slow, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	fmt.Fprintf(slow, "GET / HTTP/1.1\r\nHost: localhost\r\n")
	slow.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := slow.Read(make([]byte, 1)); err == nil {
		t.Error("half a request was answered")
	} else if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		t.Error("half a request kept its connection for a minute")
	}
}

func TestMetricsFromHere(t *testing.T) {
	rtm, err := rtmserver.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rtm.Shutdown(context.Background())
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, tt := range []struct {
		who, remote, forwarded, host string
		status                       int
	}{
		{"loopback", "127.0.0.1:9", "", "localhost:8080", 200},
		{"loopback", "127.0.0.1:9", "", "127.0.0.1", 200},
		{"loopback", "[::1]:9", "", "[::1]:8080", 200},
		{"loopback", "127.0.0.1:9", "", "evil.example", 403},
		{"loopback", "192.0.2.1:9", "", "localhost", 403},
		{"loopback", "127.0.0.1:9", "192.0.2.1", "localhost", 403},
		{"loopback", "nonsense", "", "localhost", 403},
		{"any", "192.0.2.1:9", "", "rtmd.example", 200},
		{"off", "127.0.0.1:9", "", "localhost", 418},
	} {
		o := &operate{metrics: choice{value: tt.who}}
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr, r.Host = tt.remote, tt.host
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		w := httptest.NewRecorder()
		o.handler(rtm, next).ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%v: got %d %s", tt, w.Code, w.Body)
		}
		if r.Method, w = "POST", httptest.NewRecorder(); tt.who != "off" {
			if o.handler(rtm, next).ServeHTTP(w, r); w.Code != 405 {
				t.Errorf("%v: POST got %d %s", tt, w.Code, w.Body)
			}
		}
	}
}

func TestOperateFlags(t *testing.T) {
	var l limits
	if err := l.Set("none,requests=2.5,inactivity=30m"); err != nil {
		t.Fatal(err)
	}
	if err := l.Set("pending=7"); err != nil {
		t.Fatal(err)
	}
	want := rtmserver.Limits{Pending: 7, Requests: 2.5, CustomerConnections: -1, AgentConnections: -1, Customers: -1, Seats: -1,
		Unauthorized: -1, Connections: -1, ConnectionRate: -1, Inactivity: 30 * time.Minute}
	if l.Limits != want {
		t.Errorf("the limits are %+v", l.Limits)
	}
	for args, says := range map[string]string{
		"-limit=speed=1":       `"speed" is none of pending, requests, customer-connections`,
		"-limit=pending=x":     `pending: "x" is neither more than 0 nor none`,
		"-limit=pending=0":     `pending: "0" is neither more than 0 nor none`,
		"-limit=requests=NaN":  `requests: "NaN" is neither more than 0 nor none`,
		"-limit=inactivity=30": `inactivity: "30" is no duration such as 30m`,
		"-log=xml":             "must be text or json",
		"-metrics=all":         "must be loopback, any or off",
		"-drain=-1s":           "-drain is -1s; it cannot be less than 0",
	} {
		var stderr bytes.Buffer
		cmd := exec.CommandContext(t.Context(), rtmd, args)
		cmd.Stderr = &stderr
		if err := cmd.Run(); cmd.ProcessState.ExitCode() != 2 || !strings.Contains(stderr.String(), says) {
			t.Errorf("%s: %v, %s", args, err, stderr.String())
		}
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), rtmd, "-data", "", "-addr", "127.0.0.1:0", "-origin", "shop.example")
	cmd.Stderr = &stderr
	if err := cmd.Run(); err == nil || !strings.Contains(stderr.String(), `origin "shop.example": must be a scheme and a host`) {
		t.Errorf("-origin: %v, %s", err, stderr.String())
	}
}
