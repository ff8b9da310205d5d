package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// ignored are directories whose content never decides a build: results, installed
// packages (the lock file stands for them) and test data.
var ignored = map[string]bool{"node_modules": true, "dist": true, "testdata": true, ".build": true}

// digest hashes the Go version and every file under paths: names and contents, in order.
// A path that does not exist counts as empty.
func digest(root string, paths []string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", runtime.Version())
	add := func(name string) error {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%q %d\n", filepath.ToSlash(rel), len(b))
		h.Write(b)
		return nil
	}
	for _, p := range paths {
		top := filepath.Join(root, filepath.FromSlash(p))
		err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
			switch {
			case os.IsNotExist(err):
				return nil // also a file that an editor replaced meanwhile
			case err != nil:
				return err
			case d.IsDir() && ignored[d.Name()] && name != top:
				return fs.SkipDir
			case !d.Type().IsRegular(), strings.HasSuffix(name, "_test.go"):
				return nil
			}
			return add(name)
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
