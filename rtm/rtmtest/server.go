package rtmtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// Organization, AgentToken and Agent2Token are of rtmserver.DefaultSeed.
const (
	Organization = "11111111-1111-4111-8111-111111111111"
	AgentToken   = "dal:agent1"
	Agent2Token  = "dal:agent2"
)

// Server is a running server on a network of its own.
type Server struct {
	// URL is the base of all addresses. Only HTTPClient can reach it.
	URL string

	// RTM is the server itself.
	RTM *rtmserver.Server

	listener *listener
	http     *http.Server
	served   chan struct{}
	client   *http.Client
	closing  atomic.Bool
	closed   chan struct{}
}

// journalSize is how many entries the journal of a server keeps unless its
// options say otherwise.
const journalSize = 10_000

// NewServer starts a server. nil options mean the default seed, and ids that
// repeat from run to run. It keeps a journal. It ends with the test, or with
// Close.
//
// For testing/synctest call it inside the bubble, with the bubble's T.
func NewServer(tb testing.TB, opts *rtmserver.Options) *Server {
	tb.Helper()
	if opts == nil {
		opts = &rtmserver.Options{RandomSeed: 1}
	}
	if opts.Journal == 0 {
		with := *opts
		with.Journal = journalSize
		opts = &with
	}
	rtm, err := rtmserver.New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	l := &listener{conns: make(chan net.Conn), done: make(chan struct{})}
	s := &Server{
		URL: "http://rtm.test", RTM: rtm, listener: l, served: make(chan struct{}), closed: make(chan struct{}),
		http: &http.Server{Handler: rtm},
		client: &http.Client{Transport: &http.Transport{
			DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return l.dial(ctx) },
			DisableKeepAlives: true, // an idle connection would outlive the test
		}},
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(l)
	}()
	tb.Cleanup(s.Close)
	return s
}

// HTTPClient returns the client that reaches the server, for requests and for
// the dialer of a socket. It keeps no cookies.
func (s *Server) HTTPClient() *http.Client { return s.client }

// CustomerToken makes a new customer and returns its token, without the scheme
// word.
func (s *Server) CustomerToken(tb testing.TB) string {
	tb.Helper()
	token, err := s.NewCustomer(context.Background(), Organization)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// NewCustomer makes a new customer of an organization and returns its token,
// without the scheme word.
func (s *Server) NewCustomer(ctx context.Context, organization string) (string, error) {
	body, err := json.Marshal(map[string]string{
		"grant_type": "cookie", "response_type": "token", "client_id": "rtmtest", "organization_id": organization,
	})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/v2/customer/token", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(data, &token); err != nil || token.AccessToken == "" {
		return "", fmt.Errorf("rtmtest: customer token: %s: %s", res.Status, data)
	}
	return token.AccessToken, nil
}

// Close ends all connections and waits for the server's goroutines. It may be
// called more than once.
func (s *Server) Close() {
	if s.closing.Swap(true) {
		<-s.closed // and no lock, behind which the time of a bubble would stand still
		return
	}
	defer close(s.closed)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_ = s.RTM.Shutdown(ctx)
	// Close would not wait for the goroutines of plain requests.
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	<-s.served
	s.client.CloseIdleConnections()
}

// A listener hands out the server's ends of pipes.
type listener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (l *listener) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "pipe" }
func (addr) String() string  { return "rtm.test" }
