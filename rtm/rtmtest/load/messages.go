package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// messages is a measurement of round trips.
type messages struct {
	rate    float64       // round trips per second at full load
	cpu     time.Duration // of the server, for a round trip
	clients time.Duration // the same of the clients
	full    latencies
	half    latencies
}

type latencies struct{ p50, p99 time.Duration }

func percentiles(all []time.Duration) latencies {
	slices.Sort(all)
	if len(all) == 0 {
		return latencies{}
	}
	return latencies{all[len(all)/2], all[len(all)*99/100]}
}

const text = "Hello there, how can I help you today? It is about the blue kite of last week."

// A trip sends what was made before and waits until it came back.
type trip func() error

// roundTrips measures one kind of server at full load, then at half of that.
func (p *plan) roundTrips(ctx context.Context, kind string) (m messages, err error) {
	s, err := start(kind, p.pairs)
	if err != nil {
		return m, err
	}
	defer s.stop()
	var trips []trip
	if kind == "echo" {
		trips, err = echoTrips(s, p.pairs)
	} else {
		trips, err = chatTrips(s, p.pairs)
	}
	if err != nil {
		return m, err
	}
	if _, err := drive(ctx, trips, p.stretch/4, 0); err != nil { // warm
		return m, err
	}
	var profiled chan error
	if p.profile != "" {
		profiled = make(chan error, 1)
		go func() { profiled <- s.profile(filepath.Join(p.profile, kind+".pprof"), p.stretch) }()
	}
	server, clients := s.cpu()
	all, err := drive(ctx, trips, p.stretch, 0)
	if err != nil {
		return m, err
	}
	if profiled != nil {
		if err := <-profiled; err != nil {
			return m, err
		}
	}
	m.rate = float64(len(all)) / p.stretch.Seconds()
	m.cpu, m.clients = s.cpu()
	m.cpu = (m.cpu - server) / time.Duration(max(1, len(all)))
	m.clients = (m.clients - clients) / time.Duration(max(1, len(all)))
	m.full = percentiles(all)
	if all, err = drive(ctx, trips, p.stretch, m.rate/2); err != nil {
		return m, err
	}
	m.half = percentiles(all)
	return m, nil
}

// drive makes trips for a while, one at a time on each: one after the other, or at
// a rate that all have together. The times count from when a trip was due, so that
// one which is late makes those behind it late.
func drive(ctx context.Context, trips []trip, stretch time.Duration, rate float64) ([]time.Duration, error) {
	var mu sync.Mutex
	var all []time.Duration
	var errs error
	var wg sync.WaitGroup
	begin := time.Now()
	end := begin.Add(stretch)
	for i, trip := range trips {
		due, every := begin, time.Duration(0)
		if rate > 0 {
			every = time.Duration(float64(len(trips)) / rate * float64(time.Second))
			due = begin.Add(every * time.Duration(i) / time.Duration(len(trips)))
		}
		wg.Go(func() {
			var mine []time.Duration
			var err error
			for due.Before(end) && err == nil && ctx.Err() == nil {
				if rate > 0 {
					time.Sleep(time.Until(due))
				}
				if err = trip(); err != nil {
					break
				}
				now := time.Now()
				mine = append(mine, now.Sub(due))
				if due = due.Add(every); rate == 0 {
					due = now
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			errs = errors.Join(errs, err)
		})
	}
	wg.Wait()
	if errs == nil {
		errs = ctx.Err()
	}
	return all, errs
}

// echoTrips are of frames of the same size as those of the chats.
func echoTrips(s *server, n int) ([]trip, error) {
	var trips []trip
	for range n {
		c, err := dial(s.addr, "/echo")
		if err != nil {
			return nil, err
		}
		out := sendEvent("PJ0MRSHTDG")
		trips = append(trips, func() error {
			if _, err := c.Write(out); err != nil {
				return err
			}
			_, err := c.next()
			return err
		})
	}
	return trips, nil
}

func sendEvent(chatID string) []byte {
	return request("send_event", map[string]any{"chat_id": chatID, "event": map[string]any{"type": "message", "text": text}})
}

// chatTrips are of customers with a chat and an agent each. The agents answer by
// themselves.
func chatTrips(s *server, n int) ([]trip, error) {
	agents := make([]*client, n)
	for i := range agents {
		var err error
		if agents[i], err = loginAgent(s, i); err != nil {
			return nil, err
		}
	}
	var trips []trip
	for i := range n {
		customer, chatID, err := startChat(s)
		if err != nil {
			return nil, err
		}
		// The agent with the fewest chats gets it, and of those the first.
		go answer(agents[i], sendEvent(chatID))
		out := sendEvent(chatID)
		trips = append(trips, func() error {
			if _, err := customer.Write(out); err != nil {
				return err
			}
			return customer.waitEvent()
		})
	}
	return trips, nil
}

// waitEvent reads up to the next event that another client sent.
func (c *client) waitEvent() error {
	for {
		body, err := c.next()
		if err != nil {
			return err
		}
		if here, err := fromOther(body); here || err != nil {
			return err
		}
	}
}

// answer answers each event of a customer until the socket ends. A customer whose
// agent fails waits in vain, which ends the measurement with its socket.
func answer(agent *client, reply []byte) {
	for agent.waitEvent() == nil {
		if _, err := agent.Write(reply); err != nil {
			return
		}
	}
	agent.Close()
}

func loginAgent(s *server, i int) (*client, error) {
	c, err := dial(s.addr, "/v3.6/agent/rtm/ws")
	if err != nil {
		return nil, err
	}
	_, err = c.call("login", map[string]any{"token": "Bearer dal:" + agentID(i)})
	return c, err
}

// startChat logs a new customer in and starts its chat.
func startChat(s *server) (*client, string, error) {
	c, err := loginCustomer(s)
	if err != nil {
		return nil, "", err
	}
	got, err := c.call("start_chat", map[string]any{"chat": map[string]any{}})
	if err != nil {
		return nil, "", err
	}
	return c, got["chat_id"].(string), nil
}

func loginCustomer(s *server) (*client, error) {
	const grant = `{"grant_type":"cookie","client_id":"load","organization_id":"` + organization + `","response_type":"token"}`
	res, err := http.Post("http://"+s.addr+"/v2/customer/token", "application/json", strings.NewReader(grant))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body.Bytes(), &token); err != nil || token.AccessToken == "" {
		return nil, fmt.Errorf("no token: %s", body.Bytes())
	}
	c, err := dial(s.addr, "/v3.6/customer/rtm/ws?organization_id="+organization)
	if err != nil {
		return nil, err
	}
	_, err = c.call("login", map[string]any{"token": "Bearer " + token.AccessToken})
	return c, err
}
