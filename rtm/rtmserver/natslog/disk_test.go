//go:build linux

package natslog_test

import (
	"errors"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver/natslog"
)

// fileLimit bounds the files that this process writes, as a full disk does, until
// the end of the test or until lift is called.
func fileLimit(t *testing.T, bytes uint64) (lift func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	set := func(r syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &r); err != nil {
			t.Error(err)
		}
	}
	set(syscall.Rlimit{Cur: bytes, Max: before.Max})
	lift = func() { set(before) }
	t.Cleanup(lift)
	return lift
}

// TestDiskFullAndBack has a disk that takes no more, and then does again: what was
// refused is not there, what was kept is, and all goes on in the same process.
func TestDiskFullAndBack(t *testing.T) {
	dir, entry, last := t.TempDir(), make([]byte, 300<<10), uint64(0)
	log := open(t, dir, nil)
	lift := fileLimit(t, 1<<20)
	var err error
	for last < 10 {
		if err = log.Append(t.Context(), "a", last, entry); err != nil {
			break
		}
		last++
	}
	if err == nil || last == 0 || !strings.Contains(err.Error(), "write error") {
		t.Fatalf("after %d entries: %v", last, err)
	}
	for range 3 {
		if err := log.Append(t.Context(), "a", last, entry); err == nil || !strings.Contains(err.Error(), "the disk takes nothing: ") || errors.Is(err, rtmserver.ErrConflict) {
			t.Errorf("while there is no room: %v", err)
		} else if !errors.Is(err, rtmserver.ErrNotStored) {
			t.Errorf("nothing went out, and the error leaves it open: %v", err)
		}
	}
	lift()
	for range 3 {
		if err := log.Append(t.Context(), "a", last, entry); err != nil {
			t.Fatalf("when there is room again: %v", err)
		}
		last++
	}
	count := func(log *natslog.Log) (n uint64) {
		for got, err := range log.Read(t.Context(), "a", 0) {
			if err != nil || len(got) != len(entry) {
				t.Fatal(len(got), err)
			}
			n++
		}
		return n
	}
	if n := count(log); n != last {
		t.Errorf("%d entries are there, not %d", n, last)
	}
	log.Close()
	if n := count(open(t, dir, nil)); n != last {
		t.Errorf("%d entries are there after a start, not %d", n, last)
	}
}
