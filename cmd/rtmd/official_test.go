package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// official has the vendor's clients, which npm puts there as they are, and the
// conversations that they hold. They are for tests: nothing else uses them.
const official = "testdata/official"

// capabilities are the rows of the README's table.
var capabilities = []string{"login", "start", "send both ways", "history", "properties", "tags", "transfer", "follow", "queue", "deactivate", "resume", "reconnect", "Web API"}

// agentsOnly are those that customers can have no part in, with a method that says so.
var agentsOnly = map[string]string{"tags": "tag_thread", "follow": "follow_chat"}

var tapLine = regexp.MustCompile(`(?m)^(not ok|ok) \d+ - (.*)$`)

var errRunning = errors.New("the conversation goes on")

// TestOfficialClients has the vendor's clients talk to rtmd over TLS. Those with fixed
// addresses are led here below their sockets; the certificate is checked as ever. The
// README's table must say what passed, no more and no less.
func TestOfficialClients(t *testing.T) {
	if _, err := os.Stat(filepath.Join(official, "node_modules", ".package-lock.json")); err != nil {
		t.Fatalf("the clients are not installed, make test does it, or npm ci in cmd/rtmd/%s: %v", official, err)
	}
	passed := map[string][]string{} // capabilities by column
	for _, client := range []string{"lc-sdk-js", "chat-sdk"} {
		for _, name := range converse(t, client) {
			side, capability, _ := strings.Cut(name, ": ")
			if !slices.Contains(capabilities, capability) {
				t.Errorf("%s: the test %q is no row of the table", client, name)
			}
			column := client + " " + installed(t, client) + ", " + side
			passed[column] = append(passed[column], capability)
		}
	}
	compareMatrix(t, passed)
}

// converse runs the tests of a client against an rtmd of their own, and returns the names
// of those that passed.
func converse(t *testing.T, client string) (passed []string) {
	cert, key := writeCertificate(t, "api.livechatinc.com")
	args := []string{"-web", t.TempDir(), "-data", t.TempDir(), "-tls", "-cert", cert, "-key", key, "-host", "api.livechatinc.com"}
	p := start(t, args...)
	address := strings.TrimPrefix(p.url, "https://")
	restarts := make(chan chan struct{})
	control := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		done := make(chan struct{})
		select {
		case restarts <- done:
			<-done
		case <-t.Context().Done():
		}
	}))
	t.Cleanup(control.Close)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--require", "./hosts.cjs", "--test-reporter=tap", client+".mjs")
	cmd.Dir = official
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+cert, "RTMD_SERVER=localhost:"+port, "RTMD_RESTART="+control.URL,
		"RTMD_HOSTS=api.livechatinc.com:443="+address+",localhost:"+port+"="+address) // localhost may be ::1 first
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for err = errRunning; err == errRunning; {
		select {
		case done := <-restarts:
			// kill -9, so nothing is told to the clients.
			if err := p.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			p.cmd.Wait()
			p = start(t, append(args, "-addr", address)...)
			close(done)
		case err = <-ended:
		}
	}
	for _, m := range tapLine.FindAllStringSubmatch(out.String(), -1) {
		t.Run(client+"/"+m[2], func(t *testing.T) {
			if m[1] != "ok" {
				t.Fail()
			}
		})
		if m[1] == "ok" {
			passed = append(passed, m[2])
		}
	}
	if err != nil || len(passed) == 0 {
		t.Errorf("%s: %v, %d passed\n%s", client, err, len(passed), out.String())
	}
	return passed
}

// installed is the version of a client.
func installed(t *testing.T, client string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(official, "node_modules", "@livechat", client, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Version string }
	if err := json.Unmarshal(data, &p); err != nil || p.Version == "" {
		t.Fatalf("%s: version %q, %v", client, p.Version, err)
	}
	return p.Version
}

// compareMatrix holds the README's table of clients and capabilities to what passed: "yes"
// where a test did, "-" where that side's API, or that client, has no such thing.
func compareMatrix(t *testing.T, passed map[string][]string) {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	columns := slices.Sorted(maps.Keys(passed))
	for _, column := range columns {
		for _, capability := range capabilities {
			has := true
			if method := agentsOnly[capability]; method != "" && strings.HasSuffix(column, "customer") {
				has = catalogue.Customer().Method(method) != nil
			} else if capability == "Web API" {
				has = !strings.HasPrefix(column, "chat-sdk") // it speaks over its socket alone
			}
			if has != slices.Contains(passed[column], capability) {
				t.Errorf("%s: %s can be had: %v, passed: %v", column, capability, has, !has)
			}
		}
	}
	fmt.Fprintf(&want, "| | %s |\n|---|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, capability := range capabilities {
		fmt.Fprintf(&want, "| %s |", capability)
		for _, column := range columns {
			cell := "-"
			if slices.Contains(passed[column], capability) {
				cell = "yes"
			}
			fmt.Fprintf(&want, " %s |", cell)
		}
		want.WriteString("\n")
	}
	if !bytes.Contains(readme, []byte("\n\n"+want.String()+"\n")) {
		t.Errorf("README.md does not have the table of what passed:\n%s", want.String())
	}
}
