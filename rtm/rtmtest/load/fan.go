package main

import (
	"context"
	"path/filepath"
)

// fan is a measurement of fan-out.
type fan struct {
	rate float64   // frames that arrive per second
	all  latencies // until the last one has it
}

// fanOut measures how long it takes until everybody in a chat has what was sent.
func (p *plan) fanOut(ctx context.Context, kind string) (f fan, err error) {
	s, err := start(kind, p.members)
	if err != nil {
		return f, err
	}
	defer s.stop()
	sender, members, out, err := audience(s, kind, p.members)
	if err != nil {
		return f, err
	}
	got := make(chan error, len(members))
	for _, m := range members {
		go func() {
			for {
				var err error
				if kind == "echo" {
					_, err = m.next()
				} else {
					err = m.waitEvent()
				}
				if got <- err; err != nil {
					return
				}
			}
		}()
	}
	go func() { // the sender's own copies and the responses are of no interest
		for {
			if _, err := sender.next(); err != nil {
				return
			}
		}
	}()
	once := func() error {
		if _, err := sender.Write(out); err != nil {
			return err
		}
		for range members {
			if err := <-got; err != nil {
				return err
			}
		}
		return nil
	}
	if _, err := drive(ctx, []trip{once}, p.stretch/4, 0); err != nil { // warm
		return f, err
	}
	var profiled chan error
	if p.profile != "" {
		profiled = make(chan error, 1)
		go func() { profiled <- s.profile(filepath.Join(p.profile, kind+"-fan.pprof"), p.stretch) }()
	}
	all, err := drive(ctx, []trip{once}, p.stretch, 0)
	if err != nil {
		return f, err
	}
	if profiled != nil {
		if err := <-profiled; err != nil {
			return f, err
		}
	}
	return fan{rate: float64(len(all)*len(members)) / p.stretch.Seconds(), all: percentiles(all)}, nil
}

// audience opens the sockets: the sender, those who listen, and what is sent.
func audience(s *server, kind string, n int) (sender *client, members []*client, out []byte, err error) {
	if kind == "echo" {
		for range n + 1 {
			m, err := dial(s.addr, "/fan")
			if err == nil {
				_, err = m.next() // it is ready
			}
			if err != nil {
				return nil, nil, nil, err
			}
			members = append(members, m)
		}
		return members[n], members[:n], sendEvent("PJ0MRSHTDG"), nil
	}
	for i := range n {
		m, err := loginAgent(s, i)
		if err != nil {
			return nil, nil, nil, err
		}
		members = append(members, m)
	}
	sender, chatID, err := startChat(s)
	if err != nil {
		return nil, nil, nil, err
	}
	for i := 1; i < n; i++ {
		_, err := members[0].call("add_user_to_chat", map[string]any{
			"chat_id": chatID, "user_id": agentID(i), "user_type": "agent", "visibility": "all",
		})
		if err != nil {
			return nil, nil, nil, err
		}
	}
	// What the joining caused is read before the measurement begins.
	for _, m := range members {
		if _, err := m.call("list_chats", map[string]any{"limit": 1}); err != nil {
			return nil, nil, nil, err
		}
	}
	return sender, members, sendEvent(chatID), nil
}
