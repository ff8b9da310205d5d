package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/customer"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestReplay records a real conversation and replays it.
func TestReplay(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	var recording bytes.Buffer
	client, err := customer.Dial(t.Context(), &customer.Options{
		Server: srv.URL, OrganizationID: rtmtest.Organization, HTTPClient: srv.HTTPClient(), Record: &recording,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Login(t.Context(), customer.Token(srv.CustomerToken(t))); err != nil {
		t.Fatal(err)
	}
	req := customer.Start(customer.Message("recorded"))
	req.Continuous = true
	if _, err := client.StartChat(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	client.Close()
	file := filepath.Join(t.TempDir(), "session.jsonl")
	if err := os.WriteFile(file, recording.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}

	var first, second, stderr bytes.Buffer
	if code := replay([]string{file}, &first, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	replay([]string{file}, &second, &stderr)
	if first.String() != second.String() {
		t.Error("a second replay prints something else")
	}
	for _, want := range []string{"dial ws://rtm.test", "state live", "start_chat", "outputs, state "} {
		if !strings.Contains(first.String(), want) {
			t.Errorf("no %q in:\n%s", want, first.String())
		}
	}

	header, _, _ := strings.Cut(recording.String(), "\n")
	if err := os.WriteFile(file, []byte(header+"\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := replay([]string{file}, &first, &stderr); code != 1 || !strings.Contains(stderr.String(), "line 2: ") {
		t.Errorf("a broken recording: code %d, %s", code, stderr.String())
	}
	if code := replay(nil, &first, &stderr); code != 2 {
		t.Errorf("no file: code %d", code)
	}
}
