// Package tinygo gets the compiler of the core's release build, and compiles
// with it.
//
// The compiler is the tinygo on the PATH when that has the right version. Else
// it is built from the Go module against LLVM 19 of Debian's packages, once per
// machine: it stays in the user's cache directory.
package tinygo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/rtmwidget/rtmwidget/cmd/internal/lock"
)

// Version is the release of TinyGo that the core is built with, and sum that of
// its module. TinyGo is no requirement of this module: what it needs itself is
// checked against its own go.sum.
const (
	Version = "0.41.1"
	module  = "github.com/tinygo-org/tinygo"
	sum     = "h1:Hp1Frc4zQALL88t49XraSZEwkIYEjMOmmurlmsTigzE="
)

// packages are what Debian has for building TinyGo and for shrinking its wasm.
var packages = []string{"llvm-19-dev", "libclang-19-dev", "clang-19", "lld-19", "g++", "binaryen"}

// MissingError says that there is no compiler on this machine and none can be
// made, and what to install.
type MissingError struct{ What string }

// Error returns one sentence.
func (e *MissingError) Error() string {
	return e.What + " is missing: install TinyGo " + Version + " and binaryen, or Debian's packages " + strings.Join(packages, " ")
}

// Compiler is a TinyGo that can be run.
type Compiler struct {
	Path string // of the command
	root string // TINYGOROOT, "" for the command's own
	opt  string // wasm-opt
}

// Find returns the compiler that is there; the error is a *MissingError.
func Find() (*Compiler, error) {
	opt, err := exec.LookPath("wasm-opt")
	if err != nil {
		return nil, &MissingError{"wasm-opt"}
	}
	if path, err := exec.LookPath("tinygo"); err == nil && isVersion(path) {
		return &Compiler{Path: path, opt: opt}, nil
	}
	dir, err := cache()
	if err != nil {
		return nil, err
	}
	c := &Compiler{Path: filepath.Join(dir, "bin", "tinygo"), root: filepath.Join(dir, "root"), opt: opt}
	if _, err := os.Stat(c.Path); err != nil {
		return nil, &MissingError{"TinyGo"}
	}
	return c, nil
}

// Get is Find, and makes what is not there: it installs packages where it may,
// as root on a Debian, and builds the compiler. It tells log what takes long.
func Get(log io.Writer) (*Compiler, error) {
	dir, err := cache()
	if err != nil {
		return nil, err
	}
	release, err := lock.Take(filepath.Join(dir, "lock"), func() { fmt.Fprintln(log, "waiting for another run that gets TinyGo") })
	if err != nil {
		return nil, err
	}
	defer release()
	c, err := Find()
	var missing *MissingError
	if !errors.As(err, &missing) {
		return c, err
	}
	if err := install(log, missing); err != nil {
		return nil, err
	}
	if c, err = Find(); !errors.As(err, &missing) {
		return c, err
	}
	fmt.Fprintf(log, "building TinyGo %s into %s\n", Version, dir)
	if err := build(dir); err != nil {
		return nil, fmt.Errorf("tinygo: %w", err)
	}
	return Find()
}

// cache is the directory of this version. The compiler goes with the Go that
// built it.
func cache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("tinygo: %w", err)
	}
	return filepath.Join(dir, "rtmwidget", "tinygo-"+Version+"-"+runtime.Version()), nil
}

func isVersion(path string) bool {
	out, err := exec.Command(path, "version").Output()
	return err == nil && strings.HasPrefix(string(out), "tinygo version "+Version+" ")
}

// install installs the packages that are not there yet.
func install(log io.Writer, missing *MissingError) error {
	absent := []string{}
	for _, name := range packages {
		status, err := exec.Command("dpkg-query", "-W", "-f", "${Status}", name).Output()
		if err != nil || !strings.HasSuffix(string(status), " installed") {
			absent = append(absent, name)
		}
	}
	if len(absent) == 0 {
		return nil
	}
	if _, err := os.Stat("/etc/debian_version"); err != nil || os.Geteuid() != 0 {
		return missing
	}
	fmt.Fprintln(log, "installing", strings.Join(absent, " "))
	// One source out of reach fails the update; the packages may come from another.
	_ = run("", nil, "apt-get", "update", "-q")
	if err := run("", nil, "apt-get", append([]string{"install", "-q", "-y", "--no-install-recommends"}, absent...)...); err != nil {
		return fmt.Errorf("%w (%w)", missing, err)
	}
	return nil
}

// build makes dir/bin/tinygo and dir/root, its TINYGOROOT: the command reads
// its own sources when it compiles.
func build(dir string) error {
	source, err := download()
	if err != nil {
		return err
	}
	root := filepath.Join(dir, "root")
	if err := os.RemoveAll(root); err != nil {
		return err
	}
	if err := copyTree(root, source); err != nil {
		return err
	}
	// The module lacks what is a submodule of its repository. The core needs
	// none of it, but this directory must exist.
	if err := os.MkdirAll(filepath.Join(root, "src", "net"), 0o755); err != nil {
		return err
	}
	// The name comes last: what has it is whole.
	made := filepath.Join(dir, "tinygo.new")
	if err := run(root, []string{"GOFLAGS="}, "go", "build", "-buildvcs=false", "-tags", "llvm19", "-o", made, "."); err != nil {
		return err
	}
	path := filepath.Join(dir, "bin", "tinygo")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.Rename(made, path)
}

// copyTree copies a directory of the module cache, where nothing may be written.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o644)
	})
}

// download returns the directory of the module's sources. The pinned sum stands
// in for the checksum database, which not every machine reaches.
func download() (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", module+"@v"+Version)
	cmd.Dir = os.TempDir() // outside of any module
	cmd.Env = append(os.Environ(), "GONOSUMDB="+module, "GOFLAGS=")
	out, err := cmd.Output()
	var got struct{ Dir, Sum, Error string }
	if jsonErr := json.Unmarshal(out, &got); jsonErr != nil || got.Error != "" {
		return "", fmt.Errorf("go mod download %s: %s", module, strings.TrimSpace(got.Error+" "+fmt.Sprint(err)))
	}
	if got.Sum != sum {
		return "", fmt.Errorf("%s@v%s has the sum %s; it must be %s", module, Version, got.Sum, sum)
	}
	return got.Dir, nil
}

// Build compiles the program in dir of the repository at root for target, a
// file of the repository, and returns the wasm.
func (c *Compiler) Build(root, dir, target string) ([]byte, error) {
	work, err := os.MkdirTemp("", "rtm-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	built, small := filepath.Join(work, "built.wasm"), filepath.Join(work, "small.wasm")
	var env []string
	if c.root != "" {
		env = []string{"TINYGOROOT=" + c.root}
	}
	// trap: a panic has no text, which would cost a tenth; what it was, the standard build tells.
	err = run(root, env, c.Path, "build", "-target", filepath.FromSlash(target), "-opt", "z", "-panic", "trap", "-no-debug", "-o", built, "./"+filepath.ToSlash(dir))
	if err != nil {
		return nil, err
	}
	err = run(root, nil, c.opt, "-Oz", "--converge", "--enable-bulk-memory", "--enable-sign-ext", "--enable-nontrapping-float-to-int",
		"--enable-mutable-globals", "--strip-producers", "--strip-target-features", built, "-o", small)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(small)
}

// run runs a command; what it says belongs to its error.
func run(dir string, env []string, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}
