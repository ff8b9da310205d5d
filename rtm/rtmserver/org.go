package rtmserver

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// An org is one organization at work: its state, and who is connected. All of
// it is guarded by mu; whoever holds mu never waits for a socket.
type org struct {
	s    *Server
	seed *Organization

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
	bots  *bots // nil for none
}

func newOrg(ctx context.Context, s *Server, seed *Organization) (*org, error) {
	seed = seed.withBots()
	o := &org{
		s: s, seed: seed, st: newState(),
		customers: map[string][]*conn{}, agents: map[string]*session{},
		groupStatus: map[int]string{}, agentStatus: map[int]string{}, places: map[string]int{},
	}
	for _, side := range []side{customerSide, agentSide} {
		o.props[side] = newPropertyTable(side, seed.Properties)
	}
	for i := range seed.Agents {
		o.agents[seed.Agents[i].ID] = &session{known: map[string]bool{}}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.replay(ctx, nil); err != nil {
		return nil, err
	}
	o.lastTime = o.st.At
	if err := o.importSeed(); err != nil {
		return nil, err
	}
	for _, g := range seed.Groups {
		o.groupStatus[g.ID] = o.groupsStatus([]int{g.ID})
		o.agentStatus[g.ID] = o.agentGroupStatus(g.ID)
	}
	// Agents who were logged in when the log ended may come back.
	for i := range seed.Agents {
		if a := &seed.Agents[i]; a.bot == nil && o.st.agent(a.ID).Status != offline {
			o.startGrace(a)
		}
	}
	o.bots = newBots(seed)
	o.resumeBots()
	return o, nil
}

// replay folds what the log has and the state has not. With an emission it also
// announces it.
func (o *org) replay(ctx context.Context, em *emission) error {
	for data, err := range o.s.opts.Log.Read(ctx, o.seed.ID, o.st.Seq) {
		if err != nil {
			return fmt.Errorf("rtmserver: log of %s: %w", o.seed.ID, err)
		}
		r, err := decodeRecord(data)
		if err != nil {
			return fmt.Errorf("rtmserver: log of %s: record %d: %w", o.seed.ID, o.st.Seq+1, err)
		}
		o.st.fold(r)
		if em != nil {
			o.announce(em, r)
		}
	}
	return nil
}

// commit appends records and applies them. Either all are logged, or none and
// the state is as before.
func (o *org) commit(em *emission, records ...*record) error {
	if len(records) == 0 {
		return nil
	}
	entries := make([][]byte, len(records))
	for i, r := range records {
		r.At = o.now()
		data, err := r.encode()
		if err != nil {
			return err
		}
		entries[i] = data
	}
	err := o.s.opts.Log.Append(o.s.ctx, o.seed.ID, o.st.Seq, entries)
	if errors.Is(err, ErrConflict) {
		// The command was decided on an old state. Its sender may try again.
		theirs := &emission{org: o}
		err := o.replay(o.s.ctx, theirs)
		theirs.flush() // also what came before a failure: it is in the state now
		if err != nil {
			return err
		}
		return fail("service_unavailable", "another node changed the organization at the same time: try again")
	}
	if err != nil {
		return err
	}
	for _, r := range records {
		o.st.fold(r)
		o.announce(em, r)
	}
	return nil
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

// do runs a method for a connection: answer first, then the pushes that it
// caused, then what follows from it.
func (o *org) do(c *call, run func(*call) (any, error)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.conn.closing.Load() {
		return // it was told to go while this request waited for its turn
	}
	var result any
	err := guard(func() (err error) {
		if err := c.inScope(); err != nil {
			return err
		}
		result, err = run(c)
		return err
	})
	c.answer(result, err)
	c.em.flush()
	o.settleSafely()
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
	i := slices.IndexFunc(o.seed.Agents, func(a Agent) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return &o.seed.Agents[i]
}

// userID is the id under which a side knows a user.
func (o *org) userID(side side, id string) string {
	if side == customerSide && id != "" && o.st.Customers[id] == nil {
		return opaqueID(o.seed.ID, id)
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
