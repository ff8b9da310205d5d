package rtmtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// A peer is a client that does nothing by itself.
type peer struct {
	t    *testing.T
	net  *rtmtest.Network
	host *rtmtest.Host
	*line
	sent time.Time
	last int
}

// A line is one connection of a peer.
type line struct {
	ws  *websocket.Conn
	in  chan string // what comes, until the connection ends
	err error       // why it ended, once in is closed
}

const (
	customerPath = "/v3.6/customer/rtm/ws?organization_id=" + rtmtest.Organization
	agentPath    = "/v3.6/agent/rtm/ws"
)

// dial opens a connection from a host of its own.
func dial(t *testing.T, net *rtmtest.Network, url string) *peer {
	t.Helper()
	p := &peer{t: t, net: net, host: net.NewHost()}
	p.dial(url)
	return p
}

func (p *peer) dial(url string) {
	p.t.Helper()
	if err := p.tryDial(p.t.Context(), url); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) tryDial(ctx context.Context, url string) error {
	if strings.HasPrefix(url, "/") {
		url = p.net.URL + url
	}
	ws, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: p.host.HTTPClient()})
	if err != nil {
		return err
	}
	l := &line{ws: ws, in: make(chan string, 1000)}
	p.line = l
	done := make(chan struct{})
	p.t.Cleanup(func() { ws.CloseNow(); <-done })
	go func() {
		defer close(done)
		defer close(l.in)
		for {
			_, frame, err := ws.Read(context.Background())
			if err != nil {
				l.err = err
				return
			}
			l.in <- string(frame)
		}
	}()
	return nil
}

// send sends a request and returns its id.
func (p *peer) send(action, payload string) string {
	p.t.Helper()
	p.last++
	id := strconv.Itoa(p.last)
	p.sent = time.Now()
	frame := `{"request_id":"` + id + `","action":"` + action + `","payload":` + payload + `}`
	if err := p.ws.Write(context.Background(), websocket.MessageText, []byte(frame)); err != nil {
		p.t.Fatal(err)
	}
	return id
}

// next returns the next frame, "" when there is none for a minute, or no more.
func (p *peer) next() string {
	select {
	case frame := <-p.in:
		return frame
	case <-time.After(time.Minute):
		return ""
	}
}

// answer returns the answer to a request, "" when there is none; pushes before
// it are passed over.
func (p *peer) answer(id string) string {
	for {
		frame := p.next()
		if frame == "" || strings.Contains(frame, `"type":"response"`) && strings.Contains(frame, `"request_id":"`+id+`"`) {
			return frame
		}
	}
}

func (p *peer) call(action, payload string) string {
	p.t.Helper()
	answer := p.answer(p.send(action, payload))
	if !strings.Contains(answer, `"success":true`) {
		p.t.Fatalf("%s: %q, %v", action, answer, p.err)
	}
	return answer
}

func (p *peer) login(token string) {
	p.t.Helper()
	p.call("login", `{"token":"Bearer `+token+`"}`)
}

// talk brings a customer with a chat and its agent onto a network.
func talk(t *testing.T, seed uint64) (net *rtmtest.Network, visitor, desk *peer, token, chat string) {
	t.Helper()
	net = rtmtest.NewNetwork(t, seed, rtmtest.Faults{})
	desk = dial(t, net, agentPath)
	desk.login(rtmtest.AgentToken)
	visitor = dial(t, net, customerPath)
	g := newGrant(net, visitor.host)
	token, err := g.token(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	visitor.login(token)
	var answer struct {
		Payload struct {
			ChatID string `json:"chat_id"`
		}
	}
	decode([]byte(visitor.call("start_chat", `{"chat":{"thread":{"events":[{"type":"message","text":"first"}]}}}`)), &answer)
	desk.call("ping", `{}`)
	time.Sleep(time.Second)
	visitor.drain()
	desk.drain()
	return net, visitor, desk, token, answer.Payload.ChatID
}

func (p *peer) drain() {
	synctest.Wait()
	for len(p.in) > 0 {
		<-p.in
	}
}

func say(chat, text string) string {
	return `{"chat_id":"` + chat + `","event":{"type":"message","text":"` + text + `"}}`
}

// texts returns what the server has of a chat.
func texts(t *testing.T, net *rtmtest.Network, chat string) string {
	var all []string
	for _, e := range witness(t, net.NewHost().HTTPClient(), net.URL, chat) {
		all = append(all, e.Text)
	}
	return strings.Join(all, " ")
}

func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// A grant gets tokens for one customer, which live for some seconds.
type grant struct {
	client   *http.Client
	url      string
	lifetime atomic.Int64
	cookies  []*http.Cookie
	last     string
}

// longLife is the lifetime of a token that does not expire in a test.
const longLife = 28800

func newGrant(net *rtmtest.Network, host *rtmtest.Host) *grant {
	g := &grant{client: host.HTTPClient(), url: net.URL + "/v2/customer/token"}
	g.lifetime.Store(longLife)
	return g
}

func (g *grant) token(ctx context.Context, fresh bool) (string, error) {
	if g.last != "" && !fresh {
		return g.last, nil
	}
	body := fmt.Sprintf(`{"grant_type":"cookie","response_type":"token","client_id":"rtmtest","organization_id":%q,"expires_in":%d}`, rtmtest.Organization, g.lifetime.Load())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	for _, c := range g.cookies {
		req.AddCookie(c)
	}
	res, err := g.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return "", err
	}
	if g.cookies == nil {
		g.cookies = res.Cookies()
	}
	g.last = answer.AccessToken
	return g.last, nil
}
