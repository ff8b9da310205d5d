package rtmserver

import (
	"maps"
	"slices"
)

// buttons calls fn for each button of a rich message.
func buttons(body map[string]any, fn func(button map[string]any)) {
	elements, _ := body["elements"].([]any)
	for _, x := range elements {
		element, _ := x.(map[string]any)
		list, _ := element["buttons"].([]any)
		for _, x := range list {
			if b, ok := x.(map[string]any); ok {
				fn(b)
			}
		}
	}
}

// clearToggles takes out what a sender says of who toggled the buttons: that is
// the server's to know.
func clearToggles(body map[string]any) {
	buttons(body, func(b map[string]any) { b["user_ids"] = []any{} })
}

// sendRichMessagePostback is send_rich_message_postback of both APIs.
func sendRichMessagePostback(c *call) (any, error) {
	ch, th, err := c.threadOf()
	if err != nil {
		return nil, err
	}
	e, err := c.event(th, c.payload.str("event_id"))
	if err != nil {
		return nil, err
	}
	if e.Type != "rich_message" {
		return nil, invalid("payload.event_id: event %s is of type %s, not rich_message", e.ID, e.Type)
	}
	in := c.payload.obj("postback")
	id, found := in.str("id"), false
	buttons(e.Body.members(), func(b map[string]any) { found = found || b["postback_id"] == id })
	if !found {
		return nil, fail("not_found", "payload.postback.id: event %s has no button with the postback id %s", e.ID, quote(id))
	}
	postback := map[string]any{}
	for _, name := range []string{"id", "toggled", "button_type", "button_value"} {
		if in[name] != nil {
			postback[name] = in[name]
		}
	}
	if shop := in.obj("ecommerce"); shop != nil {
		kept := map[string]any{}
		for _, name := range []string{"product_id", "option_id", "quantity"} {
			if shop[name] != nil {
				kept[name] = shop[name]
			}
		}
		postback["ecommerce"] = kept
	}
	return obj{}, c.org.commit(c.em, &record{Kind: postbackSent, By: c.user(), ChatID: ch.ID, ThreadID: th.ID, EventID: e.ID, Postback: postback})
}

// foldPostback notes who has a button toggled.
func (st *state) foldPostback(r *record) {
	e := st.Chats[r.ChatID].thread(r.ThreadID).event(r.EventID)
	e.fill(func(members map[string]any) {
		buttons(members, func(b map[string]any) {
			if b["postback_id"] != r.Postback["id"] {
				return
			}
			users, _ := b["user_ids"].([]any)
			users = slices.DeleteFunc(slices.Clone(users), func(x any) bool { return x == r.By })
			if r.Postback["toggled"] == true {
				users = append(users, r.By)
			}
			b["user_ids"] = users
		})
	})
}

// announcePostback pushes a toggle and the event as it is now. In a closed
// thread nobody hears of it.
func (o *org) announcePostback(em *emission, ch *chat, r *record) {
	th := ch.thread(r.ThreadID)
	if !th.Active {
		return
	}
	e := th.event(r.EventID)
	push := func(side side) obj {
		return obj{"user_id": o.userID(side, r.By), "chat_id": ch.ID, "thread_id": th.ID, "event_id": e.ID, "postback": r.Postback}
	}
	updated := func(side side) any { return o.eventPush(side, ch, th.ID, e) }
	if e.visibleTo(customerSide) {
		em.customer(ch.CustomerID, "incoming_rich_message_postback", push(customerSide))
		em.customer(ch.CustomerID, "event_updated", updated(customerSide))
	}
	em.members(ch, "incoming_rich_message_postback", push(agentSide))
	em.members(ch, "event_updated", updated(agentSide))
}

// customerElements returns the elements of a rich message with the ids by which
// customers know agents.
func (o *org) customerElements(body map[string]any) any {
	toggled := false
	buttons(body, func(b map[string]any) { users, _ := b["user_ids"].([]any); toggled = toggled || len(users) > 0 })
	elements, ok := body["elements"].([]any)
	if !toggled || !ok {
		return body["elements"]
	}
	out := slices.Clone(elements)
	for i, x := range out {
		element, _ := x.(map[string]any)
		list, _ := element["buttons"].([]any)
		if len(list) == 0 {
			continue
		}
		list = slices.Clone(list)
		for j, x := range list {
			if b, ok := x.(map[string]any); ok {
				b = maps.Clone(b)
				users, _ := b["user_ids"].([]any)
				ids := []any{}
				for _, u := range users {
					id, _ := u.(string)
					ids = append(ids, o.userID(customerSide, id))
				}
				b["user_ids"], list[j] = ids, b
			}
		}
		element = maps.Clone(element)
		element["buttons"], out[i] = list, element
	}
	return out
}
