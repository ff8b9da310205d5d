package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestControl reaches the control API of a real rtmd beside /_rtmd/csp, and not
// when it is off.
func TestControl(t *testing.T) {
	get := func(url string) (int, string) {
		t.Helper()
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var body bytes.Buffer
		if _, err := body.ReadFrom(res.Body); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, body.String()
	}
	p := start(t, "-web", t.TempDir())
	code, text := get(p.url + "/_rtmd/")
	var list struct {
		Endpoints []struct{ Path string } `json:"endpoints"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil || code != 200 || len(list.Endpoints) < 15 {
		t.Errorf("/_rtmd/: %d %s", code, text)
	}
	if code, text := get(p.url + "/_rtmd/csp"); code != 200 || text != `{"reports":0}` {
		t.Errorf("/_rtmd/csp: %d %s", code, text)
	}
	res, err := http.Post(p.url+"/_rtmd/faults", "application/json", strings.NewReader(`{"effect":"refuse","status":502}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	const socket = "/v3.6/customer/rtm/ws?organization_id=11111111-1111-4111-8111-111111111111"
	if code, text := get(p.url + socket); code != 502 {
		t.Errorf("a refused dial: %d %s", code, text)
	}
	if _, text := get(p.url + "/_rtmd/journal"); !strings.Contains(text, `"kind":"refused"`) {
		t.Errorf("the journal is %s", text)
	}
	p.stop(t, os.Interrupt)

	p = start(t, "-web", t.TempDir(), "-control", "off")
	if code, text := get(p.url + "/_rtmd/"); code != 404 || !strings.Contains(text, "rtmd -control") {
		t.Errorf("off: %d %s", code, text)
	}
	if rest := p.stop(t, os.Interrupt); len(rest) != 0 {
		t.Errorf("printed %q", rest)
	}

	out, err := exec.Command(rtmd, "-control", "all").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "must be loopback, any or off") {
		t.Errorf("-control all: %v %s", err, out)
	}
}
