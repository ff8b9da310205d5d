package rtm

import (
	"context"
	"encoding/json"
	"iter"
	"sync"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// Push is a message that the server sends by itself. The packages customer and
// agent have a type for each; a Push that is received is shared by all
// subscribers and must not be changed.
type Push interface {
	// Action returns the name of the push, such as "incoming_event".
	Action() string
}

// RawPush is a push that this version does not know, or whose payload is not
// of the expected shape.
type RawPush struct {
	Name    string
	Version string // API version of the payload
	Payload json.RawMessage
}

// Action returns the name of the push.
func (p *RawPush) Action() string { return p.Name }

// Subscription is an ordered, bounded queue of the pushes of one type. Take
// them with Next or All, from one goroutine; Close may be called from any.
type Subscription[P Push] struct {
	conn *Conn
	max  int

	mu    sync.Mutex // guards what follows
	queue []item[P]
	live  int           // pushes in queue that were not recovered
	last  bool          // the push that Next returned last was recovered
	err   error         // why there will be no more
	ready chan struct{} // one-slot: queue or err has changed
}

// item is a push in a queue.
type item[P Push] struct {
	push      P
	recovered bool
}

// sink is a Subscription whatever its type.
type sink interface {
	offer(push Push, recovered bool) (alive bool)
	end(error)
}

// Subscribe starts to collect the pushes of type P; P may be Push itself, for
// all of them. Subscribe before Login to miss nothing.
func Subscribe[P Push](c interface{ RTM() *Conn }) *Subscription[P] {
	conn := c.RTM()
	s := &Subscription[P]{conn: conn, max: conn.opts.PushBuffer, ready: make(chan struct{}, 1)}
	conn.mu.Lock()
	defer conn.mu.Unlock()
	if err := conn.Err(); err != nil {
		s.end(err)
	} else {
		conn.subs[s] = struct{}{}
	}
	return s
}

// Next waits for the next push. It fails when ctx ends, and, once the queue is
// empty, with ErrSlowSubscriber, ErrClosed or a *DisconnectError.
func (s *Subscription[P]) Next(ctx context.Context) (P, error) {
	for {
		s.mu.Lock()
		if len(s.queue) > 0 {
			first := s.queue[0]
			clear(s.queue[:1])
			s.queue = s.queue[1:]
			if s.last = first.recovered; !s.last {
				s.live--
			}
			s.mu.Unlock()
			return first.push, nil
		}
		err := s.err
		s.mu.Unlock()
		var none P
		if err != nil {
			return none, err
		}
		select {
		case <-s.ready:
		case <-ctx.Done():
			return none, context.Cause(ctx)
		}
	}
}

// Recovered reports whether the push that Next or All gave last was missed
// while there was no connection, and fetched after the next login.
func (s *Subscription[P]) Recovered() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// All returns the pushes as they come. The sequence ends with the error that
// Next would return, or when the loop is left.
func (s *Subscription[P]) All(ctx context.Context) iter.Seq2[P, error] {
	return func(yield func(P, error) bool) {
		for {
			push, err := s.Next(ctx)
			if !yield(push, err) || err != nil {
				return
			}
		}
	}
}

// Close ends the subscription; what is queued is dropped.
func (s *Subscription[P]) Close() {
	s.conn.mu.Lock()
	delete(s.conn.subs, s)
	s.conn.mu.Unlock()
	s.mu.Lock()
	s.queue, s.live = nil, 0
	s.mu.Unlock()
	s.end(ErrClosed)
}

// offer queues a push of the right type. Recovered ones come all at once: they
// do not count for the bound, which is about how fast the subscriber reads.
func (s *Subscription[P]) offer(push Push, recovered bool) (alive bool) {
	p, ok := push.(P)
	if !ok {
		return true
	}
	s.mu.Lock()
	full := s.live >= s.max && !recovered
	if !full {
		s.queue = append(s.queue, item[P]{p, recovered})
		if !recovered {
			s.live++
		}
	}
	s.mu.Unlock()
	if full {
		s.end(ErrSlowSubscriber)
		return false
	}
	s.signal()
	return true
}

func (s *Subscription[P]) end(err error) {
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	s.mu.Unlock()
	s.signal()
}

func (s *Subscription[P]) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// dispatchLocked hands a push to every subscription and waits for none.
func (c *Conn) dispatchLocked(out session.Output) {
	if len(c.subs) == 0 {
		return
	}
	push := c.decodeLocked(out)
	for sub := range c.subs {
		if !sub.offer(push, out.Recovered) {
			delete(c.subs, sub)
		}
	}
}

func (c *Conn) decodeLocked(out session.Output) Push {
	if c.newPush != nil {
		if push := c.newPush(out.Action); push != nil {
			err := decode(out.Payload, push)
			if err == nil {
				return push
			}
			c.logs = append(c.logs, func() {
				c.opts.Logger.Warn("rtm: a push is not of the expected shape", "action", out.Action, "err", err)
			})
		}
	}
	return &RawPush{Name: out.Action, Version: out.Version, Payload: out.Payload}
}
