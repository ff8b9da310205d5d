package session

import (
	"slices"
	"strings"
	"time"
)

// Config is what a Session needs to know. Organization is required for the
// Customer API; all else has defaults.
type Config struct {
	API          API
	Server       string // address to connect to, scheme and host; "" is the vendor's, chosen by Region
	Organization string // organization id (UUID)
	Version      string // API version; "" is 3.6
	Region       string // "dal" or "fra"; "" is dal; where the server sends the connection counts more
	Seed         uint64 // of backoff and ids; the same seed and inputs give the same outputs

	// ConfirmStored makes durable calls wait until the host has said with Kept
	// that they are stored.
	ConfirmStored bool
}

// Session is one logical connection: it outlives sockets. Use New.
type Session struct {
	cfg   Config
	now   time.Time     // of the input at hand; never goes back
	wall  time.Time     // the same as the host's clock has it
	skew  time.Duration // from wall to now
	out   []Output      // given out up to head
	head  int
	state State
	rand  uint64

	// The connection.
	attempt   int       // failed connections in a row
	liveSince time.Time // zero when not live
	offline   bool      // the host said there is no network
	dialAt    time.Time // when Waiting ends; zero when only an input can end it
	openBy    time.Time // when Connecting is given up
	pingAt    time.Time
	pongBy    time.Time // zero when no ping is unanswered

	unstableAt time.Time // when an unanswered ping is worth a word; zero after that
	unstable   bool      // that word was said
	wakeAt     time.Time // the last Wake given out
	end        *Error    // what calls fail with; nil until Stopped

	// Calls.
	lastID   CallID
	inflight map[CallID]*call
	queue    []*call // not sent yet, in order

	login   loginState
	me      string // the user id that the login was answered with
	storage []byte // customer_side_storage

	// What was given out, and what is still to come.
	notes    map[string]*note
	uses     uint64
	recovery *recovery // nil unless Syncing
	resumed  bool      // an earlier session gave some of it: the first login catches up
	outbox   []*durable
	lastSeq  uint64
	retryAt  time.Time // when the outbox goes on by itself

	stats    Stats
	recorder func(line []byte)
}

// New returns an idle Session. It performs no I/O and starts nothing.
func New(cfg Config) *Session {
	if cfg.Version == "" {
		cfg.Version = "3.6"
	}
	return &Session{cfg: cfg, rand: cfg.Seed, inflight: make(map[CallID]*call), notes: make(map[string]*note)}
}

// API returns the API the session speaks.
func (s *Session) API() API { return s.cfg.API }

// State returns the present state.
func (s *Session) State() State { return s.state }

// Err returns what every call fails with once the session is Stopped, nil
// before. The caller owns it.
func (s *Session) Err() *Error {
	if s.end == nil {
		return nil
	}
	e := *s.end
	e.Data = slices.Clone(e.Data)
	return &e
}

// Next returns the next output; ok is false when there is none.
func (s *Session) Next() (out Output, ok bool) {
	if s.head == len(s.out) {
		s.out, s.head = s.out[:0], 0
		return Output{}, false
	}
	out = s.out[s.head]
	s.out[s.head] = Output{}
	s.head++
	return out, true
}

// Start opens the first connection. Only the first call counts.
func (s *Session) Start(now time.Time) {
	now = s.input("start", now)
	if s.state == Idle {
		s.dial(now)
		s.schedule(now)
	}
}

// Stop ends the session for good; every call that waits fails with ErrClosed.
func (s *Session) Stop(now time.Time) {
	now = s.input("stop", now)
	s.stop("", nil)
	s.schedule(now)
}

// Opened says that the socket asked for by Dial is open.
func (s *Session) Opened(now time.Time) {
	now = s.input("opened", now)
	if s.state != Connecting {
		return
	}
	s.stats.Connects++
	s.offline = false // whatever the machine says: this server can be reached
	s.setState(Output{State: Authorizing})
	s.tryLogin(now)
	s.schedule(now)
}

// Closed says that the socket is gone, or could not be opened. Code is the
// WebSocket status code, 0 when there is none; reason is for people.
func (s *Session) Closed(now time.Time, code int, reason string) {
	now = s.input("closed", now, recInt("code", code), recStr("reason", reason))
	if !s.connected() && s.state != Connecting {
		return
	}
	s.lost(now, ErrConnectionLost)
	s.schedule(now)
}

// Online says whether the machine has a network, or another one. Either way a
// connection that looks alive is checked at once; coming online ends a wait,
// being offline suspends further attempts. A socket that opens or delivers says more than the machine: after
// it the session counts as online.
func (s *Session) Online(now time.Time, up bool) {
	now = s.input("online", now, recBool("up", up))
	s.offline = !up
	switch {
	case s.state == Waiting && !up:
		s.dialAt = time.Time{}
	case s.state == Waiting && up && s.login.wanted():
		s.dial(now)
	case s.authorized():
		s.ping(now, probeTimeout)
	}
	s.schedule(now)
}

// Tick does what has fallen due. Calling it early is harmless.
func (s *Session) Tick(now time.Time) {
	now = s.input("tick", now)
	s.wakeAt = time.Time{}
	s.expire(now)
	switch {
	case s.state == Waiting && due(s.dialAt, now):
		s.dial(now)
	case s.state == Connecting && due(s.openBy, now):
		s.hangUp(now, closeNormal, ErrTimeout)
	case s.authorized():
		s.checkLife(now)
	}
	s.flush()
	s.schedule(now)
}

// NewID returns an id that no other call of this or another session returns,
// given different seeds: 16 letters and digits, fit for a custom_id.
func (s *Session) NewID() string {
	s.record("id", time.Time{})
	return s.newID()
}

func (s *Session) newID() string {
	const alphabet = "0123456789abcdefghijklmnopqrstuv"
	id := make([]byte, 16)
	var r uint64
	for i := range id {
		if i%8 == 0 {
			r = s.random()
		}
		id[i] = alphabet[r&31]
		r >>= 5
	}
	return string(id)
}

// connected reports whether there is an open socket.
func (s *Session) connected() bool { return s.state == Authorizing || s.authorized() }

// authorized reports whether the server has accepted the login on this socket.
func (s *Session) authorized() bool { return s.state == Syncing || s.state == Live }

func (s *Session) emit(out Output) { s.out = append(s.out, out) }

func (s *Session) setState(out Output) {
	s.state = out.State
	out.Kind = StateChanged
	s.emit(out)
}

// url is the address of the API's socket.
func (s *Session) url() string {
	base := s.cfg.Server
	if base == "" {
		base = "wss://api.livechatinc.com"
		if strings.HasPrefix(s.cfg.Region, "fra") {
			base = "wss://api-fra.livechatinc.com"
		}
	}
	if rest, ok := strings.CutPrefix(base, "http"); ok {
		base = "ws" + rest
	}
	u := strings.TrimRight(base, "/") + "/v" + s.cfg.Version + "/" + s.cfg.API.String() + "/rtm/ws"
	if s.cfg.Organization != "" {
		u += "?organization_id=" + queryEscape(s.cfg.Organization)
	}
	return u
}

func queryEscape(s string) string {
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '~':
			out = append(out, c)
		default:
			out = append(out, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(out)
}
