// Load measures what a server of package rtmserver holds, beside a bare echo of
// coder/websocket as the limit of what can be had on the machine.
//
//	go run ./rtm/rtmtest/load
//
// Each server runs in a process of its own, so that its memory and its CPU time
// are its own; the sockets are TCP over loopback. All numbers are medians of
// several rounds, in which echo and servers take turns.
//
//   - Messages: a customer sends an event, its agent gets the push and sends one
//     back, and the customer gets that push: two messages, one round trip. Each of
//     many pairs has one on its way at a time (full load), or sends by the clock at
//     half of that rate; then the time counts from when it was due. To the echo one
//     message, there and back, is a round trip.
//   - Fan-out: a customer writes to a chat that many agents are in, and goes on
//     when all of them have it. The limit is a server that writes the frame to
//     as many connections as it is.
//   - Idle: customers who are logged in and do nothing but answer pings.
//
// The client takes its share of the machine too: it sends frames that were made
// before, and looks at no more than the start of those that it gets.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

// A plan says what is measured.
type plan struct {
	bodies  []string // of the log: memory, disk
	pairs   int      // of customer and agent
	members int      // of the chat for fan-out
	idle    int      // customers
	rounds  int
	stretch time.Duration // of each measurement
	profile string        // directory for CPU profiles of the servers, "" for none
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	var p plan
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.SetOutput(stdout)
	flags.IntVar(&p.pairs, "pairs", 64, "pairs of a customer and an agent")
	flags.IntVar(&p.members, "members", 100, "agents in the chat for fan-out, 0 for no such measurement")
	flags.IntVar(&p.idle, "idle", 10_000, "idle customers, 0 for no such measurement")
	flags.IntVar(&p.rounds, "rounds", 3, "rounds, of which the median counts")
	flags.DurationVar(&p.stretch, "t", 3*time.Second, "time of each measurement")
	flags.StringVar(&p.profile, "profile", "", "`directory` for CPU profiles of the servers")
	list := flags.String("log", strings.Join(logBodies, ","), "bodies of the log")
	serve := flags.String("serve", "", "be a server of that kind: echo or a body of the log (what load starts by itself)")
	agents := flags.Int("agents", 1, "agents of that server")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *serve != "" {
		return serveKind(ctx, *serve, *agents, stdin, stdout)
	}
	p.bodies = strings.Split(*list, ",")
	for _, body := range p.bodies {
		if !slices.Contains(logBodies, body) {
			return fmt.Errorf("-log: %q is none of %s", body, strings.Join(logBodies, ", "))
		}
	}
	if p.pairs < 1 || p.rounds < 1 || p.stretch <= 0 || p.members < 0 || p.idle < 0 {
		return errors.New("-pairs, -rounds and -t must be more than 0, -members and -idle not less")
	}
	r, err := p.measure(ctx)
	if err != nil {
		return err
	}
	return r.print(stdout)
}

// measure does all that is planned.
func (p *plan) measure(ctx context.Context) (*results, error) {
	r := &results{plan: *p, messages: map[string][]messages{}, fan: map[string][]fan{}}
	kinds := append([]string{"echo"}, p.bodies...)
	for range p.rounds {
		for _, kind := range kinds {
			m, err := p.roundTrips(ctx, kind)
			if err != nil {
				return nil, fmt.Errorf("messages, %s: %w", kind, err)
			}
			r.messages[kind] = append(r.messages[kind], m)
		}
	}
	for range p.rounds {
		for _, kind := range kinds {
			if p.members == 0 {
				continue
			}
			f, err := p.fanOut(ctx, kind)
			if err != nil {
				return nil, fmt.Errorf("fan-out, %s: %w", kind, err)
			}
			r.fan[kind] = append(r.fan[kind], f)
		}
	}
	if p.idle > 0 {
		var err error
		if r.idle, err = p.idleCustomers(ctx, p.bodies[0]); err != nil {
			return nil, fmt.Errorf("idle: %w", err)
		}
	}
	return r, nil
}
