package rtmtest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// patient bounds each wait of the tests with real processes.
const patient = 2 * time.Minute

// build makes a program of the module or of one that it depends on.
func build(t *testing.T, pkg string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), filepath.Base(pkg))
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, pkg).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return file
}

// A program is a process that says on a line of its own where it listens.
type program struct {
	t      *testing.T
	path   string
	args   []string
	stdout bool   // where it says so; else standard error
	says   string // before the address
	addr   string

	cmd *exec.Cmd
	out lines
}

// lines keeps what a process prints.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, s)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

// start runs the program until it listens.
func (p *program) start() {
	p.t.Helper()
	p.cmd = exec.Command(p.path, p.args...)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	errs, err := p.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	if !p.stdout {
		out, errs = errs, out
	}
	listens, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.out.add(s.Text())
			if _, addr, ok := strings.Cut(s.Text(), p.says); ok {
				select {
				case listens <- addr:
				default:
				}
			}
		}
	}()
	go func() {
		for s := bufio.NewScanner(errs); s.Scan(); {
			p.out.add(s.Text())
		}
	}()
	select {
	case p.addr = <-listens:
	case <-ended:
		p.t.Fatalf("%s does not listen:\n%s", p.path, &p.out)
	case <-time.After(patient):
		p.t.Fatalf("%s does not listen:\n%s", p.path, &p.out)
	}
}

// kill ends the process with -9.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// freePort returns a port that nobody uses now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startNATS runs NATS servers, as a cluster when they are several.
func startNATS(t *testing.T, path string, n int) []*program {
	t.Helper()
	var list []*program
	var routes []string
	for range n {
		routes = append(routes, "nats://"+freePort(t))
	}
	for i := range n {
		args := []string{"-a", "127.0.0.1", "-p", "-1", "-js", "-sd", t.TempDir(), "-n", fmt.Sprint("nats", i)}
		if n > 1 {
			args = append(args, "-cluster", routes[i], "-cluster_name", "test", "-routes", strings.Join(routes, ","))
		}
		list = append(list, &program{t: t, path: path, args: args, says: "Listening for client connections on "})
	}
	for _, p := range list {
		p.start()
		t.Cleanup(p.kill)
	}
	return list
}

// A balancer stands for the one that a service has in front of its nodes: each
// of its addresses prefers a node, and takes another when that is down.
type balancer struct {
	listener net.Listener
	prefers  int
	mu       *sync.Mutex
	nodes    []string // addresses
}

func balance(t *testing.T, mu *sync.Mutex, nodes []string, prefers int) *balancer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{listener: l, prefers: prefers, mu: mu, nodes: nodes}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go b.forward(from)
		}
	}()
	return b
}

func (b *balancer) url() string { return "http://" + b.listener.Addr().String() }

func (b *balancer) forward(from net.Conn) {
	defer from.Close()
	for i := range b.nodes {
		b.mu.Lock()
		addr := b.nodes[(b.prefers+i)%len(b.nodes)]
		b.mu.Unlock()
		to, err := net.Dial("tcp", addr)
		if err != nil {
			continue
		}
		defer to.Close()
		done := make(chan struct{}, 2)
		for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
			go func() {
				_, _ = io.Copy(pair[0], pair[1])
				done <- struct{}{}
			}()
		}
		<-done
		return
	}
}

// TestProcesses has a customer and an agent talk through rtmd processes that share
// NATS servers, each by another one, while processes are killed with -9. Whatever
// happens, in the end both and the service have each event exactly once and in
// the same order.
func TestProcesses(t *testing.T) {
	rtmd, nats := build(t, "github.com/rtmwidget/rtmwidget/cmd/rtmd"), build(t, "github.com/nats-io/nats-server/v2")
	for _, tt := range []struct {
		name           string
		servers, nodes int
	}{{"two nodes on one server", 1, 2}, {"three nodes on a cluster", 3, 3}} {
		t.Run(tt.name, func(t *testing.T) {
			servers := startNATS(t, nats, tt.servers)
			var urls []string
			for _, s := range servers {
				urls = append(urls, "nats://"+s.addr)
			}
			var mu sync.Mutex
			var nodes []*program
			addrs := make([]string, tt.nodes)
			for i := range tt.nodes {
				nodes = append(nodes, &program{
					t: t, path: rtmd, stdout: true, says: "listening on http://",
					args: []string{"-addr", "127.0.0.1:0", "-web", t.TempDir(), "-nats", strings.Join(urls, ","), "-replicas", fmt.Sprint(tt.servers)},
				})
				nodes[i].start()
				t.Cleanup(nodes[i].kill)
				addrs[i] = nodes[i].addr
			}
			restart := func(i int) {
				nodes[i].start()
				mu.Lock()
				defer mu.Unlock()
				addrs[i] = nodes[i].addr
			}
			const each = 100
			out := new(outcome)
			visitor := joinProcess(t, session.Customer, "c", balance(t, &mu, addrs, 0).url())
			desk := joinProcess(t, session.Agent, "a", balance(t, &mu, addrs, 1).url())
			var made struct {
				ChatID string `json:"chat_id"`
			}
			first := &sending{action: "start_chat", event: "c0"}
			first.err = visitor.conn.Call(t.Context(), "start_chat", map[string]any{"continuous": true, "chat": map[string]any{"thread": thread("c0")}}, &made)
			visitor.calls = append(visitor.calls, first)
			chat := made.ChatID
			select {
			case <-desk.chat: // it takes part from now on
			case <-time.After(patient):
				t.Fatal("the agent hears of no chat")
			}

			// Each says its next one when it has heard the other's last one. What
			// happens to the processes is never more than a fifth of the talk late.
			turns := make(chan int, each)
			killed, restarted, killedNext := make(chan struct{}), make(chan struct{}), make(chan struct{})
			gates := map[int]chan struct{}{2 * each / 5: killed, 3 * each / 5: restarted, 4 * each / 5: killedNext}
			var talking sync.WaitGroup
			for _, pair := range [][2]*party{{visitor, desk}, {desk, visitor}} {
				talking.Go(func() {
					p, other := pair[0], pair[1]
					for n := 1; n <= each; n++ {
						s := &sending{action: "send_event", event: fmt.Sprint(p.name, n)}
						ctx, cancel := context.WithTimeout(t.Context(), patient)
						s.err = p.conn.Call(ctx, "send_event", map[string]any{"chat_id": chat, "event": message(s.event)}, nil)
						cancel()
						p.calls = append(p.calls, s)
						if p == visitor {
							turns <- n
							if gate := gates[n]; gate != nil {
								<-gate
							}
						}
						for got, want := "", fmt.Sprint(other.name, n); got != want; {
							select {
							case got = <-p.heard:
							case <-time.After(patient):
								t.Errorf("%s never heard of %s", p.name, want)
								return
							}
						}
					}
				})
			}
			turn := func(n int) {
				for now := 0; now < n; {
					select {
					case now = <-turns:
					case <-time.After(patient):
						t.Fatalf("turn %d does not come", n)
					}
				}
			}
			turn(each / 5)
			nodes[0].kill() // the visitor's
			close(killed)
			turn(2 * each / 5)
			restart(0)
			if tt.servers > 1 {
				servers[0].kill()
			}
			close(restarted)
			turn(3 * each / 5)
			nodes[1].kill() // the agent's
			close(killedNext)
			turn(4 * each / 5)
			restart(1)
			talking.Wait()
			truth := witness(t, http.DefaultClient, balance(t, &mu, addrs, tt.nodes-1).url(), chat)
			for _, p := range []*party{visitor, desk} {
				p.conn.Close()
				<-p.done
				p.report(out)
				out.wrong = append(out.wrong, compare(p.name, p.entries(), truth)...)
				out.wrong = append(out.wrong, p.sent(truth)...)
				// The customer may have gone to the node that is killed second.
				if n := p.conn.Stats().Reconnects; n < 1 || n > 2 || p == desk && n > 1 {
					t.Errorf("the end of a node cost %s %d reconnects", p.name, n)
				}
				t.Logf("%s: %+v", p.name, p.conn.Stats())
			}
			out.judge(t)
			if t.Failed() {
				for _, p := range append(nodes, servers...) {
					t.Logf("%s:\n%s", p.path, &p.out)
				}
			}
		})
	}
}

// joinProcess connects and logs in to real servers.
func joinProcess(t *testing.T, api session.API, name, url string) *party {
	t.Helper()
	p := &party{name: name, outbox: rtm.MemoryOutbox()}
	opts := &rtm.Options{
		Server: url, Outbox: p.outbox, PushBuffer: 10_000,
		Token: func(context.Context, bool) (string, error) { return rtmtest.AgentToken, nil },
	}
	if api == session.Customer {
		p.grant = &grant{client: http.DefaultClient, url: url + "/v2/customer/token"}
		p.grant.lifetime.Store(longLife)
		opts.OrganizationID, opts.Token = rtmtest.Organization, p.grant.token
	}
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	var err error
	if p.conn, err = rtm.Dial(ctx, rtm.Dialect{API: api}, opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.conn.Close() })
	p.collector = collect(p.conn)
	if _, err := rtm.Login[json.RawMessage](ctx, p.conn, "", map[string]any{}); err != nil {
		t.Fatal(err)
	}
	return p
}
