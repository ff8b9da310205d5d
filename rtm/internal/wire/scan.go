package wire

import "iter"

// maxDepth bounds the nesting of arrays and objects that Valid accepts, so
// that a hostile frame cannot exhaust the stack.
const maxDepth = 200

// Valid reports whether b is exactly one well-formed JSON value (RFC 8259),
// white space around it allowed, nested at most 200 levels deep. Strings are
// not checked for valid UTF-8.
func Valid(b []byte) bool {
	i, ok := value(b, space(b, 0), 0)
	return ok && space(b, i) == len(b)
}

// Get returns the raw value at path, or nil when it is absent. Of a repeated
// name the last one counts, as in JavaScript. obj must be Valid.
func Get(obj []byte, path ...string) []byte {
	for _, name := range path {
		var found []byte
		for key, raw := range RawMembers(obj) {
			if nameIs(key, name) {
				found = raw
			}
		}
		if found == nil {
			return nil
		}
		obj = found
	}
	return obj
}

// Members returns the names and raw values of an object in the order in which
// they stand; nothing when obj is no object. obj must be Valid.
func Members(obj []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for key, raw := range RawMembers(obj) {
			name, _ := String(key)
			if !yield(name, raw) {
				return
			}
		}
	}
}

// Elements returns the raw values of an array in order; nothing when arr is no
// array. arr must be Valid.
func Elements(arr []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		i := space(arr, 0)
		if i >= len(arr) || arr[i] != '[' {
			return
		}
		i = space(arr, i+1)
		for i < len(arr) && arr[i] != ']' {
			end, ok := value(arr, i, 0)
			if !ok || !yield(arr[i:end:end]) {
				return
			}
			i = space(arr, end)
			if i < len(arr) && arr[i] == ',' {
				i = space(arr, i+1)
			}
		}
	}
}

// IsObject reports whether the Valid value raw is an object.
func IsObject(raw []byte) bool {
	i := space(raw, 0)
	return i < len(raw) && raw[i] == '{'
}

// RawMembers is Members with the names as they stand, quoted and escaped; it
// allocates nothing.
func RawMembers(obj []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, raw []byte) bool) {
		if !IsObject(obj) {
			return
		}
		i := space(obj, space(obj, 0)+1)
		for i < len(obj) && obj[i] == '"' {
			end, ok := str(obj, i)
			if !ok {
				return
			}
			key := obj[i:end]
			i = space(obj, end)
			if i >= len(obj) || obj[i] != ':' {
				return
			}
			i = space(obj, i+1)
			end, ok = value(obj, i, 0)
			if !ok || !yield(key, obj[i:end:end]) {
				return
			}
			i = space(obj, end)
			if i < len(obj) && obj[i] == ',' {
				i = space(obj, i+1)
			}
		}
	}
}

// nameIs compares a quoted name with a plain one, without a copy where the
// name has no escapes.
func nameIs(quoted []byte, name string) bool {
	plain := quoted[1 : len(quoted)-1]
	for _, c := range plain {
		if c == '\\' {
			s, ok := String(quoted)
			return ok && s == name
		}
	}
	return string(plain) == name
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// value returns the end of the value that starts at i.
func value(b []byte, i, depth int) (int, bool) {
	if i >= len(b) || depth > maxDepth {
		return i, false
	}
	switch b[i] {
	case '{':
		return object(b, i, depth)
	case '[':
		return array(b, i, depth)
	case '"':
		return str(b, i)
	case 't':
		return literal(b, i, "true")
	case 'f':
		return literal(b, i, "false")
	case 'n':
		return literal(b, i, "null")
	default:
		return number(b, i)
	}
}

func object(b []byte, i, depth int) (int, bool) {
	i = space(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1, true
	}
	for i < len(b) && b[i] == '"' {
		end, ok := str(b, i)
		if !ok {
			return end, false
		}
		i = space(b, end)
		if i >= len(b) || b[i] != ':' {
			return i, false
		}
		end, ok = value(b, space(b, i+1), depth+1)
		if !ok {
			return end, false
		}
		i = space(b, end)
		if i >= len(b) {
			return i, false
		}
		switch b[i] {
		case '}':
			return i + 1, true
		case ',':
			i = space(b, i+1)
		default:
			return i, false
		}
	}
	return i, false
}

func array(b []byte, i, depth int) (int, bool) {
	i = space(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1, true
	}
	for {
		end, ok := value(b, i, depth+1)
		if !ok {
			return end, false
		}
		i = space(b, end)
		if i >= len(b) {
			return i, false
		}
		switch b[i] {
		case ']':
			return i + 1, true
		case ',':
			i = space(b, i+1)
		default:
			return i, false
		}
	}
}

// str returns the end of the string whose opening quote is at i.
func str(b []byte, i int) (int, bool) {
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1, true
		case c < ' ':
			return i, false
		case c == '\\':
			i++
			if i >= len(b) {
				return i, false
			}
			switch b[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if _, ok := hex4(b, i+1); !ok {
					return i, false
				}
				i += 4
			default:
				return i, false
			}
		}
	}
	return i, false
}

func literal(b []byte, i int, want string) (int, bool) {
	end := i + len(want)
	if end > len(b) || string(b[i:end]) != want {
		return i, false
	}
	return end, true
}

func number(b []byte, i int) (int, bool) {
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	case i < len(b) && b[i] >= '1' && b[i] <= '9':
		i = digits(b, i)
	default:
		return i, false
	}
	if i < len(b) && b[i] == '.' {
		start := i + 1
		if i = digits(b, start); i == start {
			return i, false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start := i
		if i = digits(b, start); i == start {
			return i, false
		}
	}
	return i, true
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

func hex4(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
