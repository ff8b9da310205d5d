package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/cmd/internal/tinygo"
)

// TestCoreLicenses finds the notice of everything that is linked into the cores.
func TestCoreLicenses(t *testing.T) {
	for name, core := range map[string]struct {
		files, compilers []string
		want             string // beside Go's
		none             string
	}{
		"standard": {standardFiles, []string{"go"}, "github.com/teamortix/golang-wasm/wasm\n\nMIT License", "TinyGo Authors"},
		"release":  {releaseFiles, []string{"go", "tinygo"}, "LLVM Exceptions", "golang-wasm"},
	} {
		t.Run(name, func(t *testing.T) {
			notices, err := coreLicenses("../..", rtmwidget.wasm, core.files, core.compilers)
			if err != nil {
				t.Fatal(err)
			}
			text := string(licensesOf(notices))
			if !strings.Contains(text, "Copyright 2009 The Go Authors.") || !strings.Contains(text, core.want) {
				t.Errorf("a notice is missing in\n%s", text)
			}
			if strings.Contains(text, core.none) {
				t.Errorf("%s is not in this core:\n%s", core.none, text)
			}
		})
	}
}

// TestToolchainLicenses compares the licences here with those of the toolchains.
func TestToolchainLicenses(t *testing.T) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	roots := map[string]string{"go": strings.TrimSpace(string(goroot))}
	if c, err := tinygo.Find(); err == nil {
		roots["tinygo"] = filepath.Join(filepath.Dir(filepath.Dir(c.Path)), "root")
	}
	for name, root := range roots {
		theirs, err := os.ReadFile(filepath.Join(root, "LICENSE"))
		if os.IsNotExist(err) {
			t.Logf("the %s of this machine came without its licence", name)
			continue
		}
		ours, ourErr := toolchains.ReadFile("licenses/" + name + ".txt")
		if err != nil || ourErr != nil {
			t.Fatal(err, ourErr)
		}
		if _, text, _ := strings.Cut(string(ours), "\n\n"); text != string(theirs) {
			t.Errorf("licenses/%s.txt is not the licence of %s", name, root)
		}
	}
}

// TestNothingElseLinked holds that the release core is linked without a C library and
// without LLVM's runtime, whose notices it would need.
func TestNothingElseLinked(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("../..", rtmwidget.target))
	if err != nil {
		t.Fatal(err)
	}
	var target map[string]any
	if err := json.Unmarshal(text, &target); err != nil {
		t.Fatal(err)
	}
	for _, library := range []string{"libc", "rtlib", "inherits"} {
		if target[library] != nil {
			t.Errorf("%s: %s is %v; its licence belongs into the package", rtmwidget.target, library, target[library])
		}
	}
}
