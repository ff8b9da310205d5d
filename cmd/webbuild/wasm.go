package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// buildWasm compiles the Go program in dir of root. It keeps the result in .build,
// where the go command recognizes it and links again only when it must.
func buildWasm(root, dir string) ([]byte, error) {
	if _, err := os.Stat(filepath.Join(root, dir)); err != nil {
		return nil, fmt.Errorf("%s: no such directory", dir)
	}
	out := filepath.Join(root, ".build", wasmName)
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return nil, err
	}
	// -buildvcs=false: the result depends on the sources, not on the commit.
	// -l: what inlining copies costs a tenth of the download.
	cmd := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-gcflags=all=-l", "-o", out, "./"+filepath.ToSlash(dir))
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if msg, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: go build failed: %s", dir, firstError(string(msg), err))
	}
	return os.ReadFile(out)
}

// firstError takes the line that matters out of the go command's output.
func firstError(msg string, err error) string {
	var lines []string
	for line := range strings.Lines(msg) {
		line = strings.TrimSpace(line)
		// "# package" heads a list of errors, "go: downloading" is progress.
		if line != "" && !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "go: downloading") {
			lines = append(lines, line)
		}
	}
	if lines == nil {
		return err.Error()
	}
	return andMore(lines[0], len(lines)-1)
}

func andMore(first string, more int) string {
	if more == 0 {
		return first
	}
	return fmt.Sprintf("%s (and %d more)", first, more)
}

// wasmExec is the path of the JavaScript support of the toolchain that builds the wasm:
// the two must match.
func wasmExec() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	name := filepath.Join(string(bytes.TrimSpace(out)), "lib", "wasm", "wasm_exec.js")
	if _, err := os.Stat(name); err != nil {
		return "", fmt.Errorf("the Go toolchain has no wasm_exec.js: %w", err)
	}
	return name, nil
}
