package rtmserver

import (
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// LoadSeed reads a seed from JSON. It is strict: a member that is not known is
// refused. The error is a [*SeedError] with all that is wrong.
func LoadSeed(data []byte) (*Seed, error) { return loadSeed("", data, time.Time{}) }

// LoadSeedFile reads a seed from a file. Its times are checked against the start
// of the server; a zero start leaves that to [New].
func LoadSeedFile(name string, start time.Time) (*Seed, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("rtmserver: seed: %w", err)
	}
	return loadSeed(name, data, start)
}

// SeedError says what is wrong with a seed.
type SeedError struct {
	File     string // empty for a seed that is no file
	Problems []SeedProblem
}

// SeedProblem is one thing that is wrong with a seed.
type SeedProblem struct {
	Line, Column int    // from 1, in characters; 0 for a seed that was not read from JSON
	Path         string // such as organizations[0].agents[1].role; empty for the whole
	Text         string // a sentence without the path
}

// Error returns the problems, a line for each.
func (e *SeedError) Error() string {
	var lines []string
	for _, p := range e.Problems {
		where := "rtmserver: seed: "
		if e.File != "" {
			where = e.File + ":"
		}
		lines = append(lines, where+p.String())
	}
	return strings.Join(lines, "\n")
}

// String returns the problem on one line.
func (p SeedProblem) String() string {
	s := p.Text
	if p.Path != "" {
		s = p.Path + ": " + s
	}
	if p.Line > 0 {
		s = fmt.Sprintf("%d:%d: %s", p.Line, p.Column, s)
	}
	return s
}

func loadSeed(file string, data []byte, start time.Time) (*Seed, error) {
	d := &seedDecoder{reader: newJSONReader(data), at: map[string]int{}}
	d.reader.twice = func(at int, path, name string) {
		d.problem(at, dotted(path, name), "is there twice")
	}
	seed := &Seed{}
	if n := d.reader.read(); n != nil {
		d.value(n, reflect.ValueOf(seed).Elem(), "")
	} else {
		d.problem(d.reader.offset, "", "%s", d.reader.problem)
		return nil, &SeedError{File: file, Problems: d.problems}
	}
	// What is of the wrong kind was left out, so that it is named once.
	problems := seed.problems()
	if len(problems)+len(d.problems) == 0 && !start.IsZero() {
		problems = seed.timeProblems(start)
	}
	for _, p := range problems {
		if !slices.ContainsFunc(d.problems, func(q SeedProblem) bool { return q.Path == p.Path }) {
			d.problem(d.offset(p.Path), p.Path, "%s", p.Text)
		}
	}
	if len(d.problems) > 0 {
		slices.SortStableFunc(d.problems, func(a, b SeedProblem) int {
			if a.Line != b.Line {
				return a.Line - b.Line
			}
			return a.Column - b.Column
		})
		return nil, &SeedError{File: file, Problems: d.problems}
	}
	return seed, nil
}

// A seedDecoder puts nodes into the types of the seed, by their tags.
type seedDecoder struct {
	reader   *jsonReader
	at       map[string]int // offsets by path
	problems []SeedProblem
}

func (d *seedDecoder) problem(at int, path, format string, args ...any) {
	p := SeedProblem{Path: path, Text: fmt.Sprintf(format, args...)}
	p.Line, p.Column = d.reader.position(at)
	d.problems = append(d.problems, p)
}

// offset returns the place of a path, or of the nearest that holds it.
func (d *seedDecoder) offset(path string) int {
	for path != "" {
		if at, ok := d.at[path]; ok {
			return at
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return d.at[""]
}

func (d *seedDecoder) value(n *jsonNode, v reflect.Value, path string) {
	d.at[path] = n.at
	if n.value == nil && v.Kind() != reflect.Interface {
		return // null stands for absent
	}
	mustBe := func(what string) { d.problem(n.at, path, "must be %s, not %s", what, kindOf(n.shallow())) }
	switch v.Kind() {
	case reflect.String:
		if s, ok := n.value.(string); ok {
			v.SetString(s)
		} else {
			mustBe("a string")
		}
	case reflect.Bool:
		if b, ok := n.value.(bool); ok {
			v.SetBool(b)
		} else {
			mustBe("a boolean")
		}
	case reflect.Int:
		x, ok := n.value.(json.Number)
		if !ok {
			mustBe("an integer")
		} else if i, err := strconv.ParseInt(x.String(), 10, 32); err != nil {
			d.problem(n.at, path, "must be an integer of 32 bits, not %s", clip(x.String()))
		} else {
			v.SetInt(i)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path)
	case reflect.Interface:
		v.Set(reflect.ValueOf(&[]any{n.plain()}[0]).Elem())
		d.places(n, path)
	case reflect.Slice:
		list, ok := n.value.([]*jsonNode)
		if !ok {
			mustBe("an array")
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
		for i, x := range list {
			d.value(x, v.Index(i), path+"["+itoa(i)+"]")
		}
	case reflect.Map:
		if _, ok := n.value.(*jsonObject); !ok {
			mustBe("an object")
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for _, m := range n.members {
			key := reflect.ValueOf(m.name)
			if v.Type().Key().Kind() == reflect.Int {
				i, err := strconv.Atoi(m.name)
				if err != nil {
					d.problem(m.at, dotted(path, m.name), "the name must be an integer")
					continue
				}
				key = reflect.ValueOf(i)
			}
			x := reflect.New(v.Type().Elem()).Elem()
			d.value(m.node, x, dotted(path, m.name))
			v.SetMapIndex(key, x)
		}
	case reflect.Struct:
		if t, ok := v.Addr().Interface().(*time.Time); ok {
			s, _ := n.value.(string)
			var err error
			if *t, err = time.Parse(time.RFC3339, s); err != nil {
				d.problem(n.at, path, "must be a time such as 2026-01-02T15:04:05Z")
			}
			return
		}
		if _, ok := n.value.(*jsonObject); !ok {
			mustBe("an object")
			return
		}
		d.object(n, v, path)
	}
}

// places notes where everything inside of a value is.
func (d *seedDecoder) places(n *jsonNode, path string) {
	d.at[path] = n.at
	for _, m := range n.members {
		d.places(m.node, dotted(path, m.name))
	}
	if list, ok := n.value.([]*jsonNode); ok {
		for i, x := range list {
			d.places(x, path+"["+itoa(i)+"]")
		}
	}
}

func (d *seedDecoder) object(n *jsonNode, v reflect.Value, path string) {
	fields := seedFields(v.Type())
	there := map[string]bool{}
	e, isEvent := v.Addr().Interface().(*Event)
	for _, m := range n.members {
		i := slices.IndexFunc(fields, func(f seedField) bool { return f.name == m.name })
		switch {
		case i >= 0:
			there[m.name] = m.node.value != nil
			d.value(m.node, v.Field(fields[i].index), dotted(path, m.name))
		case isEvent:
			if e.Body == nil {
				e.Body = map[string]any{}
			}
			e.Body[m.name] = m.node.plain()
			d.places(m.node, dotted(path, m.name))
		default:
			var names []string
			for _, f := range fields {
				names = append(names, f.name)
			}
			d.problem(m.at, dotted(path, m.name), "is unknown; there are %s", strings.Join(names, ", "))
		}
	}
	for _, f := range fields {
		if f.required && !there[f.name] {
			d.problem(n.at, dotted(path, f.name), "is required")
		}
	}
}

// shallow is plain without what is inside, for kindOf.
func (n *jsonNode) shallow() any {
	switch n.value.(type) {
	case *jsonObject:
		return map[string]any{}
	case []*jsonNode:
		return []any{}
	}
	return n.value
}

// A seedField is a field of a type of the seed with what its tags say.
type seedField struct {
	index    int
	name     string
	required bool
	enum     []string
	format   string // uuid, email or uri
	min, max *int
	length   *int // at least so many characters
	items    [2]int
}

// seedFields reads the tags of a type. They are those of the JSON Schema, so
// that it and the server cannot differ.
func seedFields(t reflect.Type) []seedField {
	var fields []seedField
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		f := seedField{index: i, name: name}
		for tag := range strings.SplitSeq(t.Field(i).Tag.Get("jsonschema"), ",") {
			key, value, _ := strings.Cut(tag, "=")
			n, _ := strconv.Atoi(value)
			switch key {
			case "required":
				f.required = true
			case "enum":
				f.enum = append(f.enum, value)
			case "format":
				f.format = value
			case "minimum":
				f.min = &n
			case "maximum":
				f.max = &n
			case "minLength":
				f.length = &n
			case "minItems":
				f.items[0] = n
			case "maxItems":
				f.items[1] = n
			}
		}
		fields = append(fields, f)
	}
	return fields
}

//go:embed seed.schema.json
var seedSchema []byte

// SeedSchema returns the JSON Schema of seeds, for editors.
func SeedSchema() []byte { return slices.Clone(seedSchema) }
