package rtmserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// nodes are servers that share a log.
func nodes(t *testing.T, n int, opts rtmserver.Options) []*rtmtest.Server {
	t.Helper()
	var list []*rtmtest.Server
	log := rtmserver.NewMemoryLog()
	for i := range n {
		o := opts
		o.Log, o.RandomSeed, o.Node = log, uint64(i+1), fmt.Sprint("node", i+1)
		list = append(list, rtmtest.NewServer(t, &o))
	}
	return list
}

// onNodes runs a flow on two nodes in virtual time.
func onNodes(t *testing.T, opts rtmserver.Options, flow func(t *testing.T, one, two *rtmtest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		list := nodes(t, 2, opts)
		flow(t, list[0], list[1])
	})
}

// settled waits until all that one node did has come to the other.
func settled() {
	time.Sleep(time.Second) // virtual
	synctest.Wait()
}

// same fails unless nodes have the same state.
func same(t *testing.T, list ...*rtmtest.Server) {
	t.Helper()
	settled()
	var first string
	for i, srv := range list {
		got, err := rtmserver.StateJSON(srv.RTM, rtmtest.Organization)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = got
		} else if got != first {
			t.Errorf("node 1 has the state\n%s\nand node %d\n%s", first, i+1, got)
		}
	}
}

// TestNodes has a customer on one node and agents on another, and on both, talk.
func TestNodes(t *testing.T) {
	onNodes(t, rtmserver.Options{}, func(t *testing.T, one, two *rtmtest.Server) {
		ag := agent(t, two, rtmtest.AgentToken)
		desk := agent(t, one, rtmtest.AgentToken) // the same agent
		settled()
		token := "Bearer " + one.CustomerToken(t)
		cu, tab := dialCustomer(t, one), dialCustomer(t, two)
		cu.ok("login", object{"token": token, "customer": object{"name": "Cleo"}})
		tab.ok("login", object{"token": token}) // which the other node has issued
		if got := cu.ok("list_group_statuses", object{"all": true}); at(got, "groups_status", "0") != "online" {
			t.Errorf("the groups are %v: the agent of the other node counts", got)
		}
		chatID, _ := start(cu, message("hello"))
		for _, p := range []*peer{ag, desk, tab} {
			if c := p.push("incoming_chat"); at(c, "chat", "id") != chatID || at(c, "chat", "thread", "events", 0, "text") != "hello" {
				t.Errorf("got %v", c)
			}
		}
		ag.ok("send_event", object{"chat_id": chatID, "event": message("hi")})
		for _, p := range []*peer{cu, tab, desk, ag} {
			if e := p.push("incoming_event"); at(e, "event", "text") != "hi" {
				t.Errorf("got %v", e)
			}
		}

		// What is in no log comes over as well, and once.
		in := func(more object) object {
			out := object{"chat_id": chatID}
			for k, v := range more {
				out[k] = v
			}
			return out
		}
		cu.ok("send_sneak_peek", in(object{"sneak_peek_text": "Hel"}))
		settled()
		ag.ok("send_typing_indicator", in(object{"is_typing": true}))
		ag.ok("send_thinking_indicator", in(object{"title": "Hm"}))
		ag.ok("send_event_preview", in(object{"event": message("draft")}))
		settled()
		for _, tt := range []struct {
			peer *peer
			want []string
		}{
			{ag, []string{"incoming_sneak_peek", "incoming_thinking_indicator"}},
			{desk, []string{"incoming_sneak_peek", "incoming_thinking_indicator"}},
			{cu, []string{"incoming_typing_indicator", "incoming_thinking_indicator", "incoming_event_preview"}},
			{tab, []string{"incoming_typing_indicator", "incoming_thinking_indicator", "incoming_event_preview"}},
		} {
			got := slices.DeleteFunc(tt.peer.actions(), func(s string) bool { return s == "routing_status_set" || s == "groups_status_updated" })
			if !slices.Equal(got, tt.want) {
				t.Errorf("a peer got %v, want %v", got, tt.want)
			}
		}
		other := agent(t, one, rtmtest.Agent2Token)
		other.ok("multicast", object{"recipients": object{"agents": object{"all": true}}, "content": object{"x": 1}})
		if m := ag.push("incoming_multicast"); m["author_id"] != agent2 {
			t.Errorf("the multicast is %v", m)
		}
		if err := one.RTM.Announce(rtmtest.Organization, rtmserver.Announcement{
			Action: "ticket_created", Payload: object{"ticket_id": "T", "customer_id": cu.ok("get_customer", object{})["id"], "silo": "inbox", "created_at": "2026-01-02T03:04:05.000000Z"},
		}); err != nil {
			t.Fatal(err)
		}
		settled()
		for _, p := range []*peer{ag, desk} {
			if got := p.actions(); !slices.Contains(got, "ticket_created") {
				t.Errorf("an agent got %v", got)
			}
		}
		cu.ok("deactivate_chat", object{"id": chatID})
		ag.push("chat_deactivated")
		tab.push("chat_deactivated")
		same(t, one, two)
	})
}

// TestNodesConflict changes things on two nodes in turns, without a moment in
// between: whoever is behind catches up and does what it was asked to.
func TestNodesConflict(t *testing.T) {
	onNodes(t, rtmserver.Options{Limits: rtmserver.Limits{Pending: -1}}, func(t *testing.T, one, two *rtmtest.Server) {
		ag, cu := agent(t, two, rtmtest.AgentToken), customer(t, one)
		chatID, _ := start(cu)
		ag.push("incoming_chat")
		const n = 50
		for _, p := range []*peer{ag, cu} {
			for i := range n {
				p.write(fmt.Sprintf(`{"action":"send_event","request_id":"%d","payload":{"chat_id":%q,"event":{"type":"message","text":"%d"}}}`, i, chatID, i))
			}
		}
		settled()
		var lists [2][]string
		for i, p := range []*peer{ag, cu} {
			answered := 0
			for len(lists[i]) < 2*n || answered < n {
				f := p.read()
				switch {
				case f["type"] == "response":
					if f["success"] != true {
						t.Fatalf("got %v", f)
					}
					answered++
				case f["action"] == "incoming_event":
					lists[i] = append(lists[i], at(f, "payload", "event", "id").(string))
				}
			}
		}
		if !slices.Equal(lists[0], lists[1]) {
			t.Errorf("the agent got %v and the customer %v", lists[0], lists[1])
		}
		same(t, one, two)
	})
}

// TestNodesAtOnce is TestNodesConflict in real time, for the race detector.
func TestNodesAtOnce(t *testing.T) {
	list := nodes(t, 3, rtmserver.Options{Limits: rtmserver.Limits{Pending: -1}})
	ag := agent(t, list[2], rtmtest.AgentToken)
	const messages = 100
	done := make(chan string)
	var peers []*peer
	for _, srv := range list[:2] {
		cu := customer(t, srv)
		peers = append(peers, cu)
		go func() {
			chatID, _ := start(cu)
			for i := range messages {
				cu.ok("send_event", object{"chat_id": chatID, "event": message(fmt.Sprint(i))})
			}
			done <- chatID
		}()
	}
	chats := map[any]int{<-done: 0, <-done: 0}
	for total := 0; total < 2*messages; total++ {
		e := ag.push("incoming_event")
		if want := fmt.Sprint(chats[e["chat_id"]]); at(e, "event", "text") != want {
			t.Fatalf("message %s is %v", want, e)
		}
		chats[e["chat_id"]]++
	}
	for _, cu := range peers {
		for i := range messages {
			if e := cu.push("incoming_event"); at(e, "event", "text") != fmt.Sprint(i) {
				t.Errorf("message %d is %v", i, e)
			}
		}
	}
}

// TestNodesEnds ends sessions whose connections are on another node.
func TestNodesEnds(t *testing.T) {
	onNodes(t, rtmserver.Options{}, func(t *testing.T, one, two *rtmtest.Server) {
		owner := agent(t, one, rtmtest.AgentToken)
		ag := agent(t, two, rtmtest.Agent2Token)
		settled()
		owner.ok("logout", object{"agent_id": agent2})
		ag.ends()
		if d := ag.push("agent_disconnected"); d["reason"] != "agent_logged_out_remotely" {
			t.Errorf("the agent got %v", d)
		}

		token := two.CustomerToken(t)
		cu := dialCustomer(t, two)
		cu.ok("login", object{"token": "Bearer " + token})
		settled()
		req, err := http.NewRequest(http.MethodDelete, one.URL+"/v2/customer/token", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := one.HTTPClient().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		cu.ends()
		if d := cu.push("customer_disconnected"); d["reason"] != "access_token_revoked" {
			t.Errorf("the customer got %v", d)
		}

		bad := customer(t, two)
		id := bad.ok("get_customer", object{})["id"]
		settled()
		owner.ok("ban_customer", object{"id": id, "ban": object{"days": 1}})
		bad.ends()
		if d := bad.push("customer_disconnected"); d["reason"] != "customer_banned" {
			t.Errorf("the customer got %v", d)
		}
		same(t, one, two)
	})
}

// TestNodesMonitoring has an agent track customers of another node.
func TestNodesMonitoring(t *testing.T) {
	seed := rtmserver.DefaultSeed()
	seed.Organizations[0].PageRules = []rtmserver.PageRule{{Contains: "/sales", Group: 1}}
	seed.Organizations[0].Agents[1].Groups = []int{0}
	onNodes(t, rtmserver.Options{Seed: seed}, func(t *testing.T, one, two *rtmtest.Server) {
		ag := dialAgent(t, two)
		ag.ok("login", object{"token": "Bearer " + rtmtest.Agent2Token, "customer_monitoring_level": "online"})
		token := one.CustomerToken(t)
		cu := dialCustomer(t, one)
		cu.ok("login", object{"token": "Bearer " + token})
		id := ag.push("incoming_customer")["id"]
		tab := dialCustomer(t, two)
		tab.ok("login", object{"token": "Bearer " + token})
		settled()
		got := ag.ok("get_customer", object{"id": id})
		if got["online"] != true || got["state"] != "browsing" {
			t.Errorf("get_customer gave %v", got)
		}
		tab.close()
		settled()
		if got := ag.actions(); slices.Contains(got, "customer_left") {
			t.Errorf("the customer is on the other node still: %v", got)
		}
		cu.ok("update_customer_page", object{"url": "https://shop.example/sales"})
		if p := ag.push("customer_transferred"); at(p, "transferred_to", "group_ids", 0) != 1.0 {
			t.Errorf("got %v", p)
		}
		cu.close()
		settled()
		same(t, one, two)
	})
}

// TestNodesAway takes an agent for away when its connections to all nodes are.
func TestNodesAway(t *testing.T) {
	onNodes(t, rtmserver.Options{}, func(t *testing.T, one, two *rtmtest.Server) {
		status := func(p *peer) any {
			settled()
			return at(p.call("list_routing_statuses", object{})["payload"], 0, "status")
		}
		a, b := agent(t, one, rtmtest.AgentToken), agent(t, two, rtmtest.AgentToken)
		a.ok("set_away_status", object{"away": true})
		if got := status(b); got != "accepting_chats" {
			t.Errorf("with one connection away the status is %v", got)
		}
		b.ok("set_away_status", object{"away": true})
		if got := status(a); got != "not_accepting_chats" {
			t.Errorf("with both away the status is %v", got)
		}
		a.ok("set_away_status", object{"away": false})
		if got := status(b); got != "accepting_chats" {
			t.Errorf("with one back the status is %v", got)
		}
		a.close()
		if got := status(b); got != "not_accepting_chats" {
			t.Errorf("with that one gone the status is %v", got)
		}
		agent(t, one, rtmtest.AgentToken)
		if got := status(b); got != "accepting_chats" {
			t.Errorf("with a new one the status is %v", got)
		}
		same(t, one, two)
		one.Close()
		if got := status(b); got != "not_accepting_chats" {
			t.Errorf("with the other node gone the status is %v", got)
		}
	})
}

// TestNodeStops shuts a node down: its agents get their time to come back, to
// whatever node, and its customers are gone.
func TestNodeStops(t *testing.T) {
	onNodes(t, rtmserver.Options{AgentGrace: time.Minute}, func(t *testing.T, one, two *rtmtest.Server) {
		watch := dialAgent(t, one)
		watch.ok("login", object{"token": "Bearer " + rtmtest.AgentToken, "customer_monitoring_level": "online", "away": true})
		ag, cu := agent(t, two, rtmtest.Agent2Token), customer(t, two)
		chatID, _ := start(cu, message("hello"))
		watch.push("incoming_customer")
		two.Close()
		if code := ag.ends(); code != websocket.StatusGoingAway {
			t.Errorf("the close code is %v", code)
		}
		if p := watch.push("customer_left"); p["id"] == nil {
			t.Errorf("got %v", p)
		}
		time.Sleep(30 * time.Second)
		back := agent(t, one, rtmtest.Agent2Token)
		time.Sleep(time.Hour)
		if got := back.ok("get_chat", object{"chat_id": chatID}); at(got, "users", 1, "present") != true {
			t.Errorf("the agent came back in time, but the chat is %v", got)
		}
		if got := back.actions(); slices.Contains(got, "user_removed_from_chat") {
			t.Errorf("the agent got %v", got)
		}
	})
}

// A deadLog is a log as one node sees it, which may lose it.
type deadLog struct {
	rtmserver.Log
	dead *atomic.Bool
	last string // what the entry has in it that is the last one, if any
}

var (
	errDead = errors.New("the log is out of reach")
	discard = slog.New(slog.DiscardHandler)
)

func (l deadLog) Append(ctx context.Context, org string, last uint64, entry []byte) error {
	if l.dead.Load() {
		return errDead
	}
	err := l.Log.Append(ctx, org, last, entry)
	if err == nil && l.last != "" && bytes.Contains(entry, []byte(l.last)) {
		l.dead.Store(true)
	}
	return err
}

func (l deadLog) Read(ctx context.Context, org string, after uint64) iter.Seq2[[]byte, error] {
	if l.dead.Load() {
		return func(yield func([]byte, error) bool) { yield(nil, errDead) }
	}
	return l.Log.Read(ctx, org, after)
}

func (l deadLog) Publish(org string, message []byte) error {
	if l.dead.Load() {
		return errDead
	}
	return l.Log.Publish(org, message)
}

// TestNodeLost cuts a node off from the log. The others take its users for gone
// and end its agents' sessions; when it is back, it tells of those who are
// connected to it, and its agents have to come again.
func TestNodeLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, dead := rtmserver.NewMemoryLog(), new(atomic.Bool)
		opts := rtmserver.Options{Log: log, AgentGrace: 20 * time.Second, RandomSeed: 1, Node: "one"}
		one := rtmtest.NewServer(t, &opts)
		opts.Log, opts.RandomSeed, opts.Node = deadLog{log, dead, ""}, 2, "two"
		opts.Logger = discard
		two := rtmtest.NewServer(t, &opts)
		watch := dialAgent(t, one)
		watch.ok("login", object{"token": "Bearer " + rtmtest.AgentToken, "customer_monitoring_level": "online", "away": true})
		ag, cu := agent(t, two, rtmtest.Agent2Token), customer(t, two)
		chatID, _ := start(cu, message("hello"))
		watch.push("incoming_chat")
		watch.seen = nil

		dead.Store(true)
		cu.fails("internal", "send_event", object{"chat_id": chatID, "event": message("lost")})
		time.Sleep(7 * time.Second)
		watch.push("customer_left")
		time.Sleep(20 * time.Second)
		if p := watch.push("routing_status_set"); p["agent_id"] != agent2 || p["status"] != "offline" {
			t.Errorf("got %v", p)
		}

		dead.Store(false)
		settled()
		settled()
		if code := ag.ends(); code != websocket.StatusGoingAway {
			t.Errorf("the agent's connection ended with %v", code)
		}
		watch.push("incoming_customer")
		cu.ok("send_event", object{"chat_id": chatID, "event": message("back")})
		settled()
		if e := at(watch.ok("get_chat", object{"chat_id": chatID}), "thread", "events").([]any); at(e[len(e)-1], "text") != "back" {
			t.Errorf("the events are %v", e)
		}
		same(t, one, two)
	})
}

// TestNodeRestarts starts a node again under its name and under another.
func TestNodeRestarts(t *testing.T) {
	for _, name := range []string{"one", ""} {
		synctest.Test(t, func(t *testing.T) {
			log, dead := rtmserver.NewMemoryLog(), new(atomic.Bool)
			first := rtmtest.NewServer(t, &rtmserver.Options{Log: deadLog{log, dead, ""}, Node: "one", Logger: discard})
			ag := dialAgent(t, first)
			ag.ok("login", object{"token": "Bearer " + rtmtest.AgentToken})
			cu := customer(t, first)
			id := cu.ok("get_customer", object{})["id"]
			dead.Store(true)
			first.Close()
			second := rtmtest.NewServer(t, &rtmserver.Options{Log: log, Node: name, AgentGrace: time.Minute})
			if name == "" {
				time.Sleep(7 * time.Second)
			}
			back := agent(t, second, rtmtest.AgentToken)
			if got := back.ok("get_customer", object{"id": id}); got["online"] != false {
				t.Errorf("under the name %q: the customer is %v", name, got)
			}
			time.Sleep(time.Hour)
			if got := at(back.call("list_routing_statuses", object{})["payload"], 0, "status"); got != "accepting_chats" {
				t.Errorf("the status is %v", got)
			}
		})
	}
}

// TestNodeLeavesWork has a node die between a change and what follows from it:
// the other one does it.
func TestNodeLeavesWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, dead := rtmserver.NewMemoryLog(), new(atomic.Bool)
		one := rtmtest.NewServer(t, &rtmserver.Options{Log: log, Node: "one"})
		two := rtmtest.NewServer(t, &rtmserver.Options{Log: deadLog{log, dead, "accepting_chats"}, Node: "two", Logger: discard})
		cu := customer(t, one)
		start(cu) // waits
		agent(t, two, rtmtest.AgentToken)
		if !dead.Load() {
			t.Fatal("the log lives")
		}
		if p := cu.push("user_added_to_chat"); at(p, "user", "type") != "agent" {
			t.Errorf("got %v", p)
		}
	})
}
