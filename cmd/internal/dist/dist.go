// Package dist is the layout of web/dist: webbuild writes it, rtmd serves it.
//
// Each file has a logical name, which never changes (sdk.js, shop.html), and a stored
// name that holds a hash of its content (sdk.0123456789.js). A file that compresses
// lies there three times: as it is, with .br and with .gz. [ManifestName] maps the one
// name to the other and is written last, so what it names is complete.
package dist

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// ManifestName is the manifest's file name.
const ManifestName = "manifest.json"

// AssetPath is the URL path under which stored names are served.
const AssetPath = "/assets/"

// Manifest says what a build made.
type Manifest struct {
	Files  map[string]File `json:"files"`  // by logical name
	Inputs string          `json:"inputs"` // digest of everything that the build read
}

// File is one file of a build. Sizes are in bytes.
type File struct {
	File   string `json:"file"` // stored name, slashes, relative to the directory of the manifest
	Size   int    `json:"size"`
	Brotli int    `json:"br,omitzero"` // 0: there is no .br
	Gzip   int    `json:"gz,omitzero"` // 0: there is no .gz
	SHA256 string `json:"sha256"`      // of the uncompressed content, hex
	Type   string `json:"type"`        // Content-Type
}

// URL is where the file is served, with its hash.
func (f File) URL() string { return AssetPath + f.File }

// StoredName is the name of content with the hexadecimal hash sum and the given logical name.
func StoredName(logical, sum string) string {
	ext := path.Ext(logical)
	return strings.TrimSuffix(logical, ext) + "." + sum[:10] + ext
}

// Read reads the manifest of dir. It wraps fs.ErrNotExist when nothing was built.
func Read(dir string) (*Manifest, error) {
	name := filepath.Join(dir, ManifestName)
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	m := new(Manifest)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for logical, f := range m.Files {
		if !fs.ValidPath(f.File) {
			return nil, fmt.Errorf("%s: files.%s.file: %q leaves the directory", name, logical, f.File)
		}
	}
	return m, nil
}

// Write writes the manifest of dir in one step: a reader sees the old or the new one.
func (m *Manifest) Write(dir string) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(dir, ManifestName), append(b, '\n'))
}

// Complete reports whether every file that m names lies in dir with its size.
func (m *Manifest) Complete(dir string) bool {
	for _, f := range m.Files {
		for name, size := range f.Stored() {
			info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
			if err != nil || info.Size() != int64(size) {
				return false
			}
		}
	}
	return true
}

// Stored lists the names under which f is stored, with their sizes.
func (f File) Stored() map[string]int {
	names := map[string]int{f.File: f.Size}
	if f.Brotli > 0 {
		names[f.File+".br"] = f.Brotli
	}
	if f.Gzip > 0 {
		names[f.File+".gz"] = f.Gzip
	}
	return names
}

// WriteFile writes name through a temporary file and a rename, and makes its directory.
func WriteFile(name string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails once the rename is done
	_, err = tmp.Write(b)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	return err
}
