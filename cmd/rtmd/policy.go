package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// workerName is the logical name of the script that runs the core; it is served with a
// policy of its own, which governs the Worker.
const workerName = "worker.js"

// reportPath takes the reports of violated policies. GET answers with their number.
const reportPath = "/_rtmd/csp"

// embedName is the page that the snippet puts into a frame of other sites' pages.
const embedName = "embed"

// pagePolicy lets a page run its own scripts and nothing else. WebAssembly stays refused
// here: the core runs in a Worker under workerPolicy.
//
// Trusted Types: "rtmwidget" makes the Worker's URL, "lit-html" is lit's own. Duplicates
// are allowed because a page may import widget.js and console.js, each with its own copy.
var pagePolicy = policy(pageDirectives("'self'")...)

// pageDirectives are those of a page that ancestors may hold in a frame.
func pageDirectives(ancestors string) []string {
	return []string{
		"default-src 'self'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data:",
		"connect-src 'self'",
		"worker-src 'self'",
		"frame-src 'self'",
		"object-src 'none'",
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors " + ancestors,
		"require-trusted-types-for 'script'",
		"trusted-types rtmwidget lit-html 'allow-duplicates'",
	}
}

// workerPolicy lets the Worker compile WebAssembly, fetch it, and open the socket: in
// connect-src 'self' covers ws and wss of the same host.
var workerPolicy = policy(
	"default-src 'none'",
	"script-src 'self' 'wasm-unsafe-eval'",
	"connect-src 'self'",
)

func policy(directives ...string) string {
	return strings.Join(append(directives, "report-uri "+reportPath), "; ")
}

// fileHeader is what everything is served with that is not a page or the Worker. Any
// site may import these files; there is nothing of a user in them.
func fileHeader() http.Header {
	return http.Header{
		"Access-Control-Allow-Origin":  {"*"},
		"Cross-Origin-Resource-Policy": {"cross-origin"},
		"Cache-Control":                {"no-cache"},
		"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
		"X-Content-Type-Options":       {"nosniff"},
		"Referrer-Policy":              {"same-origin"},
	}
}

func workerHeader() http.Header {
	header := fileHeader()
	header.Set("Content-Security-Policy", workerPolicy)
	return header
}

func pageHeader() http.Header {
	header := fileHeader()
	header.Del("Access-Control-Allow-Origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Content-Security-Policy", pagePolicy)
	header.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	return header
}

// embedHeader is that of the page for frames: sites that may connect may hold it.
func embedHeader(origins []string) http.Header {
	header := pageHeader()
	ancestors := "*"
	if len(origins) > 0 {
		ancestors = "'self' " + strings.Join(origins, " ")
	}
	header.Set("Content-Security-Policy", policy(pageDirectives(ancestors)...))
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	header.Del("Cross-Origin-Opener-Policy")
	return header
}

// What bounds a report: its bytes, the time that they take, and the bytes of each of
// its texts that are logged.
const (
	maxReport   = 64 << 10
	reportTime  = 10 * time.Second
	maxReported = 200
)

// reported is a text of a report as it is logged. What is behind a ? in an address may
// be secret.
func reported(text string) string {
	text, _, _ = strings.Cut(text, "?")
	if len(text) > maxReported {
		text = strings.ToValidUTF8(text[:maxReported], "") + "…"
	}
	return text
}

// report counts and logs what a browser refused under one of the policies above.
func (p *pages) report(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprintf(w, `{"reports":%d}`, p.reports.Load())
	case http.MethodPost:
		p.reports.Add(1)
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(reportTime)) // one without deadlines is a test's
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReport))
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			http.Error(w, "a report has at most 65536 bytes", http.StatusRequestEntityTooLarge)
			return
		}
		var report struct {
			Report struct {
				Document  string `json:"document-uri"`
				Directive string `json:"effective-directive"`
				Blocked   string `json:"blocked-uri"`
				Source    string `json:"source-file"`
				Line      int    `json:"line-number"`
				Sample    string `json:"script-sample"`
			} `json:"csp-report"`
		}
		if err != nil || json.Unmarshal(body, &report) != nil {
			p.log.Warn("csp report that is not JSON", "bytes", len(body))
			http.Error(w, "the body must be a CSP report in JSON", http.StatusBadRequest)
			return
		}
		c := report.Report
		p.log.Warn("csp violation", "document", reported(c.Document), "directive", reported(c.Directive),
			"blocked", reported(c.Blocked), "source", reported(c.Source), "line", c.Line, "sample", reported(c.Sample))
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, r.Method+" is not possible here: POST a report or GET their number", http.StatusMethodNotAllowed)
	}
}
