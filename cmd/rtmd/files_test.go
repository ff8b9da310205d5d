package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"testing"
)

// uploadFile uploads a text as an agent and returns the path of its address.
func uploadFile(t *testing.T, server, text string) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "a.txt")
	if err == nil {
		_, err = part.Write([]byte(text))
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server+"/v3.6/agent/action/upload_file", &body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", "Bearer dal:agent1")
	data, err := answer(req)
	if err != nil {
		return "", err
	}
	var v struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return "", err
	}
	u, err := url.Parse(v.URL)
	if err != nil {
		return "", err
	}
	return u.Path, nil
}

// answer sends a request that must succeed.
func answer(req *http.Request) ([]byte, error) {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, data)
	}
	return data, err
}

// readFile gets a file of a server.
func readFile(t *testing.T, server, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := answer(req)
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	return string(data)
}

// TestFilesOutliveKill kills rtmd while files are uploaded: each that was answered
// for is there afterwards.
func TestFilesOutliveKill(t *testing.T) {
	dir := t.TempDir()
	p := start(t, "-web", t.TempDir(), "-data", dir)
	var mu sync.Mutex
	answered := map[string]string{} // texts by path
	enough := make(chan struct{})
	var once sync.Once
	var uploads sync.WaitGroup
	for i := range 4 {
		uploads.Go(func() {
			for n := 0; ; n++ {
				text := fmt.Sprintf("file %d of %d", n, i)
				path, err := uploadFile(t, p.url, text)
				if err != nil {
					return // it is dead
				}
				mu.Lock()
				answered[path] = text
				if len(answered) == 25 {
					once.Do(func() { close(enough) })
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.cmd.Wait()
	uploads.Wait()
	p = start(t, "-web", t.TempDir(), "-data", dir)
	for path, want := range answered {
		if got := readFile(t, p.url, path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	p.stop(t, syscall.SIGTERM)
}
