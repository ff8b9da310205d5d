package main

// The test lives here and not in rtm/: it is about the whole module, it runs the go
// command, and check is the program that judges the tree.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/rtmwidget/rtmwidget/"

// allowed is what the packages of rtm/ and wasm/ may import of this module, directly and
// through others: themselves, what is under them, and these.
var allowed = map[string][]string{
	"rtm/catalogue":         {"rtm/internal"},
	"rtm/internal":          {},
	"rtm/internal/codec":    {"rtm/internal", "rtm/session", "rtm"},                  // of customer and agent
	"rtm/internal/contract": {"rtm/internal", "rtm/session", "rtm", "rtm/catalogue"}, // of their tests
	"rtm/session":           {"rtm/internal"},
	"rtm/model":             {"rtm/internal", "rtm/session"},
	"wasm":                  {"rtm/internal", "rtm/session", "rtm/model"},
	"rtm":                   {"rtm/internal", "rtm/session"},
	"rtm/customer":          {"rtm/internal", "rtm/session", "rtm"},
	"rtm/agent":             {"rtm/internal", "rtm/session", "rtm"},
	"rtm/rtmserver":         {"rtm/internal", "rtm/catalogue"},
}

// required are the packages of the design; a rule about a package that isn't there would
// hold for ever.
var required = []string{
	"rtm", "rtm/agent", "rtm/catalogue", "rtm/customer", "rtm/internal/wire", "rtm/model", "rtm/rtmserver", "rtm/rtmtest", "rtm/session", "wasm",
	"cmd/check", "cmd/rtmd", "cmd/webbuild",
}

// engine are the packages that every build of the core holds, and heavy what would make
// the wasm large or give the engine a clock, a socket or a disk.
var (
	engine = []string{"rtm/session", "rtm/model"}
	heavy  = []string{"fmt", "reflect", "encoding/json", "net", "os"}
)

// only says where an import may stand. A name covers what is under it.
var only = map[string][]string{
	"syscall/js":                       {"wasm"},
	"github.com/teamortix/golang-wasm": {"wasm"},
	"github.com/coder/websocket":       {"rtm", "rtm/rtmserver", "rtm/rtmtest"},
	"github.com/tdewolff":              {"cmd/webbuild"},
	"github.com/evanw/esbuild":         {"cmd/webbuild"},
	"github.com/andybalholm/brotli":    {"cmd/webbuild"},
	"github.com/nats-io":               {"rtm/rtmserver"},
	"github.com/prometheus":            {"rtm/rtmserver", "cmd/rtmd"},
	"github.com/chromedp":              {},
	"github.com/invopop/jsonschema":    {"rtm/rtmserver/internal/seedschema"},
	module + "cmd":                     {"cmd"},
}

// graph is the imports of each package, tests left out.
type graph map[string][]string

func under(name, top string) bool { return name == top || strings.HasPrefix(name, top+"/") }

func underAny(name string, tops []string) bool {
	return slices.ContainsFunc(tops, func(top string) bool { return under(name, top) })
}

// deps is everything that pkg imports, directly or not, and through which package.
func (g graph) deps(pkg string) map[string]string {
	via := map[string]string{}
	todo := []string{pkg}
	for len(todo) > 0 {
		from := todo[0]
		todo = todo[1:]
		for _, to := range g[from] {
			if _, seen := via[to]; !seen {
				via[to] = from
				todo = append(todo, to)
			}
		}
	}
	return via
}

// rule is the most special entry of allowed for the package.
func rule(pkg string) (name string, ok bool) {
	for top := range allowed {
		// rtm itself is a package and not the rule of those under it that have none.
		if (pkg == top || top != "rtm" && under(pkg, top)) && len(top) > len(name) {
			name, ok = top, true
		}
	}
	return name, ok
}

// violations are the sentences that g deserves.
func violations(g graph) []string {
	var found []string
	for path, imports := range g {
		pkg, ours := strings.CutPrefix(path, module)
		if !ours {
			continue
		}
		for _, imported := range imports {
			for what, where := range only {
				inside := slices.ContainsFunc(where, func(place string) bool { return pkg == place || place != "rtm" && under(pkg, place) })
				if under(imported, what) && !inside {
					found = append(found, fmt.Sprintf("%s imports %s, which only %q may", pkg, imported, where))
				}
			}
		}
		deps := g.deps(path)
		if top, ok := rule(pkg); ok {
			for dep, via := range deps {
				dep, ours := strings.CutPrefix(dep, module)
				mayUnder := dep == top || top != "rtm" && under(dep, top)
				may := slices.ContainsFunc(allowed[top], func(a string) bool { return dep == a || a != "rtm" && under(dep, a) })
				if ours && !mayUnder && !may {
					found = append(found, fmt.Sprintf("%s depends on %s through %s; it may only on %q", pkg, dep, strings.TrimPrefix(via, module), allowed[top]))
				}
			}
		}
		if underAny(pkg, engine) {
			for dep, via := range deps {
				if underAny(dep, heavy) {
					found = append(found, fmt.Sprintf("%s depends on %s through %s: the engine must do without", pkg, dep, strings.TrimPrefix(via, module)))
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// list asks the go command for the whole module as goos and goarch see it.
func list(t *testing.T, env ...string) graph {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	g := graph{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return g
		} else if err != nil {
			t.Fatal(err)
		}
		g[p.ImportPath] = p.Imports
	}
}

func TestImports(t *testing.T) {
	found := map[string]bool{} // on either platform: wasm has files for the browser only
	for _, env := range [][]string{nil, {"GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0"}} {
		g := list(t, env...)
		for _, v := range violations(g) {
			t.Errorf("%v %s", env, v)
		}
		for pkg := range g {
			found[pkg] = true
		}
	}
	for _, pkg := range required {
		if !found[module+pkg] {
			t.Errorf("there is no package %s, so its rules hold nothing", pkg)
		}
	}
}

// TestViolations shows that each rule can fail.
func TestViolations(t *testing.T) {
	tests := []struct {
		pkg, imports, want string
	}{
		{"rtm/session", "fmt", "rtm/session depends on fmt through rtm/session"},
		{"rtm/session", "net/http", "rtm/session depends on net/http"},
		{"rtm/session", "encoding/json", "rtm/session depends on encoding/json"},
		{"rtm/session", "syscall/js", `rtm/session imports syscall/js, which only ["wasm"] may`},
		{"rtm/internal/wire", "reflect", "rtm/model depends on reflect through rtm/internal/wire"},
		{"rtm/session", module + "rtm/model", "rtm/session depends on rtm/model"},
		{"rtm/model", module + "rtm", "rtm/model depends on rtm through rtm/model"},
		{"wasm", module + "rtm", "wasm depends on rtm through wasm"},
		{"wasm/internal/host", module + "rtm/catalogue", "wasm/internal/host depends on rtm/catalogue"},
		{"rtm", module + "rtm/rtmserver", "rtm depends on rtm/rtmserver"},
		{"rtm", module + "rtm/customer", "rtm depends on rtm/customer"},
		{"rtm/customer", module + "rtm/agent", "rtm/customer depends on rtm/agent"},
		{"rtm/rtmserver", module + "rtm/session", "rtm/rtmserver depends on rtm/session"},
		{"rtm/rtmserver", module + "rtm", "rtm/rtmserver depends on rtm through"},
		{"rtm/catalogue", module + "rtm/session", "rtm/catalogue depends on rtm/session"},
		{"rtm/customer", "github.com/coder/websocket", "rtm/customer imports github.com/coder/websocket"},
		{"rtm/session", "github.com/coder/websocket/wsjson", "rtm/session imports github.com/coder/websocket/wsjson"},
		{"cmd/rtmd", "github.com/tdewolff/minify/v2/js", "cmd/rtmd imports github.com/tdewolff/minify/v2/js"},
		{"cmd/rtmd", "github.com/evanw/esbuild/pkg/api", "cmd/rtmd imports github.com/evanw/esbuild/pkg/api"},
		{"rtm", "github.com/teamortix/golang-wasm/wasm", "rtm imports github.com/teamortix/golang-wasm/wasm"},
		{"rtm", "github.com/nats-io/nats.go", "rtm imports github.com/nats-io/nats.go"},
		{"rtm", "github.com/prometheus/client_golang/prometheus", "rtm imports github.com/prometheus"},
		{"rtm/rtmserver", module + "cmd/internal/dist", "rtm/rtmserver imports " + module + "cmd/internal/dist"},
	}
	for _, test := range tests {
		g := design()
		if v := violations(g); len(v) > 0 {
			t.Fatalf("the design breaks its own rules: %q", v)
		}
		g[module+test.pkg] = append(g[module+test.pkg], test.imports)
		v := violations(g)
		if !slices.ContainsFunc(v, func(s string) bool { return strings.HasPrefix(s, test.want) }) {
			t.Errorf("%s imports %s: got %q, want %s", test.pkg, test.imports, v, test.want)
		}
	}
}

// design is a module that keeps all rules.
func design() graph {
	g := graph{
		"errors":                     {"internal/reflectlite"},
		"syscall":                    {"syscall/js"}, // as it is for GOOS=js
		"github.com/coder/websocket": {"net/http"},
	}
	for pkg, imports := range map[string][]string{
		"rtm/internal/wire":  {"errors", "syscall"},
		"rtm/session":        {module + "rtm/internal/wire"},
		"rtm/model":          {module + "rtm/session"},
		"wasm":               {module + "rtm/model", "syscall/js"},
		"wasm/internal/host": {"github.com/teamortix/golang-wasm/wasm"},
		"rtm":                {module + "rtm/session", "github.com/coder/websocket", "net/http"},
		"rtm/customer":       {module + "rtm"},
		"rtm/agent":          {module + "rtm"},
		"rtm/catalogue":      {"encoding/json"},
		"rtm/rtmserver":      {module + "rtm/catalogue", "github.com/coder/websocket"},
		"cmd/rtmd":           {module + "rtm/rtmserver", module + "cmd/internal/dist"},
		"cmd/webbuild":       {"github.com/evanw/esbuild/pkg/api", "github.com/tdewolff/minify/v2"},
	} {
		g[module+pkg] = imports
	}
	return g
}
