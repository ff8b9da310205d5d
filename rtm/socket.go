package rtm

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// readLimit bounds one frame from the server. A page of a hundred threads is
// far below it.
const readLimit = 16 << 20

// closeTimeout bounds what is still to be written, and the closing handshake.
const closeTimeout = 2 * time.Second

// socket is one WebSocket of a Conn. One goroutine dials and then reads, one
// writes; the first of close and failure ends both.
type socket struct {
	conn   *Conn
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex // guards what follows
	frames  [][]byte
	open    bool // there is a writer
	closing bool
	giveUp  *time.Timer // ends a closing that takes too long
	code    int
	reason  string
	ready   chan struct{} // one-slot: frames or closing has changed
}

func newSocket(c *Conn) *socket {
	s := &socket{conn: c, ready: make(chan struct{}, 1)}
	// Not c.ctx: the close frame is written after that has ended.
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// send queues a frame and never waits. The engine bounds how many there are.
func (s *socket) send(frame []byte) {
	s.mu.Lock()
	s.frames = append(s.frames, frame)
	s.mu.Unlock()
	s.signal()
}

// close ends the socket. A normal end comes after what is queued was written,
// or when that takes longer than closeTimeout. Any other one is at once: what is
// still queued must not reach the server after the next connection has looked
// for it. It is called once.
func (s *socket) close(code int, reason string) {
	s.mu.Lock()
	s.closing, s.code, s.reason = true, code, reason
	if s.open && code == int(websocket.StatusNormalClosure) {
		s.giveUp = time.AfterFunc(closeTimeout, s.cancel)
	} else {
		s.cancel()
	}
	s.mu.Unlock()
	s.signal()
}

// end releases what the socket holds.
func (s *socket) end() {
	s.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = false
	if s.giveUp != nil {
		s.giveUp.Stop()
	}
}

func (s *socket) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// run opens the socket, reads it until it ends, and tells the engine.
func (s *socket) run(url string) {
	ws, err := s.dial(url)
	if err != nil {
		s.tell(func(now time.Time) {
			s.conn.dialErr = err
			s.conn.engine.Closed(now, 0, err.Error())
		})
		return
	}
	defer ws.CloseNow()
	ws.SetReadLimit(readLimit)
	var writer sync.WaitGroup
	writer.Go(func() { s.write(ws) })
	defer writer.Wait()
	defer s.end()
	s.tell(s.conn.engine.Opened)
	for {
		kind, frame, err := ws.Read(s.ctx)
		if err != nil {
			s.tell(func(now time.Time) { s.conn.engine.Closed(now, int(websocket.CloseStatus(err)), err.Error()) })
			return
		}
		if kind == websocket.MessageText {
			s.tell(func(now time.Time) { s.conn.engine.Receive(now, frame) })
		} else {
			s.conn.opts.Logger.Warn("rtm: ignored", "what", "a binary frame")
		}
	}
}

// dial opens the socket, unless close comes first.
func (s *socket) dial(url string) (*websocket.Conn, error) {
	ws, response, err := websocket.Dial(s.ctx, url, &websocket.DialOptions{HTTPClient: s.conn.opts.HTTPClient})
	if err != nil {
		if response != nil && response.StatusCode != 0 {
			return nil, errors.New(url + ": " + response.Status)
		}
		return nil, err
	}
	s.mu.Lock()
	s.open = true
	s.mu.Unlock()
	return ws, nil
}

// tell runs an input of the engine, unless the engine has left this socket.
func (s *socket) tell(f func(now time.Time)) {
	s.conn.input(func(now time.Time) {
		if s.conn.socket == s {
			f(now)
		}
	})
}

// write writes frames in order until the socket ends.
func (s *socket) write(ws *websocket.Conn) {
	for {
		select {
		case <-s.ready:
		case <-s.ctx.Done():
			return
		}
		s.mu.Lock()
		frames, closing, code, reason := s.frames, s.closing, s.code, s.reason
		s.frames = nil
		s.mu.Unlock()
		for _, frame := range frames {
			if ws.Write(s.ctx, websocket.MessageText, frame) != nil {
				s.cancel()
				return
			}
		}
		if closing {
			ws.Close(websocket.StatusCode(code), reason) // giveUp ends its wait for the peer
			s.cancel()
			return
		}
	}
}
