// Package sorting sorts what the core sorts. Its lists are short or nearly in
// order, and there are many kinds of them: [Stable] has one small body for all,
// where package slices has a large one for each, which made a tenth of the
// release build.
package sorting

// Stable sorts list by before, which says whether a must stand before b. What
// may stand either way keeps its order.
func Stable[T any](list []T, before func(a, b T) bool) {
	old := append([]T(nil), list...)
	for to, from := range arrange(len(list), func(i, j int) bool { return before(old[i], old[j]) }) {
		list[to] = old[from]
	}
}

// arrange returns the numbers below n in the order in which they must stand: a
// merge sort from the bottom up.
func arrange(n int, before func(i, j int) bool) []int {
	from, to := make([]int, n), make([]int, n)
	for i := range from {
		from[i] = i
	}
	for run := 1; run < n; run *= 2 {
		for start := 0; start < n; start += 2 * run {
			left, middle := start, min(start+run, n)
			right, end := middle, min(start+2*run, n)
			for i := start; i < end; i++ {
				if left < middle && (right == end || !before(from[right], from[left])) {
					to[i] = from[left]
					left++
				} else {
					to[i] = from[right]
					right++
				}
			}
		}
		from, to = to, from
	}
	return from
}
