//go:build !unix

package lock

import "os"

// take holds nothing where there is no flock: run one command at a time there.
func take(*os.File, func()) error { return nil }
