package rtmserver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"sync"
	"time"
	"unicode/utf8"
)

// A JournalEntry is a frame that crossed a socket, the start or end of one, or a
// request of the Web API with its answer. Access tokens in it are replaced by
// "(token)"; what people wrote is there.
type JournalEntry struct {
	Seq  uint64    `json:"seq"` // from 1, without gaps
	At   time.Time `json:"at"`  // by the server's clock
	Kind string    `json:"kind"`

	Connection   string `json:"connection,omitempty"` // see Connection; the Web API has none
	API          string `json:"api"`
	Version      string `json:"version"`
	Organization string `json:"organization,omitempty"` // as far as it is known by then
	User         string `json:"user,omitempty"`         // once it has logged in

	Action string          `json:"action,omitempty"` // of a frame
	Frame  json.RawMessage `json:"frame,omitempty"`  // when it is JSON; as it was before a fault acted
	Text   string          `json:"text,omitempty"`   // of a frame that is not
	Answer json.RawMessage `json:"answer,omitempty"` // web: what was answered; its Frame is the payload of the request, when that was read

	Fault  string `json:"fault,omitempty"`  // id of the one that acted
	Effect string `json:"effect,omitempty"` // what it did, with its reason or error type
	Code   int    `json:"code,omitempty"`   // refused, web: the HTTP status; 0 when there was no answer

	Lost uint64 `json:"lost,omitempty"` // entries before this one that were dropped before they could be read

	frame []byte
}

// The kinds of a JournalEntry beside request, response and push.
const (
	entryOpen    = "open"
	entryClosed  = "closed"
	entryRefused = "refused"
	entryWeb     = "web"
)

// A JournalQuery says which entries are wanted. Zero values stand for all.
type JournalQuery struct {
	After        uint64 // only those whose Seq is higher
	Limit        int    // so many, the newest of them; 0 is all
	Organization string
	User         string
	Connection   string
	Kind         string
	Action       string
}

func (q *JournalQuery) takes(e *JournalEntry) bool {
	fits := func(want, have string) bool { return want == "" || want == have }
	return fits(q.Organization, e.Organization) && fits(q.User, e.User) && fits(q.Connection, e.Connection) &&
		fits(q.Kind, e.Kind) && fits(q.Action, e.Action)
}

// Journal returns what the journal has, oldest first. It holds the newest
// Options.Journal entries, and fewer when their frames take more than 64 MB.
func (s *Server) Journal(q JournalQuery) []JournalEntry {
	entries, _ := s.tap.journal.read(q)
	if q.Limit > 0 && len(entries) > q.Limit {
		entries = entries[len(entries)-q.Limit:]
	}
	return entries
}

// FollowJournal yields what the journal has, as Journal does, and then what
// comes, until ctx or the server ends. A reader that is too slow loses the
// oldest, and the next entry says how many: see JournalEntry.Lost.
func (s *Server) FollowJournal(ctx context.Context, q JournalQuery) iter.Seq[JournalEntry] {
	return func(yield func(JournalEntry) bool) {
		first := true
		for {
			grown := s.tap.journal.grown()
			entries, last := s.tap.journal.read(q)
			if first && q.Limit > 0 && len(entries) > q.Limit {
				entries = entries[len(entries)-q.Limit:]
			}
			first = false
			for _, e := range entries {
				if !yield(e) {
					return
				}
			}
			q.After = last
			select {
			case <-grown:
			case <-ctx.Done():
				return
			case <-s.ctx.Done():
				return
			}
		}
	}
}

// journalBytes bounds the frames that a journal holds.
const journalBytes = 64 << 20

// A journal is a ring of entries.
type journal struct {
	max int // entries; 0 keeps none

	mu      sync.Mutex
	entries []JournalEntry // from start, in a circle
	start   int
	bytes   int
	last    uint64
	change  chan struct{} // closed when an entry comes; nil while nobody waits
}

func newJournal(n int) journal { return journal{max: max(n, 0)} }

// size is what an entry counts for.
func (e *JournalEntry) size() int { return len(e.frame) + len(e.Answer) + len(e.Action) }

// add notes what happened to a requester, of whom who is known.
func (j *journal) add(c *conn, who identity, e JournalEntry) {
	if j.max == 0 {
		return
	}
	e.At, e.Connection, e.API, e.Version = c.s.clock.Now().UTC(), c.id, c.side.String(), c.version
	e.Organization, e.User = who.organization, who.user
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	e.Seq = j.last
	for j.bytes += e.size(); len(j.entries) > 0 && j.start < len(j.entries) && (len(j.entries)-j.start >= j.max || j.bytes > journalBytes); j.start++ {
		j.bytes -= j.entries[j.start].size()
		j.entries[j.start] = JournalEntry{}
	}
	if j.start > len(j.entries)/2 {
		// What was dropped makes room, so that each entry is moved once on average.
		j.entries = append(j.entries[:0], j.entries[j.start:]...)
		j.start = 0
	}
	j.entries = append(j.entries, e)
	if j.change != nil {
		close(j.change)
		j.change = nil
	}
}

// grown returns a channel that is closed when the next entry comes.
func (j *journal) grown() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.change == nil {
		j.change = make(chan struct{})
	}
	return j.change
}

// read returns the entries that a query wants, and the number of the last there
// is.
func (j *journal) read(q JournalQuery) ([]JournalEntry, uint64) {
	j.mu.Lock()
	kept := j.entries[j.start:]
	last := j.last
	oldest := last - uint64(len(kept)) // number of the last one that was dropped
	skip := min(uint64(len(kept)), max(q.After, oldest)-oldest)
	var out []JournalEntry
	for i := range kept[skip:] {
		if e := &kept[skip:][i]; q.takes(e) {
			out = append(out, *e)
		}
	}
	j.mu.Unlock()
	if q.After > 0 && q.After < oldest && len(out) > 0 {
		out[0].Lost = oldest - q.After
	}
	for i := range out {
		out[i].render()
	}
	return out, last
}

func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries, j.start, j.bytes = nil, 0, 0
}

// render makes Frame or Text of the frame.
func (e *JournalEntry) render() {
	frame := e.frame
	e.frame = nil
	if frame == nil {
		return
	}
	if e.Kind == dirRequest || e.Kind == entryWeb {
		frame = redact(e.Action, frame)
	}
	switch {
	case json.Valid(frame) && utf8.Valid(frame):
		e.Frame = frame
	case utf8.Valid(frame):
		e.Text = string(frame)
	default:
		e.Text = fmt.Sprintf("%q", frame)
	}
}

var tokenInText = regexp.MustCompile(`(?i)("token"\s*:\s*)"(?:[^"\\]|\\.)*("|$)`)

const redacted = "(token)"

// redact takes the access token out of a request.
func redact(action string, frame []byte) []byte {
	if action == "login" || action == "update_session" {
		// However its name is spelled.
		var m map[string]any
		if decodeNumbers(frame, &m) == nil {
			if p, ok := m["payload"].(map[string]any); ok && p["token"] != nil {
				p["token"] = redacted
				if data, err := encodeJSON(m); err == nil {
					return data
				}
			}
			return frame
		}
	}
	if !bytes.Contains(bytes.ToLower(frame), []byte(`"token"`)) {
		return frame
	}
	return tokenInText.ReplaceAll(frame, []byte(`$1"`+redacted+`"`))
}

// encodeJSON is json.Marshal with <, > and & as they are.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}
