package model

import "github.com/rtmwidget/rtmwidget/rtm/internal/wire"

// user is a customer or an agent as one chat has it.
type user struct {
	id, kind, name, avatar string
	present, typing        bool
	sneakPeek              string
	thinking               *thinking
	seen                   int64 // events_seen_up_to in microseconds, 0 when never
}

// thinking is what is told about an answer in the making.
type thinking struct{ title, description string }

// user returns the chat's user, nil when there is none. The pointer is good
// until the next user is added.
func (c *chat) user(id string) *user {
	for i := range c.users {
		if c.users[i].id == id {
			return &c.users[i]
		}
	}
	return nil
}

// setUsers takes the whole list of a chat's users. Who is not in it any more
// stays as absent: the timeline still needs the name.
func (m *Model) setUsers(c *chat, list []byte) {
	if len(list) == 0 || list[0] != '[' {
		return
	}
	for i := range c.users {
		c.users[i].present = false
	}
	for raw := range wire.Elements(list) {
		m.setUser(c, raw)
	}
}

// setUser adds or updates one user from a User object and returns it, nil when
// it has no id.
func (m *Model) setUser(c *chat, raw []byte) *user {
	id := wire.Str(raw, "id")
	if id == "" {
		m.stats.Ignored++
		return nil
	}
	u := c.user(id)
	if u == nil {
		c.users = append(c.users, user{id: id})
		u = &c.users[len(c.users)-1]
	}
	u.update(raw)
	u.present, _ = wire.Bool(wire.Get(raw, "present"))
	u.seen = max(u.seen, micros(wire.Get(raw, "events_seen_up_to")))
	if id == m.me.id {
		c.seen = max(c.seen, u.seen)
	}
	c.dirty = true
	return u
}

// update takes the members that customer_updated may carry; absent ones stay.
func (u *user) update(raw []byte) {
	if s, ok := wire.String(wire.Get(raw, "type")); ok {
		u.kind = s
	}
	if s, ok := wire.String(wire.Get(raw, "name")); ok {
		u.name = s
	}
	if s, ok := wire.String(wire.Get(raw, "avatar")); ok {
		u.avatar = s
	}
}
