package rtmserver

import (
	"fmt"
	"testing"
	"time"
)

// TestTokensAreCleared issues tokens that last for an hour, one each second: those
// that have expired do not pile up, and are not looked for at each turn, which
// would take a start as long as the square of their number.
func TestTokensAreCleared(t *testing.T) {
	st, at := newState(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	most, sweeps := 0, 0
	for i := range 50_000 {
		at = at.Add(time.Second)
		before := len(st.Tokens)
		st.foldEntry([]*record{{Kind: tokenIssued, At: at, Token: &token{Hash: fmt.Sprint(i), ExpiresAt: at.Add(time.Hour)}}})
		if len(st.Tokens) <= before {
			sweeps++
		}
		most = max(most, len(st.Tokens))
	}
	if most > 2*3600+1 {
		t.Errorf("there were %d tokens, of which 3600 are in force", most)
	}
	if sweeps < 5 || sweeps > 30 {
		t.Errorf("they were cleared %d times", sweeps)
	}
}
