package session

import (
	"maps"
	"slices"
	"time"
)

// Hash returns a digest of the whole state. Sessions with the same Config and
// inputs have the same hash, on every machine.
func (s *Session) Hash() uint64 {
	d := digest(14695981039346656037)
	d.num(uint64(s.cfg.API), uint64(s.state), s.rand, uint64(s.attempt), uint64(s.lastID), s.uses, s.lastSeq, uint64(s.skew))
	d.str(s.cfg.Server, s.cfg.Organization, s.cfg.Version, s.cfg.Region, s.me, string(s.storage))
	d.flag(s.offline, s.unstable, s.end != nil, s.recovery != nil, s.cfg.ConfirmStored)
	d.time(s.now, s.wall, s.liveSince, s.dialAt, s.openBy, s.pingAt, s.pongBy, s.unstableAt, s.wakeAt, s.retryAt)

	l := &s.login
	d.str(string(l.payload), l.token)
	d.flag(l.explicit, l.asked, l.fresh, l.renewed, l.done, l.call != nil)
	d.time(l.renewAt)

	for _, id := range slices.Sorted(maps.Keys(s.inflight)) {
		d.call(s.inflight[id])
	}
	for _, c := range s.queue {
		d.call(c)
	}
	for _, o := range s.outbox {
		d.str(o.key, o.action, string(o.payload), o.chat)
		d.num(uint64(o.id), o.seq, uint64(o.tries))
		d.flag(o.kept, o.sent, o.unsure, o.busy, o.muted)
		d.time(o.made, o.retryAt)
	}
	for _, id := range slices.Sorted(maps.Keys(s.notes)) {
		n := s.notes[id]
		d.str(n.id, n.thread, n.before, n.from)
		d.flag(n.active, n.shown, n.vague, n.whole)
		d.num(uint64(n.opened), uint64(n.oldest), n.used)
		for _, m := range append([]mark{n.floor}, n.window...) {
			d.num(uint64(m.at))
			d.str(m.id)
		}
	}
	if r := s.recovery; r != nil {
		d.num(uint64(r.open), uint64(len(r.held)), uint64(r.faults))
		d.time(r.resumeAt)
		d.str(r.todo...)
	}
	t := &s.stats
	d.num(t.Frames, t.Pushes, t.Recovered, t.Doubles, t.Late, t.Unknown, t.Malformed, t.Connects, t.Reconnects, t.Resent, t.Found)
	return uint64(d)
}

// digest is FNV-1a, with lengths in between so that no two states look alike.
type digest uint64

func (d *digest) num(numbers ...uint64) {
	for _, n := range numbers {
		for range 8 {
			*d = (*d ^ digest(n&255)) * 1099511628211
			n >>= 8
		}
	}
}

func (d *digest) str(texts ...string) {
	for _, s := range texts {
		d.num(uint64(len(s)))
		for i := range len(s) {
			*d = (*d ^ digest(s[i])) * 1099511628211
		}
	}
}

func (d *digest) flag(flags ...bool) {
	for _, f := range flags {
		if f {
			d.num(1)
		} else {
			d.num(0)
		}
	}
}

func (d *digest) time(times ...time.Time) {
	for _, t := range times {
		if t.IsZero() {
			d.num(0)
		} else {
			d.num(uint64(t.UnixNano()))
		}
	}
}

func (d *digest) call(c *call) {
	d.num(uint64(c.id))
	d.str(c.action, string(c.payload))
	d.flag(c.internal, c.late)
	d.time(c.deadline)
}
