package session

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// Record makes the session write every input from now on, as lines of JSON
// that Replay reads. It must be called before any input. Line is called with
// one line at a time, without a line break, and must not keep it. A recording
// has everything in it, tokens and messages too.
func (s *Session) Record(line func([]byte)) {
	s.recorder = line
	var o wire.Object
	o.Str("in", "new")
	o.Int("api", int64(s.cfg.API))
	o.Str("server", s.cfg.Server)
	o.Str("organization", s.cfg.Organization)
	o.Str("version", s.cfg.Version)
	o.Str("region", s.cfg.Region)
	o.Str("seed", strconv.FormatUint(s.cfg.Seed, 10))
	o.Bool("confirm_stored", s.cfg.ConfirmStored)
	line(o.Bytes())
}

// field is one argument of an input.
type field struct {
	name string
	kind byte // of 's', 'n', 'b' and 'r'
	str  string
	num  int64
	raw  []byte
}

func recStr(name, v string) field { return field{name: name, kind: 's', str: v} }

func recInt(name string, n int) field { return field{name: name, kind: 'n', num: int64(n)} }

func recBool(name string, v bool) field {
	if v {
		return field{name: name, kind: 'b', num: 1}
	}
	return field{name: name, kind: 'b'}
}

func recRaw(name string, v []byte) field { return field{name: name, kind: 'r', raw: v} }

// input begins an input of the host: it is recorded, and time goes on.
func (s *Session) input(name string, now time.Time, args ...field) time.Time {
	s.record(name, now, args...)
	return s.enter(now)
}

func (s *Session) record(name string, now time.Time, args ...field) {
	if s.recorder == nil {
		return
	}
	var o wire.Object
	o.Str("in", name)
	if !now.IsZero() {
		o.Int("at", now.UnixNano())
	}
	for _, f := range args {
		switch f.kind {
		case 's':
			o.Str(f.name, f.str)
		case 'n':
			o.Int(f.name, f.num)
		case 'b':
			o.Bool(f.name, f.num != 0)
		case 'r':
			if utf8.Valid(f.raw) {
				o.Str(f.name, string(f.raw))
			} else {
				o.Str(f.name+"_hex", toHex(f.raw))
			}
		}
	}
	s.recorder(o.Bytes())
}

// restored is input for Restore.
func (s *Session) restored(now time.Time, entries []Entry) time.Time {
	if s.recorder != nil {
		args := make([]field, 0, 2*len(entries))
		for _, e := range entries {
			args = append(args, recStr("key", e.Key), recRaw("value", e.Value))
		}
		s.record("restore", now, args...)
	}
	return s.enter(now)
}

// ReplayError says which line of a recording cannot be replayed.
type ReplayError struct {
	Line int // from 1
	What string
}

// Error returns the line and what is wrong with it.
func (e *ReplayError) Error() string { return "line " + strconv.Itoa(e.Line) + ": " + e.What }

// Replay feeds a recording to a new session. It returns the outputs and the
// hash of the state at the end, which are the same each time.
func Replay(recording []byte) (outputs []Output, hash uint64, err error) {
	var s *Session
	number := 0
	for line := range bytes.Lines(recording) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if !wire.Valid(line) || !wire.IsObject(line) {
			return outputs, 0, &ReplayError{number, "not a JSON object"}
		}
		if s == nil {
			if s = recorded(line); s == nil {
				return outputs, 0, &ReplayError{number, `a recording begins with {"in":"new", …}`}
			}
			continue
		}
		if !s.replay(line) {
			return outputs, 0, &ReplayError{number, "no such input: " + wire.Str(line, "in")}
		}
		for out, ok := s.Next(); ok; out, ok = s.Next() {
			outputs = append(outputs, out)
		}
	}
	if s == nil {
		return nil, 0, &ReplayError{1, "the recording is empty"}
	}
	return outputs, s.Hash(), nil
}

// recorded makes the session that a recording begins with.
func recorded(line []byte) *Session {
	seed, err := strconv.ParseUint(wire.Str(line, "seed"), 10, 64)
	if wire.Str(line, "in") != "new" || err != nil {
		return nil
	}
	return New(Config{
		API: API(number(line, "api")), Server: wire.Str(line, "server"), Organization: wire.Str(line, "organization"),
		Version: wire.Str(line, "version"), Region: wire.Str(line, "region"), Seed: seed, ConfirmStored: truth(line, "confirm_stored"),
	})
}

// replay carries out one input.
func (s *Session) replay(line []byte) bool {
	var now time.Time
	if at := wire.Get(line, "at"); at != nil {
		now = time.Unix(0, number(line, "at")).UTC()
	}
	str := func(name string) string { return wire.Str(line, name) }
	switch str("in") {
	case "start":
		s.Start(now)
	case "stop":
		s.Stop(now)
	case "opened":
		s.Opened(now)
	case "receive":
		s.Receive(now, bytesOf(line, "frame"))
	case "closed":
		s.Closed(now, int(number(line, "code")), str("reason"))
	case "tick":
		s.Tick(now)
	case "online":
		s.Online(now, truth(line, "up"))
	case "call":
		s.Call(now, str("action"), bytesOf(line, "payload"), CallOptions{
			Timeout: time.Duration(number(line, "timeout")), NoWait: truth(line, "no_wait"), Durable: truth(line, "durable"), Unsure: truth(line, "unsure"),
		})
	case "cancel":
		s.Cancel(now, CallID(number(line, "id")))
	case "token":
		s.TokenFor(now, str("token"), time.Duration(number(line, "lifetime")), str("failure"))
	case "kept":
		s.Kept(now, str("key"), str("failure"))
	case "restore":
		var entries []Entry
		for name, raw := range wire.Members(line) {
			value, _ := wire.String(raw)
			switch last := len(entries) - 1; {
			case name == "key":
				entries = append(entries, Entry{Key: value})
			case name == "value" && last >= 0:
				entries[last].Value = []byte(value)
			case name == "value_hex" && last >= 0:
				entries[last].Value = fromHex(value)
			}
		}
		s.Restore(now, entries)
	case "id":
		s.NewID()
	default:
		return false
	}
	return true
}

// bytesOf returns what recRaw wrote.
func bytesOf(line []byte, name string) []byte {
	if wire.Get(line, name) == nil {
		return fromHex(wire.Str(line, name+"_hex"))
	}
	return []byte(wire.Str(line, name))
}

func number(line []byte, name string) int64 {
	n, _ := wire.Int(wire.Get(line, name))
	return n
}

func truth(line []byte, name string) bool {
	v, _ := wire.Bool(wire.Get(line, name))
	return v
}

// toHex and fromHex stand in for encoding/hex, which brings fmt along.
func toHex(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}

func fromHex(s string) []byte {
	var out []byte
	for ; len(s) >= 2; s = s[2:] {
		n, err := strconv.ParseUint(s[:2], 16, 8)
		if err != nil {
			return nil
		}
		out = append(out, byte(n))
	}
	return out
}
