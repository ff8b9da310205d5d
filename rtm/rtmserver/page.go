package rtmserver

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// pageSpec is what a paged method allows.
type pageSpec struct {
	limit     int // default
	chat      string
	filters   bool
	minEvents bool
}

// A pageQuery is a request for a page, and also what a page_id holds: nothing in
// it is trusted but the filters and the place, so it needs no signature.
type pageQuery struct {
	Action    string    `json:"a"`
	User      string    `json:"u"`
	Chat      string    `json:"c,omitempty"`
	Limit     int       `json:"l"`
	Sort      string    `json:"s"`
	By        string    `json:"b,omitempty"` // what list_customers sorts by
	Filters   params    `json:"f,omitempty"`
	MinEvents int       `json:"-"`           // of the first page only
	After     string    `json:"n,omitempty"` // the page starts after this key
	Before    string    `json:"p,omitempty"` // the page ends before this key
	Issued    time.Time `json:"t"`
}

const (
	pageLifetime = 30 * 24 * time.Hour
	maxPage      = 100 // the largest limit of any method
)

// page reads the paging of a request.
func (c *call) page(spec pageSpec) (*pageQuery, error) {
	p := c.payload
	if id := p.str("page_id"); id != "" {
		q := new(pageQuery)
		data, err := base64.RawURLEncoding.DecodeString(id)
		if err == nil {
			err = decodeNumbers(data, q)
		}
		if err != nil || q.Action != c.request.action || q.User != c.user() || q.Chat != spec.chat || q.Limit < 1 || q.Limit > maxPage ||
			!q.filtersValid(c.conn.side) {
			return nil, invalid("payload.page_id: is not a page id of this %s", c.request.action)
		}
		if c.org.now().Sub(q.Issued) > pageLifetime {
			return nil, invalid("payload.page_id: has expired, start again with the first page")
		}
		return q, nil
	}
	q := &pageQuery{Action: c.request.action, User: c.user(), Chat: spec.chat, Sort: "desc", Limit: p.intOr("limit", spec.limit), MinEvents: p.intOr("min_events_count", 0)}
	if s := p.str("sort_order"); s != "" {
		q.Sort = s
	}
	if spec.filters && c.conn.side == agentSide {
		q.Filters = p.obj("filters")
	}
	return q, nil
}

// filtersValid reports whether the filters are such as a request may have.
func (q *pageQuery) filtersValid(side side) bool {
	payload, err := json.Marshal(obj{"chat_id": q.Chat, "filters": q.Filters})
	return err == nil && wire.Valid(payload) && validate(side, q.Action, payload) == nil
}

// sortKey orders by time, then by id.
func sortKey(t time.Time, id string) string { return fmt.Sprintf("%020d %s", t.UnixMicro(), id) }

// paginate takes the page out of items, which come oldest first, and returns the
// ids of its neighbours as next_page_id and previous_page_id.
func paginate[T any](c *call, q *pageQuery, items []T, key func(T) string) ([]T, obj) {
	desc := q.Sort == "desc"
	if desc {
		slices.Reverse(items)
	}
	beyond := func(x T, mark string) bool {
		if desc {
			return key(x) < mark
		}
		return key(x) > mark
	}
	from := 0
	switch {
	case q.After != "":
		from = sort.Search(len(items), func(i int) bool { return beyond(items[i], q.After) })
	case q.Before != "":
		end := sort.Search(len(items), func(i int) bool { return beyond(items[i], q.Before) || key(items[i]) == q.Before })
		from = max(0, end-q.Limit)
	}
	to := min(len(items), from+q.Limit)
	page := items[from:to]
	out := obj{}
	link := func(name string, set func(*pageQuery)) {
		next := *q
		next.After, next.Before, next.Issued = "", "", c.org.now()
		next.Limit = min(next.Limit, maxPage)
		set(&next)
		data, err := json.Marshal(next)
		if err != nil {
			panic(err)
		}
		out[name] = base64.RawURLEncoding.EncodeToString(data)
	}
	if len(page) > 0 && to < len(items) {
		link("next_page_id", func(q *pageQuery) { q.After = key(page[len(page)-1]) })
	}
	if len(page) > 0 && from > 0 {
		link("previous_page_id", func(q *pageQuery) { q.Before = key(page[0]) })
	}
	return page, out
}
