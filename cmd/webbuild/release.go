package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rtmwidget/rtmwidget/cmd/internal/tinygo"
)

// getTinyGo makes sure that the compiler of the release core is there.
func getTinyGo(opts options) error {
	c, err := tinygo.Get(opts.stdout)
	if err == nil {
		fmt.Fprintf(opts.stdout, "TinyGo %s: %s\n", tinygo.Version, c.Path)
	}
	return err
}

// compilerOf returns the compiler of the release core, nil when the build goes without.
func compilerOf(s *site, opts options) (*tinygo.Compiler, error) {
	if s.target == "" {
		return nil, nil
	}
	if opts.release {
		return tinygo.Get(opts.stdout)
	}
	c, err := tinygo.Find()
	if missing := new(tinygo.MissingError); errors.As(err, &missing) {
		return nil, nil
	}
	return c, err
}

// wasmRelease makes the release core alone, and compares it with its budget.
func wasmRelease(s *site, opts options) error {
	if err := opts.complete(); err != nil {
		return err
	}
	unlock, err := opts.lock()
	if err != nil {
		return err
	}
	defer unlock()
	c, err := tinygo.Get(opts.stdout)
	if err != nil {
		return err
	}
	core, err := buildRelease(s, opts.root, c)
	if err != nil {
		return err
	}
	packed, err := brotliBytes(core, opts.quality)
	if err != nil {
		return err
	}
	fmt.Fprintf(opts.stdout, ".build/%s: %d bytes, %d as brotli\n", releaseName, len(core), len(packed))
	if most := s.budgets[releaseName]; len(packed) > most {
		return fmt.Errorf("%s is %d bytes as brotli, over its budget of %d", releaseName, len(packed), most)
	}
	return nil
}

// buildRelease returns the release core. It keeps it in .build beside the digest of
// what it was made from, and makes it again only when that changed.
func buildRelease(s *site, root string, c *tinygo.Compiler) ([]byte, error) {
	out := filepath.Join(root, ".build", releaseName)
	inputs, err := digest(root, []string{s.wasm, "rtm/session", "rtm/model", "rtm/internal", "cmd/internal/tinygo"})
	if err != nil {
		return nil, err
	}
	if made, err := os.ReadFile(out + ".inputs"); err == nil && string(made) == inputs {
		if core, err := os.ReadFile(out); err == nil {
			return core, nil
		}
	}
	core, err := c.Build(root, s.wasm, s.target)
	if err != nil {
		return nil, err
	}
	// The digest says that the core is whole, so it goes first and comes back last.
	if err := os.Remove(out + ".inputs"); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	if err := os.WriteFile(out, core, 0o644); err != nil {
		return nil, err
	}
	return core, os.WriteFile(out+".inputs", []byte(inputs), 0o644)
}
