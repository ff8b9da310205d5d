package sorting_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/internal/sorting"
)

type pair struct{ key, place int }

func TestStable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 130 {
		list := make([]pair, n)
		for i := range list {
			list[i] = pair{random.IntN(n/2 + 1), i}
		}
		want := slices.Clone(list)
		slices.SortStableFunc(want, func(a, b pair) int { return a.key - b.key })
		sorting.Stable(list, func(a, b pair) bool { return a.key < b.key })
		if !slices.Equal(list, want) {
			t.Fatalf("%d elements:\ngot  %v\nwant %v", n, list, want)
		}
	}
}
