package rtmserver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const (
	maxFrame     = 1 << 20  // bytes that are read as a request
	maxDiscarded = 16 << 20 // bytes of a frame at which the connection is closed
	sendQueue    = 256      // frames that wait for a client that reads slowly
	sendBytes    = 64 << 20 // bytes of them; a single frame may be longer
	writeTimeout = 10 * time.Second
)

var errSlow = errors.New("the client does not read")

// A socket is a conn with a transport. The goroutine of its HTTP request reads and
// handles, one writes, one watches the deadlines.
type socket struct {
	*conn
	transport transport

	ctx    context.Context
	cancel context.CancelCauseFunc
	queue  chan item
	queued atomic.Int64  // bytes in queue and in the write under way
	woken  chan struct{} // tells watch of the login

	at      *org                   // that the address names
	pending pending                // frames that were read
	slow    chan struct{}          // closed when the client does not read
	cut     sync.Once              // closes slow
	reason  atomic.Pointer[string] // why the server ended it
	counted string                 // the address whose connection without a login it is, guarded by Server.mu

	silent   atomic.Bool // half open: nothing comes or goes, see Fault
	gone     sync.Once   // leave, also when nobody closes a half-open socket
	inbound  *lane       // what a fault holds back; read's
	outbound *lane       // write's

	started time.Time
	life    atomic.Int64 // when the client last showed life, after started
}

// A transport carries frames. One goroutine reads; the rest may be called by any.
type transport interface {
	// Reader waits for the next frame, whose reader is good until the next call.
	Reader(ctx context.Context) (io.Reader, error)

	Write(ctx context.Context, frame []byte) error

	// Ping asks the client for a sign of life, which goes to socket.lives.
	Ping(ctx context.Context) error

	// Close says good-bye and closes; CloseNow just closes.
	Close(code websocket.StatusCode, reason string)
	CloseNow()
}

// webSocket is the transport of a frame per message.
type webSocket struct{ ws *websocket.Conn }

func (t webSocket) Reader(ctx context.Context) (io.Reader, error) {
	_, r, err := t.ws.Reader(ctx)
	return r, err
}

func (t webSocket) Write(ctx context.Context, frame []byte) error {
	return t.ws.Write(ctx, websocket.MessageText, frame)
}

func (t webSocket) Ping(ctx context.Context) error { return t.ws.Ping(ctx) }

func (t webSocket) Close(code websocket.StatusCode, reason string) { _ = t.ws.Close(code, reason) }

func (t webSocket) CloseNow() { _ = t.ws.CloseNow() }

// serveSocket serves a WebSocket until it ends.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request, side side, version string) {
	s.serveTransport(w, r, side, version, func(c *socket) (transport, error) {
		ws, err := c.accept(w, r)
		return webSocket{ws}, err
	})
}

// accept answers the request for a WebSocket, also when it fails.
func (c *socket) accept(w http.ResponseWriter, r *http.Request) (*websocket.Conn, error) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		// The token is in login, not in a cookie, so another site's page can do
		// nothing here that it could not do by itself: any Origin is fine.
		InsecureSkipVerify: true,
		OnPingReceived:     func(context.Context, []byte) bool { return c.lives() },
		OnPongReceived:     func(context.Context, []byte) { c.lives() },
	})
	if err == nil {
		ws.SetReadLimit(maxDiscarded)
	}
	return ws, err
}

// serveTransport serves what accept makes of the request until it ends.
func (s *Server) serveTransport(w http.ResponseWriter, r *http.Request, side side, version string, accept func(*socket) (transport, error)) {
	id := r.URL.Query().Get("organization_id")
	if s.foreign(w, r) {
		return
	}
	if id == "" && side == customerSide {
		httpError(w, http.StatusBadRequest, "validation", "the query parameter organization_id is required")
		return
	}
	c := &socket{
		conn: s.newConn(r, side, version), queue: make(chan item, sendQueue), slow: make(chan struct{}), woken: make(chan struct{}, 1),
		started: time.Now(), at: s.orgs[id],
	}
	served := slices.Contains(versions[:], version)
	if !served {
		c.version = newest // it gets one frame, which is the same in all
	}
	c.pending.less.L = &c.pending.mu
	c.org, c.out = c.at, c
	c.ctx, c.cancel = context.WithCancelCause(s.ctx)
	defer c.cancel(nil)
	switch s.enter(c) {
	case errClosing:
		s.unavailable(w, stopping)
		return
	case errFull:
		s.unavailable(w, "there are too many connections, or they come too fast")
		return
	}
	defer s.leave(c)
	begin, ok := s.tap.dialed(c, w)
	if !ok {
		return // it was refused
	}
	var err error
	if c.transport, err = accept(c); err != nil {
		return // accept has answered
	}

	c.began()
	defer c.over()
	writer, watcher := make(chan struct{}), make(chan struct{})
	go func() { defer close(writer); c.write() }()
	go func() { defer close(watcher); c.watch() }()
	begin()
	switch {
	case !served:
		c.disconnect("unsupported_version")
	case id != "" && c.at == nil:
		c.disconnect("license_not_found")
	case c.at != nil:
		c.turnAway(c.at)
	}
	c.read()
	c.cancel(nil)
	c.inbound.wait()
	c.pending.settled()
	c.transport.CloseNow()
	<-writer
	<-watcher
	c.outbound.wait()
	c.depart()
	s.tap.ended(c)
}

// depart takes the connection out of its organization.
func (c *socket) depart() { c.gone.Do(c.leave) }

// lives notes that the client showed life, unless the connection is half open. It
// reports whether it did.
func (c *socket) lives() bool {
	if c.silent.Load() {
		return false
	}
	c.life.Store(int64(time.Since(c.started)))
	return true
}

// read handles frames until the socket ends.
func (c *socket) read() {
	for {
		r, err := c.transport.Reader(c.ctx)
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
		if !c.lives() || c.closing.Load() {
			continue
		}
		if long {
			c.respond(peek(frame[:maxFrame]), nil, tooLong())
			continue
		}
		c.s.tap.received(c, frame)
	}
}

// write sends what is queued, and closes the socket after a disconnect.
func (c *socket) write() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.slow:
			// It has read what was under way when its queue ran over.
			c.transport.Close(websocket.StatusPolicyViolation, errSlow.Error())
			c.cancel(errSlow)
			return
		case it := <-c.queue:
			if it.frame != nil {
				c.s.tap.sending(c, it.frame)
				c.queued.Add(-int64(len(it.frame)))
			}
			if it.last {
				c.outbound.drain(c.ctx)
				if c.silent.Load() && !c.s.closing.Load() {
					// The client hears nothing of it. It is gone all the same, and
					// read waits until it closes the socket.
					c.depart()
					return
				}
				c.transport.Close(it.code, it.reason)
				c.cancel(nil)
				return
			}
		}
	}
}

// send writes a frame. A failure ends the socket.
func (c *socket) send(frame []byte) {
	if c.silent.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, writeTimeout)
	defer cancel()
	if err := c.transport.Write(ctx, frame); err != nil {
		c.cancel(err)
	}
}

// watch sends the server's own pings and ends a connection that is late with its
// login, or silent.
func (c *socket) watch() {
	t := c.catalogue.Transport
	ping := time.NewTicker(t.PingInterval())
	defer ping.Stop()
	pinged := make(chan struct{}, 1)
	pinged <- struct{}{}
	defer func() { <-pinged }()
	for {
		var wait time.Duration
		if c.loggedIn.Load() {
			wait = time.Duration(c.life.Load()) + t.IdleClose() - time.Since(c.started)
		} else {
			wait = t.LoginDeadline() - time.Since(c.started)
		}
		if wait <= 0 {
			c.disconnect("connection_timeout")
			return
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
			if c.silent.Load() {
				continue
			}
			select {
			case <-pinged:
				go func() {
					// The pong is noted by OnPongReceived; a lost one is the
					// business of the idle deadline.
					ctx, cancel := context.WithTimeout(c.ctx, writeTimeout)
					_ = c.transport.Ping(ctx)
					cancel()
					pinged <- struct{}{}
				}()
			default:
			}
		}
	}
}

// woke tells watch of the login.
func (c *socket) woke() {
	c.s.authorized(c)
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// put queues a frame. A client whose queue is full does not read: it is cut off,
// so that it costs nobody else.
func (c *socket) put(it item) {
	if it.last {
		c.reason.CompareAndSwap(nil, &it.reason)
	}
	n := int64(len(it.frame))
	if all := c.queued.Add(n); all > sendBytes && all > n {
		c.cutOff()
		return
	}
	select {
	case c.queue <- it:
	default:
		c.cutOff()
	}
}

// slowReader is the reason of a client that does not read, for the metrics: what
// it gets is the close code alone, and that only if it reads on in time.
const slowReader = "does_not_read"

// cutOff ends a connection whose client does not read. What waits for it is
// dropped at once; the frame that is being written has its writeTimeout.
func (c *socket) cutOff() {
	reason := slowReader
	c.reason.CompareAndSwap(nil, &reason)
	c.closing.Store(true)
	c.cut.Do(func() { close(c.slow) })
	for {
		select {
		case it := <-c.queue:
			c.queued.Add(-int64(len(it.frame)))
		default:
			return
		}
	}
}
