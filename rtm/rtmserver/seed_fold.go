package rtmserver

import (
	"slices"
	"time"
)

// foldImport applies a record of an import.
func (st *state) foldImport(r *record) {
	st.Import = importing
	switch r.Kind {
	case customerImported:
		st.Customers[r.CustomerID] = r.Customer
	case chatImported:
		ch := r.Chat
		st.Chats[ch.ID] = ch
		if c := st.Customers[ch.CustomerID]; c != nil {
			c.ChatIDs = append(c.ChatIDs, ch.ID)
		}
		if !ch.active() {
			return
		}
		st.Active = st.insert(st.Active, ch.ID, func(ch *chat) time.Time { return ch.last().CreatedAt })
		if !ch.last().QueuedAt.IsZero() {
			st.Queue = st.insert(st.Queue, ch.ID, func(ch *chat) time.Time { return ch.last().QueuedAt })
		}
	case eventsImported:
		th := st.Chats[r.ChatID].thread(r.ThreadID)
		th.Events = append(th.Events, r.Events...)
	case seedImported:
		st.Import = imported
	}
}

// insert puts a chat into a list that a time orders.
func (st *state) insert(list []string, id string, by func(*chat) time.Time) []string {
	i, _ := slices.BinarySearchFunc(list, by(st.Chats[id]), func(x string, t time.Time) int {
		if by(st.Chats[x]).After(t) {
			return 1
		}
		return -1 // those of the same time stay before
	})
	return slices.Insert(list, i, id)
}
