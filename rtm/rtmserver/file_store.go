package rtmserver

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"iter"
	"slices"
	"sync"
	"time"
)

// Files holds the content of uploaded files. What it means is in the log: a key is
// never put twice, and one that the log does not know may be deleted at any time.
// Implementations are safe for concurrent use.
type Files interface {
	// Put stores content whole or not at all. When it returns, the content is as
	// safe as what the log acknowledges.
	Put(ctx context.Context, organization, key string, content []byte) error

	// Open returns the content; its caller closes it. Without such a key it fails
	// with fs.ErrNotExist.
	Open(ctx context.Context, organization, key string) (io.ReadSeekCloser, error)

	// Delete deletes keys. One that is not there is no error.
	Delete(ctx context.Context, organization string, keys ...string) error

	// Old yields the keys that were put before a time of the system's clock.
	Old(ctx context.Context, organization string, before time.Time) iter.Seq2[string, error]
}

// NewMemoryFiles returns Files that live as long as the process.
func NewMemoryFiles() Files { return &memoryFiles{content: map[string]map[string]memoryFile{}} }

type memoryFiles struct {
	mu      sync.Mutex
	content map[string]map[string]memoryFile
}

type memoryFile struct {
	content []byte
	at      time.Time
}

func (m *memoryFiles) Put(_ context.Context, organization, key string, content []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.content[organization] == nil {
		m.content[organization] = map[string]memoryFile{}
	}
	m.content[organization][key] = memoryFile{slices.Clone(content), time.Now()}
	return nil
}

func (m *memoryFiles) Open(_ context.Context, organization, key string) (io.ReadSeekCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.content[organization][key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return openBytes{bytes.NewReader(f.content)}, nil
}

// openBytes is content in memory.
type openBytes struct{ *bytes.Reader }

func (openBytes) Close() error { return nil }

func (m *memoryFiles) Delete(_ context.Context, organization string, keys ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		delete(m.content[organization], key)
	}
	return nil
}

func (m *memoryFiles) Old(_ context.Context, organization string, before time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		m.mu.Lock()
		var old []string
		for _, key := range sortedKeys(m.content[organization]) {
			if m.content[organization][key].at.Before(before) {
				old = append(old, key)
			}
		}
		m.mu.Unlock()
		for _, key := range old {
			if !yield(key, nil) {
				return
			}
		}
	}
}
