package rtmtest_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

var (
	oneSeed  = flag.Uint64("seed", 0, "run the property test with this seed alone, and tell what happens")
	allSeeds = flag.Int("seeds", 150, "how many seeds the property test runs")
)

// each is how many events either side sends.
const each = 200

// patience is how long after the last fault everything has to be there.
const patience = 3 * time.Minute

// TestProperty lets a customer and an agent talk while faults rain, once for
// each seed. Whatever happens, in the end both and the server hold each event
// exactly once and in the same order, nothing is pending, and no call has waited
// past its deadline. Each tenth seed is run twice and has to give the same again.
//
//	go test ./rtm/rtmtest -run Property -seeds 2000
//	go test ./rtm/rtmtest -run Property -seed 17
func TestProperty(t *testing.T) {
	if *oneSeed != 0 {
		first := converse(t, *oneSeed, 1)
		t.Log("\n" + strings.Join(first.lines, "\n"))
		first.same(t, converse(t, *oneSeed, 1))
		first.judge(t)
		return
	}
	for seed := uint64(1); seed <= uint64(*allSeeds); seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			out := converse(t, seed, 1)
			out.judge(t)
			if seed%10 == 0 {
				out.same(t, converse(t, seed, 1))
			}
		})
	}
}

// TestPropertyNodes is TestProperty with three servers that share a log, for a
// fifth of the seeds: each connection is with another of them, and they are shut
// down and killed by turns. How they get ahead of each other is the scheduler's
// choice, so the runs of a seed differ.
func TestPropertyNodes(t *testing.T) {
	first, last := uint64(1), uint64(*allSeeds/5)
	if *oneSeed != 0 {
		first, last = *oneSeed, *oneSeed
	}
	for seed := first; seed <= last; seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			out := converse(t, seed, 3)
			out.judge(t)
			if *oneSeed != 0 {
				t.Log("\n" + strings.Join(out.lines, "\n"))
			}
		})
	}
}

// An outcome is all that can be seen of a run.
type outcome struct {
	lines []string // for people, and to compare runs
	wrong []string
}

func (o *outcome) add(format string, args ...any) {
	o.lines = append(o.lines, fmt.Sprintf(format, args...))
}

func (o *outcome) fail(format string, args ...any) {
	o.wrong = append(o.wrong, fmt.Sprintf(format, args...))
}

func (o *outcome) judge(t *testing.T) {
	t.Helper()
	if n := len(o.wrong); n > 0 {
		t.Errorf("%d things are wrong:\n%s", n, strings.Join(o.wrong[:min(n, 12)], "\n"))
	}
}

// same fails unless another run of the seed was the same.
func (o *outcome) same(t *testing.T, p *outcome) {
	t.Helper()
	for i := range max(len(o.lines), len(p.lines)) {
		var a, b string
		if i < len(o.lines) {
			a = o.lines[i]
		}
		if i < len(p.lines) {
			b = p.lines[i]
		}
		if a != b {
			t.Fatalf("the same seed gave two runs; line %d of one is\n%s\nand of the other\n%s", i+1, a, b)
		}
	}
}

// storm draws the faults of a run that takes so long.
func storm(r *rand.Rand, during time.Duration) rtmtest.Faults {
	maybe := func(p float64) float64 {
		if r.IntN(2) == 0 {
			return 0
		}
		return p * r.Float64()
	}
	now := func(min, max time.Duration) time.Duration {
		if r.IntN(2) == 0 {
			return 0
		}
		return min + time.Duration(r.Int64N(int64(max-min)))
	}
	f := rtmtest.Faults{
		Latency: time.Millisecond + time.Duration(r.Int64N(int64(150*time.Millisecond))),
		Drop:    maybe(0.01), Delay: maybe(0.05), Duplicate: maybe(0.1), Reorder: maybe(0.1),
		Cut: now(20*time.Second, 2*time.Minute), HalfOpen: now(40*time.Second, 3*time.Minute),
		Refuse: now(time.Minute, 3*time.Minute), Slow: now(time.Minute, 3*time.Minute),
		TokenExpiry: now(time.Minute, 3*time.Minute), WrongRegion: now(time.Minute, 3*time.Minute),
		Restart: now(time.Minute, 4*time.Minute),
	}
	if f.Drop > 0 {
		// Nobody can know what was lost on a connection that lives on. It is found
		// at the next one, if not too much has happened since.
		f.Cut = max(6*time.Second, during/15)
	}
	return f
}
