package rtmserver

import "encoding/json"

// A relayed push is one that is not in the log, on its way to other nodes. It
// names one kind of recipient.
type relayed struct {
	Node     string          `json:"node"`               // that sends it
	Customer string          `json:"customer,omitempty"` // all connections of the customer
	Agents   []string        `json:"agents,omitempty"`   // all connections of the agents
	Tracked  string          `json:"tracked,omitempty"`  // all that are to know of the customer
	Action   string          `json:"action"`
	Payload  json.RawMessage `json:"payload"`
}

// elsewhere reports whether a user is connected to another node.
func (o *org) elsewhere(all presences) bool {
	_, here := all[o.s.node]
	return len(all) > 1 || len(all) == 1 && !here
}

// relay queues a push for other nodes.
func (em *emission) relay(m relayed, payload any) {
	data, err := json.Marshal(payload)
	if err != nil {
		panic(err) // views are made of what JSON can say
	}
	m.Node, m.Payload = em.org.s.node, data
	message, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	em.out = append(em.out, outgoing{relay: message})
}

// hear passes on to the connections here what came from another node.
func (o *org) hear(em *emission, message []byte) {
	var m relayed
	if err := json.Unmarshal(message, &m); err != nil {
		o.s.opts.Logger.Error("a push of another node", "organization", o.seed.ID, "error", err)
		return
	}
	switch {
	case m.Node == o.s.node:
	case m.Customer != "":
		em.customer(m.Customer, m.Action, m.Payload)
	case m.Tracked != "":
		if o.st.Customers[m.Tracked] != nil {
			em.trackers(m.Tracked, m.Action, m.Payload)
		}
	default:
		for _, id := range m.Agents {
			if s := o.agents[id]; s != nil {
				em.send(s.conns, m.Action, m.Payload)
			}
		}
	}
}
