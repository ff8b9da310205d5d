package rtmserver

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// An org is one organization at work: its state, and who is connected. All of
// it is guarded by mu; whoever holds mu never waits for a socket.
type org struct {
	s    *Server
	seed *Organization

	turnsMu sync.Mutex
	turns   []*waiter
	taking  bool // somebody takes turns

	mu        sync.Mutex
	st        *state
	lastTime  time.Time
	customers map[string][]*conn  // logged-in connections by customer
	agents    map[string]*session // all agents of the seed

	// What settle last told, and whether it has to look again.
	groupStatus map[int]string
	agentStatus map[int]string
	places      map[string]int
	dirty       bool

	props [2]propertyTable
	later []*emission

	uploading int // bytes of files on their way into the log

	refused  map[string]*refusals // customers with too many connections
	licensed *Timer               // runs until the license ends

	touched map[string]bool   // chats whose time settle has to look at
	watched map[string]*Timer // run until something is due in a chat

	// Other nodes, see node.go.
	claimed  atomic.Uint64 // the newest number that this node has tried to append as
	awake    atomic.Bool   // a goroutine is about to look
	others   atomic.Bool   // users are connected to other nodes
	look     atomic.Bool   // for nodes that are lost
	unsure   bool          // an append has failed: the log may have what the state has not
	unheard  bool          // the log lacks connections to this node, or has some that are gone
	failing  atomic.Bool   // the log did not do what it was last asked for, see outage.go
	down     atomic.Bool   // and took long over it
	retry    *time.Timer
	settling *time.Timer
	inboxMu  sync.Mutex
	inbox    []news

	snapshotted uint64 // how many records the newest snapshot has
	snapshotAt  uint64 // with how many the next one is due
	leave       func() // the log
	entry       []byte // room for the next entry of the log

	bots *bots // nil for none
}

func newOrg(ctx context.Context, s *Server, seed *Organization) (*org, error) {
	seed = seed.withBots()
	o := &org{
		s: s, seed: seed, st: newState(),
		customers: map[string][]*conn{}, agents: map[string]*session{},
		groupStatus: map[int]string{}, agentStatus: map[int]string{}, places: map[string]int{},
		refused: map[string]*refusals{}, touched: map[string]bool{}, watched: map[string]*Timer{},
	}
	for _, side := range []side{customerSide, agentSide} {
		o.props[side] = newPropertyTable(side, seed.Properties)
	}
	for i := range seed.Agents {
		o.agents[seed.Agents[i].ID] = &session{agent: &seed.Agents[i], known: map[string]bool{}}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var err error
	if o.leave, err = s.opts.Log.Join(seed.ID, o); err != nil {
		return nil, fmt.Errorf("rtmserver: log of %s: %w", seed.ID, err)
	}
	if err := o.begin(ctx); err != nil {
		o.leave()
		return nil, err
	}
	if err := o.importSeed(); err != nil {
		o.leave()
		if o.retry != nil {
			o.retry.Stop()
		}
		return nil, err
	}
	for _, g := range seed.Groups {
		o.groupStatus[g.ID] = o.groupsStatus([]int{g.ID})
		o.agentStatus[g.ID] = o.agentGroupStatus(g.ID)
	}
	o.watchLicense()
	for _, id := range o.st.Active {
		o.touch(id)
	}
	o.watchChats()
	// Agents who were logged in when the log ended may come back.
	o.watchAgents()
	o.bots = newBots(seed)
	o.resumeBots()
	return o, nil
}

// begin makes the state out of the newest snapshot and the log.
func (o *org) begin(ctx context.Context) error {
	o.st = o.readSnapshot(ctx)
	o.planSnapshot(o.st.records)
	if err := o.replay(ctx, nil); err != nil {
		return err
	}
	o.lastTime = o.st.At
	o.st.forgotten = nil // dropOrphans looks for what is left of them
	// What a node of this name was connected to is gone; others may live.
	nodes := o.st.nodes()
	o.others.Store(len(nodes) > 1 || len(nodes) == 1 && !nodes[o.s.node])
	if !nodes[o.s.node] {
		return nil
	}
	return o.try(func() error { return o.commit(&emission{org: o}, o.lostRecords(o.s.node)...) })
}

// now is the time, in whole microseconds and never twice the same, so that the
// times of events give their order.
func (o *org) now() time.Time {
	t := o.s.clock.Now().UTC().Truncate(time.Microsecond)
	if !t.After(o.lastTime) {
		t = o.lastTime.Add(time.Microsecond)
	}
	o.lastTime = t
	return t
}

// settleSafely is settle where a panic would reach nobody who could live with it.
func (o *org) settleSafely() {
	if err := guard(func() error { o.settle(); return nil }); err != nil {
		o.s.opts.Logger.Error("what follows from a change", "error", err)
	}
}

// guard turns a panic into an error, which the requester sees as internal, so
// that neither the connection nor the server dies of it.
func guard(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}

func (o *org) group(id int) *Group {
	for i := range o.seed.Groups {
		if o.seed.Groups[i].ID == id {
			return &o.seed.Groups[i]
		}
	}
	return nil
}

// groupNotFound is the error of an unknown group; the Agent API has no type of
// its own for it.
func (o *org) groupNotFound(side side, field string, id int) error {
	if side == customerSide {
		return fail("group_not_found", "%s: there is no group %d", field, id)
	}
	return fail("not_found", "%s: there is no group %d", field, id)
}

// agent returns the agent of that id, nil when the seed has none.
func (o *org) agent(id string) *Agent {
	if s := o.agents[id]; s != nil {
		return s.agent
	}
	return nil
}

// userID is the id under which a side knows a user.
func (o *org) userID(side side, id string) string {
	if side == customerSide && id != "" && o.st.Customers[id] == nil {
		a := o.agents[id]
		if a == nil {
			return opaqueID(o.seed.ID, id)
		}
		if a.opaque == "" {
			a.opaque = opaqueID(o.seed.ID, id)
		}
		return a.opaque
	}
	return id
}

// userName is what system messages call a user.
func (o *org) userName(id string) string {
	if c := o.st.Customers[id]; c != nil {
		if name, _ := c.Fields["name"].(string); name != "" {
			return name
		}
		return "Customer"
	}
	if a := o.agent(id); a != nil && a.Name != "" {
		return a.Name
	}
	return id
}
