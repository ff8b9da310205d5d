package rtmserver

import (
	"regexp"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// customer returns the customer that a member of an agent's request names.
func (c *call) customer(field string) (*customer, error) {
	id := c.payload.str(field)
	cust := c.org.st.Customers[id]
	if cust == nil {
		return nil, fail("not_found", "payload.%s: there is no customer %s", field, quote(id))
	}
	return cust, nil
}

// getCustomer is get_customer of the Agent API.
func getCustomer(c *call) (any, error) {
	cust, err := c.customer("id")
	if err != nil {
		return nil, err
	}
	v := c.org.customerView(agentSide, cust)
	if len(cust.ChatIDs) > 0 {
		v["chat_ids"] = cust.ChatIDs
	}
	if c.org.here(cust.ID) {
		v["group_ids"], v["state"] = c.org.groupsHere(cust.ID), "browsing"
	}
	return v, nil
}

var uuid4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// updateCustomerByAgent is update_customer of the Agent API. In an active chat a
// new name or address makes a system message for the agents.
func updateCustomerByAgent(c *call) (any, error) {
	o := c.org
	if id := c.payload.str("id"); !uuid4.MatchString(strings.ToLower(id)) {
		return nil, invalid("payload.id: must be a UUID of version 4, not %s", quote(id))
	}
	cust, err := c.customer("id")
	if err != nil {
		return nil, err
	}
	fields, err := customerFields(cust.Fields, c.payload, "payload")
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return obj{}, nil // such as an omnichannel without channels
	}
	records := []*record{{Kind: customerUpdated, By: c.user(), CustomerID: cust.ID, Fields: fields}}
	vars := map[string]string{"initiator": o.userName(c.user())}
	changed := 0 // of the texts: 0 none, 1 the name, 2 the address, 3 both
	for i, name := range []string{"name", "email"} {
		if s, ok := fields[name].(string); ok && s != cust.Fields[name] {
			vars["customer_"+name] = s
			changed |= 1 << i
		}
	}
	if changed > 0 {
		m := *catalogue.Agent().SystemMessage("customer_updated")
		m.Text = m.TextVariants[2*(changed-1)]
		for _, id := range cust.ChatIDs {
			if ch := o.st.Chats[id]; ch.active() {
				e := o.systemMessage(ch.last(), m.Type, vars)
				e.Body, e.Visibility = e.Body.with("text", m.Fill(vars)), "agents"
				records = append(records, &record{Kind: eventAdded, ChatID: id, ThreadID: ch.last().ID, Event: e})
			}
		}
	}
	return obj{}, o.commit(c.em, records...)
}
