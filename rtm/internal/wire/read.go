package wire

import (
	"math"
	"unicode/utf16"
	"unicode/utf8"
)

// String decodes a JSON string. A lone surrogate becomes U+FFFD, as in
// encoding/json; ok is false when raw is no string.
func String(raw []byte) (s string, ok bool) {
	i := space(raw, 0)
	if i >= len(raw) || raw[i] != '"' {
		return "", false
	}
	end, ok := str(raw, i)
	if !ok {
		return "", false
	}
	body := raw[i+1 : end-1]
	for _, c := range body {
		if c == '\\' {
			return string(unescape(body)), true
		}
	}
	return string(body), true
}

// Str returns the string at path of the object obj, or "" when it is absent or
// no string.
func Str(obj []byte, path ...string) string {
	s, _ := String(Get(obj, path...))
	return s
}

// Bool decodes true or false; ok is false for anything else.
func Bool(raw []byte) (v, ok bool) {
	switch string(trim(raw)) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// Int decodes a whole number within int64; ok is false for anything else.
func Int(raw []byte) (n int64, ok bool) {
	raw = trim(raw)
	negative := len(raw) > 0 && raw[0] == '-'
	if negative {
		raw = raw[1:]
	}
	// Counted downwards, where there is one number more.
	for _, c := range raw {
		digit := int64(c - '0')
		if c < '0' || c > '9' || n < (math.MinInt64+digit)/10 {
			return 0, false
		}
		n = n*10 - digit
	}
	if len(raw) == 0 || !negative && n == math.MinInt64 {
		return 0, false
	}
	if !negative {
		n = -n
	}
	return n, true
}

// IsNull reports whether raw is absent or null.
func IsNull(raw []byte) bool {
	raw = trim(raw)
	return len(raw) == 0 || string(raw) == "null"
}

func trim(raw []byte) []byte {
	raw = raw[space(raw, 0):]
	for len(raw) > 0 {
		switch raw[len(raw)-1] {
		case ' ', '\n', '\r', '\t':
			raw = raw[:len(raw)-1]
		default:
			return raw
		}
	}
	return raw
}

func unescape(body []byte) []byte {
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); i++ {
		c := body[i]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		i++
		switch c = body[i]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, _ := hex4(body, i+1)
			i += 4
			if utf16.IsSurrogate(r) {
				low := rune(utf8.RuneError)
				if i+2 < len(body) && body[i+1] == '\\' && body[i+2] == 'u' {
					low, _ = hex4(body, i+3)
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, c)
		}
	}
	return out
}
