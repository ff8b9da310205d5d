package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// tsFiles returns the TypeScript of the APIs, by the paths in the repository.
func tsFiles(apis ...*API) (map[string][]byte, error) {
	files := make(map[string][]byte)
	add := func(fs ...*tsFile) error {
		sources, err := tsSources(fs...)
		for path, source := range sources {
			files[path] = source
		}
		return err
	}
	errors := tsErrors(apis)
	if err := add(errors); err != nil {
		return nil, err
	}
	for _, api := range apis {
		objects, requests, pushes, methods := tsObjects(api), tsRequests(api), tsPushes(api), tsMethods(api)
		if err := add(errors, objects, requests, pushes, methods); err != nil {
			return nil, fmt.Errorf("%s: %w", api.Name, err)
		}
		files["web/sdk/test/"+api.Name+".gen.test.ts"] = tsTest(api)
	}
	return files, nil
}

// tsObjects writes the types of objects, unions and enums.
func tsObjects(api *API) *tsFile {
	f := newTSFile("src/"+api.Name+"/objects", fmt.Sprintf("The objects of the %s API. Fields have the names of the wire; a server may add others at any time. "+
		"A datetime is RFC 3339 text in UTC with microseconds.", api.Title))
	for _, e := range api.Enums {
		f.p("export type %s = %s\n", f.export(e.Name), tsUnion(e.Values))
	}
	for _, s := range api.Structs {
		switch variants := formVariants(s); {
		case s.Kind != Object:
		case s.Any != nil:
			f.doc("", tsAbout(s))
			f.p("export type %s = Record<string, %s>\n", f.export(s.Name), f.typ(s.Any, nil, false))
		case variants != nil:
			tsForm(f, s, variants)
		default:
			f.doc("", tsAbout(s))
			f.p("export interface %s {", f.export(goName(s)))
			tsFields(f, s, s.Fields)
			tsGone(f, s)
			f.p("}\n")
		}
	}
	for _, u := range api.Unions {
		tsUnionType(f, api, u)
	}
	tsSystemDetails(f, api)
	return f
}

// tsRequests writes the types of requests and answers.
func tsRequests(api *API) *tsFile {
	f := newTSFile("src/"+api.Name+"/requests", fmt.Sprintf("The requests and answers of the %s API.", api.Title))
	for _, m := range api.Methods {
		if m.Request == nil {
			continue
		}
		method := "{@link " + api.Title + "Methods." + camelCase(m.Action) + "}"
		if f.doc("", "What "+method+" takes."); len(m.Request.Fields) == 0 {
			f.p("export type %s = %s\n", f.export(m.Request.Name), f.use("Empty"))
		} else {
			f.p("export interface %s {", f.export(m.Request.Name))
			tsFields(f, m.Request, m.Request.Fields)
			f.p("}\n")
		}
		name := f.export(m.Name + "Response")
		switch f.doc("", "What "+method+" gives."); {
		case m.Bare != nil:
			f.p("export type %s = %s\n", name, f.typ(m.Bare, m.Method.Response[0], false))
		case m.Response == nil:
			f.p("export type %s = %s\n", name, f.use("Empty"))
		default:
			f.p("export interface %s {", name)
			tsFields(f, m.Response, m.Response.Fields)
			f.p("}\n")
		}
	}
	return f
}

// tsPushes writes the types of pushes, and the map from their names.
func tsPushes(api *API) *tsFile {
	f := newTSFile("src/"+api.Name+"/pushes", fmt.Sprintf("The pushes of the %s API.", api.Title))
	f.doc("", "What the server says without being asked, by action.")
	f.p("export interface %sPushes {", api.Title)
	f.export(api.Title + "Pushes")
	for _, p := range api.Pushes {
		f.doc("  ", sentence(p.Summary)+" "+tsVersions(p.Since, p.RemovedIn))
		f.p("  %s: %s", p.Action, p.Name)
	}
	f.p("}\n")
	for _, p := range api.Pushes {
		to := ""
		if p.SentTo != "" {
			to = "Sent to: " + sentence(p.SentTo)
		}
		f.doc("", sentence(p.Summary)+" "+sentence(p.Note), to, tsVersions(p.Since, p.RemovedIn))
		if p.Payload == nil {
			f.p("export type %s = %s\n", f.export(p.Name), f.typ(p.Bare, p.Push.Payload[0], false))
			continue
		}
		f.p("export interface %s {", f.export(p.Name))
		tsFields(f, p.Payload, p.Payload.Fields)
		f.p("}\n")
	}
	return f
}

// tsErrors writes the types of errors and the reasons for disconnects.
func tsErrors(apis []*API) *tsFile {
	f := newTSFile("src/errors", "The errors and the disconnect reasons of both APIs.")
	var types, reasons, retries, policies []string
	for _, api := range apis {
		for _, e := range api.Source.Errors {
			if !slices.Contains(types, e.Type) {
				help := retryHelp(e)
				if help == "" {
					help = "a retry cannot help"
				}
				types = append(types, e.Type)
				retries = append(retries, fmt.Sprintf("- `%s`: %s; %s.", e.Type, strings.TrimSuffix(e.When, "."), help))
			}
		}
		for _, r := range api.Source.DisconnectReasons {
			if !slices.Contains(reasons, r.Reason) {
				reasons = append(reasons, r.Reason)
				policies = append(policies, fmt.Sprintf("- `%s` (%s): %s", r.Reason, r.Policy, sentence(r.When)))
			}
		}
	}
	f.doc("", append([]string{"Why the server refused a request."}, retries...)...)
	f.p("export type %s =\n  | %s\n", f.export("ServerErrorType"), strings.ReplaceAll(tsUnion(types), " | ", "\n  | "))
	f.doc("", append([]string{"Why the server ended a connection, and what the core does about it by itself."}, policies...)...)
	f.p("export type %s =\n  | %s\n", f.export("DisconnectReason"), strings.ReplaceAll(tsUnion(reasons), " | ", "\n  | "))
	return f
}

func tsFields(f *tsFile, s *Struct, fields []*Field) {
	for _, field := range fields {
		optional := "?"
		if field.Required && !tsOwnToken(s, field) {
			optional = ""
		}
		f.doc("  ", tsFieldDoc(s, field))
		f.p("  %s%s: %s", field.Name, optional, f.field(s, field))
	}
}

// tsOwnToken reports whether the field is the token of a login, which the
// connection knows by itself.
func tsOwnToken(s *Struct, field *Field) bool {
	return s.Kind == Request && s.Wire == "login" && field.Name == "token"
}

// field is the type of a field.
func (f *tsFile) field(s *Struct, field *Field) string {
	if field.Const != "" {
		return "'" + field.Const + "'"
	}
	if s.Union != nil && field.Name == s.Union.Discriminator && field.Type.Enum != nil {
		// Unit types alone keep a union discriminated.
		return f.use(field.Type.Enum.Name) + " | " + f.use("Unlisted")
	}
	return f.typ(field.Type, field.Field, tsSent(s))
}

// tsSent reports whether only clients send the struct. What the server sends
// may hold values that are not listed yet.
func tsSent(s *Struct) bool { return s.Kind == Request || s.Input }

// typ is the TypeScript type that holds t.
func (f *tsFile) typ(t *Type, field *catalogue.Field, sent bool) string {
	switch t.Kind {
	case catalogue.String:
		var literals string
		switch {
		case t.Ref == "disconnect_reason":
			literals = f.use("DisconnectReason")
		case t.Ref == "error_type":
			literals = f.use("ServerErrorType")
		case t.Enum != nil && sent && field != nil && len(field.Enum) > 0 && len(field.Enum) < len(t.Enum.Values):
			literals = tsUnion(field.Enum)
		case t.Enum != nil:
			literals = f.use(t.Enum.Name)
		case field != nil && len(field.Enum) > 0:
			literals = tsUnion(field.Enum)
		default:
			return "string"
		}
		if sent {
			return literals
		}
		return f.use("Open") + "<" + literals + ">"
	case catalogue.Datetime:
		return "string"
	case catalogue.Int, catalogue.Number:
		return "number"
	case catalogue.Bool:
		return "boolean"
	case catalogue.List:
		elem := f.typ(t.Elem, field, sent)
		if t.Elem.Union != nil && len(t.Elem.Union.Others) > 0 {
			elem = f.use("Thread" + t.Elem.Union.Name)
		}
		if strings.Contains(elem, "|") {
			elem = "(" + elem + ")"
		}
		return elem + "[]"
	case catalogue.Map:
		return "Record<string, " + f.typ(t.Elem, field, sent) + ">"
	case catalogue.Named:
		if t.Union != nil {
			return f.use(t.Union.Name)
		}
		return f.use(goName(t.Struct))
	}
	return "unknown"
}

// tsAbout is the comment of a type.
func tsAbout(s *Struct) string {
	switch {
	case s.About != "":
		about := strings.TrimPrefix(s.About, "is ")
		return sentence(strings.ToUpper(about[:1]) + about[1:])
	case len(s.UsedBy) > 0:
		return "Part of " + list(s.UsedBy, "and") + "."
	}
	return ""
}

// tsFieldDoc says what a field means, what is allowed, and what its absence is.
func tsFieldDoc(s *Struct, field *Field) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if note := sentence(field.Note); note != "" {
		parts = append(parts, note)
	}
	if field.Type.Kind == catalogue.Datetime {
		add("RFC 3339.")
	}
	if tsOwnToken(s, field) {
		add("Default: `token` or `getToken` of the options, and here too the scheme word may be left out.")
	}
	if limits := limits(field.Field); tsSent(s) && limits != "" {
		parts = append(parts, sentence(limits))
	}
	if d := strings.Trim(string(field.Default), `"`); d != "" && d != "null" && tsSent(s) {
		add("Default: `%s`.", d)
	}
	if tsSent(s) && len(field.Excludes) > 0 {
		add("Not together with %s.", list(field.Excludes, "or"))
	}
	if tsSent(s) && len(field.Needs) > 0 {
		add("Goes with %s.", list(field.Needs, "and"))
	}
	if text := fieldVersions(field.Field); text != "" {
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

// limits says what a value may be at most and at least.
func limits(f *catalogue.Field) string {
	var parts []string
	unit := ""
	if f.Type.Base().Kind == catalogue.String {
		unit = " bytes"
	}
	switch min, max := f.Min, f.Max; {
	case min != nil && max != nil:
		parts = append(parts, fmt.Sprintf("%d to %d%s", *min, *max, unit))
	case max != nil:
		parts = append(parts, fmt.Sprintf("at most %d%s", *max, unit))
	case min != nil:
		parts = append(parts, fmt.Sprintf("at least %d%s", *min, unit))
	}
	if f.MaxItems != nil {
		parts = append(parts, fmt.Sprintf("at most %d items", *f.MaxItems))
	}
	return strings.Join(parts, ", ")
}

func tsVersions(since, removed string) string {
	switch {
	case removed != "":
		return fmt.Sprintf("Gone since version %s of the API.", removed)
	case since > "3.4":
		return fmt.Sprintf("Since version %s of the API.", since)
	}
	return ""
}
