package rtmserver

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// origins are the sites whose pages may use the server.
//
// By default all may, as with the real service: a customer's page is on the
// shop's own site, and an agent's token is in no cookie, so another site's page
// cannot send it. The customers' cookies are kept apart by site, see setCookie:
// a page of another site gets a customer of its own.
type origins []origin

// origin is a site, or all sites under a domain.
type origin struct {
	scheme string
	host   string // with the port; starts with a dot for everything under a domain
}

// parseOrigins reads Options.Origins.
func parseOrigins(list []string) (origins, error) {
	var all origins
	for _, text := range list {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.TrimSuffix(text, "/") != u.Scheme+"://"+u.Host {
			return nil, fmt.Errorf("rtmserver: origin %q: must be a scheme and a host, as in https://shop.example or https://*.shop.example", text)
		}
		host := strings.ToLower(u.Host)
		if rest, under := strings.CutPrefix(host, "*."); under && rest != "" {
			host = "." + rest
		}
		if strings.Contains(host, "*") {
			return nil, fmt.Errorf("rtmserver: origin %q: a * stands for the first part of the host alone, as in https://*.shop.example", text)
		}
		all = append(all, origin{u.Scheme, host})
	}
	return all, nil
}

// allow reports whether the page that sent a request may. What is no page sends
// no Origin. The server's own pages always may.
func (all origins) allow(r *http.Request) bool {
	text := r.Header.Get("Origin")
	if len(all) == 0 || text == "" {
		return true
	}
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Host)
	if host != "" && host == strings.ToLower(r.Host) {
		return true
	}
	for _, o := range all {
		if u.Scheme == o.scheme && (host == o.host || strings.HasPrefix(o.host, ".") && strings.HasSuffix(host, o.host)) {
			return true
		}
	}
	return false
}

// foreign answers a request from a page that may not send it, and reports
// whether it did.
func (s *Server) foreign(w http.ResponseWriter, r *http.Request) bool {
	if s.origins.allow(r) {
		return false
	}
	httpError(w, http.StatusForbidden, "not_allowed", "pages of "+quote(r.Header.Get("Origin"))+" may not connect here: the server's list of origins does not have it")
	return true
}

// bodyTimeout bounds how long the body of a small request may take.
const bodyTimeout = 10 * time.Second

// bodyDeadline ends a request whose body does not come.
func bodyDeadline(w http.ResponseWriter) {
	// Where there is no connection, as in a test of a handler, there is no need.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
}
