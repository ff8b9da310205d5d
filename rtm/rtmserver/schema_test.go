package rtmserver_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// schemaErrors holds a value to a schema, as far as ours go: a keyword that is
// not known here is an error too, so that none is passed over.
func schemaErrors(root, schema map[string]any, v any, path string) (wrong []string) {
	bad := func(format string, args ...any) { wrong = append(wrong, path+": "+fmt.Sprintf(format, args...)) }
	for key, want := range schema {
		switch key {
		case "$schema", "$defs", "title", "description", "default":
		case "$ref":
			def, ok := at(root, "$defs", strings.TrimPrefix(want.(string), "#/$defs/")).(map[string]any)
			if !ok {
				bad("the schema has no %s", want)
				continue
			}
			wrong = append(wrong, schemaErrors(root, def, v, path)...)
		case "type":
			got := map[reflect.Kind]string{reflect.String: "string", reflect.Bool: "boolean", reflect.Float64: "number", reflect.Slice: "array", reflect.Map: "object"}[reflect.ValueOf(v).Kind()]
			if n, ok := v.(float64); ok && n == float64(int(n)) {
				got = "integer"
			}
			if got != want {
				bad("is %s, not %s", got, want)
			}
		case "enum":
			if !slices.Contains(want.([]any), v) {
				bad("%v is none of %v", v, want)
			}
		case "minimum", "maximum":
			if n, ok := v.(float64); ok && (key == "minimum" && n < want.(float64) || key == "maximum" && n > want.(float64)) {
				bad("%v is beyond the %s %v", n, key, want)
			}
		case "minLength":
			if s, ok := v.(string); ok && len(s) < int(want.(float64)) {
				bad("is too short")
			}
		case "minItems", "maxItems":
			if l, ok := v.([]any); ok && (key == "minItems" && len(l) < int(want.(float64)) || key == "maxItems" && len(l) > int(want.(float64))) {
				bad("has %d items, against %s %v", len(l), key, want)
			}
		case "format":
			s, _ := v.(string)
			pattern, ok := map[string]string{"uuid": `^[0-9a-f-]{36}$`, "email": `^\S+@\S+$`, "uri": `^[a-z]+:\S+$`, "date-time": `^\d{4}-\d\d-\d\dT.*`}[want.(string)]
			if !ok || !regexp.MustCompile(pattern).MatchString(s) {
				bad("%q is no %s", s, want)
			}
		case "pattern":
			if s, _ := v.(string); !regexp.MustCompile(want.(string)).MatchString(s) {
				bad("%q is not like %s", s, want)
			}
		case "anyOf":
			if !slices.ContainsFunc(want.([]any), func(x any) bool { return len(schemaErrors(root, x.(map[string]any), v, path)) == 0 }) {
				bad("%v is like none of %v", v, want)
			}
		case "items":
			items, ok := want.(map[string]any) // true lets everything through
			l, _ := v.([]any)
			for i, x := range l {
				if !ok {
					break
				}
				wrong = append(wrong, schemaErrors(root, items, x, fmt.Sprintf("%s[%d]", path, i))...)
			}
		case "required":
			m, _ := v.(map[string]any)
			for _, name := range want.([]any) {
				if _, ok := m[name.(string)]; !ok {
					bad("%s is missing", name)
				}
			}
		case "properties":
			props := want.(map[string]any)
			m, _ := v.(map[string]any)
			for name, x := range m {
				if p, ok := props[name]; ok && p != true {
					wrong = append(wrong, schemaErrors(root, p.(map[string]any), x, path+"."+name)...)
				}
			}
		case "additionalProperties":
			m, _ := v.(map[string]any)
			props, _ := schema["properties"].(map[string]any)
			for name, x := range m {
				if _, ok := props[name]; ok {
					continue
				}
				if want == false {
					bad("%s is unknown", name)
				} else if sub, ok := want.(map[string]any); ok {
					wrong = append(wrong, schemaErrors(root, sub, x, path+"."+name)...)
				}
			}
		default:
			bad("the schema has %s, which this test does not know", key)
		}
	}
	return wrong
}

// TestSchema holds seeds to the schema, and broken ones.
func TestSchema(t *testing.T) {
	schema := readSchema(t)
	exported, err := rtmserver.New(&rtmserver.Options{Seed: shopSeed(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer exported.Shutdown(t.Context())
	export, err := exported.Export()
	if err != nil {
		t.Fatal(err)
	}
	for name, seed := range map[string]*rtmserver.Seed{"default": rtmserver.DefaultSeed(), "tour": tourSeed(), "shop": shopSeed(t), "empty": {}, "export": export} {
		for _, problem := range schemaErrors(schema, schema, seedValue(t, seed), name) {
			t.Error(problem)
		}
	}
	for want, spoil := range map[string]func(o map[string]any){
		"seed.organizations[0].agents[0].role: boss is none of": func(o map[string]any) { at(o, "agents", 0).(map[string]any)["role"] = "boss" },
		"seed.organizations[0].agents[0]: id is missing":        func(o map[string]any) { delete(at(o, "agents", 0).(map[string]any), "id") },
		"seed.organizations[0]: nam is unknown":                 func(o map[string]any) { o["nam"] = "x" },
		"seed.organizations[0].id: \"x\" is no uuid":            func(o map[string]any) { o["id"] = "x" },
		"seed.organizations[0].groups: is string, not array":    func(o map[string]any) { o["groups"] = "x" },
		"seed.organizations[0].bots[0].max_chats_count: 501 is": func(o map[string]any) { at(o, "bots", 0).(map[string]any)["max_chats_count"] = 501.0 },
		"seed.organizations[0].chats[0].threads: has 0 items":   func(o map[string]any) { at(o, "chats", 0).(map[string]any)["threads"] = []any{} },
		"seed.organizations[0].chats[0].threads[0].created_at:": func(o map[string]any) { at(o, "chats", 0, "threads", 0).(map[string]any)["created_at"] = "-2 hours" },
	} {
		v := seedValue(t, shopSeed(t))
		spoil(at(v, "organizations", 0).(map[string]any))
		if wrong := schemaErrors(schema, schema, v, "seed"); !slices.ContainsFunc(wrong, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("want %s, got %q", want, wrong)
		}
	}
}

func seedValue(t *testing.T, seed *rtmserver.Seed) map[string]any {
	t.Helper()
	data, err := seed.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSchemaIsWhole wants every field of every type in the schema, by its JSON
// name.
func TestSchemaIsWhole(t *testing.T) {
	schema := readSchema(t)
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(typ.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if seen[typ] || typ == reflect.TypeFor[time.Time]() {
			return
		}
		seen[typ] = true
		props, _ := at(schema, "$defs", typ.Name(), "properties").(map[string]any)
		if typ == reflect.TypeFor[rtmserver.Seed]() {
			props = schema["properties"].(map[string]any)
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			if !f.IsExported() {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || name != "-" && props[name] == nil {
				t.Errorf("%s.%s is %q, which the schema does not have", typ.Name(), f.Name, name)
			}
			walk(f.Type)
		}
	}
	walk(reflect.TypeFor[rtmserver.Seed]())
	if len(seen) < 20 {
		t.Errorf("only %d types were seen", len(seen))
	}
}
