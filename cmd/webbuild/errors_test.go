package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/cmd/internal/dist"
)

// TestErrors breaks one file at a time. Each message is one line that names the place,
// and the last good build stays whole.
func TestErrors(t *testing.T) {
	tests := []struct{ name, file, old, new, want string }{
		{"syntax", "web/sdk/src/greet.ts", "=>", "=> =>", "web/sdk/src/greet.ts:1:48: Unexpected \"=>\""},
		{"import", "web/sdk/src/index.ts", "'./greet'", "'./gone'", `web/sdk/src/index.ts:2:23: Could not resolve "./gone"`},
		{"go", "wasm/main.go", "session.Greeting", "session.Gone", "wasm: go build failed: wasm/main.go:6:31: undefined: session.Gone"},
		{"bundled json", "web/demo/data.json", "\"title\":", "\"title\"", "web/demo/data.json:1:11: Expected \":\" in JSON but found \"\\\"fixture\\\"\""},
		{"svg in css", "web/demo/shop.css", "dot.svg", "gone.svg", "web/demo/shop.css:4:19: web/demo/img/gone.svg: no such file"},
		{"reference", "web/demo/shop.html", `src="/shop.js"`, `src="/gone.js"`, `web/demo/shop.html:9: script src="/gone.js": no such file beside the page`},
		{"inline script", "web/demo/shop.html", ` src="/shop.js"`, ``, "web/demo/shop.html:9: inline script"},
		{"inline style", "web/demo/shop.html", `<p>`, "<p\n style='color:red'>", "web/demo/shop.html:13: attribute style"},
		{"handler", "web/demo/shop.html", `<p>`, "<p onclick='x()'>", "web/demo/shop.html:13: attribute onclick"},
		{"style element", "web/demo/shop.html", `<p>`, "<style>p { color: red }</style><p>", "web/demo/shop.html:13: inline style"},
	}
	root := copySite(t)
	m, _ := mustRun(t, root)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			edit(t, root, test.file, test.old, test.new)
			defer restore(t, root, test.file)
			err := run(&fixture, options{root: root, quality: fast, stdout: io.Discard})
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); !strings.HasPrefix(got, test.want) || strings.Contains(got, "\n") {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if !m.Complete(filepath.Join(root, "web/dist")) {
				t.Error("the last good build is gone")
			}
		})
	}
}

func restore(t *testing.T, root, name string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/site", name))
	if err == nil {
		err = os.WriteFile(filepath.Join(root, name), b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestMissingSources(t *testing.T) {
	tests := []struct {
		name   string
		change func(*site)
		want   string
	}{
		{"bundle", func(s *site) { s.bundles = []bundle{{"x.js", "web/x.ts"}} }, "web/x.ts: no such file; it is the source of x.js"},
		{"page", func(s *site) { s.pages = []page{{"x.html", "web/x.html"}} }, "web/x.html: no such file; it is the source of x.html"},
		{"wasm", func(s *site) { s.wasm = "x" }, "x: no such directory"},
	}
	root := copySite(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := fixture
			test.change(&s)
			if err := run(&s, options{root: root, quality: fast, stdout: io.Discard}); err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestNodeModulesMissing(t *testing.T) {
	root := copySite(t)
	if err := os.WriteFile(filepath.Join(root, "web/package.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := run(&fixture, options{root: root, quality: fast, stdout: io.Discard})
	if want := "web/node_modules is missing: run npm ci in web/"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestBudgets(t *testing.T) {
	m := &dist.Manifest{Files: map[string]dist.File{"a.js": {Brotli: 100}, "b.js": {Brotli: 101}}}
	s := &site{budgets: map[string]int{"a.js": 100, "b.js": 100, "c.js": 100}}
	err := checkBudgets(s, m)
	want := "b.js is 101 bytes as brotli, over its budget of 100; c.js has a size budget but was not built"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	delete(s.budgets, "b.js")
	delete(s.budgets, "c.js")
	if err := checkBudgets(s, m); err != nil {
		t.Error(err)
	}
}

// TestOverBudget shows that a build which is too large fails, again and again.
func TestOverBudget(t *testing.T) {
	root := copySite(t)
	s := fixture
	s.budgets = map[string]int{"sdk.js": 10}
	for range 2 {
		err := run(&s, options{root: root, quality: fast, stdout: io.Discard})
		if err == nil || !strings.Contains(err.Error(), "over its budget of 10") {
			t.Errorf("got %v", err)
		}
	}
	if err := run(&s, options{root: root, quality: fast, check: true, stdout: io.Discard}); err == nil {
		t.Error("-check passes without a build")
	}
}

func TestMinify(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"a.json", "{ \"a\" : [ 1 , 2 ] }\n", `{"a":[1,2]}`},
		{"a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\">\n<!-- c --><path d=\"M 0 0 L 10 10\"/>\n</svg>", `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0 10 10"/></svg>`},
		{"a.css", "a { color : #ff0000 ; }", "a{color:red}"},
		{"a.js", "let a = 1 ;\nexport { a }", "let a=1;export{a}"},
		{"a.txt", "as  it is\n", "as  it is\n"},
		{"a.js", "x", "x"},
	}
	for _, test := range tests {
		got, err := minifyFile(test.name, []byte(test.src))
		if err != nil || string(got) != test.want {
			t.Errorf("%s: got %q, %v, want %q", test.name, got, err, test.want)
		}
	}
	for name, want := range map[string]string{"a.json": "a.json:2: ", "a.js": "a.js:2:4: "} {
		if got, err := minifyFile(name, []byte("[ 1,\n ( , ]")); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %q, %v, want an error at %s", name, got, err, want)
		}
	}
}
