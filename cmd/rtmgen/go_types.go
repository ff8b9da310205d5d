package main

import (
	"fmt"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// refs are the named types of ids.
var refs = map[string]string{
	"chat": "rtm.ChatID", "thread": "rtm.ThreadID", "event": "rtm.EventID", "user": "rtm.UserID", "customer": "rtm.CustomerID",
	"agent": "rtm.AgentID", "group": "rtm.GroupID", "disconnect_reason": "rtm.DisconnectReason", "error_type": "rtm.ErrorType",
}

// goType returns the Go type that holds t.
func goType(t *Type) string {
	switch t.Kind {
	case catalogue.String, catalogue.Int:
		switch {
		case t.Enum != nil:
			return t.Enum.Name
		case t.Ref != "":
			return refs[t.Ref]
		case t.Kind == catalogue.Int:
			return "int"
		}
		return "string"
	case catalogue.Number:
		return "float64"
	case catalogue.Bool:
		return "bool"
	case catalogue.Datetime:
		return "time.Time"
	case catalogue.List:
		return "[]" + goType(t.Elem)
	case catalogue.Map:
		return "map[string]" + goType(t.Elem)
	case catalogue.Named:
		switch {
		case t.Union != nil:
			return t.Union.Name
		case t.Struct.Wire == "Properties":
			return "rtm.Properties"
		}
		return goName(t.Struct)
	}
	return "json.RawMessage"
}

// goName is the name of the Go type. The common fields of a union leave the
// plain name to its interface.
func goName(s *Struct) string {
	if s.Base != nil {
		return s.Name + "Base"
	}
	return s.Name
}

func isStruct(t *Type) bool { return t.Struct != nil && t.Struct.Any == nil }

// fieldType is the Go type of a field: a pointer where absent has to be told
// from zero, or where the value is an object that need not be there.
func fieldType(f *Field) string {
	if f.Distinct && scalar(f.Type) || isStruct(f.Type) && !f.Required {
		return "*" + goType(f.Type)
	}
	return goType(f.Type)
}

func scalar(t *Type) bool {
	switch t.Kind {
	case catalogue.List, catalogue.Map, catalogue.Named, catalogue.JSON:
		return false
	}
	return true
}

func tag(f *Field) string {
	switch {
	case f.Required:
		return f.Name
	case f.Type.Kind == catalogue.Datetime && !f.Distinct:
		return f.Name + ",omitzero"
	}
	return f.Name + ",omitempty"
}

// goTypes writes the types of objects, requests and responses.
func goTypes(api *API, kinds ...Kind) *goFile {
	f := &goFile{pkg: api.Name}
	for _, s := range api.Structs {
		for _, k := range kinds {
			if s.Kind == k && s.Wire != "Properties" {
				goStruct(f, api, s)
			}
		}
	}
	for _, m := range api.Methods {
		for _, k := range kinds {
			if k == Response && m.Bare != nil && !isStruct(m.Bare) {
				f.comment("", fmt.Sprintf("%sResponse is the answer to [Client.%s].", m.Name, m.Name))
				f.p("type %sResponse %s\n", m.Name, goType(m.Bare))
			}
		}
	}
	return f
}

func goStruct(f *goFile, api *API, s *Struct) {
	f.comment("", about(s))
	switch {
	case s.Any != nil:
		f.p("type %s map[string]%s\n", s.Name, goType(s.Any))
		return
	case s.Kind == Request && len(s.Fields) == 0:
		f.p("type %s struct {\n\tUnknown rtm.Unknown `json:\"-\"`\n}\n", s.Name)
		return
	}
	f.p("type %s struct {", goName(s))
	for _, field := range s.Fields {
		f.comment("\t", fieldDoc(s, field))
		f.p("\t%s %s `json:%q`", field.GoName, fieldType(field), tag(field))
	}
	if s.Base == nil {
		f.p("\n\tUnknown rtm.Unknown `json:\"-\"`")
	}
	f.p("}\n")
	if s.Union != nil && s.Union.Base != nil {
		goBase(f, s)
	}
}

// goBase writes the method that makes a variant of a union its interface.
func goBase(f *goFile, s *Struct) {
	f.p("// Base returns the fields that all variants of %s have.", s.Union.Name)
	f.p("func (x *%s) Base() %s {\n\treturn %s{", s.Name, goName(s.Union.Base), goName(s.Union.Base))
	for _, common := range s.Union.Base.Fields {
		for _, own := range s.Fields {
			if own.Name == common.Name {
				value := "x." + own.GoName
				if own.Const != "" {
					value = fmt.Sprintf("cmp.Or(x.%s, %q)", own.GoName, own.Const)
				}
				f.p("\t\t%s: %s,", common.GoName, value)
			}
		}
	}
	f.p("\t}\n}\n")
}

// about is the doc comment of a type.
func about(s *Struct) string {
	switch s.Kind {
	case Request:
		return s.Name + " is the request of [Client." + strings.TrimSuffix(s.Name, "Request") + "]."
	case Response:
		return s.Name + " is the answer to [Client." + strings.TrimSuffix(s.Name, "Response") + "]."
	}
	if s.About != "" {
		return goName(s) + " " + sentence2(s.About)
	}
	if len(s.UsedBy) > 0 {
		return goName(s) + " is part of " + list(s.UsedBy, "and") + "."
	}
	return goName(s) + " is the object " + s.Wire + "."
}

func sentence2(s string) string { return strings.TrimSuffix(s, ".") + "." }

// fieldDoc says what a field means, what is allowed, and what its absence is.
func fieldDoc(s *Struct, f *Field) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	sent := s.Kind == Request || s.Input || strings.HasPrefix(s.Wire, "EventInput.")
	if sent && f.Required && f.Const == "" {
		add("Required.")
	}
	if note := sentence(f.Note); note != "" {
		parts = append(parts, note)
	}
	switch {
	case f.Const != "":
		add("Always %q, which \"\" stands for.", f.Const)
	case len(f.Enum) > 0 && (f.Type.Enum == nil || len(f.Enum) < len(f.Type.Enum.Values)):
		add("One of %s.", list(f.Enum, "or"))
	}
	if sent {
		switch min, max := f.Min, f.Max; {
		case f.Type.Kind == catalogue.String && max != nil:
			add("At most %d bytes.", *max)
		case min != nil && max != nil:
			add("From %d to %d.", *min, *max)
		case max != nil:
			add("At most %d.", *max)
		case min != nil:
			add("At least %d.", *min)
		}
		if f.MaxItems != nil {
			add("At most %d items.", *f.MaxItems)
		}
	}
	if d := string(f.Default); d != "" && d != "null" {
		if f.Distinct {
			add("Nil is %s.", strings.Trim(d, `"`))
		} else if sent {
			add("The default is %s.", strings.Trim(d, `"`))
		}
	} else if f.Distinct && scalar(f.Type) {
		add("Nil is absent, which is not the same as zero.")
	}
	if sent && len(f.Excludes) > 0 && len(f.Excludes) < 8 {
		add("Not together with %s.", list(f.Excludes, "or"))
	}
	if sent && len(f.Needs) > 0 {
		add("Goes with %s.", list(f.Needs, "and"))
	}
	if text := fieldVersions(f.Field); text != "" {
		parts = append(parts, text)
	}
	if len(f.Enum) > 1 && f.Type.Enum == nil && f.Type.Kind == catalogue.List {
		add("Others may come.")
	}
	return strings.Join(parts, " ")
}

// fieldVersions says which versions have a field, "" when all do.
func fieldVersions(f *catalogue.Field) string {
	switch {
	case f.RemovedIn != "":
		return "Gone since version " + f.RemovedIn + "."
	case f.Was != "":
		return "Since version " + f.Since + "; it was " + f.Was + " before."
	case f.Since != "":
		return "Since version " + f.Since + "."
	}
	return ""
}
