package rtmserver

import (
	"maps"
	"slices"
	"time"
)

// state is what an organization's log adds up to. Its exported fields are all
// there is: two states of the same log are the same JSON.
type state struct {
	Seq       uint64                 `json:"seq"` // of the newest entry
	At        time.Time              `json:"at"`  // of the newest record
	Customers map[string]*customer   `json:"customers"`
	Chats     map[string]*chat       `json:"chats"`
	Active    []string               `json:"active"` // chats with an active thread, oldest thread first
	Queue     []string               `json:"queue"`  // those of them that wait for an agent
	Agents    map[string]*agentState `json:"agents"`
	Tokens    map[string]*token      `json:"tokens"` // by hash
	Parts     []byte                 `json:"parts,omitempty"`
	Here      map[string]presences   `json:"here"` // customers who are connected
	Files     map[string]*file       `json:"files,omitempty"`
	Waits     *waits                 `json:"waits,omitempty"`
	Import    string                 `json:"import,omitempty"` // of the seed: importing, imported or not begun

	ManyTokens int `json:"many_tokens,omitempty"` // of which those that have expired are cleared

	records   uint64   // that were folded in
	forgotten []string // keys of files that left, see org.dropFiles
}

// agentState is what changes about an agent.
type agentState struct {
	Status string `json:"status"`         // accepting_chats, not_accepting_chats or offline
	Last   string `json:"last,omitempty"` // the status before offline
	Level  string `json:"level"`          // customer_monitoring_level
	Away   bool   `json:"away,omitempty"` // it does not accept chats because all its connections are away

	Here presences `json:"here,omitempty"`
}

// fewTokens are not worth looking for those that have expired.
const fewTokens = 100

const (
	accepting    = "accepting_chats"
	notAccepting = "not_accepting_chats"
	offline      = "offline"
)

func newState() *state {
	return &state{
		Customers: map[string]*customer{},
		Chats:     map[string]*chat{},
		Agents:    map[string]*agentState{},
		Tokens:    map[string]*token{},
		Here:      map[string]presences{},
	}
}

func (st *state) agent(id string) *agentState {
	a := st.Agents[id]
	if a == nil {
		a = &agentState{Status: offline, Level: "my"}
		st.Agents[id] = a
	}
	return a
}

// load returns how many active chats each agent handles.
func (st *state) load() map[string]int {
	load := map[string]int{}
	for _, id := range st.Active {
		for _, m := range st.Chats[id].Members {
			if m.handles() {
				load[m.ID]++
			}
		}
	}
	return load
}

// foldEntry applies an entry of the log.
func (st *state) foldEntry(records []*record) {
	st.Seq++
	for _, r := range records {
		st.fold(r)
	}
}

// fold applies a record. It is the only place where the state changes; it looks
// at nothing but the state and the record, and it cannot refuse.
func (st *state) fold(r *record) {
	st.At = r.At
	st.records++
	switch r.Kind {
	case customerRegistered:
		st.Customers[r.CustomerID] = &customer{ID: r.CustomerID, Secret: r.Secret, CreatedAt: r.At, Fields: map[string]any{}}
	case customerUpdated:
		maps.Copy(st.Customers[r.CustomerID].Fields, r.Fields)
	case customerVisited:
		c := st.Customers[r.CustomerID]
		c.Visits++
		c.LeftAt = time.Time{}
		c.Visit = r.Visit
		c.PageViews += len(r.Visit.Pages)
		c.Greeted = nil
		delete(c.Fields, "session_fields") // they live as long as the session
	case pageOpened:
		c := st.Customers[r.CustomerID]
		c.PageViews++
		c.Visit.open(r.Page)
	case customerFollowed:
		c := st.Customers[r.CustomerID]
		c.Followers = append(c.Followers, r.UserID)
	case customerUnfollowed:
		c := st.Customers[r.CustomerID]
		c.Followers = remove(c.Followers, r.UserID)
	case customerBanned:
		st.Customers[r.CustomerID].BannedUntil = r.Until
	case greetingShown, greetingAccepted, greetingCanceled, greetingClicked:
		st.foldGreeting(r)
	case welcomeRequested:
		st.Customers[r.CustomerID].Welcome = r.Welcome
	case tokenIssued:
		st.Tokens[r.Token.Hash] = r.Token
		// What nobody can use any more is cleared when there are twice as many as
		// were left the last time.
		if len(st.Tokens) >= max(fewTokens, st.ManyTokens) {
			maps.DeleteFunc(st.Tokens, func(_ string, t *token) bool { return !t.ExpiresAt.After(r.At) })
			st.ManyTokens = 2 * len(st.Tokens)
		}
	case tokenRevoked:
		delete(st.Tokens, r.Token.Hash)
	case threadOpened:
		st.foldThreadOpened(r)
	case threadClosed:
		ch := st.Chats[r.ChatID]
		th := ch.last()
		th.dequeue(r.At)
		th.Active = false
		for _, m := range ch.Members {
			if m.Type == "agent" {
				m.Present = false
			}
		}
		st.Active = remove(st.Active, ch.ID)
		st.Queue = remove(st.Queue, ch.ID)
	case eventAdded:
		ch := st.Chats[r.ChatID]
		th := ch.thread(r.ThreadID)
		th.Events = append(th.Events, r.Event)
		st.use(1, r.Event)
		if r.Event.AuthorID != "" && r.Event.Visibility == "all" && th.idle() {
			th.Properties = th.Properties.with("routing", "idle", false)
			r.woke = true
		}
		ch.seen(r.By, r.Event.CreatedAt)
		if c := st.Customers[ch.CustomerID]; c != nil && r.By == c.ID {
			c.LastEventAt = r.At
		} else if c != nil && r.By != "" {
			c.AgentLastEventAt = r.At
		}
	case eventsSeen:
		st.Chats[r.ChatID].seen(r.UserID, r.SeenUpTo)
	case chatAssigned:
		ch := st.Chats[r.ChatID]
		st.take(ch.last(), r.At)
		ch.last().AssignedAt = r.At
		ch.join(r.UserID, "all")
		st.Queue = remove(st.Queue, ch.ID)
	case chatQueued:
		ch := st.Chats[r.ChatID]
		ch.last().enqueue(r.At)
		st.Queue = append(st.Queue, ch.ID)
	case userAdded:
		ch := st.Chats[r.ChatID]
		ch.join(r.UserID, r.Visibility)
		if r.Visibility == "all" {
			st.take(ch.last(), r.At)
			ch.last().AssignedAt = r.At
			st.Queue = remove(st.Queue, ch.ID)
		}
	case threadIdle:
		th := st.Chats[r.ChatID].thread(r.ThreadID)
		th.Properties = th.Properties.with("routing", "idle", true)
	case userRemoved:
		ch := st.Chats[r.ChatID]
		if m := ch.member(r.UserID); m != nil {
			m.Present = false
		}
		if r.Reason == "manual" {
			ch.last().decline(r.UserID)
		}
	case chatTransferred:
		st.foldTransferred(r)
	case chatFollowed:
		ch := st.Chats[r.ChatID]
		ch.Followers = append(ch.Followers, r.UserID)
	case chatUnfollowed:
		ch := st.Chats[r.ChatID]
		ch.Followers = remove(ch.Followers, r.UserID)
	case routingStatusSet:
		a := st.agent(r.UserID)
		if r.Status == offline && a.Status != offline {
			a.Last = a.Status
		}
		a.Status, a.Away = r.Status, r.Away
		if r.Status == offline {
			a.Here = nil // its connections end with the session
		}
	case presenceSet, presenceEnded:
		st.foldPresence(r)
	case nodeLost:
		st.foldNodeLost(r)
	case monitoringSet:
		st.agent(r.UserID).Level = r.Level
	case propertiesUpdated:
		st.properties(r).merge(r.Properties)
	case propertiesDeleted:
		st.properties(r).remove(r.Names)
	case eventDeleted:
		st.Chats[r.ChatID].thread(r.ThreadID).event(r.EventID).Deleted = true
	case postbackSent:
		st.foldPostback(r)
	case summarySet:
		st.Chats[r.ChatID].thread(r.ThreadID).Summary = r.Summary
	case chatDeleted:
		r.gone = st.Chats[r.ChatID]
		st.deleteChat(r.gone)
	case threadDeleted:
		r.gone = st.Chats[r.ChatID]
		st.deleteThreads(r.gone, func(th *thread) bool { return th.ID == r.ThreadID })
	case threadsDeleted:
		for _, id := range sortedKeys(st.Chats) {
			st.deleteThreads(st.Chats[id], r.Sweep.takes)
		}
	case stateReset, statePart, stateRestored:
		st.foldState(r)
	case fileUploaded:
		st.foldFile(r)
	case threadTagged:
		th := st.Chats[r.ChatID].thread(r.ThreadID)
		th.Tags = append(th.Tags, r.Tag)
	case customerImported, chatImported, eventsImported, seedImported:
		st.foldImport(r)
	case threadUntagged:
		th := st.Chats[r.ChatID].thread(r.ThreadID)
		th.Tags = remove(th.Tags, r.Tag)
	}
}

func (st *state) foldThreadOpened(r *record) {
	ch := st.Chats[r.ChatID]
	if ch == nil {
		ch = &chat{
			ID: r.ChatID, CustomerID: r.CustomerID, CreatedAt: r.Thread.CreatedAt, Properties: properties{}, Members: []*member{},
		}
		st.Chats[ch.ID] = ch
		if c := st.Customers[r.CustomerID]; c != nil {
			ch.Members = append(ch.Members, &member{ID: c.ID, Type: "customer", Visibility: "all"})
			c.ChatIDs = append(c.ChatIDs, ch.ID)
		}
	}
	ch.Followers = nil
	th := r.Thread
	ch.Groups = th.Groups
	ch.Properties.merge(r.Properties)
	ch.Threads = append(ch.Threads, th)
	st.use(1, th.Events...)
	c := st.Customers[ch.CustomerID] // nil in a chat of agents alone
	th.UserIDs = []string{}
	if c != nil {
		c.Threads++
		ch.member(c.ID).Present = true
		th.UserIDs = append(th.UserIDs, c.ID)
	}
	for _, id := range r.AgentIDs {
		ch.join(id, "all")
		if !th.Active {
			ch.member(id).Present = false
		}
	}
	if th.Active {
		st.Active = append(st.Active, ch.ID)
		if !th.QueuedAt.IsZero() {
			st.Queue = append(st.Queue, ch.ID)
		}
	}
	if last := ch.lastEvent(); last != nil {
		ch.seen(r.By, last.CreatedAt)
	}
	if c != nil && len(th.Events) > 0 {
		if r.By == c.ID {
			c.LastEventAt = r.At
		} else {
			c.AgentLastEventAt = r.At
		}
	}
}

func remove(list []string, s string) []string {
	return slices.DeleteFunc(list, func(x string) bool { return x == s })
}
