package wire

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"
)

// Decoder reads one JSON value from front to back. The value is checked once,
// by NewDecoder; after that each method takes what it was asked for and leaves
// the decoder behind it. A value of another kind is skipped and remembered: Err
// returns the first. Null counts as absent everywhere.
//
//	d := wire.NewDecoder(data)
//	for ok := d.Object(); ok && d.Next(); {
//		switch string(d.Name()) {
//		case "id":
//			id = d.String()
//		default:
//			d.Skip()
//		}
//	}
//	return d.Err()
type Decoder struct {
	data []byte
	pos  int
	name []byte
	err  *DecodeError
}

// DecodeError is a value that is not of the kind it was to be.
type DecodeError struct {
	Path    string // such as "chat.users[2].id"; "" for the value as a whole
	Problem string // such as "must be a string, not a number"
}

// Error returns the path and the problem.
func (e *DecodeError) Error() string {
	if e.Path == "" {
		return e.Problem
	}
	return e.Path + ": " + e.Problem
}

// NewDecoder returns a decoder of data, which it neither copies nor changes.
func NewDecoder(data []byte) Decoder {
	d := Decoder{data: data}
	if !Valid(data) {
		d.err = &DecodeError{Problem: "is not JSON"}
		d.data = []byte("null")
	}
	d.pos = space(d.data, 0)
	return d
}

// Err returns the first problem so far, nil when there is none.
func (d *Decoder) Err() error {
	if d.err == nil {
		return nil
	}
	return d.err
}

// Object enters an object, whose members follow by Next. It returns false, and
// has skipped the value, when there is no object.
func (d *Decoder) Object() bool {
	if d.data[d.pos] == '{' {
		d.pos = space(d.data, d.pos+1)
		return true
	}
	d.refuse("an object")
	return false
}

// Next goes to the next member of the object that was entered last and reads
// its name. It returns false at the end, which leaves the object.
func (d *Decoder) Next() bool {
	switch d.data[d.pos] {
	case '}':
		d.leave(d.pos + 1)
		return false
	case ',':
		d.pos = space(d.data, d.pos+1)
	}
	end, _ := str(d.data, d.pos)
	d.name = d.data[d.pos+1 : end-1]
	if bytes.IndexByte(d.name, '\\') >= 0 {
		d.name = unescape(d.name)
	}
	d.pos = space(d.data, space(d.data, end)+1)
	return true
}

// Name returns the name that Next has read; it is valid until the next call of
// Next.
func (d *Decoder) Name() []byte { return d.name }

// Array enters an array, whose elements follow by More. It returns false, and
// has skipped the value, when there is no array.
func (d *Decoder) Array() bool {
	if d.data[d.pos] == '[' {
		d.pos = space(d.data, d.pos+1)
		return true
	}
	d.refuse("an array")
	return false
}

// More goes to the next element of the array that was entered last. It returns
// false at the end, which leaves the array.
func (d *Decoder) More() bool {
	switch d.data[d.pos] {
	case ']':
		d.leave(d.pos + 1)
		return false
	case ',':
		d.pos = space(d.data, d.pos+1)
	}
	return true
}

// String reads a string. Bytes that are not UTF-8 become U+FFFD, as in
// encoding/json.
func (d *Decoder) String() string {
	if d.data[d.pos] != '"' {
		d.refuse("a string")
		return ""
	}
	start := d.pos + 1
	end, _ := str(d.data, d.pos)
	d.leave(end)
	body := d.data[start : end-1]
	if bytes.IndexByte(body, '\\') >= 0 {
		body = unescape(body)
	}
	if !utf8.Valid(body) {
		return string([]rune(string(body)))
	}
	return string(body)
}

// Bool reads true or false.
func (d *Decoder) Bool() bool {
	switch d.data[d.pos] {
	case 't':
		d.leave(d.pos + 4)
		return true
	case 'f':
		d.leave(d.pos + 5)
		return false
	}
	d.refuse("a boolean")
	return false
}

// Int reads a whole number that fits an int; 3.0 and 3e2 are whole.
func (d *Decoder) Int() int {
	start := d.pos
	text, ok := d.number("an integer")
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(string(text))
	if err == nil {
		return n
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if n = int(f); err != nil || float64(n) != f || f > 1<<53 || f < -1<<53 {
		d.fail(start, "must be an integer, not "+string(text))
		return 0
	}
	return n
}

// Float reads a number.
func (d *Decoder) Float() float64 {
	start := d.pos
	text, ok := d.number("a number")
	if !ok {
		return 0
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		d.fail(start, "must be a number of 64 bits, not "+string(text))
	}
	return f
}

func (d *Decoder) number(what string) (text []byte, ok bool) {
	if c := d.data[d.pos]; c != '-' && (c < '0' || c > '9') {
		d.refuse(what)
		return nil, false
	}
	end, _ := number(d.data, d.pos)
	text = d.data[d.pos:end]
	d.leave(end)
	return text, true
}

// Time reads an RFC 3339 time with any offset.
func (d *Decoder) Time() (t time.Time) {
	if d.data[d.pos] != '"' {
		d.refuse("a string with an RFC 3339 time")
		return t
	}
	start := d.pos
	end, _ := str(d.data, d.pos)
	if t.UnmarshalJSON(d.data[start:end]) != nil {
		d.fail(start, "must be an RFC 3339 time such as 2026-01-02T15:04:05.000000Z")
		t = time.Time{}
	}
	d.leave(end)
	return t
}

// Raw reads any value and returns it as it stands, in the memory of the input.
func (d *Decoder) Raw() []byte {
	start := d.pos
	end, _ := value(d.data, start, 0)
	d.leave(end)
	return d.data[start:end:end]
}

// RawObject is Raw for objects; anything else is refused, and nil is returned.
func (d *Decoder) RawObject() []byte {
	if d.data[d.pos] == '{' {
		return d.Raw()
	}
	d.refuse("an object")
	return nil
}

// Skip passes over any value.
func (d *Decoder) Skip() {
	end, _ := value(d.data, d.pos, 0)
	d.leave(end)
}

// Kind returns the first byte of the value that comes next, which tells its kind:
// { [ " t f n, and - or a digit for a number.
func (d *Decoder) Kind() byte { return d.data[d.pos] }

// Null passes over null and reports whether there was one.
func (d *Decoder) Null() bool {
	if d.data[d.pos] != 'n' {
		return false
	}
	d.leave(d.pos + 4)
	return true
}

// Peek returns the raw member of the object that comes next, or nil, and leaves
// the decoder where it is. Of a repeated name the last one counts.
func (d *Decoder) Peek(name string) (found []byte) {
	for key, raw := range RawMembers(d.data[d.pos:]) {
		if nameIs(key, name) {
			found = raw
		}
	}
	return found
}

func (d *Decoder) leave(end int) { d.pos = space(d.data, end) }

// refuse skips a value that is not what it must be. Null is no problem.
func (d *Decoder) refuse(what string) {
	if d.data[d.pos] != 'n' {
		d.fail(d.pos, "must be "+what+", not "+kind(d.data[d.pos]))
	}
	d.Skip()
}

func (d *Decoder) fail(pos int, problem string) {
	if d.err == nil {
		d.err = &DecodeError{path(d.data, pos), problem}
	}
}

// kind names the kind of the value that starts with c.
func kind(c byte) string {
	switch c {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// path returns the way to the value of data that holds the byte at pos. It
// walks from the top: only failures pay for paths.
func path(data []byte, pos int) string {
	var way []byte
	i := space(data, 0)
	for {
		var key []byte
		start, end, n := i, i, 0
		closing := data[i] + 2 // ']' follows '[', and '}' follows '{', by two
		if data[i] != '{' && data[i] != '[' {
			return string(way)
		}
		for i = space(data, i+1); data[i] != closing; n++ {
			if closing == '}' {
				end, _ = str(data, i)
				key = data[i:end]
				i = space(data, space(data, end)+1)
			}
			start = i
			end, _ = value(data, i, 0)
			if pos < end {
				break
			}
			if i = space(data, end); data[i] == ',' {
				i = space(data, i+1)
			}
		}
		if pos < start || pos >= end {
			return string(way)
		}
		if closing == '}' {
			if len(way) > 0 {
				way = append(way, '.')
			}
			name, _ := String(key)
			way = append(way, name...)
		} else {
			way = append(way, '[')
			way = strconv.AppendInt(way, int64(n), 10)
			way = append(way, ']')
		}
		i = start
	}
}
