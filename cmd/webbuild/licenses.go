package main

import (
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// licensesName is the file of notices, of the site and in the package's dist.
const licensesName = "licenses.txt"

// toolchains has the licences of what the compilers link into a core: Go's library and
// runtime, and TinyGo's, which names LLVM for what it took from there. The release core is
// linked without a C library and without LLVM's runtime; see wasm/release.json.
//
//go:embed licenses/*.txt
var toolchains embed.FS

// How go list selects the files of each core.
var (
	standardFiles = []string{"GOOS=js", "GOARCH=wasm", "GOFLAGS="}
	releaseFiles  = []string{"GOOS=linux", "GOARCH=arm", "GOFLAGS=-tags=tinygo"}
)

// coreLicenses are the notices that go with a core made of the program in dir of root.
func coreLicenses(root, dir string, files, compilers []string) ([]string, error) {
	notices := make([]string, 0, len(compilers)+1)
	for _, name := range compilers {
		text, err := toolchains.ReadFile("licenses/" + name + ".txt")
		if err != nil {
			return nil, err
		}
		notices = append(notices, string(text))
	}
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "./"+filepath.ToSlash(dir))
	cmd.Dir = root
	cmd.Env = append(os.Environ(), files...)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", dir, err)
	}
	modules := strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
	slices.Sort(modules)
	for _, line := range slices.Compact(modules) {
		name, at, _ := strings.Cut(line, "\t")
		text, err := os.ReadFile(filepath.Join(at, "LICENSE"))
		if err != nil {
			return nil, fmt.Errorf("%s is linked into the core, and its licence was not found: %w", name, err)
		}
		notices = append(notices, name+"\n\n"+string(text))
	}
	return notices, nil
}

// licensesOf is the content of the file.
func licensesOf(notices []string) []byte {
	return []byte(strings.Join(notices, "\n"))
}
