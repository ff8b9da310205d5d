package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// goRules writes the table that requests are checked with.
func goRules(api *API) *goFile {
	f := &goFile{pkg: "rules"}
	f.p("var %s = Table{\n\tMethods: map[string]Method{", api.Name)
	objects := make(map[string]bool)
	for _, m := range api.Methods {
		text := fmt.Sprintf("Since: %q", m.Since)
		if m.RemovedIn != "" {
			text += fmt.Sprintf(", RemovedIn: %q", m.RemovedIn)
		}
		if len(m.AnyOf) > 0 {
			text += ", AnyOf: " + goStrings(m.AnyOf)
		}
		if len(m.Method.Request) == 0 {
			f.p("\t\t%q: {%s},", m.Action, text)
			continue
		}
		f.p("\t\t%q: {%s, Fields: []Field{", m.Action, text)
		ruleFields(f, api, m.Method.Request, objects)
		f.p("\t\t}},")
	}
	f.p("\t},\n\tUnions: map[string]Union{")
	for _, name := range slices.Sorted(maps.Keys(api.Source.Unions)) {
		if !objects[name] {
			continue
		}
		u := api.Source.Unions[name]
		f.p("\t\t%q: {%q, map[string]string{", name, u.Discriminator)
		for _, value := range slices.Sorted(maps.Keys(u.Variants)) {
			f.p("\t\t\t%q: %q,", value, u.Variants[value])
		}
		f.p("\t\t}},")
	}
	f.p("\t},\n\tObjects: map[string][]Field{")
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		if api.Source.Unions[name] != nil {
			continue
		}
		f.p("\t\t%q: {", name)
		fields, _ := api.Source.Object(name)
		ruleFields(f, api, fields, nil)
		f.p("\t\t},")
	}
	f.p("\t},\n}")
	return f
}

// ruleFields writes the fields of an object and collects the objects that they
// lead to.
func ruleFields(f *goFile, api *API, fields catalogue.Fields, objects map[string]bool) {
	for _, field := range fields {
		if objects != nil {
			collect(api, field.Type, objects)
		}
		if field.RemovedIn != "" {
			continue // an older server may take it, so nothing is refused
		}
		name := field.Name
		if field.Star() {
			name = "*"
		}
		text := fmt.Sprintf("{Name: %q, Type: %q", name, field.Type)
		if field.Required {
			text += ", Required: true"
		}
		if len(field.Enum) > 0 {
			text += ", Enum: " + goStrings(field.Enum)
		}
		for _, limit := range []struct {
			name  string
			value *int
		}{{"Min", field.Min}, {"Max", field.Max}, {"MaxItems", field.MaxItems}} {
			if limit.value != nil {
				text += fmt.Sprintf(", %s: new(%d)", limit.name, *limit.value)
			}
		}
		if len(field.Excludes) > 0 {
			text += ", Excludes: " + goStrings(field.Excludes)
		}
		if len(field.Needs) > 0 {
			text += ", Needs: " + goStrings(field.Needs)
		}
		f.p("\t\t\t%s},", text)
	}
}

func collect(api *API, t *catalogue.Type, objects map[string]bool) {
	t = t.Base()
	if t.Kind != catalogue.Named || objects[t.Name] {
		return
	}
	objects[t.Name] = true
	if u := api.Source.Union(t.Name); u != nil {
		for _, object := range u.Variants {
			collect(api, &catalogue.Type{Kind: catalogue.Named, Name: object}, objects)
		}
		return
	}
	fields, _ := api.Source.Object(t.Name)
	for _, f := range fields {
		collect(api, f.Type, objects)
	}
}

func goStrings(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = fmt.Sprintf("%q", s)
	}
	return "[]string{" + strings.Join(quoted, ", ") + "}"
}
