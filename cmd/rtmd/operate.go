package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// operate is how a server is watched, bounded and stopped.
type operate struct {
	log     choice
	verbose bool
	metrics choice
	origins list
	limits  limits
	drain   time.Duration
}

func (o *operate) flags(flags *flag.FlagSet) {
	o.log = choice{"text", []string{"text", "json"}}
	o.metrics = choice{"loopback", []string{"loopback", "any", "off"}}
	flags.Var(&o.log, "log", "`form` of the log on standard error: text or json")
	flags.BoolVar(&o.verbose, "v", false, "log the end of each connection and each failed request too")
	flags.Var(&o.metrics, "metrics", "`who` may read /metrics: loopback, any or off")
	flags.Var(&o.origins, "origin", "`sites` whose pages may connect, such as https://shop.example or https://*.shop.example, separated by commas (default all)")
	flags.Var(&o.limits, "limit", "`limits` such as requests=20,customers=500, separated by commas; name=none for no limit, or none alone for none at all: "+strings.Join(limitNames(), ", "))
	flags.DurationVar(&o.drain, "drain", stopTimeout, "how long connections and requests may take to end when rtmd stops")
}

func (o *operate) check() error {
	if o.drain < 0 {
		return fmt.Errorf("-drain is %s; it cannot be less than 0", o.drain)
	}
	return nil
}

// logger writes warnings, or with -v everything.
func (o *operate) logger(w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: slog.LevelInfo}
	if o.verbose {
		opts.Level = slog.LevelDebug
	}
	if o.log.value == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

func (o *operate) options(opts *rtmserver.Options) {
	opts.Origins, opts.Limits = o.origins, o.limits.Limits
}

// handler is next with /metrics.
func (o *operate) handler(rtm *rtmserver.Server, next http.Handler) http.Handler {
	metrics := rtm.Metrics()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/metrics" || o.metrics.value == "off":
			next.ServeHTTP(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			refuse(w, http.StatusMethodNotAllowed, "validation", "/metrics is asked for with GET")
		case o.metrics.value == "any" || fromHere(r):
			metrics.ServeHTTP(w, r)
		default:
			refuse(w, http.StatusForbidden, "not_allowed", "/metrics answers this machine alone: start rtmd with -metrics any to open it")
		}
	})
}

// fromHere reports whether a request comes from this machine itself. One that a
// proxy on this machine passes on for somebody else does not, nor that of a page whose
// name was made to lead here.
func fromHere(r *http.Request) bool {
	if !hosts(nil).has(r.Host) {
		return false
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// refuse answers with an error as rtmserver does.
func refuse(w http.ResponseWriter, status int, typ, text string) {
	body, err := json.Marshal(map[string]any{"error": map[string]string{"type": typ, "message": text}})
	if err != nil {
		panic(err) // strings are always JSON
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// stop ends everything within -drain: first rtm, whose Shutdown lets the server answer
// that it goes, and tells the sockets, which those of net/http know nothing of.
func (o *operate) stop(rtm *rtmserver.Server, server *http.Server, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(context.Background(), o.drain)
	defer cancel()
	err := errors.Join(rtm.Shutdown(ctx), server.Shutdown(ctx))
	if errors.Is(err, context.DeadlineExceeded) {
		// A browser keeps spare connections that it has not used yet; nobody misses them.
		log.Warn("connections were cut", "after", o.drain)
		return server.Close()
	}
	return err
}

// choice is a flag.Value of a few words.
type choice struct {
	value   string
	allowed []string
}

func (c *choice) String() string { return c.value }

func (c *choice) Set(s string) error {
	for _, x := range c.allowed {
		if s == x {
			c.value = s
			return nil
		}
	}
	return fmt.Errorf("must be %s or %s", strings.Join(c.allowed[:len(c.allowed)-1], ", "), c.allowed[len(c.allowed)-1])
}

// list is a flag.Value of words with commas; it can be given more than once.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	for word := range strings.SplitSeq(s, ",") {
		*l = append(*l, strings.TrimSpace(word))
	}
	return nil
}

// limits is a flag.Value of rtmserver.Limits.
type limits struct{ rtmserver.Limits }

// fields are the limits by name.
func (l *limits) fields() []struct {
	name string
	to   any
} {
	return []struct {
		name string
		to   any
	}{
		{"pending", &l.Pending}, {"requests", &l.Requests}, {"customer-connections", &l.CustomerConnections},
		{"agent-connections", &l.AgentConnections}, {"customers", &l.Customers}, {"seats", &l.Seats},
		{"unauthorized", &l.Unauthorized}, {"connections", &l.Connections}, {"connection-rate", &l.ConnectionRate},
		{"inactivity", &l.Inactivity},
	}
}

func limitNames() []string {
	var names []string
	for _, f := range new(limits).fields() {
		names = append(names, f.name)
	}
	return names
}

func (l *limits) String() string { return "" }

func (l *limits) Set(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		name, value, given := strings.Cut(strings.TrimSpace(part), "=")
		found := false
		for _, f := range l.fields() {
			if name == "none" && !given {
				found = true
				if err := setLimit(f.to, "none"); err != nil {
					return err
				}
			} else if name == f.name {
				found = true
				if err := setLimit(f.to, value); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
		}
		if !found {
			return fmt.Errorf("%q is none of %s", name, strings.Join(limitNames(), ", "))
		}
	}
	return nil
}

// setLimit reads a number, or a duration such as 30m; none is for no limit.
func setLimit(to any, value string) error {
	var err error
	negative := false
	switch to := to.(type) {
	case *int:
		if value == "none" {
			*to = -1
			return nil
		}
		*to, err = strconv.Atoi(value)
		negative = *to <= 0
	case *float64:
		if value == "none" {
			*to = -1
			return nil
		}
		*to, err = strconv.ParseFloat(value, 64)
		negative = !(*to > 0) || math.IsInf(*to, 0)
	case *time.Duration:
		if value == "none" {
			*to = -1
			return nil
		}
		if *to, err = time.ParseDuration(value); err != nil {
			return fmt.Errorf("%q is no duration such as 30m", value)
		}
		negative = *to <= 0
	}
	if err != nil || negative {
		return fmt.Errorf("%q is neither more than 0 nor none", value)
	}
	return nil
}
