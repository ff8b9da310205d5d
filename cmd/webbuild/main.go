// Webbuild makes web/dist from the Go core and the web sources.
//
//	go run ./cmd/webbuild          build what changed
//	go run ./cmd/webbuild -check   only compare the last build with the size budgets
//
// It compiles wasm/ for the browser, bundles TypeScript with esbuild, minifies
// JavaScript, CSS, HTML, SVG and JSON with tdewolff/minify, stores every file under a
// name that holds its hash, compresses it with brotli and gzip, and writes a manifest.
// When no input changed since the last build it does nothing. A second run in the same
// tree waits for the first.
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
)

func main() {
	opts := options{stdout: os.Stdout}
	flag.StringVar(&opts.root, "root", "", "root of the repository (default: where go.mod is, upwards from here)")
	flag.StringVar(&opts.out, "out", "", "output directory (default ROOT/web/dist)")
	flag.BoolVar(&opts.force, "force", false, "build even when nothing changed, and compress everything again")
	flag.BoolVar(&opts.check, "check", false, "build nothing; compare the last build with the size budgets")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "webbuild: unexpected argument %q\n", flag.Arg(0))
		os.Exit(2)
	}
	if err := run(&rtmwidget, opts); err != nil {
		fmt.Fprintln(os.Stderr, "webbuild:", err)
		os.Exit(1)
	}
}

type options struct {
	root, out    string
	force, check bool
	quality      int // of brotli; 0 means the best. Tests are in a hurry.
	stdout       io.Writer
}

func run(s *site, opts options) error {
	began := time.Now()
	if opts.root == "" {
		root, err := findRoot()
		if err != nil {
			return err
		}
		opts.root = root
	}
	if opts.out == "" {
		opts.out = filepath.Join(opts.root, "web", "dist")
	}
	if !opts.check {
		// Two at once would remove each other's files.
		release, err := lock.Take(filepath.Join(opts.root, ".build", "webbuild.lock"), func() {
			fmt.Fprintln(opts.stdout, "waiting for another webbuild to end")
		})
		if err != nil {
			return err
		}
		defer release()
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
	if old != nil && !opts.force && old.Inputs == inputs && old.Complete(opts.out) {
		fmt.Fprintf(opts.stdout, "%s is up to date (%s)\n", opts.out, since(began))
		return nil
	}
	b := &build{site: s, root: opts.root, out: opts.out, quality: opts.quality, files: map[string]dist.File{}}
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
