package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/rtmwidget/rtmwidget/cmd/internal/dist"
)

// testBuild writes a build with the given contents by logical name, as webbuild would.
func testBuild(t *testing.T, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	types := map[string]string{".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm", ".png": "image/png"}
	m := &dist.Manifest{Files: map[string]dist.File{}}
	for logical, content := range contents {
		hash := sha256.Sum256([]byte(content))
		sum := hex.EncodeToString(hash[:])
		f := dist.File{File: dist.StoredName(logical, sum), Size: len(content), SHA256: sum, Type: types[filepath.Ext(logical)]}
		write := func(suffix, content string) int {
			if err := dist.WriteFile(filepath.Join(dir, f.File+suffix), []byte(content)); err != nil {
				t.Fatal(err)
			}
			return len(content)
		}
		write("", content)
		if filepath.Ext(logical) != ".png" {
			var br, gz bytes.Buffer
			bw, gw := brotli.NewWriter(&br), gzip.NewWriter(&gz)
			io.WriteString(bw, content)
			io.WriteString(gw, content)
			bw.Close()
			gw.Close()
			f.Brotli, f.Gzip = write(".br", br.String()), write(".gz", gz.String())
		}
		m.Files[logical] = f
	}
	if err := m.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

var small = map[string]string{
	"shop.html":    "<!doctype html><title>shop</title>",
	"sdk.js":       "export const sdk = 1",
	"worker.js":    "postMessage(1)",
	"rtm.wasm":     "\x00asm\x01\x00\x00\x00",
	"demo/dot.png": "not really a picture",
}

var notFound = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "next: "+r.URL.Path, http.StatusTeapot)
})

func testPages(t *testing.T, dir string) *pages {
	t.Helper()
	p, err := newPages(dir, notFound, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func get(h http.Handler, method, path string, header ...string) *http.Response {
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = path // as it is: the request line would be cleaned or refused
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	switch resp.Header.Get("Content-Encoding") {
	case "br":
		b, err = io.ReadAll(brotli.NewReader(bytes.NewReader(b)))
	case "gzip":
		var zr *gzip.Reader
		if zr, err = gzip.NewReader(bytes.NewReader(b)); err == nil {
			b, err = io.ReadAll(zr)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestNegotiate(t *testing.T) {
	tests := []struct{ accept, want string }{
		{"", "identity"},
		{"gzip, deflate, br, zstd", "br"},
		{"gzip", "gzip"},
		{"GZip", "gzip"},
		{"x-gzip", "gzip"},
		{"deflate", "identity"},
		{"br;q=0.5, gzip;q=0.8", "gzip"},
		{"br;q=0, gzip;q=0", "identity"},
		{"br; q=0, gzip", "gzip"},
		{"*", "br"},
		{"*;q=0.1, gzip", "gzip"},
		{"br;q=0, *", "gzip"},
		{"identity, br;q=0.9", "identity"},
		{"identity;q=0.1, br;q=0.9", "br"},
		{"identity;q=0", ""},
		{"*;q=0", ""},
		{"*;q=0, gzip", "gzip"},
		{"gzip;q=2, br;q=x", "identity"},
		{",, ;q=1", "identity"},
	}
	for _, test := range tests {
		if got := negotiate([]string{test.accept}, true, true); got != test.want {
			t.Errorf("Accept-Encoding %q: %q, want %q", test.accept, got, test.want)
		}
	}
	if got := negotiate([]string{"br", "gzip"}, false, true); got != "gzip" {
		t.Errorf("two headers, no br: %q", got)
	}
	if got := negotiate([]string{"br, gzip"}, false, false); got != "identity" {
		t.Errorf("nothing compressed: %q", got)
	}
}

func TestFiles(t *testing.T) {
	dir := testBuild(t, small)
	p := testPages(t, dir)
	m, err := dist.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for logical, entry := range m.Files {
		paths := map[string]string{"/" + logical: "no-cache", entry.URL(): "public, max-age=31536000, immutable"}
		if page, ok := strings.CutSuffix(logical, ".html"); ok {
			paths = map[string]string{"/" + page: "no-cache"}
		}
		for path, cache := range paths {
			for _, accept := range []string{"", "gzip", "gzip, br"} {
				resp := get(p, "GET", path, "Accept-Encoding", accept)
				if got := body(t, resp); resp.StatusCode != 200 || got != small[logical] {
					t.Errorf("%s: %d %q", path, resp.StatusCode, got)
				}
				for key, want := range map[string]string{
					"Content-Type": entry.Type, "Cache-Control": cache, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff",
				} {
					if got := resp.Header.Get(key); got != want {
						t.Errorf("%s: %s is %q, want %q", path, key, got, want)
					}
				}
				if want := map[string]string{"": "", "gzip": "gzip", "gzip, br": "br"}[accept]; resp.Header.Get("Content-Encoding") != want && entry.Brotli > 0 {
					t.Errorf("%s: accepts %q, got %q", path, accept, resp.Header.Get("Content-Encoding"))
				}
				checkConditional(t, p, path, accept, resp)
			}
		}
	}
}

// checkConditional asks again with the entity tag of resp, and with HEAD.
func checkConditional(t *testing.T, p *pages, path, accept string, resp *http.Response) {
	t.Helper()
	etag := resp.Header.Get("ETag")
	for _, condition := range []string{etag, "W/" + etag, `"x", ` + etag, "*"} {
		again := get(p, "GET", path, "Accept-Encoding", accept, "If-None-Match", condition)
		if again.StatusCode != http.StatusNotModified || again.Header.Get("ETag") != etag || body(t, again) != "" {
			t.Errorf("%s If-None-Match %s: %d", path, condition, again.StatusCode)
		}
	}
	if changed := get(p, "GET", path, "Accept-Encoding", accept, "If-None-Match", `"x"`); changed.StatusCode != 200 {
		t.Errorf("%s: another tag: %d", path, changed.StatusCode)
	}
	head := get(p, "HEAD", path, "Accept-Encoding", accept)
	n, err := io.Copy(io.Discard, head.Body)
	if err != nil || n != 0 || head.StatusCode != 200 || head.Header.Get("Content-Length") != resp.Header.Get("Content-Length") {
		t.Errorf("HEAD %s: %d with %d bytes, Content-Length %q", path, head.StatusCode, n, head.Header.Get("Content-Length"))
	}
}

func TestEntityTagsDiffer(t *testing.T) {
	p := testPages(t, testBuild(t, small))
	seen := map[string]string{}
	for _, accept := range []string{"", "gzip", "br"} {
		etag := get(p, "GET", "/sdk.js", "Accept-Encoding", accept).Header.Get("ETag")
		if other, ok := seen[etag]; ok {
			t.Errorf("%q and %q have the same tag %s", accept, other, etag)
		}
		seen[etag] = accept
	}
}

func TestPolicies(t *testing.T) {
	p := testPages(t, testBuild(t, small))
	for path, want := range map[string]string{"/shop": pagePolicy, "/": pagePolicy, "/worker.js": workerPolicy, "/sdk.js": "default-src 'none'; frame-ancestors 'none'"} {
		resp := get(p, "GET", path)
		if got := resp.Header.Get("Content-Security-Policy"); resp.StatusCode != 200 || got != want {
			t.Errorf("%s: %d with %q, want %q", path, resp.StatusCode, got, want)
		}
	}
	if strings.Contains(pagePolicy, "unsafe") || strings.Contains(pagePolicy, "eval") {
		t.Errorf("the pages' policy is not strict: %s", pagePolicy)
	}
}

func TestDenials(t *testing.T) {
	p := testPages(t, testBuild(t, small))
	tests := []struct {
		method, path string
		header       []string
		status       int
		says         string
	}{
		{"POST", "/shop", nil, 405, "POST is not possible here: this is a file, GET it"},
		{"DELETE", "/sdk.js", nil, 405, "DELETE is not possible here: this is a file, GET it"},
		{"GET", "/sdk.js", []string{"Accept-Encoding", "identity;q=0, br;q=0"}, 406, "no acceptable encoding: this file comes as br, gzip or identity"},
		{"GET", "/assets/none.js", nil, 404, "no such file in this build"},
		{"GET", "/assets/", nil, 404, "no such file in this build"},
		{"GET", "/assets/../manifest.json", nil, 404, "no such file in this build"},
		{"GET", "/assets/../../../../etc/passwd", nil, 404, "no such file in this build"},
		{"GET", "/manifest.json", nil, 418, "next: /manifest.json"},
		{"GET", "/../pages.go", nil, 418, "next: /../pages.go"},
		{"GET", "/shop.html", nil, 418, "next: /shop.html"},
		{"GET", "/v3.6/customer/rtm/ws", nil, 418, "next: /v3.6/customer/rtm/ws"},
		{"PUT", reportPath, nil, 405, "PUT is not possible here: POST a report or GET their number"},
	}
	for _, test := range tests {
		resp := get(p, test.method, test.path, test.header...)
		if got := strings.TrimSpace(body(t, resp)); resp.StatusCode != test.status || got != test.says {
			t.Errorf("%s %s: %d %q, want %d %q", test.method, test.path, resp.StatusCode, got, test.status, test.says)
		}
	}
}

func TestNotBuilt(t *testing.T) {
	p := testPages(t, filepath.Join(t.TempDir(), "none"))
	for _, path := range []string{"/", "/shop", "/console", "/both", "/sdk.js", "/assets/sdk.0123456789.js"} {
		resp := get(p, "GET", path)
		if got := body(t, resp); resp.StatusCode != 503 || got != "pages are not built: run make demo\n" {
			t.Errorf("%s: %d %q", path, resp.StatusCode, got)
		}
	}
	if resp := get(p, "GET", "/v2/customer/token"); resp.StatusCode != http.StatusTeapot {
		t.Errorf("the server's own path: %d", resp.StatusCode)
	}
	if names := p.built(); names != nil {
		t.Errorf("pages without a build: %q", names)
	}
}

func TestBrokenBuild(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(t *testing.T, dir string, m *dist.Manifest)
		says  string
	}{
		{"missing file", func(t *testing.T, dir string, m *dist.Manifest) {
			if err := os.Remove(filepath.Join(dir, m.Files["sdk.js"].File+".br")); err != nil {
				t.Fatal(err)
			}
		}, "is not whole, run make demo"},
		{"short file", func(t *testing.T, dir string, m *dist.Manifest) {
			if err := os.WriteFile(filepath.Join(dir, m.Files["sdk.js"].File), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}, "has 0 bytes, the manifest says 20"},
		{"name outside", func(t *testing.T, dir string, m *dist.Manifest) {
			f := m.Files["sdk.js"]
			f.File = "../x.js"
			m.Files["sdk.js"] = f
			if err := m.Write(dir); err != nil {
				t.Fatal(err)
			}
		}, `files.sdk.js.file: "../x.js" leaves the directory`},
		{"no manifest in it", func(t *testing.T, dir string, m *dist.Manifest) {
			if err := os.WriteFile(filepath.Join(dir, dist.ManifestName), []byte("{"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "unexpected end of JSON input"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := testBuild(t, small)
			m, err := dist.Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			test.spoil(t, dir, m)
			if _, err := newPages(dir, notFound, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q in it", err, test.says)
			}
		})
	}
}

func TestReports(t *testing.T) {
	p := testPages(t, testBuild(t, small))
	var logged bytes.Buffer
	p.log = slog.New(slog.NewTextHandler(&logged, nil))
	post := func(report string) int {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest("POST", reportPath, strings.NewReader(report)))
		return w.Code
	}
	if code := post(`{"csp-report":{"document-uri":"http://x/shop","effective-directive":"style-src-attr","blocked-uri":"inline"}}`); code != 204 {
		t.Errorf("a report: %d", code)
	}
	if got := logged.String(); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "directive=style-src-attr") {
		t.Errorf("logged %q", got)
	}
	if code := post("nonsense"); code != 400 {
		t.Errorf("nonsense: %d", code)
	}
	if code := post(`"` + strings.Repeat("x", maxReport) + `"`); code != 413 {
		t.Errorf("a large report: %d", code)
	}
	if got := body(t, get(p, "GET", reportPath)); got != `{"reports":3}` {
		t.Errorf("the number of reports: %s", got)
	}
}

// TestPagesDuringBuilds reads a build while others replace it, as webbuild does.
func TestPagesDuringBuilds(t *testing.T) {
	dir := testBuild(t, small)
	manifest, err := dist.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		old := manifest.Files["sdk.js"]
		for i := 0; ; i++ {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			f := dist.File{File: fmt.Sprintf("sdk.%d.js", i), Size: 1, SHA256: fmt.Sprint(i), Type: old.Type}
			next := &dist.Manifest{Files: maps.Clone(manifest.Files), Inputs: fmt.Sprint(i)}
			next.Files["sdk.js"] = f
			err := errors.Join(dist.WriteFile(filepath.Join(dir, f.File), []byte("x")), next.Write(dir))
			for name := range old.Stored() {
				err = errors.Join(err, os.Remove(filepath.Join(dir, name)))
			}
			if old = f; err != nil {
				stopped <- err
				return
			}
		}
	}()
	for range 300 {
		if _, err := newPages(dir, notFound, slog.New(slog.DiscardHandler)); err != nil {
			t.Error(err)
			break
		}
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// TestReportIsBounded has a report that is long, and that is of an address with a
// secret in it.
func TestReportIsBounded(t *testing.T) {
	var log bytes.Buffer
	p := &pages{log: slog.New(slog.NewTextHandler(&log, nil))}
	body := `{"csp-report":{"document-uri":"https://shop.example/a?token=secret","effective-directive":"img-src","script-sample":"` + strings.Repeat("é", 20000) + `"}}`
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, reportPath, strings.NewReader(body)))
	if text := log.String(); w.Code != 204 || strings.Contains(text, "secret") || !strings.Contains(text, "https://shop.example/a ") || !strings.Contains(text, "img-src") || len(text) > 1000 {
		t.Errorf("%d, the log is %.2000s", w.Code, text)
	}
}
