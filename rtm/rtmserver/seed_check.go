package rtmserver

import (
	"encoding/json"
	"fmt"
	"slices"
)

// checkContent returns what is wrong with what an organization shows: its
// properties, forms, greetings and rules for pages.
func (o *Organization) checkContent(groups map[int]bool) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("rtmserver: seed: organization %s: %s", o.ID, fmt.Sprintf(format, args...))
	}
	if err := o.License.check(o.ID); err != nil {
		return err
	}
	if err := o.Routing.check(o.ID); err != nil {
		return err
	}
	for _, r := range o.PageRules {
		if r.Contains == "" || !groups[r.Group] {
			return bad("the rule for pages %q is empty or names group %d, which there is not", r.Contains, r.Group)
		}
	}
	greetings := map[int]bool{}
	for _, g := range o.Greetings {
		switch {
		case greetings[g.ID]:
			return bad("greeting %d is there twice", g.ID)
		case len(o.Agents) == 0 || g.AgentID != "" && !slices.ContainsFunc(o.Agents, func(a Agent) bool { return a.ID == g.AgentID }):
			return bad("greeting %d names agent %q, which there is not", g.ID, g.AgentID)
		case (g.Text == "") == (g.Template == ""):
			return bad("greeting %d needs either a text or a template", g.ID)
		case !plain(g.Elements):
			return bad("the elements of greeting %d cannot be written as JSON", g.ID)
		}
		greetings[g.ID] = true
	}
	properties := map[string]bool{}
	for _, p := range o.Properties {
		name := p.Namespace + "." + p.Name
		switch {
		case p.Namespace == "" || p.Name == "" || properties[name]:
			return bad("property %q is without a name or there twice", name)
		case !slices.Contains([]string{"int", "bool", "string", "tokenized_string"}, p.Type):
			return bad("property %s has the type %q, which is none of int, bool, string, tokenized_string", name, p.Type)
		case !plain(p.Values):
			return bad("the values of property %s cannot be written as JSON", name)
		}
		properties[name] = true
		for _, access := range []map[string]string{p.Customer, p.Agent} {
			for place, what := range access {
				if !slices.Contains([]string{inChat, inThread, inEvent}, place) || !slices.Contains([]string{"r", "w", "rw"}, what) {
					return bad("property %s has the access %q in %q", name, what, place)
				}
			}
		}
	}
	for _, g := range o.Groups {
		for _, f := range []*Form{g.Prechat, g.Postchat, g.Ticket} {
			if f == nil {
				continue
			}
			if f.ID == "" {
				return bad("a form of group %d has no id", g.ID)
			}
			for _, x := range f.Fields {
				if !slices.Contains(fieldTypes, x.Type) || x.ID == "" && x.Type != "header" {
					return bad("form %s has a field of type %q and id %q", f.ID, x.Type, x.ID)
				}
			}
		}
	}
	return nil
}

var fieldTypes = customerSide.api().Enums["form_field_type"]

func plain(v any) bool {
	_, err := json.Marshal(v)
	return err == nil
}
