package main

import (
	"strings"
	"testing"
)

// TestShortForms fails for a short form that no method has.
func TestShortForms(t *testing.T) {
	used := make(map[string]bool)
	for _, api := range bothAPIs(t) {
		for _, m := range api.Methods {
			if m.Request != nil && short(m) != nil {
				used[m.Action] = true
			}
		}
	}
	for action := range shortForms {
		if !used[action] {
			t.Errorf("%s: %q fits no request", action, shortForms[action])
		}
	}
}

// TestFormKinds fails for a type of form field, or a field of one, that no
// kind has.
func TestFormKinds(t *testing.T) {
	for _, api := range bothAPIs(t) {
		for _, s := range api.Structs {
			variants := formVariants(s)
			if variants == nil {
				continue
			}
			var values, fields []string
			for _, v := range variants {
				values = append(values, v.values...)
				fields = append(fields, v.fields...)
			}
			for _, f := range s.Fields {
				if f.Name == "type" && len(values) != len(f.Enum) {
					t.Errorf("%s %s: the kinds have %v, the catalogue %v", api.Name, s.Name, values, f.Enum)
				}
				if special(s, f.Name) && !strings.Contains(strings.Join(fields, " "), f.Name) {
					t.Errorf("%s %s: no kind has %s", api.Name, s.Name, f.Name)
				}
			}
		}
	}
}

func TestTSNames(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{camelCase("get_url_info"), "getUrlInfo"},
		{camelCase("login"), "login"},
		{camelCase("chat.id"), "chatId"},
		{tsNoun("EventInput"), "An event input"},
		{tsNoun("User"), "A user"},
		{tsRelative("src/agent/objects", "src/objects"), "../objects"},
		{tsRelative("src/agent/pushes", "src/agent/objects.gen"), "./objects.gen"},
		{tsRelative("src/errors", "src/objects"), "./objects"},
		{tsUnion([]string{"a", "b"}), "'a' | 'b'"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

// TestTSImports fails when a name that nothing declares, or that two files
// declare, is let through.
func TestTSImports(t *testing.T) {
	one, two := newTSFile("src/a/one", "One."), newTSFile("src/a/two", "Two.")
	one.export("Thing")
	two.use("Thing")
	two.use("Open")
	sources, err := tsSources(one, two)
	if err != nil {
		t.Fatal(err)
	}
	want := generated + "\nimport type { Thing } from './one.gen.ts'\nimport type { Open } from '../objects.ts'\n\n// Two.\n\n\n"
	if got := string(sources["web/sdk/src/a/two.gen.ts"]); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	two.use("Other")
	if _, err := tsSources(one, two); err == nil || !strings.Contains(err.Error(), "nothing declares Other") {
		t.Errorf("an unknown name: %v", err)
	}
	two.export("Thing")
	if _, err := tsSources(one, two); err == nil || !strings.Contains(err.Error(), "both declare Thing") {
		t.Errorf("a name declared twice: %v", err)
	}
}
