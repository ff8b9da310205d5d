package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/rtmwidget/rtmwidget/cmd/internal/tinygo"
)

// packageDir is where the npm package lies when it is made.
const packageDir = ".build/package"

// A module is one file of JavaScript in the package.
type module struct {
	file, source string
	format       api.Format
	platform     api.Platform
	url          string // in place of import.meta.url, which CommonJS lacks
	budget       int    // most bytes as brotli, 0 for any number
}

// In a CommonJS bundle for pages nobody knows where its files lie: beside the script is
// a guess, and load takes addresses.
const pageURL = `(typeof document==="object"&&document.currentScript||{}).src||(globalThis.location||{href:"file:///"}).href`

// packageImport is behind every module with load; see load.ts.
const packageImport = "function __rtm_import(url){return import(/*webpackIgnore:true*//*@vite-ignore*/url)}"

var modules = []module{
	{"index.js", "web/sdk/src/index.ts", api.FormatESModule, api.PlatformBrowser, "", 8 * kb},
	{"index.cjs", "web/sdk/src/index.ts", api.FormatCommonJS, api.PlatformBrowser, pageURL, 8 * kb},
	{"worker.js", "web/sdk/src/worker.ts", api.FormatESModule, api.PlatformBrowser, "", 8 * kb},
	{"node.js", "web/sdk/src/node.ts", api.FormatESModule, api.PlatformNode, "", 0},
	{"node.cjs", "web/sdk/src/node.ts", api.FormatCommonJS, api.PlatformNode, `require("node:url").pathToFileURL(__filename).href`, 0},
}

// buildPackage makes the npm package with the release core: package.json, its README and
// the licence, and in dist the modules with source maps, the wasm and the types.
func buildPackage(s *site, opts options) error {
	if err := opts.complete(); err != nil {
		return err
	}
	unlock, err := opts.lock()
	if err != nil {
		return err
	}
	defer unlock()
	compiler, err := tinygo.Get(opts.stdout)
	if err != nil {
		return err
	}
	core, err := buildRelease(s, opts.root, compiler)
	if err != nil {
		return err
	}
	p := &packing{root: opts.root, quality: opts.quality, files: map[string][]byte{"dist/" + wasmName: core}}
	if err := p.check("dist/"+wasmName, s.budgets[releaseName]); err != nil {
		return err
	}
	for name, source := range map[string]string{"package.json": "web/sdk/package.json", "README.md": "web/sdk/README.md", "LICENSE": "LICENSE"} {
		if p.files[name], err = os.ReadFile(filepath.Join(opts.root, filepath.FromSlash(source))); err != nil {
			return err
		}
	}
	notices, err := coreLicenses(opts.root, s.wasm, releaseFiles, []string{"go", "tinygo"})
	if err != nil {
		return err
	}
	p.files["dist/"+licensesName] = licensesOf(notices)
	for _, m := range modules {
		if err := p.bundle(m); err != nil {
			return err
		}
	}
	if err := p.widget(s); err != nil {
		return err
	}
	if err := p.types(); err != nil {
		return err
	}
	if err := p.promises(); err != nil {
		return err
	}
	out := filepath.Join(opts.root, filepath.FromSlash(packageDir))
	if err := p.write(out); err != nil {
		return err
	}
	for _, name := range p.measured {
		fmt.Fprintf(opts.stdout, "%-20s %9d %9d\n", name, len(p.files[name]), p.brotli[name])
	}
	fmt.Fprintf(opts.stdout, "built %s: %d files\n", packageDir, len(p.files))
	return nil
}

// packing is a package that is being made.
type packing struct {
	root     string
	quality  int
	files    map[string][]byte // by path in the package
	measured []string
	brotli   map[string]int
}

// check compares a file with its budget of bytes as brotli.
func (p *packing) check(name string, most int) error {
	packed, err := brotliBytes(p.files[name], p.quality)
	if err != nil {
		return err
	}
	if p.brotli == nil {
		p.brotli = map[string]int{}
	}
	p.measured, p.brotli[name] = append(p.measured, name), len(packed)
	if most > 0 && len(packed) > most {
		return fmt.Errorf("%s: %s is %d bytes as brotli, over its budget of %d", packageDir, name, len(packed), most)
	}
	return nil
}

func (p *packing) bundle(m module) error {
	opts := api.BuildOptions{
		AbsWorkingDir:     p.root,
		EntryPoints:       []string{m.source},
		Outfile:           filepath.Join(p.root, filepath.FromSlash(packageDir), "dist", m.file), // not written here
		Bundle:            true,
		Format:            m.format,
		Platform:          m.platform,
		Target:            api.ES2022,
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		Sourcemap:         api.SourceMapLinked,
		External:          []string{"ws"},
		Plugins:           []api.Plugin{withoutStandard()},
		LogLevel:          api.LogLevelSilent,
	}
	opts.Define = map[string]string{"__RTM_PACKAGE__": "true", "__RTM_WASM_URL__": "undefined", "__RTM_WORKER_URL__": "undefined"}
	if m.file != workerName {
		opts.Footer = map[string]string{"js": packageImport}
	}
	if m.url != "" {
		opts.Define["import.meta.url"] = "__rtm_meta.url"
		opts.Banner = map[string]string{"js": "var __rtm_meta={get url(){return " + m.url + "}};"}
	}
	result := api.Build(opts)
	if len(result.Errors) > 0 {
		return esbuildError(m.source, result.Errors)
	}
	for _, out := range result.OutputFiles {
		p.files["dist/"+filepath.Base(out.Path)] = out.Contents
	}
	return p.check("dist/"+m.file, m.budget)
}

// widget adds the element, in pieces that are loaded when they are needed. Its core is
// that of the package, so that a page which uses both has one.
func (p *packing) widget(s *site) error {
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:       p.root,
		EntryPointsAdvanced: []api.EntryPoint{{InputPath: "web/widget/define.ts", OutputPath: "widget"}},
		Outdir:              filepath.Join(p.root, filepath.FromSlash(packageDir), "dist"), // not written here
		ChunkNames:          "widget-[name]-[hash]",
		Bundle:              true,
		Splitting:           true,
		Format:              api.FormatESModule,
		Platform:            api.PlatformBrowser,
		Target:              api.ES2022,
		MinifySyntax:        true,
		MinifyWhitespace:    true,
		MinifyIdentifiers:   true,
		LegalComments:       api.LegalCommentsEndOfFile,
		Plugins:             []api.Plugin{ownCore()},
		LogLevel:            api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		return esbuildError("web/widget/define.ts", result.Errors)
	}
	var all bytes.Buffer
	for _, out := range result.OutputFiles {
		name := "dist/" + filepath.Base(out.Path)
		p.files[name] = out.Contents
		// Of the languages beside English a page loads one at most.
		if language, _ := path.Match("widget-[a-z][a-z]-*.js", path.Base(name)); !language {
			all.Write(out.Contents)
		}
		if err := p.check(name, 0); err != nil {
			return err
		}
	}
	packed, err := brotliBytes(all.Bytes(), p.quality)
	if most := s.budgets["widget.js"] + s.budgets[panelName]; err == nil && len(packed) > most {
		return fmt.Errorf("%s: the widget is %d bytes as brotli, over its budget of %d", packageDir, len(packed), most)
	}
	return err
}

// ownCore lets an import of the package's name mean the module beside.
func ownCore() api.Plugin {
	return api.Plugin{Name: "core", Setup: func(pb api.PluginBuild) {
		pb.OnResolve(api.OnResolveOptions{Filter: `^rtmwidget$`}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: "./index.js", External: true}, nil
		})
	}}
}

// withoutStandard leaves out what only the standard build of the core needs.
func withoutStandard() api.Plugin {
	return api.Plugin{Name: "standard", Setup: func(pb api.PluginBuild) {
		pb.OnResolve(api.OnResolveOptions{Filter: `^\./standard\.ts$`}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: "standard", Namespace: "left-out"}, nil
		})
		pb.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "left-out"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			return api.OnLoadResult{Contents: new("export const runStandard = () => { throw new Error('the wasm file is not that of this package') }")}, nil
		})
	}}
}

var importedPath = regexp.MustCompile(`((?:from|import\() ?['"])(\.{1,2}/[^'"]+)\.ts(['"])`)

// types adds the declarations that index.ts leads to, for import and for require, and
// those of the widget, for import.
func (p *packing) types() error {
	work, err := os.MkdirTemp(filepath.Join(p.root, "web"), ".types-") // below the packages whose types it needs
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	config, err := json.Marshal(map[string]any{
		"extends": "../tsconfig.json",
		"compilerOptions": map[string]any{
			"noEmit": false, "declaration": true, "emitDeclarationOnly": true, "stripInternal": true,
			"rootDir": "..", "outDir": "out",
		},
		"include": []string{"../sdk/src/index.ts", "../sdk/src/*.d.ts", "../widget/define.ts"},
		"exclude": []string{},
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(work, "tsconfig.json"), config, 0o644); err != nil {
		return err
	}
	tsc := filepath.Join(p.root, "web", "node_modules", "typescript", "bin", "tsc")
	if out, err := exec.Command("node", tsc, "-p", work).CombinedOutput(); err != nil {
		return fmt.Errorf("tsc: %s", firstError(string(out), err))
	}
	if err := p.declare(filepath.Join(work, "out", "sdk", "src"), "index", "", ".d.ts", ".d.cts"); err != nil {
		return err
	}
	return p.declare(filepath.Join(work, "out", "widget"), "define", "widget/", ".d.ts")
}

// declare adds the declarations that those of a module lead to, below dist/types.
func (p *packing) declare(from, module, to string, endings ...string) error {
	todo := []string{module}
	for seen := map[string]bool{}; len(todo) > 0; todo = todo[1:] {
		name := todo[0]
		if seen[name] {
			continue
		}
		seen[name] = true
		text, err := os.ReadFile(filepath.Join(from, filepath.FromSlash(name)+".d.ts"))
		if err != nil {
			return err
		}
		for _, m := range importedPath.FindAllSubmatch(text, -1) {
			todo = append(todo, path.Join(path.Dir(name), string(m[2])))
		}
		for _, ending := range endings {
			imported := strings.Replace(ending, ".d.", ".", 1)
			p.files["dist/types/"+to+name+ending] = importedPath.ReplaceAll(text, []byte("${1}${2}"+strings.Replace(imported, "ts", "js", 1)+"${3}"))
		}
	}
	return nil
}

// promises checks that package.json names nothing that is not there.
func (p *packing) promises() error {
	var named any
	if err := json.Unmarshal(p.files["package.json"], &named); err != nil {
		return fmt.Errorf("web/sdk/package.json: %w", err)
	}
	var walk func(v any) error
	walk = func(v any) error {
		switch v := v.(type) {
		case map[string]any:
			for _, member := range v {
				if err := walk(member); err != nil {
					return err
				}
			}
		case string:
			if name, ok := strings.CutPrefix(v, "./"); ok && p.files[name] == nil {
				return fmt.Errorf("web/sdk/package.json names %s, which the package does not have", v)
			}
		}
		return nil
	}
	return walk(named)
}

// write puts the package into dir, in place of what was there.
func (p *packing) write(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	names := make([]string, 0, len(p.files))
	for name := range p.files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, bytes.TrimPrefix(p.files[name], []byte("\ufeff")), 0o644); err != nil {
			return err
		}
	}
	return nil
}
