package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"
)

// TestContractInChromium runs the contract of the crossing against both builds of the
// core. Node runs the same tests: web/sdk/test/contract.test.ts.
func TestContractInChromium(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	opts := options{root: root, stdout: t.Output()}
	unlock, err := opts.lock()
	if err != nil {
		t.Fatal(err)
	}
	standard, err := buildWasm(root, rtmwidget.wasm)
	var release []byte
	if compiler, findErr := compilerOf(&rtmwidget, opts); err == nil && findErr == nil && compiler != nil {
		release, err = buildRelease(&rtmwidget, root, compiler)
	}
	unlock()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"/":               `<!doctype html><title>contract</title><link rel="icon" href="data:,"><script type="module" src="/contract.js"></script>`,
		"/contract.js":    string(contractScript(t, root)),
		"/" + wasmName:    string(standard),
		"/" + releaseName: string(release),
	}
	server := httptest.NewServer(serving(files))
	defer server.Close()

	tab := chromium(t)
	if err := chromedp.Do(tab, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	for _, build := range []struct {
		name, file string
		content    []byte
	}{{"standard core", wasmName, standard}, {"release core", releaseName, release}} {
		t.Run(build.name, func(t *testing.T) {
			if build.content == nil {
				t.Skip("there is no TinyGo here: make tinygo says what is missing")
			}
			script := `new Promise((done) => { const look = () => window.contract ? done(window.contract("/` + build.file + `")) : setTimeout(look, 10); look() })`
			results, err := chromedp.Run(tab, chromedp.Evaluate[[]struct{ Name, Failure string }](script, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatal(err)
			}
			if len(results) < 10 {
				t.Errorf("only %d tests ran", len(results))
			}
			for _, result := range results {
				t.Run(result.Name, func(t *testing.T) {
					if result.Failure != "" {
						t.Error(result.Failure)
					}
				})
			}
		})
	}
}

// contractScript bundles the suite with a function that runs it.
func contractScript(t *testing.T, root string) []byte {
	t.Helper()
	exec, err := wasmExec()
	if err != nil {
		t.Fatal(err)
	}
	result := api.Build(api.BuildOptions{
		Stdin: &api.StdinOptions{ResolveDir: filepath.Join(root, "web/sdk/test"), Loader: api.LoaderTS, Contents: `
			import { contract } from './contract.ts'
			window.contract = async (url) => {
				const results = []
				for (const { name, run } of await contract(await (await fetch(url)).arrayBuffer())) {
					const failure = await run().then(() => '', (cause) => String(cause.stack))
					results.push({ Name: name, Failure: failure })
				}
				return results
			}`},
		Bundle: true, Format: api.FormatESModule, Target: api.ES2022, Charset: api.CharsetUTF8,
		Plugins: []api.Plugin{resolveWasmExec(exec)}, LogLevel: api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		t.Fatal(esbuildError("contract.ts", result.Errors))
	}
	return result.OutputFiles[0].Contents
}

// serving serves files from memory.
func serving(files map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		kind := types[filepath.Ext(r.URL.Path)]
		if kind == "" {
			kind = types[".html"]
		}
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write([]byte(content))
	})
}

// chromium opens a tab of a browser of its own.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path == "" {
			path, _ = exec.LookPath(name)
		}
	}
	if path == "" {
		t.Fatal("no Chromium: run make test, which says how to get one, or set $CHROMIUM")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.NoSandbox, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}
