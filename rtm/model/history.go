package model

import (
	"slices"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

const (
	roomFor  = 5   // how many times the usual a chat may hold whose history is being read
	maxLimit = 100 // threads that list_threads gives at most
)

// more reports whether the server has threads, or events, older than those in
// memory.
func (c *chat) more() bool { return c.loaded && (c.page != "" || c.trimmed) }

// full reports whether a chat holds as much as it may while its history is read.
func (m *Model) full(c *chat) bool {
	return len(c.sent) >= roomFor*m.opts.Items || c.held() >= roomFor*m.opts.Threads
}

// held counts the threads that have items in memory.
func (c *chat) held() int {
	n := 0
	for i, it := range c.sent {
		if i == 0 || it.thread != c.sent[i-1].thread {
			n++
		}
	}
	return n
}

// older fetches the threads behind those in memory. The page id of the last
// answer is of no use once something was dropped from memory: then the newest
// threads are fetched again, up to a few that are new.
func (m *Model) older(now time.Time, c *chat) {
	if c.loading || !c.more() {
		return
	}
	var o wire.Object
	o.Str("chat_id", c.id)
	if !c.trimmed {
		o.Str("page_id", c.page)
	} else {
		o.Int("limit", int64(min(maxLimit, c.held()+threadLimit)))
	}
	c.loading, c.roomy, c.dirty = true, true, true
	m.call(now, "list_threads", o, call{do: doOlder, chat: c, page: !c.trimmed, act: "older"})
}

// recent ends the reading of a chat's history.
func (m *Model) recent(c *chat) {
	c.roomy = false
	m.trim(c)
}

func (m *Model) olderCame(c call, payload []byte) {
	if c.page && c.chat.trimmed {
		return // it would not join on to what is left
	}
	c.chat.trimmed = false
	if m.threads(c.chat, payload) {
		c.chat.page = wire.Str(payload, "next_page_id")
	}
}

// newest takes a chat's newest threads. What is in memory stays when it joins
// on to them; else there may be threads between that nobody saw.
func (m *Model) newest(c *chat, payload []byte) {
	next := wire.Str(payload, "next_page_id")
	page := make(map[string]bool)
	for raw := range wire.Elements(wire.Get(payload, "threads")) {
		page[wire.Str(raw, "id")] = true
	}
	joins := slices.ContainsFunc(c.sent, func(it *item) bool { return page[it.thread] })
	gap := c.loaded && next != "" && !joins
	anew := gap || !c.loaded
	was := c.trimmed
	c.trimmed = was && !anew // the answer itself may be more than there is room for
	if !m.threads(c, payload) {
		c.trimmed = was
		return
	}
	if gap {
		i := slices.IndexFunc(c.sent, func(it *item) bool { return page[it.thread] })
		if i < 0 {
			i = len(c.sent)
		}
		m.cut(c, i)
	}
	if anew {
		c.page = next
	}
	c.loaded, c.dirty = true, true
}

// threads takes the threads of an answer, which are in any order.
func (m *Model) threads(c *chat, payload []byte) (ok bool) {
	list := wire.Get(payload, "threads")
	if len(list) == 0 || list[0] != '[' {
		m.stats.Ignored++
		return false
	}
	for raw := range wire.Elements(list) {
		m.thread(c, raw, fresh)
	}
	return true
}

// room is how many threads and items of a chat may be in memory.
func (m *Model) room(c *chat) (threads, items int) {
	if c.roomy {
		return roomFor * m.opts.Threads, roomFor * m.opts.Items
	}
	return m.opts.Threads, m.opts.Items
}

// trim drops the oldest items from memory when there are too many of them, or
// of threads.
func (m *Model) trim(c *chat) {
	threads, items := m.room(c)
	from := max(0, len(c.sent)-items)
	n := 0
	for i := len(c.sent) - 1; i >= from; i-- {
		if i == len(c.sent)-1 || c.sent[i].thread != c.sent[i+1].thread {
			if n++; n > threads {
				from = i + 1
			}
		}
	}
	if from > 0 {
		m.cut(c, from)
		c.trimmed = true
	}
}

// cut drops the first n items from memory.
func (m *Model) cut(c *chat, n int) {
	for _, it := range c.sent[:n] {
		if it.id != "" && c.byEvent[it.id] == it {
			delete(c.byEvent, it.id)
		}
		m.forget(it)
		m.patch.remove(m, c, it.key)
	}
	c.sent = slices.Delete(c.sent, 0, n)
	c.dirty = true
}
