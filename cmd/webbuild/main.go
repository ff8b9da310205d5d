// Webbuild makes web/dist from the Go core and the web sources.
//
//	go run ./cmd/webbuild          build what changed
//	go run ./cmd/webbuild -release build it for pages that run the release core
//	go run ./cmd/webbuild -check   only compare the last build with the size budgets
//	go run ./cmd/webbuild -wasm    only make the release core: .build/rtm-release.wasm
//	go run ./cmd/webbuild -tinygo  only get its compiler
//	go run ./cmd/webbuild -package only make the npm package: .build/package
//
// It compiles wasm/ for the browser, bundles TypeScript with esbuild, minifies
// JavaScript, CSS, HTML, SVG and JSON with tdewolff/minify, stores every file under a
// name that holds its hash, compresses it with brotli and gzip, and writes a manifest.
// When no input changed since the last build it does nothing. A second run in the same
// tree waits for the first.
//
// The release core is the same Go program, compiled by TinyGo. Where there is no TinyGo
// the build goes without it, unless it was asked for: then TinyGo is got, and exit code 3
// says that this can't be done here.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rtmwidget/rtmwidget/cmd/internal/dist"
	"github.com/rtmwidget/rtmwidget/cmd/internal/lock"
	"github.com/rtmwidget/rtmwidget/cmd/internal/tinygo"
)

func main() {
	opts := options{stdout: os.Stdout}
	flag.StringVar(&opts.root, "root", "", "root of the repository (default: where go.mod is, upwards from here)")
	flag.StringVar(&opts.out, "out", "", "output directory (default ROOT/web/dist)")
	flag.BoolVar(&opts.force, "force", false, "build even when nothing changed, and compress everything again")
	flag.BoolVar(&opts.check, "check", false, "build nothing; compare the last build with the size budgets")
	flag.BoolVar(&opts.release, "release", false, "let the pages run the release core")
	wasm := flag.Bool("wasm", false, "make the release core alone: .build/"+releaseName)
	npm := flag.Bool("package", false, "make the npm package alone: .build/package")
	compiler := flag.Bool("tinygo", false, "get TinyGo and do nothing else")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "webbuild: unexpected argument %q\n", flag.Arg(0))
		os.Exit(2)
	}
	var err error
	switch {
	case *compiler:
		err = getTinyGo(opts)
	case *wasm:
		err = wasmRelease(&rtmwidget, opts)
	case *npm:
		err = buildPackage(&rtmwidget, opts)
	default:
		err = run(&rtmwidget, opts)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "webbuild:", err)
		if missing := new(tinygo.MissingError); errors.As(err, &missing) {
			os.Exit(3)
		}
		os.Exit(1)
	}
}

type options struct {
	root, out    string
	force, check bool
	release      bool
	quality      int // of brotli; 0 means the best. Tests are in a hurry.
	stdout       io.Writer
}

func run(s *site, opts options) error {
	began := time.Now()
	if err := opts.complete(); err != nil {
		return err
	}
	if !opts.check {
		unlock, err := opts.lock()
		if err != nil {
			return err
		}
		defer unlock()
	}
	old, err := dist.Read(opts.out)
	if err != nil && (opts.check || !errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	if opts.check {
		return checkBudgets(s, old)
	}
	inputs, err := digest(opts.root, s.inputs)
	if err != nil {
		return err
	}
	compiler, err := compilerOf(s, opts)
	if err != nil {
		return err
	}
	inputs = fmt.Sprint(inputs, " ", compiler != nil, " ", opts.release)
	if old != nil && !opts.force && old.Inputs == inputs && old.Complete(opts.out) {
		fmt.Fprintf(opts.stdout, "%s is up to date (%s)\n", opts.out, since(began))
		return nil
	}
	b := &build{site: s, root: opts.root, out: opts.out, quality: opts.quality, files: map[string]dist.File{}, tinygo: compiler, release: opts.release}
	if old != nil && !opts.force {
		b.old = old.Files
	}
	if err := b.run(); err != nil {
		return err
	}
	made := &dist.Manifest{Files: b.files, Inputs: inputs}
	if err := checkBudgets(s, made); err != nil {
		return err
	}
	if err := made.Write(opts.out); err != nil {
		return err
	}
	if err := removeStale(opts.out, made); err != nil {
		return err
	}
	report(opts.stdout, made)
	for _, took := range b.slow {
		fmt.Fprintln(opts.stdout, took)
	}
	fmt.Fprintf(opts.stdout, "built %s in %s\n", opts.out, since(began))
	return nil
}

// complete fills in what was left to the defaults.
func (o *options) complete() error {
	if o.root == "" {
		root, err := findRoot()
		if err != nil {
			return err
		}
		o.root = root
	}
	if o.out == "" {
		o.out = filepath.Join(o.root, "web", "dist")
	}
	return nil
}

// lock keeps other runs out: two at once would remove each other's files.
func (o *options) lock() (unlock func(), err error) {
	return lock.Take(filepath.Join(o.root, ".build", "webbuild.lock"), func() {
		fmt.Fprintln(o.stdout, "waiting for another webbuild to end")
	})
}

func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod here or above: run it inside the repository or give -root")
		}
		dir = up
	}
}

// checkBudgets names every file that is over its budget, or that has one and is missing.
func checkBudgets(s *site, m *dist.Manifest) error {
	var over []string
	for logical, most := range s.budgets {
		f, ok := m.Files[logical]
		switch {
		case !ok && logical == releaseName:
			// There is no TinyGo here.
		case !ok:
			over = append(over, fmt.Sprintf("%s has a size budget but was not built", logical))
		case f.Brotli > most:
			over = append(over, fmt.Sprintf("%s is %d bytes as brotli, over its budget of %d", logical, f.Brotli, most))
		}
	}
	if over == nil {
		return nil
	}
	slices.Sort(over)
	return errors.New(strings.Join(over, "; "))
}

// removeStale deletes what an earlier build left in out.
func removeStale(out string, m *dist.Manifest) error {
	keep := map[string]bool{dist.ManifestName: true}
	for _, f := range m.Files {
		for name := range f.Stored() {
			keep[name] = true
		}
	}
	return filepath.WalkDir(out, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(out, name)
		if err != nil || keep[filepath.ToSlash(rel)] {
			return err
		}
		return os.Remove(name)
	})
}

func report(w io.Writer, m *dist.Manifest) {
	logical := make([]string, 0, len(m.Files))
	for name := range m.Files {
		logical = append(logical, name)
	}
	slices.Sort(logical)
	fmt.Fprintf(w, "%-20s %9s %9s %9s\n", "file", "bytes", "brotli", "gzip")
	for _, name := range logical {
		f := m.Files[name]
		fmt.Fprintf(w, "%-20s %9d %9d %9d\n", name, f.Size, f.Brotli, f.Gzip)
	}
}

func since(t time.Time) time.Duration { return time.Since(t).Round(time.Millisecond) }
