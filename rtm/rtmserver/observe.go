package rtmserver

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// What the operator hears of requests and connections. Neither tokens nor texts
// are in it: of a request its method and the type of its error, of a connection
// who it was and why it ended.

// observe counts an answered request, and logs one that failed.
func (c *conn) observe(r *request, err error) {
	c.asked.Add(1)
	took := time.Duration(0)
	if !r.began.IsZero() {
		took = time.Since(r.began)
	}
	if err == nil {
		c.s.metrics.answered(c.side, r.action, "ok", took)
		return
	}
	typ := "internal"
	if known, ok := errors.AsType[*apiError](err); ok {
		typ = known.typ
	}
	c.s.metrics.answered(c.side, r.action, typ, took)
	if log := c.s.opts.Logger; log.Enabled(context.Background(), slog.LevelDebug) {
		log.Debug("request failed", "api", c.side.String(), "action", clip(r.action), "error", typ, "user", c.who(), "ip", c.ip, "took", took)
	}
}

// who is the user once it has logged in.
func (c *conn) who() string {
	if !c.loggedIn.Load() {
		return ""
	}
	return c.user
}

// began counts a connection in.
func (c *socket) began() { c.s.metrics.opened.WithLabelValues(c.side.String()).Inc() }

// over counts a connection that has ended, and logs it.
func (c *socket) over() {
	reason := "closed"
	if r := c.reason.Load(); r != nil {
		reason = *r
	}
	c.s.metrics.ended.WithLabelValues(c.side.String(), reason).Inc()
	log := c.s.opts.Logger
	if !log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	args := []any{"api", c.side.String(), "version", c.version, "reason", reason, "user", c.who(), "ip", c.ip,
		"lasted", time.Since(c.started).Round(time.Millisecond), "requests", c.asked.Load()}
	if c.at != nil {
		args = append(args, "organization", c.at.seed.ID)
	}
	log.Debug("connection ended", args...)
}
