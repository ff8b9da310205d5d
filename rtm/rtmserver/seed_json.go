package rtmserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"
)

// maxSeedDepth is how deep a seed may be nested.
const maxSeedDepth = 64

// A jsonNode is a value of a JSON text with its place.
type jsonNode struct {
	at      int // offset of the value
	value   any // string, json.Number, bool, nil, *jsonObject or []*jsonNode
	members []jsonMember
}

type jsonObject struct{}

type jsonMember struct {
	name string
	at   int // offset of the name
	node *jsonNode
}

// plain returns the value as the protocol's handlers have it; numbers keep their
// spelling.
func (n *jsonNode) plain() any {
	switch v := n.value.(type) {
	case *jsonObject:
		m := make(map[string]any, len(n.members))
		for _, x := range n.members {
			m[x.name] = x.node.plain()
		}
		return m
	case []*jsonNode:
		l := make([]any, len(v))
		for i, x := range v {
			l[i] = x.plain()
		}
		return l
	}
	return n.value
}

// A jsonReader reads a JSON text into nodes. A text that is no JSON ends in a
// problem; a name that is there twice is one, and what follows is read all the
// same.
type jsonReader struct {
	data     []byte
	dec      *json.Decoder
	twice    func(at int, path, name string)
	problem  string
	offset   int // of the problem
	newlines []int
}

func newJSONReader(data []byte) *jsonReader {
	r := &jsonReader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	for i, c := range data {
		if c == '\n' {
			r.newlines = append(r.newlines, i)
		}
	}
	return r
}

// position returns the line and the column of an offset, both from 1. Columns
// count characters.
func (r *jsonReader) position(at int) (line, column int) {
	at = max(0, min(at, len(r.data)))
	line = sort.SearchInts(r.newlines, at)
	start := 0
	if line > 0 {
		start = r.newlines[line-1] + 1
	}
	return line + 1, utf8.RuneCount(r.data[start:at]) + 1
}

// read returns the one value of the text, nil with a problem.
func (r *jsonReader) read() *jsonNode {
	if at, ok := validUTF8(r.data); !ok {
		r.offset, r.problem = at, "the text is not valid UTF-8"
		return nil
	}
	n := r.value("", 0)
	if n == nil {
		return nil
	}
	end := r.at()
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		r.offset, r.problem = end, "there is more after the first value"
		return nil
	}
	return n
}

func validUTF8(data []byte) (int, bool) {
	for i := 0; i < len(data); {
		c, size := utf8.DecodeRune(data[i:])
		if c == utf8.RuneError && size == 1 {
			return i, false
		}
		i += size
	}
	return 0, true
}

// at returns the offset of the token that comes next.
func (r *jsonReader) at() int {
	i := int(r.dec.InputOffset())
	for i < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[i]) >= 0 {
		i++
	}
	return i
}

func (r *jsonReader) fail(err error) *jsonNode {
	r.offset, r.problem = r.at(), "the text is not JSON: it ends too early"
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		r.offset, r.problem = max(r.at(), int(s.Offset)-1), "the text is not JSON: "+s.Error()
	} else if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		r.problem = "the text is not JSON: " + strings.TrimPrefix(err.Error(), "json: ")
	}
	return nil
}

func (r *jsonReader) value(path string, depth int) *jsonNode {
	n := &jsonNode{at: r.at()}
	if depth > maxSeedDepth {
		r.offset, r.problem = n.at, fmt.Sprintf("the text is nested more than %d deep", maxSeedDepth)
		return nil
	}
	t, err := r.dec.Token()
	if err != nil {
		return r.fail(err)
	}
	switch t {
	case json.Delim('['):
		list := []*jsonNode{}
		for r.dec.More() {
			x := r.value(path+"["+itoa(len(list))+"]", depth+1)
			if x == nil {
				return nil
			}
			list = append(list, x)
		}
		n.value = list
	case json.Delim('{'):
		n.value = &jsonObject{}
		seen := map[string]bool{}
		for r.dec.More() {
			m := jsonMember{at: r.at()}
			name, err := r.dec.Token()
			if err != nil {
				return r.fail(err)
			}
			m.name, _ = name.(string)
			if seen[m.name] && r.twice != nil {
				r.twice(m.at, path, m.name)
			}
			seen[m.name] = true
			if m.node = r.value(dotted(path, m.name), depth+1); m.node == nil {
				return nil
			}
			n.members = append(n.members, m)
		}
	default:
		n.value = t
		return n
	}
	if _, err := r.dec.Token(); err != nil { // the closing one
		return r.fail(err)
	}
	return n
}

var dottable = regexp.MustCompile(`^[A-Za-z0-9_$-]{1,64}$`)

// dotted is the path of a member.
func dotted(path, name string) string {
	switch {
	case !dottable.MatchString(name):
		return path + "[" + quote(name) + "]"
	case path == "":
		return name
	}
	return path + "." + name
}
