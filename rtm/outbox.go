package rtm

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// Outbox keeps what must outlive the process: events that the server does not
// have yet, and what it wants to see again at the next login. One Outbox serves
// one user of one organization. A connection calls Load before anything else,
// then Put and Delete one at a time, from a goroutine of its own.
type Outbox interface {
	// Load returns what was put and not deleted, in any order.
	Load(ctx context.Context) ([]session.Entry, error)
	// Put keeps value under key in place of an earlier one. What it has kept
	// when it returns is accepted: it is sent even if the process is killed.
	Put(key string, value []byte) error
	// Delete forgets key. A deletion that is lost does no harm.
	Delete(key string) error
}

// MemoryOutbox returns an Outbox that ends with the process: events survive a
// broken connection, but no restart.
func MemoryOutbox() Outbox { return &memoryOutbox{values: make(map[string][]byte)} }

type memoryOutbox struct {
	mu     sync.Mutex // guards what follows
	values map[string][]byte
}

func (o *memoryOutbox) Load(context.Context) ([]session.Entry, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return entries(o.values), nil
}

func (o *memoryOutbox) Put(key string, value []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.values[key] = value
	return nil
}

func (o *memoryOutbox) Delete(key string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.values, key)
	return nil
}

func entries(values map[string][]byte) []session.Entry {
	var list []session.Entry
	for key, value := range values {
		list = append(list, session.Entry{Key: key, Value: value})
	}
	return list
}

// CallDurable is Call for an event that must arrive: send_event, or start_chat
// and resume_chat with initial events; other calls are as Call makes them. The
// event is stored in Options.Outbox, gets a custom_id if it has none, and is
// sent until the server has it or refuses it, through broken connections and,
// with an Outbox that outlives the process, restarts. After a doubtful attempt
// the chat is searched for the custom_id first, so that the event arrives once.
// Events of one chat keep their order.
//
// There is no deadline but ctx's. When ctx ends first, an event that was not
// sent is withdrawn; one that was goes on without its caller.
func (c *Conn) CallDurable(ctx context.Context, action string, payload, result any) error {
	body, err := marshal(payload)
	if err != nil {
		return fmt.Errorf("rtm: %s: %w", action, err)
	}
	return c.call(ctx, action, body, result, session.CallOptions{Durable: true})
}

// mustArrive reports whether Call is CallDurable for the action.
func (c *Conn) mustArrive(action string) bool {
	switch action {
	case "send_event", "start_chat", "resume_chat":
		return c.opts.Outbox != nil
	}
	return false
}

// storeLocked has the outbox keep or forget something, in order. A goroutine
// lives for as long as there is something to do.
func (c *Conn) storeLocked(out session.Output) {
	if c.opts.Outbox == nil {
		return
	}
	if c.stores = append(c.stores, out); len(c.stores) == 1 {
		c.running.Go(c.store)
	}
}

func (c *Conn) store() {
	c.mu.Lock()
	for len(c.stores) > 0 {
		out := c.stores[0]
		c.mu.Unlock()
		var err error
		if out.Value == nil {
			err = c.opts.Outbox.Delete(out.Key)
		} else {
			err = c.opts.Outbox.Put(out.Key, out.Value)
		}
		failure := ""
		if err != nil {
			failure = err.Error()
			c.opts.Logger.Error("rtm: outbox", "key", out.Key, "err", err)
		}
		if out.Value != nil {
			c.input(func(now time.Time) { c.engine.Kept(now, out.Key, failure) })
		}
		c.mu.Lock()
		c.stores = c.stores[1:]
	}
	c.stores = nil
	c.mu.Unlock()
}
