package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/rtmwidget/rtmwidget/cmd/internal/dist"
)

// pageNames are the pages that the addresses printed at the start lead to.
var pageNames = []string{"shop", "console", "both", "protocol", "playground"}

// pages serves what webbuild made, from memory: nothing but the names in the manifest
// can be asked for, and a build that runs meanwhile disturbs nobody. Every other path
// goes to the next handler.
type pages struct {
	files   map[string]*file // by URL path; nil when nothing is built
	next    http.Handler
	log     *slog.Logger
	reports atomic.Int64 // of violated policies
}

// file is one path's content in every encoding that it has.
type file struct {
	plain, brotli, gzip []byte
	etag                string // without quotes and encoding
	header              http.Header
}

// newPages reads the build in dir. Without a build the pages answer 503; a build that
// is not whole is an error. Pages of origins, or of any when there are none, may embed
// the widget.
func newPages(dir string, next http.Handler, log *slog.Logger, origins ...string) (*pages, error) {
	p := &pages{next: next, log: log}
	manifest, loaded, err := loadAll(dir)
	if errors.Is(err, fs.ErrNotExist) && manifest == nil {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	p.files = map[string]*file{}
	for logical, entry := range manifest.Files {
		f := loaded[logical]
		page, isPage := strings.CutSuffix(logical, ".html")
		if isPage && page == embedName {
			p.files["/"+page] = f.with(embedHeader(origins))
			continue
		}
		if isPage {
			p.files["/"+page] = f.with(pageHeader())
			continue
		}
		header := fileHeader()
		if logical == workerName {
			header = workerHeader()
		}
		p.files["/"+logical] = f.with(header)
		header = header.Clone()
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
		p.files[entry.URL()] = f.with(header)
	}
	if index := p.files["/index"]; index != nil {
		p.files["/"] = index
	} else {
		p.files["/"] = indexPage()
	}
	return p, nil
}

// loadAll reads the manifest, nil when there is none, and the files that it names.
func loadAll(dir string) (*dist.Manifest, map[string]*file, error) {
	manifest, err := dist.Read(dir)
	for err == nil {
		loaded := map[string]*file{}
		var missing error
		for logical, entry := range manifest.Files {
			if loaded[logical], missing = load(dir, entry); missing != nil {
				break
			}
		}
		if missing == nil {
			return manifest, loaded, nil
		}
		// A build that has just ended took the files of the one before it away.
		var newer *dist.Manifest
		if newer, err = dist.Read(dir); err == nil && maps.Equal(newer.Files, manifest.Files) {
			return manifest, nil, fmt.Errorf("%s is not whole, run make demo: %w", dir, missing)
		}
		manifest = newer
	}
	return nil, nil, err
}

func load(dir string, entry dist.File) (*file, error) {
	f := &file{etag: entry.SHA256[:min(16, len(entry.SHA256))], header: http.Header{"Content-Type": {entry.Type}}}
	for _, part := range []struct {
		to     *[]byte
		suffix string
		size   int
	}{{&f.plain, "", entry.Size}, {&f.brotli, ".br", entry.Brotli}, {&f.gzip, ".gz", entry.Gzip}} {
		if part.suffix != "" && part.size == 0 {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(entry.File+part.suffix)))
		if err != nil {
			return nil, err
		}
		if len(b) != part.size {
			return nil, fmt.Errorf("%s has %d bytes, the manifest says %d", entry.File+part.suffix, len(b), part.size)
		}
		*part.to = b
	}
	return f, nil
}

// with is f with more headers.
func (f *file) with(header http.Header) *file {
	g := *f
	g.header = header.Clone()
	for key, values := range f.header {
		g.header[key] = values
	}
	return &g
}

// built lists the names of the pages that can be opened.
func (p *pages) built() []string {
	var names []string
	for _, name := range pageNames {
		if p.files["/"+name] != nil {
			names = append(names, name)
		}
	}
	return names
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == reportPath {
		p.report(w, r)
		return
	}
	f, ok := p.files[r.URL.Path]
	switch {
	case ok:
		f.serve(w, r)
	case p.files == nil && ours(r.URL.Path):
		http.Error(w, "pages are not built: run make demo", http.StatusServiceUnavailable)
	case strings.HasPrefix(r.URL.Path, dist.AssetPath):
		http.Error(w, "no such file in this build", http.StatusNotFound)
	default:
		p.next.ServeHTTP(w, r)
	}
}

// ours reports whether a build would have an answer for path.
func ours(path string) bool {
	for _, name := range pageNames {
		if path == "/"+name {
			return true
		}
	}
	switch path {
	case "/", "/" + embedName, "/embed.js", "/sdk.js", "/worker.js", "/rtm.wasm", "/widget.js", "/panel.js", "/console.js":
		return true
	}
	return strings.HasPrefix(path, dist.AssetPath)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, r.Method+" is not possible here: this is a file, GET it", http.StatusMethodNotAllowed)
		return
	}
	encoding := negotiate(r.Header.Values("Accept-Encoding"), f.brotli != nil, f.gzip != nil)
	if encoding == "" {
		http.Error(w, "no acceptable encoding: this file comes as br, gzip or identity", http.StatusNotAcceptable)
		return
	}
	body, etag := f.plain, `"`+f.etag+`"`
	switch encoding {
	case "br":
		body, etag = f.brotli, `"`+f.etag+`-br"`
	case "gzip":
		body, etag = f.gzip, `"`+f.etag+`-gz"`
	}
	header := w.Header()
	for key, values := range f.header {
		header[key] = values
	}
	header.Set("Vary", "Accept-Encoding")
	header.Set("ETag", etag)
	if matches(r.Header.Values("If-None-Match"), etag) {
		header.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if encoding != "identity" {
		header.Set("Content-Encoding", encoding)
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body) // an error means that the client went away
	}
}

// indexPage is what / shows when the build has no index.html.
func indexPage() *file {
	const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>rtmd</title><link rel="icon" href="data:,"></head>
<body>
<h1>rtmd</h1>
<ul>
<li><a href="/shop">a shop page with the widget</a></li>
<li><a href="/console">the agent's console</a></li>
<li><a href="/both">both side by side</a></li>
<li><a href="/playground">the widget’s theme playground</a></li>
<li><a href="/protocol">the protocol: frames, faults and time</a></li>
</ul>
</body>
</html>
`
	f := &file{plain: []byte(page), etag: "index", header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}}
	return f.with(pageHeader())
}
