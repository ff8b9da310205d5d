package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"github.com/rtmwidget/rtmwidget/cmd/internal/dist"
)

// fixture is a site in small: every kind of file and reference, nothing of the product.
var fixture = site{
	wasm: "wasm",
	bundles: []bundle{
		{workerName, "web/sdk/src/worker.ts"},
		{"sdk.js", "web/sdk/src/index.ts"},
		{"widget.js", "web/widget/define.ts"},
	},
	pages:   []page{{"shop.html", "web/demo/shop.html"}, {"other.html", "web/demo/other.html"}},
	budgets: map[string]int{"sdk.js": 2000},
	inputs:  []string{"web", "wasm", "rtm/session", "go.mod"},
}

// fast is a brotli level that keeps a test under the race detector short.
const fast = 4

// copySite puts the fixture into a new directory.
func copySite(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS("testdata/site")); err != nil {
		t.Fatal(err)
	}
	return root
}

func mustRun(t *testing.T, root string) (*dist.Manifest, string) {
	t.Helper()
	var stdout bytes.Buffer
	if err := run(&fixture, options{root: root, quality: fast, stdout: &stdout}); err != nil {
		t.Fatal(err)
	}
	m, err := dist.Read(filepath.Join(root, "web/dist"))
	if err != nil {
		t.Fatal(err)
	}
	return m, stdout.String()
}

func edit(t *testing.T, root, name, old, new string) {
	t.Helper()
	name = filepath.Join(root, name)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), old) {
		t.Fatalf("%s does not hold %q", name, old)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(b), old, new, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// stamps is the modification time of every file in dir.
func stamps(t *testing.T, dir string) map[string]time.Time {
	t.Helper()
	times := map[string]time.Time{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			times[name] = info.ModTime()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return times
}

// TestBuild follows one site through its life: built, unchanged, damaged, changed.
func TestBuild(t *testing.T) {
	root := copySite(t)
	out := filepath.Join(root, "web/dist")
	m, _ := mustRun(t, root)

	t.Run("files", func(t *testing.T) {
		want := []string{"demo/img/dot.svg", "demo/shop.css", "demo/shop.js", "licenses.txt", "other.html", "rtm.wasm", "sdk.js", "shop.html", "widget.js", "worker.js"}
		if got := slices.Sorted(maps.Keys(m.Files)); !slices.Equal(got, want) {
			t.Errorf("the manifest names %q, want %q", got, want)
		}
		for logical, f := range m.Files {
			checkStored(t, out, logical, f)
		}
		if n := len(stamps(t, out)); n != 3*len(m.Files)+1 {
			t.Errorf("%d files in dist, want each of %d three times and the manifest", n, len(m.Files))
		}
	})
	t.Run("page", func(t *testing.T) {
		got := read(t, out, m.Files["shop.html"].File)
		for _, want := range []string{
			m.Files["demo/shop.js"].URL(), m.Files["demo/shop.css"].URL(), m.Files["demo/img/dot.svg"].URL(), m.Files["widget.js"].URL(),
			"src=/other", "href=/other", "<title>Fixture shop</title>", `"quoted" & escaped`,
		} {
			if !strings.Contains(got, want) {
				t.Errorf("the page lacks %q:\n%s", want, got)
			}
		}
		if strings.Contains(got, "comment") || strings.Contains(got, "shop.ts") {
			t.Errorf("the page is not minified or keeps a source's name:\n%s", got)
		}
		css := read(t, out, m.Files["demo/shop.css"].File)
		if !strings.Contains(css, m.Files["demo/img/dot.svg"].URL()) || strings.Contains(css, "comment") {
			t.Errorf("style sheet: %s", css)
		}
	})
	t.Run("scripts run", func(t *testing.T) { checkScripts(t, out, m) })
	t.Run("unchanged", func(t *testing.T) {
		before := stamps(t, out)
		_, said := mustRun(t, root)
		if !strings.Contains(said, "up to date") {
			t.Errorf("said %q", said)
		}
		if after := stamps(t, out); !maps.Equal(before, after) {
			t.Errorf("files were written:\n%v\n%v", before, after)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		if err := os.Remove(filepath.Join(out, m.Files["sdk.js"].File+".br")); err != nil {
			t.Fatal(err)
		}
		again, _ := mustRun(t, root)
		if !maps.Equal(again.Files, m.Files) {
			t.Errorf("the second build differs:\n%v\n%v", again.Files, m.Files)
		}
		checkStored(t, out, "sdk.js", again.Files["sdk.js"])
	})
	t.Run("changed", func(t *testing.T) {
		wasm := filepath.Join(out, m.Files[wasmName].File+".br")
		before := stamps(t, out)[wasm]
		edit(t, root, "web/sdk/src/greet.ts", "hello", "good day")
		again, _ := mustRun(t, root)
		for logical, f := range again.Files { // the other bundles drop greet as unused
			if changed := f.File != m.Files[logical].File; changed != (logical == "sdk.js") {
				t.Errorf("%s: changed is %t", logical, changed)
			}
			checkStored(t, out, logical, f)
		}
		if !stamps(t, out)[wasm].Equal(before) {
			t.Error("the wasm was compressed again")
		}
		if _, err := os.Stat(filepath.Join(out, m.Files["sdk.js"].File)); !os.IsNotExist(err) {
			t.Errorf("the old sdk.js is still there: %v", err)
		}
	})
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// checkStored compares what the manifest says of a file with what lies on disk.
func checkStored(t *testing.T, out, logical string, f dist.File) {
	t.Helper()
	plain := read(t, out, f.File)
	sum := sha256.Sum256([]byte(plain))
	if hex.EncodeToString(sum[:]) != f.SHA256 || !strings.Contains(f.File, f.SHA256[:10]) {
		t.Errorf("%s: hash %x, manifest %s, stored as %s", logical, sum, f.SHA256, f.File)
	}
	br, gz := read(t, out, f.File+".br"), read(t, out, f.File+".gz")
	if len(plain) != f.Size || len(br) != f.Brotli || len(gz) != f.Gzip {
		t.Errorf("%s: %d, %d, %d bytes on disk, manifest %+v", logical, len(plain), len(br), len(gz), f)
	}
	decoded, err := io.ReadAll(brotli.NewReader(strings.NewReader(br)))
	if err != nil || string(decoded) != plain {
		t.Errorf("%s.br does not decode to the file (error %v)", logical, err)
	}
	zr, err := gzip.NewReader(strings.NewReader(gz))
	if err != nil {
		t.Fatal(err)
	}
	if decoded, err = io.ReadAll(zr); err != nil || string(decoded) != plain {
		t.Errorf("%s.gz does not decode to the file (error %v)", logical, err)
	}
}

// checkScripts lets Node import the minified bundles and compare their results.
func checkScripts(t *testing.T, out string, m *dist.Manifest) {
	const program = `
const [sdkFile, shopFile, workerFile, wasmFile] = process.argv.slice(1)
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
const load = (name) => import('data:text/javascript,' + encodeURIComponent(readFileSync(name, 'utf8')))
const sdk = await load(sdkFile)
console.log(sdk.selfTest())
console.log(sdk.urls.worker, sdk.urls.wasm)
console.log((await load(shopFile)).shown.join(' '))
let asked
globalThis.fetch = async (url) => { asked = url; return new Response(readFileSync(wasmFile), { headers: { 'content-type': 'application/wasm' } }) }
const worker = await load(workerFile)
await worker.started
console.log(asked)
`
	file := func(logical string) string { return filepath.Join(out, m.Files[logical].File) }
	cmd := exec.Command("node", "--input-type=module", "-e", program, file("sdk.js"), file("demo/shop.js"), file(workerName), file(wasmName))
	got, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, got)
	}
	wasm := m.Files[wasmName].URL()
	want := strings.Join([]string{
		`hello Ada 12 4 {"b":2,"c":3} aBC`,
		m.Files[workerName].URL() + " " + wasm,
		"fixture " + m.Files["demo/img/dot.svg"].URL() + " " + m.Files[workerName].URL(),
	}, "\n")
	if !strings.HasPrefix(string(got), want) || !strings.Contains(string(got), "core is up") || !strings.Contains(string(got), "\n"+wasm+"\n") {
		t.Errorf("node printed:\n%swant:\n%s\ncore is up\n%s", got, want, wasm)
	}
}

func TestBuildIsStable(t *testing.T) {
	one, _ := mustRun(t, copySite(t))
	two, _ := mustRun(t, copySite(t))
	if !maps.Equal(one.Files, two.Files) || one.Inputs != two.Inputs {
		t.Errorf("two directories, two results:\n%v\n%v", one, two)
	}
}

func TestBrotliIsAtItsBest(t *testing.T) {
	src, err := os.ReadFile("build_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, quality := range []int{10, brotli.BestCompression} {
		out, err := brotliBytes(src, quality)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(out))
	}
	if got, err := brotliBytes(src, 0); err != nil || len(got) != sizes[1] || sizes[1] > sizes[0] {
		t.Errorf("%d bytes by default, levels 10 and 11 make %d, error %v", len(got), sizes, err)
	}
}
