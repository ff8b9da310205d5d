package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// snippet returns the n-th block of a language in the README, with the demo's
// address in place of the one it names.
func snippet(t *testing.T, demo demo, language string, n int) string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(readme), "```"+language+"\n")
	if n+1 >= len(blocks) {
		t.Fatalf("the README has %d blocks of %s", len(blocks)-1, language)
	}
	block, _, _ := strings.Cut(blocks[n+1], "```")
	return strings.ReplaceAll(block, "http://127.0.0.1:8080", demo.url)
}

// elsewhere serves a page on an origin of its own.
func elsewhere(t *testing.T, html string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusNoContent) // favicon.ico
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(html))
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// TestREADME does what the README says: its bot answers its page and its
// widget.
func TestREADME(t *testing.T) {
	demo := startDemo(t)
	startBot(t, demo)
	b := started(t)

	page := open(t, b, "readme", elsewhere(t, snippet(t, demo, "html", 0)), 800, 600)
	page.waitText("body", "You said: Hello from a page")
	page.do(chromedp.Reload())
	page.waitText("body", "You said: Hello from a page")

	// The browser keeps the customer, so the widget finds the page's chat.
	widget := open(t, b, "readme-widget", elsewhere(t, "<!doctype html><title>widget</title>"+snippet(t, demo, "html", 1)), 800, 600)
	widget.click(chat + "[part~=launcher]")
	widget.waitText(chat+"[part~=timeline]", "You said: Hello from a page")
	widget.write(chat+"[part~=composer] textarea", "And from the widget")
	widget.enter()
	widget.waitText(chat+"[part~=timeline]", "You said: And from the widget")
	page.waitText("body", "And from the widget")
	demo.quiet(t, page, widget)
}

// TestREADMETool loads the README's seed and sends what it has curl send.
func TestREADMETool(t *testing.T) {
	demo := startDemo(t)
	if _, err := rtmserver.LoadSeed([]byte(snippet(t, demo, "json", 0))); err != nil {
		t.Error(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	posts := regexp.MustCompile(`curl -H "\$J" \$U/(\S+) -d '([^']+)'`).FindAllStringSubmatch(string(readme), -1)
	if len(posts) < 3 {
		t.Errorf("the README has %d requests to the control API", len(posts))
	}
	for _, post := range posts {
		res, err := http.Post(demo.url+"/_rtmd/"+post[1], "application/json", strings.NewReader(post[2]))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s: %s", post[0], res.Status, body)
		}
	}
}

// startBot runs the README's program until the test ends, and waits until its
// agent takes chats.
func startBot(t *testing.T, demo demo) {
	t.Helper()
	source := `package main

import (
	"context"
	"log"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
)

func main() { log.Fatal(run(context.Background())) }

func run(ctx context.Context) error {
` + snippet(t, demo, "go", 0) + `
	return nil
}
`
	dir, err := os.MkdirTemp(".", "_readme-") // within the module, and no part of it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	bot := filepath.Join(t.TempDir(), "bot")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bot, "./"+dir).CombinedOutput(); err != nil {
		t.Fatalf("the README's Go does not compile: %v\n%s", err, out)
	}

	watcher, err := agent.Dial(t.Context(), &agent.Options{Server: demo.url})
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Close()
	statuses := rtm.Subscribe[*agent.RoutingStatusSet](watcher)
	if _, err := watcher.Login(t.Context(), agent.Token("dal:agent2")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), bot)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Wait() }) // the test's context kills it
	for push, err := range statuses.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if push.AgentID == "agent1@example.com" && push.Status == agent.RoutingStatusAcceptingChats {
			break
		}
	}
	if err := watcher.Logout(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}
