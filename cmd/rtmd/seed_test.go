package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

func TestSeedCommand(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	printed, err := exec.CommandContext(t.Context(), rtmd, "seed", "print").Output()
	if err != nil {
		t.Fatal(err)
	}
	good := write("good.json", string(printed))
	bad := write("bad.json", strings.Replace(strings.Replace(string(printed), `"administrator"`, `"boss"`, 1), `"dal:agent2"`, `"dal:agent1"`, 1))
	future := write("future.json", `{"organizations":[{"id":"11111111-1111-4111-8111-111111111111","groups":[{"id":0}],"chats":[{"threads":[{"created_at":"9999-01-01T00:00:00Z"}]}]}]}`)
	for _, tt := range []struct {
		args  []string
		code  int
		lines []string // of both outputs, how they begin
	}{
		{[]string{"seed", "check", good}, 0, []string{good + ": fine"}},
		{[]string{"seed", "check", "../../rtm/rtmserver/testdata/shop.json"}, 0, []string{"../../rtm/rtmserver/testdata/shop.json: fine"}},
		{[]string{"seed", "check", bad}, 1, []string{
			bad + `:26:19: organizations[0].agents[0].role: must be one of owner, viceowner, administrator, normal, not "boss"`,
			bad + ":32:13: organizations[0].agents[1].tokens[0]: is another's token, or the same one twice",
		}},
		{[]string{"-addr", "127.0.0.1:0", "-seed", bad}, 1, []string{bad + ":26:19: ", bad + ":32:13: "}},
		{[]string{"seed", "check", future}, 1, []string{future + ":1:119: organizations[0].chats[0].threads[0].created_at: must not be in the future"}},
		{[]string{"seed", "check", filepath.Join(dir, "none.json")}, 1, []string{"rtmd: rtmserver: seed: open "}},
		{[]string{"seed", "check"}, 2, []string{"usage: rtmd seed check FILE", "       rtmd seed print", "       rtmd seed schema"}},
		{[]string{"seed"}, 2, []string{"usage: ", "", ""}},
		{[]string{"seed", "eat", "x"}, 2, []string{"usage: ", "", ""}},
	} {
		cmd := exec.CommandContext(t.Context(), rtmd, tt.args...)
		out, _ := cmd.CombinedOutput()
		lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		ok := len(lines) == len(tt.lines) && cmd.ProcessState.ExitCode() == tt.code
		for i := range tt.lines {
			ok = ok && strings.HasPrefix(lines[i], tt.lines[i])
		}
		if !ok {
			t.Errorf("%q: exit code %d and\n%s\nwant %d and %q", tt.args, cmd.ProcessState.ExitCode(), out, tt.code, tt.lines)
		}
	}
	schema, err := exec.CommandContext(t.Context(), rtmd, "seed", "schema").Output()
	if err != nil || string(schema) != string(rtmserver.SeedSchema()) {
		t.Errorf("the schema is %d bytes, %v", len(schema), err)
	}
}

// TestServesSeeds asks for a token of an organization that only one seed has.
func TestServesSeeds(t *testing.T) {
	for name, want := range map[string]int{"demo": 200, "empty": 400, "../../rtm/rtmserver/testdata/shop.json": 200} {
		p := start(t, "-web", t.TempDir(), "-seed", name)
		resp, err := http.Post(p.url+"/v2/customer/token", "application/json",
			strings.NewReader(`{"grant_type":"cookie","client_id":"c","response_type":"token","organization_id":"11111111-1111-4111-8111-111111111111"}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("-seed %s: %d, want %d", name, resp.StatusCode, want)
		}
		p.stop(t, syscall.SIGTERM)
	}
}
