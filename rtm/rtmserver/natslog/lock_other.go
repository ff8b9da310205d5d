//go:build !unix

package natslog

// lock takes nothing where there is no flock: give each process its own directory
// there.
func lock(string) (release func(), err error) { return func() {}, nil }
