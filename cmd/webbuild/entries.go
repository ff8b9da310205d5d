package main

// site is what a build makes. All paths are relative to the root of the repository.
type site struct {
	wasm    string   // directory of the Go program that becomes rtm.wasm
	target  string   // how TinyGo compiles the same program to rtm-release.wasm, "" for not at all
	bundles []bundle // in order: a bundle knows the URLs of those before it
	classic []string // logical names of bundles that are scripts, not modules
	pages   []page
	budgets map[string]int // logical name -> most bytes as brotli
	inputs  []string       // files and directories that decide the result
}

// bundle is one JavaScript file, bundled from a TypeScript entry point.
// It is a module unless its name is in [site.classic].
type bundle struct{ logical, source string }

// page is one HTML file. Scripts, styles and images are found by its references.
type page struct{ logical, source string }

const (
	wasmName     = "rtm.wasm"
	releaseName  = "rtm-release.wasm" // the same core by TinyGo, where there is one
	workerName   = "worker.js"
	sdkName      = "sdk.js"
	panelName    = "panel.js" // what widget.js imports when the chat is wanted
	frameName    = "widget/frame.js"
	standardName = "standard.js" // what the worker needs beside rtm.wasm, and not beside rtm-release.wasm
)

// kb is what a KB of a size budget is.
const kb = 1024

var rtmwidget = site{
	wasm:   "wasm",
	target: "wasm/release.json",
	bundles: []bundle{
		{standardName, "web/sdk/src/standard.ts"},
		{workerName, "web/sdk/src/worker.ts"},
		{sdkName, "web/sdk/src/index.ts"},
		{"strings/ar.js", "web/widget/strings/ar.ts"},
		{"strings/de.js", "web/widget/strings/de.ts"},
		{"strings/es.js", "web/widget/strings/es.ts"},
		{"strings/fr.js", "web/widget/strings/fr.ts"},
		{"strings/ja.js", "web/widget/strings/ja.ts"},
		{"strings/pl.js", "web/widget/strings/pl.ts"},
		{panelName, "web/widget/define-panel.ts"},
		{"widget.js", "web/widget/define.ts"},
		{"embed.js", "web/widget/embed.ts"},
		{"console.js", "web/console/define.ts"},
	},
	classic: []string{"embed.js"},
	pages: []page{
		{"shop.html", "web/demo/shop.html"},
		{"console.html", "web/demo/console.html"},
		{"both.html", "web/demo/both.html"},
		{"playground.html", "web/demo/playground.html"},
		{"embed.html", "web/widget/embed.html"},
		{"protocol.html", "web/demo/protocol.html"},
	},
	budgets: map[string]int{
		wasmName:     950 * kb,
		releaseName:  96 * kb,
		workerName:   8 * kb,
		sdkName:      8 * kb,
		"widget.js":  6*kb + 500,  // the launcher, in seven languages
		panelName:    38*kb + 500, // with the launcher 45 KB, beside the core and its SDK
		"embed.js":   3 * kb,
		frameName:    8 * kb, // with embed.js all that a page of another origin loads first
		"console.js": 40 * kb,
	},
	inputs: []string{"web", "wasm", "rtm/session", "rtm/model", "rtm/internal", "cmd/webbuild", "cmd/internal", "go.mod", "go.sum"},
}
