package rtmtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// Network is a network of bad quality between hosts and a server, for a bubble
// of testing/synctest. What it does follows from its seed and from when things
// are written; so a test that is driven by the same seed runs the same way again.
type Network struct {
	// URL is the base of all addresses. The vendor's addresses of both regions
	// lead to the same server, see Move.
	URL string

	seed     uint64
	log      rtmserver.Log
	handler  *handler
	listener *listener
	http     *http.Server
	served   chan struct{}
	once     sync.Once

	mu         sync.Mutex // guards what follows; taken after a link's
	faults     Faults
	stats      FaultStats
	hosts      []*Host
	region     string
	nodes      []*node
	busy       chan struct{} // of a restart that is under way, closed at its end
	starts     uint64
	closed     bool
	moving     *storm
	restarting *storm
}

// Host is a machine of the network. Give each client one of its own, since its
// faults happen to the whole host, and since the numbers of its connections
// follow from the order in which it dials.
type Host struct {
	net    *Network
	number uint64
	client *http.Client

	// Guarded by the network's lock.
	rand                                            *rand.Rand // of dials
	dials                                           uint64
	conns                                           []*conn
	refuseUntil, slowUntil                          time.Time
	cutting, silencing, refusing, slowing, expiring *storm
}

// NewNetwork starts a server with the default seed behind a network with faults.
// It ends with the test, or with Close.
func NewNetwork(tb testing.TB, seed uint64, faults Faults) *Network {
	tb.Helper()
	return NewCluster(tb, seed, 1, faults)
}

// NewCluster is NewNetwork for several servers with one log. Requests reach them
// by turns, and each restart is of one of them. When nodes get ahead of each other
// is up to the scheduler, so a seed gives similar runs and not the same ones.
func NewCluster(tb testing.TB, seed uint64, nodes int, faults Faults) *Network {
	tb.Helper()
	n := &Network{
		URL: "http://rtm.test", seed: seed, region: "dal",
		listener: &listener{conns: make(chan net.Conn), done: make(chan struct{})}, served: make(chan struct{}),
		handler: &handler{servers: make([]*rtmserver.Server, nodes)}, log: rtmserver.NewMemoryLog(), nodes: make([]*node, nodes),
	}
	n.http = &http.Server{Handler: n.handler, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	n.moving = n.newStorm(streamNetwork, 0, func(*rand.Rand) { n.Move() })
	n.restarting = n.newStorm(streamNetwork, 1, func(r *rand.Rand) { n.Restart(r.IntN(2) == 0, upTo(r, maxDown)) })
	for i := range nodes {
		if err := n.start(i); err != nil {
			tb.Fatal(err)
		}
	}
	go func() {
		defer close(n.served)
		_ = n.http.Serve(n.listener)
	}()
	n.Set(faults)
	tb.Cleanup(n.Close)
	return n
}

// handler is the present servers, by turns.
type handler struct {
	mu      sync.Mutex
	servers []*rtmserver.Server // nil while one is down
	turn    int
}

func (h *handler) set(i int, s *rtmserver.Server) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.servers[i] = s
}

func (h *handler) next() *rtmserver.Server {
	h.mu.Lock()
	defer h.mu.Unlock()
	for range h.servers {
		h.turn++
		if s := h.servers[h.turn%len(h.servers)]; s != nil {
			return s
		}
	}
	return nil
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := h.next()
	if s == nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	s.ServeHTTP(w, r)
}

// Streams of random numbers, each drawn from in an order of its own.
const (
	streamNetwork = iota << 32
	streamHost
	streamStorm
	streamLink
	streamServer
)

func (n *Network) random(stream, number uint64) *rand.Rand {
	return rand.New(rand.NewPCG(n.seed, stream+number))
}

func (n *Network) newStorm(stream, number uint64, strike func(*rand.Rand)) *storm {
	return &storm{net: n, rand: n.random(stream, number), offset: time.Duration(999 - number%100), strike: strike}
}

// NewHost adds a host.
func (n *Network) NewHost() *Host {
	n.mu.Lock()
	defer n.mu.Unlock()
	number := uint64(len(n.hosts))
	h := &Host{net: n, number: number, rand: n.random(streamHost, number)}
	storm := func(kind uint64, strike func(*rand.Rand)) *storm {
		return n.newStorm(streamStorm, number*8+kind+2, strike)
	}
	h.cutting = storm(0, func(*rand.Rand) { h.Cut() })
	h.silencing = storm(1, func(r *rand.Rand) {
		which := r.IntN(3)
		h.HalfOpen(which != 0, which != 1)
	})
	h.refusing = storm(2, func(r *rand.Rand) { h.Refuse(upTo(r, maxRefuse)) })
	h.slowing = storm(3, func(r *rand.Rand) { h.Slow(upTo(r, maxSlow)) })
	h.expiring = storm(4, func(*rand.Rand) { h.ExpireToken() })
	dial := func(ctx context.Context, _, address string) (net.Conn, error) { return h.dial(ctx, address) }
	h.client = &http.Client{Transport: &http.Transport{
		DialContext: dial, DialTLSContext: dial, // the vendor's addresses without the TLS
		DisableKeepAlives: true, // an idle connection would outlive the test
	}}
	n.hosts = append(n.hosts, h)
	h.setLocked(n.faults)
	return h
}

// HTTPClient returns the client that reaches the server from this host, for
// requests and for the dialer of a socket. It keeps no cookies.
func (h *Host) HTTPClient() *http.Client { return h.client }

// Server returns a present server, nil while all are down.
func (n *Network) Server() *rtmserver.Server {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, node := range n.nodes {
		if node != nil {
			return node.server
		}
	}
	return nil
}

// Stats returns what has happened so far.
func (n *Network) Stats() FaultStats {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stats
}

func (n *Network) count(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
}

// weather returns the faults and how much longer a frame of the host takes now.
func (n *Network) weather(h *Host) (f Faults, slow bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.faults, h != nil && time.Now().Before(h.slowUntil)
}

// A node is a server with its own access to the log.
type node struct {
	server *rtmserver.Server
	log    *mortalLog
}

// start brings up a server on the log.
func (n *Network) start(i int) error {
	n.starts++
	opts := &rtmserver.Options{
		Logger: slog.New(slog.DiscardHandler), Node: "rtm",
		// A server that makes the same ids as the one before would make doubles.
		RandomSeed: n.random(streamServer, n.starts).Uint64() | 1,
	}
	if len(n.nodes) > 1 {
		opts.Node = fmt.Sprintf("rtm%d.%d", i, n.starts)
	}
	log := &mortalLog{Log: n.log}
	opts.Log = log
	server, err := rtmserver.New(opts)
	if err != nil {
		return err
	}
	n.handler.set(i, server)
	n.mu.Lock()
	n.nodes[i] = &node{server, log}
	n.mu.Unlock()
	return nil
}

// A mortalLog is a server's access to its log, which ends when the server is
// killed: what it does afterwards leaves no trace.
type mortalLog struct {
	rtmserver.Log
	dead atomic.Bool
}

var errKilled = errors.New("rtmtest: the server was killed")

func (l *mortalLog) Append(ctx context.Context, organization string, last uint64, entry []byte) error {
	if l.dead.Load() {
		return errKilled
	}
	return l.Log.Append(ctx, organization, last, entry)
}

func (l *mortalLog) Publish(organization string, message []byte) error {
	if l.dead.Load() {
		return errKilled
	}
	return l.Log.Publish(organization, message)
}

// Restart takes the server down and starts one on the same log; in a cluster that
// is one server after the other. With kill it says goodbye to nobody. It returns at once; a restart that is under way
// already makes it do nothing.
func (n *Network) Restart(kill bool, down time.Duration) {
	n.mu.Lock()
	which, hosts := int(n.stats.Restarts)%len(n.nodes), n.hosts
	if n.busy != nil || n.closed {
		n.mu.Unlock()
		return
	}
	done := make(chan struct{})
	gone := n.nodes[which]
	n.nodes[which], n.busy = nil, done
	n.stats.Restarts++
	n.mu.Unlock()
	n.handler.set(which, nil)
	if kill {
		gone.log.dead.Store(true)
		for _, h := range hosts {
			h.Cut()
		}
	}
	go func() {
		defer close(done)
		stop(gone.server)
		time.Sleep(down)
		if err := n.start(which); err != nil {
			panic("rtmtest: the log of a server does not start another: " + err.Error())
		}
		n.mu.Lock()
		n.busy = nil
		n.mu.Unlock()
	}()
}

func stop(server *rtmserver.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = server.Shutdown(ctx)
}

// Close stops the faults, ends all connections and waits for the server's
// goroutines. It may be called more than once.
func (n *Network) Close() {
	n.once.Do(func() {
		n.Set(Faults{})
		n.mu.Lock()
		n.closed = true
		busy := n.busy
		n.mu.Unlock()
		if busy != nil {
			<-busy
		}
		for _, node := range n.nodes {
			stop(node.server)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if n.http.Shutdown(ctx) != nil {
			_ = n.http.Close()
		}
		<-n.served
		for _, h := range n.hosts {
			h.client.CloseIdleConnections()
		}
	})
}

// A conn is a connection of a host with the server.
type conn struct {
	host     *Host
	region   string // of the address, "" when it has none
	up, down *link

	// Guarded by the network's lock.
	agent bool
	open  bool // the handshake is over and nothing has ended it
}

func (h *Host) dial(ctx context.Context, address string) (net.Conn, error) {
	n := h.net
	c := &conn{host: h, region: regionOf(address)}
	n.mu.Lock()
	number := h.dials
	h.dials++
	refused, hang := !slices.ContainsFunc(n.nodes, func(x *node) bool { return x != nil }), false
	if time.Now().Before(h.refuseUntil) {
		refused, hang = true, h.rand.IntN(2) == 0
	}
	if refused {
		n.stats.RefusedDials++
	} else {
		n.stats.Connections++
	}
	n.mu.Unlock()
	switch {
	case hang:
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(maxHang):
			return nil, &net.OpError{Op: "dial", Net: "pipe", Err: syscall.ETIMEDOUT}
		}
	case refused:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: syscall.ECONNREFUSED}
	}
	c.up, c.down = n.newLink(c, number, true), n.newLink(c, number, false)
	select {
	case n.listener.conns <- endpoint{in: c.up, out: c.down}:
	case <-n.listener.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return endpoint{in: c.down, out: c.up}, nil
}

func (n *Network) newLink(c *conn, number uint64, up bool) *link {
	direction := uint64(0)
	if up {
		direction = 1
	}
	return &link{
		net: n, conn: c, up: up, ready: make(chan struct{}, 1),
		rand: n.random(streamLink, c.host.number<<16+number<<1+direction),
		// Room for 14 hosts before two links may share an instant.
		offset: time.Duration(c.host.number%14*64 + number%32*2 + direction),
	}
}

func regionOf(address string) string {
	switch host, _, _ := net.SplitHostPort(address); host {
	case "api.livechatinc.com":
		return "dal"
	case "api-fra.livechatinc.com":
		return "fra"
	}
	return ""
}

// shake takes note of one half of the handshake.
func (c *conn) shake(up bool, head []byte) {
	n := c.host.net
	n.mu.Lock()
	if up {
		c.agent = bytes.Contains(head, []byte("/agent/rtm/ws"))
	} else {
		c.open = true
		c.host.conns = append(c.host.conns, c)
	}
	n.mu.Unlock()
	if !up {
		c.misdirect()
	}
}

// live returns the connections of the host that can still break, oldest first.
func (h *Host) live() []*conn {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	h.conns = slices.DeleteFunc(h.conns, func(c *conn) bool { return !c.open })
	return slices.Clone(h.conns)
}

// leave reports whether the caller is the one to end the connection.
func (c *conn) leave() bool {
	c.host.net.mu.Lock()
	defer c.host.net.mu.Unlock()
	was := c.open
	c.open = false
	return was
}

// cut breaks the connection.
func (c *conn) cut() {
	if !c.leave() {
		return
	}
	c.host.net.count(func() { c.host.net.stats.Cuts++ })
	for _, l := range []*link{c.up, c.down} {
		l.finish(errReset, errReset, l.chance())
	}
}

// misdirect ends the connection if it is one to the wrong region.
func (c *conn) misdirect() {
	n := c.host.net
	n.mu.Lock()
	region := n.region
	n.mu.Unlock()
	if c.region == "" || c.region == region {
		return
	}
	if c.dismiss(`{"reason":"misdirected_connection","data":{"region":"`+region+`"}}`, "misdirected_connection") {
		n.count(func() { n.stats.WrongRegions++ })
	}
}

// dismiss ends the connection with a push, in the server's name.
func (c *conn) dismiss(payload, reason string) bool {
	if !c.leave() {
		return false
	}
	action := "customer_disconnected"
	if c.agent {
		action = "agent_disconnected"
	}
	push := `{"version":"3.6","action":"` + action + `","type":"push","payload":` + payload + `}`
	c.down.farewell(serverFrame(finText, []byte(push)), serverFrame(finClose, append([]byte{0x03, 0xe8}, reason...))) // 1000
	c.up.finish(errReset, nil, c.up.chance())
	return true
}
