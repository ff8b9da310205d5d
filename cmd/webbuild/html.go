package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/html"
)

// page stores an HTML file with every reference to a source file or a logical name
// replaced by the URL of the stored file.
func (b *build) page(p page) error {
	src, err := os.ReadFile(filepath.Join(b.root, filepath.FromSlash(p.source)))
	if err != nil {
		return fmt.Errorf("%s: no such file; it is the source of %s", p.source, p.logical)
	}
	out, err := b.rewrite(p.source, src)
	if err != nil {
		return err
	}
	if out, err = minifyFile(p.source, out); err != nil {
		return err
	}
	_, err = b.store(p.logical, out)
	return err
}

// rewrite copies src token by token and changes only the references. It refuses what the
// pages' Content-Security-Policy would refuse later, where nobody looks.
func (b *build) rewrite(source string, src []byte) ([]byte, error) {
	var out bytes.Buffer
	in := parse.NewInputBytes(slices.Clone(src)) // the lexer lower-cases in place
	defer in.Restore()
	lexer := html.NewLexer(in)
	var tag string
	var scriptLine int // of a script that has no src so far
	for at := 0; ; {
		kind, _ := lexer.Next()
		raw := src[at:in.Offset()]
		line := lineAt(src, at)
		fail := func(format string, args ...any) ([]byte, error) {
			return nil, fmt.Errorf("%s:%d: %s", source, line, fmt.Sprintf(format, args...))
		}
		switch kind {
		case html.ErrorToken:
			if !errors.Is(lexer.Err(), io.EOF) {
				return fail("%v", lexer.Err())
			}
			return out.Bytes(), nil
		case html.StartTagToken:
			tag = string(lexer.Text())
			scriptLine = 0
			switch tag {
			case "style":
				return fail("inline style: the page's policy refuses it; link a CSS file")
			case "script":
				scriptLine = line
			}
		case html.AttributeToken:
			key, val := string(lexer.AttrKey()), lexer.AttrVal()
			if key == "style" || strings.HasPrefix(key, "on") {
				return fail("attribute %s: the page's policy refuses it", key)
			}
			if !refers(tag, key) {
				break
			}
			scriptLine = 0
			ref := strings.Trim(string(val), `"'`)
			url, err := b.reference(source, ref)
			if errors.Is(err, errReference) {
				return fail("%s %s=%q: %v", tag, key, ref, err)
			}
			if err != nil {
				return nil, err // it names the file that it is in
			}
			raw = slices.Concat(bytes.TrimSuffix(raw, val), []byte(`"`+url+`"`))
		case html.StartTagCloseToken, html.StartTagVoidToken:
			if scriptLine != 0 {
				return fail("inline script: the page's policy refuses it; give it a src")
			}
		}
		out.Write(raw)
		at = in.Offset()
	}
}

// refers reports whether the attribute names a file that the page loads. A plain link
// (<a href>) is the author's business.
func refers(tag, key string) bool {
	switch key {
	case "src":
		return true
	case "href":
		return tag == "link" || tag == "image" || tag == "use"
	case "poster":
		return tag == "video"
	}
	return false
}

var errReference = errors.New("no such file beside the page, and no such logical name")

// reference finds what ref in the page source means: a file beside the page (a .js may be
// a .ts there), then a logical name, then another page.
func (b *build) reference(source, ref string) (string, error) {
	if ref == "" || ref[0] == '#' || strings.Contains(ref, ":") || strings.HasPrefix(ref, "//") {
		return ref, nil
	}
	name := path.Clean(strings.TrimPrefix(ref, "/"))
	beside := path.Join(path.Dir(source), name)
	for _, candidate := range []string{beside, strings.TrimSuffix(beside, ".js") + ".ts"} {
		if !strings.HasPrefix(candidate, "web/") || !exists(b.root, candidate) {
			continue
		}
		switch path.Ext(candidate) {
		case ".ts", ".js", ".css":
			logical := strings.TrimPrefix(candidate, "web/")
			if stem, ok := strings.CutSuffix(logical, ".ts"); ok {
				logical = stem + ".js"
			}
			f, err := b.bundle(logical, candidate)
			return f.URL(), err
		case ".html":
			// falls through to the pages
		default:
			f, err := b.asset(candidate)
			return f.URL(), err
		}
	}
	if f, ok := b.file(name); ok {
		return f.URL(), nil
	}
	for _, p := range b.site.pages {
		if name == p.logical || name+".html" == p.logical {
			return ref, nil
		}
	}
	return "", errReference
}
