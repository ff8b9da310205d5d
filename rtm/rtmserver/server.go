package rtmserver

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the options of [New]. The zero value of each field has a meaning.
type Options struct {
	// Seed says which organizations and agents there are, and must not change
	// afterwards. nil means DefaultSeed.
	Seed *Seed

	// Log keeps what happens. nil means NewMemoryLog. The server reads it from
	// the start, so a log of an earlier server brings its chats back.
	Log Log

	// Logger gets failures of the server itself. nil means slog.Default.
	Logger *slog.Logger

	// Clock is the time of everything that is kept or shown. nil means NewClock.
	Clock *Clock

	// SnapshotEvery is after how many records of an organization's log its state is
	// saved, so that a start need not read all of them; the longer the log, the
	// rarer. 0 means 20,000, less than 0 never. Without a Log it is never.
	SnapshotEvery int

	// Node names this server among those that share its log; two of them must not
	// have the same name. "" means a name that nobody has. A server that comes
	// back under its name knows at once that its connections of before are gone;
	// under another one it takes 5 s.
	Node string

	// RandomSeed makes ids and tokens repeat from run to run. 0 takes them from
	// crypto/rand; anything else makes tokens guessable and is for tests.
	RandomSeed uint64

	// Files keeps the content of uploaded files. nil means NewMemoryFiles. With a
	// Log that outlives the process it should be one that does too, and the nodes
	// of a cluster share one.
	Files Files

	// FileSpace bounds the bytes that an organization's files take. 0 means 1 GiB.
	FileSpace int64

	// ForeignFiles accepts events of type file whose url is any web address. As in
	// production it must else be one that upload_file gave.
	ForeignFiles bool

	// PublicURL is where clients find this server when something is in between, such
	// as https://chat.example.com. The addresses of files begin with it, and with
	// https cookies are for pages of any site. Empty means the host that the upload
	// was sent to, which is the uploader's word.
	PublicURL string

	// AgentGrace is how long an agent whose last connection dropped keeps its
	// chats. 0 means 30 s, less than 0 means no time at all.
	AgentGrace time.Duration

	// Journal is how many entries the journal of frames keeps, see JournalEntry. 0
	// keeps none.
	Journal int

	// Limits bound what clients can take. The zero value has defaults.
	Limits Limits

	// Origins are the sites whose pages may connect and get tokens, such as
	// https://shop.example or https://*.shop.example. None means all, as in
	// production. The server's own pages always may.
	Origins []string

	// Region is where this server is, dal or fra. Empty means dal.
	Region string
}

// Server is an http.Handler that speaks the RTM protocol. It is safe for
// concurrent use. Call Shutdown to end it: an http.Server's own Shutdown does
// not know of sockets.
type Server struct {
	opts  Options
	clock *Clock
	ids   *idSource
	orgs  map[string]*org
	node  string
	tap   *tap

	files     Files
	publicURL *url.URL      // nil when the options have none
	uploads   atomic.Int64  // bytes of uploads in memory
	decoding  chan struct{} // holds who decodes an image

	ctx     context.Context // of connections
	cancel  context.CancelFunc
	logs    context.Context // of the log, which is needed longer
	endLogs context.CancelFunc
	closing atomic.Bool

	mu    sync.Mutex
	conns map[*socket]struct{}
	made  uint64        // connections so far
	asks  int           // requests of the Web API that are being carried out
	idle  chan struct{} // closed when there is neither and the server is closing
	ended bool          // nothing new begins in the background

	restoring  sync.Mutex // held by Restore
	background sync.WaitGroup
	crew       crew // handles and writes frames
	cluster    cluster
	leaveLog   func()

	limits       Limits
	origins      origins
	metrics      *metrics
	rates        buckets[rateKey]
	connRates    buckets[string] // by address
	tokenRates   buckets[string] // the same
	guesses      buckets[string] // the same
	unauthorized map[string]int  // connections without a login by address, guarded by mu
}

// New makes a server out of its options and the log. It fails when the seed is
// not consistent or the log cannot be read.
func New(opts *Options) (*Server, error) {
	s := &Server{orgs: map[string]*org{}, conns: map[*socket]struct{}{}, idle: make(chan struct{}), unauthorized: map[string]int{}, decoding: make(chan struct{}, 1)}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Seed == nil {
		s.opts.Seed = DefaultSeed()
	}
	if s.opts.Log == nil {
		s.opts.Log, s.opts.SnapshotEvery = NewMemoryLog(), -1 // nobody can read it again
	}
	if s.opts.Logger == nil {
		s.opts.Logger = slog.Default()
	}
	if s.files = s.opts.Files; s.files == nil {
		s.files = NewMemoryFiles()
	}
	if s.opts.FileSpace == 0 {
		s.opts.FileSpace = defaultSpace
	}
	if s.opts.PublicURL != "" {
		u, ok := webAddress(s.opts.PublicURL)
		if !ok || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return nil, fmt.Errorf("rtmserver: PublicURL must be an http or https address, not %q", s.opts.PublicURL)
		}
		s.publicURL = u
	}
	if s.clock = s.opts.Clock; s.clock == nil {
		s.clock = NewClock()
	}
	if s.opts.SnapshotEvery == 0 {
		s.opts.SnapshotEvery = 20_000
	}
	if s.opts.AgentGrace == 0 {
		s.opts.AgentGrace = 30 * time.Second
	}
	s.opts.AgentGrace = max(0, s.opts.AgentGrace)
	if s.opts.Region == "" {
		s.opts.Region = "dal"
	}
	var err error
	if s.origins, err = parseOrigins(s.opts.Origins); err != nil {
		return nil, err
	}
	s.limits = s.opts.Limits.withDefaults()
	s.rates.limit = s.limits.Requests
	s.connRates.limit, s.tokenRates.limit, s.guesses.limit = s.limits.ConnectionRate, s.limits.ConnectionRate, s.limits.ConnectionRate
	s.metrics = newMetrics(s)
	s.ids = newIDSource(s.opts.RandomSeed)
	s.tap = newTap(s)
	if err := s.opts.Seed.check(); err != nil {
		return nil, err
	}
	if s.node = s.opts.Node; s.node == "" {
		s.node = newIDSource(0).uuid()
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.logs, s.endLogs = context.WithCancel(context.Background())
	s.cluster.heard = map[string]time.Time{}
	if s.leaveLog, err = s.opts.Log.Join("", s); err != nil {
		s.cancel()
		s.endLogs()
		return nil, fmt.Errorf("rtmserver: log: %w", err)
	}
	for i := range s.opts.Seed.Organizations {
		seed := &s.opts.Seed.Organizations[i]
		o, err := newOrg(s.logs, s, seed)
		if err != nil {
			s.end()
			return nil, err
		}
		s.orgs[seed.ID] = o
	}
	s.giveSign()
	for _, o := range s.orgs {
		if o.others.Load() {
			s.keepAlive()
		}
		s.inBackground(func() {
			if err := o.dropOrphans(s.ctx); err != nil && s.ctx.Err() == nil {
				s.opts.Logger.Error("look for files that nothing knows of", "organization", o.seed.ID, "error", err)
			}
		})
	}
	return s, nil
}

// Clock returns the clock that the server lives by.
func (s *Server) Clock() *Clock { return s.clock }

var socketPath = regexp.MustCompile(`^/v([^/]+)/(customer|agent)/rtm/ws$`)

// ServeHTTP serves the sockets, plain and in the frames of SockJS, the Web API,
// files, the customers' tokens, /healthz and /readyz. Anything else gets a 404 whose
// JSON body says so.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; path {
	case "/v2/customer/token", "/v2/customer/info":
		s.serveToken(w, r)
	case "/healthz", "/readyz":
		s.serveHealth(w, r)
	default:
		if m := actionPath.FindStringSubmatch(path); m != nil {
			s.serveAction(w, r, sideOf(m[2]), m[1], m[3])
			return
		}
		if strings.HasPrefix(path, filePath) {
			s.serveFile(w, r)
			return
		}
		m := socketPath.FindStringSubmatch(path)
		switch {
		case s.serveSockJS(w, r):
		case m == nil:
			httpError(w, http.StatusNotFound, "not_found", "nothing is served at "+quote(path))
		case !slices.Contains(versions[:], m[1]) && r.Header.Get("Upgrade") == "":
			httpError(w, http.StatusNotFound, "unsupported_version", "API version "+quote(m[1])+" is not served here; use /v"+newest+"/"+m[2]+"/rtm/ws")
		default:
			s.serveSocket(w, r, sideOf(m[2]), m[1])
		}
	}
}

// farewell tells other nodes that this one has no connections any more, and
// saves the organizations' states.
func (s *Server) farewell() error {
	for _, id := range sortedKeys(s.orgs) {
		if err := s.orgs[id].farewell(); err != nil {
			return err
		}
	}
	return nil
}

// end stops what runs beside connections. The log is the caller's again.
func (s *Server) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.cancel()
	s.endLogs()
	s.stopBeating()
	for _, o := range s.orgs {
		o.end()
	}
	s.background.Wait()
	s.crew.end()
	s.leaveLog()
}

func httpError(w http.ResponseWriter, status int, typ, text string) {
	writeJSON(w, status, obj{"error": obj{"type": typ, "message": text}})
}
