package rtmserver

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

const (
	maxFrame     = 1 << 20  // bytes that are read as a request
	maxDiscarded = 16 << 20 // bytes of a frame at which the connection is closed
	sendQueue    = 256      // frames that wait for a client that reads slowly
	sendBytes    = 64 << 20 // bytes of them; a single frame may be longer
	writeTimeout = 10 * time.Second
)

var errSlow = errors.New("rtmserver: the client does not read")

// A conn is one socket. The goroutine of its HTTP request reads and handles,
// one writes, one watches the deadlines.
type conn struct {
	s         *Server
	side      side
	catalogue *catalogue.API
	version   string
	ws        *websocket.Conn
	ip        string
	userAgent string

	ctx    context.Context
	cancel context.CancelCauseFunc
	queue  chan item
	queued atomic.Int64  // bytes in queue and in the write under way
	woken  chan struct{} // tells watch of the login

	closing  atomic.Bool // a disconnect is on its way: nothing more is sent or read
	loggedIn atomic.Bool
	started  time.Time
	life     atomic.Int64 // when the client last showed life, after started

	// Set once at login, before loggedIn; for agents org is nil until then
	// unless the address named it.
	org    *org
	user   string
	agent  *Agent
	pushes filter
	group  int
	token  *token

	storage params          // of a customer: what it had kept for the server
	away    bool            // of an agent
	subs    []*subscription // of an agent
}

// item is an entry of the send queue. The last one closes the socket.
type item struct {
	frame  []byte
	last   bool
	code   websocket.StatusCode
	reason string
}

// serveSocket serves a connection until it ends.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request, side side, version string) {
	id := r.URL.Query().Get("organization_id")
	if id == "" && side == customerSide {
		httpError(w, http.StatusBadRequest, "validation", "the query parameter organization_id is required")
		return
	}
	c := &conn{
		s: s, side: side, catalogue: side.api(), version: version, org: s.orgs[id],
		userAgent: r.UserAgent(), ip: r.RemoteAddr, queue: make(chan item, sendQueue), woken: make(chan struct{}, 1), started: time.Now(),
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		c.ip = host
	}
	c.ctx, c.cancel = context.WithCancelCause(s.ctx)
	defer c.cancel(nil)
	if !s.enter(c) {
		httpError(w, http.StatusServiceUnavailable, "service_unavailable", "the server is shutting down")
		return
	}
	defer s.leave(c)
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		// The token is in login, not in a cookie, so another site's page can do
		// nothing here that it could not do by itself: any Origin is fine.
		InsecureSkipVerify: true,
		OnPingReceived:     func(context.Context, []byte) bool { c.lives(); return true },
		OnPongReceived:     func(context.Context, []byte) { c.lives() },
	})
	if err != nil {
		return // Accept has answered
	}
	c.ws = ws
	ws.SetReadLimit(maxDiscarded)

	writer, watcher := make(chan struct{}), make(chan struct{})
	go func() { defer close(writer); c.write() }()
	go func() { defer close(watcher); c.watch() }()
	if id != "" && c.org == nil {
		c.disconnect("license_not_found")
	}
	c.read()
	c.cancel(nil)
	ws.CloseNow()
	<-writer
	<-watcher
	c.leave()
}

// lives notes that the client showed life.
func (c *conn) lives() { c.life.Store(int64(time.Since(c.started))) }

// read handles frames until the socket ends.
func (c *conn) read() {
	for {
		_, r, err := c.ws.Reader(c.ctx)
		if err != nil {
			return
		}
		frame, err := io.ReadAll(io.LimitReader(r, maxFrame+1))
		if err != nil {
			return
		}
		long := len(frame) > maxFrame
		if long {
			// Past maxDiscarded the socket closes itself with 1009.
			if _, err := io.Copy(io.Discard, r); err != nil {
				return
			}
		}
		c.lives()
		if c.closing.Load() {
			continue
		}
		if long {
			c.respond(peek(frame[:maxFrame]), nil, tooLong())
			continue
		}
		c.handle(frame)
	}
}

// write sends what is queued, and closes the socket after a disconnect.
func (c *conn) write() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case it := <-c.queue:
			if it.frame != nil {
				ctx, cancel := context.WithTimeout(c.ctx, writeTimeout)
				err := c.ws.Write(ctx, websocket.MessageText, it.frame)
				cancel()
				c.queued.Add(-int64(len(it.frame)))
				if err != nil {
					c.cancel(err)
					return
				}
			}
			if it.last {
				c.ws.Close(it.code, it.reason)
				c.cancel(nil)
				return
			}
		}
	}
}

// watch sends the server's own pings and ends a connection that is late with
// its login, silent, or whose token has expired.
func (c *conn) watch() {
	t := c.catalogue.Transport
	ping := time.NewTicker(t.PingInterval())
	defer ping.Stop()
	pinged := make(chan struct{}, 1)
	pinged <- struct{}{}
	defer func() { <-pinged }()
	for {
		var wait time.Duration
		var expires time.Time
		if c.loggedIn.Load() {
			wait = time.Duration(c.life.Load()) + t.IdleClose() - time.Since(c.started)
			if c.token != nil {
				expires = c.token.ExpiresAt
			}
		} else {
			wait = t.LoginDeadline() - time.Since(c.started)
		}
		if wait <= 0 {
			c.disconnect("connection_timeout")
			return
		}
		if !expires.IsZero() {
			left := expires.Sub(c.s.opts.Now())
			if left <= 0 {
				c.disconnect("access_token_expired")
				return
			}
			wait = min(wait, left)
		}
		timer := time.NewTimer(wait)
		select {
		case <-c.ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-c.woken:
			timer.Stop()
		case <-ping.C:
			timer.Stop()
			select {
			case <-pinged:
				go func() {
					// The pong is noted by OnPongReceived; a lost one is the
					// business of the idle deadline.
					ctx, cancel := context.WithTimeout(c.ctx, writeTimeout)
					_ = c.ws.Ping(ctx)
					cancel()
					pinged <- struct{}{}
				}()
			default:
			}
		}
	}
}

// enqueue queues a frame. A client whose queue is full does not read: it is cut
// off, so that it costs nobody else.
func (c *conn) enqueue(frame []byte) {
	if c.closing.Load() {
		return
	}
	c.put(item{frame: frame})
}

func (c *conn) put(it item) {
	n := int64(len(it.frame))
	if all := c.queued.Add(n); all > sendBytes && all > n {
		c.closing.Store(true)
		c.cancel(errSlow)
		return
	}
	select {
	case c.queue <- it:
	default:
		c.closing.Store(true)
		c.cancel(errSlow)
	}
}

// disconnect tells the client why and closes the socket after what is queued.
func (c *conn) disconnect(reason string) {
	if c.closing.Swap(true) {
		return
	}
	frame, err := json.Marshal(pushFrame{
		Version: c.version, Action: c.side.String() + "_disconnected", Type: "push",
		Payload: json.RawMessage(`{"reason":"` + reason + `"}`),
	})
	if err != nil {
		panic(err)
	}
	c.put(item{frame: frame, last: true, code: websocket.StatusNormalClosure, reason: reason})
}

// goAway closes the socket because the server stops.
func (c *conn) goAway() {
	if c.side == customerSide {
		c.disconnect("connection_evicted") // the service is back soon
		return
	}
	// To agents that reason means not to come back, so they get the close code alone.
	if !c.closing.Swap(true) {
		c.put(item{last: true, code: websocket.StatusGoingAway, reason: "the server is shutting down"})
	}
}

// login marks the connection as logged in. The organization's lock is held.
func (c *conn) login(user string, pushes filter) {
	c.user = user
	c.pushes = pushes
	c.loggedIn.Store(true)
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// leave takes the connection out of its organization.
func (c *conn) leave() {
	if c.org == nil || !c.loggedIn.Load() {
		return
	}
	o := c.org
	o.mu.Lock()
	defer o.mu.Unlock()
	drop := func(conns []*conn) []*conn {
		return slices.DeleteFunc(slices.Clone(conns), func(x *conn) bool { return x == c })
	}
	if c.side == customerSide {
		o.customers[c.user] = drop(o.customers[c.user])
		if len(o.customers[c.user]) == 0 {
			delete(o.customers, c.user)
			o.customerLeft(c.user)
		}
		return
	}
	s := o.agents[c.user]
	had := len(s.conns) > 0
	s.conns = drop(s.conns)
	if had && len(s.conns) == 0 && o.st.agent(c.user).Status != offline && !c.s.closing.Load() {
		o.startGrace(c.agent)
	}
	if len(s.conns) > 0 {
		if r := o.awayRecord(c.user, allAway(s.conns)); r != nil {
			em := &emission{org: o}
			if err := o.commit(em, r); err != nil {
				c.s.opts.Logger.Error("an agent is away", "agent", c.user, "error", err)
			}
			em.flush()
		}
	}
	o.dirty = true
	o.settleSafely()
}
