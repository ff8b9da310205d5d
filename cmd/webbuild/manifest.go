package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/rtmwidget/rtmwidget/cmd/internal/dist"
)

// types is the Content-Type by extension; a file of another kind is an error, not a guess.
var types = map[string]string{
	".js":    "text/javascript; charset=utf-8",
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".json":  "application/json",
	".svg":   "image/svg+xml",
	".txt":   "text/plain; charset=utf-8",
	".wasm":  "application/wasm",
	".png":   "image/png",
	".jpg":   "image/jpeg",
	".webp":  "image/webp",
	".avif":  "image/avif",
	".gif":   "image/gif",
	".woff2": "font/woff2",
}

// store writes content under its hashed name. The sizes of the compressed files are known
// when the build's pool has run.
func (b *build) store(logical string, content []byte) (dist.File, error) {
	ext := path.Ext(logical)
	mediatype, ok := types[ext]
	if !ok {
		return dist.File{}, fmt.Errorf("%s: files of type %q are not served; see types in cmd/webbuild/manifest.go", logical, ext)
	}
	hash := sha256.Sum256(content)
	sum := hex.EncodeToString(hash[:])
	f := dist.File{File: dist.StoredName(logical, sum), Size: len(content), SHA256: sum, Type: mediatype}
	b.set(logical, f)
	if !compressible(ext) {
		return f, b.write(f.File, content)
	}
	if old, ok := b.old[logical]; ok && old.SHA256 == sum && (&dist.Manifest{Files: map[string]dist.File{logical: old}}).Complete(b.out) {
		b.set(logical, old)
		return old, nil
	}
	b.pool.add(func() error {
		began := time.Now()
		out, err := brotliBytes(content, b.quality)
		if err != nil {
			return err
		}
		if took := time.Since(began); took > time.Second {
			b.note(fmt.Sprintf("brotli of %s took %s", logical, since(began)))
		}
		b.update(logical, func(f *dist.File) { f.Brotli = len(out) })
		return b.write(f.File+".br", out)
	})
	b.pool.add(func() error {
		out, err := gzipBytes(content)
		if err != nil {
			return err
		}
		b.update(logical, func(f *dist.File) { f.Gzip = len(out) })
		return b.write(f.File+".gz", out)
	})
	return f, b.write(f.File, content)
}

func (b *build) write(name string, content []byte) error {
	return dist.WriteFile(filepath.Join(b.out, filepath.FromSlash(name)), content)
}

func (b *build) set(logical string, f dist.File) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.files[logical] = f
}

func (b *build) update(logical string, change func(*dist.File)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.files[logical]
	change(&f)
	b.files[logical] = f
}

func (b *build) note(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slow = append(b.slow, line)
}

// exists reports whether root holds a regular file at the slash-separated path rel.
func exists(root, rel string) bool {
	info, err := os.Stat(filepath.Join(root, filepath.FromSlash(rel)))
	return err == nil && info.Mode().IsRegular()
}
