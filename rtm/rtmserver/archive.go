package rtmserver

import (
	"regexp"
	"slices"
	"strings"
)

// An archived is an entry of list_archives: a thread with its chat.
type archived struct {
	ch   *chat
	th   *thread
	hits []hit
}

// A hit is a text that the query was found in.
type hit struct{ typ, field, text string }

// listArchives is list_archives of the Agent API: the threads, active ones
// included, of the chats that the agent has access to.
func listArchives(c *call) (any, error) {
	o, a := c.org, c.conn.agent
	q, err := c.page(pageSpec{limit: 10, filters: true})
	if err != nil {
		return nil, err
	}
	f := q.Filters
	if f["thread_ids"] != nil && c.payload["limit"] != nil {
		return nil, invalid("payload.filters.thread_ids: cannot be combined with limit")
	}
	if err := agentTypesOnce(f.obj("agent_types")); err != nil {
		return nil, err
	}
	if f["thread_ids"] != nil {
		q.Limit = maxPage
	}
	var query *regexp.Regexp
	if s := f.str("query"); s != "" {
		query = regexp.MustCompile("(?i)" + regexp.QuoteMeta(s))
	}
	var items []*archived
	for _, id := range sortedKeys(o.st.Chats) {
		ch := o.st.Chats[id]
		if !o.mayAccess(a, ch) {
			continue
		}
		for _, th := range ch.Threads {
			x := &archived{ch: ch, th: th}
			if !o.archiveMatches(x, f) {
				continue
			}
			if looksInside(f) && (!o.mayRead(a, th) || !insideMatches(o, th, f)) {
				continue // filters must not tell what the agent may not read
			}
			if query != nil {
				if x.hits = o.hits(ch, th, query); len(x.hits) == 0 {
					continue
				}
			}
			items = append(items, x)
		}
	}
	found := len(items)
	key := func(x *archived) string { return sortKey(x.th.CreatedAt, x.th.ID) }
	slices.SortFunc(items, func(a, b *archived) int { return strings.Compare(key(a), key(b)) })
	items, out := paginate(c, q, items, key)
	list := []obj{}
	for _, x := range items {
		v := o.archivedView(a, x)
		if marks, ok := c.payload["highlights"].(map[string]any); ok && query != nil {
			v["thread"].(obj)["highlight"] = highlights(x.hits, query, marks)
		}
		list = append(list, v)
	}
	out["chats"], out["found_chats"] = list, found
	return out, nil
}

func (o *org) archivedView(a *Agent, x *archived) obj {
	v := o.chatView(agentSide, a, x.ch, x.th)
	v["is_followed"] = slices.Contains(x.ch.Followers, a.ID)
	th := v["thread"].(obj)
	if !o.mayRead(a, x.th) {
		restrict(th)
	}
	i := slices.Index(x.ch.Threads, x.th)
	for _, earlier := range x.ch.Threads[:i] {
		if o.mayRead(a, earlier) {
			th["previous_accessible_thread_id"] = earlier.ID
		}
	}
	for _, later := range slices.Backward(x.ch.Threads[i+1:]) {
		if o.mayRead(a, later) {
			th["next_accessible_thread_id"] = later.ID
		}
	}
	return v
}

// agentTypesOnce refuses a type of agent that is named twice.
func agentTypesOnce(f params) error {
	seen := map[any]bool{}
	for _, name := range []string{"all_values", "any_values", "exclude_values"} {
		for _, x := range f.list(name) {
			if seen[x] {
				return invalid("payload.filters.agent_types.%s: has %v, which was named before", name, x)
			}
			seen[x] = true
		}
	}
	return nil
}

// archiveMatches applies the filters that do not look at what was said.
func (o *org) archiveMatches(x *archived, f params) bool {
	ch, th := x.ch, x.th
	var agents, types []any
	for _, id := range th.UserIDs {
		if id == ch.CustomerID {
			continue
		}
		agents = append(agents, id)
		if a := o.agent(id); a != nil && a.bot != nil {
			types = append(types, "chatbot")
		} else {
			types = append(types, "human")
		}
	}
	fields := params{}
	if c := o.st.Customers[ch.CustomerID]; c != nil {
		fields = c.Fields
	}
	var country []any
	if s := params(fields).obj("address").str("country"); s != "" {
		country = []any{s}
	}
	in := func(name string, v any) bool { return f[name] == nil || slices.Contains(f.list(name), v) }
	// A property of the thread, and one of its chat that the thread does not have.
	props := properties{}
	props.merge(ch.Properties)
	props.merge(th.Properties)
	kinds := f.obj("agent_types")
	return after(th.CreatedAt, f, "from") && before(th.CreatedAt, f, "to") &&
		in("chat_ids", ch.ID) && in("thread_ids", th.ID) &&
		(f["group_ids"] == nil || slices.ContainsFunc(f.list("group_ids"), func(g any) bool { return slices.Contains(th.Groups, number(g)) })) &&
		matchesProperties(props, f.obj("properties")) &&
		matchesList(f.obj("agents"), agents) && matchesList(f.obj("tags"), anys(th.Tags)) &&
		matchesList(f.obj("sales"), nil) && matchesList(f.obj("goals"), nil) &&
		matchesList(f.obj("customer_countries"), country) &&
		matchesList(params{"values": kinds["all_values"], "require_every_value": true, "exclude_values": kinds["exclude_values"]}, types) &&
		matchesList(params{"values": kinds["any_values"]}, types) &&
		(f["customer_id"] == nil || f.str("customer_id") == ch.CustomerID) &&
		(f["customer_email"] == nil || strings.EqualFold(f.str("customer_email"), params(fields).str("email"))) &&
		o.matchesGreetings(f.obj("greetings"), th)
}

func anys[T any](list []T) []any {
	var out []any
	for _, x := range list {
		out = append(out, x)
	}
	return out
}

// matchesList applies a filter to the values that something has.
func matchesList(f params, have []any) bool {
	has := func(x any) bool {
		return slices.ContainsFunc(have, func(y any) bool { return x == y || sameValue(x, y) })
	}
	if exists, ok := f["exists"].(bool); ok && exists != (len(have) > 0) {
		return false
	}
	if f["values"] != nil {
		n := 0
		for _, x := range f.list("values") {
			if has(x) {
				n++
			}
		}
		if n == 0 || f.boolOr("require_every_value", false) && n < len(f.list("values")) {
			return false
		}
	}
	return !slices.ContainsFunc(f.list("exclude_values"), has)
}

// matchesGreetings applies the filter for the greeting that a thread began with,
// which its properties tell.
func (o *org) matchesGreetings(f params, th *thread) bool {
	var ids []any
	if id, ok := th.Properties.get("lc2", "greeting_id"); ok {
		ids = []any{id}
	}
	return matchesList(f, ids) && (len(f) == 0 || after(th.CreatedAt, f, "from") && before(th.CreatedAt, f, "to")) &&
		(f["groups"] == nil || len(ids) > 0 && matchesList(intsOf(f.obj("groups")), anys(th.Groups)))
}

// intsOf turns the numbers of a filter into ints.
func intsOf(f params) params {
	out := params{}
	for name, x := range f {
		list, _ := x.([]any)
		ints := []any{}
		for _, n := range list {
			ints = append(ints, number(n))
		}
		out[name] = ints
	}
	return out
}

// looksInside reports whether the filters look at what was said.
func looksInside(f params) bool {
	return f["query"] != nil || f["event_types"] != nil || f["forms"] != nil || f["agent_response"] != nil
}

// insideMatches applies the filters that look at what was said.
func insideMatches(o *org, th *thread, f params) bool {
	var types []any
	for _, e := range th.Events {
		types = append(types, e.Type)
	}
	if !matchesList(f.obj("event_types"), types) {
		return false
	}
	for _, x := range f.list("forms") {
		if !answered(th, x.(map[string]any)) {
			return false
		}
	}
	return f["agent_response"] == nil || o.matchesResponse(f.obj("agent_response"), th)
}

// answered reports whether a form of the thread has a certain answer.
func answered(th *thread, f params) bool {
	typ := map[string]string{"pre_chat": "prechat", "post_chat": "postchat"}[f.str("type")]
	return slices.ContainsFunc(th.Events, func(e *event) bool {
		if e.Type != "filled_form" || e.Body.str("form_type") != typ {
			return false
		}
		return slices.ContainsFunc(e.Body.members().list("fields"), func(x any) bool {
			field, _ := x.(map[string]any)
			answers, _ := field["answers"].([]any)
			return slices.ContainsFunc(append([]any{field["answer"]}, answers...), func(x any) bool {
				answer, _ := x.(map[string]any)
				return answer["id"] == f.str("answer_id")
			})
		})
	})
}

// matchesResponse applies the filter for what agents answered.
func (o *org) matchesResponse(f params, th *thread) bool {
	var by []*Agent
	for _, e := range th.Events {
		if a := o.agent(e.AuthorID); a != nil && e.visibleTo(customerSide) {
			by = append(by, a)
		}
	}
	if f.boolOr("first", false) && len(by) > 1 {
		by = by[:1]
	}
	if exists, ok := f["exists"].(bool); ok && exists != (len(by) > 0) {
		return false
	}
	if f["agents"] == nil && f["groups"] == nil {
		return true
	}
	return slices.ContainsFunc(by, func(a *Agent) bool {
		return matchesList(f.obj("agents"), []any{a.ID}) && matchesList(intsOf(f.obj("groups")), anys(a.Groups))
	})
}

// hits finds the query in what can be searched of a thread.
func (o *org) hits(ch *chat, th *thread, query *regexp.Regexp) []hit {
	var out []hit
	look := func(typ, field, text string) {
		if query.MatchString(text) {
			out = append(out, hit{typ, field, text})
		}
	}
	for _, e := range th.Events {
		if e.Deleted {
			continue
		}
		switch e.Type {
		case "message":
			look("event.message", "text", e.Body.str("text"))
		case "file":
			look("event.file", "name", e.Body.str("name"))
		case "filled_form":
			for _, x := range e.Body.members().list("fields") {
				field, _ := x.(map[string]any)
				look("event.filled_form", "answer", params(field).str("answer"))
			}
		}
	}
	look("thread", "id", th.ID)
	for _, tag := range th.Tags {
		look("thread", "tag", tag)
	}
	look("chat", "id", ch.ID)
	if c := o.st.Customers[ch.CustomerID]; c != nil {
		fields := params(c.Fields)
		look("customer", "name", fields.str("name"))
		look("customer", "email", fields.str("email"))
		for _, x := range fields.list("session_fields") {
			field, _ := x.(map[string]any)
			for _, name := range sortedKeys(field) {
				look("customer", "session-field-value", params(field).str(name))
			}
		}
	}
	for _, id := range th.UserIDs {
		if a := o.agent(id); a != nil {
			look("agent", "name", a.Name)
			look("agent", "email", a.ID)
		}
	}
	return out
}

// highlights renders hits with the matches marked.
func highlights(hits []hit, query *regexp.Regexp, marks params) []obj {
	pre, post := "<em>", "</em>"
	if marks["pre_tag"] != nil && marks["post_tag"] != nil {
		pre, post = marks.str("pre_tag"), marks.str("post_tag")
	}
	list := []obj{}
	for _, h := range hits {
		marked := query.ReplaceAllStringFunc(h.text, func(s string) string { return pre + s + post })
		list = append(list, obj{"type": h.typ, "field": h.field, "highlight": marked})
	}
	return list
}
