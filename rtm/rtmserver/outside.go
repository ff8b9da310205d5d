package rtmserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// What follows is done to an organization from outside of the protocol: in the
// vendor's configuration and privacy tools, for which there is no method.

// An Announcement is a push about something that this server does not keep.
type Announcement struct {
	// Action is a push of the group configuration such as tag_created, which goes
	// to all agents; ticket_created or ticket_deleted, which go to the agents who
	// know of the customer; or incoming_multicast.
	Action string

	// Payload is what the push carries.
	Payload any

	// Customers are the recipients of an incoming_multicast. Empty means all
	// agents.
	Customers []string
}

// Announce pushes an announcement to those of an organization who are connected.
// It fails when the protocol has no such push, a method causes it, or the payload
// lacks a member that it needs.
func (s *Server) Announce(organization string, a Announcement) error {
	return s.outside(organization, func(o *org, em *emission) error {
		api := agentSide.api()
		if len(a.Customers) > 0 {
			api = customerSide.api()
		}
		p := api.Push(a.Action)
		multicast := a.Action == "incoming_multicast"
		ticket := a.Action == "ticket_created" || a.Action == "ticket_deleted"
		if p == nil || !multicast && !ticket && (p.Group != "configuration" || a.Action == "groups_status_updated") || len(a.Customers) > 0 && !multicast {
			return fmt.Errorf("rtmserver: announce: %q is no push that can be announced", a.Action)
		}
		data, err := json.Marshal(a.Payload)
		if err != nil {
			return fmt.Errorf("rtmserver: announce: %s: %w", a.Action, err)
		}
		var payload params
		if p.Payload.Payload() == nil || ticket {
			if err := decodeNumbers(data, &payload); err != nil {
				return fmt.Errorf("rtmserver: announce: %s: the payload must be an object", a.Action)
			}
			for _, f := range p.Payload {
				if f.Required && payload[f.Name] == nil {
					return fmt.Errorf("rtmserver: announce: %s: the payload needs %s", a.Action, f.Name)
				}
			}
		}
		body := json.RawMessage(data)
		switch {
		case ticket:
			id := payload.str("customer_id")
			if o.st.Customers[id] == nil {
				return fmt.Errorf("rtmserver: announce: %s: there is no customer %q", a.Action, id)
			}
			em.trackers(id, a.Action, body)
		case len(a.Customers) > 0:
			for _, id := range a.Customers {
				em.customer(id, a.Action, body)
			}
		default:
			em.agents(func(*Agent) bool { return true }, a.Action, body)
		}
		return nil
	})
}

// DeleteChat deletes a chat with all its threads.
func (s *Server) DeleteChat(organization, chatID string) error {
	return s.outside(organization, func(o *org, em *emission) error {
		if o.st.Chats[chatID] == nil {
			return fmt.Errorf("rtmserver: there is no chat %q", chatID)
		}
		return o.commit(em, &record{Kind: chatDeleted, ChatID: chatID})
	})
}

// DeleteThread deletes a closed thread. The only thread of a chat goes with its
// chat.
func (s *Server) DeleteThread(organization, chatID, threadID string) error {
	return s.outside(organization, func(o *org, em *emission) error {
		ch := o.st.Chats[chatID]
		if ch == nil || ch.thread(threadID) == nil {
			return fmt.Errorf("rtmserver: there is no thread %q in chat %q", threadID, chatID)
		}
		if ch.thread(threadID).Active {
			return fmt.Errorf("rtmserver: thread %q is active", threadID)
		}
		return o.commit(em, &record{Kind: threadDeleted, ChatID: chatID, ThreadID: threadID})
	})
}

// A Sweep says which threads to delete: the closed ones that were created in a
// range of time, have a tag, or both. Zero values stand for any.
type Sweep struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	Tag  string    `json:"tag,omitempty"`
}

// DeleteThreads deletes the threads of a sweep.
func (s *Server) DeleteThreads(organization string, sweep Sweep) error {
	return s.outside(organization, func(o *org, em *emission) error {
		if sweep == (Sweep{}) {
			return errors.New("rtmserver: a sweep needs a range of time or a tag")
		}
		return o.commit(em, &record{Kind: threadsDeleted, Sweep: &sweep})
	})
}

func (s *Sweep) takes(th *thread) bool {
	return !th.Active && (s.From.IsZero() || !th.CreatedAt.Before(s.From)) && (s.To.IsZero() || !th.CreatedAt.After(s.To)) &&
		(s.Tag == "" || slices.Contains(th.Tags, s.Tag))
}

func (s *Sweep) view() obj {
	v := obj{}
	if !s.From.IsZero() {
		v["date_from"] = stamp(s.From)
	}
	if !s.To.IsZero() {
		v["date_to"] = stamp(s.To)
	}
	if s.Tag != "" {
		v["tag"] = s.Tag
	}
	return v
}

// outside runs a change that no connection asked for.
func (s *Server) outside(organization string, fn func(*org, *emission) error) error {
	o := s.orgs[organization]
	if o == nil {
		return fmt.Errorf("rtmserver: there is no organization %q", organization)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	em := &emission{org: o, spread: true}
	err := o.try(func() error { return fn(o, em) })
	em.flush()
	o.settleSafely()
	return err
}

func (st *state) deleteChat(ch *chat) {
	delete(st.Chats, ch.ID)
	for _, th := range ch.Threads {
		st.use(-1, th.Events...)
	}
	st.Active, st.Queue = remove(st.Active, ch.ID), remove(st.Queue, ch.ID)
	if c := st.Customers[ch.CustomerID]; c != nil {
		c.ChatIDs = remove(c.ChatIDs, ch.ID)
	}
}

// deleteThreads deletes threads of a chat, and the chat with its last one.
func (st *state) deleteThreads(ch *chat, which func(*thread) bool) {
	if left := slices.DeleteFunc(slices.Clone(ch.Threads), which); len(left) > 0 {
		for _, th := range ch.Threads {
			if which(th) {
				st.use(-1, th.Events...)
			}
		}
		ch.Threads = left
	} else {
		st.deleteChat(ch)
	}
}
