package rtmserver

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Export returns the present state as a seed. A server that starts with it on an
// empty log has the same customers, chats, threads, events and properties, and
// its export is the same seed. Agents who are logged in count as having lost
// their connection just then. Left out are connections, cookies and the tokens
// that the server issued, of which it keeps nothing but hashes.
func (s *Server) Export() (*Seed, error) {
	all := []json.RawMessage{}
	for i := range s.opts.Seed.Organizations {
		data, err := s.orgs[s.opts.Seed.Organizations[i].ID].export(s.opts.Seed.Organizations[i])
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	data, err := json.Marshal(obj{"organizations": all})
	if err != nil {
		return nil, err
	}
	// Nothing of what comes out is the server's own, and all of it can be read.
	seed, err := LoadSeed(data)
	if err != nil {
		return nil, fmt.Errorf("rtmserver: export: %w", err)
	}
	return seed, nil
}

// export returns the organization as JSON; out is its seed.
func (o *org) export(out Organization) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ex := &seedExport{o: o, out: &out}
	out.Groups, out.Agents, out.Bots = slices.Clone(out.Groups), slices.Clone(out.Agents), slices.Clone(out.Bots)
	for i := range out.Agents {
		out.Agents[i].Status = o.st.agent(out.Agents[i].ID).Status
	}
	for i := range out.Bots {
		out.Bots[i].Status = o.st.agent(out.Bots[i].ID).Status
	}
	tokens := map[string][]string{}
	for _, x := range out.Customers {
		tokens[x.ID] = x.Tokens
	}
	out.Customers, out.Chats = nil, nil
	for _, id := range sortedKeys(o.st.Customers) {
		x := ex.customer(o.st.Customers[id])
		for _, t := range tokens[id] {
			if kept := o.st.Tokens[hash(t)]; kept != nil && kept.CustomerID == id {
				x.Tokens = append(x.Tokens, t)
			}
		}
		out.Customers = append(out.Customers, x)
	}
	for _, id := range sortedKeys(o.st.Chats) {
		out.Chats = append(out.Chats, ex.chat(o.st.Chats[id]))
	}
	return json.Marshal(out)
}

// A seedExport makes a seed of a state.
type seedExport struct {
	o   *org
	out *Organization
}

// agents returns ids of agents. Those who have gone from the seed come back into
// it, so that the history can name them: without tokens, or as a bot without
// rules that is offline.
func (ex *seedExport) agents(ids []string) []string {
	for _, id := range ids {
		if slices.ContainsFunc(ex.out.Agents, func(a Agent) bool { return a.ID == id }) ||
			slices.ContainsFunc(ex.out.Bots, func(b Bot) bool { return b.ID == id }) {
			continue
		}
		if strings.Contains(id, "@") {
			ex.out.Agents = append(ex.out.Agents, Agent{ID: id})
		} else {
			ex.out.Bots = append(ex.out.Bots, Bot{ID: id, Name: id, Status: offline})
		}
	}
	return ids
}

// groups does for groups what agents does for agents.
func (ex *seedExport) groups(ids []int) []int {
	for _, id := range ids {
		if !slices.ContainsFunc(ex.out.Groups, func(g Group) bool { return g.ID == id }) {
			ex.out.Groups = append(ex.out.Groups, Group{ID: id})
		}
	}
	return ids
}

func (ex *seedExport) customer(c *customer) Customer {
	fields := params(c.Fields)
	x := Customer{
		ID: c.ID, CreatedAt: momentOf(c.CreatedAt), Name: fields.str("name"), Email: fields.str("email"), Avatar: fields.str("avatar"),
		Phone: fields.str("phone_number"), Address: fields.obj("address"), Omnichannel: fields.obj("omnichannel"),
		BannedUntil: momentOf(c.BannedUntil), Followers: ex.agents(c.Followers), Greeted: c.EverGreeted,
	}
	for _, f := range fields.list("session_fields") {
		one := map[string]string{}
		f, _ := f.(map[string]any)
		for k := range f {
			one[k] = params(f).str(k)
		}
		x.SessionFields = append(x.SessionFields, one)
	}
	s := Statistics{
		Threads: c.Threads, Visits: c.Visits, PageViews: c.PageViews, GreetingsShown: c.GreetingsShown, GreetingsAccepted: c.GreetingsAccepted,
	}
	if s != (Statistics{}) {
		x.Statistics = &s
	}
	if v := c.Visit; v != nil {
		x.Visit = &Visit{StartedAt: momentOf(v.StartedAt), IP: v.IP, UserAgent: v.UserAgent, Referrer: v.Referrer}
		for _, p := range v.Pages {
			x.Visit.Pages = append(x.Visit.Pages, Page{OpenedAt: momentOf(p.OpenedAt), URL: p.URL, Title: p.Title})
		}
	}
	return x
}

func (ex *seedExport) chat(ch *chat) Chat {
	x := Chat{ID: ch.ID, Customer: ch.CustomerID, Properties: ch.Properties, Followers: ex.agents(ch.Followers)}
	if groups := ex.groups(ch.Groups); !slices.Equal(groups, ch.last().Groups) {
		x.Groups = groups
	}
	for _, m := range ch.Members {
		if m.Type == "agent" {
			ex.agents([]string{m.ID})
		}
		u := ChatUser{ID: m.ID, Present: m.Present, SeenUpTo: momentOf(m.SeenUpTo)}
		if m.Visibility != "all" {
			u.Visibility = m.Visibility
		}
		x.Users = append(x.Users, u)
	}
	for _, th := range ch.Threads {
		x.Threads = append(x.Threads, ex.thread(ch, th))
	}
	return x
}

func (ex *seedExport) thread(ch *chat, th *thread) Thread {
	t := Thread{
		ID: th.ID, CreatedAt: momentOf(th.CreatedAt), Active: th.Active, Groups: ex.groups(th.Groups), Users: th.UserIDs, Properties: th.Properties,
		Tags: th.Tags, QueuedAt: momentOf(th.QueuedAt), Waited: int(th.Waited / time.Second), Declined: ex.agents(th.Declined),
	}
	for _, id := range th.UserIDs {
		if id != ch.CustomerID {
			ex.agents([]string{id})
		}
	}
	if th.Summary != nil {
		t.Summary = &Summary{Text: th.Summary.Text, UpdatedAt: momentOf(th.Summary.At)}
	}
	for _, e := range th.Events {
		if e.AuthorID != "" && e.AuthorID != ch.CustomerID {
			ex.agents([]string{e.AuthorID})
		}
		x := Event{
			Type: e.Type, CreatedAt: momentOf(e.CreatedAt), AuthorID: e.AuthorID, CustomID: e.CustomID, Properties: e.Properties, Deleted: e.Deleted, Body: e.Body.members(),
		}
		if e.Visibility != "all" {
			x.Visibility = e.Visibility
		}
		t.Events = append(t.Events, x)
	}
	return t
}
