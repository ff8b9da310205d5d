// Package lock keeps two runs of a command from working in one tree at once.
package lock

import (
	"os"
	"path/filepath"
)

// Take waits until nobody else, in this process or another, holds the lock of that file
// name; it makes the file and its directory. wait is called once when there is something
// to wait for. release gives the lock back, and so does the end of the process: a lock
// can't be left behind. The file stays.
func Take(name string, wait func()) (release func(), err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := take(f, wait); err != nil {
		f.Close()
		return nil, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	return func() { f.Close() }, nil // it was only held open
}
