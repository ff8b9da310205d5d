package rtmserver

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Reset makes an organization what it was when the server first started with the
// seed: no customers, chats, files or tokens, agents offline. Whoever is connected is
// sent away to come back. The log keeps what was, and a record that all is gone.
//
// With "" it resets all organizations, and the server itself: faults and journal
// are empty, the clock is as it was made, and with Options.RandomSeed ids repeat.
func (s *Server) Reset(organization string) error {
	if organization != "" {
		return s.reset(organization)
	}
	s.ClearFaults()
	s.clock.restart()
	s.ids.restart()
	for _, id := range sortedKeys(s.orgs) {
		if err := s.reset(id); err != nil {
			return err
		}
	}
	// Also those that have not logged in.
	s.mu.Lock()
	for c := range s.conns {
		c.sendAway(wasReset)
		if c.silent.Load() {
			c.cancel(errFault)
		}
	}
	s.mu.Unlock()
	s.tap.journal.clear()
	return nil
}

const wasReset = "the server was reset"

func (s *Server) reset(organization string) error {
	var files []string
	err := s.outside(organization, func(o *org, em *emission) error {
		for _, id := range sortedKeys(o.st.Files) {
			files = append(files, o.st.Files[id].keys()...)
		}
		o.lastTime = time.Time{} // the clock may have been ahead
		records := []*record{{Kind: stateReset}}
		for i := range o.seed.Agents {
			if a := &o.seed.Agents[i]; a.bot != nil && a.Status != offline {
				records = append(records, &record{Kind: routingStatusSet, UserID: a.ID, Status: a.Status})
			}
		}
		if err := o.commit(em, records...); err != nil {
			return err
		}
		return o.importSeed()
	})
	if err != nil || len(files) == 0 {
		return err
	}
	// Not in the background: ids may repeat, and what is uploaded next has to stay.
	if err := s.files.Delete(s.ctx, organization, files...); err != nil {
		s.opts.Logger.Error("delete files", "organization", organization, "error", err) // dropOrphans tries again
	}
	return nil
}

// A snapshot is the state of an organization as JSON. Its sum is there so that
// nobody edits it: the server would believe whatever it says.
type snapshotFile struct {
	Organization string          `json:"organization"`
	Sum          string          `json:"sum"` // of State, see stateSum
	State        json.RawMessage `json:"state"`
}

// Snapshot returns the state of an organization, for Restore. It has all that
// people wrote, and no tokens but as hashes.
func (s *Server) Snapshot(organization string) ([]byte, error) {
	var out []byte
	err := s.outside(organization, func(o *org, _ *emission) error {
		data, err := json.Marshal(o.st.portable())
		if err != nil {
			return err
		}
		sum, err := stateSum(data)
		if err != nil {
			return err
		}
		out, err = encodeJSON(snapshotFile{Organization: organization, Sum: sum, State: data})
		return err
	})
	return out, err
}

// portable is the state without what belongs to its log and to connections.
func (st *state) portable() *state {
	c := *st
	c.Seq, c.Parts = 0, nil
	c.Here, c.Agents = map[string]presences{}, map[string]*agentState{}
	for id, a := range st.Agents {
		alone := *a
		alone.Here = nil
		c.Agents[id] = &alone
	}
	return &c
}

// stateSum is a checksum that does not depend on how the JSON is written.
func stateSum(data []byte) (string, error) {
	var x any
	if err := decodeNumbers(data, &x); err != nil {
		return "", err
	}
	plain, err := json.Marshal(x)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(plain)
	return hex.EncodeToString(sum[:]), nil
}

// Restore makes an organization what it was at the snapshot; others go on
// undisturbed. Whoever is connected is sent away to come back; tokens that were
// in force then are so again, unless they have expired. A snapshot of another
// organization, or of a server with other agents, is refused. The content of files
// is in no snapshot: what was deleted since then is not there.
func (s *Server) Restore(snapshot []byte) error {
	bad := func(format string, args ...any) error { return fmt.Errorf("rtmserver: restore: "+format, args...) }
	var file snapshotFile
	if err := decodeStrict(snapshot, &file); err != nil {
		return bad("%w", err)
	}
	o := s.orgs[file.Organization]
	switch {
	case file.Organization == "":
		return bad("organization: is required")
	case o == nil:
		return bad("organization: there is no organization %s", quote(file.Organization))
	case file.State == nil:
		return bad("state: is required")
	}
	if sum, err := stateSum(file.State); err != nil || sum != file.Sum {
		return bad("sum: is not the one of state: the snapshot was changed")
	}
	st := newState()
	if err := decodeNumbers(file.State, st); err != nil {
		return bad("state: %w", err)
	}
	for _, id := range sortedKeys(st.Agents) {
		if o.agent(id) == nil {
			return bad("state: agent %s is not in the seed of this server", quote(id))
		}
	}
	packed, err := pack(file.State)
	if err != nil {
		return err
	}
	// The parts of one, and then of the next.
	s.restoring.Lock()
	defer s.restoring.Unlock()
	// A log need not take more than a megabyte at once.
	const size = 512 << 10
	for first := true; len(packed) > 0; first = false {
		part := packed[:min(size, len(packed))]
		packed = packed[len(part):]
		records := []*record{{Kind: statePart, Part: part, First: first}}
		if len(packed) == 0 {
			records = append(records, &record{Kind: stateRestored})
		}
		if err := s.outside(file.Organization, func(o *org, em *emission) error { return o.commit(em, records...) }); err != nil {
			return err
		}
	}
	return nil
}

func pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	err = errors.Join(err, w.Close())
	return b.Bytes(), err
}

func unpack(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// foldState applies the records by which a state takes the place of another.
func (st *state) foldState(r *record) {
	switch r.Kind {
	case statePart:
		if r.First {
			st.Parts = nil
		}
		st.Parts = append(st.Parts, r.Part...)
		return
	case stateReset:
		next := newState()
		next.Seq, next.records, next.At, next.forgotten = st.Seq, st.records, r.At, st.forgotten
		next.Import = importing // of what the seed has
		*st = *next
		return
	}
	next := newState()
	data, err := unpack(st.Parts)
	if err == nil {
		err = decodeNumbers(data, next)
	}
	st.Parts = nil
	if err != nil {
		return // Restore has tried it: these are the parts of another one
	}
	next.Seq, next.records, next.forgotten = st.Seq, st.records, st.forgotten
	if r.At.After(next.At) {
		next.At = r.At
	}
	*st = *next
}

// sendAllAway takes all connections out, because another state has just taken the
// place of the one that they know.
func (o *org) sendAllAway() {
	send := func(c *conn) {
		c.sendAway(wasReset)
		c.loggedIn.Store(false) // leave has nothing to do any more
		if c.expiry != nil {
			c.expiry.Stop()
		}
		if c.inactive != nil {
			c.inactive.Stop()
			c.inactive = nil
		}
	}
	for _, id := range sortedKeys(o.customers) {
		for _, c := range o.customers[id] {
			send(c)
		}
	}
	clear(o.customers)
	for i := range o.seed.Agents {
		s := o.agents[o.seed.Agents[i].ID]
		for _, c := range s.conns {
			send(c)
		}
		s.conns = nil
		clear(s.known)
	}
	o.later = nil
	o.lastTime = o.st.At
	clear(o.refused)
	if o.bots != nil {
		for _, q := range o.bots.queues {
			q.drop()
		}
		clear(o.bots.queues)
	}
	o.goOn()
}

// goOn makes what the server knows beside the log fit the state, as a start does:
// what is under way in it goes on.
func (o *org) goOn() {
	for _, t := range o.watched {
		t.Stop()
	}
	clear(o.watched)
	clear(o.touched)
	for _, id := range o.st.Active {
		o.touch(id)
	}
	for i := range o.seed.Agents {
		o.agents[o.seed.Agents[i].ID].stopGrace()
	}
	o.watchAgents()
	o.resumeBots()
	for _, g := range o.seed.Groups {
		o.groupStatus[g.ID] = o.groupsStatus([]int{g.ID})
		o.agentStatus[g.ID] = o.agentGroupStatus(g.ID)
	}
	o.places = o.queuePlaces()
	o.dirty = true
}
