package rtmserver

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
)

// ErrConflict means that the log has grown since its writer last looked, so
// nothing was appended. Read what is new, apply it, decide again.
var ErrConflict = errors.New("rtmserver: log: another writer was faster")

// ErrTooLarge means that an entry is more than the log can hold, so nothing was
// appended. Trying again does not help.
var ErrTooLarge = errors.New("rtmserver: log: the entry is too large")

// ErrNotStored means that the log takes nothing at the moment, so nothing was
// appended, nor will be. Trying again later helps.
var ErrNotStored = errors.New("rtmserver: log: it takes nothing at the moment")

// Log holds one append-only log per organization. Sequence numbers start at 1
// and have no gaps. Several servers may share one: they are the nodes of a
// cluster then, see [Options]. Implementations are safe for concurrent use and
// keep their own copies of what they are given.
//
// Package natslog has the ones that outlive a process.
type Log interface {
	// Append adds an entry after the sequence number last, and fails with
	// ErrConflict when that is not the log's newest. 0 stands for an empty log.
	// Any other error but ErrTooLarge and ErrNotStored leaves open whether it was
	// appended.
	Append(ctx context.Context, organization string, last uint64, entry []byte) error

	// Read yields the entries after a sequence number, oldest first, up to the
	// newest at the time of the call. It ends after the first error.
	Read(ctx context.Context, organization string, after uint64) iter.Seq2[[]byte, error]

	// Join has a member hear of the organization until leave is called. What
	// happened before is not told. The organization "" has no log: it is where
	// nodes tell of themselves.
	Join(organization string, m Member) (leave func(), err error)

	// Publish passes a message on to all members of the organization, its
	// sender among them, who are there now. Nothing is kept, and one that a
	// member cannot get is lost. It does not wait.
	Publish(organization string, message []byte) error

	// SaveSnapshot replaces the snapshot of an organization, and LoadSnapshot
	// returns it; nil when there is none.
	SaveSnapshot(ctx context.Context, organization string, snapshot []byte) error
	LoadSnapshot(ctx context.Context, organization string) ([]byte, error)
}

// A Member hears of an organization. Its methods return at once and may be
// called from any goroutine.
type Member interface {
	// Grown says that the log has an entry of this number or later. It is the
	// given one when that is not nil. Growth can go untold, in whatever order and
	// more than once.
	Grown(last uint64, entry []byte)

	// Heard gets what was published.
	Heard(message []byte)
}

// NewMemoryLog returns a Log that lives as long as the process.
func NewMemoryLog() Log { return &memoryLog{organizations: map[string]*memoryOrg{}} }

type memoryLog struct {
	mu            sync.Mutex
	organizations map[string]*memoryOrg
}

type memoryOrg struct {
	entries  [][]byte
	members  []Member
	snapshot []byte
}

// org returns the organization's part of the log, and its members as they are now.
func (l *memoryLog) org(id string) (*memoryOrg, []Member) {
	o := l.organizations[id]
	if o == nil {
		o = &memoryOrg{}
		l.organizations[id] = o
	}
	return o, o.members
}

func (l *memoryLog) Append(_ context.Context, organization string, last uint64, entry []byte) error {
	l.mu.Lock()
	o, members := l.org(organization)
	if uint64(len(o.entries)) != last {
		l.mu.Unlock()
		return ErrConflict
	}
	entry = slices.Clone(entry)
	o.entries = append(o.entries, entry)
	l.mu.Unlock()
	for _, m := range members {
		m.Grown(last+1, entry)
	}
	return nil
}

func (l *memoryLog) Read(_ context.Context, organization string, after uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		l.mu.Lock()
		o, _ := l.org(organization)
		all := o.entries
		l.mu.Unlock()
		if after > uint64(len(all)) {
			return
		}
		for _, e := range all[after:] {
			if !yield(slices.Clone(e), nil) {
				return
			}
		}
	}
}

func (l *memoryLog) Join(organization string, m Member) (leave func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o, members := l.org(organization)
	o.members = append(slices.Clone(members), m) // others may be going through it
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		o.members = slices.DeleteFunc(slices.Clone(o.members), func(x Member) bool { return x == m })
	}, nil
}

func (l *memoryLog) Publish(organization string, message []byte) error {
	l.mu.Lock()
	_, members := l.org(organization)
	l.mu.Unlock()
	for _, m := range members {
		m.Heard(slices.Clone(message))
	}
	return nil
}

func (l *memoryLog) SaveSnapshot(_ context.Context, organization string, snapshot []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	o, _ := l.org(organization)
	o.snapshot = slices.Clone(snapshot)
	return nil
}

func (l *memoryLog) LoadSnapshot(_ context.Context, organization string) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o, _ := l.org(organization)
	return slices.Clone(o.snapshot), nil
}
