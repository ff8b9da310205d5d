package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver/natslog"
)

var kills = flag.Int("kills", 12, "how often the tests kill rtmd")

const organization = "11111111-1111-4111-8111-111111111111"

// A caller is a raw client that waits for each answer.
type caller struct{ ws *websocket.Conn }

// dialCaller connects to the customer or the agent API of a server, and logs in.
func dialCaller(ctx context.Context, url, api, token string) (*caller, error) {
	ws, _, err := websocket.Dial(ctx, url+"/v3.6/"+api+"/rtm/ws?organization_id="+organization, nil)
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(64 << 20)
	c := &caller{ws}
	// Away, so that no chat is routed to an agent that only looks.
	payload := map[string]any{"token": "Bearer " + token}
	if api == "agent" {
		payload["away"] = true
	}
	if err := c.call(ctx, "login", payload, nil); err != nil {
		ws.CloseNow()
		return nil, err
	}
	return c, nil
}

// customerToken makes a customer.
func customerToken(ctx context.Context, url string) (string, error) {
	body := `{"grant_type":"cookie","response_type":"token","client_id":"test","organization_id":"` + organization + `"}`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v2/customer/token", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	data, err := io.ReadAll(res.Body)
	if err == nil {
		err = json.Unmarshal(data, &token)
	}
	if err == nil && token.AccessToken == "" {
		err = fmt.Errorf("no token: %s", data)
	}
	return token.AccessToken, err
}

// call returns once the request was answered with a success.
func (c *caller) call(ctx context.Context, action string, payload, into any) error {
	data, err := json.Marshal(map[string]any{"action": action, "payload": payload})
	if err != nil {
		return err
	}
	if err := c.ws.Write(ctx, websocket.MessageText, data); err != nil {
		return err
	}
	for {
		_, data, err := c.ws.Read(ctx)
		if err != nil {
			return err
		}
		var f struct {
			Type    string          `json:"type"`
			Success bool            `json:"success"`
			Payload json.RawMessage `json:"payload"`
		}
		if err := json.Unmarshal(data, &f); err != nil {
			return err
		}
		switch {
		case f.Type != "response":
		case !f.Success:
			return fmt.Errorf("%s: %s", action, f.Payload)
		case into != nil:
			return json.Unmarshal(f.Payload, into)
		default:
			return nil
		}
	}
}

// A promise is a chat and the events of it that were answered, by their ids.
type promise struct {
	chat  string
	texts map[string]string
}

// keepTalking has a customer start a chat and send until its connection ends. It
// calls answered after each answer.
func keepTalking(ctx context.Context, url, name string, answered func()) *promise {
	p := &promise{texts: map[string]string{}}
	token, err := customerToken(ctx, url)
	if err != nil {
		return p
	}
	c, err := dialCaller(ctx, url, "customer", token)
	if err != nil {
		return p
	}
	defer c.ws.CloseNow()
	var made struct {
		ChatID   string   `json:"chat_id"`
		EventIDs []string `json:"event_ids"`
	}
	message := func(text string) any { return map[string]any{"type": "message", "text": text} }
	first := map[string]any{"thread": map[string]any{"events": []any{message(name)}}}
	if err := c.call(ctx, "start_chat", map[string]any{"continuous": true, "chat": first}, &made); err != nil {
		return p
	}
	p.chat = made.ChatID
	p.texts[made.EventIDs[0]] = name
	answered()
	for n := 1; ; n++ {
		text := fmt.Sprint(name, " ", n)
		var sent struct {
			EventID string `json:"event_id"`
		}
		if err := c.call(ctx, "send_event", map[string]any{"chat_id": p.chat, "event": message(text)}, &sent); err != nil {
			return p
		}
		p.texts[sent.EventID] = text
		answered()
	}
}

// kept fails unless the server has all of a promise, each event once, in the order
// in which it was sent.
func (p *promise) kept(t *testing.T, c *caller) {
	t.Helper()
	if p.chat == "" {
		return
	}
	var chat struct {
		Thread struct {
			Events []struct {
				ID, Text, Type string
			}
		}
	}
	if err := c.call(t.Context(), "get_chat", map[string]any{"chat_id": p.chat}, &chat); err != nil {
		t.Errorf("a chat whose start was answered: %v", err)
		return
	}
	found, last := 0, -1
	for _, e := range chat.Thread.Events {
		if e.Type != "message" {
			continue
		}
		n := 0
		if _, number, ok := strings.Cut(e.Text, " "); ok {
			fmt.Sscan(number, &n)
		}
		if n != last+1 {
			t.Errorf("in chat %s %q is behind number %d", p.chat, e.Text, last)
		}
		last = n
		text, answered := p.texts[e.ID]
		if answered {
			found++
		}
		if answered && text != e.Text {
			t.Errorf("event %s was %q and is %q", e.ID, text, e.Text)
		}
	}
	if found != len(p.texts) {
		t.Errorf("of chat %s %d events were answered and %d are there", p.chat, len(p.texts), found)
	}
}

// senders are so many that rtmd stores events of several of them in one entry.
const senders = 16

// TestKilled kills rtmd with -9 again and again, at any moment while customers
// send: all that was answered is there afterwards.
func TestKilled(t *testing.T) {
	for _, how := range []string{"1s", "always"} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			var promises []*promise
			answered := 0
			for round := range *kills {
				p := start(t, "-web", dir, "-data", dir, "-sync", how)
				var wg sync.WaitGroup
				var mu sync.Mutex
				var now []*promise
				var answers atomic.Int64
				limit := 1 + rand.Int64N(400)
				answer := func() {
					if answers.Add(1) == limit {
						_ = p.cmd.Process.Kill() // while the others wait for theirs
					}
				}
				for i := range senders {
					wg.Go(func() {
						made := keepTalking(t.Context(), p.url, fmt.Sprintf("r%dc%d", round, i), answer)
						mu.Lock()
						defer mu.Unlock()
						now = append(now, made)
					})
				}
				wg.Wait()
				if answers.Load() < limit {
					t.Fatalf("after %d answers nobody is connected any more: %s", answers.Load(), p.stderr.String())
				}
				_ = p.cmd.Wait() // killed
				for _, made := range now {
					answered += len(made.texts)
				}
				promises = append(promises, now...)
			}
			if answered == 0 {
				t.Fatal("nothing was answered in all rounds")
			}
			p := start(t, "-web", dir, "-data", dir)
			look, err := dialCaller(t.Context(), p.url, "agent", "dal:agent1")
			if err != nil {
				t.Fatal(err)
			}
			defer look.ws.CloseNow()
			for _, made := range promises {
				made.kept(t, look)
			}
			t.Logf("%d events were answered in %d rounds", answered, *kills)
			p.stop(t, syscall.SIGTERM)
			if bytes.Contains(p.stderr.Bytes(), []byte("ERROR")) {
				t.Errorf("standard error: %s", p.stderr.String())
			}
			if batches(t, dir) == 0 {
				t.Error("no entry has events of several chats: nothing was killed in a batch")
			}
		})
	}
}

// batches is how many entries of a directory's log have events of several chats.
func batches(t *testing.T, dir string) (n int) {
	t.Helper()
	log, err := natslog.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for entry, err := range log.Read(t.Context(), organization, 0) {
		if err != nil {
			t.Fatal(err)
		}
		var records []struct {
			Kind   string
			ChatID string `json:"chat_id"`
		}
		if err := json.Unmarshal(entry, &records); err != nil {
			t.Fatal(err)
		}
		chats := map[string]bool{}
		for _, r := range records {
			if r.Kind == "event_added" {
				chats[r.ChatID] = true
			}
		}
		if len(chats) > 1 {
			n++
		}
	}
	return n
}

// TestData stops rtmd and starts it again on its directory, which nobody else can
// have meanwhile.
func TestData(t *testing.T) {
	dir := t.TempDir()
	p := start(t, "-web", dir, "-data", dir)
	token, err := customerToken(t.Context(), p.url)
	if err != nil {
		t.Fatal(err)
	}
	c, err := dialCaller(t.Context(), p.url, "customer", token)
	if err != nil {
		t.Fatal(err)
	}
	defer c.ws.CloseNow()
	var made struct {
		ChatID string `json:"chat_id"`
	}
	if err := c.call(t.Context(), "start_chat", map[string]any{"continuous": true}, &made); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), rtmd, "-addr", "127.0.0.1:0", "-web", dir, "-data", dir).CombinedOutput()
	if want := "rtmd: -data: natslog: " + dir + ": another process uses it: each needs a directory of its own\n"; err == nil || string(out) != want {
		t.Errorf("a second rtmd on the directory: %v, %q, want %q", err, out, want)
	}
	c.ws.CloseNow()
	if p.stop(t, syscall.SIGTERM); p.stderr.Len() > 0 {
		t.Errorf("standard error: %s", p.stderr.String())
	}
	p = start(t, "-web", dir, "-data", dir)
	again, err := dialCaller(t.Context(), p.url, "customer", token)
	if err != nil {
		t.Fatal(err)
	}
	defer again.ws.CloseNow()
	if err := again.call(t.Context(), "get_chat", map[string]any{"chat_id": made.ChatID}, nil); err != nil {
		t.Error(err)
	}
	again.ws.CloseNow()
	if p.stop(t, syscall.SIGTERM); p.stderr.Len() > 0 {
		t.Errorf("standard error: %s", p.stderr.String())
	}
}
