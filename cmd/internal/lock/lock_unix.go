//go:build unix

package lock

import (
	"errors"
	"os"
	"syscall"
)

func take(f *os.File, wait func()) error {
	err := flock(f, syscall.LOCK_EX|syscall.LOCK_NB)
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return err
	}
	wait()
	return flock(f, syscall.LOCK_EX)
}

func flock(f *os.File, how int) error {
	for {
		// A signal may interrupt the wait, the Go runtime's own among them.
		if err := syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
