package rtm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// TokenSource returns an access token, such as "dal:…", with or without its
// scheme word. It is asked at each login; fresh says that the last token was
// refused or has expired. It is called from a goroutine of the connection's, and
// must return when ctx ends: with the connection, or because it is asked anew.
// It must not call Close.
type TokenSource func(ctx context.Context, fresh bool) (string, error)

// Options are the choices of a connection. Nil and the zero value are the
// defaults: the vendor's servers, API version 3.6, no token source.
type Options struct {
	Server         string       // address, scheme and host, such as "http://127.0.0.1:8080"; "" is the vendor's
	OrganizationID string       // UUID; the Customer API requires it
	Version        string       // API version: 3.4, 3.5 or 3.6; "" is 3.6
	Region         string       // "dal" (the default) or "fra"; of the vendor's servers only
	Token          TokenSource  // asked when a login request has no token, and when one that worked, or that it gave, is refused
	HTTPClient     *http.Client // opens the socket; nil is http.DefaultClient. Its Timeout must be 0
	Logger         *slog.Logger // of what is odd but harmless; nil is silence. Its handler must not call Close
	PushBuffer     int          // pushes that may wait per subscription; 0 is 256

	TokenLifetime time.Duration // of what Token returns, which is asked ahead of expiry then; 0 is unknown
	Outbox        Outbox        // makes the sending of events durable, see Conn.CallDurable; nil sends them once
	Record        io.Writer     // gets every input of the engine as lines that session.Replay reads; nil is none. They have tokens and texts in them
	Seed          uint64        // of backoff and ids; 0 is another one each time
}

// Dialect is what tells the two APIs apart. The packages customer and agent
// each have one; other programs need none.
type Dialect struct {
	API     session.API
	NewPush func(action string) Push // an empty push to decode into, nil for an action that is not known
}

// Dial opens a connection and does not log in, so that subscriptions can exist
// before the first push. It fails when ctx ends or the first socket cannot be
// opened within 15 s; later ones are retried for as long as the connection
// lives. A server that ends the connection for good at once makes Dial or the
// login fail with a *DisconnectError.
func Dial(ctx context.Context, dialect Dialect, opts *Options) (*Conn, error) {
	if opts == nil {
		opts = new(Options)
	}
	c := &Conn{
		opts:    *opts,
		api:     dialect.API,
		newPush: dialect.NewPush,
		calls:   make(map[session.CallID]chan session.Output),
		subs:    make(map[sink]struct{}),
		changed: make(chan struct{}),
		engine: session.New(session.Config{
			API: dialect.API, Server: opts.Server, Organization: opts.OrganizationID,
			Version: opts.Version, Region: opts.Region, Seed: cmp.Or(opts.Seed, rand.Uint64()), ConfirmStored: opts.Outbox != nil,
		}),
	}
	if c.opts.Logger == nil {
		c.opts.Logger = slog.New(slog.DiscardHandler)
	}
	if c.opts.PushBuffer <= 0 {
		c.opts.PushBuffer = 256
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	if opts.Record != nil {
		c.engine.Record(func(line []byte) { opts.Record.Write(append(line, '\n')) })
	}
	if opts.Outbox != nil {
		entries, err := opts.Outbox.Load(ctx)
		if err != nil {
			c.cancel(ErrClosed)
			return nil, &dialError{fmt.Errorf("outbox: %w", err)}
		}
		c.input(func(now time.Time) { c.engine.Restore(now, entries) })
	}
	c.input(c.engine.Start)
	if err := c.waitOpen(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// waitOpen waits for the first socket.
func (c *Conn) waitOpen(ctx context.Context) error {
	for {
		c.mu.Lock()
		state, reason, changed, failure, opened := c.engine.State(), c.reason, c.changed, c.dialErr, c.opened
		c.mu.Unlock()
		switch {
		case state == session.Stopped:
			return c.Err()
		case opened:
			return nil // also when it has ended since: the next one is on its way
		case state == session.Waiting && failure != nil:
			return &dialError{failure}
		case state == session.Waiting && reason == session.ErrTimeout:
			return &dialError{errors.New("the server did not answer in time")}
		case state == session.Waiting:
			return &dialError{errors.New("the server ended the connection: " + reason)}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return &dialError{context.Cause(ctx)}
		}
	}
}

// dialError prefixes what kept the first socket from opening.
type dialError struct{ cause error }

func (e *dialError) Error() string { return "rtm: dial: " + e.cause.Error() }
func (e *dialError) Unwrap() error { return e.cause }

// Bearer returns token as login takes it: with the scheme "Bearer " in front
// unless it has a scheme already.
func Bearer(token string) string {
	if token == "" || strings.Contains(token, " ") {
		return token
	}
	return "Bearer " + token
}

// Conn is a connection to the server, over as many sockets as it takes. All
// its methods may be called concurrently. Close it, or it lives on.
type Conn struct {
	opts    Options
	api     session.API
	newPush func(action string) Push
	ctx     context.Context // ends with the connection; its cause says why
	cancel  context.CancelCauseFunc
	running sync.WaitGroup // sockets and token requests

	mu sync.Mutex // guards what follows

	engine  *session.Session
	calls   map[session.CallID]chan session.Output
	subs    map[sink]struct{}
	socket  *socket // the present one, nil when there is none
	timer   *time.Timer
	address string           // of the last socket
	token   string           // of the last login, with its scheme
	changed chan struct{}    // closed and replaced when the state changes
	reason  string           // why it changed last
	dialErr error            // why the last socket could not be opened
	opened  bool             // a socket was open once
	stores  []session.Output // what the outbox has to do, the first one being done
	logs    []func()         // to be called after mu is released: handlers are foreign code

	stopToken context.CancelFunc // ends the last request of a token, nil when there was none
}

// RTM returns c, so that Subscribe takes a Conn as well as a client.
func (c *Conn) RTM() *Conn { return c }
