package rtmserver

import "time"

// listGroupStatuses is list_group_statuses of the Customer API. Groups that are
// not there are left out.
func listGroupStatuses(c *call) (any, error) {
	o := c.org
	all := c.payload.boolOr("all", false)
	if !all && c.payload["group_ids"] == nil {
		return nil, invalid("payload: needs at least one of all, group_ids")
	}
	wanted := map[int]bool{}
	for _, x := range c.payload.list("group_ids") {
		wanted[number(x)] = true
	}
	out := obj{}
	for _, g := range o.seed.Groups {
		if all || wanted[g.ID] {
			out[itoa(g.ID)] = o.groupsStatus([]int{g.ID})
		}
	}
	return obj{"groups_status": out}, nil
}

// predict returns the agent who would get a chat of a group that starts now,
// and whether the chat would have to wait.
func (c *call) predict() (group int, a *Agent, queue bool, err error) {
	o := c.org
	group = c.payload.intOr("group_id", c.conn.group)
	if o.group(group) == nil {
		return group, nil, false, o.groupNotFound(customerSide, "payload.group_id", group)
	}
	groups := []int{group}
	if id := o.pick(groups); id != "" {
		return group, o.agent(id), false, nil
	}
	if o.groupsStatus(groups) == offline {
		return group, nil, false, failAs(c.conn.catalogue, "group_offline")
	}
	if o.seed.Routing.Manual {
		return group, nil, false, failAs(c.conn.catalogue, "group_unavailable")
	}
	load := o.st.load()
	for i := range o.seed.Agents {
		x := &o.seed.Agents[i]
		if o.routable(x) && x.sees(groups) && (a == nil || load[x.ID] < load[a.ID]) {
			a = x
		}
	}
	if a == nil {
		return group, nil, false, failAs(c.conn.catalogue, "group_unavailable")
	}
	return group, a, true, nil
}

// getPredictedAgent is get_predicted_agent of the Customer API.
func getPredictedAgent(c *call) (any, error) {
	_, a, queue, err := c.predict()
	if err != nil {
		return nil, err
	}
	return obj{"agent": c.org.predictedView(a), "queue": queue}, nil
}

// predictedView renders an agent before the chat: PredictedAgent of the Customer
// API.
func (o *org) predictedView(a *Agent) obj {
	v := o.faceView(a)
	v["is_bot"] = a.bot != nil
	if a.bot != nil {
		v["bot_type"] = "chatbot"
	}
	return v
}

// faceView renders what customers see of an agent who is in no chat.
func (o *org) faceView(a *Agent) obj {
	v := obj{"id": o.userID(customerSide, a.ID), "name": o.userName(a.ID), "type": "agent"}
	if a.Avatar != "" {
		v["avatar"] = a.Avatar
	}
	if a.JobTitle != "" {
		v["job_title"] = a.JobTitle
	}
	return v
}

// A welcome is a welcome message that a customer asked for.
type welcome struct {
	ID      string    `json:"id"`
	Group   int       `json:"group"`
	AgentID string    `json:"agent_id"`
	At      time.Time `json:"at"`
}

// requestWelcomeMessage is request_welcome_message of the Customer API. The id
// of the customer's latest one gives the same message again; any other id is
// taken for none.
func requestWelcomeMessage(c *call) (any, error) {
	o := c.org
	group, a, queue, err := c.predict()
	if err != nil {
		return nil, err
	}
	w := &welcome{Group: group, AgentID: a.ID, At: o.now()}
	if old := o.st.Customers[c.user()].Welcome; old != nil && old.ID == c.payload.str("id") {
		w.ID, w.At = old.ID, old.At
	} else {
		w.ID = o.s.ids.uuid()
	}
	return obj{"id": w.ID, "predicted_agent": o.predictedView(a), "queue": queue},
		o.commit(c.em, &record{Kind: welcomeRequested, CustomerID: c.user(), Welcome: w})
}

func (o *org) announceWelcome(em *emission, r *record) {
	g := o.group(r.Welcome.Group)
	if g == nil || g.Welcome == "" {
		return
	}
	em.customer(r.CustomerID, "incoming_welcome_message", obj{"id": r.Welcome.ID, "event": obj{
		"type": "message", "text": g.Welcome, "author_id": o.userID(customerSide, r.Welcome.AgentID), "created_at": stamp(r.Welcome.At),
		"properties": obj{"lc2": obj{"welcome_message": true}, "chats": obj{"welcome_message_source": "welcome_phrase"}},
	}})
}
