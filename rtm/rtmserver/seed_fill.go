package rtmserver

import (
	"maps"
	"slices"
)

// withBots returns the organization as a server works with it: its bots are
// among its agents, after the people.
func (o *Organization) withBots() *Organization {
	out := *o
	out.Agents = slices.Clone(o.Agents)
	for i := range o.Bots {
		b := &o.Bots[i]
		a := Agent{
			ID: b.ID, Name: b.Name, Avatar: b.Avatar, JobTitle: b.JobTitle, Groups: b.Groups, Priorities: map[int]string{},
			MaxChats: b.MaxChats, Status: b.Status, bot: b,
		}
		for _, g := range append([]int{0}, b.Groups...) {
			if a.Priorities[g] = b.Priority; b.Priority == "" {
				a.Priorities[g] = "first"
			}
		}
		if a.Status == "" {
			a.Status = accepting
		}
		out.Agents = append(out.Agents, a)
	}
	out.Greetings = slices.Clone(o.Greetings)
	for i := range out.Greetings {
		out.Greetings[i].Elements = out.Greetings[i].elements()
	}
	return &out
}

// elements returns the elements with what buttons need and a seed may leave out.
func (g *Greeting) elements() []map[string]any {
	out := slices.Clone(g.Elements)
	for i, element := range out {
		out[i] = fillButtons(element, func(b map[string]any) {
			if b["button_id"] == nil && b["postback_id"] != nil {
				b["button_id"] = b["postback_id"]
			}
		})
	}
	return out
}

// withUsers returns an event whose buttons say that nobody has used them yet.
func withUsers(e map[string]any) map[string]any {
	elements, ok := e["elements"].([]any)
	if !ok {
		return e
	}
	e, elements = maps.Clone(e), slices.Clone(elements)
	for i, x := range elements {
		if element, ok := x.(map[string]any); ok {
			elements[i] = fillButtons(element, func(map[string]any) {})
		}
	}
	e["elements"] = elements
	return e
}

// fillButtons returns the element with buttons of its own that have user_ids and
// what more does.
func fillButtons(element map[string]any, more func(map[string]any)) map[string]any {
	list, ok := element["buttons"].([]any)
	if !ok {
		return element
	}
	element, list = maps.Clone(element), slices.Clone(list)
	for i, x := range list {
		if b, ok := x.(map[string]any); ok {
			b = maps.Clone(b)
			if b["user_ids"] == nil {
				b["user_ids"] = []any{}
			}
			more(b)
			list[i] = b
		}
	}
	element["buttons"] = list
	return element
}

// said returns the event of an action that says something.
func (a *BotAction) said() map[string]any {
	if len(a.QuickReplies) == 0 {
		return map[string]any{"type": "message", "text": a.Say}
	}
	var list []any
	for _, s := range a.QuickReplies {
		list = append(list, map[string]any{"type": "message", "text": s, "value": s, "postback_id": s, "user_ids": []any{}})
	}
	return map[string]any{"type": "rich_message", "template_id": "quick_replies", "elements": []any{map[string]any{"title": a.Say, "buttons": list}}}
}
