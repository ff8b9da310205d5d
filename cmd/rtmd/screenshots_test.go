package main

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestScreenshots goes through every state that widget, console and pages can be seen in.
// make screenshots shoots each at 360 and 1440 px, light and dark, into .build/gallery.
func TestScreenshots(t *testing.T) {
	webbuild(t)
	ph := newPhotographer(t)
	b := started(t)
	ph.pages(t, b)
	ph.hang()
}

// pages shoots the demo pages.
func (ph *photographer) pages(t *testing.T, b context.Context) {
	d := demo{start(t, "-web", "../../web/dist")}
	p := open(t, b, "shop", d.url+"/shop", 1440, 900)
	p.waitFor(chat + "[part~=launcher]")
	ph.shoot(p, "shop")
	p.click("[data-add=fulmar]")
	p.waitText("#added", "Fulmar is in your basket")
	p.do(chromedp.Evaluate[chromedp.Void](`location.hash = '#/rokkaku'`))
	p.waitText("#view h1", "Rokkaku")
	ph.shoot(p, "shop-kite")
	p.click("#view .buy .button")
	p.waitText("#basket", "2")
	p.do(chromedp.Evaluate[chromedp.Void](`location.hash = '#/basket'`))
	p.waitText(".sums .total", "£160")
	ph.shoot(p, "shop-basket")
	d.quiet(t, p)
}
