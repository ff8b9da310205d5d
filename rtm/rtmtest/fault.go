package rtmtest

import (
	"math/rand/v2"
	"time"
)

// Faults says how a [Network] misbehaves. The zero value is a good network: a
// frame takes up to 2 ms and nothing goes wrong.
//
// Frames are lost, doubled and overtaken as no TCP connection does it: a
// connection that heals itself, a proxy and a server with several nodes do. A
// frame of the client is never doubled, nor overtaken by the next one.
type Faults struct {
	Latency time.Duration // how long a frame takes, at most; it takes half of it at least; 0 is 2 ms

	// What happens to a text frame, as a probability from 0 to 1.
	Drop      float64 // it vanishes
	Delay     float64 // it takes up to 2 s longer, and those behind it wait
	Duplicate float64 // it arrives twice; from the server only
	Reorder   float64 // up to half a second of later ones arrive before it; from the server only

	// What happens to each host from time to time: the mean time between two of
	// the kind. 0 is never.
	Cut         time.Duration // connections break; what was on its way arrives or is lost
	HalfOpen    time.Duration // connections go silent, in one direction or both, and nobody is told
	Refuse      time.Duration // for up to 40 s no connection can be opened; half of the attempts fail, half hang for a minute
	Slow        time.Duration // for up to 30 s each frame takes up to 3 s longer
	TokenExpiry time.Duration // the server ends connections with access_token_expired

	// What happens to all hosts.
	WrongRegion time.Duration // the organization moves to the other region
	Restart     time.Duration // the server dies or shuts down, and is back within 20 s
}

const (
	maxDelay   = 2 * time.Second
	maxRefuse  = 40 * time.Second
	maxHang    = time.Minute
	maxSlow    = 30 * time.Second
	maxSlowing = 3 * time.Second
	maxDown    = 20 * time.Second
)

// FaultStats counts what has happened.
type FaultStats struct {
	Frames                                                     int // text frames that were written
	Dropped, Delayed, Duplicated, Reordered                    int // of them
	Cuts, HalfOpens, TokenExpiries, WrongRegions               int // connections that it happened to
	Connections, Refusals, RefusedDials, SlowPeriods, Restarts int
}

// A storm makes one kind of fault happen again and again.
type storm struct {
	net    *Network
	rand   *rand.Rand
	offset time.Duration // of its instants, in the quantum
	strike func(*rand.Rand)
	timer  *time.Timer
}

// setLocked starts or stops the storm. The network's lock is held.
func (s *storm) setLocked(mean time.Duration) {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if mean <= 0 {
		return
	}
	next := func() time.Duration {
		now := time.Now()
		at := now.Add(mean/2 + upTo(s.rand, mean))
		return at.Truncate(quantum).Add(quantum + s.offset).Sub(now)
	}
	var timer *time.Timer
	timer = time.AfterFunc(next(), func() {
		s.net.mu.Lock()
		if s.timer != timer {
			s.net.mu.Unlock()
			return
		}
		r := rand.New(rand.NewPCG(s.rand.Uint64(), 0))
		timer.Reset(next())
		s.net.mu.Unlock()
		s.strike(r)
	})
	s.timer = timer
}

// Set changes the faults from now on. Refusals and slowness that were under way
// end; connections that went silent stay so.
func (n *Network) Set(f Faults) {
	if f.Latency <= 0 {
		f.Latency = 2 * time.Millisecond
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = f
	for _, h := range n.hosts {
		h.refuseUntil, h.slowUntil = time.Time{}, time.Time{}
		h.setLocked(f)
	}
	n.moving.setLocked(f.WrongRegion)
	n.restarting.setLocked(f.Restart)
}

func (h *Host) setLocked(f Faults) {
	h.cutting.setLocked(f.Cut)
	h.silencing.setLocked(f.HalfOpen)
	h.refusing.setLocked(f.Refuse)
	h.slowing.setLocked(f.Slow)
	h.expiring.setLocked(f.TokenExpiry)
}

// Cut breaks all connections of the host.
func (h *Host) Cut() {
	for _, c := range h.live() {
		c.cut()
	}
}

// HalfOpen makes all connections of the host silent: what is sent towards the
// server, or comes from there, or both, vanishes.
func (h *Host) HalfOpen(up, down bool) {
	for _, c := range h.live() {
		h.net.count(func() { h.net.stats.HalfOpens++ })
		if up {
			c.up.darken()
		}
		if down {
			c.down.darken()
		}
	}
}

// Refuse lets the host open no connection for a while.
func (h *Host) Refuse(d time.Duration) {
	h.net.count(func() { h.net.stats.Refusals++; h.refuseUntil = time.Now().Add(d) })
}

// Slow makes each frame of the host take up to 3 s longer for a while.
func (h *Host) Slow(d time.Duration) {
	h.net.count(func() { h.net.stats.SlowPeriods++; h.slowUntil = time.Now().Add(d) })
}

// ExpireToken ends all connections of the host as the server does when their
// token has expired. The server itself knows nothing of it.
func (h *Host) ExpireToken() {
	for _, c := range h.live() {
		if c.dismiss(`{"reason":"access_token_expired"}`, "access_token_expired") {
			h.net.count(func() { h.net.stats.TokenExpiries++ })
		}
	}
}

// Move moves the organization to the other region: connections to the vendor's
// address of the old one end with misdirected_connection, and so do new ones.
// Those to Network.URL are none of them.
func (n *Network) Move() {
	n.mu.Lock()
	n.region = otherRegion(n.region)
	hosts := n.hosts
	n.mu.Unlock()
	for _, h := range hosts {
		for _, c := range h.live() {
			c.misdirect()
		}
	}
}

func otherRegion(region string) string {
	if region == "fra" {
		return "dal"
	}
	return "fra"
}

// upTo returns a random time that is not 0.
func upTo(r *rand.Rand, d time.Duration) time.Duration { return 1 + time.Duration(r.Int64N(int64(d))) }
