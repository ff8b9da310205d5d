// Command rtmgen writes what follows from the catalogue: the types, codecs,
// methods and constants of the packages customer and agent and of the
// TypeScript SDK, the table that requests are checked with, the reference page,
// and the golden frames of the tests.
//
//	rtmgen [-C dir]          write into the repository at dir (default: the working directory)
//	rtmgen [-C dir] -check   write nothing; fail when a file is stale
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("rtmgen: ")
	dir := flag.String("C", ".", "the repository's `directory`")
	check := flag.Bool("check", false, "fail when a file is stale, and write nothing")
	flag.Parse()
	files, err := generate(catalogue.Customer(), catalogue.Agent())
	if err != nil {
		log.Fatal(err)
	}
	run := update
	if *check {
		run = compare
	}
	if err := run(*dir, files); err != nil {
		log.Fatal(err)
	}
}

// generate returns the content of each file by its path in the repository.
func generate(sources ...*catalogue.API) (map[string][]byte, error) {
	files := make(map[string][]byte)
	var apis []*API
	add := func(path string, f *goFile) error {
		source, err := f.source()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		files[path] = source
		return nil
	}
	for _, source := range sources {
		api, err := load(source)
		if err != nil {
			return nil, err
		}
		apis = append(apis, api)
		dir := "rtm/" + api.Name + "/"
		for path, f := range map[string]*goFile{
			dir + "objects_gen.go":                       goTypes(api, Object),
			dir + "objects_codec_gen.go":                 goCodec(api, Object),
			dir + "requests_gen.go":                      goTypes(api, Request, Response),
			dir + "requests_codec_gen.go":                goCodec(api, Request, Response),
			dir + "pushes_gen.go":                        goPushes(api),
			dir + "pushes_codec_gen.go":                  goCodec(api, Payload),
			dir + "constants_gen.go":                     goConstants(api),
			dir + "types_gen_test.go":                    goRegistry(api),
			"rtm/internal/rules/" + api.Name + "_gen.go": goRules(api),
		} {
			if err := add(path, f); err != nil {
				return nil, err
			}
		}
		for name, f := range goMethods(api, 500) {
			if err := add(dir+name, f); err != nil {
				return nil, err
			}
		}
		files[dir+"testdata/golden.jsonl"] = golden(api)
	}
	ts, err := tsFiles(apis...)
	if err != nil {
		return nil, err
	}
	maps.Copy(files, ts)
	files["rtm/REFERENCE.md"] = reference(apis...)
	return files, add("rtm/constants_gen.go", goErrors(apis))
}

// update writes the files that have changed, and removes those that it would not
// write any more.
func update(dir string, files map[string][]byte) error {
	old, err := leftover(dir, files)
	if err != nil {
		return err
	}
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		name := filepath.Join(dir, filepath.FromSlash(path))
		if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, files[path]) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, files[path], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compare fails when a file is not as it would be written.
func compare(dir string, files map[string][]byte) error {
	for _, path := range slices.Sorted(maps.Keys(files)) {
		old, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		if err != nil {
			return err
		}
		if !bytes.Equal(old, files[path]) {
			return fmt.Errorf("%s is stale: go generate ./... writes it anew", path)
		}
	}
	old, err := leftover(dir, files)
	if err == nil && len(old) > 0 {
		err = fmt.Errorf("%s is left over: go generate ./... removes it", old[0])
	}
	return err
}

// leftover returns the Go files beside the given ones that this program wrote
// once and does not write now.
func leftover(dir string, files map[string][]byte) ([]string, error) {
	var old []string
	seen := make(map[string]bool)
	for path := range files {
		if seen[filepath.Dir(path)] {
			continue
		}
		seen[filepath.Dir(path)] = true
		names, err := filepath.Glob(filepath.Join(dir, filepath.Dir(path), "*_gen.go"))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			rel, err := filepath.Rel(dir, name)
			if err != nil {
				return nil, err
			}
			if _, ok := files[filepath.ToSlash(rel)]; !ok && bytes.HasPrefix(content, []byte(generated)) {
				old = append(old, name)
			}
		}
	}
	slices.Sort(old)
	return old, nil
}
