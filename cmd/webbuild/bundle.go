package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/rtmwidget/rtmwidget/cmd/internal/dist"
	"github.com/rtmwidget/rtmwidget/cmd/internal/tinygo"
)

// build is one run. Only mu's fields are touched by more than one goroutine.
type build struct {
	site      *site
	root, out string
	quality   int                  // of brotli
	old       map[string]dist.File // files of the last build, kept where the content is the same
	pool      pool
	wasmExec  string
	tinygo    *tinygo.Compiler // nil where there is none
	release   bool             // the pages run the release core
	licenses  []string         // notices of bundled packages

	mu    sync.Mutex
	files map[string]dist.File
	slow  []string
}

// run makes everything: the wasm, whose hash the worker needs, the bundles, whose hashes
// the pages need, then the pages. Compression comes last.
func (b *build) run() error {
	if err := b.steps(); err != nil {
		return err
	}
	return b.pool.run()
}

func (b *build) steps() error {
	if exists(b.root, "web/package.json") {
		if _, err := os.Stat(filepath.Join(b.root, "web", "node_modules")); err != nil {
			return fmt.Errorf("web/node_modules is missing: run npm ci in web/")
		}
	}
	var err error
	if b.wasmExec, err = wasmExec(); err != nil {
		return err
	}
	core, err := buildWasm(b.root, b.site.wasm)
	if err != nil {
		return err
	}
	if _, err := b.store(wasmName, core); err != nil {
		return err
	}
	if b.tinygo != nil {
		if core, err = buildRelease(b.site, b.root, b.tinygo); err != nil {
			return err
		}
		if _, err := b.store(releaseName, core); err != nil {
			return err
		}
	}
	for _, entry := range b.site.bundles {
		if _, err := b.bundle(entry.logical, entry.source); err != nil {
			return err
		}
	}
	for _, p := range b.site.pages {
		if err := b.page(p); err != nil {
			return err
		}
	}
	notices, err := coreLicenses(b.root, b.site.wasm, standardFiles, b.compilers())
	if err == nil {
		_, err = b.store(licensesName, licensesOf(append(b.licenses, notices...)))
	}
	return err
}

// compilers are those whose libraries are in the cores.
func (b *build) compilers() []string {
	if b.tinygo == nil {
		return []string{"go"}
	}
	return []string{"go", "tinygo"}
}

// bundle makes one JavaScript or CSS file from an entry point and all that it imports.
func (b *build) bundle(logical, source string) (dist.File, error) {
	if f, ok := b.file(logical); ok {
		return f, nil
	}
	if !exists(b.root, source) {
		return dist.File{}, fmt.Errorf("%s: no such file; it is the source of %s", source, logical)
	}
	format := api.FormatESModule
	if slices.Contains(b.site.classic, logical) {
		format = api.FormatIIFE
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:     b.root,
		EntryPoints:       []string{source},
		Outfile:           filepath.Join(b.out, path.Base(logical)), // not written, but esbuild wants one
		Bundle:            true,
		Format:            format,
		Target:            api.ES2022,
		Platform:          api.PlatformBrowser,
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		LegalComments:     api.LegalCommentsExternal,
		Define:            b.defines(),
		Plugins:           []api.Plugin{resolveWasmExec(b.wasmExec), b.resolveBundles(), b.resolveAssets()},
		LogLevel:          api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		return dist.File{}, esbuildError(source, result.Errors)
	}
	var code []byte
	for _, out := range result.OutputFiles {
		if strings.HasSuffix(out.Path, ".LEGAL.txt") {
			b.license(string(out.Contents))
		} else {
			code = out.Contents
		}
	}
	code, err := minifyFile(logical, code)
	if err != nil {
		return dist.File{}, fmt.Errorf("%s: %w", source, err)
	}
	return b.store(logical, code)
}

// defines are the constants of the TypeScript sources: where the stored files will be.
func (b *build) defines() map[string]string {
	d := map[string]string{}
	core := wasmName
	if b.release {
		core = releaseName
	}
	for name, logical := range map[string]string{"__RTM_WASM_URL__": core, "__RTM_WORKER_URL__": workerName} {
		if f, ok := b.file(logical); ok {
			quoted, _ := json.Marshal(f.URL()) // a string always encodes
			d[name] = string(quoted)
		}
	}
	return d
}

// resolveWasmExec lets any import of …/wasm_exec.js mean the file of the Go toolchain
// that built the wasm.
func resolveWasmExec(name string) api.Plugin {
	return api.Plugin{Name: "wasm_exec", Setup: func(pb api.PluginBuild) {
		pb.OnResolve(api.OnResolveOptions{Filter: `(^|/)wasm_exec(\.js)?$`}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: name, SideEffects: api.SideEffectsTrue}, nil
		})
	}}
}

// resolveBundles leaves what is imported only when it is needed in a file of its own: a
// dynamic import of the source of a bundle that was made before means that bundle. So
// does every import of the SDK: all bundles of a page share one, and with it its core.
func (b *build) resolveBundles() api.Plugin {
	return api.Plugin{Name: "bundles", Setup: func(pb api.PluginBuild) {
		pb.OnResolve(api.OnResolveOptions{Filter: `^rtmwidget$`}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
			if f, ok := b.file(sdkName); ok {
				return api.OnResolveResult{Path: f.URL(), External: true}, nil
			}
			return api.OnResolveResult{}, nil
		})
		pb.OnResolve(api.OnResolveOptions{Filter: `^\.\.?/`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			if args.Kind != api.ResolveJSDynamicImport {
				return api.OnResolveResult{}, nil
			}
			source := filepath.Join(args.ResolveDir, filepath.FromSlash(args.Path))
			for _, bundle := range b.site.bundles {
				if f, ok := b.file(bundle.logical); ok && source == filepath.Join(b.root, filepath.FromSlash(bundle.source)) {
					return api.OnResolveResult{Path: f.URL(), External: true}, nil
				}
			}
			return api.OnResolveResult{}, nil
		})
	}}
}

// resolveAssets stores pictures, fonts and data files that CSS refers to or a script
// imports; the reference becomes the URL of the stored file.
func (b *build) resolveAssets() api.Plugin {
	const filter = `\.(svg|png|jpg|webp|avif|gif|woff2)$`
	return api.Plugin{Name: "assets", Setup: func(pb api.PluginBuild) {
		pb.OnResolve(api.OnResolveOptions{Filter: filter, Namespace: "file"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			if strings.Contains(args.Path, ":") {
				return api.OnResolveResult{Path: args.Path, External: true}, nil
			}
			rel, err := filepath.Rel(b.root, filepath.Join(args.ResolveDir, filepath.FromSlash(args.Path)))
			if err != nil {
				return api.OnResolveResult{}, err
			}
			f, err := b.asset(filepath.ToSlash(rel))
			if err != nil {
				return api.OnResolveResult{}, err
			}
			if args.Kind == api.ResolveCSSURLToken {
				return api.OnResolveResult{Path: f.URL(), External: true}, nil
			}
			return api.OnResolveResult{Path: f.URL(), Namespace: "asset-url"}, nil
		})
		pb.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "asset-url"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			return api.OnLoadResult{Contents: new(args.Path), Loader: api.LoaderText}, nil
		})
	}}
}

// asset stores a file as it is, minified where its kind allows.
func (b *build) asset(source string) (dist.File, error) {
	logical := strings.TrimPrefix(source, "web/")
	if f, ok := b.file(logical); ok {
		return f, nil
	}
	content, err := os.ReadFile(filepath.Join(b.root, filepath.FromSlash(source)))
	if err != nil {
		return dist.File{}, fmt.Errorf("%s: no such file", source)
	}
	if content, err = minifyFile(source, content); err != nil {
		return dist.File{}, err
	}
	return b.store(logical, content)
}

func (b *build) file(logical string) (dist.File, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.files[logical]
	return f, ok
}

// license keeps a notice once, however many bundles hold the package.
func (b *build) license(text string) {
	for notice := range strings.SplitSeq(text, "\n\n") {
		notice = strings.TrimSpace(notice)
		found := notice == ""
		for _, have := range b.licenses {
			found = found || have == notice
		}
		if !found {
			b.licenses = append(b.licenses, notice)
		}
	}
}

// esbuildError is the first message with its place, in one line.
func esbuildError(source string, msgs []api.Message) error {
	m := msgs[0]
	text := strings.ReplaceAll(m.Text, "\n", " ")
	if m.Location != nil {
		text = fmt.Sprintf("%s:%d:%d: %s", m.Location.File, m.Location.Line, m.Location.Column+1, text)
	} else {
		text = source + ": " + text
	}
	return fmt.Errorf("%s", andMore(text, len(msgs)-1))
}
