package rtmserver

import (
	"context"
	"errors"
	"iter"
	"sync"
)

// ErrConflict means that the log has grown since its writer last looked, so
// nothing was appended. Read what is new, apply it, decide again.
var ErrConflict = errors.New("rtmserver: log: another writer was faster")

// Log holds one append-only log per organization. Sequence numbers start at 1
// and have no gaps. Implementations are safe for concurrent use and keep their
// own copies of what they are given.
type Log interface {
	// Append adds the entries after the sequence number last, all or none, and
	// fails with ErrConflict when that is not the log's newest. 0 stands for an
	// empty log.
	Append(ctx context.Context, organization string, last uint64, entries [][]byte) error

	// Read yields the entries after a sequence number, oldest first, up to the
	// newest at the time of the call. It ends after the first error.
	Read(ctx context.Context, organization string, after uint64) iter.Seq2[[]byte, error]
}

// NewMemoryLog returns a Log that lives as long as the process.
func NewMemoryLog() Log { return &memoryLog{entries: map[string][][]byte{}} }

type memoryLog struct {
	mu      sync.Mutex
	entries map[string][][]byte
}

func (l *memoryLog) Append(_ context.Context, organization string, last uint64, entries [][]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if uint64(len(l.entries[organization])) != last {
		return ErrConflict
	}
	for _, e := range entries {
		l.entries[organization] = append(l.entries[organization], append([]byte(nil), e...))
	}
	return nil
}

func (l *memoryLog) Read(_ context.Context, organization string, after uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		l.mu.Lock()
		all := l.entries[organization]
		l.mu.Unlock()
		if after > uint64(len(all)) {
			return
		}
		for _, e := range all[after:] {
			if !yield(append([]byte(nil), e...), nil) {
				return
			}
		}
	}
}
