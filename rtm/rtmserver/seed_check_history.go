package rtmserver

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// history checks the customers and chats of an organization. Whether a time is
// in the future is seen when the server starts.
func (c *seedCheck) history(o *Organization, path string) {
	for i := range o.Customers {
		c.customer(&o.Customers[i], at(path, "customers", i))
	}
	chats, threads, owners := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range o.Chats {
		ch, where := &o.Chats[i], at(path, "chats", i)
		c.once(chats, ch.ID, where+".id")
		if ch.Customer != "" {
			if !c.customers[ch.Customer] {
				c.bad(where+".customer_id", "there is no customer %s", quote(ch.Customer))
			} else if owners[ch.Customer] {
				c.bad(where+".customer_id", "customer %s has a chat already, and has one at most", ch.Customer)
			}
			owners[ch.Customer] = true
		}
		c.chat(ch, threads, where)
	}
}

func (c *seedCheck) customer(x *Customer, path string) {
	if uuid.MatchString(x.ID) && !uuid4.MatchString(x.ID) {
		c.bad(path+".id", "must be a UUID of version 4 in lower case, not %s", quote(x.ID))
	}
	for i, t := range x.Tokens {
		c.token(t, at(path, "tokens", i))
	}
	for i, f := range x.SessionFields {
		if len(f) != 1 {
			c.bad(at(path, "session_fields", i), "must have exactly one key, not %d", len(f))
		}
	}
	c.json(x.Address, path+".address")
	c.json(x.Omnichannel, path+".omnichannel")
	c.agentList(x.Followers, path+".follower_ids")
	c.past(x.CreatedAt, path+".created_at")
	c.moment(x.BannedUntil, path+".banned_until")
	if v := x.Visit; v != nil {
		c.past(v.StartedAt, path+".visit.started_at")
		for i, p := range v.Pages {
			c.past(p.OpenedAt, at(path+".visit", "last_pages", i)+".opened_at")
		}
	}
}

// json refuses what JSON cannot say, which a seed made by a program may have.
func (c *seedCheck) json(v any, path string) {
	if _, err := json.Marshal(v); err != nil {
		c.bad(path, "cannot be written as JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
}

func (c *seedCheck) agentList(ids []string, path string) {
	c.distinct(ids, path)
	for i, id := range ids {
		if !c.agents[id] {
			c.bad(path+"["+itoa(i)+"]", "there is no agent %s", quote(id))
		}
	}
}

func (c *seedCheck) moment(m Moment, path string) {
	if m == "" {
		return
	}
	if _, err := m.at(time.Time{}); err != nil {
		c.bad(path, "%s", err)
	}
}

// past is moment for what was before the start.
func (c *seedCheck) past(m Moment, path string) {
	c.moment(m, path)
	if d, err := time.ParseDuration(string(m)); err == nil && d > 0 {
		c.bad(path, "must not be after the start, which is %s before it", d)
	}
}

func (c *seedCheck) chat(ch *Chat, threads map[string]bool, path string) {
	c.groupList(ch.Groups, path+".group_ids")
	c.agentList(ch.Followers, path+".follower_ids")
	c.properties(ch.Properties, path+".properties")
	users := map[string]bool{}
	for i, u := range ch.Users {
		where := at(path, "users", i)
		c.once(users, u.ID, where+".id")
		c.user(ch, u.ID, where+".id")
		c.past(u.SeenUpTo, where+".events_seen_up_to")
		if u.Visibility == "agents" && u.ID == ch.Customer {
			c.bad(where+".visibility", "must be all for a customer")
		}
	}
	if ch.Users != nil && ch.Customer != "" && !users[ch.Customer] {
		c.bad(path+".users", "the customer %s is missing", ch.Customer)
	}
	for i := range ch.Threads {
		th, where := &ch.Threads[i], at(path, "threads", i)
		c.once(threads, th.ID, where+".id")
		if th.Active && i < len(ch.Threads)-1 {
			c.bad(where+".active", "only the last thread of a chat may be active")
		}
		c.groupList(th.Groups, where+".group_ids")
		c.distinct(th.Users, where+".user_ids")
		for j, id := range th.Users {
			c.user(ch, id, at(where, "user_ids", j))
		}
		c.agentList(th.Declined, where+".declined_ids")
		c.properties(th.Properties, where+".properties")
		c.distinct(th.Tags, where+".tags")
		c.past(th.CreatedAt, where+".created_at")
		c.past(th.QueuedAt, where+".queued_at")
		if th.Summary != nil {
			c.past(th.Summary.UpdatedAt, where+".summary.updated_at")
		}
		for j := range th.Events {
			c.pastEvent(ch, &th.Events[j], at(where, "events", j))
		}
	}
}

// user checks that an id is the chat's customer or an agent.
func (c *seedCheck) user(ch *Chat, id, path string) {
	if id != "" && id != ch.Customer && !c.agents[id] {
		c.bad(path, "%s is neither the customer of the chat nor an agent", quote(id))
	}
}

func (c *seedCheck) pastEvent(ch *Chat, e *Event, path string) {
	c.past(e.CreatedAt, path+".created_at")
	c.properties(e.Properties, path+".properties")
	switch system := e.Type == "system_message" || e.Type == "system"; {
	case system && e.AuthorID != "":
		c.bad(path+".author_id", "an event of type %s has no author", e.Type)
	case !system && e.AuthorID == "" && e.Type != "form" && e.Type != "":
		c.bad(path+".author_id", "is required in an event of type %s", e.Type)
	}
	c.user(ch, e.AuthorID, path+".author_id")
	if e.Type == "" {
		return // the tags' business
	}
	side := agentSide
	if e.AuthorID != "" && e.AuthorID == ch.Customer {
		side = customerSide
	}
	fields, _ := side.api().Object("Event." + e.Type)
	var names []string
	for _, f := range fields {
		if slices.Contains(common, f.Name) {
			continue
		}
		names = append(names, f.Name)
		// What newEvent fills in may be missing.
		if _, there := e.Body[f.Name]; !there && e.Type == "system" && f.Required {
			c.bad(dotted(path, f.Name), "is required in an event of type %s", e.Type)
		}
	}
	for _, name := range sortedKeys(e.Body) {
		if !slices.Contains(names, name) {
			c.bad(dotted(path, name), "is unknown in an event of type %s; there are %s", e.Type, strings.Join(names, ", "))
		}
	}
	if e.Type != "system" {
		body := map[string]any{"type": e.Type}
		for name, v := range e.Body {
			body[name] = v
		}
		c.event(side, withUsers(body), path)
	}
}

// properties checks values alone: what was written once may be what nobody can
// write now.
func (c *seedCheck) properties(p map[string]any, path string) {
	for _, ns := range sortedKeys(p) {
		values, ok := p[ns].(map[string]any)
		if !ok {
			c.bad(dotted(path, ns), "must be an object of names and values")
		}
		for _, name := range sortedKeys(values) {
			switch v := values[name].(type) {
			case string, bool, int:
			default:
				if !isInt32(v) {
					c.bad(dotted(dotted(path, ns), name), "must be an integer of 32 bits, a boolean or a string")
				}
			}
		}
	}
}
