package model_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// The state as a screen decodes it.
type (
	state struct {
		Connection connection `json:"connection"`
		Me         *me        `json:"me"`

		Availability json.RawMessage `json:"availability"`
		Greeting     json.RawMessage `json:"greeting"`
		Form         json.RawMessage `json:"form"`
		Error        *failure        `json:"error"`

		Chats []*chat `json:"chats"`
	}
	connection struct {
		State    string     `json:"state"`
		Stale    bool       `json:"stale,omitempty"`
		Unstable bool       `json:"unstable,omitempty"`
		Reason   string     `json:"reason,omitempty"`
		RetryAt  *time.Time `json:"retry_at,omitempty"`
	}
	me struct {
		ID   string `json:"id"`
		Type string `json:"type"`
		Name string `json:"name"`
	}
	chat struct {
		ID        string `json:"id"`
		ThreadID  string `json:"thread_id"`
		Active    bool   `json:"active"`
		Queue     *queue `json:"queue,omitempty"`
		Users     []user `json:"users"`
		Unread    int    `json:"unread"`
		Loaded    bool   `json:"loaded"`
		UpdatedAt string `json:"updated_at"`

		More    bool            `json:"more"`
		Loading bool            `json:"loading,omitempty"`
		Rating  json.RawMessage `json:"rating,omitempty"`
		Error   *failure        `json:"error,omitempty"`

		Timeline []item `json:"timeline"`
	}
	queue struct {
		Position int `json:"position"`
		WaitTime int `json:"wait_time"`
	}
	user struct {
		ID             string    `json:"id"`
		Type           string    `json:"type"`
		Name           string    `json:"name"`
		Avatar         string    `json:"avatar,omitempty"`
		Present        bool      `json:"present"`
		Typing         bool      `json:"typing"`
		SneakPeek      string    `json:"sneak_peek,omitempty"`
		EventsSeenUpTo string    `json:"events_seen_up_to,omitempty"`
		Thinking       *thinking `json:"thinking,omitempty"`
	}
	thinking struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	}
	failure struct {
		Act     string `json:"act"`
		Type    string `json:"type"`
		Message string `json:"message"`
	}
	item struct {
		Key      string          `json:"key"`
		State    string          `json:"state"`
		Error    *wireError      `json:"error,omitempty"`
		ThreadID string          `json:"thread_id"`
		Event    json.RawMessage `json:"event"`

		Recovered   bool    `json:"recovered,omitempty"`
		Deleted     bool    `json:"deleted,omitempty"`
		Updated     bool    `json:"updated,omitempty"`
		Unconfirmed bool    `json:"unconfirmed,omitempty"`
		Upload      *upload `json:"upload,omitempty"`
	}
	upload struct {
		Sent int64 `json:"sent"`
		Size int64 `json:"size"`
	}
	wireError struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	}
)

// mirror follows a model by its patches alone.
type mirror struct{ state }

type op struct {
	Op         string     `json:"op"`
	State      *state     `json:"state"`
	Connection connection `json:"connection"`
	Me         *me        `json:"me"`
	Chat       *chat      `json:"chat"`
	ChatID     string     `json:"chat_id"`
	Key        string     `json:"key"`
	Index      int        `json:"index"`
	Item       item       `json:"item"`

	Availability json.RawMessage `json:"availability"`
	Greeting     json.RawMessage `json:"greeting"`
	Form         json.RawMessage `json:"form"`
	Error        *failure        `json:"error"`
}

func (m *mirror) chat(id string) *chat {
	if i := slices.IndexFunc(m.Chats, func(c *chat) bool { return c.ID == id }); i >= 0 {
		return m.Chats[i]
	}
	return nil
}

// apply does what the package comment of model says about each op.
func (m *mirror) apply(patch []byte) error {
	var ops []op
	if err := json.Unmarshal(patch, &ops); err != nil {
		return fmt.Errorf("patch: %w: %s", err, patch)
	}
	for _, o := range ops {
		c := m.chat(o.ChatID)
		if (o.Op == "put" || o.Op == "remove") && c == nil {
			return fmt.Errorf("%s in unknown chat %q", o.Op, o.ChatID)
		}
		switch o.Op {
		case "reset":
			m.state = *o.State
		case "connection":
			m.Connection = o.Connection
		case "me":
			m.Me = o.Me
		case "availability":
			m.Availability = o.Availability
		case "greeting":
			m.Greeting = o.Greeting
		case "form":
			m.Form = o.Form
		case "error":
			m.Error = o.Error
		case "chat":
			o.Chat.Timeline = []item{}
			if old := m.chat(o.Chat.ID); old != nil {
				o.Chat.Timeline = old.Timeline
				*old = *o.Chat
			} else {
				m.Chats = append(m.Chats, o.Chat)
			}
		case "put":
			c.remove(o.Key)
			if o.Index < 0 || o.Index > len(c.Timeline) {
				return fmt.Errorf("put at %d of %d", o.Index, len(c.Timeline))
			}
			c.Timeline = slices.Insert(c.Timeline, o.Index, o.Item)
		case "remove":
			c.remove(o.Key)
		case "drop":
			m.Chats = slices.DeleteFunc(m.Chats, func(c *chat) bool { return c.ID == o.ChatID })
		default:
			return fmt.Errorf("unknown op %q", o.Op)
		}
	}
	slices.SortFunc(m.Chats, func(a, b *chat) int {
		return cmp.Or(cmp.Compare(b.UpdatedAt, a.UpdatedAt), cmp.Compare(a.ID, b.ID))
	})
	return nil
}

func (c *chat) remove(key string) {
	c.Timeline = slices.DeleteFunc(c.Timeline, func(it item) bool { return it.Key == key })
}

// same compares the mirror with a snapshot.
func (m *mirror) same(snapshot []byte) error {
	var want state
	if err := json.Unmarshal(snapshot, &want); err != nil {
		return fmt.Errorf("snapshot: %w: %s", err, snapshot)
	}
	have, err := json.Marshal(m.state)
	if err != nil {
		return err
	}
	again, err := json.Marshal(want)
	if err != nil {
		return err
	}
	if string(have) != string(again) {
		return fmt.Errorf("mirror and snapshot differ\nmirror   %s\nsnapshot %s", have, again)
	}
	return nil
}
