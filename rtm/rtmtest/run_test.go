package rtmtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// A run is one conversation.
type run struct {
	*testing.T
	*outcome
	seed   uint64
	rand   *rand.Rand
	net    *rtmtest.Network
	start  time.Time
	during time.Duration
	limit  <-chan time.Time // when all hope is lost
	begun  time.Duration    // when the parties start to send, since start
	chat   string

	desk, visitor *party
	calling       sync.WaitGroup
}

// converse is the run of a seed, with so many servers.
func converse(t *testing.T, seed uint64, nodes int) *outcome {
	out := new(outcome)
	synctest.Test(t, func(t *testing.T) {
		r := &run{T: t, outcome: out, seed: seed, rand: rand.New(rand.NewPCG(seed, 0)), start: time.Now()}
		r.net = rtmtest.NewCluster(t, seed, nodes, rtmtest.Faults{})
		r.during = time.Minute + time.Duration(r.rand.Int64N(int64(3*time.Minute)))
		r.limit = time.After(r.during + 20*time.Minute)
		faults := storm(r.rand, r.during)
		r.add("faults %+v", faults)
		server := r.net.URL
		if faults.WrongRegion != 0 {
			server = "" // the vendor's addresses, which differ by region
		}
		r.desk = r.join(session.Agent, "a", server)
		r.visitor = r.join(session.Customer, "c", server)
		r.net.Set(faults)
		r.talk()
		r.calm()
		r.judge()
	})
	return out
}

// join brings a party onto the network and logs it in, while all is well.
func (r *run) join(api session.API, name, server string) *party {
	p := &party{name: name, host: r.net.NewHost(), outbox: rtm.MemoryOutbox()}
	opts := &rtm.Options{
		Server: server, HTTPClient: p.host.HTTPClient(), Outbox: p.outbox, Seed: r.rand.Uint64() | 1, PushBuffer: 8 * each,
		Token: func(context.Context, bool) (string, error) { return rtmtest.AgentToken, nil },
	}
	if api == session.Customer {
		p.grant = newGrant(r.net, p.host)
		if r.rand.IntN(2) == 0 {
			p.grant.lifetime.Store(30 + r.rand.Int64N(100))
		}
		opts.OrganizationID, opts.Token = rtmtest.Organization, p.grant.token
	}
	var err error
	if p.conn, err = rtm.Dial(r.Context(), rtm.Dialect{API: api}, opts); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { p.conn.Close() })
	p.collector = collect(p.conn)
	if _, err := rtm.Login[json.RawMessage](r.Context(), p.conn, "", map[string]any{}); err != nil {
		r.Fatal(err)
	}
	return p
}

// talk has the parties say all they have to, and waits until it is said.
func (r *run) talk() {
	r.begun = time.Since(r.start).Truncate(time.Microsecond) + time.Second
	r.send(r.visitor, 0, r.begun, "start_chat", map[string]any{"continuous": true, "chat": map[string]any{"thread": thread("c0")}})
	for r.chat == "" {
		select {
		case r.chat = <-r.desk.chat:
		case <-time.After(time.Minute):
			r.desk.host.Cut() // what a living connection has lost is found at the next one
		case <-r.limit:
			r.Fatalf("seed %d: the agent never heard of a chat; network %+v", r.seed, r.net.Stats())
		}
	}
	r.begun = max(time.Since(r.start).Truncate(time.Microsecond)+time.Second, r.begun)

	for i, p := range []*party{r.desk, r.visitor} {
		moments := r.moments(time.Duration(897 + i))
		for n, at := range moments(each) {
			r.send(p, n+1, at, "send_event", map[string]any{"chat_id": r.chat, "event": message(p.name + strconv.Itoa(n+1))})
		}
		for _, at := range moments(20) {
			r.call(p, r.asking("list_chats", at), map[string]any{"limit": 1})
		}
		if p == r.visitor {
			for n, at := range moments(r.rand.IntN(4)) {
				r.turn(p, n+1, at)
			}
		}
	}
	settled := make(chan struct{})
	go func() { r.calling.Wait(); close(settled) }()
	select {
	case <-settled:
	case <-r.limit:
	}
	r.add("settled after %v: %+v", time.Since(r.start), r.net.Stats())
}

// moments returns a source of instants of the run, of which no two are the same.
func (r *run) moments(offset time.Duration) func(n int) []time.Duration {
	taken := map[time.Duration]bool{}
	return func(n int) (all []time.Duration) {
		for len(all) < n {
			m := r.begun + time.Duration(r.rand.Int64N(int64(r.during))).Truncate(time.Microsecond) + offset
			if !taken[m] {
				taken[m] = true
				all = append(all, m)
			}
		}
		slices.Sort(all)
		return all
	}
}

// calm ends the faults, and the run once all has come to rest.
func (r *run) calm() {
	r.net.Set(rtmtest.Faults{})
	r.visitor.grant.lifetime.Store(longLife)
	for _, p := range r.parties() {
		p.host.Cut()
	}
	time.Sleep(patience)
	for _, p := range r.parties() {
		if state := p.conn.State(); state != session.Live {
			r.fail("%s is %v: %v", p.name, state, p.conn.Err())
		}
		if kept, err := p.outbox.Load(r.Context()); err != nil || len(kept) > 0 {
			r.fail("the outbox of %s holds %d entries, %v", p.name, len(kept), err)
		}
		p.conn.Close()
		<-p.done
		r.add("%s: %+v", p.name, p.conn.Stats())
	}
	r.calling.Wait()
}

func (r *run) judge() {
	truth := witness(r.T, r.net.NewHost().HTTPClient(), r.net.URL, r.chat)
	for _, p := range r.parties() {
		p.report(r.outcome)
		r.wrong = append(r.wrong, compare(p.name, p.entries(), truth)...)
		r.wrong = append(r.wrong, p.sent(truth)...)
	}
	r.add("server: %v", truth)
}

func (r *run) parties() []*party { return []*party{r.desk, r.visitor} }

func message(name string) map[string]any {
	return map[string]any{"type": "message", "text": name, "custom_id": name}
}

func thread(name string) map[string]any { return map[string]any{"events": []any{message(name)}} }

// A party is one of the two who talk.
type party struct {
	name   string // c or a, which their events are called by
	host   *rtmtest.Host
	conn   *rtm.Conn
	outbox rtm.Outbox
	grant  *grant // of a customer
	*collector
	calls []*sending
}

// A sending is one call, and how it ended.
type sending struct {
	action string
	event  string // the name of the event that it sends, if any
	at     time.Duration
	limit  time.Duration // 0 is none
	took   time.Duration
	again  bool // it was refused at first and made again, behind later ones
	err    error
}

func (s *sending) String() string {
	return fmt.Sprintf("%s %s, called at %v", s.action, s.event, s.at)
}

// refused reports whether the server has said no, for a reason that it may have:
// a thread that could not be ended is in the way of the next.
func (s *sending) refused() bool { return rtm.ErrorTypeOf(s.err) == "chat_already_active" }

// send has a party send its nth event at a moment of the run, durably.
func (r *run) send(p *party, n int, at time.Duration, action string, payload any) {
	r.call(p, &sending{action: action, event: p.name + strconv.Itoa(n), at: at}, payload)
}

// asking is a call that has a deadline.
func (r *run) asking(action string, at time.Duration) *sending {
	return &sending{action: action, at: at, limit: time.Second + time.Duration(r.rand.Int64N(int64(20*time.Second)))}
}

// turn has a party end the thread, as far as it can, and open the next one.
func (r *run) turn(p *party, n int, at time.Duration) {
	end := r.asking("deactivate_chat", at)
	begin := &sending{action: "resume_chat", event: p.name + "r" + strconv.Itoa(n), at: at}
	p.calls = append(p.calls, end, begin)
	r.calling.Go(func() {
		r.perform(p, end, map[string]any{"id": r.chat})
		begin.at = time.Since(r.start)
		r.perform(p, begin, map[string]any{"continuous": true, "chat": map[string]any{"id": r.chat, "thread": thread(begin.event)}})
	})
}

func (r *run) call(p *party, s *sending, payload any) {
	p.calls = append(p.calls, s)
	r.calling.Go(func() { r.perform(p, s, payload) })
}

// perform makes a call when its time has come.
func (r *run) perform(p *party, s *sending, payload any) {
	time.Sleep(time.Until(r.start.Add(s.at)))
	ctx := context.Background()
	if s.limit != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.limit)
		defer cancel()
	}
	s.err = p.conn.Call(ctx, s.action, payload, nil)
	for s.action == "send_event" && rtm.ErrorTypeOf(s.err) == rtm.ErrorTypeChatInactive {
		// The next thread is on its way.
		s.again = true
		time.Sleep(5 * time.Second)
		s.err = p.conn.Call(ctx, s.action, payload, nil)
	}
	s.took = time.Since(r.start) - s.at
}

// report tells what the party did and saw.
func (p *party) report(out *outcome) {
	for _, s := range p.calls {
		out.add("%v: %v after %v", s, s.err, s.took)
		switch {
		case s.limit == 0 && s.err != nil && !s.refused():
			out.fail("%v, ended after %v with %v", s, s.took, s.err)
		case s.limit != 0 && s.took > s.limit:
			out.fail("%v, ended after %v, which is past its deadline of %v", s, s.took, s.limit)
		case s.limit != 0 && rtm.ErrorTypeOf(s.err) == rtm.ErrorTypeClosed:
			out.fail("%v, was ended by Close", s)
		}
	}
	for _, a := range p.arrivals {
		out.add("%v %s gets %s %v", a.after, p.name, a.action, a.entries)
	}
	if !errors.Is(p.err, rtm.ErrClosed) {
		out.fail("the pushes of %s ended with %v", p.name, p.err)
	}
}

// sent returns what is wrong on the server with what the party has sent.
func (p *party) sent(truth []entry) (wrong []string) {
	times, next, again := map[string]int{}, 0, map[string]bool{}
	for _, s := range p.calls {
		again[s.event] = s.again
	}
	for _, e := range truth {
		if !strings.HasPrefix(e.Custom, p.name) {
			continue
		}
		if times[e.Custom]++; times[e.Custom] == 2 {
			wrong = append(wrong, "the server has "+e.Custom+" more than once")
		}
		n, err := strconv.Atoi(e.Custom[1:])
		if err != nil || again[e.Custom] {
			continue // the first of a thread has no number
		}
		if n < next {
			wrong = append(wrong, "the server has "+e.Custom+" behind one that was sent later")
		}
		next = max(next, n)
	}
	for _, s := range p.calls {
		switch {
		case s.event == "":
		case s.err == nil && times[s.event] == 0:
			wrong = append(wrong, "the server has no "+s.event+", which was sent")
		case s.refused() && times[s.event] > 0:
			wrong = append(wrong, "the server has "+s.event+", which it has refused")
		}
	}
	return wrong
}
