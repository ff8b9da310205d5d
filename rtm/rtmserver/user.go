package rtmserver

// usersView renders the users of a chat that a side may see.
func (o *org) usersView(side side, ch *chat) []obj {
	users := []obj{}
	for _, m := range ch.Members {
		if side == customerSide && m.Visibility == "agents" {
			continue
		}
		users = append(users, o.userView(side, m))
	}
	return users
}

// userView renders a member of a chat: User of either API.
func (o *org) userView(side side, m *member) obj {
	var v obj
	if m.Type == "customer" {
		v = o.customerView(side, o.st.Customers[m.ID])
	} else {
		v = obj{"id": o.userID(side, m.ID), "type": "agent", "name": o.userName(m.ID)}
		if a := o.agent(m.ID); a != nil && a.Avatar != "" {
			v["avatar"] = a.Avatar
		}
		if side == agentSide {
			v["email"] = m.ID
			v["visibility"] = m.Visibility
		}
	}
	v["present"] = m.Present
	if !m.SeenUpTo.IsZero() {
		v["events_seen_up_to"] = stamp(m.SeenUpTo)
	}
	return v
}
