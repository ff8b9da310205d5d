package rtmserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

func (c *control) reset(in *controlRequest) (any, error) {
	var body struct {
		Organization string `json:"organization"`
	}
	if err := in.decode(&body); err != nil {
		return nil, err
	}
	if err := c.exists(body.Organization, false); err != nil {
		return nil, err
	}
	return obj{}, c.failed(c.s.Reset(body.Organization))
}

// exists refuses an organization that is not there.
func (c *control) exists(organization string, needed bool) error {
	switch {
	case organization == "" && needed:
		return errors.New("organization: is required")
	case organization != "" && c.s.orgs[organization] == nil:
		return fmt.Errorf("organization: there is no organization %s", quote(organization))
	}
	return nil
}

// failed marks an error as the server's own.
func (c *control) failed(err error) error {
	if err == nil {
		return nil
	}
	c.s.opts.Logger.Error("control API", "error", err)
	return &controlError{http.StatusInternalServerError, "internal", strings.TrimPrefix(err.Error(), "rtmserver: ")}
}

func (c *control) snapshot(in *controlRequest) (any, error) {
	q, err := in.query("organization")
	if err != nil {
		return nil, err
	}
	if err := c.exists(q.Get("organization"), true); err != nil {
		return nil, err
	}
	data, err := c.s.Snapshot(q.Get("organization"))
	return json.RawMessage(data), c.failed(err)
}

func (c *control) restore(in *controlRequest) (any, error) { return obj{}, c.s.Restore(in.body) }

func (c *control) clock(*controlRequest) (any, error) {
	return obj{"now": stamp(c.s.clock.Now()), "frozen": c.s.clock.Frozen()}, nil
}

func (c *control) clockFreeze(in *controlRequest) (any, error) {
	if err := in.decode(&struct{}{}); err != nil {
		return nil, err
	}
	c.s.clock.Freeze()
	return c.clock(in)
}

func (c *control) clockResume(in *controlRequest) (any, error) {
	if err := in.decode(&struct{}{}); err != nil {
		return nil, err
	}
	c.s.clock.Resume()
	return c.clock(in)
}

// maxAhead is how far the clock may be ahead of the system's: a time.Duration has
// room for no more than 292 years.
const maxAhead = 200 * 365 * 24 * time.Hour

// advance moves the clock forward.
func (c *control) advance(field string, d time.Duration) error {
	if d > maxAhead || time.Until(c.s.clock.Now().Add(d)) > maxAhead {
		return fmt.Errorf("%s: the clock cannot be more than two hundred years ahead", field)
	}
	c.s.clock.Advance(d)
	return nil
}

func (c *control) clockAdvance(in *controlRequest) (any, error) {
	var body struct {
		By string `json:"by"`
	}
	if err := in.decode(&body); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(body.By)
	if err != nil || d < 0 {
		return nil, fmt.Errorf("by: must be a duration such as 9h or 1.5s, not %s", quote(body.By))
	}
	if err := c.advance("by", d); err != nil {
		return nil, err
	}
	return c.clock(in)
}

func (c *control) clockSet(in *controlRequest) (any, error) {
	var body struct {
		To string `json:"to"`
	}
	if err := in.decode(&body); err != nil {
		return nil, err
	}
	to, err := time.Parse(time.RFC3339, body.To)
	if err != nil {
		return nil, notATime("to", body.To)
	}
	now := c.s.clock.Now()
	if to.Before(now) {
		return nil, fmt.Errorf("to: the clock cannot go back: it is %s", stamp(now))
	}
	if err := c.advance("to", to.Sub(now)); err != nil {
		return nil, err
	}
	return c.clock(in)
}

func (c *control) faults(*controlRequest) (any, error) { return obj{"faults": c.s.Faults()}, nil }

func (c *control) addFault(in *controlRequest) (any, error) {
	var f Fault
	if err := in.decode(&f); err != nil {
		return nil, err
	}
	id, err := c.s.AddFault(f)
	if err != nil {
		return nil, err
	}
	return obj{"id": id}, nil
}

func (c *control) clearFaults(*controlRequest) (any, error) {
	c.s.ClearFaults()
	return obj{}, nil
}

func (c *control) removeFault(in *controlRequest) (any, error) {
	if !c.s.RemoveFault(in.id) {
		return nil, &controlError{http.StatusNotFound, "not_found", "there is no fault " + quote(in.id)}
	}
	return obj{}, nil
}

func (c *control) connections(*controlRequest) (any, error) {
	return obj{"connections": c.s.Connections()}, nil
}

func (c *control) disconnect(in *controlRequest) (any, error) {
	var d Disconnection
	if err := in.decode(&d); err != nil {
		return nil, err
	}
	n, err := c.s.Disconnect(d)
	switch {
	case err != nil:
		return nil, err
	case n == 0 && d.Connection != "":
		return nil, fmt.Errorf("connection: there is no such connection %s", quote(d.Connection))
	case n == 0 && d.UserID != "" && !c.s.elsewhere(d.UserID):
		return nil, fmt.Errorf("user: %s has no such connection", quote(d.UserID))
	}
	return obj{"disconnected": n}, nil
}

func (c *control) organizations(*controlRequest) (any, error) {
	list := []obj{}
	for i := range c.s.opts.Seed.Organizations {
		o := c.s.orgs[c.s.opts.Seed.Organizations[i].ID]
		list = append(list, o.overview())
	}
	return obj{"organizations": list}, nil
}

func (c *control) export(*controlRequest) (any, error) {
	seed, err := c.s.Export()
	if err != nil {
		return nil, c.failed(err)
	}
	data, err := seed.JSON()
	return json.RawMessage(data), c.failed(err)
}

// overview renders an organization for the control API.
func (o *org) overview() obj {
	o.mu.Lock()
	defer o.mu.Unlock()
	groups, agents := []obj{}, []obj{}
	for _, g := range o.seed.Groups {
		groups = append(groups, obj{"id": g.ID, "name": g.Name, "status": o.groupsStatus([]int{g.ID})})
	}
	load := o.st.load()
	for i := range o.seed.Agents {
		a := &o.seed.Agents[i]
		agents = append(agents, obj{
			"id": a.ID, "name": a.Name, "role": a.role(), "group_ids": a.Groups, "routing_status": o.st.agent(a.ID).Status,
			"chats": load[a.ID], "connections": len(o.agents[a.ID].conns),
		})
	}
	return obj{
		"id": o.seed.ID, "groups": groups, "agents": agents, "customers": len(o.st.Customers), "online_customers": len(o.customers),
		"chats": len(o.st.Chats), "active_chats": len(o.st.Active), "queued_chats": len(o.st.Queue), "records": o.st.Seq,
	}
}

func (c *control) announce(in *controlRequest) (any, error) {
	var body struct {
		Organization string          `json:"organization"`
		Action       string          `json:"action"`
		Payload      json.RawMessage `json:"payload"`
		Customers    []string        `json:"customers"`
	}
	if err := in.decode(&body); err != nil {
		return nil, err
	}
	if err := c.exists(body.Organization, true); err != nil {
		return nil, err
	}
	switch {
	case body.Action == "":
		return nil, errors.New("action: is required")
	case body.Payload == nil:
		return nil, errors.New("payload: is required")
	}
	return obj{}, c.s.Announce(body.Organization, Announcement{Action: body.Action, Payload: body.Payload, Customers: body.Customers})
}

func notATime(field, text string) error {
	return fmt.Errorf("%s: must be a time such as 2030-01-02T15:04:05Z, not %s", field, quote(text))
}

func (c *control) deleteChat(in *controlRequest) (any, error) {
	var body struct {
		Organization string `json:"organization"`
		ChatID       string `json:"chat_id"`
	}
	if err := in.decode(&body); err != nil {
		return nil, err
	}
	if err := c.exists(body.Organization, true); err != nil {
		return nil, err
	}
	return obj{}, c.s.DeleteChat(body.Organization, body.ChatID)
}

func (c *control) deleteThread(in *controlRequest) (any, error) {
	var body struct {
		Organization string `json:"organization"`
		ChatID       string `json:"chat_id"`
		ThreadID     string `json:"thread_id"`
	}
	if err := in.decode(&body); err != nil {
		return nil, err
	}
	if err := c.exists(body.Organization, true); err != nil {
		return nil, err
	}
	return obj{}, c.s.DeleteThread(body.Organization, body.ChatID, body.ThreadID)
}

func (c *control) deleteThreads(in *controlRequest) (any, error) {
	var body struct {
		Organization string `json:"organization"`
		From         string `json:"from"`
		To           string `json:"to"`
		Tag          string `json:"tag"`
	}
	if err := in.decode(&body); err != nil {
		return nil, err
	}
	if err := c.exists(body.Organization, true); err != nil {
		return nil, err
	}
	sweep := Sweep{Tag: body.Tag}
	for _, x := range []struct {
		name, text string
		to         *time.Time
	}{{"from", body.From, &sweep.From}, {"to", body.To, &sweep.To}} {
		if x.text == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339, x.text)
		if err != nil {
			return nil, notATime(x.name, x.text)
		}
		*x.to = t
	}
	return obj{}, c.s.DeleteThreads(body.Organization, sweep)
}
