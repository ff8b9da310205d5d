package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/html"
	minjs "github.com/tdewolff/minify/v2/js"
	minjson "github.com/tdewolff/minify/v2/json"
	"github.com/tdewolff/minify/v2/svg"
	"github.com/tdewolff/parse/v2"
)

// minifiers is keyed by file extension, so that a file's name decides.
var minifiers = func() *minify.M {
	m := minify.New()
	m.Add(".js", &minjs.Minifier{Version: 2022})
	m.Add(".css", &css.Minifier{})
	// Browsers fill in the tags that the specification makes optional, but a reader of
	// the page's source should find them.
	m.Add(".html", &html.Minifier{KeepDocumentTags: true, KeepEndTags: true})
	m.Add(".svg", &svg.Minifier{})
	m.Add(".json", &minjson.Minifier{})
	return m
}()

// minifyFile returns the smallest form of a file, or the file itself when nothing is
// gained or there is no minifier for its kind.
func minifyFile(name string, src []byte) ([]byte, error) {
	ext := path.Ext(name)
	if _, _, known := minifiers.Match(ext); known == nil {
		return src, nil
	}
	if ext == ".json" {
		if err := validJSON(name, src); err != nil {
			return nil, err
		}
	}
	out, err := minifiers.Bytes(ext, src)
	if err != nil {
		return nil, minifyError(name, err)
	}
	if len(out) >= len(src) {
		return src, nil
	}
	if ext == ".js" {
		// The minifier rewrites expressions; what it wrote must at least parse again.
		check := api.Transform(string(out), api.TransformOptions{Loader: api.LoaderJS, Target: api.ES2022, LogLevel: api.LogLevelSilent})
		if len(check.Errors) > 0 {
			return nil, fmt.Errorf("%s: the minifier broke it: %s", name, check.Errors[0].Text)
		}
	}
	return out, nil
}

func minifyError(name string, err error) error {
	if at, ok := errors.AsType[*parse.Error](err); ok {
		return fmt.Errorf("%s:%d:%d: %s", name, at.Line, at.Column, at.Message)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// validJSON is stricter than the minifier, which passes much that is not JSON.
func validJSON(name string, src []byte) error {
	var v any
	err := json.Unmarshal(src, &v)
	if at, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("%s:%d: %w", name, lineAt(src, int(at.Offset)), err)
	}
	return err
}

// lineAt is the number of the line that holds src[offset].
func lineAt(src []byte, offset int) int {
	return 1 + bytes.Count(src[:min(offset, len(src))], []byte("\n"))
}
