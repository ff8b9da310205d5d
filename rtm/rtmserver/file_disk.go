package rtmserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"regexp"
	"time"
)

// DiskFiles are Files in a directory. Several servers of one file system may share
// it.
type DiskFiles struct {
	root *os.Root
	sync bool
}

// DiskFilesOptions are the options of [OpenDiskFiles]. The zero value of each field
// has a meaning.
type DiskFilesOptions struct {
	// NoSync leaves it to the system when content reaches the disk: a machine that
	// loses power may lose files that were acknowledged. A process that dies loses
	// none either way.
	NoSync bool
}

// partials holds files that are being written. What a crash leaves there is
// deleted when it is as old as staleAfter.
const (
	partials   = "partial"
	staleAfter = time.Hour
)

// OpenDiskFiles opens a directory, which it makes when there is none. Close it when
// the server has shut down.
func OpenDiskFiles(dir string, opts *DiskFilesOptions) (*DiskFiles, error) {
	if opts == nil {
		opts = &DiskFilesOptions{}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("rtmserver: files: %w", err)
	}
	// A Root lets no name, and no link, lead out of the directory.
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("rtmserver: files: %w", err)
	}
	d := &DiskFiles{root: root, sync: !opts.NoSync}
	if err := d.clean(); err != nil {
		root.Close()
		return nil, fmt.Errorf("rtmserver: files: %w", err)
	}
	return d, nil
}

// Close closes the directory.
func (d *DiskFiles) Close() error { return d.root.Close() }

func (d *DiskFiles) clean() error {
	if err := d.root.MkdirAll(partials, 0o700); err != nil {
		return err
	}
	entries, err := fs.ReadDir(d.root.FS(), partials)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > staleAfter {
			if err := d.root.Remove(path.Join(partials, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

// place is where a key is: two levels, so that no directory gets too long.
func place(organization, key string) (dir, name string, err error) {
	if !plainName.MatchString(key) {
		return "", "", fmt.Errorf("rtmserver: files: %q is no key", key)
	}
	return path.Join(organizationDir(organization), key[:min(2, len(key))]), key, nil
}

// organizationDir names an organization's directory: by its id, or by the hash of
// one that is not fit for a name.
func organizationDir(id string) string {
	if plainName.MatchString(id) && len(id) <= 64 {
		return "org-" + id
	}
	return "hash-" + hash(id)
}

// Put writes the content beside its place and moves it there.
func (d *DiskFiles) Put(_ context.Context, organization, key string, content []byte) (err error) {
	dir, name, err := place(organization, key)
	if err != nil {
		return err
	}
	if err := d.root.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	partial := path.Join(partials, rand.Text())
	defer func() {
		if err != nil {
			err = errors.Join(err, d.remove(partial))
		}
	}()
	f, err := d.root.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(content); err == nil && d.sync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := d.root.Rename(partial, path.Join(dir, name)); err != nil {
		return err
	}
	if !d.sync {
		return nil
	}
	// The names on the way to it are content of the directories that hold them.
	for _, name := range []string{dir, path.Dir(dir), "."} {
		if err := d.syncDir(name); err != nil {
			return err
		}
	}
	return nil
}

func (d *DiskFiles) syncDir(name string) error {
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// remove deletes a file that may be gone.
func (d *DiskFiles) remove(name string) error {
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Open opens the content of a key.
func (d *DiskFiles) Open(_ context.Context, organization, key string) (io.ReadSeekCloser, error) {
	dir, name, err := place(organization, key)
	if err != nil {
		return nil, fs.ErrNotExist
	}
	f, err := d.root.Open(path.Join(dir, name))
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Delete deletes keys.
func (d *DiskFiles) Delete(_ context.Context, organization string, keys ...string) error {
	var errs []error
	for _, key := range keys {
		dir, name, err := place(organization, key)
		if err == nil {
			err = d.remove(path.Join(dir, name))
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Old walks the organization's directory.
func (d *DiskFiles) Old(ctx context.Context, organization string, before time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := fs.WalkDir(d.root.FS(), organizationDir(organization), func(_ string, e fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			var info fs.FileInfo
			if err == nil && !e.IsDir() {
				info, err = e.Info()
			}
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil // deleted meanwhile, or nothing was ever put
			case err != nil || info == nil || !info.ModTime().Before(before):
				return err
			case !yield(e.Name(), nil):
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield("", err)
		}
	}
}
