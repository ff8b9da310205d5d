package rtmserver

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// Limits bound what clients can take of a server. 0 stands for the default, less
// than 0 for no limit. The protocol publishes the number of pending requests and
// no other; the other defaults are far from what a person or a bot does. Each
// node counts by itself.
type Limits struct {
	// Pending is how many requests of a connection may wait for their answer; more
	// are answered with pending_requests_limit_reached. 0 means 10, the protocol's.
	// Without a limit the server stops reading until there is room.
	Pending int

	// Requests is how often in a second a user may call each method, over all of
	// its connections, after a burst of ten times as many; a login counts for its
	// token. More is answered with too_many_requests. 0 means 1,000.
	Requests float64

	// CustomerConnections are those of one customer. One more is refused with
	// too_many_connections, and a customer who keeps trying is blocked for a
	// minute. 0 means 100.
	CustomerConnections int

	// AgentConnections are those of one agent. For one more the oldest gives way
	// with connection_evicted; while the oldest is younger than a minute, the new
	// one is refused with too_many_connections. 0 means 100.
	AgentConnections int

	// Customers is how many customers of an organization are online at once; the
	// login of one more is answered with users_limit_reached. 0 means no limit.
	Customers int

	// Seats is how many agents of an organization are logged in at once; the login
	// of one more is answered with seats_limit_exceeded. 0 means no limit.
	Seats int

	// Unauthorized is how many connections of one address wait for their login; one
	// more gets too_many_unauthorized_connections. 0 means 1,000.
	Unauthorized int

	// Connections are all of a server. For one more, customers get
	// service_temporarily_unavailable, and agents the HTTP status 503. 0 means no
	// limit.
	Connections int

	// ConnectionRate is how many connections an address may open in a second, after
	// a burst of ten times as many. More are refused as those over Connections. As
	// many customers' tokens it may ask for, and as many wrong ones it may try over
	// the Web API; more get the HTTP status 429. 0 means 1,000.
	ConnectionRate float64

	// Inactivity is how long a customer may stay connected without writing, being
	// written to or changing the page; then its connection ends with
	// inactivity_timeout. 0 means no limit; the vendor had 30 minutes.
	Inactivity time.Duration
}

// burst is for how many seconds' worth a rate may be exceeded.
const burst = 10

// maxRate is the highest rate that is counted.
const maxRate = 1e9

// withDefaults returns the limits in force, where 0 and less stand for none.
func (l Limits) withDefaults() Limits {
	for field, value := range map[*int]int{
		&l.Pending: 10, &l.CustomerConnections: 100, &l.AgentConnections: 100, &l.Unauthorized: 1000,
	} {
		if *field == 0 {
			*field = value
		}
	}
	for _, field := range []*float64{&l.Requests, &l.ConnectionRate} {
		switch {
		case *field == 0:
			*field = 1000
		case !(*field <= maxRate):
			*field = -1 // nobody gets there
		}
	}
	return l
}

// buckets are rate limits by key, all of the same rate. The zero value of limit
// and less allow everything.
type buckets[K comparable] struct {
	limit float64 // a second

	mu    sync.Mutex
	byKey map[K]*rate.Limiter
	sweep int // the number of keys at which the full buckets are thrown away
}

// minSweep is the least number of buckets that are looked through.
const minSweep = 1000

// allow takes one out of a bucket, unless it is empty.
func (b *buckets[K]) allow(key K) bool {
	if b.limit <= 0 {
		return true
	}
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.byKey[key]
	if l == nil {
		if b.byKey == nil {
			b.byKey, b.sweep = map[K]*rate.Limiter{}, minSweep
		}
		if len(b.byKey) >= b.sweep {
			b.drop(now)
		}
		l = rate.NewLimiter(rate.Limit(b.limit), max(1, int(b.limit*burst)))
		b.byKey[key] = l
	}
	return l.AllowN(now, 1)
}

// spent reports whether a bucket is empty, and takes nothing.
func (b *buckets[K]) spent(key K) bool {
	if b.limit <= 0 {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.byKey[key]
	return l != nil && l.TokensAt(time.Now()) < 1
}

// drop forgets the buckets that are full again: new ones would be the same.
func (b *buckets[K]) drop(now time.Time) {
	for key, l := range b.byKey {
		if l.TokensAt(now) >= float64(l.Burst()) {
			delete(b.byKey, key)
		}
	}
	b.sweep = max(minSweep, 2*len(b.byKey))
}

// rateKey is who calls what.
type rateKey struct {
	side         side
	organization string
	user         string
	action       string
}

// limited refuses a request over the rate of its user and method. It does not
// look at the organization's state, so a flood does not even wait for it.
func (c *conn) limited(r *request) error {
	key := rateKey{side: c.side, user: c.user, action: r.action}
	if c.org != nil {
		key.organization = c.org.seed.ID
	}
	if r.action == "login" {
		key.user = hash(wire.Str(r.raw, "token"))
	}
	if c.s.rates.allow(key) {
		return nil
	}
	return fail("too_many_requests", "%s was called more than %g times a second: wait a moment", r.action, c.s.limits.Requests)
}

// address is what connections are counted by: the address of the client, and of
// an IPv6 one the network, which is all one client's.
func address(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	if a = a.Unmap(); a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// over reports whether a limit is reached.
func over(limit, n int) bool { return limit > 0 && n >= limit }
