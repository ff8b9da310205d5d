package main

import (
	"maps"
	"slices"
	"strings"
)

// tsUnionType writes a union and the variant for what no version knows yet.
func tsUnionType(f *tsFile, api *API, u *Union) {
	unknown := "Unknown" + strings.TrimPrefix(u.Name, "Event")
	if unknown == "Unknown" {
		unknown = "UnknownEvent"
	}
	f.doc("", "One of a "+u.Discriminator+" that is not listed here, with all that came with it.")
	f.p("export interface %s {", f.export(unknown))
	f.p("  %s: %s", u.Discriminator, f.use("Unlisted"))
	if u.Base != nil {
		for _, field := range u.Base.Fields {
			if field.Name != u.Discriminator {
				tsFields(f, u.Base, []*Field{field})
			}
		}
	}
	f.p("  [field: string]: unknown\n}\n")
	var names []string
	for _, v := range u.Variants {
		names = append(names, f.use(v.Name))
	}
	f.doc("", tsNoun(u.Name)+"; `"+u.Discriminator+"` tells which. The default of a `switch` gets `"+unknown+"`.")
	f.p("export type %s = %s\n", f.export(u.Name), strings.Join(append(names, unknown), " | "))
	if len(u.Others) > 0 {
		var others []string
		for _, o := range u.Others {
			others = append(others, f.use(o.Name))
		}
		f.doc("", "What a thread holds. Of a deleted event some agents get the frame alone, with the type that it had; what it held reads as undefined.")
		f.p("export type %s = %s | %s\n", f.export("Thread"+u.Name), u.Name, strings.Join(others, " | "))
	}
}

// tsGone writes the fields that a variant lacks although its discriminator has
// the value of one that has them, so that they can be read as undefined.
func tsGone(f *tsFile, s *Struct) {
	if s.Union == nil || !slices.Contains(s.Union.Others, s) {
		return
	}
	var gone []string
	for _, v := range s.Union.Variants {
		for _, field := range v.Fields {
			has := func(own *Field) bool { return own.Name == field.Name }
			if !slices.ContainsFunc(s.Fields, has) && !slices.Contains(gone, field.Name) {
				gone = append(gone, field.Name)
			}
		}
	}
	for _, name := range gone {
		f.p("  %s?: never", name)
	}
}

// tsNoun is the name of a union as a phrase: EventInput is an event input.
func tsNoun(name string) string {
	noun := strings.ToLower(strings.Join(humps(name), " "))
	if strings.ContainsAny(noun[:1], "aeio") {
		return "An " + noun
	}
	return "A " + noun
}

// A formVariant is a kind of form field: the types it has, and those of the
// fields which not all kinds have.
type formVariant struct {
	name, about string
	values      []string
	fields      []string
	types       map[string]string // of fields, where it is narrower than the catalogue's
}

// The kinds of form fields, which the catalogue tells apart in prose alone.
var formKinds = map[string][]formVariant{
	"FormField": {
		{name: "FormHeader", about: "A line of text in a form.", values: []string{"header"}},
		{name: "FormText", about: "A field for text.", values: formTexts, fields: []string{"required"}},
		{name: "FormChoice", about: "A field to choose in.", values: []string{"radio", "select", "checkbox", "group_chooser"}, fields: []string{"required", "options"}},
		{name: "FormConsent", about: "A single box to tick.", values: []string{"checkbox_for_email"}, fields: []string{"required", "checked"}},
		{name: "FormRating", about: "A field to rate the chat in.", values: []string{"rating"}, fields: []string{"required", "comment_label"}},
	},
	"FilledFormField": {
		{name: "FilledText", about: "The answer to a field for text.", values: formTexts, fields: []string{"answer"}, types: map[string]string{"answer": "string"}},
		{name: "FilledChoice", about: "The answer to a field with one choice.", values: []string{"radio", "select", "group_chooser"}, fields: []string{"answer"}, types: map[string]string{"answer": "FilledFormAnswer"}},
		{name: "FilledChoices", about: "The answers to a field with several choices.", values: []string{"checkbox"}, fields: []string{"answers"}},
		{name: "FilledConsent", about: "Whether the box was ticked.", values: []string{"checkbox_for_email"}, fields: []string{"answer"}, types: map[string]string{"answer": "boolean"}},
	},
}

var formTexts = []string{"name", "email", "question", "textarea", "subject"}

// formVariants returns the kinds of a form field that the API has, nil for
// any other object.
func formVariants(s *Struct) []formVariant {
	var have []formVariant
	for _, v := range formKinds[s.Wire] {
		for _, field := range s.Fields {
			if field.Name != "type" {
				continue
			}
			v.values = slices.DeleteFunc(slices.Clone(v.values), func(value string) bool { return !slices.Contains(field.Enum, value) })
		}
		if len(v.values) > 0 {
			have = append(have, v)
		}
	}
	return have
}

// special reports whether only some kinds of the form field have the field.
func special(s *Struct, name string) bool {
	return slices.ContainsFunc(formKinds[s.Wire], func(v formVariant) bool { return slices.Contains(v.fields, name) })
}

// tsForm writes a form field as the union of its kinds.
func tsForm(f *tsFile, s *Struct, variants []formVariant) {
	var names []string
	for _, v := range variants {
		f.doc("", v.about)
		f.p("export interface %s {", f.export(v.name))
		for _, field := range s.Fields {
			switch t := v.types[field.Name]; {
			case field.Name == "type":
				f.p("  type: %s", tsUnion(v.values))
			case special(s, field.Name) && !slices.Contains(v.fields, field.Name):
			case t != "":
				f.p("  %s?: %s", field.Name, t)
			case special(s, field.Name):
				f.p("  %s?: %s", field.Name, f.field(s, field))
			default:
				tsFields(f, s, []*Field{field})
			}
		}
		f.p("}\n")
		names = append(names, v.name)
	}
	unknown := "Unknown" + s.Name
	f.doc("", "One of a type that is not listed here, with all that came with it.")
	f.p("export interface %s {\n  type: %s\n  [field: string]: unknown\n}\n", f.export(unknown), f.use("Unlisted"))
	f.doc("", tsAbout(s))
	f.p("export type %s = %s\n", f.export(s.Name), strings.Join(append(names, unknown), " | "))
}

// tsSystemDetails writes what the details of system events hold.
func tsSystemDetails(f *tsFile, api *API) {
	var lines []string
	if u := api.Source.Unions["Event.system.details"]; u != nil {
		for _, value := range slices.Sorted(maps.Keys(u.Variants)) {
			lines = append(lines, "{ source: string; "+u.Discriminator+": '"+value+"'; version: number; details: "+f.use(structName(u.Variants[value]))+" }")
		}
	}
	for _, s := range api.Structs {
		if parts := strings.Split(s.Wire, "."); s.Kind == Object && parts[0] == "SystemDetails" && len(parts) == 4 {
			lines = append(lines, "{ source: '"+parts[1]+"'; subtype: '"+parts[2]+"'; version: "+strings.TrimPrefix(parts[3], "v")+"; details: "+f.use(s.Name)+" }")
		}
	}
	if len(lines) == 0 {
		return
	}
	f.doc("", "What `systemDetails` reads from a system event; `subtype` tells which.")
	f.p("export type %s =\n  | %s", f.export("SystemDetails"), strings.Join(lines, "\n  | "))
	f.p("  | { source: string; subtype: %s; version: number; details: unknown }\n", f.use("Unlisted"))
}
