//go:build unix

package lock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTake(t *testing.T) {
	name := filepath.Join(t.TempDir(), "new", "x.lock")
	release, err := Take(name, func() { t.Error("waited for nobody") })
	if err != nil {
		t.Fatal(err)
	}
	waits, done := make(chan bool), make(chan error)
	go func() {
		second, err := Take(name, func() { close(waits) })
		if err == nil {
			second()
		}
		done <- err
	}()
	select {
	case <-waits:
	case err := <-done:
		t.Fatalf("two hold the lock: %v", err)
	}
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestTakeFails(t *testing.T) {
	dir := t.TempDir()
	if _, err := Take(dir, func() {}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a directory as lock: %v", err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Take(filepath.Join(file, "x.lock"), func() {}); err == nil {
		t.Error("a lock under a file is taken")
	}
}
