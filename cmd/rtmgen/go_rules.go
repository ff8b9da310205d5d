package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// goRules writes the table that requests are checked with, as the text that
// package rules reads; its function parse says how it is built.
func goRules(api *API) *goFile {
	f := &goFile{pkg: "rules"}
	f.p("const %sRules = `", api.Name)
	f.body.Truncate(f.body.Len() - 1)
	objects := make(map[string]bool)
	for _, m := range api.Methods {
		line := "method " + m.Action + " " + m.Since
		if m.RemovedIn != "" {
			line += " " + m.RemovedIn
		}
		if len(m.AnyOf) > 0 {
			line += " |" + strings.Join(m.AnyOf, ",")
		}
		f.p("%s", line)
		for _, field := range m.Method.Request {
			collect(api, field.Type, objects)
		}
		ruleFields(f, m.Method.Request)
	}
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		if u := api.Source.Union(name); u != nil {
			f.p("union %s %s", name, u.Discriminator)
			for _, value := range slices.Sorted(maps.Keys(u.Variants)) {
				f.p(" %s %s", value, u.Variants[value])
			}
			continue
		}
		f.p("object %s", name)
		fields, _ := api.Source.Object(name)
		ruleFields(f, fields)
	}
	f.p("`")
	return f
}

// ruleFields writes the fields of a method or an object.
func ruleFields(f *goFile, fields catalogue.Fields) {
	for _, field := range fields {
		if field.RemovedIn != "" {
			continue // an older server may take it, so nothing is refused
		}
		name := field.Name
		if field.Star() {
			name = "*"
		}
		if field.Required {
			name += "!"
		}
		line := " " + name + " " + field.Type.String()
		if field.Min != nil || field.Max != nil {
			line += " " + number(field.Min) + ".." + number(field.Max)
		}
		if field.MaxItems != nil {
			line += " #" + number(field.MaxItems)
		}
		for _, list := range []struct {
			sign  string
			words []string
		}{{"=", field.Enum}, {"-", field.Excludes}, {"+", field.Needs}} {
			if len(list.words) > 0 {
				line += " " + list.sign + strings.Join(list.words, ",")
			}
		}
		f.p("%s", line)
	}
}

func number(n *int) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

// collect adds the objects that a type leads to.
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
