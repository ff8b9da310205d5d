package main

import (
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// hosts are the names that rtmd answers for, beside those of the local machine and
// addresses in numbers. A page whose own name was made to lead here, which is DNS
// rebinding, would be of the same origin as rtmd and could read everything; the name in
// the Host header gives it away. The value "*" answers for all names.
type hosts []string

var hostName = regexp.MustCompile(`^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$`)

// String and Set make hosts a flag.Value; -host can be given more than once.
func (h *hosts) String() string { return strings.Join(*h, ",") }

func (h *hosts) Set(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		if name != "*" && (len(name) > 253 || !hostName.MatchString(name)) {
			return fmt.Errorf("%q is no name of a host: give names such as api.example.com, *.example.com for all below it, or * for any", name)
		}
		*h = append(*h, name)
	}
	return nil
}

// listensOn adds the name in an -addr, where there is one.
func (h hosts) listensOn(addr string) hosts {
	name, _, err := net.SplitHostPort(addr)
	if err != nil || name == "" || net.ParseIP(name) != nil {
		return h
	}
	return append(slices.Clone(h), strings.ToLower(name))
}

// has reports whether a Host header names this server. Clients of HTTP/1.0, which are no
// browsers, send none.
func (h hosts) has(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	address, _, _ := strings.Cut(host, "%")
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(address) != nil {
		return true
	}
	return slices.ContainsFunc(h, func(name string) bool {
		below, any := strings.CutPrefix(name, "*")
		return name == host || any && (below == "" || strings.HasSuffix(host, below))
	})
}

// guard passes requests for this server on and refuses all others.
func (h hosts) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.has(r.Host) {
			next.ServeHTTP(w, r)
			return
		}
		refuse(w, http.StatusForbidden, "authorization",
			fmt.Sprintf("Host: rtmd does not answer for %.100q: start it with -host and that name, or with -host '*' for all names", r.Host))
	})
}
