package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// A checker goes through a payload. Nearly all are good, so a first one only finds
// out whether there is a problem: the names of places are made by a second.
type checker struct {
	table *Table
	named bool // places have names
}

// in names a member, and at an element.
func (c checker) in(where, name string) string {
	if !c.named {
		return ""
	}
	return where + "." + name
}

func (c checker) at(where string, i int) string {
	if !c.named {
		return ""
	}
	return where + "[" + strconv.Itoa(i) + "]"
}

// object checks the members of an object against fields.
func (c checker) object(fields []Field, obj []byte, where string) string {
	if !wire.IsObject(obj) {
		return mustBe(where, "an object", obj)
	}
	for i := range fields {
		f := &fields[i]
		if f.Name == "*" {
			if problem := c.each(f, f.Type, obj, where); problem != "" {
				return problem
			}
			continue
		}
		raw := wire.Get(obj, f.Name)
		switch {
		case raw == nil && f.Required:
			return where + "." + f.Name + ": is required"
		case wire.IsNull(raw) && !f.Required:
			continue
		}
		if problem := c.value(f, f.Type, raw, c.in(where, f.Name)); problem != "" {
			return problem
		}
		for _, other := range f.Excludes {
			if !wire.IsNull(wire.Get(obj, other)) {
				return where + "." + f.Name + ": cannot be combined with " + other
			}
		}
		for _, other := range f.Needs {
			if wire.IsNull(wire.Get(obj, other)) {
				return where + "." + f.Name + ": goes together with " + other
			}
		}
	}
	return ""
}

// each checks the members of an object with any names.
func (c checker) each(f *Field, typ string, obj []byte, where string) string {
	for name, raw := range wire.Members(obj) {
		if problem := c.value(f, typ, raw, c.in(where, name)); problem != "" {
			return problem
		}
	}
	return ""
}

func (c checker) anyOf(names []string, obj []byte) string {
	for _, name := range names {
		if !wire.IsNull(wire.Get(obj, name)) {
			return ""
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "payload: needs at least one of " + strings.Join(names, ", ")
}

// value checks a value against a type; f gives the limits.
func (c checker) value(f *Field, typ string, raw []byte, where string) string {
	if elem, ok := strings.CutPrefix(typ, "[]"); ok {
		return c.list(f, elem, raw, where)
	}
	if elem, ok := strings.CutPrefix(typ, "map[string]"); ok {
		if !wire.IsObject(raw) {
			return mustBe(where, "an object", raw)
		}
		return c.each(f, elem, raw, where)
	}
	switch typ {
	case "json":
		return ""
	case "string":
		return text(f, raw, where)
	case "int":
		return integer(f, raw, where)
	case "number":
		if kind(raw) != "a number" {
			return mustBe(where, "a number", raw)
		}
		return ""
	case "bool":
		if _, ok := wire.Bool(raw); !ok {
			return mustBe(where, "a boolean", raw)
		}
		return ""
	case "datetime":
		s, ok := wire.String(raw)
		if !ok {
			return mustBe(where, "a string with an RFC 3339 time", raw)
		}
		if _, ok := wire.Time(raw); !ok {
			return where + ": must be an RFC 3339 time such as 2026-01-02T15:04:05.000000Z, not " + quote(s)
		}
		return ""
	}
	return c.typed(typ, raw, where)
}

func (c checker) list(f *Field, elem string, raw []byte, where string) string {
	if kind(raw) != "an array" {
		return mustBe(where, "an array", raw)
	}
	n := 0
	for range wire.Elements(raw) {
		n++
	}
	if f.MaxItems != nil && n > *f.MaxItems {
		return where + ": must have at most " + strconv.Itoa(*f.MaxItems) + " items, not " + strconv.Itoa(n)
	}
	i := 0
	for item := range wire.Elements(raw) {
		if problem := c.value(f, elem, item, c.at(where, i)); problem != "" {
			return problem
		}
		i++
	}
	return ""
}

func text(f *Field, raw []byte, where string) string {
	if kind(raw) == "a string" && f.Enum == nil && (f.Max == nil || len(raw) <= *f.Max) {
		return "" // no text is longer than its JSON
	}
	s, ok := wire.String(raw)
	switch {
	case !ok:
		return mustBe(where, "a string", raw)
	case f.Enum != nil && !slices.Contains(f.Enum, s):
		return where + ": must be one of " + strings.Join(f.Enum, ", ") + ", not " + quote(s)
	case f.Max != nil && len(s) > *f.Max:
		return where + ": must have at most " + strconv.Itoa(*f.Max) + " bytes, not " + strconv.Itoa(len(s))
	}
	return ""
}

func integer(f *Field, raw []byte, where string) string {
	if kind(raw) != "a number" {
		return mustBe(where, "an integer", raw)
	}
	n, ok := wire.Int(raw)
	switch {
	case !ok:
		return where + ": must be an integer, not " + clip(string(raw))
	case f.Min != nil && n < int64(*f.Min):
		return where + ": must be at least " + strconv.Itoa(*f.Min) + ", not " + strconv.FormatInt(n, 10)
	case f.Max != nil && n > int64(*f.Max):
		return where + ": must be at most " + strconv.Itoa(*f.Max) + ", not " + strconv.FormatInt(n, 10)
	}
	return ""
}

// typed checks an object or a union by its name. A union is the object that its
// discriminator names.
func (c checker) typed(name string, raw []byte, where string) string {
	if !wire.IsObject(raw) {
		return mustBe(where, "an object", raw)
	}
	if u, ok := c.table.Unions[name]; ok {
		where := c.in(where, u.Discriminator)
		value := wire.Get(raw, u.Discriminator)
		if value == nil {
			return where + ": is required"
		}
		s, ok := wire.String(value)
		if !ok {
			return mustBe(where, "a string", value)
		}
		i := slices.Index(u.Values, s)
		if i < 0 {
			return where + ": must be one of " + strings.Join(u.Values, ", ") + ", not " + quote(s)
		}
		name = u.Objects[i]
	}
	return c.object(c.table.Objects[name], raw, where)
}

func mustBe(where, what string, raw []byte) string {
	return where + ": must be " + what + ", not " + kind(raw)
}

// kind names the kind of a JSON value.
func kind(raw []byte) string {
	for _, c := range raw {
		switch c {
		case ' ', '\n', '\r', '\t':
			continue
		case 'n':
			return "null"
		case '"':
			return "a string"
		case 't', 'f':
			return "a boolean"
		case '[':
			return "an array"
		case '{':
			return "an object"
		}
		return "a number"
	}
	return "nothing"
}

const most = 64 // bytes of a value that a sentence repeats

func quote(s string) string { return wire.Quote(clip(s)) }

func clip(s string) string {
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
