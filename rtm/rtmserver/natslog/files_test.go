package natslog_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver/natslog"
)

// content reads a file, "" for none.
func content(t *testing.T, files rtmserver.Files, organization, key string) string {
	t.Helper()
	f, err := files.Open(context.Background(), organization, key)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestFiles puts files on one node and reads them on another, and after a restart.
func TestFiles(t *testing.T) {
	url, dir := serve(t), t.TempDir()
	for name, connections := range map[string]func() (one, two *natslog.Log){
		"servers": func() (one, two *natslog.Log) {
			return connect(t, url, nil), connect(t, url, &natslog.Options{Replicas: 1})
		},
		"directory": func() (one, two *natslog.Log) {
			l := open(t, dir, nil)
			return l, l
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			logOne, logTwo := connections()
			one, two := logOne.Files(), logTwo.Files()
			large := strings.Repeat("0123456789abcdef", 10<<20/16)
			for _, org := range []string{"a", "../b c.*>"} {
				for key, text := range map[string]string{"k": "small of " + org, "k.300": "thumbnail", "large": large} {
					if err := one.Put(ctx, org, key, []byte(text)); err != nil {
						t.Fatal(err)
					}
				}
			}
			for _, org := range []string{"a", "../b c.*>"} {
				if got := content(t, two, org, "k"); got != "small of "+org {
					t.Errorf("%s: %q", org, got)
				}
				if got := content(t, two, org, "large"); got != large {
					t.Errorf("%s: %d bytes", org, len(got))
				}
			}
			if got := content(t, two, "a", "other"); got != "" {
				t.Errorf("a key that is not there: %q", got)
			}
			keys := func(files rtmserver.Files, org string, before time.Time) (keys []string) {
				for key, err := range files.Old(ctx, org, before) {
					if err != nil {
						t.Fatal(err)
					}
					keys = append(keys, key)
				}
				slices.Sort(keys)
				return keys
			}
			if err := two.Delete(ctx, "a", "k", "never there"); err != nil {
				t.Fatal(err)
			}
			later, earlier := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
			if got := keys(one, "a", later); !slices.Equal(got, []string{"k.300", "large"}) || content(t, one, "a", "k") != "" {
				t.Errorf("after the deletion there are %q", got)
			}
			if got := append(keys(one, "a", earlier), keys(one, "nobody", later)...); len(got) != 0 {
				t.Errorf("old are %q", got)
			}
			for range one.Old(ctx, "a", later) {
				break // whoever stops looking is left alone
			}
			if name == "servers" {
				return
			}
			logOne.Close()
			if got := content(t, open(t, dir, nil).Files(), "a", "large"); !bytes.Equal([]byte(got), []byte(large)) {
				t.Errorf("after a restart: %d bytes", len(got))
			}
		})
	}
}
