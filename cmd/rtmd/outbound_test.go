package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// outbound is the only way of a browser to other hosts than this one. It leads nowhere,
// and notes who was asked for: by a page, a Worker or the browser ahead of both.
type outbound struct {
	url string

	mu    sync.Mutex // guards what follows
	hosts []string
}

func newOutbound(t *testing.T) *outbound {
	t.Helper()
	out := &outbound{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		out.mu.Lock()
		out.hosts = append(out.hosts, host)
		out.mu.Unlock()
		http.Error(w, "there is no way out", http.StatusForbidden)
	}))
	t.Cleanup(srv.Close)
	out.url = srv.URL
	return out
}

// own are hosts that a browser calls for itself, whatever page it shows.
var own = []string{".google.com", ".googleapis.com", ".gvt1.com"}

// check fails when anything but the browser itself wanted to go out.
func (out *outbound) check(t *testing.T) {
	t.Helper()
	out.mu.Lock()
	defer out.mu.Unlock()
	for _, host := range out.hosts {
		if !slices.ContainsFunc(own, func(suffix string) bool { return strings.HasSuffix(host, suffix) }) {
			t.Errorf("something asked for %s", host)
		}
	}
}
