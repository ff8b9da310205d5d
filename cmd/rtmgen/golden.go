package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// golden writes a frame for each request, response and push, one on a line,
// with each field filled in and an unknown one at the end of each payload. The
// frames hold microseconds, and each variant of each union, unknown ones too.
func golden(api *API) []byte {
	var b bytes.Buffer
	for i, m := range api.Methods {
		id := fmt.Sprint(i + 1)
		request := `{"x_unknown":true}`
		if m.Request != nil {
			request = sample(m.Request, true)
		}
		fmt.Fprintf(&b, `{"request_id":%q,"action":%q,"payload":%s}`+"\n", id, m.Action, request)
		response := `{}`
		switch {
		case m.Response != nil:
			response = sample(m.Response, true)
		case m.Bare != nil:
			response = sampleBare(m.Bare, m.Method.Response[0])
		}
		fmt.Fprintf(&b, `{"request_id":%q,"action":%q,"type":"response","success":true,"payload":%s}`+"\n", id, m.Action, response)
	}
	for _, p := range api.Pushes {
		payload := ""
		if p.Payload != nil {
			payload = sample(p.Payload, true)
		} else {
			payload = sampleBare(p.Bare, p.Push.Payload[0])
		}
		version := api.Version
		if p.RemovedIn != "" {
			version = "3.4"
		}
		fmt.Fprintf(&b, `{"version":%q,"action":%q,"type":"push","payload":%s}`+"\n", version, p.Action, payload)
	}
	return b.Bytes()
}

// sampleBare is a payload that has no fields of its own.
func sampleBare(t *Type, f *catalogue.Field) string {
	if isStruct(t) {
		return sample(t.Struct, true)
	}
	return sampleType(t, &Field{Field: f})
}

// sample is an object with all its fields.
func sample(s *Struct, unknown bool) string {
	var members []string
	for _, f := range s.Fields {
		value := sampleType(f.Type, f)
		if s.Union != nil && s.Value != "" && f.Name == s.Union.Discriminator {
			value = fmt.Sprintf("%q", s.Value)
		}
		members = append(members, fmt.Sprintf("%q:%s", f.Name, value))
	}
	if unknown || s.Union != nil {
		members = append(members, `"x_unknown":{"kept":[1,"two",null]}`)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// sampleType is a value of a type; the field says which.
func sampleType(t *Type, f *Field) string {
	switch t.Kind {
	case catalogue.String:
		switch {
		case len(f.Enum) > 0:
			return fmt.Sprintf("%q", f.Enum[len(f.Enum)-1])
		case t.Enum != nil:
			return fmt.Sprintf("%q", t.Enum.Values[0])
		}
		return fmt.Sprintf("%q", sampleText(f.Name))
	case catalogue.Int:
		if f.Max != nil {
			return fmt.Sprint(*f.Max)
		}
		return fmt.Sprint(len(f.Name))
	case catalogue.Number:
		return "12.75"
	case catalogue.Bool:
		return "true"
	case catalogue.Datetime:
		return fmt.Sprintf(`"2026-03-04T05:06:07.%06d"`, 100_001+len(f.Name)*10)[:27] + `Z"`
	case catalogue.List:
		if t.Elem.Union != nil {
			return sampleUnion(t.Elem.Union)
		}
		return "[" + sampleType(t.Elem, f) + "]"
	case catalogue.Map:
		return fmt.Sprintf(`{"a_key":%s,"b_key":%s}`, sampleType(t.Elem, f), sampleType(t.Elem, f))
	case catalogue.Named:
		switch {
		case t.Union != nil:
			return sample(t.Union.Variants[len(f.Name)%len(t.Union.Variants)], false)
		case t.Struct.Wire == "Properties":
			return `{"a_namespace":{"flag":true,"rate":0.5,"score":1,"text":"a \"b\" é"},"routing":{"idle":false}}`
		case t.Struct.Any != nil:
			return fmt.Sprintf(`{"a_key":%s}`, sampleType(t.Struct.Any, f))
		}
		return sample(t.Struct, false)
	}
	return `{"any":["json",1.50,null]}`
}

// sampleUnion lists each variant, and one that no version knows.
func sampleUnion(u *Union) string {
	var all []string
	for _, s := range append(u.Variants[:len(u.Variants):len(u.Variants)], u.Others...) {
		all = append(all, sample(s, false))
	}
	all = append(all, fmt.Sprintf(`{"id":"U0","%s":"hologram","depth":{"z":1.0}}`, u.Discriminator))
	return "[" + strings.Join(all, ",") + "]"
}

func sampleText(name string) string {
	switch {
	case strings.HasSuffix(name, "url") || name == "avatar":
		return "https://example.com/" + name
	case strings.HasSuffix(name, "id"):
		return strings.ToUpper(name[:1]) + fmt.Sprintf("%09d", len(name)*1234567)
	case name == "text":
		return "Größe & <b>3 €</b>, \"quoted\"\n"
	}
	return "a " + strings.ReplaceAll(name, "_", " ")
}
