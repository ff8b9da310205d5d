package rtmserver

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What agents could do with customers up to 3.5.

// createCustomer is create_customer of the Agent API up to 3.5. Nobody can log
// in as the new customer.
func createCustomer(c *call) (any, error) {
	o := c.org
	fields, err := customerFields(nil, c.payload, "payload")
	if err != nil {
		return nil, err
	}
	id := o.s.ids.uuid()
	records := []*record{{Kind: customerRegistered, By: c.user(), CustomerID: id, Secret: hash(o.s.ids.secret())}}
	if len(fields) > 0 {
		records = append(records, &record{Kind: customerUpdated, By: c.user(), CustomerID: id, Fields: fields})
	}
	if err := o.commit(c.em, records...); err != nil {
		return nil, err
	}
	c.em.agents(func(a *Agent) bool { return a == c.conn.agent }, "incoming_customer", o.customerView(agentSide, o.st.Customers[id]))
	return obj{"customer_id": id}, nil
}

// followCustomer is follow_customer of the Agent API up to 3.5.
func followCustomer(c *call) (any, error) {
	cust, err := c.customer("id")
	if err != nil || slices.Contains(cust.Followers, c.user()) {
		return obj{}, err
	}
	return obj{}, c.org.commit(c.em, &record{Kind: customerFollowed, CustomerID: cust.ID, UserID: c.user()})
}

// unfollowCustomer is unfollow_customer of the Agent API up to 3.5.
func unfollowCustomer(c *call) (any, error) {
	cust, err := c.customer("id")
	if err != nil || !slices.Contains(cust.Followers, c.user()) {
		return obj{}, err
	}
	return obj{}, c.org.commit(c.em, &record{Kind: customerUnfollowed, CustomerID: cust.ID, UserID: c.user()})
}

// changePushNotifications is change_push_notifications of the Agent API 3.4. No
// phone is reached from here, so nothing is kept.
func changePushNotifications(*call) (any, error) { return obj{}, nil }

// listCustomers is list_customers of the Agent API up to 3.5.
func listCustomers(c *call) (any, error) {
	o := c.org
	q, err := c.page(pageSpec{limit: 10, filters: true})
	if err != nil {
		return nil, err
	}
	if c.payload.str("page_id") == "" {
		q.By = c.payload.str("sort_by")
	}
	var list []*customer
	for _, id := range sortedKeys(o.st.Customers) {
		if cust := o.st.Customers[id]; o.matchesCustomer(cust, q.Filters) {
			list = append(list, cust)
		}
	}
	found := len(list)
	key := func(x *customer) string {
		first := ""
		switch q.By {
		case "threads_count":
			first = fmt.Sprintf("%020d ", x.Threads)
		case "visits_count":
			first = fmt.Sprintf("%020d ", x.Visits)
		case "agent_last_event":
			first = sortKey(x.AgentLastEventAt, "")
		case "customer_last_event":
			first = sortKey(x.LastEventAt, "")
		}
		return first + sortKey(x.CreatedAt, x.ID)
	}
	slices.SortFunc(list, func(a, b *customer) int { return strings.Compare(key(a), key(b)) })
	list, out := paginate(c, q, list, key)
	views := []obj{}
	for _, x := range list {
		views = append(views, o.customerView(agentSide, x))
	}
	out["customers"], out["total_customers"] = views, found
	return out, nil
}

// matchesCustomer applies the filters of list_customers.
func (o *org) matchesCustomer(c *customer, f params) bool {
	fields := params(c.Fields)
	one := func(name, value string) bool {
		var have []any
		if value != "" {
			have = []any{value}
		}
		return matchesList(f.obj(name), have)
	}
	if v, ok := f["include_customers_without_chats"].(bool); ok && !v && len(c.ChatIDs) == 0 {
		return false
	}
	var groups []any
	for _, id := range c.ChatIDs {
		groups = append(groups, anys(o.st.Chats[id].Groups)...)
	}
	return one("country", fields.obj("address").str("country")) && one("email", fields.str("email")) && one("name", fields.str("name")) &&
		one("customer_id", c.ID) && matchesList(intsOf(f.obj("chat_group_ids")), groups) &&
		inCounts(f.obj("chats_count"), len(c.ChatIDs)) && inCounts(f.obj("threads_count"), c.Threads) && inCounts(f.obj("visits_count"), c.Visits) &&
		inDates(f.obj("created_at"), c.CreatedAt) && inDates(f.obj("agent_last_event_created_at"), c.AgentLastEventAt) &&
		inDates(f.obj("customer_last_event_created_at"), c.LastEventAt)
}

// inCounts applies a filter for a number.
func inCounts(f params, n int) bool {
	return inRange(f, func(name string) int { return n - number(f[name]) })
}

// inDates applies a filter for a time; what never was is in no range.
func inDates(f params, t time.Time) bool {
	if len(f) > 0 && t.IsZero() {
		return false
	}
	return inRange(f, func(name string) int { bound, _ := f.time(name); return t.Compare(bound) })
}

// inRange compares with all bounds that a filter has.
func inRange(f params, compare func(bound string) int) bool {
	for name, holds := range map[string]func(int) bool{
		"lte": func(d int) bool { return d <= 0 }, "lt": func(d int) bool { return d < 0 },
		"gte": func(d int) bool { return d >= 0 }, "gt": func(d int) bool { return d > 0 },
		"eq": func(d int) bool { return d == 0 },
	} {
		if f[name] != nil && !holds(compare(name)) {
			return false
		}
	}
	return true
}
