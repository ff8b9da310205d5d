package rules

import (
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// parse reads a table from its text, which rtmgen writes: as a Go value
// the same table makes the core of the browser a good deal larger. Each line that starts with a word
// begins a method, an object or a union; those under it, indented, are its
// fields or variants:
//
//	method list_chats 3.2
//	 limit int 1..25
//	 sort_order string =asc,desc
//	 page_id string -limit,sort_order
//	method follow_customer 3.3 3.6
//	 id! string
//	method list_group_statuses 3.2 |all,group_ids
//	object SessionField
//	 * string
//	union EventInput type
//	 message EventInput.message
//
// A method has the version that it came with and the first one without it, and
// after a bar the parameters of which one must be there. A field with ! is
// required. After its type stand, each where there is one, the range of a number
// or the length of a text (..16384), the number of items (#10), what is allowed
// (=), what it excludes (-) and what it needs (+).
//
// It panics on anything else: the tests of this package compare what it gives with
// the catalogue.
func parse(text string) *Table {
	t := &Table{Methods: make(map[string]Method), Objects: make(map[string][]Field), Unions: make(map[string]Union)}
	var kind, name string // of the entry that the lines belong to
	for line := range strings.Lines(text) {
		words := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		if words[0] != "" {
			kind, name = words[0], words[1]
		}
		switch {
		case words[0] == "method":
			t.Methods[name] = parseMethod(words[2:])
		case words[0] == "object":
			t.Objects[name] = nil
		case words[0] == "union":
			t.Unions[name] = Union{Discriminator: words[2]}
		case kind == "method":
			m := t.Methods[name]
			m.Fields = append(m.Fields, parseField(words[1:]))
			t.Methods[name] = m
		case kind == "object":
			t.Objects[name] = append(t.Objects[name], parseField(words[1:]))
		case kind == "union":
			u := t.Unions[name]
			u.Values, u.Objects = append(u.Values, words[1]), append(u.Objects, words[2])
			t.Unions[name] = u
		}
	}
	return t
}

func parseMethod(words []string) Method {
	m := Method{Since: words[0]}
	for _, word := range words[1:] {
		if any, ok := strings.CutPrefix(word, "|"); ok {
			m.AnyOf = strings.Split(any, ",")
		} else {
			m.RemovedIn = word
		}
	}
	return m
}

func parseField(words []string) Field {
	f := Field{Type: words[1]}
	f.Name, f.Required = strings.CutSuffix(words[0], "!")
	for _, word := range words[2:] {
		list := strings.Split(word[1:], ",")
		switch word[0] {
		case '=':
			f.Enum = list
		case '-':
			f.Excludes = list
		case '+':
			f.Needs = list
		case '#':
			f.MaxItems = number(word[1:])
		default:
			low, high, _ := strings.Cut(word, "..")
			f.Min, f.Max = number(low), number(high)
		}
	}
	return f
}

func number(s string) *int {
	if s == "" {
		return nil
	}
	long, ok := wire.Int([]byte(s))
	if !ok {
		panic("rules: " + s + " is no number")
	}
	n := int(long)
	return &n
}
