package rtmtest_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
)

// An arrival is a push that a collector got.
type arrival struct {
	after   time.Duration // since the collector started
	action  string
	entries []entry
	chat    string
}

// A collector is a reader who knows only what pushes say, and believes each of
// them: it drops no doubles.
type collector struct {
	sub      *rtm.Subscription[rtm.Push]
	start    time.Time
	done     chan struct{}
	chat     chan string // the first chat there is
	heard    chan string // the names of events, as far as somebody takes them
	arrivals []arrival   // once done is closed
	err      error       // why there were no more
}

func collect(conn *rtm.Conn) *collector {
	c := &collector{sub: rtm.Subscribe[rtm.Push](conn), start: time.Now(), done: make(chan struct{}), chat: make(chan string, 1), heard: make(chan string, 10_000)}
	go func() {
		defer close(c.done)
		for push, err := range c.sub.All(context.Background()) {
			if err != nil {
				c.err = err
				return
			}
			c.take(push)
		}
	}()
	return c
}

func (c *collector) take(push rtm.Push) {
	raw, ok := push.(*rtm.RawPush)
	if !ok {
		panic(fmt.Sprintf("a push of type %T", push))
	}
	a := arrival{after: time.Since(c.start), action: raw.Name}
	switch raw.Name {
	case "incoming_event":
		var p struct {
			ChatID   string    `json:"chat_id"`
			ThreadID string    `json:"thread_id"`
			Event    wireEvent `json:"event"`
		}
		decode(raw.Payload, &p)
		a.chat, a.entries = p.ChatID, wireThread{ID: p.ThreadID, Events: []wireEvent{p.Event}}.entries()
	case "incoming_chat":
		var p struct {
			Chat struct {
				ID     string     `json:"id"`
				Thread wireThread `json:"thread"`
			} `json:"chat"`
		}
		decode(raw.Payload, &p)
		a.chat, a.entries = p.Chat.ID, p.Chat.Thread.entries()
	}
	if a.chat != "" {
		select {
		case c.chat <- a.chat:
		default:
		}
	}
	c.arrivals = append(c.arrivals, a)
	for _, e := range a.entries {
		select {
		case c.heard <- e.Custom:
		default:
		}
	}
}

// entries returns all that came, in the order of events.
func (c *collector) entries() []entry {
	var all []entry
	for _, a := range c.arrivals {
		all = append(all, a.entries...)
	}
	slices.SortStableFunc(all, byTime)
	return all
}
