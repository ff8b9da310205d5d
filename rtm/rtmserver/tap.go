package rtmserver

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// A tap is where every frame of a socket, and every exchange of the Web API, passes
// on its way: the faults act here, and the journal is written here.
type tap struct {
	s       *Server
	faults  faultSet
	journal journal
}

func newTap(s *Server) *tap { return &tap{s: s, journal: newJournal(s.opts.Journal)} }

// identity is who a connection is logged in as.
type identity struct{ organization, user string }

// known returns who the connection is as far as it is known.
func (c *socket) known() identity {
	if who := c.identity.Load(); who != nil {
		return *who
	}
	if c.at != nil {
		return identity{organization: c.at.seed.ID}
	}
	return identity{}
}

// note writes what happened to a socket.
func (t *tap) note(c *socket, e JournalEntry) { t.journal.add(c.conn, c.known(), e) }

// busy reports whether anybody looks at frames.
func (t *tap) busy() bool { return t.faults.some.Load() || t.journal.max > 0 }

func (c *socket) sighting(direction, action string) sighting {
	who := c.known()
	return sighting{api: c.side, organization: who.organization, user: who.user, connection: c.id, direction: direction, action: action}
}

// dialed is called before a socket is accepted. With false it has answered;
// otherwise begin is to be called once the socket is there.
func (t *tap) dialed(c *socket, w http.ResponseWriter) (begin func(), ok bool) {
	act := t.faults.meet(c.sighting(dirDial, ""))
	entry := JournalEntry{Kind: entryOpen}
	entry.mark(act)
	if act == nil {
		t.note(c, entry)
		return func() {}, true
	}
	switch act.Effect {
	case effectRefuse:
		entry.Kind, entry.Code = entryRefused, act.status()
		t.note(c, entry)
		httpError(w, act.status(), "fault", "refused by the fault "+act.ID)
		return nil, false
	case effectDelay:
		wait(c.ctx, act.Delay)
	}
	t.note(c, entry)
	return func() {
		switch act.Effect {
		case effectDisconnect:
			c.disconnectWith(act.Reason, act.data())
		case effectClose:
			c.hangUp(act)
		case effectHalfOpen:
			c.silent.Store(true)
		}
	}, true
}

func (t *tap) ended(c *socket) { t.note(c, JournalEntry{Kind: entryClosed}) }

// received takes a frame of the client to its handler. read calls it.
func (t *tap) received(c *socket, frame []byte) {
	if !t.busy() {
		c.pass(&c.inbound, held{frame: frame})
		return
	}
	action := wire.Str(frame, "action")
	act := t.faults.meet(c.sighting(dirRequest, action))
	entry := JournalEntry{Kind: dirRequest, Action: action, frame: frame}
	entry.mark(act)
	t.note(c, entry)
	switch {
	case act == nil:
		c.pass(&c.inbound, held{frame: frame})
	case act.Effect == effectError:
		r, _ := parseRequest(frame)
		c.enqueue(act.answer(c.conn, r.id, r.hasID, r.action))
	case act.Effect == effectDisconnect:
		c.disconnectWith(act.Reason, act.data())
	case act.Effect == effectClose:
		c.hangUp(act)
	default:
		c.mangle(act, &c.inbound, frame)
	}
}

// sending takes a frame to the socket. write calls it.
func (t *tap) sending(c *socket, frame []byte) {
	if !t.busy() {
		c.pass(&c.outbound, held{frame: frame})
		return
	}
	direction, action := dirPush, wire.Str(frame, "action")
	if wire.Str(frame, "type") == "response" {
		direction = dirResponse
	}
	act := t.faults.meet(c.sighting(direction, action))
	entry := JournalEntry{Kind: direction, Action: action, frame: frame}
	entry.mark(act)
	t.note(c, entry)
	switch {
	case act == nil:
		c.pass(&c.outbound, held{frame: frame})
	case act.Effect == effectError:
		if direction == dirResponse {
			id := wire.Get(frame, "request_id")
			text, _ := wire.String(id)
			frame = act.answer(c.conn, text, id != nil, action)
		}
		c.pass(&c.outbound, held{frame: frame})
	case act.Effect == effectDisconnect:
		// At once: what is queued behind the frame does not come any more.
		c.closing.Store(true)
		c.outbound.drain(c.ctx)
		c.send(c.goodbye(act.Reason, act.data()))
		c.end(websocket.StatusNormalClosure, act.Reason)
	case act.Effect == effectClose:
		c.closing.Store(true)
		c.outbound.drain(c.ctx)
		if act.Code != 0 {
			c.end(websocket.StatusCode(act.Code), "")
		} else {
			c.cancel(errFault)
		}
	default:
		c.mangle(act, &c.outbound, frame)
	}
}

// mangle does to a frame what a fault wants that is the same both ways.
func (c *socket) mangle(act *faultAct, l **lane, frame []byte) {
	switch act.Effect {
	case effectDelay:
		c.pass(l, held{frame: frame, due: time.Now().Add(act.Delay)})
	case effectDuplicate:
		c.pass(l, held{frame: frame})
		c.pass(l, held{frame: frame})
	case effectReorder:
		patience := act.Delay
		if patience == 0 {
			patience = reorderWait
		}
		c.pass(l, held{frame: frame, due: time.Now().Add(patience), behind: true})
	case effectCorrupt:
		c.pass(l, held{frame: act.damage(frame)})
	case effectHalfOpen:
		c.silent.Store(true)
	}
}

// answer makes the error that a fault answers with.
func (a *faultAct) answer(c *conn, id string, hasID bool, action string) []byte {
	return responseFrame(id, hasID, action, false, a.failure(c).view())
}

// failure is the error that a fault answers with.
func (a *faultAct) failure(c *conn) *apiError {
	known := failAs(c.catalogue, a.Error)
	if a.Message != "" {
		known.message = a.Message
	}
	known.data = a.data()
	return known
}

// hangUp closes the socket after what is queued, without a word.
func (c *socket) hangUp(act *faultAct) {
	if act.Code == 0 {
		c.closing.Store(true)
		c.cancel(errFault)
	} else if !c.closing.Swap(true) {
		c.put(item{last: true, code: websocket.StatusCode(act.Code)})
	}
}

// mark notes the fault that acted.
func (e *JournalEntry) mark(act *faultAct) {
	if act != nil {
		e.Fault, e.Effect = act.ID, act.Effect
		if act.Reason != "" || act.Error != "" {
			e.Effect += " " + strings.TrimSpace(act.Reason+" "+act.Error)
		}
	}
}

// A lane is one direction of a socket once a fault has held something back there:
// frames keep their order behind it. It lives as long as the socket.
type lane struct {
	ch    chan held
	next  func([]byte)
	ended chan struct{}
}

// laneSize is how many frames may be held back, above which the socket's own
// goroutine waits with them.
const laneSize = 64

// held is a frame on its way through a lane.
type held struct {
	frame  []byte
	due    time.Time     // zero means now
	behind bool          // the next frame overtakes it, unless none comes until due
	passed chan struct{} // instead of a frame: closed when all before has passed
}

// pass hands a frame on: at once, or through the lane if there is one or needs to
// be one. Only the goroutine of the direction calls it.
func (c *socket) pass(l **lane, h held) {
	if *l == nil {
		in := l == &c.inbound
		if h.due.IsZero() {
			if in {
				c.submit(h.frame)
			} else {
				c.send(h.frame)
			}
			return
		}
		next := c.send
		if in {
			next = c.submit
		}
		made := &lane{ch: make(chan held, laneSize), next: next, ended: make(chan struct{})}
		*l = made
		go func() { defer close(made.ended); made.run(c.ctx) }()
	}
	select {
	case (*l).ch <- h:
	case <-c.ctx.Done():
	}
}

// run passes frames on until ctx ends.
func (l *lane) run(ctx context.Context) {
	var back []byte       // what the next one overtakes
	var until *time.Timer // when that waits no longer
	var alarm <-chan time.Time
	release := func() {
		if back != nil {
			until.Stop()
			l.next(back)
			back, alarm = nil, nil
		}
	}
	defer func() {
		if until != nil {
			until.Stop()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-alarm:
			release()
		case h := <-l.ch:
			switch {
			case h.passed != nil:
				release()
				close(h.passed)
			case h.behind && back == nil:
				back = h.frame
				until = time.NewTimer(time.Until(h.due))
				alarm = until.C
			default:
				if !h.behind && !wait(ctx, time.Until(h.due)) {
					return
				}
				l.next(h.frame)
				release()
			}
		}
	}
}

// wait waits for the end of a lane whose context has ended.
func (l *lane) wait() {
	if l != nil {
		<-l.ended
	}
}

// drain waits until nothing is held back any more.
func (l *lane) drain(ctx context.Context) {
	if l == nil {
		return
	}
	passed := make(chan struct{})
	select {
	case l.ch <- held{passed: passed}:
	case <-ctx.Done():
		return
	}
	select {
	case <-passed:
	case <-ctx.Done():
	}
}

// wait reports whether d passes before ctx ends. d is of the system's clock.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
