package rtmserver

import (
	"net/mail"
	"slices"
	"time"
)

// A customer is a visitor of the organization's site.
type customer struct {
	ID               string         `json:"id"`
	Secret           string         `json:"secret"` // of the cookie, hashed
	CreatedAt        time.Time      `json:"created_at"`
	Fields           map[string]any `json:"fields"` // name, email, avatar … as the wire has them
	ChatIDs          []string       `json:"chat_ids,omitempty"`
	Threads          int            `json:"threads"`
	PageViews        int            `json:"page_views"`
	Visits           int            `json:"visits"`
	Visit            *visit         `json:"visit,omitempty"` // the latest
	LastEventAt      time.Time      `json:"last_event_at,omitzero"`
	AgentLastEventAt time.Time      `json:"agent_last_event_at,omitzero"`
	BannedUntil      time.Time      `json:"banned_until,omitzero"`
	LeftAt           time.Time      `json:"left_at,omitzero"`  // the site; zero while it is there
	Welcome          *welcome       `json:"welcome,omitempty"` // the latest
	Followers        []string       `json:"followers,omitempty"`

	Greeting          *shownGreeting `json:"greeting,omitempty"` // on display
	Greeted           []int          `json:"greeted,omitempty"`  // greetings of this visit
	EverGreeted       []int          `json:"ever_greeted,omitempty"`
	GreetingsShown    int            `json:"greetings_shown,omitempty"`
	GreetingsAccepted int            `json:"greetings_accepted,omitempty"`
}

// A visit lasts from a customer's first connection to the end of its last.
type visit struct {
	StartedAt time.Time `json:"started_at"`
	IP        string    `json:"ip"`
	UserAgent string    `json:"user_agent"`
	Referrer  string    `json:"referrer,omitempty"`
	Pages     []*page   `json:"pages,omitempty"` // the last ones, oldest first
}

// maxSessionFields is the catalogue's limit of set_customer_session_fields.
const maxSessionFields = 100

// loginCustomer is login of the Customer API.
func loginCustomer(c *call) (any, error) {
	o, conn := c.org, c.conn
	t, err := o.customerToken(c.em, c.payload.str("token"))
	if err != nil {
		return nil, err
	}
	if err := c.admit(o); err != nil {
		return nil, err
	}
	if o.st.Customers[t.CustomerID].BannedUntil.After(o.now()) {
		return nil, failAs(conn.catalogue, "customer_banned")
	}
	url := c.payload.obj("customer_page").str("url")
	group := c.payload.intOr("group_id", o.groupOfPage(url, 0))
	if o.group(group) == nil {
		return nil, o.groupNotFound(customerSide, "payload.group_id", group)
	}
	pushes, err := pushFilter(conn.catalogue, c.payload.obj("pushes"))
	if err != nil {
		return nil, err
	}
	if err := c.admitCustomer(t.CustomerID); err != nil {
		return nil, err
	}
	var records []*record
	session := o.st.Customers[t.CustomerID].Fields
	if !o.here(t.CustomerID) {
		session = nil // a new visit has no session fields yet
		v := &visit{StartedAt: o.now(), IP: conn.ip, UserAgent: conn.userAgent, Referrer: c.payload.str("referrer")}
		if url != "" {
			v.Pages = []*page{{OpenedAt: v.StartedAt, URL: url, Title: c.payload.obj("customer_page").str("title")}}
		}
		records = append(records, &record{Kind: customerVisited, CustomerID: t.CustomerID, Visit: v})
	}
	fields, err := customerFields(session, c.payload.obj("customer"), "payload.customer")
	if err != nil {
		return nil, err
	}
	if len(fields) > 0 {
		records = append(records, &record{Kind: customerUpdated, By: t.CustomerID, CustomerID: t.CustomerID, Fields: fields})
	}
	conn.group = group
	if r := o.customerPresence(t.CustomerID, append(slices.Clone(o.customers[t.CustomerID]), conn)); r != nil {
		records = append(records, r)
	}
	if err := o.commitLogin(c.em, records...); err != nil {
		return nil, err
	}
	conn.token = t
	conn.login(t.CustomerID, pushes)
	o.customers[t.CustomerID] = append(o.customers[t.CustomerID], conn)

	cust := o.st.Customers[t.CustomerID]
	shown := cust.Greeting
	conn.storage = c.payload.obj("customer_side_storage")
	if err := o.try(func() error { return c.greet(url) }); err != nil {
		// The login holds all the same.
		o.s.opts.Logger.Error("greet a customer", "customer", cust.ID, "error", err)
	}
	chats, active := []obj{}, false
	for _, id := range cust.ChatIDs {
		ch := o.st.Chats[id]
		active = active || ch.active()
		chats = append(chats, obj{"chat_id": id, "has_unread_events": ch.unread(), "has_active_thread": ch.active()})
	}
	config := obj{
		"organization_id":       o.seed.ID,
		"static_config_version": "1",
		"customer_groups":       obj{"monitoring": obj{"id": group}},
	}
	// Missing when every group is offline.
	if online := o.onlineGroups(); len(online) > 0 {
		config["online_groups_ids"] = online
	}
	out := obj{"customer": cust.own(), "has_active_thread": active, "chats": chats, "__priv_dynamic_config": config}
	if shown != nil {
		if v := o.greetingView(shown); v != nil {
			v["accepted"] = shown.Accepted
			out["greeting"] = v
		}
	}
	return out, nil
}

// own renders a customer for itself: Customer of the Customer API.
func (c *customer) own() obj {
	v := obj{"id": c.ID, "type": "customer", "statistics": c.statistics()}
	for name, x := range c.Fields {
		v[name] = x
	}
	return v
}

// getOwnCustomer is get_customer of the Customer API.
func getOwnCustomer(c *call) (any, error) { return c.org.st.Customers[c.user()].own(), nil }

// setCustomerSessionFields is set_customer_session_fields of the Customer API.
// It adds to the fields that the session has, as update_customer does.
func setCustomerSessionFields(c *call) (any, error) {
	cust := c.org.st.Customers[c.user()]
	merged, err := sessionFields(cust.Fields, c.payload.list("session_fields"), "payload")
	if err != nil || len(merged) == 0 {
		return obj{}, err
	}
	return obj{}, c.org.commit(c.em, &record{Kind: customerUpdated, By: cust.ID, CustomerID: cust.ID, Fields: map[string]any{"session_fields": merged}})
}

// updateCustomer is update_customer of the Customer API.
func updateCustomer(c *call) (any, error) {
	cust := c.org.st.Customers[c.user()]
	fields, err := customerFields(cust.Fields, c.payload, "payload")
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return obj{}, nil // such as an omnichannel without channels
	}
	return obj{}, c.org.commit(c.em, &record{Kind: customerUpdated, By: cust.ID, CustomerID: cust.ID, Fields: fields})
}

// customerFields returns what a request changes about a customer with these
// fields, as the wire has it in a customer.
func customerFields(old, in params, where string) (map[string]any, error) {
	out := map[string]any{}
	for _, name := range []string{"name", "avatar", "phone_number"} {
		if v, ok := in[name].(string); ok {
			out[name] = v
		}
	}
	if v, ok := in["email"].(string); ok {
		if a, err := mail.ParseAddress(v); err != nil || a.Address != v {
			return nil, invalid("%s.email: must be an e-mail address, not %s", where, quote(v))
		}
		out["email"] = v
	}
	if v, ok := in["address"].(map[string]any); ok {
		out["address"] = v
	}
	if in["session_fields"] != nil {
		merged, err := sessionFields(old, in.list("session_fields"), where)
		if err != nil {
			return nil, err
		}
		out["session_fields"] = merged
	}
	if v := in.obj("omnichannel"); len(v) > 0 {
		// Requests have one object for each channel, customers have lists.
		channels := map[string]any{}
		for from, to := range map[string]string{"fbmessenger": "fb_messenger", "twilio": "twilio"} {
			if one, ok := v[from].(map[string]any); ok {
				channels[to] = []any{one}
			}
		}
		if len(channels) > 0 {
			out["omnichannel"] = channels
		}
	}
	return out, nil
}

// sessionFields adds to a customer's session fields: a known key gets its new
// value, a new one goes to the end.
func sessionFields(old params, in []any, where string) ([]any, error) {
	merged := slices.Clone(old.list("session_fields"))
	for i, x := range in {
		field := x.(map[string]any)
		if len(field) != 1 {
			return nil, invalid("%s.session_fields[%d]: must have exactly one key, not %d", where, i, len(field))
		}
		at := slices.IndexFunc(merged, func(old any) bool {
			for key := range field {
				if _, ok := old.(map[string]any)[key]; ok {
					return true
				}
			}
			return false
		})
		if at >= 0 {
			merged[at] = field
		} else {
			merged = append(merged, field)
		}
	}
	if len(merged) > maxSessionFields {
		return nil, fail("customer_session_fields_limit_reached", "%s.session_fields: a customer can have %d session fields, this would make %d", where, maxSessionFields, len(merged))
	}
	return merged, nil
}

func (c *customer) statistics() obj {
	return obj{
		"chats_count": len(c.ChatIDs), "threads_count": c.Threads, "visits_count": c.Visits,
		"page_views_count": c.PageViews, "greetings_shown_count": c.GreetingsShown, "greetings_accepted_count": c.GreetingsAccepted,
	}
}

// customerView renders a customer for a side; inside a chat, presence and the
// seen mark are added to it.
func (o *org) customerView(side side, c *customer) obj {
	v := obj{"id": c.ID, "type": "customer"}
	for name, x := range c.Fields {
		v[name] = x
	}
	if side == customerSide {
		return v
	}
	v["created_at"] = stamp(c.CreatedAt)
	v["online"] = o.here(c.ID)
	v["statistics"] = c.statistics()
	if !c.LastEventAt.IsZero() {
		v["customer_last_event_created_at"] = stamp(c.LastEventAt)
	}
	if !c.AgentLastEventAt.IsZero() {
		v["agent_last_event_created_at"] = stamp(c.AgentLastEventAt)
	}
	if vi := c.Visit; vi != nil {
		visit := obj{"id": c.Visits, "started_at": stamp(vi.StartedAt), "ip": vi.IP, "user_agent": vi.UserAgent}
		if vi.Referrer != "" {
			visit["referrer"] = vi.Referrer
		}
		if len(vi.Pages) > 0 {
			var pages []obj
			for _, p := range vi.Pages {
				pages = append(pages, p.view())
			}
			visit["last_pages"] = pages
		}
		v["visit"] = visit
	}
	return v
}

// tracks reports whether an agent is to know of a customer. Each monitoring
// level holds the ones before it.
func (o *org) tracks(a *Agent, id string) bool {
	if !o.here(id) {
		return false // not on the site
	}
	if slices.Contains(o.st.Customers[id].Followers, a.ID) {
		return true
	}
	level := o.st.agent(a.ID).Level
	for _, chatID := range o.st.Customers[id].ChatIDs {
		ch := o.st.Chats[chatID]
		if !ch.active() {
			continue
		}
		if m := ch.member(a.ID); m != nil && m.Present {
			return true
		}
		if level != "my" && a.sees(ch.Groups) {
			return true
		}
	}
	if level == "my" || level == "chatting" || level == "invited" && o.st.Customers[id].Greeting == nil {
		return false
	}
	return o.inGroup(id, func(g int) bool { return a.sees([]int{g}) })
}

// track tells agents of a customer that they have come to track, and forgets it
// for those who no longer do.
func (o *org) track(id string) {
	for i := range o.seed.Agents {
		a := &o.seed.Agents[i]
		s := o.agents[a.ID]
		if len(s.conns) == 0 {
			continue
		}
		switch tracks := o.tracks(a, id); {
		case tracks && !s.known[id]:
			s.known[id] = true
			em := &emission{org: o}
			em.agents(func(x *Agent) bool { return x.ID == a.ID }, "incoming_customer", o.customerView(agentSide, o.st.Customers[id]))
			o.later = append(o.later, em)
		case !tracks && o.here(id):
			delete(s.known, id)
		}
		for _, conn := range s.conns {
			for _, sub := range conn.subs {
				o.refill(conn, sub)
			}
		}
	}
}

// trackers sends to the connections of agents that are to know of a customer:
// by their level, by a chat, or by a subscription.
func (em *emission) trackers(id, action string, payload any) {
	o := em.org
	for i := range o.seed.Agents {
		a := &o.seed.Agents[i]
		s := o.agents[a.ID]
		knows := s.known[id] || slices.ContainsFunc(o.st.Customers[id].ChatIDs, func(id string) bool { return o.follows(a, o.st.Chats[id]) })
		var conns []*conn
		for _, conn := range s.conns {
			if knows || conn.subscribes(id) {
				conns = append(conns, conn)
			}
		}
		em.send(conns, action, payload)
	}
	if em.spread && o.others.Load() {
		em.relay(relayed{Tracked: id, Action: action}, payload)
	}
}
