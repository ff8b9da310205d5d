package rtmserver

import (
	crand "crypto/rand"
	"testing"
)

// TestIDSource shows that secrets come from the system's randomness unless a seed
// was asked for, which makes them the same each time.
func TestIDSource(t *testing.T) {
	if newIDSource(0).from != crand.Reader {
		t.Error("without a seed the source is not crypto/rand")
	}
	one, two, three := newIDSource(7), newIDSource(7), newIDSource(8)
	s := one.secret()
	if s != two.secret() || s == three.secret() || s == one.secret() {
		t.Error("a seed does not give its own series of secrets")
	}
}
