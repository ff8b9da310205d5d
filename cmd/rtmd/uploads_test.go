package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestPublicURL has a proxy in front: rtmd answers for its name, and files are found
// there.
func TestPublicURL(t *testing.T) {
	p := start(t, "-web", t.TempDir(), "-public-url", "https://chat.example.com/base", "-file-space", "100")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "chat.example.com"
	if _, err := answer(req); err != nil {
		t.Errorf("for its public name: %v", err)
	}
	req.Host = "chat.example.net"
	if _, err := answer(req); err == nil {
		t.Error("it answers for a name that nobody gave it")
	}
	path, err := uploadFile(t, p.url, "hello")
	if err != nil || !strings.HasPrefix(path, "/base/files/") {
		t.Errorf("the file is at %q, %v", path, err)
	}
	if _, err := uploadFile(t, p.url, strings.Repeat("x", 96)); err == nil || !strings.Contains(err.Error(), "limit_reached") {
		t.Errorf("over -file-space: %v", err)
	}
	p.stop(t, os.Interrupt)
}

// TestForeignFiles sends a file that was not uploaded.
func TestForeignFiles(t *testing.T) {
	for _, accepted := range []bool{false, true} {
		args := []string{"-web", t.TempDir()}
		if accepted {
			args = append(args, "-foreign-files")
		}
		p := start(t, args...)
		call := func(action, body string) (data []byte, err error) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/v3.6/agent/action/"+action, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer dal:agent1")
			return answer(req)
		}
		var chat struct {
			ID string `json:"chat_id"`
		}
		data, err := call("start_chat", "{}")
		if err != nil || json.Unmarshal(data, &chat) != nil {
			t.Fatalf("start_chat: %v %s", err, data)
		}
		_, err = call("send_event", `{"chat_id":"`+chat.ID+`","event":{"type":"file","url":"https://elsewhere.example/a.png","visibility":"all"}}`)
		if accepted != (err == nil) {
			t.Errorf("-foreign-files=%t: %v", accepted, err)
		}
		p.stop(t, os.Interrupt)
	}
}

func TestUploadFlags(t *testing.T) {
	for text, want := range map[string]size{"1": 1, "500MB": 500 << 20, "2gb": 2 << 30, "8388607TB": 8388607 << 40} {
		var s, again size
		if err := s.Set(text); err != nil || s != want {
			t.Errorf("%s is %d, %v", text, s, err)
		}
		if err := again.Set(s.String()); err != nil || again != s {
			t.Errorf("%s is printed as %s", text, s.String())
		}
	}
	for arg, says := range map[string]string{
		"-file-space=0":                      "must be a number of bytes",
		"-file-space=-1GB":                   "must be a number of bytes",
		"-file-space=8388608TB":              "must be a number of bytes",
		"-file-space=1e400":                  "must be a number of bytes",
		"-file-space=NaN":                    "must be a number of bytes",
		"-public-url=chat.example.com":       "must be an http or https address",
		"-public-url=ftp://chat.example.com": "must be an http or https address",
		"-public-url=https://":               "must be an http or https address",
		"-public-url=https://a@b":            "must be an http or https address",
		"-public-url=https://b?x":            "must be an http or https address",
		"-journal=-1":                        "-journal is -1; it cannot be less than 0",
		"-limit=requests=Inf":                "neither more than 0 nor none",
		"-limit=requests=1e400":              "neither more than 0 nor none",
		"-limit=connection-rate=-1":          "neither more than 0 nor none",
		"-limit=pending=9223372036854775808": "neither more than 0 nor none",
	} {
		out, err := exec.CommandContext(t.Context(), rtmd, arg).CombinedOutput()
		if code := err.(*exec.ExitError).ExitCode(); code != 2 || !strings.Contains(string(out), says) {
			t.Errorf("%s: %d %s", arg, code, out)
		}
	}
}

// TestHelp holds -help to naming what there is.
func TestHelp(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), rtmd, "-help").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"rtmd seed check FILE", "rtmd seed print", "rtmd seed schema", "rtmd replay FILE", "-public-url address", "-sync when", "-limit limits"} {
		if !strings.Contains(string(out), part) {
			t.Errorf("it does not say %q:\n%s", part, out)
		}
	}
}
