package rtmserver

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// A snapshot is a line of JSON, snapshotHead, and the state as compressed JSON.
// It is there to start sooner and holds nothing that the log has not: one that
// cannot be read is passed over.

// snapshotFormat is the version of the state's JSON. A change that makes states
// of before read wrongly needs another number.
const snapshotFormat = 1

type snapshotHead struct {
	Format  int    `json:"format"`
	Seq     uint64 `json:"seq"`     // of the newest entry in it
	Records uint64 `json:"records"` // in the entries up to it; 0 in snapshots of old, whose entries had one each or little more
}

// snapshotTail is how many records at least are worth a snapshot at the end of a
// server.
const snapshotTail = 1000

func encodeSnapshot(st *state) ([]byte, error) {
	var buf bytes.Buffer
	if err := json.NewEncoder(&buf).Encode(snapshotHead{snapshotFormat, st.Seq, st.records}); err != nil {
		return nil, err
	}
	zip, err := gzip.NewWriterLevel(&buf, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(zip).Encode(st); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func decodeSnapshot(data []byte) (*state, error) {
	line, rest, _ := bytes.Cut(data, []byte("\n"))
	var head snapshotHead
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, err
	}
	if head.Format != snapshotFormat {
		return nil, fmt.Errorf("it is of the format %d, not %d", head.Format, snapshotFormat)
	}
	zip, err := gzip.NewReader(bytes.NewReader(rest))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		return nil, err
	}
	st := newState()
	if err := decodeNumbers(text, st); err != nil {
		return nil, err
	}
	if st.Seq != head.Seq {
		return nil, fmt.Errorf("it says to be of entry %d and is of %d", head.Seq, st.Seq)
	}
	st.records = max(head.Records, head.Seq)
	return st, nil
}

// readSnapshot returns the newest snapshot, or an empty state when there is none
// that can be used.
func (o *org) readSnapshot(ctx context.Context) *state {
	data, err := o.s.opts.Log.LoadSnapshot(ctx, o.seed.ID)
	if err == nil && data == nil {
		return newState()
	}
	var st *state
	if err == nil {
		st, err = decodeSnapshot(data)
	}
	if err != nil {
		o.s.opts.Logger.Warn("a snapshot is not used: all of the log is read", "organization", o.seed.ID, "error", err)
		return newState()
	}
	return st
}

// snapshotSoon has a snapshot made when one is due.
func (o *org) snapshotSoon() {
	if o.s.opts.SnapshotEvery <= 0 || o.st.records < o.snapshotAt {
		return
	}
	o.snapshotAt = math.MaxUint64 // not while it is made
	o.s.inBackground(func() {
		records, err := o.snapshot(o.s.logs)
		if err != nil && o.s.logs.Err() == nil {
			o.s.opts.Logger.Error("make a snapshot", "organization", o.seed.ID, "error", err)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		if err != nil {
			records = o.st.records // try again as much later
		}
		o.planSnapshot(records)
	})
}

// planSnapshot says when the next snapshot is due, after one of so many records. The
// longer a log is the rarer they get, so that they do not cost more for each
// record. A start reads a fifth of the log at most beside the snapshot, and what
// came while the next one was made.
func (o *org) planSnapshot(records uint64) {
	o.snapshotted = records
	o.snapshotAt = records + max(uint64(max(0, o.s.opts.SnapshotEvery)), records/4)
}

// snapshot makes a snapshot from the last one and the log. It takes no lock, so
// it delays nobody.
func (o *org) snapshot(ctx context.Context) (uint64, error) {
	st := o.readSnapshot(ctx)
	for data, err := range o.s.opts.Log.Read(ctx, o.seed.ID, st.Seq) {
		if err != nil {
			return 0, err
		}
		records, err := decodeEntry(data)
		if err != nil {
			return 0, err
		}
		st.foldEntry(records)
	}
	return st.records, o.saveSnapshot(ctx, st)
}

func (o *org) saveSnapshot(ctx context.Context, st *state) error {
	data, err := encodeSnapshot(st)
	if err != nil {
		return err
	}
	return o.s.opts.Log.SaveSnapshot(ctx, o.seed.ID, data)
}

// farewell has the log know that nobody is connected to this node any more, and
// saves the state for the next start.
func (o *org) farewell() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.st.nodes()[o.s.node] {
		err := o.try(func() error { return o.commit(&emission{org: o}, o.lostRecords(o.s.node)...) })
		if err != nil {
			return err
		}
	}
	if o.s.opts.SnapshotEvery > 0 && o.st.records >= o.snapshotted+snapshotTail {
		return o.saveSnapshot(o.s.logs, o.st)
	}
	return nil
}

// end stops what waits, and leaves the log.
func (o *org) end() {
	o.leave()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, a := range o.agents {
		a.stopGrace()
	}
	o.stopTimers()
	o.stopBots()
	if o.retry != nil {
		o.retry.Stop()
	}
	if o.settling != nil {
		o.settling.Stop()
	}
}
