package rtmserver

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// journal writes the journal as lines of JSON, or as server-sent events.
func (c *control) journal(in *controlRequest) error {
	q, err := in.query("after", "limit", "organization", "user", "connection", "kind", "action", "follow")
	if err != nil {
		return err
	}
	events := strings.Contains(in.r.Header.Get("Accept"), "text/event-stream")
	query := JournalQuery{
		Organization: q.Get("organization"), User: q.Get("user"), Connection: q.Get("connection"), Kind: q.Get("kind"), Action: q.Get("action"),
	}
	after := q.Get("after")
	if last := in.r.Header.Get("Last-Event-ID"); events && last != "" {
		after = last // a browser's stream comes back by itself
	}
	if after != "" {
		if query.After, err = strconv.ParseUint(after, 10, 64); err != nil {
			return fmt.Errorf("after: must be the seq of an entry, not %s", quote(after))
		}
	}
	if text := q.Get("limit"); text != "" {
		if query.Limit, err = strconv.Atoi(text); err != nil || query.Limit < 1 {
			return fmt.Errorf("limit: must be a whole number from 1, not %s", quote(text))
		}
	}
	if kinds := []string{entryOpen, entryClosed, entryRefused, entryWeb, dirRequest, dirResponse, dirPush}; query.Kind != "" && !slices.Contains(kinds, query.Kind) {
		return fmt.Errorf("kind: must be one of %s, not %s", strings.Join(kinds, ", "), quote(query.Kind))
	}
	follow := events
	switch text := q.Get("follow"); text {
	case "", "0":
	case "1":
		follow = true
	default:
		return fmt.Errorf("follow: must be 1 or 0, not %s", quote(text))
	}
	if c.s.tap.journal.max == 0 {
		return &controlError{http.StatusConflict, "not_allowed", "this server keeps no journal: see Options.Journal"}
	}
	if err := c.exists(query.Organization, false); err != nil {
		return err
	}
	in.w.Header().Set("Content-Type", "application/x-ndjson")
	if events {
		in.w.Header().Set("Content-Type", "text/event-stream")
	}
	write := func(e JournalEntry) bool {
		line, err := encodeJSON(e)
		if err != nil {
			return false
		}
		if events {
			_, err = fmt.Fprintf(in.w, "id: %d\ndata: %s\n\n", e.Seq, line)
		} else {
			_, err = in.w.Write(append(line, '\n'))
		}
		return err == nil
	}
	if !follow || in.r.Method == http.MethodHead {
		for _, e := range c.s.Journal(query) {
			if !write(e) {
				break
			}
		}
		return nil
	}
	flusher := http.NewResponseController(in.w)
	_ = flusher.Flush()
	for e := range c.s.FollowJournal(in.r.Context(), query) {
		if !write(e) || flusher.Flush() != nil {
			break
		}
	}
	return nil
}
