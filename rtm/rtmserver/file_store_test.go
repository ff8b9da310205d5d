package rtmserver_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestFiles holds the bodies of Files to their contract.
func TestFiles(t *testing.T) {
	disk, err := rtmserver.OpenDiskFiles(filepath.Join(t.TempDir(), "deep", "files"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	lazy, err := rtmserver.OpenDiskFiles(t.TempDir(), &rtmserver.DiskFilesOptions{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer lazy.Close()
	for name, files := range map[string]rtmserver.Files{"memory": rtmserver.NewMemoryFiles(), "disk": disk, "disk without sync": lazy} {
		t.Run(name, func(t *testing.T) { testFiles(t, files) })
	}
}

func testFiles(t *testing.T, files rtmserver.Files) {
	ctx := context.Background()
	organizations := []string{"a", "../b", "c/../../d", ""}
	content := []byte("content")
	for _, o := range organizations {
		for _, key := range []string{"k", "key.300", "-_AZaz09"} {
			if err := files.Put(ctx, o, key, content); err != nil {
				t.Fatalf("%q %q: %v", o, key, err)
			}
		}
	}
	content[0] = 'X' // it is the caller's again
	for _, o := range organizations {
		f, err := files.Open(ctx, o, "k")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Seek(1, io.SeekStart); err != nil {
			t.Error(err)
		}
		if data, err := io.ReadAll(f); err != nil || string(data) != "ontent" {
			t.Errorf("%q: %q %v", o, data, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if _, err := files.Open(ctx, o, "other"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a key that is not there: %v", err)
		}
	}
	if err := files.Delete(ctx, "a", "k", "other"); err != nil {
		t.Error(err)
	}
	if _, err := files.Open(ctx, "a", "k"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key that was deleted: %v", err)
	}
	old := func(o string, before time.Time) []string {
		keys := []string{}
		for key, err := range files.Old(ctx, o, before) {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, key)
		}
		slices.Sort(keys)
		return keys
	}
	for o, want := range map[string][]string{"a": {"-_AZaz09", "key.300"}, "../b": {"-_AZaz09", "k", "key.300"}, "nobody": {}} {
		if got := old(o, time.Now().Add(time.Hour)); !slices.Equal(got, want) {
			t.Errorf("%q has %q, want %q", o, got, want)
		}
		if got := old(o, time.Now().Add(-time.Hour)); len(got) != 0 {
			t.Errorf("%q has %q from an hour ago", o, got)
		}
	}
	for range files.Old(ctx, "a", time.Now().Add(time.Hour)) {
		break // whoever stops looking is left alone
	}
}

// TestDiskKeys keeps keys inside the directory.
func TestDiskKeys(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := rtmserver.OpenDiskFiles(filepath.Join(dir, "files"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	ctx := context.Background()
	for _, key := range []string{"", ".", "..", "../secret", "../../secret", "a/../../../secret", secret, "a\x00", ".hidden"} {
		if err := files.Put(ctx, "o", key, nil); err == nil {
			t.Errorf("%q was put", key)
		}
		if _, err := files.Open(ctx, "o", key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q was opened: %v", key, err)
		}
		if err := files.Delete(ctx, "o", key); err == nil {
			t.Errorf("%q was deleted", key)
		}
	}
	if _, err := os.Stat(secret); err != nil {
		t.Error(err)
	}
	// A link leads nowhere either.
	if err := os.MkdirAll(filepath.Join(dir, "files", "org-o"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "files", "org-o", "se")); err != nil {
		t.Fatal(err)
	}
	if f, err := files.Open(ctx, "o", "secret"); err == nil {
		f.Close()
		t.Error("a link led out of the directory")
	}
}

// brokenFiles fail.
type brokenFiles struct{ rtmserver.Files }

func (brokenFiles) Put(context.Context, string, string, []byte) error {
	return errors.New("the disk is full")
}

// TestUploadFails leaves nothing behind when the content or the record of a file
// cannot be stored.
func TestUploadFails(t *testing.T) {
	opts, log := flaky()
	opts.Files = brokenFiles{rtmserver.NewMemoryFiles()}
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		if res, v := upload(t, srv, "agent", agentAuth, "a.txt", "", []byte("x")); res.StatusCode != 500 || at(v, "error", "type") != "internal" || at(v, "error", "message") != "Internal server error" {
			t.Errorf("%s %v", res.Status, v)
		}
	})
	opts.Files = rtmserver.NewMemoryFiles()
	inBubble(t, opts, func(t *testing.T, srv *rtmtest.Server) {
		log.countdown.Store(-1)
		if res, v := upload(t, srv, "agent", agentAuth, "a.txt", "", []byte("x")); res.StatusCode != 500 || v["url"] != nil {
			t.Errorf("%s %v", res.Status, v)
		}
		log.countdown.Store(0)
		sendFile(t, srv, "agent", agentAuth, "a.txt", "", []byte("x"))
	})
	if _, err := rtmserver.New(&rtmserver.Options{PublicURL: "chat.example"}); err == nil {
		t.Error("a PublicURL without a scheme is taken")
	}
}
