package rtmserver

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errConflict says that a change was decided on a state which is not the newest.
// The state is the newest by now: whoever gets it decides again.
var errConflict = errors.New("rtmserver: another node changed the organization at the same time")

// maxTries is how often a change is decided before its requester is told to try
// again.
const maxTries = 20

// commit appends records as one entry and applies them. Either all are logged,
// or none and nothing is applied. With errConflict the state has changed
// meanwhile, and em has what was announced of that.
func (o *org) commit(em *emission, records ...*record) error {
	if len(records) == 0 {
		return nil
	}
	return o.append(em, records)
}

func (o *org) append(em *emission, records []*record) error {
	if err := o.log(em, records); err != nil {
		if errors.Is(err, ErrTooLarge) {
			return invalid("payload: it is more than can be kept")
		}
		return err
	}
	if em.appended != nil {
		em.appended()
	}
	o.apply(em, records)
	o.snapshotSoon()
	return nil
}

// log appends records as one entry and applies nothing. With errConflict em has
// what was announced of what others did.
func (o *org) log(em *emission, records []*record) error {
	if err := o.refuseWhileDown(); err != nil {
		return err
	}
	if o.unsure {
		if err := o.catchUp(em); err != nil {
			return err
		}
		return errConflict // perhaps: what was decided may not hold any more
	}
	for _, r := range records {
		r.At = o.now()
	}
	entry, err := appendEntry(o.entry[:0], records)
	if err != nil {
		return err
	}
	o.entry = nil
	if cap(entry) <= 2*batchBytes {
		o.entry = entry
	}
	o.claimed.Store(o.st.Seq + 1)
	o.unsure = true // until it is known whether the log has it
	began := time.Now()
	err = o.s.opts.Log.Append(o.s.logs, o.seed.ID, o.st.Seq, entry)
	o.s.metrics.appended(len(records), time.Since(began), err)
	switch {
	case errors.Is(err, ErrConflict):
		before := o.st.Seq
		if err := o.catchUp(em); err != nil {
			return err
		}
		if o.st.Seq == before {
			o.logFails(0)
			return fmt.Errorf("rtmserver: log of %s: it has lost entries: there were %d", o.seed.ID, before)
		}
		return errConflict
	case errors.Is(err, ErrTooLarge):
		o.unsure = false
		return fmt.Errorf("%w: %d bytes", err, len(entry))
	case errors.Is(err, ErrNotStored):
		o.unsure = false
		if !o.failing.Load() { // else it has been told
			o.s.opts.Logger.Error("nothing can be stored", "organization", o.seed.ID, "error", err)
		}
		o.logFails(time.Since(began))
		return unstorable()
	case err != nil:
		o.unheard = true // if the log has it after all, it may tell of a connection that was refused
		o.logFails(time.Since(began))
		return fmt.Errorf("rtmserver: log of %s: %w", o.seed.ID, err)
	}
	o.unsure = false
	o.failing.Store(false)
	return nil
}

// apply folds an entry in, and announces it unless there is no emission.
func (o *org) apply(em *emission, records []*record) {
	if em == nil {
		o.st.foldEntry(records)
		return
	}
	o.st.Seq++
	o.applyRecords(em, records)
}

// applyRecords is apply for those of an entry that one call made.
func (o *org) applyRecords(em *emission, records []*record) {
	// Every node announces a record to those who are connected to it.
	spread := em.spread
	em.spread = false
	for _, r := range records {
		o.st.fold(r)
		if r.At.After(o.lastTime) {
			o.lastTime = r.At
		}
		// The log has it: what is told of it must not keep the rest from the state.
		if err := guard(func() error { o.announce(em, r); return nil }); err != nil {
			o.s.opts.Logger.Error("announce a change", "kind", string(r.Kind), "error", err)
		}
	}
	em.spread = spread
	o.dropFiles()
}

// catchUp applies what the log has and the state has not. What is announced of
// it names no requester.
func (o *org) catchUp(em *emission) error {
	if err := o.refuseWhileDown(); err != nil {
		return err
	}
	theirs := &emission{org: o}
	began := time.Now()
	err := o.replay(o.s.logs, theirs)
	em.out = append(em.out, theirs.out...) // also what came before a failure: it is in the state now
	o.unsure = err != nil
	if err != nil {
		o.logFails(time.Since(began))
	}
	return err
}

// replay folds what the log has and the state has not. With an emission it also
// announces it.
func (o *org) replay(ctx context.Context, em *emission) error {
	for data, err := range o.s.opts.Log.Read(ctx, o.seed.ID, o.st.Seq) {
		if err != nil {
			return fmt.Errorf("rtmserver: log of %s: %w", o.seed.ID, err)
		}
		number := o.st.Seq + 1
		records, err := decodeEntry(data)
		if err == nil {
			err = guard(func() error { o.apply(em, records); return nil })
		}
		if err != nil {
			return fmt.Errorf("rtmserver: log of %s: entry %d: %w", o.seed.ID, number, err)
		}
	}
	return nil
}

// try decides a change until it was decided on the newest state. fn must change
// nothing before its commit, or undo it when that fails, and have its pushes
// made by announce or after the commit.
func (o *org) try(fn func() error) error {
	for range maxTries {
		if err := guard(fn); !errors.Is(err, errConflict) {
			return err
		}
	}
	return fail("service_unavailable", "other nodes keep changing the organization: try again")
}

// commitLogin is commit for a login. One that has nothing to log catches up, so
// that who comes from another node finds here all that it heard of there.
func (o *org) commitLogin(em *emission, records ...*record) error {
	if len(records) == 0 && o.others.Load() {
		before := o.st.Seq
		if err := o.catchUp(em); err != nil {
			return err
		}
		if o.st.Seq != before {
			return errConflict
		}
	}
	return o.commit(em, records...)
}
