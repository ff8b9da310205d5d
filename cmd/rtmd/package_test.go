package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// packageDir has projects that install the npm package, and the packers that build them.
const packageDir = "testdata/package"

// talked is what talk.mjs says when all went well.
const talked = "said hello,note.txt; uploaded"

// TestPackage makes the npm package as it is published, installs it into fresh projects,
// and has each talk with rtmd.
func TestPackage(t *testing.T) {
	if _, err := os.Stat(filepath.Join(packageDir, "node_modules", ".package-lock.json")); err != nil {
		t.Fatalf("the packers are not installed, make test does it, or npm ci in cmd/rtmd/%s: %v", packageDir, err)
	}
	build := exec.CommandContext(t.Context(), "go", "run", "./cmd/webbuild", "-package")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "exit status 3") {
			t.Skipf("there is no TinyGo here, and the package has the release core: %s", out)
		}
		t.Fatalf("webbuild -package: %v\n%s", err, out)
	}
	work := t.TempDir()
	packed := output(t, "../../.build/package", "npm", "pack", "--silent", "--pack-destination", work)
	p := projects{work: work, tarball: filepath.Join(work, strings.TrimSpace(packed)), rtmd: start(t, "-web", t.TempDir())}

	t.Run("types", p.types)
	t.Run("node", p.node)
	t.Run("html", func(t *testing.T) {
		p.open(t, "html", p.serve(t, p.fresh(t, "html")), "page: "+talked, "worker: "+talked)
	})
	t.Run("vite", func(t *testing.T) {
		dir := p.fresh(t, "vite")
		output(t, packageDir, "node", "build.mjs", "vite", dir)
		p.open(t, "vite", p.serve(t, filepath.Join(dir, "dist")), "page: "+talked)
		p.open(t, "vite-dev", serveVite(t, dir), "page: "+talked)
	})
	for _, framework := range []string{"react", "vue", "svelte"} {
		t.Run(framework, func(t *testing.T) { p.framework(t, framework) })
	}
	t.Run("webpack", func(t *testing.T) {
		dir := p.fresh(t, "webpack")
		output(t, packageDir, "node", "build.mjs", "webpack", dir)
		p.open(t, "webpack", p.serve(t, dir), "page: "+talked)
	})
}

// framework builds a project whose page has the widget in a component, and waits for it
// to be logged in.
func (p *projects) framework(t *testing.T, name string) {
	dir := p.fresh(t, name)
	packages, err := filepath.Abs(filepath.Join(packageDir, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range map[string][]string{"react": {"react", "react-dom"}, "vue": {"vue"}, "svelte": {"svelte"}}[name] {
		if err := os.Symlink(filepath.Join(packages, of), filepath.Join(dir, "node_modules", of)); err != nil {
			t.Fatal(err)
		}
	}
	where, err := os.ReadFile(filepath.Join(packageDir, "projects", "where.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "where.mjs"), where, 0o644); err != nil {
		t.Fatal(err)
	}
	output(t, packageDir, "node", "build.mjs", name, dir)
	p.open(t, name, p.serve(t, filepath.Join(dir, "dist")), "chat: ready")
}

type projects struct {
	work, tarball string
	rtmd          *process
}

// fresh copies a project and installs the package into it, and nothing else but more.
func (p *projects) fresh(t *testing.T, name string, more ...string) string {
	t.Helper()
	dir := filepath.Join(p.work, name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(packageDir, "projects", name))); err != nil {
		t.Fatal(err)
	}
	talk, err := os.ReadFile(filepath.Join(packageDir, "projects", "talk.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string]string{"talk.mjs": string(talk), "package.json": `{"private":true,"dependencies":{}}`} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p.install(t, dir, p.tarball)
	return dir
}

// install needs no network: the package depends on nothing.
func (p *projects) install(t *testing.T, dir string, names ...string) {
	t.Helper()
	output(t, dir, "npm", append([]string{"install", "--offline", "--no-audit", "--no-fund", "--silent"}, names...)...)
}

// types compiles everything that the package exports as strictly as can be, its own
// declarations included: for a packer, and for Node as ESM and as CommonJS without the
// browser's types.
func (p *projects) types(t *testing.T) {
	dir := p.fresh(t, "types")
	web, err := filepath.Abs("../../web/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	strict := []string{
		filepath.Join(web, "typescript", "bin", "tsc"), "--noEmit", "--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess",
		"--skipLibCheck", "false", "--target", "es2022", "--typeRoots", filepath.Join(web, "@types"),
	}
	for name, args := range map[string][]string{
		"packer":        {"--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom,dom.asynciterable", "--types", "", "widget.ts", "use.ts"},
		"node ESM":      {"--module", "nodenext", "--lib", "es2022", "--types", "node", "use.mts"},
		"node CommonJS": {"--module", "nodenext", "--lib", "es2022", "--types", "node", "use.cts"},
	} {
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join(dir, "use.ts"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, args[len(args)-1]), source, 0o644); err != nil {
				t.Fatal(err)
			}
			output(t, dir, "node", append(strict, args...)...)
		})
	}
}

func (p *projects) node(t *testing.T) {
	dir := p.fresh(t, "node")
	if got := output(t, dir, "node", "render.mjs"); got != "function function untouched\n" {
		t.Errorf("on a server that renders pages: %s", got)
	}
	notices, err := os.ReadFile(filepath.Join(dir, "node_modules", "rtmwidget", "dist", "licenses.txt"))
	if err != nil || !strings.Contains(string(notices), "The Go Authors") || !strings.Contains(string(notices), "The TinyGo Authors") {
		t.Errorf("the notices of the core: %v\n%s", err, notices)
	}
	// Node 22 has a WebSocket; its lack is made here.
	without := []string{"--import", "data:text/javascript,delete globalThis.WebSocket"}
	got := output(t, dir, "node", append(without, "main.mjs", p.rtmd.url)...)
	if want := "install the package ws, or give load one as WebSocket"; !strings.Contains(got, want) {
		t.Errorf("without a WebSocket: %s, want %s", got, want)
	}
	ws, err := filepath.Abs(filepath.Join(packageDir, "node_modules", "ws"))
	if err != nil {
		t.Fatal(err)
	}
	p.install(t, dir, ws)
	for _, main := range []string{"main.mjs", "main.cjs"} {
		if got := output(t, dir, "node", append(without, main, p.rtmd.url)...); got != talked+"\n" {
			t.Errorf("%s: %s", main, got)
		}
	}
}

// serve serves a project under a policy that knows nothing of the package, and its wasm
// under a wrong type.
func (p *projects) serve(t *testing.T, dir string) string {
	t.Helper()
	files := http.FileServer(http.Dir(dir))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/"):
			w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src data:; require-trusted-types-for 'script'")
		case strings.HasSuffix(r.URL.Path, ".wasm"):
			w.Header().Set("Content-Type", "text/plain")
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/"
}

// open opens a project and waits for what it says.
func (p *projects) open(t *testing.T, name, url string, want ...string) {
	t.Helper()
	page := open(t, started(t), name, url+"?server="+p.rtmd.url, 800, 600)
	for _, text := range want {
		page.wait(text+" or a failure", `/failed/.test(document.body.textContent) || document.body.textContent.includes("`+text+`")`)
		if got := ask(page, chromedp.Evaluate[string]("document.body.textContent")); !strings.Contains(got, text) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// serveVite runs Vite's own server until the test ends.
func serveVite(t *testing.T, dir string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "build.mjs", "vite-dev", dir)
	cmd.Dir = packageDir
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("vite printed nothing: %v", err)
	}
	go io.Copy(io.Discard, stdout)
	return strings.TrimSpace(line)
}

// output runs a command to its end and returns what it printed.
func output(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}
