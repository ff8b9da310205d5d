package rtmserver

// getForm is get_form of the Customer API.
func getForm(c *call) (any, error) {
	id := c.payload.intOr("group_id", 0)
	g := c.org.group(id)
	if g == nil {
		return nil, c.org.groupNotFound(customerSide, "payload.group_id", id)
	}
	form := map[string]*Form{"prechat": g.Prechat, "postchat": g.Postchat, "ticket": g.Ticket}[c.payload.str("type")]
	if form == nil {
		return obj{"enabled": false}, nil
	}
	return obj{"enabled": true, "form": form.view()}, nil
}

func (f *Form) view() obj {
	fields := []obj{}
	for _, x := range f.Fields {
		v := obj{"type": x.Type, "label": x.Label}
		if x.ID != "" {
			v["id"] = x.ID
		}
		if x.Type != "header" {
			v["required"] = x.Required
		}
		if x.Type == "checkbox_for_email" {
			v["checked"] = x.Checked
		}
		if x.CommentLabel != "" {
			v["comment_label"] = x.CommentLabel
		}
		var options []obj
		for _, opt := range x.Options {
			o := obj{"id": opt.ID, "label": opt.Label}
			if opt.Checked {
				o["checked"] = true
			}
			if opt.Group != nil {
				o["group_id"] = *opt.Group
			}
			options = append(options, o)
		}
		if options != nil {
			v["options"] = options
		}
		fields = append(fields, v)
	}
	return obj{"id": f.ID, "fields": fields}
}

// formType returns the type of a form of the seed, "" for any other.
func (o *org) formType(id string) string {
	for _, g := range o.seed.Groups {
		switch {
		case g.Prechat != nil && g.Prechat.ID == id:
			return "prechat"
		case g.Postchat != nil && g.Postchat.ID == id:
			return "postchat"
		case g.Ticket != nil && g.Ticket.ID == id:
			return "ticket"
		}
	}
	return ""
}
