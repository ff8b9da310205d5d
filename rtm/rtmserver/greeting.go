package rtmserver

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A shownGreeting is a greeting on a customer's display.
type shownGreeting struct {
	ID        int       `json:"id"`
	UniqueID  string    `json:"unique_id"`
	At        time.Time `json:"at"`
	FirstTime bool      `json:"first_time"`
	Accepted  bool      `json:"accepted,omitempty"`
	Clicks    []string  `json:"clicks,omitempty"` // ids of buttons
}

func (o *org) greeting(id int) *Greeting {
	for i := range o.seed.Greetings {
		if o.seed.Greetings[i].ID == id {
			return &o.seed.Greetings[i]
		}
	}
	return nil
}

// greet shows a customer who opened a page the greeting that is for it, in the
// place of the one that it had. Who chats is not greeted.
func (c *call) greet(url string) error {
	o, cust := c.org, c.org.st.Customers[c.conn.user]
	chats := slices.ContainsFunc(cust.ChatIDs, func(id string) bool { return o.st.Chats[id].active() })
	i := slices.IndexFunc(o.seed.Greetings, func(g Greeting) bool {
		return strings.Contains(url, g.Contains) && !slices.Contains(cust.Greeted, g.ID)
	})
	if url == "" || chats || i < 0 {
		return nil
	}
	id := o.seed.Greetings[i].ID
	var records []*record
	if old := cust.Greeting; old != nil {
		records = append(records, &record{Kind: greetingCanceled, CustomerID: cust.ID, Greeting: old})
	}
	seen := slices.Contains(cust.EverGreeted, id) || slices.Contains(strings.Split(c.conn.storage.str(storedGreetings), ","), itoa(id))
	records = append(records, &record{Kind: greetingShown, CustomerID: cust.ID, Greeting: &shownGreeting{
		ID: id, UniqueID: o.s.ids.short(), At: o.now(), FirstTime: !seen,
	}})
	return o.commit(c.em, records...)
}

// storedGreetings names, in the customer's side storage, the greetings that it
// has seen: a customer who loses its cookies keeps them.
const storedGreetings = "greetings"

// displayed returns the greeting on the customer's display that has this id.
func (c *call) displayed(field string) (*shownGreeting, error) {
	g := c.org.st.Customers[c.user()].Greeting
	if id := c.payload.str(field); g == nil || g.UniqueID != id {
		return nil, fail("greeting_not_found", "payload.%s: the customer has no greeting %s", field, quote(id))
	}
	return g, nil
}

// acceptGreeting is accept_greeting of the Customer API.
func acceptGreeting(c *call) (any, error) {
	g, err := c.displayed("unique_id")
	if err != nil {
		return nil, err
	}
	if id := c.payload.intOr("greeting_id", 0); id != g.ID {
		return nil, fail("greeting_not_found", "payload.greeting_id: greeting %s is one of %d, not of %d", g.UniqueID, g.ID, id)
	}
	return obj{}, c.org.commit(c.em, &record{Kind: greetingAccepted, CustomerID: c.user(), Greeting: g})
}

// cancelGreeting is cancel_greeting of the Customer API.
func cancelGreeting(c *call) (any, error) {
	g, err := c.displayed("unique_id")
	if err != nil {
		return nil, err
	}
	return obj{}, c.org.commit(c.em, &record{Kind: greetingCanceled, CustomerID: c.user(), Greeting: g})
}

// sendGreetingButtonClicked is send_greeting_button_clicked of the Customer API.
func sendGreetingButtonClicked(c *call) (any, error) {
	g, err := c.displayed("greeting_unique_id")
	if err != nil {
		return nil, err
	}
	id := c.payload.str("button_id")
	known := false
	if seed := c.org.greeting(g.ID); seed != nil {
		for _, element := range seed.Elements {
			buttons, _ := element["buttons"].([]any)
			known = known || slices.ContainsFunc(buttons, func(b any) bool { m, _ := b.(map[string]any); return m["button_id"] == id })
		}
	}
	if !known {
		return nil, fail("greeting_not_found", "payload.button_id: greeting %s has no button %s", g.UniqueID, quote(id))
	}
	return obj{}, c.org.commit(c.em, &record{Kind: greetingClicked, CustomerID: c.user(), ButtonID: id})
}

func (st *state) foldGreeting(r *record) {
	c := st.Customers[r.CustomerID]
	switch r.Kind {
	case greetingShown:
		g := *r.Greeting
		c.Greeting = &g
		c.Greeted = append(c.Greeted, g.ID)
		if !slices.Contains(c.EverGreeted, g.ID) {
			c.EverGreeted = append(c.EverGreeted, g.ID)
		}
		c.GreetingsShown++
	case greetingAccepted:
		if !c.Greeting.Accepted {
			c.GreetingsAccepted++
		}
		c.Greeting.Accepted = true
	case greetingCanceled:
		c.Greeting = nil
	case greetingClicked:
		c.Greeting.Clicks = append(c.Greeting.Clicks, r.ButtonID)
	}
}

func (o *org) announceGreeting(em *emission, r *record) {
	id := r.CustomerID
	switch r.Kind {
	case greetingShown:
		if v := o.greetingView(r.Greeting); v != nil {
			em.customer(id, "incoming_greeting", v)
		}
		var seen []string
		for _, n := range o.st.Customers[id].EverGreeted {
			seen = append(seen, strconv.Itoa(n))
		}
		em.customer(id, "customer_side_storage_updated", obj{"customer_side_storage": obj{storedGreetings: strings.Join(seen, ",")}})
	case greetingAccepted:
		em.customer(id, "greeting_accepted", obj{"unique_id": r.Greeting.UniqueID})
	case greetingCanceled:
		em.customer(id, "greeting_canceled", obj{"unique_id": r.Greeting.UniqueID})
		return
	}
	o.track(id) // somebody invited is tracked by more agents
	o.announceStatistics(em, id)
}

// greetingView renders a greeting, nil when the seed has it no more.
func (o *org) greetingView(s *shownGreeting) obj {
	g := o.greeting(s.ID)
	if g == nil {
		return nil
	}
	event := obj{"type": "message", "text": g.Text}
	if g.Template != "" {
		event = obj{"type": "rich_message", "template_id": g.Template, "elements": g.Elements}
	}
	event["properties"] = obj{"lc2": obj{"greeting_id": g.ID, "greeting_unique_id": s.UniqueID}}
	a := &o.seed.Agents[0]
	if g.AgentID != "" {
		a = o.agent(g.AgentID)
	}
	v := obj{"id": g.ID, "unique_id": s.UniqueID, "displayed_first_time": s.FirstTime, "event": event, "agent": o.faceView(a)}
	if g.Addon != "" {
		v["addon"] = g.Addon
	}
	if g.Subtype != "" {
		v["subtype"] = g.Subtype
	}
	if g.ExitIntent {
		v["is_exit_intent"] = true
	}
	return v
}
