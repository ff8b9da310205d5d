package rtmserver

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// properties are namespace -> name -> value.
type properties map[string]any

// nameLists are namespace -> names.
type nameLists map[string][]string

func (p properties) merge(from properties) {
	for ns, values := range from {
		into, ok := p[ns].(map[string]any)
		if !ok {
			into = map[string]any{}
			p[ns] = into
		}
		if values, ok := values.(map[string]any); ok {
			maps.Copy(into, values)
		}
	}
}

// with returns a copy with one more value.
func (p properties) with(namespace, name string, value any) properties {
	out := properties{}
	out.merge(p)
	out.merge(properties{namespace: map[string]any{name: value}})
	return out
}

func (p properties) get(namespace, name string) (any, bool) {
	values, _ := p[namespace].(map[string]any)
	v, ok := values[name]
	return v, ok
}

func (p properties) remove(names nameLists) {
	for ns, list := range names {
		values, _ := p[ns].(map[string]any)
		for _, name := range list {
			delete(values, name)
		}
		if len(values) == 0 {
			delete(p, ns)
		}
	}
}

// The places where properties are.
const (
	inChat   = "chat"
	inThread = "thread"
	inEvent  = "event"
)

// A propertyRule says what a side may do with a property.
type propertyRule struct {
	typ    string
	access map[string]string // by place: r, w, rw
	listed bool              // the side's own table has it
	values []string          // JSON of what is allowed; empty for all
}

// A propertyTable holds the rules of a side: namespace -> name. A namespace
// that it has is closed, one that it has not is open.
type propertyTable map[string]map[string]propertyRule

func newPropertyTable(of side, seed []Property) propertyTable {
	t := propertyTable{}
	set := func(ns, name string, rule propertyRule) {
		if t[ns] == nil {
			t[ns] = map[string]propertyRule{}
		}
		t[ns][name] = rule
	}
	// What only the other side's table has can be read everywhere and written
	// nowhere.
	for _, s := range []side{1 - of, of} {
		for _, p := range s.api().DefaultProperties {
			rule := propertyRule{typ: p.Type, access: p.Access, listed: s == of}
			for _, v := range p.Values {
				rule.values = append(rule.values, string(v))
			}
			set(p.Namespace, p.Name, rule)
		}
	}
	for _, p := range seed {
		rule := propertyRule{typ: p.Type, access: p.Customer, listed: true}
		if of == agentSide {
			rule.access = p.Agent
		}
		for _, v := range p.Values {
			data, err := json.Marshal(v)
			if err != nil {
				panic(err) // the seed was checked
			}
			rule.values = append(rule.values, string(data))
		}
		set(p.Namespace, p.Name, rule)
	}
	return t
}

// reads reports whether the side may see the property.
func (t propertyTable) reads(place, ns, name string) bool {
	rule, known := t[ns][name]
	return !known || !rule.listed || strings.HasPrefix(rule.access[place], "r")
}

// writes returns why the side may not write the property, or nil.
func (t propertyTable) writes(side side, place, ns, name, where string) error {
	names, closed := t[ns]
	if !closed {
		return nil
	}
	rule, known := names[name]
	switch {
	case !known:
		return invalid("%s.%s: there is no property %s in this namespace", where, ns, quote(name))
	case !rule.listed || !strings.HasSuffix(rule.access[place], "w"):
		return fail("authorization", "%s.%s.%s: the %s API cannot write it in a %s", where, ns, name, side, place)
	}
	return nil
}

// check returns what is wrong with a value, or nil.
func (t propertyTable) check(ns, name string, v any, where string) error {
	where += "." + ns + "." + name
	rule, known := t[ns][name]
	if !known {
		switch v.(type) {
		case string, bool:
			return nil
		}
		if !isInt32(v) {
			return invalid("%s: must be an integer of 32 bits, a boolean or a string", where)
		}
		return nil
	}
	ok, want := false, ""
	switch rule.typ {
	case "int":
		ok, want = isInt32(v), "an integer of 32 bits"
	case "bool":
		_, ok = v.(bool)
		want = "a boolean"
	default:
		_, ok = v.(string)
		want = "a string"
	}
	if !ok {
		return invalid("%s: must be %s", where, want)
	}
	if len(rule.values) > 0 {
		if data, err := json.Marshal(v); err != nil || !slices.Contains(rule.values, string(data)) {
			return invalid("%s: must be one of %s", where, strings.Join(rule.values, ", "))
		}
	}
	return nil
}

func isInt32(v any) bool {
	n, _ := v.(json.Number)
	_, err := strconv.ParseInt(n.String(), 10, 32)
	return err == nil
}

// writable checks properties that the requester wants to set.
func (c *call) writable(place string, in properties, where string) error {
	if len(in) == 0 {
		return nil
	}
	t := c.org.props[c.conn.side]
	for _, ns := range sortedKeys(in) {
		values, _ := in[ns].(map[string]any)
		for _, name := range sortedKeys(values) {
			if err := t.writes(c.conn.side, place, ns, name, where); err != nil {
				return err
			}
			if err := t.check(ns, name, values[name], where); err != nil {
				return err
			}
		}
	}
	return nil
}

// readable returns the properties that a side may see.
func (o *org) readable(side side, place string, p properties) properties {
	hidden := nameLists{}
	for ns, values := range p {
		values, _ := values.(map[string]any)
		for name := range values {
			if !o.props[side].reads(place, ns, name) {
				hidden[ns] = append(hidden[ns], name)
			}
		}
	}
	if len(hidden) == 0 {
		return p
	}
	out := properties{}
	out.merge(p)
	out.remove(hidden)
	return out
}

// readableNames is readable for names.
func (o *org) readableNames(side side, place string, names nameLists) nameLists {
	out := nameLists{}
	for ns, list := range names {
		for _, name := range list {
			if o.props[side].reads(place, ns, name) {
				out[ns] = append(out[ns], name)
			}
		}
	}
	return out
}

// propertyHolder finds what the properties of a request are to be set on.
func (c *call) propertyHolder(place string) (*record, properties, error) {
	id := c.payload.str("chat_id")
	if place == inChat {
		id = c.payload.str("id")
	}
	ch, err := c.chat(id)
	if err != nil {
		return nil, nil, err
	}
	r := &record{By: c.user(), ChatID: ch.ID}
	if place == inChat {
		return r, ch.Properties, nil
	}
	th, err := c.thread(ch, c.payload.str("thread_id"))
	if err != nil {
		return nil, nil, err
	}
	r.ThreadID = th.ID
	if place == inThread {
		return r, th.Properties, nil
	}
	e, err := c.event(th, c.payload.str("event_id"))
	if err != nil {
		return nil, nil, err
	}
	r.EventID = e.ID
	return r, e.Properties, nil
}

// updateProperties is update_chat_properties, update_thread_properties and
// update_event_properties of both APIs.
func updateProperties(place string) func(*call) (any, error) {
	return func(c *call) (any, error) {
		r, _, err := c.propertyHolder(place)
		if err != nil {
			return nil, err
		}
		in := c.payload.props("properties")
		if err := c.writable(place, in, "payload.properties"); err != nil {
			return nil, err
		}
		r.Kind, r.Properties = propertiesUpdated, properties{}
		for ns, values := range in {
			if values, _ := values.(map[string]any); len(values) > 0 {
				r.Properties[ns] = values
			}
		}
		if len(r.Properties) == 0 {
			return nil, invalid("payload.properties: must name at least one property")
		}
		return obj{}, c.org.commit(c.em, append([]*record{r}, c.rated(r)...)...)
	}
}

// deleteProperties is delete_chat_properties, delete_thread_properties and
// delete_event_properties of both APIs. Properties that are not there are no
// error.
func deleteProperties(place string) func(*call) (any, error) {
	return func(c *call) (any, error) {
		r, there, err := c.propertyHolder(place)
		if err != nil {
			return nil, err
		}
		in := c.payload.obj("properties")
		r.Kind, r.Names = propertiesDeleted, nameLists{}
		named := false
		for _, ns := range sortedKeys(in) {
			for _, x := range in.list(ns) {
				name, _ := x.(string)
				if err := c.org.props[c.conn.side].writes(c.conn.side, place, ns, name, "payload.properties"); err != nil {
					return nil, err
				}
				named = true
				if _, ok := there.get(ns, name); ok && !slices.Contains(r.Names[ns], name) {
					r.Names[ns] = append(r.Names[ns], name)
				}
			}
		}
		switch {
		case !named:
			return nil, invalid("payload.properties: must name at least one property")
		case len(r.Names) == 0:
			return obj{}, nil
		}
		return obj{}, c.org.commit(c.em, append([]*record{r}, c.rated(r)...)...)
	}
}

// rated returns the system messages that follow when a customer rates its last
// thread or asks for a transcript. Nobody sends the transcript here.
func (c *call) rated(r *record) []*record {
	ch := c.org.st.Chats[r.ChatID]
	if c.conn.side == agentSide || r.EventID != "" || r.ThreadID != ch.last().ID {
		return nil
	}
	th := ch.last()
	var out []*record
	n := len(th.Events)
	say := func(typ string, vars map[string]string) {
		vars["customer"] = c.org.userName(c.user())
		e := c.org.systemMessage(th, typ, vars)
		n++
		e.ID = th.eventID(n)
		out = append(out, &record{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID, Event: e})
	}
	if x, ok := r.Properties.get("rating", "score"); ok {
		score := "bad"
		if number(x) > 0 {
			score = "good"
		}
		say("rating.chat_rated", map[string]string{"score": score})
	}
	if x, ok := r.Properties.get("rating", "comment"); ok {
		if text, _ := x.(string); text != "" { // an empty one takes the comment back
			say("rating.chat_commented", map[string]string{"comment": text})
		}
	}
	if slices.Contains(r.Names["rating"], "score") {
		say("rating.chat_rating_canceled", map[string]string{})
	}
	if x, ok := r.Properties.get("routing", "transcript_email"); ok {
		email, _ := x.(string)
		say("transcript_requested", map[string]string{"email": email})
	}
	return out
}

// properties returns those that a record is about.
func (st *state) properties(r *record) properties {
	ch := st.Chats[r.ChatID]
	if r.ThreadID == "" {
		return ch.Properties
	}
	th := ch.thread(r.ThreadID)
	if r.EventID == "" {
		return th.Properties
	}
	return th.event(r.EventID).Properties
}

// announceProperties pushes what changed to those who may read it.
func (o *org) announceProperties(em *emission, ch *chat, r *record) {
	place, push := inChat, obj{"chat_id": ch.ID}
	visible := true
	if r.ThreadID != "" {
		place, push["thread_id"] = inThread, r.ThreadID
	}
	if r.EventID != "" {
		place, push["event_id"] = inEvent, r.EventID
		visible = ch.thread(r.ThreadID).event(r.EventID).visibleTo(customerSide)
	}
	to := func(side side) (obj, bool) {
		out := maps.Clone(push)
		if r.Kind == propertiesUpdated {
			p := o.readable(side, place, r.Properties)
			out["properties"] = p
			return out, len(p) > 0
		}
		names := o.readableNames(side, place, r.Names)
		out["properties"] = names
		return out, len(names) > 0
	}
	action := place + "_" + string(r.Kind)
	if p, any := to(customerSide); any && visible {
		em.customer(ch.CustomerID, action, p)
	}
	if p, any := to(agentSide); any {
		em.members(ch, action, p)
	}
}
