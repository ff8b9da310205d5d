package rtmserver

import (
	"encoding/json"
	"mime"
	"path"
	"slices"
	"strconv"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// An event is an item of a thread.
type event struct {
	ID         string     `json:"id"`
	CreatedAt  time.Time  `json:"created_at"`
	Type       string     `json:"type"`
	AuthorID   string     `json:"author_id,omitempty"` // empty on system messages
	CustomID   string     `json:"custom_id,omitempty"`
	Visibility string     `json:"visibility"` // all or agents
	Properties properties `json:"properties"`
	Body       body       `json:"body"`
	Files      []string   `json:"files,omitempty"` // those whose addresses the body has
	Deleted    bool       `json:"deleted,omitempty"`
}

// visibleTo reports whether a side may see the event at all.
func (e *event) visibleTo(side side) bool {
	return side == agentSide || e.Visibility == "all" && !e.Deleted
}

// common are the members of an event that are no part of its body.
var common = []string{"id", "created_at", "type", "author_id", "custom_id", "visibility", "recipients", "properties", "deleted"}

// newEvent makes an event of an EventInput. It is not in the thread yet.
func (c *call) newEvent(in eventInput, th *thread, where string) (*event, error) {
	e := &event{
		ID: th.nextEventID(), CreatedAt: c.org.now(), Type: in.typ, AuthorID: c.user(), CustomID: in.customID,
		Visibility: "all", Properties: properties{}, Body: in.body(c.conn.side),
	}
	if err := c.writable(inEvent, in.properties, where+".properties"); err != nil {
		return nil, err
	}
	e.Properties.merge(in.properties)
	// The two sides have their own word for it; customers are known to send both.
	switch {
	case in.visibility == "all" || in.visibility == "agents" && c.conn.side == agentSide:
		e.Visibility = in.visibility
	case in.recipients == "all" || in.recipients == "agents":
		e.Visibility = in.recipients
	}
	switch e.Type {
	case "system_message":
		e.AuthorID = ""
		if c.conn.side == agentSide && in.visibility == "" {
			e.Visibility = "agents" // the default when an agent sends one
		}
	case "filled_form":
		if typ := c.org.formType(e.Body.str("form_id")); typ != "" {
			e.Body = e.Body.with("form_type", typ)
		}
	case "rich_message":
		e.fill(clearToggles)
	case "file":
		if err := c.org.attach(c.em, e, where); err != nil {
			return nil, err
		}
	}
	e.Files = c.org.usedFiles(e.Body)
	return e, nil
}

func contentType(name string) string {
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// eventID is the id of the n-th event of the thread, from 1.
func (th *thread) eventID(n int) string {
	var room [32]byte
	return string(strconv.AppendInt(append(append(room[:0], th.ID...), '_'), int64(n), 10))
}

func (th *thread) nextEventID() string { return th.eventID(len(th.Events) + 1) }

// event returns the event of that id, nil when the thread has none such.
func (th *thread) event(id string) *event {
	for _, e := range th.Events {
		if e.ID == id {
			return e
		}
	}
	return nil
}

// event returns an event of a thread that the requester may see.
func (c *call) event(th *thread, id string) (*event, error) {
	e := th.event(id)
	if e == nil || !e.visibleTo(c.conn.side) {
		return nil, fail("not_found", "payload.event_id: thread %s has no event %s", th.ID, quote(id))
	}
	return e, nil
}

func eventIDs(events []*event) []string {
	var ids []string
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	return ids
}

// systemMessage makes a system message of the catalogue with its text filled in.
func (o *org) systemMessage(th *thread, typ string, vars map[string]string) *event {
	body := map[string]any{"system_message_type": typ, "text": catalogue.Agent().SystemMessage(typ).Fill(vars)}
	if len(vars) > 0 {
		body["text_vars"] = vars
	}
	return &event{ID: th.nextEventID(), CreatedAt: o.now(), Type: "system_message", Visibility: "all", Properties: properties{}, Body: newBody(body)}
}

// sendEvent is send_event of both APIs. It is called more often than all others, so
// it reads the payload by itself.
func sendEvent(c *call) (any, error) {
	var chatID string
	var in eventInput
	attach := false
	d := wire.NewDecoder(c.request.raw)
	for more := d.Object() && d.Next(); more; more = d.Next() {
		switch string(d.Name()) {
		case "chat_id":
			chatID = d.String()
		case "event":
			in = readEventInput(&d)
		case "attach_to_last_thread":
			attach = d.Bool()
		default:
			d.Skip()
		}
	}
	ch, err := c.chat(chatID)
	if err != nil {
		return nil, err
	}
	th := ch.last()
	if !th.Active && (c.conn.side == agentSide || !attach) {
		return nil, failAs(c.conn.catalogue, "chat_inactive")
	}
	e, err := c.newEvent(in, th, "payload.event")
	if err != nil {
		return nil, err
	}
	if c.conn.side == agentSide {
		m := ch.member(c.user())
		if m == nil || !m.Present {
			return nil, fail("authorization", "agent %s is not a user of chat %s: only its users can write in it", c.user(), ch.ID)
		}
		if m.Visibility == "agents" && e.Visibility == "all" {
			return nil, fail("authorization", "agent %s supervises chat %s: it can send events with visibility agents only", c.user(), ch.ID)
		}
	}
	return json.RawMessage(`{"event_id":"` + e.ID + `"}`), c.commit(&record{Kind: eventAdded, By: c.user(), ChatID: ch.ID, ThreadID: th.ID, Event: e})
}

// markEventsAsSeen is mark_events_as_seen of both APIs. The mark never moves
// back; a mark that is older than the one in force changes nothing.
func markEventsAsSeen(c *call) (any, error) {
	ch, err := c.chat(c.payload.str("chat_id"))
	if err != nil {
		return nil, err
	}
	at, _ := c.payload.time("seen_up_to")
	if at.After(c.org.now()) {
		return nil, invalid("payload.seen_up_to: must not be in the future")
	}
	m := ch.member(c.user())
	if m == nil || !at.After(m.SeenUpTo) {
		return obj{}, nil
	}
	return obj{}, c.org.commit(c.em, &record{Kind: eventsSeen, ChatID: ch.ID, UserID: c.user(), SeenUpTo: at})
}

// sendSneakPeek is send_sneak_peek of the Customer API. Nothing is kept.
func sendSneakPeek(c *call) (any, error) {
	ch, err := c.chat(c.payload.str("chat_id"))
	if err != nil {
		return nil, err
	}
	if !ch.active() {
		return nil, failAs(c.conn.catalogue, "chat_inactive")
	}
	c.em.members(ch, "incoming_sneak_peek", obj{
		"chat_id": ch.ID, "thread_id": ch.last().ID,
		"sneak_peek": obj{"author_id": c.user(), "text": c.payload.str("sneak_peek_text"), "timestamp": c.org.now().Unix()},
	})
	return obj{}, nil
}

// sendTypingIndicator is send_typing_indicator of the Agent API. Nothing is
// kept, and the author itself gets no push.
func sendTypingIndicator(c *call) (any, error) {
	ch, err := c.chat(c.payload.str("chat_id"))
	if err != nil {
		return nil, err
	}
	if !ch.active() {
		return nil, failAs(c.conn.catalogue, "chat_inactive")
	}
	visibility := c.payload.str("visibility")
	if visibility == "" {
		visibility = "all"
	}
	push := func(side side) obj {
		ind := obj{"author_id": c.org.userID(side, c.user()), "timestamp": c.org.now().Unix(), "is_typing": c.payload.boolOr("is_typing", false)}
		if side == agentSide {
			ind["visibility"] = visibility
		} else {
			ind["recipients"] = visibility
		}
		return obj{"chat_id": ch.ID, "thread_id": ch.last().ID, "typing_indicator": ind}
	}
	c.em.agents(func(a *Agent) bool { return a.ID != c.user() && c.org.follows(a, ch) }, "incoming_typing_indicator", push(agentSide))
	if m := ch.member(c.user()); visibility == "all" && (m == nil || m.Visibility == "all") {
		c.em.customer(ch.CustomerID, "incoming_typing_indicator", push(customerSide))
	}
	return obj{}, nil
}

// deletable are the types of events that a customer can delete: what it answered
// in a form stays.
var deletable = []string{"message", "file", "custom"}

// deleteEvent is delete_event of the Customer API.
func deleteEvent(c *call) (any, error) {
	ch, th, err := c.threadOf()
	if err != nil {
		return nil, err
	}
	e, err := c.event(th, c.payload.str("event_id"))
	if err != nil {
		return nil, err
	}
	if e.AuthorID != c.user() {
		return nil, fail("authorization", "payload.event_id: event %s was not written by this customer", e.ID)
	}
	if !slices.Contains(deletable, e.Type) {
		return nil, fail("not_allowed", "payload.event_id: an event of type %s cannot be deleted", e.Type)
	}
	return obj{}, c.org.commit(c.em, &record{Kind: eventDeleted, By: c.user(), ChatID: ch.ID, ThreadID: th.ID, EventID: e.ID})
}

// eventView renders an event: Event of either API. The agent is who reads it;
// nil for customers, and where no agent is known.
func (o *org) eventView(side side, a *Agent, e *event) json.RawMessage {
	return o.appendEvent(make([]byte, 0, viewBytes+len(e.Body)), side, a, e)
}

const viewBytes = 256 // of an event's view or push, beside the body

// appendEvent appends the view of an event.
func (o *org) appendEvent(v []byte, side side, a *Agent, e *event) []byte {
	text := func(name, s string) {
		v = append(append(append(v, ',', '"'), name...), '"', ':')
		v = wire.AppendString(v, s)
	}
	v = wire.AppendString(append(v, `{"id":`...), e.ID)
	v = wire.AppendTime(append(v, `,"created_at":`...), e.CreatedAt)
	text("type", e.Type)
	withheld := e.Deleted && (a == nil || !a.manages()) // of a deleted event, agents get the husk
	if !withheld {
		shown := e.Body
		if side == customerSide && e.Type == "rich_message" {
			shown = shown.with("elements", o.customerElements(shown.members()))
		}
		v = shown.appendTo(v)
	}
	if e.Deleted {
		v = append(v, `,"deleted":true`...)
	}
	if e.AuthorID != "" {
		text("author_id", o.userID(side, e.AuthorID))
	}
	if e.CustomID != "" {
		text("custom_id", e.CustomID)
	}
	if props := o.readable(side, inEvent, e.Properties); len(props) > 0 && !withheld {
		v = appendJSON(append(v, `,"properties":`...), props)
	}
	if side == agentSide {
		text("visibility", e.Visibility)
	}
	return append(v, '}')
}

// eventPush is the payload of incoming_event and event_updated.
func (o *org) eventPush(side side, ch *chat, thread string, e *event) json.RawMessage {
	v := make([]byte, 0, viewBytes+len(e.Body)+len(`{"chat_id":"","thread_id":"","event":}`)+len(ch.ID)+len(thread))
	v = wire.AppendString(append(v, `{"chat_id":`...), ch.ID)
	v = wire.AppendString(append(v, `,"thread_id":`...), thread)
	v = o.appendEvent(append(v, `,"event":`...), side, nil, e)
	return append(v, '}')
}
