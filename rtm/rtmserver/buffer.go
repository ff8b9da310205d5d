package rtmserver

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	readBuffer  = 1 << 10 // bytes that a connection keeps for reading; larger frames go past it
	frameHeader = 144     // bytes for writing: a control frame, or the head of another
	holdBytes   = 32 << 10
)

// A slimWriter is the http.ResponseWriter of a request for a socket: what it gives
// to who takes the connection over has small buffers, and is a heldConn.
type slimWriter struct {
	http.ResponseWriter
	conn *heldConn // once it was taken over
}

// Hijack takes the connection over.
func (w *slimWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, old, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.conn = &heldConn{Conn: conn}
	// What the client sent too early is in the buffer of the new reader too.
	early, _ := old.Peek(old.Reader.Buffered())
	var from io.Reader = conn
	if len(early) > 0 {
		from = io.MultiReader(bytes.NewReader(early), conn)
	}
	r := bufio.NewReaderSize(from, max(readBuffer, len(early)))
	_, _ = r.Peek(len(early))
	return w.conn, bufio.NewReadWriter(r, bufio.NewWriterSize(w.conn, frameHeader)), nil
}

// A heldConn can hold back what is written, so that many frames leave in one
// system call. Every write to the network has writeTimeout, or half as much again: a
// deadline costs a tenth of a write, so it serves several. It is safe for concurrent
// use.
type heldConn struct {
	net.Conn

	mu      sync.Mutex
	holding bool
	held    *[]byte   // nil when nothing is
	until   time.Time // the deadline of writes
}

var heldBuffers = sync.Pool{New: func() any { return new([]byte) }}

// hold has what is written wait for release, a buffer's worth at most.
func (c *heldConn) hold() {
	c.mu.Lock()
	c.holding = true
	c.mu.Unlock()
}

// release writes what was held back.
func (c *heldConn) release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holding = false
	return c.flush()
}

func (c *heldConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.holding && c.held == nil || len(p) >= holdBytes {
		if err := c.flush(); err != nil {
			return 0, err
		}
		return c.now(p)
	}
	if c.held == nil {
		c.held = heldBuffers.Get().(*[]byte)
	}
	*c.held = append(*c.held, p...)
	if c.holding && len(*c.held) < holdBytes {
		return len(p), nil
	}
	return len(p), c.flush()
}

func (c *heldConn) flush() error {
	if c.held == nil {
		return nil
	}
	_, err := c.now(*c.held)
	if cap(*c.held) <= 2*holdBytes {
		*c.held = (*c.held)[:0]
		heldBuffers.Put(c.held)
	}
	c.held = nil
	return err
}

func (c *heldConn) now(p []byte) (int, error) {
	if now := time.Now(); c.until.Sub(now) < writeTimeout {
		c.until = now.Add(writeTimeout * 3 / 2)
		if err := c.SetWriteDeadline(c.until); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(p)
}
