package rtmserver

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// A seedCheck collects what is wrong with a seed. Its paths are those of the
// JSON form.
type seedCheck struct {
	problems []SeedProblem
	tokens   map[string]bool // of all organizations: a token finds its organization

	// Of the organization that is looked at.
	org       *Organization
	groups    map[int]bool
	agents    map[string]bool // bots are among them
	bots      map[string]bool
	customers map[string]bool
}

func (c *seedCheck) bad(path, format string, args ...any) {
	c.problems = append(c.problems, SeedProblem{Path: path, Text: fmt.Sprintf(format, args...)})
}

// check returns what is wrong with the seed.
func (s *Seed) check() error {
	if problems := s.problems(); len(problems) > 0 {
		return &SeedError{Problems: problems}
	}
	return nil
}

// problems returns all that is wrong with the seed, in its order.
func (s *Seed) problems() []SeedProblem {
	c := &seedCheck{tokens: map[string]bool{}}
	c.tags(reflect.ValueOf(*s), "")
	seen := map[string]bool{}
	for i := range s.Organizations {
		path := "organizations[" + itoa(i) + "]"
		c.once(seen, s.Organizations[i].ID, path+".id")
		c.organization(&s.Organizations[i], path)
	}
	return c.problems
}

// once reports an id that is there twice. An empty one is the tags' business.
func (c *seedCheck) once(seen map[string]bool, id, path string) {
	if id != "" && seen[id] {
		c.bad(path, "%s is there twice", quote(id))
	}
	seen[id] = true
}

func (c *seedCheck) organization(o *Organization, path string) {
	c.org, c.groups, c.agents, c.bots, c.customers = o, map[int]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, g := range o.Groups {
		if c.groups[g.ID] {
			c.bad(at(path, "groups", i)+".id", "%d is there twice", g.ID)
		}
		c.groups[g.ID] = true
	}
	if !c.groups[0] {
		c.bad(path+".groups", "needs group 0, which is open to all agents")
	}
	for i, a := range o.Agents {
		c.once(c.agents, a.ID, at(path, "agents", i)+".id")
	}
	for i, b := range o.Bots {
		c.once(c.agents, b.ID, at(path, "bots", i)+".id")
		c.bots[b.ID] = true
	}
	for i, x := range o.Customers {
		c.once(c.customers, x.ID, at(path, "customers", i)+".id")
	}
	for i := range o.Groups {
		where := at(path, "groups", i)
		c.form(o.Groups[i].Prechat, where+".prechat")
		c.form(o.Groups[i].Postchat, where+".postchat")
		c.form(o.Groups[i].Ticket, where+".ticket")
	}
	c.formIDs(path)
	for i := range o.Agents {
		c.agent(&o.Agents[i], at(path, "agents", i))
	}
	for i := range o.Bots {
		c.bot(&o.Bots[i], at(path, "bots", i))
	}
	for i, r := range o.PageRules {
		c.group(r.Group, at(path, "page_rules", i)+".group_id")
	}
	ids := map[int]bool{}
	for i := range o.Greetings {
		where := at(path, "greetings", i)
		if id := o.Greetings[i].ID; ids[id] {
			c.bad(where+".id", "%d is there twice", id)
		}
		ids[o.Greetings[i].ID] = true
		c.greeting(&o.Greetings[i], where)
	}
	names := map[string]bool{}
	for i := range o.Properties {
		p := &o.Properties[i]
		where := at(path, "properties", i)
		c.once(names, p.Namespace+"."+p.Name, where+".name")
		c.property(p, where)
	}
	c.distinct(o.Tags, path+".tags")
	c.history(o, path)
}

func at(path, name string, i int) string { return path + "." + name + "[" + itoa(i) + "]" }

func (c *seedCheck) distinct(list []string, path string) {
	seen := map[string]bool{}
	for i, s := range list {
		c.once(seen, s, path+"["+itoa(i)+"]")
	}
}

func (c *seedCheck) group(id int, path string) {
	if !c.groups[id] {
		c.bad(path, "there is no group %d", id)
	}
}

func (c *seedCheck) groupList(ids []int, path string) {
	seen := map[int]bool{}
	for i, id := range ids {
		where := path + "[" + itoa(i) + "]"
		c.group(id, where)
		if seen[id] {
			c.bad(where, "%d is there twice", id)
		}
		seen[id] = true
	}
}

func (c *seedCheck) token(token, path string) {
	if token != "" && c.tokens[token] {
		c.bad(path, "is another's token, or the same one twice")
	}
	if strings.ContainsAny(token, " \t\r\n") {
		c.bad(path, "must be without spaces, and without the scheme word")
	}
	c.tokens[token] = true
}

// scopes are those that a token can have.
var scopes = func() []string {
	var all []string
	for _, s := range catalogue.Agent().Scopes {
		if s.RemovedIn == "" {
			all = append(all, s.Scope)
		}
	}
	return all
}()

func (c *seedCheck) agent(a *Agent, path string) {
	c.groupList(a.Groups, path+".group_ids")
	for i, t := range a.Tokens {
		c.token(t, at(path, "tokens", i))
	}
	for _, g := range sortedKeys(a.Priorities) {
		if where := dotted(path+".priorities", itoa(g)); !c.groups[g] {
			c.bad(where, "there is no group %d", g)
		} else if g != 0 && !slices.Contains(a.Groups, g) {
			c.bad(where, "the agent is not in group %d", g)
		}
	}
	for i, s := range a.Scopes {
		if !slices.Contains(scopes, s) {
			c.bad(at(path, "scopes", i), "must be one of %s, not %s", strings.Join(scopes, ", "), quote(s))
		}
	}
}

// choices are the types of fields that have options.
var choices = []string{"radio", "select", "checkbox", "group_chooser"}

func (c *seedCheck) form(f *Form, path string) {
	if f == nil {
		return
	}
	ids := map[string]bool{}
	for i, x := range f.Fields {
		where := at(path, "fields", i)
		if x.ID == "" && x.Type != "header" {
			c.bad(where+".id", "is required but for a header")
		}
		c.once(ids, x.ID, where+".id")
		switch choice := slices.Contains(choices, x.Type); {
		case choice && len(x.Options) == 0:
			c.bad(where+".options", "a field of type %s needs some", x.Type)
		case !choice && len(x.Options) > 0:
			c.bad(where+".options", "a field of type %s has none", x.Type)
		}
		options := map[string]bool{}
		for j, opt := range x.Options {
			where := at(where, "options", j)
			c.once(options, opt.ID, where+".id")
			switch chooser := x.Type == "group_chooser"; {
			case opt.Group != nil && !chooser:
				c.bad(where+".group_id", "is for fields of type group_chooser")
			case opt.Group == nil && chooser:
				c.bad(where+".group_id", "is required in a group_chooser")
			case opt.Group != nil:
				c.group(*opt.Group, where+".group_id")
			}
		}
		if x.Checked && x.Type != "checkbox_for_email" {
			c.bad(where+".checked", "is for fields of type checkbox_for_email")
		}
		if x.CommentLabel != "" && x.Type != "rating" {
			c.bad(where+".comment_label", "is for fields of type rating")
		}
	}
}

// formIDs refuses an id that forms of several types have: the id of a filled
// form tells its type.
func (c *seedCheck) formIDs(path string) {
	types := map[string]string{}
	for i, g := range c.org.Groups {
		for _, x := range []struct {
			typ  string
			form *Form
		}{{"prechat", g.Prechat}, {"postchat", g.Postchat}, {"ticket", g.Ticket}} {
			if x.form == nil || x.form.ID == "" {
				continue
			}
			if typ := types[x.form.ID]; typ != "" && typ != x.typ {
				c.bad(at(path, "groups", i)+"."+x.typ+".id", "%s is the id of a %s form", quote(x.form.ID), typ)
			}
			types[x.form.ID] = x.typ
		}
	}
}

func (c *seedCheck) greeting(g *Greeting, path string) {
	switch {
	case g.AgentID != "" && !c.agents[g.AgentID]:
		c.bad(path+".agent_id", "there is no agent %s", quote(g.AgentID))
	case len(c.agents) == 0:
		c.bad(path, "a greeting needs an agent whose face it has, and the organization has none")
	}
	switch {
	case (g.Text == "") == (g.Template == ""):
		c.bad(path, "needs either a text or a template_id")
	case g.Template == "" && len(g.Elements) > 0:
		c.bad(path+".elements", "goes together with a template_id")
	case g.Template == "":
		c.event(agentSide, map[string]any{"type": "message", "text": g.Text}, path)
	default:
		c.event(agentSide, map[string]any{"type": "rich_message", "template_id": g.Template, "elements": g.elements()}, path)
	}
}

// event checks what is to be sent as an event by the rules of send_event.
func (c *seedCheck) event(side side, e map[string]any, path string) {
	payload, err := json.Marshal(map[string]any{"chat_id": "x", "event": e})
	if err != nil {
		c.bad(path, "cannot be written as JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
		return
	}
	problem := side.rules().Check("send_event", payload)
	if where, text, ok := strings.Cut(strings.TrimPrefix(problem, "payload.event"), ": "); ok {
		c.bad(path+where, "%s", text)
	}
}

func (c *seedCheck) property(p *Property, path string) {
	for i, access := range []map[string]string{p.Customer, p.Agent} {
		for _, place := range sortedKeys(access) {
			where := dotted(path+"."+[]string{"customer", "agent"}[i], place)
			if places := []string{inChat, inThread, inEvent}; !slices.Contains(places, place) {
				c.bad(where, "must be one of %s, not %s", strings.Join(places, ", "), quote(place))
			}
			if what := access[place]; !slices.Contains([]string{"r", "w", "rw"}, what) {
				c.bad(where, "must be one of r, w, rw, not %s", quote(what))
			}
		}
	}
	t := propertyTable{p.Namespace: {p.Name: propertyRule{typ: p.Type}}}
	for i, v := range p.Values {
		where := at(path, "values", i)
		if n, ok := v.(int); ok {
			v = json.Number(itoa(n)) // a seed that was not read from JSON
		}
		if err := t.check(p.Namespace, p.Name, v, ""); err != nil {
			_, text, _ := strings.Cut(err.(*apiError).message, ": ")
			c.bad(where, "%s", text)
		}
	}
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// tags checks what the tags of the types say.
func (c *seedCheck) tags(v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			c.tags(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.tags(v.Index(i), path+"["+itoa(i)+"]")
		}
	case reflect.Struct:
		for _, f := range seedFields(v.Type()) {
			where := dotted(path, f.name)
			x := v.Field(f.index)
			c.field(f, x, where)
			c.tags(x, where)
		}
	}
}

// field checks a field by its tags; of a list, they are about its items.
func (c *seedCheck) field(f seedField, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Slice:
		switch n := v.Len(); {
		case n < f.items[0]:
			c.bad(path, "must have at least %d items", f.items[0])
		case f.items[1] > 0 && n > f.items[1]:
			c.bad(path, "must have at most %d items, not %d", f.items[1], n)
		}
		for i := range v.Len() {
			x := v.Index(i)
			if where := path + "[" + itoa(i) + "]"; x.Kind() == reflect.String {
				c.text(f, x.String(), where)
			}
		}
	case reflect.String:
		switch s := v.String(); {
		case s != "":
			c.text(f, s, path)
		case f.required:
			c.bad(path, "must not be empty")
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if x := v.MapIndex(key); x.Kind() == reflect.String {
				c.text(f, x.String(), dotted(path, fmt.Sprint(key)))
			}
		}
	case reflect.Int:
		switch n := int(v.Int()); {
		case f.min != nil && n < *f.min:
			c.bad(path, "must be at least %d, not %d", *f.min, n)
		case f.max != nil && n > *f.max:
			c.bad(path, "must be at most %d, not %d", *f.max, n)
		}
	}
}

func (c *seedCheck) text(f seedField, s, path string) {
	switch f.format {
	case "uuid":
		if !uuid.MatchString(s) {
			c.bad(path, "must be a UUID, not %s", quote(s))
		}
	case "email":
		if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
			c.bad(path, "must be an e-mail address, not %s", quote(s))
		}
	case "uri":
		if _, ok := webAddress(s); !ok {
			c.bad(path, "must be an http or https address, not %s", quote(s))
		}
	}
	switch {
	case f.enum != nil && !slices.Contains(f.enum, s):
		c.bad(path, "must be one of %s, not %s", strings.Join(f.enum, ", "), quote(s))
	case f.length != nil && len(s) < *f.length:
		c.bad(path, "must not be empty")
	}
}
