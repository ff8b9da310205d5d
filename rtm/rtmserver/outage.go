package rtmserver

import "time"

// A log can be out of reach: its servers restart, the network is cut, the disk is
// full. Until it is back nothing changes: who asks for a change is told so, who
// reads gets the state as it was last known.

// slowFailure is how long a log that fails may take over it. For one that takes
// longer requests do not queue up, each to wait as long as the one before: all
// are refused until the log was reached again.
const slowFailure = time.Second

// logFails notes that the log did not do what it was asked for, after a while.
func (o *org) logFails(after time.Duration) {
	o.failing.Store(true)
	if after >= slowFailure {
		o.down.Store(true)
	}
	o.wakeLater()
}

// refuseWhileDown is the error of whatever needs a log that is out of reach.
func (o *org) refuseWhileDown() error {
	if o.down.Load() {
		return unstorable()
	}
	return nil
}

// unstorable is the error of a change that is not stored, and will not be. One
// whose outcome is open gets internal: it may be there later.
func unstorable() error {
	return fail("service_unavailable", "nothing can be stored at the moment: try again")
}

// reach looks whether a log is back that was out of reach. It takes no lock, so
// nobody waits for what it finds.
func (o *org) reach() bool {
	if !o.down.Load() {
		return true
	}
	for _, err := range o.s.opts.Log.Read(o.s.logs, o.seed.ID, o.claimed.Load()) {
		if err != nil {
			return false
		}
		break // one entry is proof enough
	}
	o.down.Store(false)
	return true
}

// tryLog appends an entry with nothing in it to a log that failed: else nobody
// would know that it is well again before the next change, and /readyz might keep
// that from coming.
func (o *org) tryLog(em *emission) error {
	if !o.failing.Load() {
		return nil
	}
	return o.try(func() error { return o.append(em, []*record{}) })
}
