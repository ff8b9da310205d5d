package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// js is the environment of the browser's half of the Go code.
var js = []string{"GOOS=js", "GOARCH=wasm"}

// core are the packages that are compiled to WebAssembly.
var core = []string{"./rtm/internal/wire", "./rtm/internal/rules", "./rtm/session", "./rtm/model", "./wasm/..."}

var steps = []step{
	{"tools", tools},
	{"npm ci", func(c *checker) (string, error) { return npmCI(c, "web") }},
	{"official clients", func(c *checker) (string, error) { return npmCI(c, "cmd/rtmd/testdata/official") }},
	{"packers", func(c *checker) (string, error) { return npmCI(c, "cmd/rtmd/testdata/package") }},
	{"gofmt", gofmt},
	{"go vet", func(c *checker) (string, error) { return "", c.exec(".", nil, "go", "vet", "./...") }},
	{"go vet js/wasm", func(c *checker) (string, error) {
		return "", c.exec(".", js, "go", append([]string{"vet"}, core...)...)
	}},
	{"staticcheck", func(c *checker) (string, error) { return staticcheck(c, nil, "./...") }},
	{"staticcheck js/wasm", func(c *checker) (string, error) { return staticcheck(c, js, core...) }},
	{"govulncheck", govulncheck},
	{"generated files", generated},
	{"tinygo", release},
	{"webbuild", func(c *checker) (string, error) { return "", c.exec(".", nil, "go", "run", "./cmd/webbuild") }},
	{"tsc", func(c *checker) (string, error) {
		return "", c.exec("web", nil, filepath.Join(c.root, "web/node_modules/.bin/tsc"), "--noEmit")
	}},
	{"node tests", nodeTests},
	{"go test js/wasm", goTestJS},
	{"go test -race", func(c *checker) (string, error) { return "", c.goTest(nil, "-race", "-timeout=45m", "./...") }},
}

// npmCI installs what the lock file in dir says, unless the last install is younger than it.
func npmCI(c *checker, dir string) (string, error) {
	lock, err := os.Stat(filepath.Join(c.root, dir, "package-lock.json"))
	if err != nil {
		return "", err
	}
	// npm writes this file last.
	done, err := os.Stat(filepath.Join(c.root, dir, "node_modules/.package-lock.json"))
	if err == nil && done.ModTime().After(lock.ModTime()) {
		return "installed already", nil
	}
	return "", c.exec(dir, nil, "npm", "ci", "--no-audit", "--no-fund")
}

// gofmt looks at tracked files only: others are nobody's promise.
func gofmt(c *checker) (string, error) {
	files, err := c.query(nil, "git", "ls-files", "-z", "--", "*.go")
	if err != nil {
		return "", err
	}
	args := []string{"-l"}
	for name := range strings.SplitSeq(files, "\x00") {
		if _, err := os.Stat(filepath.Join(c.root, name)); name != "" && err == nil { // tracked and deleted is no matter of style
			args = append(args, name)
		}
	}
	wrong, err := c.query(nil, "gofmt", args...)
	if err == nil && wrong != "" {
		err = fmt.Errorf("not formatted: %s", strings.ReplaceAll(wrong, "\n", " "))
	}
	return "", err
}

// staticcheck is a tool of go.mod. It is built for this machine and told by env which
// one to think of.
func staticcheck(c *checker, env []string, packages ...string) (string, error) {
	tool, err := c.query(nil, "go", "tool", "-n", "staticcheck")
	if err != nil {
		return "", err
	}
	return "", c.exec(".", env, tool, packages...)
}

// generated runs all generators and compares.
func generated(c *checker) (string, error) {
	before, err := c.changes()
	if err != nil {
		return "", err
	}
	if err := c.exec(".", nil, "go", "generate", "./..."); err != nil {
		return "", err
	}
	after, err := c.changes()
	if err != nil {
		return "", err
	}
	if before != after {
		if err := c.exec(".", nil, "git", "status", "--short"); err != nil {
			return "", err
		}
		return "", errors.New("go generate changed files: commit what it wrote")
	}
	return "", nil
}

// changes describes the state of the work tree against the last commit.
func (c *checker) changes() (string, error) {
	diff, err := c.query(nil, "git", "diff", "HEAD")
	if err != nil {
		return "", err
	}
	untracked, err := c.query(nil, "git", "ls-files", "--others", "--exclude-standard", "-z")
	if err != nil {
		return "", err
	}
	state := bytes.NewBufferString(diff)
	for name := range strings.SplitSeq(untracked, "\x00") {
		if name == "" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(c.root, name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(state, "\n%q %q", name, b)
	}
	return state.String(), nil
}

// goTestJS runs the core's tests as they will run in a browser, under Node.
func goTestJS(c *checker) (string, error) {
	goroot, err := c.query(nil, "go", "env", "GOROOT")
	if err != nil {
		return "", err
	}
	wrapper := filepath.Join(goroot, "lib", "wasm", "go_js_wasm_exec")
	return "", c.goTest(js, append([]string{"-exec=" + wrapper, "-timeout=45m"}, core...)...)
}
