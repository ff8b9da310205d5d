package wire

import (
	"strconv"
	"time"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD; the line separators U+2028 and U+2029 are escaped, so that the
// result may also stand in JavaScript source.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, s[start:i]...)
			dst = append(dst, "\ufffd"...)
			start = i + size
		case r == '\u2028' || r == '\u2029':
			dst = append(dst, s[start:i]...)
			dst = append(dst, '\\', 'u', '2', '0', '2', hexDigits[r&15])
			start = i + size
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// Quote returns s as a JSON string.
func Quote(s string) string { return string(AppendString(nil, s)) }

// Object writes a JSON object member by member. The zero Object is empty and
// ready to use.
type Object struct{ buf []byte }

// Str adds a string member.
func (o *Object) Str(name, v string) { o.name(name); o.buf = AppendString(o.buf, v) }

// Raw adds a member whose value is JSON already; an empty value adds nothing.
func (o *Object) Raw(name string, raw []byte) {
	if len(raw) > 0 {
		o.name(name)
		o.buf = append(o.buf, raw...)
	}
}

// Int adds a whole number.
func (o *Object) Int(name string, n int64) { o.name(name); o.buf = strconv.AppendInt(o.buf, n, 10) }

// Bool adds true or false.
func (o *Object) Bool(name string, v bool) { o.name(name); o.buf = strconv.AppendBool(o.buf, v) }

// Time adds a time as RTM writes it.
func (o *Object) Time(name string, t time.Time) { o.name(name); o.buf = AppendTime(o.buf, t) }

// Bytes returns the object, "{}" when it has no members. The result is the
// caller's; the Object must not be written to afterwards.
func (o *Object) Bytes() []byte {
	if len(o.buf) == 0 {
		return []byte("{}")
	}
	return append(o.buf, '}')
}

func (o *Object) name(name string) {
	if len(o.buf) == 0 {
		o.buf = append(o.buf, '{')
	} else {
		o.buf = append(o.buf, ',')
	}
	o.buf = AppendString(o.buf, name)
	o.buf = append(o.buf, ':')
}
