package rtmserver

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"time"
)

// The stages of an import, as the state has them: none, under way, over.
const (
	importing = "importing"
	imported  = "imported"
)

// importBytes is about how much of a seed goes into the log at a time. An event
// that is longer goes alone.
const importBytes = 256 << 10

// importSeed makes the customers, chats and statuses of the seed the first
// records of an empty log. What an earlier import got to is left out, so one that
// was cut off goes on, and other nodes may do the same at the same time; the ids
// are the same each time.
func (o *org) importSeed() error {
	for range importTries {
		if err := o.importRest(); !errors.Is(err, errConflict) {
			return err
		}
	}
	return fmt.Errorf("rtmserver: seed of %s: %w", o.seed.ID, errConflict)
}

// importTries is how often an import begins again when another node was faster.
const importTries = 1000

func (o *org) importRest() error {
	im := &seedImport{o: o, start: o.s.clock.Now().UTC().Truncate(time.Microsecond), customers: map[string]*customer{}}
	im.add(o.botStatuses())
	if o.st.Import == importing || o.st.Import == "" && o.st.Seq == 0 {
		before := len(im.groups)
		im.run()
		if len(im.problems) > 0 {
			return &SeedError{Problems: im.problems}
		}
		if len(im.groups) > before || o.st.Import == importing {
			im.add([]*record{{Kind: seedImported}})
		}
		if im.latest.After(o.lastTime) {
			o.lastTime = im.latest
		}
	}
	var entry []*record
	size := 0
	for i, records := range im.groups {
		n, err := encodeEntry(records)
		if err != nil {
			return err
		}
		entry, size = append(entry, records...), size+len(n)
		if i+1 < len(im.groups) && size < importBytes {
			continue
		}
		if err := o.commit(&emission{org: o}, entry...); err != nil {
			return err
		}
		entry, size = nil, 0
	}
	return nil
}

// botStatuses gives bots that the log has not seen yet their status.
func (o *org) botStatuses() []*record {
	var records []*record
	for i := range o.seed.Agents {
		a := &o.seed.Agents[i]
		if a.bot != nil && o.st.Agents[a.ID] == nil && a.Status != offline {
			records = append(records, &record{Kind: routingStatusSet, UserID: a.ID, Status: a.Status})
		}
	}
	return records
}

// timeProblems returns what is wrong with the times of a seed that is fine
// otherwise.
func (s *Seed) timeProblems(start time.Time) (problems []SeedProblem) {
	server := &Server{opts: Options{Seed: s}, ids: newIDSource(0)}
	for i := range s.Organizations {
		o := &org{s: server, seed: s.Organizations[i].withBots(), st: newState()}
		im := &seedImport{o: o, start: start.UTC().Truncate(time.Microsecond), customers: map[string]*customer{}}
		im.run()
		problems = append(problems, im.problems...)
	}
	return problems
}

// A seedImport makes records of a seed.
type seedImport struct {
	o         *org
	start     time.Time
	latest    time.Time // of all that the seed tells
	customers map[string]*customer
	groups    [][]*record // the records of each are appended at once
	problems  []SeedProblem
}

func (im *seedImport) run() {
	seed := im.o.seed
	path := "organizations"
	for i := range im.o.s.opts.Seed.Organizations {
		if im.o.s.opts.Seed.Organizations[i].ID == seed.ID {
			path = "organizations[" + itoa(i) + "]"
		}
	}
	// Customers come before the chats that they have, so chats are read first for
	// what they tell of their customers.
	type read struct {
		ch   *chat
		path string
	}
	chats := make([]read, len(seed.Chats))
	for i := range seed.Customers {
		x := &seed.Customers[i]
		im.customers[x.ID] = im.customer(x, at(path, "customers", i))
	}
	for i := range seed.Chats {
		where := at(path, "chats", i)
		chats[i] = read{im.chat(&seed.Chats[i], i, where), where}
	}
	for i := range seed.Customers {
		x := &seed.Customers[i]
		if im.o.st.Customers[x.ID] != nil {
			continue
		}
		records := []*record{{Kind: customerImported, CustomerID: x.ID, Customer: im.customers[x.ID]}}
		for _, t := range x.Tokens {
			// Tokens of the protocol live for hours; those of a file for as long as it.
			records = append(records, &record{Kind: tokenIssued, Token: &token{
				Hash: hash(t), CustomerID: x.ID, ClientID: "seed", ExpiresAt: im.start.AddDate(100, 0, 0),
			}})
		}
		im.add(records)
	}
	busy := map[string]bool{}
	for _, x := range chats {
		for _, m := range x.ch.Members {
			if m.Type == "agent" && m.Present {
				busy[m.ID] = true
			}
		}
	}
	var statuses []*record
	for i := range seed.Agents {
		a := &seed.Agents[i]
		status := a.Status
		if a.bot != nil {
			continue // see botStatuses
		}
		if (status == "" || status == offline) && busy[a.ID] {
			status = accepting
		}
		if status != "" && status != offline && im.o.st.agent(a.ID).Status == offline {
			statuses = append(statuses, &record{Kind: routingStatusSet, UserID: a.ID, Status: status})
		}
	}
	im.add(statuses)
	for _, x := range chats {
		im.addChat(x.ch)
	}
}

// add takes records that belong together.
func (im *seedImport) add(records []*record) {
	if len(records) > 0 {
		im.groups = append(im.groups, records)
	}
}

// addChat makes the records of a chat: first all of it but its events, then those.
// What an earlier import got to is not made again.
func (im *seedImport) addChat(ch *chat) {
	bare := *ch
	bare.Threads = nil
	var events []*record
	for _, th := range ch.Threads {
		t := *th
		t.Events = []*event{}
		bare.Threads = append(bare.Threads, &t)
		done := 0
		if old := im.o.st.Chats[ch.ID]; old != nil {
			done = len(old.thread(th.ID).Events)
		}
		for _, part := range portions(th.Events[done:]) {
			events = append(events, &record{Kind: eventsImported, ChatID: ch.ID, ThreadID: th.ID, Events: part})
		}
	}
	if im.o.st.Chats[ch.ID] == nil {
		im.add([]*record{{Kind: chatImported, ChatID: ch.ID, Chat: &bare}})
	}
	for _, r := range events {
		im.add([]*record{r})
	}
}

// portions cuts events into pieces that fit into an entry of the log.
func portions(events []*event) (out [][]*event) {
	size := 0
	for i, e := range events {
		data, _ := json.Marshal(e.Body) // the seed was checked
		if size += len(data) + 512; i == 0 || size > importBytes {
			out, size = append(out, nil), len(data)+512
		}
		out[len(out)-1] = append(out[len(out)-1], e)
	}
	return out
}

// clockSlack is how far times may be ahead: those of a log run ahead of a clock
// that stands still.
const clockSlack = time.Second

// time reads a moment, which was checked to be one, and refuses the future.
func (im *seedImport) time(m Moment, otherwise time.Time, path string) time.Time {
	if m == "" {
		return otherwise
	}
	t, err := m.at(im.start)
	if t.After(im.latest) {
		im.latest = t
	}
	if err == nil && t.After(im.start.Add(clockSlack)) {
		im.problems = append(im.problems, SeedProblem{Path: path, Text: fmt.Sprintf("must not be in the future, as %s is", m)})
	}
	return t
}

// madeID makes the id of a chat or thread out of its place in the seed.
func (im *seedImport) madeID(place string) string {
	sum := sha256.Sum256([]byte(im.o.seed.ID + "/" + place))
	return base32.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345").EncodeToString(sum[:])[:10]
}

func (im *seedImport) customer(x *Customer, path string) *customer {
	c := &customer{ID: x.ID, Secret: hash(im.o.s.ids.secret()), Fields: map[string]any{}, Followers: x.Followers, EverGreeted: x.Greeted}
	c.CreatedAt = im.time(x.CreatedAt, im.start, path+".created_at")
	if x.BannedUntil != "" {
		c.BannedUntil, _ = x.BannedUntil.at(im.start) // of all times this one may come
	}
	for name, v := range map[string]string{"name": x.Name, "email": x.Email, "avatar": x.Avatar, "phone_number": x.Phone} {
		if v != "" {
			c.Fields[name] = v
		}
	}
	if x.Address != nil {
		c.Fields["address"] = x.Address
	}
	if x.Omnichannel != nil {
		c.Fields["omnichannel"] = x.Omnichannel
	}
	if len(x.SessionFields) > 0 {
		list := []any{}
		for _, f := range x.SessionFields {
			one := map[string]any{}
			for k, v := range f {
				one[k] = v
			}
			list = append(list, one)
		}
		c.Fields["session_fields"] = list
	}
	if s := x.Statistics; s != nil {
		c.Threads, c.Visits, c.PageViews = s.Threads, s.Visits, s.PageViews
		c.GreetingsShown, c.GreetingsAccepted = s.GreetingsShown, s.GreetingsAccepted
	}
	if v := x.Visit; v != nil {
		c.Visit = &visit{StartedAt: im.time(v.StartedAt, im.start, path+".visit.started_at"), IP: v.IP, UserAgent: v.UserAgent, Referrer: v.Referrer}
		for i, p := range v.Pages {
			opened := im.time(p.OpenedAt, im.start, at(path+".visit", "last_pages", i)+".opened_at")
			c.Visit.Pages = append(c.Visit.Pages, &page{OpenedAt: opened, URL: p.URL, Title: p.Title})
		}
	}
	return c
}

func (im *seedImport) chat(x *Chat, n int, path string) *chat {
	ch := &chat{ID: x.ID, CustomerID: x.Customer, Members: []*member{}, Properties: properties{}, Followers: x.Followers}
	if ch.ID == "" {
		ch.ID = im.madeID("chat/" + itoa(n))
	}
	ch.Properties.merge(x.Properties)
	var before time.Time // the latest that there was
	for i := range x.Threads {
		where := at(path, "threads", i)
		th := im.thread(x, &x.Threads[i], "thread/"+itoa(n)+"/"+itoa(i), where)
		if !th.CreatedAt.After(before) {
			im.problems = append(im.problems, SeedProblem{Path: where + ".created_at", Text: "must be after all of the thread before"})
		}
		before = th.CreatedAt
		if k := len(th.Events); k > 0 {
			before = th.Events[k-1].CreatedAt
		}
		ch.Threads = append(ch.Threads, th)
	}
	last := ch.last()
	ch.CreatedAt, ch.Groups = ch.Threads[0].CreatedAt, last.Groups
	if x.Groups != nil {
		ch.Groups = x.Groups
	}
	if x.Users != nil {
		for i, u := range x.Users {
			m := &member{ID: u.ID, Type: "agent", Present: u.Present, Visibility: u.Visibility}
			if m.Visibility == "" {
				m.Visibility = "all"
			}
			if u.ID == x.Customer {
				m.Type = "customer"
			}
			m.SeenUpTo = im.time(u.SeenUpTo, ch.lastBy(u.ID), at(path, "users", i)+".events_seen_up_to")
			ch.Members = append(ch.Members, m)
		}
	} else {
		im.members(ch)
	}
	if last.Active && len(ch.agents()) == 0 && ch.CustomerID != "" {
		last.enqueue(im.time(x.Threads[len(x.Threads)-1].QueuedAt, last.CreatedAt, at(path, "threads", len(x.Threads)-1)+".queued_at"))
	}
	if c := im.customers[ch.CustomerID]; c != nil {
		im.tell(c, ch, x)
	}
	return ch
}

// members are the customer and all who took part in a thread.
func (im *seedImport) members(ch *chat) {
	if ch.CustomerID != "" {
		ch.Members = append(ch.Members, &member{ID: ch.CustomerID, Type: "customer", Present: true, Visibility: "all"})
	}
	for _, th := range ch.Threads {
		for _, id := range th.UserIDs {
			if ch.member(id) == nil {
				ch.Members = append(ch.Members, &member{ID: id, Type: "agent", Visibility: "all"})
			}
			if m := ch.member(id); m.Type == "agent" {
				m.Present = th.Active
			}
		}
	}
	for _, m := range ch.Members {
		m.SeenUpTo = ch.lastBy(m.ID)
	}
}

// lastBy returns when a user wrote last.
func (ch *chat) lastBy(user string) (at time.Time) {
	for _, th := range ch.Threads {
		for _, e := range th.Events {
			if e.AuthorID == user && user != "" {
				at = e.CreatedAt
			}
		}
	}
	return at
}

// tell gives a customer what its chat says about it.
func (im *seedImport) tell(c *customer, ch *chat, x *Chat) {
	if c.CreatedAt.After(ch.CreatedAt) {
		c.CreatedAt = ch.CreatedAt
	}
	if c.Threads == 0 {
		c.Threads = len(ch.Threads)
	}
	for _, th := range ch.Threads {
		for _, e := range th.Events {
			if e.AuthorID == c.ID {
				c.LastEventAt = e.CreatedAt
			} else if e.AuthorID != "" {
				c.AgentLastEventAt = e.CreatedAt
			}
		}
	}
}

func (im *seedImport) thread(x *Chat, t *Thread, place, path string) *thread {
	th := &thread{
		ID: t.ID, Active: t.Active, Groups: t.Groups, Properties: properties{}, Tags: t.Tags, Declined: t.Declined,
		Events: []*event{}, UserIDs: t.Users, Waited: time.Duration(t.Waited) * time.Second,
	}
	if th.ID == "" {
		th.ID = im.madeID(place)
	}
	if len(th.Groups) == 0 {
		th.Groups = []int{0}
	}
	th.Properties.merge(t.Properties)
	th.CreatedAt = im.time(t.CreatedAt, im.start, path+".created_at")
	if t.Summary != nil {
		th.Summary = &summary{Text: t.Summary.Text, At: im.time(t.Summary.UpdatedAt, im.start, path+".summary.updated_at")}
	}
	authors := []string{}
	if x.Customer != "" {
		authors = append(authors, x.Customer)
	}
	before := th.CreatedAt
	for i := range t.Events {
		e := im.event(&t.Events[i], th, before, i, at(path, "events", i))
		th.Events = append(th.Events, e)
		before = e.CreatedAt
		if e.AuthorID != "" && !slices.Contains(authors, e.AuthorID) {
			authors = append(authors, e.AuthorID)
		}
	}
	if t.Users == nil {
		th.UserIDs = authors
	}
	return th
}

func (im *seedImport) event(x *Event, th *thread, before time.Time, i int, path string) *event {
	e := &event{
		ID: th.eventID(i + 1), Type: x.Type, AuthorID: x.AuthorID, CustomID: x.CustomID, Visibility: x.Visibility,
		Properties: properties{}, Deleted: x.Deleted,
	}
	if e.Visibility == "" {
		e.Visibility = "all"
	}
	e.Properties.merge(x.Properties)
	members := params{}
	maps.Copy(members, withUsers(x.Body))
	if e.Type == "file" {
		describeFile(members)
	}
	if typ := im.o.formType(members.str("form_id")); e.Type == "filled_form" && typ != "" && members["form_type"] == nil {
		members["form_type"] = typ
	}
	e.Body = newBody(members)
	e.CreatedAt = before.Add(time.Second)
	if x.CreatedAt != "" {
		e.CreatedAt = im.time(x.CreatedAt, before, path+".created_at")
	}
	// The first one may have come with the thread.
	if e.CreatedAt.Before(before) || i > 0 && e.CreatedAt.Equal(before) {
		im.problems = append(im.problems, SeedProblem{Path: path + ".created_at", Text: "must be after what came before it"})
	}
	if e.CreatedAt.After(im.latest) {
		im.latest = e.CreatedAt
	}
	if x.CreatedAt == "" && e.CreatedAt.After(im.start.Add(clockSlack)) {
		im.problems = append(im.problems, SeedProblem{Path: path + ".created_at", Text: "a second after what came before is in the future: give the time"})
	}
	return e
}

// describeFile gives a file what newEvent gives it.
func describeFile(body map[string]any) {
	u, err := url.Parse(params(body).str("url"))
	if err != nil {
		return
	}
	if body["name"] == nil {
		body["name"] = path.Base("/" + u.Path)
	}
	if body["content_type"] == nil {
		body["content_type"] = contentType(u.Path)
	}
}
