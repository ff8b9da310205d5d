package rtmtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/customer"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// A talker is a client of a server that is told to misbehave.
type talker struct {
	t      *testing.T
	name   string // c or a
	conn   *rtm.Conn
	outbox rtm.Outbox
	*collector

	mu    sync.Mutex
	fresh int // how often it was asked for another token
}

// logIn connects a client and logs it in. Its token source counts.
func logIn(t *testing.T, srv *rtmtest.Server, api session.API, more func(*rtm.Options)) *talker {
	t.Helper()
	p := &talker{t: t, name: map[session.API]string{session.Agent: "a", session.Customer: "c"}[api], outbox: rtm.MemoryOutbox()}
	source := func(context.Context, bool) (string, error) { return rtmtest.AgentToken, nil }
	opts := &rtm.Options{Server: srv.URL, HTTPClient: srv.HTTPClient(), Outbox: p.outbox, Seed: 7, PushBuffer: 1000}
	if api == session.Customer {
		opts.OrganizationID = rtmtest.Organization
		source = customer.CookieGrant(srv.URL, rtmtest.Organization, "test", srv.HTTPClient())
	}
	opts.Token = func(ctx context.Context, fresh bool) (string, error) {
		p.mu.Lock()
		if fresh {
			p.fresh++
		}
		p.mu.Unlock()
		return source(ctx, fresh)
	}
	if more != nil {
		more(opts)
	}
	var err error
	if p.conn, err = rtm.Dial(t.Context(), rtm.Dialect{API: api}, opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.conn.Close() })
	p.collector = collect(p.conn)
	if _, err := rtm.Login[json.RawMessage](t.Context(), p.conn, "", map[string]any{}); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *talker) freshTokens() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fresh
}

// start opens a chat.
func (p *talker) start() string {
	p.t.Helper()
	var answer struct {
		ChatID string `json:"chat_id"`
	}
	payload := map[string]any{"continuous": true, "chat": map[string]any{"thread": thread(p.name + "0")}}
	if err := p.conn.CallDurable(p.t.Context(), "start_chat", payload, &answer); err != nil {
		p.t.Fatal(err)
	}
	return answer.ChatID
}

// say sends events, one after the other, and none of them may fail.
func (p *talker) say(chat string, from, to int) {
	p.t.Helper()
	for n := from; n <= to; n++ {
		if err := p.conn.CallDurable(p.t.Context(), "send_event", map[string]any{"chat_id": chat, "event": message(p.name + strconv.Itoa(n))}, nil); err != nil {
			p.t.Errorf("%s%d: %v", p.name, n, err)
		}
	}
}

// settle ends the connections once, so that what a living one has lost is found,
// and waits until all has come to rest.
func settle(srv *rtmtest.Server, talkers ...*talker) {
	srv.RTM.ClearFaults()
	time.Sleep(2 * time.Minute) // of the bubble
	for _, c := range srv.Connections() {
		_, _ = srv.RTM.Disconnect(rtmserver.Disconnection{Connection: c.ID, Reason: "connection_timeout"})
	}
	time.Sleep(2 * time.Minute)
	for _, p := range talkers {
		p.conn.Close()
		<-p.done
	}
}

// TestFaultEffects lets each effect hit a conversation. The clients recover:
// both and the server hold each event exactly once and in the same order.
func TestFaultEffects(t *testing.T) {
	for name, f := range map[string]rtmserver.Fault{
		"drop a push":           {Action: "incoming_event", Nth: 3, Effect: "drop"},
		"drop a request":        {Action: "send_event", Nth: 3, Effect: "drop"},
		"drop a response":       {Action: "send_event", Direction: "response", Nth: 3, Effect: "drop"},
		"delay a push":          {Action: "incoming_event", Every: 3, Effect: "delay", Delay: 4 * time.Second},
		"delay a request":       {Action: "send_event", Nth: 2, Effect: "delay", Delay: 20 * time.Second},
		"delay all":             {API: "customer", Count: 30, Effect: "delay", Delay: 700 * time.Millisecond},
		"duplicate pushes":      {Action: "incoming_event", Every: 2, Effect: "duplicate"},
		"duplicate responses":   {Direction: "response", Every: 2, Effect: "duplicate"},
		"reorder pushes":        {Action: "incoming_event", Every: 2, Effect: "reorder"},
		"reorder all to one":    {User: "agent1@example.com", Probability: 0.5, Effect: "reorder"},
		"truncate":              {Direction: "push", Every: 4, Effect: "corrupt"},
		"flip":                  {Direction: "response", Action: "send_event", Every: 4, Effect: "corrupt", Corrupt: "flip"},
		"garbage":               {API: "agent", Direction: "push", Every: 4, Effect: "corrupt", Corrupt: "garbage"},
		"a broken request":      {Action: "ping", Effect: "corrupt", Corrupt: "garbage", Count: 2},
		"half-open agent":       {User: "agent1@example.com", Count: 1, Effect: "half_open"},
		"half-open customer":    {API: "customer", Action: "send_event", Nth: 3, Effect: "half_open"},
		"half-open twice":       {Direction: "push", Every: 5, Count: 2, Effect: "half_open"},
		"internal":              {Action: "send_event", Nth: 3, Effect: "error", Error: "internal"},
		"done but told not":     {Action: "send_event", Direction: "response", Nth: 2, Effect: "error", Error: "request_timeout"},
		"too many requests":     {Action: "send_event", Every: 3, Effect: "error", Error: "too_many_requests", Count: 2},
		"disconnect on push":    {Action: "incoming_event", Nth: 4, Effect: "disconnect", Reason: "connection_timeout"},
		"disconnect on request": {Action: "send_event", Nth: 4, Effect: "disconnect", Reason: "internal_error"},
		"evicted":               {API: "customer", Action: "send_event", Direction: "response", Nth: 2, Effect: "disconnect", Reason: "connection_evicted"},
		"close 1011":            {Direction: "response", Action: "send_event", Nth: 2, Effect: "close", Code: 1011},
		"close on request":      {Action: "send_event", Nth: 2, Effect: "close", Code: 1012},
		"cut":                   {Direction: "push", Nth: 3, Effect: "close"},
		"cut on request":        {Action: "send_event", Nth: 3, Effect: "close"},
	} {
		bubble(t, name, func(t *testing.T) {
			srv := rtmtest.NewServer(t, nil)
			desk, visitor := logIn(t, srv, session.Agent, nil), logIn(t, srv, session.Customer, nil)
			chat := visitor.start()
			<-desk.chat
			fault := srv.Fault(t, f)
			var both sync.WaitGroup
			for _, p := range []*talker{desk, visitor} {
				both.Go(func() {
					p.say(chat, 1, 6)
					time.Sleep(time.Minute)
					p.say(chat, 7, 8)
				})
			}
			both.Wait()
			time.Sleep(time.Minute)
			if srv.Hits(fault) == 0 {
				t.Errorf("the fault never acted: %+v", srv.RTM.Faults())
			}
			settle(srv, desk, visitor)
			have := witness(t, srv.HTTPClient(), srv.URL, chat)
			for _, p := range []*talker{desk, visitor} {
				for n := range 9 {
					if want := p.name + strconv.Itoa(n); (p == visitor || n > 0) && !slices.ContainsFunc(have, func(e entry) bool { return e.Custom == want }) {
						t.Errorf("the server has no %s", want)
					}
				}
				for _, wrong := range compare(p.name, p.entries(), have) {
					t.Error(wrong)
				}
			}
			marked := func(e rtmserver.JournalEntry) bool {
				return e.Fault == fault && strings.HasPrefix(e.Effect, f.Effect)
			}
			if !slices.ContainsFunc(srv.Journal(), marked) {
				t.Error("the journal does not say what the fault did")
			}
		})
	}
}

// TestFaultsAtTheDial refuses, delays and ends connections before they are there.
func TestFaultsAtTheDial(t *testing.T) {
	for name, f := range map[string]rtmserver.Fault{
		"refuse":     {Effect: "refuse", Count: 2},
		"gateway":    {Effect: "refuse", Status: 502, API: "customer", Count: 1},
		"delay":      {Direction: "dial", Effect: "delay", Delay: 5 * time.Second, Count: 1},
		"half open":  {Direction: "dial", Effect: "half_open", Count: 1},
		"overloaded": {Direction: "dial", Effect: "disconnect", Reason: "service_temporarily_unavailable", Count: 2},
		"close":      {Direction: "dial", Effect: "close", Code: 1013, Count: 1},
		"cut":        {Direction: "dial", Effect: "close", Count: 1, Organization: rtmtest.Organization},
	} {
		bubble(t, name, func(t *testing.T) {
			srv := rtmtest.NewServer(t, nil)
			visitor := logIn(t, srv, session.Customer, nil)
			fault := srv.Fault(t, f)
			me := srv.Connections()[0]
			srv.Disconnect(t, me.User, "connection_timeout")
			time.Sleep(3 * time.Minute)
			if visitor.conn.State() != session.Live {
				t.Errorf("state %v", visitor.conn.State())
			}
			if n := srv.Hits(fault); n != f.Count {
				t.Errorf("it acted %d times", n)
			}
		})
	}
}

// TestHalfOpenFault finds out on both sides, each by itself.
func TestHalfOpenFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := rtmtest.NewServer(t, nil)
		desk := logIn(t, srv, session.Agent, nil)
		srv.Fault(t, rtmserver.Fault{Action: "ping", API: "agent", Count: 1, Effect: "half_open"})
		time.Sleep(20 * time.Second)
		if c := srv.Connections(); len(c) != 1 || !c[0].HalfOpen || c[0].Closing {
			t.Errorf("connections %+v", c)
		}
		time.Sleep(40 * time.Second)
		if c := srv.Connections(); len(c) != 1 || c[0].HalfOpen || desk.conn.State() != session.Live {
			t.Errorf("connections %+v, the client is %v", c, desk.conn.State())
		}
	})
}

// TestDisconnectReasons causes every reason of both catalogues, and the client
// does what its table says.
func TestDisconnectReasons(t *testing.T) {
	for _, api := range []session.API{session.Customer, session.Agent} {
		data := catalogue.Customer()
		if api == session.Agent {
			data = catalogue.Agent()
		}
		for _, reason := range data.DisconnectReasons {
			bubble(t, data.Name+" "+reason.Reason, func(t *testing.T) {
				srv := rtmtest.NewServer(t, nil)
				p := logIn(t, srv, api, nil)
				user := srv.Connections()[0].User
				start := time.Now()
				srv.Disconnect(t, user, reason.Reason)
				synctest.Wait()
				switch reason.Policy {
				case catalogue.Stop, catalogue.Redirect: // nobody says to which region
					if p.conn.State() != session.Stopped {
						t.Fatalf("state %v", p.conn.State())
					}
					end, ok := errors.AsType[*rtm.DisconnectError](p.conn.Err())
					if !ok || string(end.Reason) != reason.Reason {
						t.Errorf("ended with %v", p.conn.Err())
					}
					return
				}
				if p.conn.State() == session.Stopped {
					t.Fatalf("stopped with %v", p.conn.Err())
				}
				for p.conn.State() != session.Live && time.Since(start) < time.Minute {
					time.Sleep(10 * time.Millisecond)
				}
				if p.conn.State() != session.Live {
					t.Errorf("state %v", p.conn.State())
				}
				if took := time.Since(start); reason.Policy == catalogue.ReconnectSlow && took < time.Second {
					t.Errorf("it came back after %v", took)
				}
				if fresh := p.freshTokens(); (fresh > 0) != (reason.Policy == catalogue.NewToken) {
					t.Errorf("it asked for %d new tokens", fresh)
				}
			})
		}
	}
}

// TestWrongRegion sends a client of the vendor's addresses to another region, at
// the dial and at the login.
func TestWrongRegion(t *testing.T) {
	for name, f := range map[string]rtmserver.Fault{
		"dial":  {Direction: "dial", Count: 1},
		"login": {Action: "login", Count: 1},
	} {
		bubble(t, name, func(t *testing.T) {
			srv := rtmtest.NewServer(t, nil)
			var mu sync.Mutex
			var hosts []string
			transport := srv.HTTPClient().Transport.(*http.Transport).Clone()
			transport.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				mu.Lock()
				hosts = append(hosts, addr)
				mu.Unlock()
				return transport.DialContext(ctx, network, addr)
			}
			f.Effect, f.Reason, f.Data = "disconnect", "misdirected_connection", json.RawMessage(`{"region":"fra"}`)
			srv.Fault(t, f)
			visitor := logIn(t, srv, session.Customer, func(o *rtm.Options) {
				o.Server, o.HTTPClient = "", &http.Client{Transport: transport}
			})
			if want := []string{"api.livechatinc.com:443", "api-fra.livechatinc.com:443"}; !slices.Equal(hosts, want) || visitor.conn.State() != session.Live {
				t.Errorf("dialed %q, %v", hosts, visitor.conn.State())
			}
		})
	}
}

// chats is how many chats the server has.
func chats(t *testing.T, srv *rtmtest.Server) int {
	t.Helper()
	var snapshot struct {
		State struct {
			Chats map[string]json.RawMessage `json:"chats"`
		} `json:"state"`
	}
	decode(srv.Snapshot(t, rtmtest.Organization), &snapshot)
	return len(snapshot.State.Chats)
}

// TestSnapshot brings a conversation back, with its clients connected and
// another organization undisturbed.
func TestSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := rtmtest.NewServer(t, nil)
		desk, visitor := logIn(t, srv, session.Agent, nil), logIn(t, srv, session.Customer, nil)
		chat := visitor.start()
		visitor.say(chat, 1, 2)
		before := srv.Snapshot(t, rtmtest.Organization)
		visitor.say(chat, 3, 4)
		time.Sleep(time.Second)
		srv.Restore(t, before)
		time.Sleep(time.Minute)
		if s := visitor.conn.State(); s != session.Live {
			t.Errorf("the customer is %v", s)
		}
		if s := desk.conn.State(); s != session.Live {
			t.Errorf("the agent is %v", s)
		}
		names := func() (all []string) {
			for _, e := range witness(t, srv.HTTPClient(), srv.URL, chat) {
				if e.Custom != "" {
					all = append(all, e.Custom)
				}
			}
			return all
		}
		if got := names(); !slices.Equal(got, []string{"c0", "c1", "c2"}) {
			t.Errorf("the server has %v", got)
		}
		// The chat goes on.
		visitor.say(chat, 5, 5)
		desk.say(chat, 6, 6)
		if got := names(); !slices.Equal(got, []string{"c0", "c1", "c2", "c5", "a6"}) {
			t.Errorf("the server has %v", got)
		}
		srv.Reset(t, rtmtest.Organization)
		time.Sleep(time.Minute)
		if n := chats(t, srv); n != 0 || visitor.conn.State() != session.Live || visitor.freshTokens() == 0 {
			t.Errorf("after the reset: %d chats, the customer is %v", n, visitor.conn.State())
		}
	})
}

// TestSnapshotIsTheState restores what a snapshot has, no more and no less.
func TestSnapshotIsTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := rtmtest.NewServer(t, nil)
		logIn(t, srv, session.Agent, nil)
		visitor := logIn(t, srv, session.Customer, nil)
		visitor.say(visitor.start(), 1, 3)
		settle(srv)
		first := srv.Snapshot(t, rtmtest.Organization)
		srv.Reset(t, "")
		if empty := srv.Snapshot(t, rtmtest.Organization); string(empty) == string(first) {
			t.Error("a reset changes nothing")
		}
		srv.Restore(t, first)
		strip := func(snapshot []byte) string {
			var s struct{ State map[string]any }
			decode(snapshot, &s)
			delete(s.State, "at")
			delete(s.State, "agents") // the connections came back meanwhile
			data, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			return string(data)
		}
		if a, b := strip(first), strip(srv.Snapshot(t, rtmtest.Organization)); a != b {
			t.Errorf("restored\n%s\nfrom\n%s", b, a)
		}
	})
}

// twoSeed has two organizations.
func twoSeed() *rtmserver.Seed {
	seed := rtmserver.DefaultSeed()
	other := rtmserver.DefaultSeed().Organizations[0]
	other.ID = "22222222-2222-4222-8222-222222222222"
	for i := range other.Agents {
		other.Agents[i].Tokens = []string{"dal:other" + strconv.Itoa(i)}
	}
	seed.Organizations = append(seed.Organizations, other)
	return seed
}

// TestTwoOrganizations resets, restores and disturbs one while the other talks.
func TestTwoOrganizations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seed := twoSeed()
		other := seed.Organizations[1].ID
		srv := rtmtest.NewServer(t, &rtmserver.Options{Seed: seed, RandomSeed: 1})
		desk, visitor := logIn(t, srv, session.Agent, nil), logIn(t, srv, session.Customer, nil)
		stranger := logIn(t, srv, session.Customer, func(o *rtm.Options) {
			o.OrganizationID, o.Token = other, customer.CookieGrant(srv.URL, other, "test", srv.HTTPClient())
		})
		chat := visitor.start()
		empty := srv.Snapshot(t, other)
		srv.Fault(t, rtmserver.Fault{Organization: other, Effect: "delay", Delay: time.Hour})
		var both sync.WaitGroup
		both.Go(func() { visitor.say(chat, 1, 20) })
		both.Go(func() {
			for range 10 {
				srv.Reset(t, other)
				srv.Restore(t, empty)
			}
		})
		both.Wait()
		for _, p := range []*talker{desk, visitor} {
			if n := p.conn.Stats().Reconnects; n != 0 || p.conn.State() != session.Live {
				t.Errorf("%s has reconnected %d times and is %v", p.name, n, p.conn.State())
			}
		}
		srv.RTM.ClearFaults()
		time.Sleep(time.Minute)
		if stranger.conn.State() != session.Live || stranger.conn.Stats().Reconnects == 0 {
			t.Errorf("the other is %v: %+v", stranger.conn.State(), stranger.conn.Stats())
		}
	})
}

// TestAdvance lets a token expire at once.
func TestAdvance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := rtmtest.NewServer(t, nil)
		visitor := logIn(t, srv, session.Customer, nil)
		before := srv.Clock().Now()
		srv.Advance(9 * time.Hour)
		if d := srv.Clock().Now().Sub(before); d < 9*time.Hour {
			t.Errorf("the clock went on by %v", d)
		}
		time.Sleep(time.Minute)
		if visitor.freshTokens() != 1 || visitor.conn.State() != session.Live {
			t.Errorf("%d new tokens, %v", visitor.freshTokens(), visitor.conn.State())
		}
	})
}

// TestFaultsRepeat runs the same twice: with the same seed chance is the same.
func TestFaultsRepeat(t *testing.T) {
	run := func() (hits int, text string) {
		synctest.Test(t, func(t *testing.T) {
			srv := rtmtest.NewServer(t, nil)
			visitor := logIn(t, srv, session.Customer, nil)
			chat := visitor.start()
			id := srv.Fault(t, rtmserver.Fault{Action: "send_event", Probability: 0.3, Effect: "error", Error: "validation"})
			for n := range 30 {
				err := visitor.conn.Call(t.Context(), "send_event", map[string]any{"chat_id": chat, "event": message(strconv.Itoa(n))}, nil)
				text += string(rtm.ErrorTypeOf(err)) + " "
			}
			hits = srv.Hits(id)
		})
		return hits, text
	}
	hits, first := run()
	if _, second := run(); first != second || hits < 3 || hits > 20 {
		t.Errorf("%d hits\n%s\n%s", hits, first, second)
	}
}

// TestJournal tells what crossed the sockets, and no tokens.
func TestJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := rtmtest.NewServer(t, nil)
		logIn(t, srv, session.Agent, nil)
		visitor := logIn(t, srv, session.Customer, nil)
		visitor.start()
		visitor.conn.Close()
		synctest.Wait()
		var kinds []string
		for _, e := range srv.Journal() {
			if strings.Contains(string(e.Frame)+e.Text, "dal:") {
				t.Errorf("a token: %s", e.Frame)
			}
			if e.API == "customer" {
				kinds = append(kinds, strings.TrimSpace(e.Kind+" "+e.Action))
			}
		}
		for _, want := range []string{"open", "request login", "response login", "request start_chat", "push incoming_chat", "response start_chat", "closed"} {
			if !slices.Contains(kinds, want) {
				t.Errorf("no %s in %q", want, kinds)
			}
		}
		logins := srv.RTM.Journal(rtmserver.JournalQuery{Action: "login", Kind: "request", Limit: 1})
		if len(logins) != 1 || !strings.Contains(string(logins[0].Frame), `"token":"(token)"`) {
			t.Errorf("the login is %+v", logins)
		}
	})
}
