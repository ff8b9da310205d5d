package main

import (
	"context"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// gallery is where make screenshots puts its pictures, with a page that shows all.
const gallery = "../../.build/gallery"

// A look is how a page is looked at.
type look struct {
	width, height int64
	scheme        string
}

func (l look) String() string { return fmt.Sprintf("%d-%s", l.width, l.scheme) }

// A photographer shoots states of pages in each of its looks.
type photographer struct {
	t     *testing.T
	looks []look
	shots []string // names of the states, in order
}

// newPhotographer has all looks with RTM_SCREENSHOTS, else one: a test run shows that
// every state can be reached.
func newPhotographer(t *testing.T) *photographer {
	t.Helper()
	ph := &photographer{t: t, looks: []look{{1440, 900, "light"}}}
	if os.Getenv("RTM_SCREENSHOTS") != "" {
		ph.looks = []look{{1440, 900, "light"}, {1440, 900, "dark"}, {360, 740, "light"}, {360, 740, "dark"}}
	}
	if err := os.RemoveAll(gallery); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(gallery, 0o755); err != nil {
		t.Fatal(err)
	}
	return ph
}

// shoot takes a state in all looks and inspects it; again brings it about once more
// before each, when it does not last.
func (ph *photographer) shoot(p *page, name string, again ...func()) {
	ph.t.Helper()
	for _, l := range ph.looks {
		p.look(l)
		for _, f := range again {
			f()
		}
		p.settle()
		png := ask(p, chromedp.CaptureScreenshot())
		if err := os.WriteFile(filepath.Join(gallery, name+"-"+l.String()+".png"), png, 0o644); err != nil {
			ph.t.Fatal(err)
		}
	}
	p.inspect(name, again...)
	p.turn("ltr")
	p.look(ph.looks[0])
	ph.shots = append(ph.shots, name)
}

// look changes what the page is looked at with.
func (p *page) look(l look) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(l.width, l.height), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	}))
}

// hang writes the page that shows all pictures.
func (ph *photographer) hang() {
	ph.t.Helper()
	var b strings.Builder
	b.WriteString(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Every state</title>
<style>
body { margin: 24px; background: #e4e8ec; color: #14212c; font: 15px/1.45 system-ui, sans-serif }
section { margin-block-end: 32px }
h2 { margin: 0 0 8px; font-size: 18px }
div { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 16px }
figure { margin: 0 } figcaption { color: #50606e; font-size: 13px }
img { display: block; height: 370px; border: 1px solid #c3ccd4; background: #fff }
</style></head>
<body><h1>Every state</h1>
`)
	for _, name := range ph.shots {
		title := html.EscapeString(strings.ReplaceAll(name, "-", " "))
		fmt.Fprintf(&b, "<section id=%q><h2>%s</h2><div>\n", name, title)
		for _, l := range ph.looks {
			file := name + "-" + l.String() + ".png"
			fmt.Fprintf(&b, "<figure><a href=%q><img src=%q loading=\"lazy\" alt=%q></a><figcaption>%d px, %s</figcaption></figure>\n", file, file, title+", "+l.String(), l.width, l.scheme)
		}
		b.WriteString("</div></section>\n")
	}
	b.WriteString("</body>\n</html>\n")
	if err := os.WriteFile(filepath.Join(gallery, "index.html"), []byte(b.String()), 0o644); err != nil {
		ph.t.Fatal(err)
	}
}
