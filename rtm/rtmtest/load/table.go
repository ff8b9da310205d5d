package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// results is all that was measured.
type results struct {
	plan
	messages map[string][]messages // by kind of server, a round each
	fan      map[string][]fan
	idle     idle
}

// median of what each round gave.
func median[R any, N float64 | time.Duration](rounds []R, of func(R) N) N {
	var all []N
	for _, r := range rounds {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// print writes the table.
func (r *results) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%s, %d CPUs, shared by server and clients; medians of %d rounds of %v\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), r.rounds, r.stretch)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	kinds := append([]string{"echo"}, r.bodies...)
	line := func(what string, cell func(kind string) string) {
		fmt.Fprint(t, what)
		for _, k := range kinds {
			fmt.Fprint(t, "\t", cell(k))
		}
		fmt.Fprintln(t, "\t")
	}
	rate := func(k string) float64 { return median(r.messages[k], func(m messages) float64 { return m.rate }) }
	took := func(of func(messages) time.Duration) func(string) string {
		return func(k string) string { return us(median(r.messages[k], of)) }
	}
	line(fmt.Sprintf("%d pairs", r.pairs), func(k string) string { return k })
	line("round trips per second", func(k string) string { return fmt.Sprintf("%.0f", rate(k)) })
	line("of the echo's", func(k string) string { return fmt.Sprintf("%.2f", rate(k)/rate("echo")) })
	line("messages per second", func(k string) string { return fmt.Sprintf("%.0f", rate(k)*perTrip(k)) })
	line("of the echo's", func(k string) string { return fmt.Sprintf("%.2f", rate(k)*perTrip(k)/rate("echo")) })
	line("full load: p50", took(func(m messages) time.Duration { return m.full.p50 }))
	line("p99", took(func(m messages) time.Duration { return m.full.p99 }))
	line("half load: p50", took(func(m messages) time.Duration { return m.half.p50 }))
	line("p99", took(func(m messages) time.Duration { return m.half.p99 }))
	cpu := func(of func(messages) time.Duration) func(string) string {
		return func(k string) string { return us(time.Duration(float64(median(r.messages[k], of)) / perTrip(k))) }
	}
	line("server's CPU for a message", cpu(func(m messages) time.Duration { return m.cpu }))
	line("the clients'", cpu(func(m messages) time.Duration { return m.clients }))
	if r.members > 0 {
		pushes := func(k string) float64 { return median(r.fan[k], func(f fan) float64 { return f.rate }) }
		line("", func(string) string { return "" })
		line(fmt.Sprintf("1 to %d", r.members), func(k string) string { return k })
		line("pushes per second", func(k string) string { return fmt.Sprintf("%.0f", pushes(k)) })
		line("of the echo's", func(k string) string { return fmt.Sprintf("%.2f", pushes(k)/pushes("echo")) })
		line("until all have it: p50", func(k string) string { return us(median(r.fan[k], func(f fan) time.Duration { return f.all.p50 })) })
		line("p99", func(k string) string { return us(median(r.fan[k], func(f fan) time.Duration { return f.all.p99 })) })
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if i := r.idle; i.customers > 0 {
		fmt.Fprintf(&b, "\n%d idle customers: %.1f KB each in the process, of which %.1f KB heap and %.1f KB stacks; %.1f goroutines; %v for a token, the connection and its login\n",
			i.customers, float64(i.memory)/1024, float64(i.heap)/1024, float64(i.stacks)/1024, i.goroutines, i.perLogin.Round(time.Microsecond))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// perTrip is how many messages a round trip is.
func perTrip(kind string) float64 {
	if kind == "echo" {
		return 1
	}
	return 2
}

func us(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%d us", d.Microseconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
