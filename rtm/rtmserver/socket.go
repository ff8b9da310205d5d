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

// A socket is a conn with a transport. One goroutine reads for as long as it lives;
// others come when there is something to do: one handles what was read, see pending,
// and one writes. An idle socket has the one alone.
type socket struct {
	*conn
	transport transport
	wire      *heldConn // under transport

	ctx    context.Context
	cancel context.CancelCauseFunc

	mu      sync.Mutex     // of the queue
	queue   []item         // what waits to be written
	writing bool           // somebody writes, or will: put need not see to it
	claimed bool           // and that is who handles a frame
	slow    bool           // the client does not read
	ended   bool           // nobody is to begin anything
	alarm   *time.Timer    // runs watch
	pinged  time.Time      // when the server last did
	pinging bool           // and waits for the answer
	helpers sync.WaitGroup // those who write and ping

	waiting atomic.Int64 // frames in queue and in the writes under way
	queued  atomic.Int64 // bytes of them

	at      *org                   // that the address names
	pending pending                // frames that were read
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

// webSocket is the transport of a frame per message. Contexts with an end are dear
// there, so frames come and go without: CloseNow ends what waits, and a heldConn
// what takes too long.
type webSocket struct{ ws *websocket.Conn }

func (t webSocket) Reader(context.Context) (io.Reader, error) {
	_, r, err := t.ws.Reader(context.Background())
	return r, err
}

func (t webSocket) Write(_ context.Context, frame []byte) error {
	return t.ws.Write(context.Background(), websocket.MessageText, frame)
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
	slim := &slimWriter{ResponseWriter: w}
	ws, err := websocket.Accept(slim, r, &websocket.AcceptOptions{
		// The token is in login, not in a cookie, so another site's page can do
		// nothing here that it could not do by itself: any Origin is fine.
		InsecureSkipVerify: true,
		OnPingReceived:     func(context.Context, []byte) bool { return c.lives() },
		OnPongReceived:     func(context.Context, []byte) { c.lives() },
	})
	if err == nil {
		ws.SetReadLimit(maxDiscarded)
		c.wire = slim.conn
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
	c := &socket{conn: s.newConn(r, side, version), writing: true, started: time.Now(), at: s.orgs[id]}
	served := slices.Contains(versions[:], version)
	if !served {
		c.version = newest // it gets one frame, which is the same in all
	}
	c.pending.less.L = &c.pending.mu
	c.org, c.out = c.at, c
	c.ctx, c.cancel = context.WithCancelCause(s.ctx)
	switch s.enter(c) {
	case errClosing:
		s.unavailable(w, stopping)
		return
	case errFull:
		s.unavailable(w, "there are too many connections, or they come too fast")
		return
	}
	begin, ok := s.tap.dialed(c, w)
	if ok {
		var err error
		c.transport, err = accept(c)
		ok = err == nil
	}
	if !ok {
		c.cancel(nil)
		s.leave(c)
		return // it was refused, or accept has answered
	}
	c.began()
	begin()
	switch {
	case !served:
		c.disconnect("unsupported_version")
	case id != "" && c.at == nil:
		c.disconnect("license_not_found")
	case c.at != nil:
		c.turnAway(c.at)
	}
	// The goroutine of the request holds its memory, which is more than a socket
	// that is idle needs.
	go c.serve()
}

// serve lives as long as the socket.
func (c *socket) serve() {
	defer c.s.leave(c)
	defer c.over()
	stop := context.AfterFunc(c.ctx, c.transport.CloseNow)
	c.mu.Lock()
	c.pinged = c.started
	c.alarm = time.AfterFunc(c.catalogue.Transport.PingInterval(), c.watch)
	c.help(c.write) // what was queued before there was a transport
	c.mu.Unlock()

	c.read()
	stop()
	c.cancel(nil)
	c.inbound.wait()
	c.pending.settled()
	c.transport.CloseNow()
	c.mu.Lock()
	c.ended = true
	c.alarm.Stop()
	c.mu.Unlock()
	c.helpers.Wait()
	c.outbound.wait()
	c.safely(c.depart)
	c.s.tap.ended(c)
}

// help has a goroutine do something for the socket. The caller holds mu.
func (c *socket) help(do func()) {
	if !c.ended {
		c.helpers.Add(1)
		c.s.crew.do(func() {
			defer c.helpers.Done()
			do()
		})
	}
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
			c.kick()
			continue
		}
		c.s.tap.received(c, frame)
	}
}

// write sends what is queued until nothing is, and closes the socket after a
// disconnect.
func (c *socket) write() {
	for {
		c.mu.Lock()
		slow, items := c.slow, c.queue
		c.queue = nil
		if c.writing = slow || len(items) > 0; !c.writing {
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		if slow {
			// It has read what was under way when its queue ran over.
			c.transport.Close(websocket.StatusPolicyViolation, errSlow.Error())
			c.cancel(errSlow)
			return
		}
		if c.outbound == nil { // else a lane writes when its time comes
			c.wire.hold()
		}
		for i := range items {
			if c.ctx.Err() != nil || !c.writeItem(&items[i]) {
				return
			}
		}
		if err := c.wire.release(); err != nil {
			c.cancel(err)
			return
		}
	}
}

// writeItem writes one, unless the client is cut off, and reports whether more may
// follow.
func (c *socket) writeItem(it *item) bool {
	defer c.done(it)
	c.mu.Lock()
	slow := c.slow
	c.mu.Unlock()
	if slow {
		return true
	}
	if it.frame != nil {
		c.s.tap.sending(c, it.frame)
	}
	if it.last {
		if err := c.wire.release(); err != nil {
			c.cancel(err)
		}
		c.outbound.drain(c.ctx)
		if c.silent.Load() && !c.s.closing.Load() {
			// The client hears nothing of it. It is gone all the same, and read
			// waits until it closes the socket.
			c.depart()
			return false
		}
		c.end(it.code, it.reason)
	}
	return !it.last
}

// done says that an item waits no more.
func (c *socket) done(it *item) {
	c.waiting.Add(-1)
	c.queued.Add(-int64(len(it.frame)))
}

// claim has what is queued from now on wait for unclaim, which writes it in the
// goroutine of the caller: one less to wake. Who cannot wait for that calls kick;
// nor does a queue that grows: the frame that is handled may wait for others.
func (c *socket) claim() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.writing && !c.ended {
		c.writing, c.claimed = true, true
	}
}

func (c *socket) unclaim() {
	c.mu.Lock()
	mine := c.claimed
	c.claimed = false
	c.mu.Unlock()
	if mine {
		c.write()
	}
}

// kick has what is queued written now.
func (c *socket) kick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.takeOver()
}

func (c *socket) takeOver() {
	if c.claimed {
		c.claimed = false
		c.help(c.write)
	}
}

// end closes the socket. write calls it.
func (c *socket) end(code websocket.StatusCode, reason string) {
	if err := c.wire.release(); err == nil {
		c.transport.Close(code, reason)
	}
	c.cancel(nil)
}

// send writes a frame. A failure ends the socket.
func (c *socket) send(frame []byte) {
	if c.silent.Load() {
		return
	}
	if err := c.transport.Write(c.ctx, frame); err != nil {
		c.cancel(err)
	}
}

// watch sends the server's own pings and ends a connection that is late with its
// login, or silent. It runs when something may be due.
func (c *socket) watch() {
	t := c.catalogue.Transport
	now := time.Now()
	wait := t.LoginDeadline() - now.Sub(c.started)
	if c.loggedIn.Load() {
		wait = time.Duration(c.life.Load()) + t.IdleClose() - now.Sub(c.started)
	}
	if wait <= 0 {
		c.disconnect("connection_timeout")
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	next := c.pinged.Add(t.PingInterval()).Sub(now)
	if next <= 0 {
		c.pinged, next = now, t.PingInterval()
		if !c.pinging && !c.silent.Load() {
			c.pinging = true
			c.help(c.ping)
		}
	}
	c.alarm.Reset(min(wait, next))
}

// ping asks for a sign of life. The pong is noted as such; a lost one is the
// business of the idle deadline.
func (c *socket) ping() {
	ctx, cancel := context.WithTimeout(c.ctx, writeTimeout)
	_ = c.transport.Ping(ctx)
	cancel()
	c.mu.Lock()
	c.pinging = false
	c.mu.Unlock()
}

// woke counts the login.
func (c *socket) woke() { c.s.authorized(c) }

// put queues a frame. A client whose queue is full does not read: it is cut off,
// so that it costs nobody else.
func (c *socket) put(it item) {
	if it.last {
		c.reason.CompareAndSwap(nil, &it.reason)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.slow || c.ended {
		return
	}
	c.queue = append(c.queue, it)
	n := int64(len(it.frame))
	if all := c.queued.Add(n); c.waiting.Add(1) > sendQueue || all > sendBytes && all > n {
		c.cutOff()
	}
	if !c.writing {
		c.writing = true
		c.help(c.write)
	}
	if it.last || len(c.queue) > sendQueue/4 {
		c.takeOver()
	}
}

// slowReader is the reason of a client that does not read, for the metrics: what
// it gets is the close code alone, and that only if it reads on in time.
const slowReader = "does_not_read"

// cutOff ends a connection whose client does not read. What waits for it is
// dropped at once; the frame that is being written has its writeTimeout. The
// caller holds mu.
func (c *socket) cutOff() {
	reason := slowReader
	c.reason.CompareAndSwap(nil, &reason)
	c.closing.Store(true)
	for i := range c.queue {
		c.done(&c.queue[i])
	}
	c.slow, c.queue = true, nil
}
