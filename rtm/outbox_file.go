package rtm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// FileOutbox returns an Outbox in the file at path, which is made when it is
// needed. Put returns when the disk has it. One process at a time may use a
// file, and no two connections; the file has the text of messages in it.
func FileOutbox(path string) Outbox { return &fileOutbox{path: path} }

// rewriteAfter is how many lines a file may have that say nothing any more.
const rewriteAfter = 1000

// fileOutbox is a log of lines, each a record; the last one of a key counts.
type fileOutbox struct {
	path string

	mu     sync.Mutex // guards what follows
	file   *os.File   // nil before the first use
	values map[string][]byte
	lines  int
}

// record is one line. Without a value it deletes.
type record struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value,omitempty"`
}

func (o *fileOutbox) Load(context.Context) ([]session.Entry, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.openLocked(); err != nil {
		return nil, err
	}
	return entries(o.values), nil
}

func (o *fileOutbox) Put(key string, value []byte) error {
	return o.append(record{key, value})
}

func (o *fileOutbox) Delete(key string) error {
	return o.append(record{Key: key})
}

// Close closes the file; a later call opens it again.
func (o *fileOutbox) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.file == nil {
		return nil
	}
	err := o.file.Close()
	o.file = nil
	return err
}

func (o *fileOutbox) append(r record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.openLocked(); err != nil {
		return err
	}
	if _, err := o.file.Write(append(line, '\n')); err != nil {
		return err
	}
	o.lines++
	if r.Value == nil {
		delete(o.values, r.Key)
		if o.lines > len(o.values)+rewriteAfter {
			return o.rewriteLocked()
		}
		return nil
	}
	o.values[r.Key] = r.Value
	return o.file.Sync()
}

// openLocked reads the file and writes it anew. A last line that was cut short
// by a crash was never accepted.
func (o *fileOutbox) openLocked() error {
	if o.file != nil {
		return nil
	}
	body, err := os.ReadFile(o.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	o.values = make(map[string][]byte)
	for line := range bytes.Lines(body) {
		var r record
		switch err := json.Unmarshal(line, &r); {
		case err != nil && line[len(line)-1] == '\n':
			return errors.New(o.path + ": not an outbox: " + err.Error())
		case err != nil:
		case r.Value == nil:
			delete(o.values, r.Key)
		default:
			o.values[r.Key] = r.Value
		}
	}
	return o.rewriteLocked()
}

// rewriteLocked replaces the file by one that has only what counts, so that at
// any moment one of the two is whole.
func (o *fileOutbox) rewriteLocked() error {
	var body []byte
	for key, value := range o.values {
		line, err := json.Marshal(record{key, value})
		if err != nil {
			return err
		}
		body = append(append(body, line...), '\n')
	}
	next, err := os.OpenFile(o.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if _, err = next.Write(body); err == nil {
		err = next.Sync()
	}
	if err == nil {
		err = os.Rename(next.Name(), o.path)
	}
	if err != nil {
		next.Close()
		return err
	}
	if o.file != nil {
		o.file.Close()
	}
	o.file, o.lines = next, len(o.values)
	return syncDir(filepath.Dir(o.path))
}

// syncDir makes a rename last. Where directories cannot be synced there is
// nothing to do.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	_ = dir.Sync()
	return nil
}
