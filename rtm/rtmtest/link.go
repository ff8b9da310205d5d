package rtmtest

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// quantum is the resolution of arrivals. Each link has a part of it of its own,
// so that no two packets arrive at the same instant: what the goroutines of a
// bubble do then follows from the seed alone.
const quantum = time.Microsecond

// A link is one direction of a connection. What is written is cut into packets,
// which arrive at the reader when the faults of the network let them.
type link struct {
	net    *Network
	conn   *conn
	up     bool          // from client to server
	offset time.Duration // of all arrivals, in the quantum
	rand   *rand.Rand

	mu sync.Mutex // guards what follows

	// The side that writes.
	scan  scanner
	queue []packet // by time of arrival
	last  time.Time
	timer *time.Timer
	gone  error // what a write gets
	dark  bool  // packets vanish
	over  bool  // there will be no more

	// The side that reads.
	buf      []byte
	end      error // what a read gets once buf is empty
	deadline time.Time
	alarm    *time.Timer
	ready    chan struct{} // one-slot: something of the above has changed
}

// A packet arrives whole. The last one has an end and no data.
type packet struct {
	at   time.Time
	data []byte
	end  error
}

func (l *link) signal() {
	select {
	case l.ready <- struct{}{}:
	default:
	}
}

// write takes what an end writes. It never waits.
func (l *link) write(b []byte) (int, error) {
	l.mu.Lock()
	if l.gone != nil {
		l.mu.Unlock()
		return 0, l.gone
	}
	var handshake []byte
	for _, u := range l.scan.cut(b) {
		l.passLocked(u)
		if u.upgrade {
			handshake = u.data
		}
	}
	l.mu.Unlock()
	if handshake != nil {
		l.conn.shake(l.up, handshake)
	}
	return len(b), nil
}

// passLocked sends one unit on its way, or what the faults leave of it.
func (l *link) passLocked(u unit) {
	f, slow := l.net.weather(l.conn.host)
	// The same number of draws for each unit, whatever becomes of it.
	travel := f.Latency/2 + time.Duration(l.rand.Int64N(int64(f.Latency/2)+1))
	drop, delay, again, late := l.rand.Float64(), l.rand.Float64(), l.rand.Float64(), l.rand.Float64()
	extra, slowing := upTo(l.rand, maxDelay), upTo(l.rand, maxSlowing)
	if slow {
		travel += slowing
	}
	if !u.text {
		l.queueLocked(travel, u.data, nil)
		return
	}
	count := func(n *int) { l.net.count(func() { *n++ }) }
	count(&l.net.stats.Frames)
	if delay < f.Delay {
		count(&l.net.stats.Delayed)
		travel += extra
	}
	switch {
	case drop < f.Drop:
		count(&l.net.stats.Dropped)
		return
	case !l.up && late < f.Reorder:
		count(&l.net.stats.Reordered)
		// It does not hold up those behind it.
		l.insertLocked(packet{at: time.Now().Add(travel + extra/4), data: u.data})
	default:
		l.queueLocked(travel, u.data, nil)
	}
	if !l.up && again < f.Duplicate {
		count(&l.net.stats.Duplicated)
		l.insertLocked(packet{at: l.last.Add(extra / 4), data: u.data})
	}
}

// queueLocked adds a packet behind those that are on their way.
func (l *link) queueLocked(travel time.Duration, data []byte, end error) {
	at := time.Now().Add(travel)
	if at.Before(l.last) {
		at = l.last
	}
	l.last = l.insertLocked(packet{at: at, data: data, end: end})
}

// insertLocked adds a packet at the first instant of the link from its time on
// that no other packet has, and returns that.
func (l *link) insertLocked(p packet) time.Time {
	if l.dark {
		return l.last
	}
	p.data = bytes.Clone(p.data)
	p.at = p.at.Truncate(quantum).Add(quantum + l.offset)
	i := len(l.queue)
	for i > 0 && l.queue[i-1].at.After(p.at) {
		i--
	}
	for i > 0 && l.queue[i-1].at.Equal(p.at) {
		p.at = p.at.Add(quantum)
		for i < len(l.queue) && !l.queue[i].at.After(p.at) {
			i++
		}
	}
	l.queue = slices.Insert(l.queue, i, p)
	if i == 0 {
		l.armLocked()
	}
	return p.at
}

// armLocked waits for the first packet of the queue.
func (l *link) armLocked() {
	if len(l.queue) == 0 {
		return
	}
	wait := time.Until(l.queue[0].at)
	if l.timer == nil {
		l.timer = time.AfterFunc(wait, l.arrive)
	} else {
		l.timer.Reset(wait)
	}
}

func (l *link) arrive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for len(l.queue) > 0 && !l.queue[0].at.After(now) && l.end == nil {
		l.buf = append(l.buf, l.queue[0].data...)
		l.end = l.queue[0].end
		l.queue = slices.Delete(l.queue, 0, 1)
	}
	if l.end != nil {
		l.queue = nil
	}
	l.armLocked()
	l.signal()
}

func (l *link) read(b []byte) (int, error) {
	for {
		l.mu.Lock()
		switch {
		case !l.deadline.IsZero() && !time.Now().Before(l.deadline):
			l.mu.Unlock()
			return 0, os.ErrDeadlineExceeded
		case len(l.buf) > 0:
			n := copy(b, l.buf)
			if l.buf = l.buf[n:]; len(l.buf) == 0 {
				l.buf = nil
			}
			l.mu.Unlock()
			return n, nil
		case l.end != nil:
			defer l.mu.Unlock()
			return 0, l.end
		}
		l.mu.Unlock()
		<-l.ready
	}
}

func (l *link) setDeadline(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deadline = t
	if l.alarm != nil {
		l.alarm.Stop()
		l.alarm = nil
	}
	if wait := time.Until(t); !t.IsZero() && wait > 0 {
		l.alarm = time.AfterFunc(wait, l.signal)
		return
	}
	l.signal()
}

// What becomes of the packets that are on their way when a link ends.
const (
	loseNone = iota
	loseLate // those that would not arrive soon
	loseAll
)

// finish ends the link: the reader gets end, the writer gone, or, when that is
// nil, no notice at all.
func (l *link) finish(end, gone error, lose int) {
	f, _ := l.net.weather(nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	soon := time.Now().Add(f.Latency)
	l.queue = slices.DeleteFunc(l.queue, func(p packet) bool {
		return lose == loseAll || lose == loseLate && p.at.After(soon)
	})
	l.endLocked(f.Latency/2, end, gone)
}

// farewell ends the link with some last words, behind all that is on its way.
func (l *link) farewell(frames ...[]byte) {
	f, _ := l.net.weather(nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	for _, frame := range frames {
		l.queueLocked(f.Latency/2, frame, nil)
	}
	l.endLocked(f.Latency/2, io.EOF, errReset)
}

func (l *link) endLocked(travel time.Duration, end, gone error) {
	l.last = time.Now()
	if n := len(l.queue); n > 0 {
		l.last = l.queue[n-1].at
	}
	l.queueLocked(travel, nil, end)
	l.armLocked()
	l.over, l.dark, l.gone = true, true, gone
}

// chance is what becomes of the packets when nobody meant the end.
func (l *link) chance() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return loseLate + l.rand.IntN(2)
}

// abandon ends the link for the side that reads.
func (l *link) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf, l.queue, l.end, l.dark = nil, nil, net.ErrClosed, true
	l.deadline = time.Time{}
	for _, t := range []*time.Timer{l.timer, l.alarm} {
		if t != nil {
			t.Stop()
		}
	}
	l.signal()
}

// darken makes everything vanish from now on.
func (l *link) darken() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dark, l.queue = true, nil
}

// An endpoint is a net.Conn over two links.
type endpoint struct{ in, out *link }

func (e endpoint) Read(b []byte) (int, error)  { return e.in.read(b) }
func (e endpoint) Write(b []byte) (int, error) { return e.out.write(b) }

func (e endpoint) Close() error {
	e.out.conn.leave()
	lose := loseNone
	if e.out.up {
		// Nothing turns up at the server long after the client has given the
		// connection up: no client could tell what became of it.
		lose = loseLate
	}
	e.out.finish(io.EOF, net.ErrClosed, lose)
	e.in.abandon()
	return nil
}

func (e endpoint) LocalAddr() net.Addr               { return addr{} }
func (e endpoint) RemoteAddr() net.Addr              { return addr{} }
func (e endpoint) SetDeadline(t time.Time) error     { return e.SetReadDeadline(t) }
func (e endpoint) SetReadDeadline(t time.Time) error { e.in.setDeadline(t); return nil }
func (e endpoint) SetWriteDeadline(time.Time) error  { return nil } // a write never waits

// A unit is what faults happen to: one WebSocket frame, or some bytes of HTTP.
type unit struct {
	data    []byte
	text    bool // a whole text frame
	upgrade bool // the end of a handshake
}

// A scanner cuts one direction of a connection into units.
type scanner struct {
	frames bool // the handshake is over
	plain  bool // this is no WebSocket
	buf    []byte
}

// cut adds bytes and returns the units that are complete. They are good until
// the next call.
func (s *scanner) cut(b []byte) []unit {
	if s.plain {
		return []unit{{data: b}}
	}
	s.buf = append(s.buf, b...)
	buf := s.buf
	var units []unit
	if !s.frames {
		i := bytes.Index(buf, []byte("\r\n\r\n"))
		if i < 0 {
			return nil
		}
		head := bytes.ToLower(buf[:i+2])
		if !bytes.Contains(head, []byte("\r\nupgrade: websocket\r\n")) {
			s.plain, s.buf = true, nil
			return []unit{{data: buf}}
		}
		s.frames = true
		units = append(units, unit{data: buf[:i+4], upgrade: true})
		buf = buf[i+4:]
	}
	for {
		n := frameLen(buf)
		if n == 0 || len(buf) < n {
			break
		}
		units = append(units, unit{data: buf[:n], text: buf[0] == finText})
		buf = buf[n:]
	}
	// What is left stays where the units are not.
	s.buf = bytes.Clone(buf)
	return units
}

const (
	finText  = 0x81
	finClose = 0x88
)

// frameLen returns the length of the frame that b starts with, 0 when there is
// too little of it to know.
func frameLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	head, n := 2, int(b[1]&0x7f)
	switch n {
	case 126:
		if head = 4; len(b) < head {
			return 0
		}
		n = int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if head = 10; len(b) < head {
			return 0
		}
		n = int(binary.BigEndian.Uint64(b[2:]))
	}
	if b[1]&0x80 != 0 {
		head += 4
	}
	return head + n
}

// serverFrame makes a frame as a server sends it.
func serverFrame(first byte, payload []byte) []byte {
	frame := []byte{first, byte(len(payload))}
	if len(payload) > 125 {
		frame = binary.BigEndian.AppendUint16([]byte{first, 126}, uint16(len(payload)))
	}
	return append(frame, payload...)
}

var errReset error = &net.OpError{Op: "read", Net: "pipe", Err: syscall.ECONNRESET}
