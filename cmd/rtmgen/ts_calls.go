package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// tsTest writes a test that uses each method and each push once, and shows
// that wrong fields, wrong types and wrong names do not compile.
func tsTest(api *API) []byte {
	var b bytes.Buffer
	p := func(s string, args ...any) { fmt.Fprintf(&b, s+"\n", args...) }
	p("%s\nimport { test } from 'node:test'", generated)
	p("import type { %s } from '../src/index.ts'", api.Name)
	p("import { %sCalls } from './calls.ts'\n", api.Name)
	p("test('%s: each method sends its request', () => {\n  const { client, sends, compiles } = %sCalls()", api.Name, api.Name)
	for _, m := range api.Methods {
		if m.Request == nil {
			continue
		}
		name, request, version := camelCase(m.Action), tsSample(m.Request), ""
		if m.RemovedIn != "" {
			version = ", '3.4'"
		}
		p("\n  const %s: %s.%s = %s", name, api.Name, m.Request.Name, request)
		p("  sends('%s', %s, (client) => client.%s(%s)%s)", m.Action, name, name, name, version)
		if m.Request.Fields != nil {
			p("  // @ts-expect-error\n  compiles(() => client.%s({ ...%s, %s: Symbol() }))", name, name, m.Request.Fields[0].Name)
		}
		p("  // @ts-expect-error\n  compiles(() => client.%s(%s))", name, strings.Replace(request, "{ ", "{ no_such_field: 1, ", 1))
		if params := short(m); params != nil {
			args, same := tsShortSample(m, params)
			p("  sends('%s', %s, (client) => client.%s(%s)%s)", m.Action, same, name, args, version)
		}
	}
	p("})\n\ntest('%s: each push has its type', () => {\n  const { client, pushes } = %sCalls()", api.Name, api.Name)
	for _, push := range api.Pushes {
		p("\n  pushes('%s', client.on('%s', (push: %s.%s) => {\n    void push", push.Action, push.Action, api.Name, push.Name)
		if push.Payload != nil {
			var fields []string
			for _, f := range push.Payload.Fields {
				fields = append(fields, "push."+f.Name)
			}
			p("    void [%s]", strings.Join(fields, ", "))
		}
		if push.Bare == nil || push.Bare.Kind != catalogue.Map {
			p("    // @ts-expect-error\n    void push.no_such_field")
		}
		p("  }))")
		p("  // @ts-expect-error\n  client.on('%s', (push: { no_such_field: number }) => push)", push.Action)
		p("  // @ts-expect-error\n  client.on('%s_', () => {})", push.Action)
	}
	p("})")
	return b.Bytes()
}

// tsSample is a request or an object with all its fields, less those that
// exclude one before them.
func tsSample(s *Struct) string {
	if s.Any != nil {
		return "{ a_key: " + tsSampleType(s.Any, nil) + " }"
	}
	fields, kind := s.Fields, formVariant{}
	if kinds := formVariants(s); kinds != nil {
		kind = kinds[len(kinds)-1]
		fields = slices.DeleteFunc(slices.Clone(fields), func(f *Field) bool { return special(s, f.Name) && !slices.Contains(kind.fields, f.Name) })
	}
	members := make([]string, 0, len(fields))
	for _, f := range fields {
		value := tsSampleType(f.Type, f)
		switch {
		case kind.name != "" && f.Name == "type":
			value = "'" + kind.values[0] + "'"
		case kind.types[f.Name] == "boolean":
			value = "true"
		case kind.types[f.Name] == "string":
			value = "'an answer'"
		case kind.types[f.Name] != "":
			value = "{ id: '1', label: 'one' }"
		}
		members = append(members, f.Name+": "+value)
	}
	return "{ " + strings.Join(members, ", ") + " }"
}

func tsSampleType(t *Type, f *Field) string {
	switch t.Kind {
	case catalogue.String:
		switch {
		case f != nil && len(f.Enum) > 0:
			return "'" + f.Enum[len(f.Enum)-1] + "'"
		case t.Enum != nil:
			return "'" + t.Enum.Values[0] + "'"
		case f != nil:
			return "'" + f.Name + "'"
		}
		return "'text'"
	case catalogue.Int, catalogue.Number:
		return "12"
	case catalogue.Bool:
		return "false"
	case catalogue.Datetime:
		return "'2026-03-04T05:06:07.123456Z'"
	case catalogue.List:
		if t.Elem.Union != nil {
			var all []string
			for _, v := range t.Elem.Union.Variants {
				all = append(all, tsSample(v))
			}
			return "[" + strings.Join(all, ", ") + "]"
		}
		return "[" + tsSampleType(t.Elem, f) + "]"
	case catalogue.Map:
		return "{ a_key: " + tsSampleType(t.Elem, f) + " }"
	case catalogue.Named:
		if t.Union != nil {
			return tsSample(t.Union.Variants[0])
		}
		return tsSample(t.Struct)
	}
	return "['any', 'json']"
}

// tsShortSample is the arguments of a short form and the request that they
// stand for.
func tsShortSample(m *Method, params []param) (args, request string) {
	var list, members []string
	for _, p := range params {
		switch {
		case p.value != "":
			members = append(members, p.path[0]+": '"+p.value+"'")
		case p.field == nil:
			for _, f := range m.Request.Fields {
				if !slices.ContainsFunc(params, func(p param) bool { return p.field == f }) {
					list = append(list, "{ "+f.Name+": "+tsSampleType(f.Type, f)+" }")
					members = append(members, f.Name+": "+tsSampleType(f.Type, f))
					break
				}
			}
		default:
			value := tsSampleType(p.field.Type, p.field)
			list = append(list, value)
			for i := len(p.path) - 1; i > 0; i-- {
				value = "{ " + p.path[i] + ": " + value + " }"
			}
			members = append(members, p.path[0]+": "+value)
		}
	}
	return strings.Join(list, ", "), "{ " + strings.Join(members, ", ") + " }"
}
