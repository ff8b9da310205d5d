package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// load resolves a catalogue.
func load(source *catalogue.API) (*API, error) {
	l := &loader{
		api: &API{
			Name: source.Name, Title: mixedCaps(source.Name), Version: source.Version, Source: source,
			Link: "https://platform.text.com/docs/messaging/" + source.Name + "-chat-api/rtm-reference",
		},
		structs: make(map[string]*Struct),
		unions:  make(map[string]*Union),
		enums:   make(map[string]*Enum),
	}
	for _, m := range source.Methods {
		method := &Method{Method: m, Name: mixedCaps(m.Action), Manual: m.Action == "login" || m.Action == "ping"}
		if m.Action != "ping" {
			method.Request = l.fields(m.Action, method.Name+"Request", Request, m.Request)
		}
		if bare := m.Response.Payload(); bare != nil {
			method.Bare = l.typ(bare, m.Response[0])
		} else if len(m.Response) > 0 {
			method.Response = l.fields(m.Action, method.Name+"Response", Response, m.Response)
		}
		l.api.Methods = append(l.api.Methods, method)
	}
	for _, p := range source.Pushes {
		push := &Push{Push: p, Name: mixedCaps(p.Action)}
		if bare := p.Payload.Payload(); bare != nil {
			push.Bare = l.typ(bare, p.Payload[0])
		} else {
			push.Payload = l.fields(p.Action, push.Name, Payload, p.Payload)
		}
		l.api.Pushes = append(l.api.Pushes, push)
	}
	// What other systems report is JSON in a string, so no field refers to it.
	for name := range source.Objects {
		if strings.HasPrefix(name, "SystemDetails.") {
			l.object(name)
		}
	}
	l.finish()
	return l.api, l.err
}

type loader struct {
	api     *API
	structs map[string]*Struct // by the name in the catalogue
	unions  map[string]*Union
	enums   map[string]*Enum
	bodies  []*Struct // of requests, responses and pushes
	err     error
}

func (l *loader) fail(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("%s: "+format, append([]any{l.api.Name}, args...)...)
	}
}

func (l *loader) fields(wire, name string, kind Kind, fs catalogue.Fields) *Struct {
	s := &Struct{Name: name, Wire: wire, Kind: kind}
	l.fill(s, fs)
	l.bodies = append(l.bodies, s)
	return s
}

func (l *loader) fill(s *Struct, fs catalogue.Fields) {
	if len(fs) == 1 && fs[0].Star() {
		s.Any = l.typ(fs[0].Type, fs[0])
		return
	}
	for _, f := range fs {
		field := &Field{Field: f, GoName: mixedCaps(f.Name), Type: l.typ(f.Type, f)}
		if s.Kind == Payload && field.GoName == "Action" {
			field.GoName = "ActionName" // Action is the method of a push
		}
		if len(f.Enum) == 1 && f.Required && f.Type.Kind == catalogue.String {
			field.Const = f.Enum[0]
		}
		field.Distinct = !f.Required && (f.DistinctZero || !zeroDefault(f))
		s.Fields = append(s.Fields, field)
	}
}

// zeroDefault reports whether an absent field and one that is zero come to the
// same: because zero is the default, or because zero is not allowed.
func zeroDefault(f *catalogue.Field) bool {
	switch string(f.Default) {
	case "", "null", "false", "0", `""`:
		return true
	}
	return len(f.Enum) > 0 || f.EnumName != "" || f.Min != nil && *f.Min > 0
}

// object resolves an object by its name in the catalogue, once.
func (l *loader) object(name string) *Struct {
	if s := l.structs[name]; s != nil {
		return s
	}
	fs, ok := l.api.Source.Object(name)
	if !ok {
		l.fail("there is no object %s", name)
	}
	s := &Struct{Name: structName(name), Wire: name, About: l.api.Source.About[name]}
	l.structs[name] = s
	l.fill(s, fs)
	return s
}

func (l *loader) union(name string, source *catalogue.Union) *Union {
	if u := l.unions[name]; u != nil {
		return u
	}
	u := &Union{Name: mixedCaps(name), Discriminator: source.Discriminator}
	l.unions[name] = u
	for _, value := range slices.Sorted(maps.Keys(source.Variants)) {
		s := l.object(source.Variants[value])
		s.Union, s.Value = u, value
		u.Variants = append(u.Variants, s)
	}
	for _, name := range source.Others {
		s := l.object(name)
		s.Union = u
		u.Others = append(u.Others, s)
	}
	if _, ok := l.api.Source.Object(name); ok && !strings.HasSuffix(name, "Input") {
		u.Base = l.object(name)
		u.Base.Base = u
	}
	return u
}

func (l *loader) typ(t *catalogue.Type, f *catalogue.Field) *Type {
	r := &Type{Kind: t.Kind}
	switch t.Kind {
	case catalogue.List, catalogue.Map:
		r.Elem = l.typ(t.Elem, f)
	case catalogue.Named:
		if u := l.api.Source.Union(t.Name); u != nil {
			r.Union = l.union(t.Name, u)
		} else {
			r.Struct = l.object(t.Name)
		}
	case catalogue.String:
		if f.EnumName != "" {
			r.Enum = l.enum(f.EnumName)
		} else {
			r.Ref = ref(f)
		}
	case catalogue.Int:
		r.Ref = ref(f)
	}
	return r
}

func (l *loader) enum(name string) *Enum {
	if e := l.enums[name]; e != nil {
		return e
	}
	values := l.api.Source.Enums[name]
	if len(values) == 0 {
		l.fail("there is no enum %s", name)
	}
	e := &Enum{Name: mixedCaps(name), Wire: name, Values: values}
	l.enums[name] = e
	return e
}

// ref says what the field is an id of. Most names say it themselves.
func ref(f *catalogue.Field) string {
	if f.Ref != "" {
		return f.Ref
	}
	switch name := strings.TrimSuffix(strings.TrimSuffix(f.Name, "s"), "_id"); name {
	case "chat", "event", "user", "agent", "customer", "group":
		if name != strings.TrimSuffix(f.Name, "s") {
			return name
		}
	case "author", "requester":
		return "user"
	}
	if strings.HasSuffix(f.Name, "thread_id") || strings.HasSuffix(f.Name, "thread_ids") {
		return "thread"
	}
	return ""
}

// finish puts things in order and says who uses what.
func (l *loader) finish() {
	for _, name := range slices.Sorted(maps.Keys(l.structs)) {
		l.api.Structs = append(l.api.Structs, l.structs[name])
	}
	l.api.Structs = append(l.api.Structs, l.bodies...)
	for _, name := range slices.Sorted(maps.Keys(l.unions)) {
		l.api.Unions = append(l.api.Unions, l.unions[name])
	}
	names := make(map[string]string)
	for _, s := range l.api.Structs {
		if other, ok := names[s.Name]; ok {
			l.fail("%s and %s are both named %s", other, s.Wire, s.Name)
		}
		names[s.Name] = s.Wire
	}
	for _, name := range slices.Sorted(maps.Keys(l.enums)) {
		e := l.enums[name]
		if _, ok := names[e.Name]; ok {
			e.Name += "Value"
		}
		l.api.Enums = append(l.api.Enums, e)
	}
	received := make(map[*Struct]bool)
	for _, s := range l.bodies {
		if s.Kind != Request {
			reach(s, received)
		}
	}
	for _, m := range l.api.Methods {
		if m.Bare != nil {
			reachType(m.Bare, received)
		}
	}
	for _, p := range l.api.Pushes {
		if p.Bare != nil {
			reachType(p.Bare, received)
		}
	}
	sent := make(map[*Struct]bool)
	for _, s := range l.bodies {
		if s.Kind == Request {
			reach(s, sent)
		}
	}
	for _, s := range l.api.Structs {
		s.Input = sent[s] && !received[s]
		for _, f := range s.Fields {
			t := f.Type
			for t.Elem != nil {
				t = t.Elem
			}
			if t.Struct != nil && !slices.Contains(t.Struct.UsedBy, s.Name) {
				t.Struct.UsedBy = append(t.Struct.UsedBy, s.Name)
			}
		}
	}
}

func reach(s *Struct, seen map[*Struct]bool) {
	if seen[s] {
		return
	}
	seen[s] = true
	for _, f := range s.Fields {
		reachType(f.Type, seen)
	}
}

func reachType(t *Type, seen map[*Struct]bool) {
	for t.Elem != nil {
		t = t.Elem
	}
	if t.Struct != nil {
		reach(t.Struct, seen)
	}
	if t.Union != nil {
		for _, v := range slices.Concat(t.Union.Variants, t.Union.Others) {
			reach(v, seen)
		}
	}
}
