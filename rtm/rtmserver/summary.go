package rtmserver

import (
	"encoding/json"
	"time"
)

// A summary is what is kept of a thread's AI summary.
type summary struct {
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

func (s *summary) view() obj {
	return obj{"status": "ok", "text": s.Text, "updated_at": stamp(s.At)}
}

// requestThreadSummary is request_thread_summary of the Agent API. There is no AI
// here: the text is the seed's, and without one the job fails.
func requestThreadSummary(c *call) (any, error) {
	o := c.org
	ch, th, err := c.threadOf()
	if err != nil {
		return nil, err
	}
	if th.Summary != nil && !th.Active {
		return nil, invalid("payload.thread_id: thread %s is closed and has a summary already", th.ID)
	}
	text := o.seed.ThreadSummary
	if text == "" {
		c.em.send(c.sockets(), "incoming_error", obj{"action": "set_thread_summary", "chat_id": ch.ID, "thread_id": th.ID})
		return obj{}, nil
	}
	if !th.Active {
		return obj{}, o.commit(c.em, &record{Kind: summarySet, By: c.user(), ChatID: ch.ID, ThreadID: th.ID, Summary: &summary{Text: text, At: o.now()}})
	}
	details, err := json.Marshal(obj{"summary": obj{"text": text, "status": "ok"}, "requested_by": c.user()})
	if err != nil {
		return nil, err
	}
	e := &event{
		ID: th.nextEventID(), CreatedAt: o.now(), Type: "system", Visibility: "agents", Properties: properties{},
		Body: newBody(obj{"source": "messaging", "subtype": "summary", "version": 1, "details": string(details)}),
	}
	return obj{}, o.commit(c.em, &record{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID, Event: e})
}
