package rtmserver

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"
)

const (
	readyTimeout = 2 * time.Second
	comeBack     = time.Second      // when to try again after a refusal
	farewellTime = 2 * time.Second  // that the log has at the end at least
	longFarewell = 30 * time.Second // and at most
)

// serveHealth serves /healthz, which says that the process lives, and that
// restarting it would mend nothing, and /readyz.
func (s *Server) serveHealth(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		httpError(w, http.StatusMethodNotAllowed, "validation", "use GET, not "+clip(r.Method))
	case r.URL.Path == "/readyz":
		s.serveReady(w, r)
	default:
		writeJSON(w, http.StatusOK, obj{"status": "ok"})
	}
}

// serveReady is /readyz: whether to send clients here.
func (s *Server) serveReady(w http.ResponseWriter, r *http.Request) {
	if s.closing.Load() {
		s.unavailable(w, stopping)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	for _, id := range sortedKeys(s.orgs) {
		if s.orgs[id].failing.Load() {
			s.unavailable(w, "the log takes nothing")
			return
		}
		// What is new, so that it is little.
		for _, err := range s.opts.Log.Read(ctx, id, s.orgs[id].claimed.Load()) {
			if err != nil {
				s.opts.Logger.Error("the log cannot be read", "organization", id, "error", err)
				s.unavailable(w, "the log cannot be read")
				return
			}
			break // one entry is proof enough
		}
	}
	writeJSON(w, http.StatusOK, obj{"status": "ready"})
}

// unavailable refuses a request for a moment.
func (s *Server) unavailable(w http.ResponseWriter, text string) {
	retrySoon(w)
	httpError(w, http.StatusServiceUnavailable, "service_unavailable", text)
}

func retrySoon(w http.ResponseWriter) {
	w.Header().Set("Retry-After", strconv.Itoa(int(comeBack/time.Second)))
}

// Shutdown drains the server: /readyz fails and new connections are refused from
// the start, requests that were read are answered, and then all connections are
// told to come back. It waits for them until ctx ends; then it cuts them off and
// returns ctx's error. The log gets until then to keep that they are gone, but 2 s
// at least.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.closing.Swap(true) {
		s.rest()
	}
	for c := range s.conns {
		c.drain()
		if c.silent.Load() {
			c.cancel(errClosing) // what is half open would stay so
		}
	}
	s.mu.Unlock()
	var late error
	select {
	case <-s.idle:
	case <-ctx.Done():
		late = ctx.Err()
		s.cancel()
		<-s.idle
	}
	// The log may be out of reach.
	bound := farewellTime
	if deadline, ok := ctx.Deadline(); ok {
		bound = max(bound, time.Until(deadline))
	} else if late == nil {
		bound = longFarewell
	}
	limit := time.AfterFunc(bound, s.endLogs)
	err := s.farewell()
	limit.Stop()
	s.end()
	return cmp.Or(late, err)
}

// stopTimers ends what waits for its time in chats and the license.
func (o *org) stopTimers() {
	for _, t := range o.watched {
		t.Stop()
	}
	clear(o.watched)
	if o.licensed != nil {
		o.licensed.Stop()
	}
}
