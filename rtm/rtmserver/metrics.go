package rtmserver

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what a server counts. What is known anyway, such as the number of
// connections, is looked up when somebody asks.
type metrics struct {
	registry *prometheus.Registry
	process  sync.Once // the collectors of the process are registered

	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	pushes   *prometheus.CounterVec
	opened   *prometheus.CounterVec
	ended    *prometheus.CounterVec
	lockWait prometheus.Histogram
	appends  prometheus.Histogram
	entries  prometheus.Counter
	failures prometheus.Counter

	// Looking a counter up by its labels costs as much as a small request, so
	// those that are used all the time are kept by action.
	methods [2]map[string]*atomic.Pointer[methodMetrics]
	sent    [2]map[string]*atomic.Pointer[prometheus.Counter]
	unknown [2]atomic.Pointer[methodMetrics] // of actions that there are not
}

// methodMetrics are those of one method, made when it is first used.
type methodMetrics struct {
	ok      prometheus.Counter
	latency prometheus.Observer
}

func newMetrics(s *Server) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("rtmd_requests_total", "Requests answered, by what came of them: ok or the type of the error.", "api", "action", "outcome"),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rtmd_request_seconds", Help: "Time from the start of a request to its answer.",
			Buckets: prometheus.ExponentialBuckets(25e-6, 4, 9),
		}, []string{"api", "action"}),
		pushes: counter("rtmd_pushes_total", "Pushes sent, one for each connection that got it.", "api", "action"),
		opened: counter("rtmd_connections_opened_total", "Connections opened.", "api"),
		ended:  counter("rtmd_connections_ended_total", "Connections ended, by the reason that the server gave; closed: the client closed or was lost.", "api", "reason"),
		lockWait: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rtmd_organization_wait_seconds", Help: "Time that a request waited for its turn in its organization.",
			Buckets: prometheus.ExponentialBuckets(1e-6, 10, 7),
		}),
		appends: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rtmd_log_append_seconds", Help: "Time of an append to the log.",
			Buckets: prometheus.ExponentialBuckets(1e-6, 4, 10),
		}),
		entries:  prometheus.NewCounter(prometheus.CounterOpts{Name: "rtmd_log_records_total", Help: "Records appended to the log."}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "rtmd_log_failures_total", Help: "Appends that failed, also because another node was faster."}),
	}
	for _, side := range []side{customerSide, agentSide} {
		m.methods[side], m.sent[side] = map[string]*atomic.Pointer[methodMetrics]{}, map[string]*atomic.Pointer[prometheus.Counter]{}
		for _, method := range side.api().Methods {
			m.methods[side][method.Action] = new(atomic.Pointer[methodMetrics])
		}
		for action := range webActions[side] {
			m.methods[side][action] = new(atomic.Pointer[methodMetrics])
		}
		for _, push := range side.api().Pushes {
			m.sent[side][push.Action] = new(atomic.Pointer[prometheus.Counter])
		}
	}
	m.registry.MustRegister(m.requests, m.latency, m.pushes, m.opened, m.ended, m.lockWait, m.appends, m.entries, m.failures, &gauges{s: s})
	return m
}

// Metrics serves the server's metrics in Prometheus' text format, with those of
// the process. It is for the operator's eyes: mount it where only they come.
func (s *Server) Metrics() http.Handler {
	s.metrics.process.Do(func() {
		s.metrics.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	})
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
}

// answered counts a request. Actions that there are not count as one.
func (m *metrics) answered(side side, action, outcome string, took time.Duration) {
	kept := m.methods[side][action]
	if kept == nil {
		kept, action = &m.unknown[side], "unknown"
	}
	method := kept.Load()
	if method == nil {
		method = &methodMetrics{m.requests.WithLabelValues(side.String(), action, "ok"), m.latency.WithLabelValues(side.String(), action)}
		kept.Store(method) // whoever is first: the vectors give the same ones
	}
	if outcome == "ok" {
		method.ok.Inc()
	} else {
		m.requests.WithLabelValues(side.String(), action, outcome).Inc()
	}
	method.latency.Observe(took.Seconds())
}

// pushed counts a push.
func (m *metrics) pushed(side side, action string) {
	kept := m.sent[side][action]
	sent := kept.Load()
	if sent == nil {
		made := m.pushes.WithLabelValues(side.String(), action)
		sent = &made
		kept.Store(sent)
	}
	(*sent).Inc()
}

// appended counts an append.
func (m *metrics) appended(records int, took time.Duration, err error) {
	m.appends.Observe(took.Seconds())
	if err != nil {
		m.failures.Inc()
	} else {
		m.entries.Add(float64(records))
	}
}

// gauges are what is looked up when somebody asks.
type gauges struct{ s *Server }

var (
	connectionsGauge = prometheus.NewDesc("rtmd_connections", "Connections open now.", []string{"api", "state"}, nil)
	queuedGauge      = prometheus.NewDesc("rtmd_send_queue_bytes", "Bytes that wait for clients that read slowly.", nil, nil)
	chatsGauge       = prometheus.NewDesc("rtmd_chats", "Chats with an active thread, and how many of them wait for an agent.", []string{"state"}, nil)
	drainingGauge    = prometheus.NewDesc("rtmd_draining", "1 while the server is shutting down.", nil, nil)
)

func (g *gauges) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{connectionsGauge, queuedGauge, chatsGauge, drainingGauge} {
		out <- d
	}
}

func (g *gauges) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	var n [2][2]int
	var queued int64
	g.s.mu.Lock()
	for c := range g.s.conns {
		state := 0
		if c.loggedIn.Load() {
			state = 1
		}
		n[c.side][state]++
		queued += c.queued.Load()
	}
	g.s.mu.Unlock()
	for _, side := range []side{customerSide, agentSide} {
		gauge(connectionsGauge, float64(n[side][0]), side.String(), "new")
		gauge(connectionsGauge, float64(n[side][1]), side.String(), "logged_in")
	}
	gauge(queuedGauge, float64(queued))
	active, waiting := 0, 0
	for _, o := range g.s.orgs {
		o.mu.Lock()
		active += len(o.st.Active)
		waiting += len(o.st.Queue)
		o.mu.Unlock()
	}
	gauge(chatsGauge, float64(active), "active")
	gauge(chatsGauge, float64(waiting), "queued")
	draining := 0.0
	if g.s.closing.Load() {
		draining = 1
	}
	gauge(drainingGauge, draining)
}
