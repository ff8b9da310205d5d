package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

func bothAPIs(t *testing.T) []*API {
	t.Helper()
	var apis []*API
	for _, source := range []*catalogue.API{catalogue.Customer(), catalogue.Agent()} {
		api, err := load(source)
		if err != nil {
			t.Fatal(err)
		}
		apis = append(apis, api)
	}
	return apis
}

// TestReferenceLinks fails for a link of the page that leads nowhere, and for
// two places of one name.
func TestReferenceLinks(t *testing.T) {
	text := string(reference(bothAPIs(t)...))
	ids := make(map[string]bool)
	for _, m := range regexp.MustCompile(`<a id="([^"]+)">`).FindAllStringSubmatch(text, -1) {
		if ids[m[1]] {
			t.Errorf("%s is there twice", m[1])
		}
		ids[m[1]] = true
	}
	links := regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(text, -1)
	if len(links) == 0 || len(ids) == 0 {
		t.Fatalf("%d links, %d places", len(links), len(ids))
	}
	for _, m := range links {
		if !ids[m[1]] {
			t.Errorf("%s leads nowhere", m[1])
		}
	}
}

// TestReferenceComplete fails for a method, push or object without an entry
// and for a field without a row in it.
func TestReferenceComplete(t *testing.T) {
	apis := bothAPIs(t)
	text := string(reference(apis...))
	entries := make(map[string]string)
	for _, part := range regexp.MustCompile(`(?m)^#### `).Split(text, -1)[1:] {
		id, body, _ := strings.Cut(strings.TrimPrefix(part, `<a id="`), `"`)
		entries[id] = body
	}
	check := func(id string, fields ...catalogue.Fields) {
		t.Helper()
		entry, ok := entries[id]
		if !ok {
			t.Errorf("%s has no entry", id)
		}
		for _, fs := range fields {
			for _, f := range fs {
				if !f.Star() && f.Name != "$" && !strings.Contains(entry, "| `"+f.Name+"` |") {
					t.Errorf("%s: %s has no row", id, f.Name)
				}
			}
		}
	}
	for _, api := range apis {
		for _, m := range api.Source.Methods {
			check(api.Name+"-"+m.Action, m.Request, m.Response)
		}
		for _, p := range api.Source.Pushes {
			check(api.Name+"-"+p.Action, p.Payload)
		}
		for _, s := range api.Structs {
			if s.Kind == Object {
				check(api.Name+"-"+s.Name, api.Source.Objects[s.Wire])
			}
		}
	}
}

// TestReferenceTables fails for a row with another number of cells than its
// head.
func TestReferenceTables(t *testing.T) {
	cells, tables := 0, 0
	for line := range strings.Lines(string(reference(bothAPIs(t)...))) {
		if !strings.HasPrefix(line, "|") {
			cells = 0
			continue
		}
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if cells == 0 {
			tables++
		} else if n != cells {
			t.Errorf("%d cells instead of %d: %s", n-1, cells-1, line)
		}
		cells = n
	}
	if tables < 300 {
		t.Errorf("only %d tables", tables)
	}
}
