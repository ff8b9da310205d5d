package rtmserver

import "sync"

// pending are the frames of a socket that were read and are not answered yet.
// They are handled one after the other, by a goroutine that lives as long as
// there are any: so the socket is read meanwhile, and who sends without waiting
// hears of it.
type pending struct {
	mu       sync.Mutex
	less     sync.Cond // signals that n became less
	frames   [][]byte
	n        int // frames, and the one at work
	bytes    int
	draining bool // the socket is to go as soon as all is answered
}

// submit has a frame handled after those before it. Over the limit it is
// answered at once.
func (c *socket) submit(frame []byte) {
	p, limit := &c.pending, c.s.limits.Pending
	p.mu.Lock()
	// Large frames wait in the network, so that a connection costs little more
	// than one of them.
	for p.n > 0 && (limit < 0 || p.bytes+len(frame) > maxFrame) {
		p.less.Wait()
	}
	if p.draining {
		p.mu.Unlock()
		return
	}
	if limit > 0 && p.n >= limit {
		p.mu.Unlock()
		c.refuse(frame)
		c.kick()
		return
	}
	p.n++
	p.bytes += len(frame)
	p.frames = append(p.frames, frame)
	first := p.n == 1
	p.mu.Unlock()
	if first {
		c.s.crew.do(c.work)
	}
}

// work handles what is pending until nothing is.
func (c *socket) work() {
	p := &c.pending
	for {
		p.mu.Lock()
		frame := p.frames[0]
		p.frames[0] = nil
		p.frames = p.frames[1:]
		p.mu.Unlock()
		c.claim()
		if c.ctx.Err() == nil && !c.closing.Load() && !c.silent.Load() {
			c.safely(func() { c.handle(frame) })
		}
		c.unclaim()
		p.mu.Lock()
		p.n--
		p.bytes -= len(frame)
		last := p.n == 0
		if last {
			p.frames = nil // an idle connection keeps nothing
			if p.draining {
				c.goAway()
			}
		}
		p.less.Broadcast()
		p.mu.Unlock()
		if last {
			return
		}
	}
}

// settled waits until nothing is pending.
func (p *pending) settled() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.n > 0 {
		p.less.Wait()
	}
}

// drain has the socket answer what is pending, read no more, and go.
func (c *socket) drain() {
	p := &c.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draining = true
	if p.n == 0 {
		c.goAway()
	}
}

// refuse answers a frame over the limit of pending requests. A ping is answered
// as ever: it asks for nothing but a sign of life.
func (c *socket) refuse(frame []byte) {
	r, err := parseRequest(frame)
	switch {
	case err != nil:
		c.respond(r, nil, err)
	case r.action == "ping":
		c.safely(func() { c.handle(frame) })
	default:
		c.respond(r, nil, failAs(c.catalogue, "pending_requests_limit_reached"))
	}
}

// safely has a frame handled. A panic, which would be a mistake of this server,
// ends the connection and not the server.
func (c *socket) safely(fn func()) {
	if err := guard(func() error { fn(); return nil }); err != nil {
		c.s.opts.Logger.Error("a frame could not be handled", "api", c.side.String(), "error", err)
		c.disconnect("internal_error")
	}
}
