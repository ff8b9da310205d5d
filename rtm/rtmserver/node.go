package rtmserver

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Servers that share a log are its nodes. As long as there are others, each tells
// them once in a while that it lives; of one that does not for nodeTimeout, the
// others note in the log that its connections are gone. A server that is alone
// says so once.
const (
	heartbeat   = time.Second
	nodeTimeout = 5 * time.Second
)

// settleAfter is how long a node waits before it does what follows from another
// node's change, such as giving a waiting chat to an agent: the other one has
// done it by then, unless it died in between.
const settleAfter = 500 * time.Millisecond

// wakeRetry is when a node looks again at a log that it could not reach.
const wakeRetry = time.Second

// cluster is what a server knows of the nodes beside itself.
type cluster struct {
	mu    sync.Mutex
	heard map[string]time.Time // by node: when it gave its last sign of life, or was first looked for
	beat  *time.Timer          // nil while there are no others
	ended bool
}

// sign is what nodes tell each other in the organization "".
type sign struct {
	Node       string         `json:"node"`
	Disconnect *Disconnection `json:"disconnect,omitempty"` // connections that are to end
}

// Grown does nothing: the organization "" has no log.
func (s *Server) Grown(uint64, []byte) {}

// Heard notes another node's sign of life, and does what comes with it.
func (s *Server) Heard(message []byte) {
	var m sign
	if json.Unmarshal(message, &m) != nil || m.Node == "" || m.Node == s.node {
		return
	}
	s.cluster.mu.Lock()
	s.cluster.heard[m.Node] = time.Now()
	s.cluster.mu.Unlock()
	s.keepAlive()
	if m.Disconnect != nil {
		if _, err := s.disconnectHere(*m.Disconnect); err != nil {
			s.opts.Logger.Warn("end connections for another node", "error", err)
		}
	}
}

// lost reports whether a node is silent for too long. One that was never heard
// of gets its time from now on.
func (s *Server) lost(node string) bool {
	s.cluster.mu.Lock()
	defer s.cluster.mu.Unlock()
	at, ok := s.cluster.heard[node]
	if !ok {
		at = time.Now()
		s.cluster.heard[node] = at
	}
	return time.Since(at) >= nodeTimeout
}

// keepAlive has the server give signs of life for as long as there are other
// nodes.
func (s *Server) keepAlive() {
	s.cluster.mu.Lock()
	defer s.cluster.mu.Unlock()
	if s.cluster.beat == nil && !s.cluster.ended {
		s.cluster.beat = time.AfterFunc(0, s.live)
	}
}

// live gives a sign of life, has others looked for, and does so again in a while.
func (s *Server) live() {
	s.giveSign()
	others := false
	for _, o := range s.orgs {
		if o.others.Load() {
			others = true
			o.look.Store(true)
			o.wake()
		}
	}
	s.cluster.mu.Lock()
	defer s.cluster.mu.Unlock()
	for node, at := range s.cluster.heard {
		silent := time.Since(at)
		others = others || silent < 2*nodeTimeout
		if silent > 20*nodeTimeout {
			delete(s.cluster.heard, node) // nodes may have another name each time
		}
	}
	switch {
	case s.cluster.ended:
	case others:
		s.cluster.beat = time.AfterFunc(heartbeat, s.live)
	default:
		s.cluster.beat = nil
	}
}

func (s *Server) giveSign() { s.tellNodes(sign{}) }

func (s *Server) tellNodes(m sign) {
	m.Node = s.node
	data, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	if err := s.opts.Log.Publish("", data); err != nil {
		s.opts.Logger.Warn("tell other nodes of this one", "error", err)
	}
}

func (s *Server) stopBeating() {
	s.cluster.mu.Lock()
	defer s.cluster.mu.Unlock()
	s.cluster.ended = true
	if s.cluster.beat != nil {
		s.cluster.beat.Stop()
	}
}

// news is an entry of the log, or what a node passed on beside it.
type news struct {
	seq     uint64 // 0 for a message
	entry   []byte // nil when it has to be read
	message []byte
}

// Grown is called when the log has a new entry, by whichever node.
func (o *org) Grown(last uint64, entry []byte) {
	if last > o.claimed.Load() {
		o.receive(news{seq: last, entry: entry})
	}
}

// Heard takes what a node passed on.
func (o *org) Heard(message []byte) { o.receive(news{message: message}) }

func (o *org) receive(n news) {
	o.inboxMu.Lock()
	o.inbox = append(o.inbox, n)
	first := len(o.inbox) == 1
	o.inboxMu.Unlock()
	if first {
		o.wake()
	}
}

// takeNews applies what has come from other nodes, in the order in which it came.
func (o *org) takeNews(em *emission) error {
	o.inboxMu.Lock()
	inbox := o.inbox
	o.inbox = nil
	o.inboxMu.Unlock()
	for _, n := range inbox {
		switch {
		case n.seq == 0:
			o.hear(em, n.message)
		case n.seq <= o.st.Seq:
		case n.seq == o.st.Seq+1 && n.entry != nil:
			records, err := decodeEntry(n.entry)
			if err != nil {
				o.unsure = true // the rest of the inbox is not lost with it
				return fmt.Errorf("entry %d: %w", n.seq, err)
			}
			o.apply(em, records)
		default:
			if err := o.catchUp(em); err != nil {
				return err
			}
		}
	}
	return nil
}

// wake has a goroutine look at what comes from other nodes, unless one is about
// to.
func (o *org) wake() {
	if !o.awake.Swap(true) && !o.s.inBackground(o.awaken) {
		o.awake.Store(false)
	}
}

func (o *org) awaken() {
	back := o.reach()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.awake.Store(false)
	if !back {
		o.wakeLater()
		return
	}
	em := &emission{org: o}
	err := guard(func() error {
		if err := o.takeNews(em); err != nil {
			return err
		}
		look := o.look.Swap(false)
		if look || o.unsure {
			if err := o.catchUp(em); err != nil {
				return err
			}
		}
		if look {
			if err := o.try(func() error { return o.bury(em) }); err != nil {
				return err
			}
		}
		if o.unheard {
			if err := o.try(func() error { return o.setPresences(em) }); err != nil {
				return err
			}
			o.unheard = false
		}
		return o.tryLog(em)
	})
	if err != nil && o.s.logs.Err() == nil {
		o.s.opts.Logger.Error("follow other nodes", "organization", o.seed.ID, "error", err)
		o.wakeLater()
	}
	em.flush()
	if o.dirty {
		o.later = append(o.later, o.announceSettled())
		o.settleLater()
	}
	o.flushLater()
}

// wakeLater wakes after a while.
func (o *org) wakeLater() {
	if o.retry == nil && !o.s.closing.Load() {
		o.retry = time.AfterFunc(wakeRetry, func() {
			o.mu.Lock()
			o.retry = nil
			o.mu.Unlock()
			o.wake()
		})
	}
}

// settleLater settles what another node left undone.
func (o *org) settleLater() {
	if o.settling == nil && !o.s.closing.Load() {
		o.settling = time.AfterFunc(settleAfter, func() {
			o.s.inBackground(func() {
				o.mu.Lock()
				defer o.mu.Unlock()
				o.settling = nil
				o.dirty = true
				o.settleSafely()
			})
		})
	}
}

// bury notes in the log which nodes are lost.
func (o *org) bury(em *emission) error {
	var records []*record
	others := false
	for _, node := range sortedKeys(o.st.nodes()) {
		if node == o.s.node {
			continue
		}
		if o.s.lost(node) {
			records = append(records, o.lostRecords(node)...)
		} else {
			others = true
		}
	}
	o.others.Store(others)
	return o.commit(em, records...)
}

// lostRecords are those of a node whose connections are gone. An agent who is left
// with connections that are away is away.
func (o *org) lostRecords(node string) []*record {
	records := []*record{{Kind: nodeLost, Node: node}}
	for i := range o.seed.Agents {
		id := o.seed.Agents[i].ID
		here := o.st.agent(id).Here
		if here[node] == nil || len(here) == 1 {
			continue
		}
		away := true
		for other, p := range here {
			away = away && (other == node || p.Away)
		}
		if r := o.awayRecord(id, away); r != nil {
			records = append(records, r)
		}
	}
	return records
}

// inBackground runs fn in a goroutine that Shutdown waits for. It reports whether
// it does: a server that is shutting down starts none.
func (s *Server) inBackground(fn func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.background.Add(1)
	go func() {
		defer s.background.Done()
		fn()
	}()
	return true
}
