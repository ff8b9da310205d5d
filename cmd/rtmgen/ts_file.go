package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A tsFile collects the source of a TypeScript file of the SDK.
type tsFile struct {
	path    string // in web/sdk, without the ending
	intro   string
	body    bytes.Buffer
	exports map[string]bool
	uses    map[string]bool
}

func newTSFile(path, intro string) *tsFile {
	return &tsFile{path: path, intro: intro, exports: make(map[string]bool), uses: make(map[string]bool)}
}

func (f *tsFile) p(s string, args ...any) { fmt.Fprintf(&f.body, s+"\n", args...) }

// export notes that the file declares name, for the imports of others.
func (f *tsFile) export(name string) string {
	f.exports[name] = true
	return name
}

// use notes that the file refers to name.
func (f *tsFile) use(name string) string {
	f.uses[name] = true
	return name
}

// doc writes a comment of paragraphs; one that starts with a dash is an item
// of a list and stands right under the line before it.
func (f *tsFile) doc(indent string, paragraphs ...string) {
	var lines []string
	for _, p := range paragraphs {
		p = strings.ReplaceAll(strings.TrimSpace(p), "*/", "*\\/")
		if p == "" {
			continue
		}
		item := strings.HasPrefix(p, "- ")
		if len(lines) > 0 && !item {
			lines = append(lines, "")
		}
		for i, line := range wrap(p, 120-len(indent)) {
			if item && i > 0 {
				line = "  " + line
			}
			lines = append(lines, line)
		}
	}
	switch {
	case len(lines) == 0:
	case len(lines) == 1 && len(indent)+len(lines[0]) < 150:
		f.p("%s/** %s */", indent, lines[0])
	default:
		f.p("%s/**", indent)
		for _, line := range lines {
			f.p("%s", strings.TrimRight(indent+" * "+line, " "))
		}
		f.p("%s */", indent)
	}
}

// tsShared are the names that hand-written files of the SDK declare.
var tsShared = map[string]string{
	"Open": "src/objects", "Unlisted": "src/objects", "Empty": "src/objects", "CallInit": "src/client",
}

// tsSources returns the files with their imports, by their paths in the
// repository.
func tsSources(files ...*tsFile) (map[string][]byte, error) {
	from := maps.Clone(tsShared)
	for _, f := range files {
		for name := range f.exports {
			if other, ok := from[name]; ok {
				return nil, fmt.Errorf("%s and %s both declare %s", other, f.path, name)
			}
			from[name] = f.path + ".gen"
		}
	}
	sources := make(map[string][]byte)
	for _, f := range files {
		var b bytes.Buffer
		fmt.Fprintf(&b, "%s\n", generated)
		imports := make(map[string][]string)
		for _, name := range slices.Sorted(maps.Keys(f.uses)) {
			path, ok := from[name]
			if !ok {
				return nil, fmt.Errorf("%s: nothing declares %s", f.path, name)
			}
			if path != f.path+".gen" {
				imports[path] = append(imports[path], name)
			}
		}
		for _, path := range slices.Sorted(maps.Keys(imports)) {
			names, sep, end := strings.Join(imports[path], ", "), " ", " "
			if len(names) > 90 {
				names, sep, end = strings.Join(wrap(names, 120), "\n  "), "\n  ", ",\n"
			}
			fmt.Fprintf(&b, "import type {%s%s%s} from '%s.ts'\n", sep, names, end, tsRelative(f.path, path))
		}
		fmt.Fprintf(&b, "\n")
		for _, line := range wrap(f.intro, 120) {
			fmt.Fprintf(&b, "// %s\n", line)
		}
		fmt.Fprintf(&b, "\n%s", bytes.TrimRight(f.body.Bytes(), "\n"))
		b.WriteByte('\n')
		sources["web/sdk/"+f.path+".gen.ts"] = b.Bytes()
	}
	return sources, nil
}

// tsRelative is the way from one file to another, both paths in web/sdk.
func tsRelative(from, to string) string {
	a, b := strings.Split(from, "/"), strings.Split(to, "/")
	for len(a) > 1 && len(b) > 1 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	up := strings.Repeat("../", len(a)-1)
	if up == "" {
		up = "./"
	}
	return up + strings.Join(b, "/")
}

// camelCase turns a name of the wire into that of a method: get_url_info is
// getUrlInfo.
func camelCase(wire string) string {
	words := strings.FieldsFunc(wire, func(r rune) bool { return r == '_' || r == '.' })
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// tsUnion joins literals.
func tsUnion(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + v + "'"
	}
	return strings.Join(quoted, " | ")
}
