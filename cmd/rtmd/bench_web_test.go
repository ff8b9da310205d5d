package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/systeminfo"
	"github.com/chromedp/chromedp"

	"github.com/rtmwidget/rtmwidget/cmd/internal/dist"
	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
)

// kinds are the pages of the benchmark, side by side.
var kinds = []string{"release", "standard", "bare"}

// sample is what one run of one kind of page was like.
type sample struct {
	cold, warm float64   // milliseconds from the page's script to logged in
	trips      []float64 // milliseconds of each send_event
	push       float64   // microseconds of the page's processes for each push
	tasks      []float64 // milliseconds of each task of the main thread over 50
	heap       float64   // bytes of JavaScript, in Workers, too; the memory of the wasm is not told
}

// TestBenchWeb measures the SDK with each core beside a page without a library, all
// against rtmd. make bench-web makes 9 runs and prints their medians; a test run makes
// one short one, so that it keeps working, and says nothing of time.
func TestBenchWeb(t *testing.T) {
	runs, trips, burst := 1, 5, 50
	if text := os.Getenv("RTM_BENCH_WEB"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("RTM_BENCH_WEB=%s; it must be a number of runs", text)
		}
		runs, trips, burst = n, 200, 5000
	}
	startDemo(t).stop(t, os.Interrupt) // which builds the pages
	build := exec.CommandContext(t.Context(), "go", "run", "./cmd/webbuild", "-package")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "exit status 3") {
			t.Skipf("there is no TinyGo here, and the package has the release core: %s", out)
		}
		t.Fatalf("webbuild -package: %v\n%s", err, out)
	}
	pages := serveBench(t)
	samples := map[string][]sample{}
	for range runs {
		for _, kind := range kinds {
			t.Run(kind, func(t *testing.T) {
				samples[kind] = append(samples[kind], measure(t, pages+"/?kind="+kind, trips, burst))
			})
		}
	}
	if t.Failed() {
		return
	}
	if report := benchReport(samples); runs > 1 {
		fmt.Print(report)
	} else {
		t.Log("\n" + report)
	}
}

// measure opens a page in a browser and for an rtmd of its own: twice, for its start; then it writes, and
// is written to in a burst.
func measure(t *testing.T, url string, trips, burst int) (s sample) {
	demo := start(t, "-web", t.TempDir())
	desk, err := agent.Dial(t.Context(), &agent.Options{Server: demo.url})
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	if _, err := desk.Login(t.Context(), agent.Token("dal:agent1")); err != nil {
		t.Fatal(err)
	}
	if err := desk.SetRoutingStatus(t.Context(), &agent.SetRoutingStatusRequest{Status: agent.RoutingStatusAcceptingChats}); err != nil {
		t.Fatal(err)
	}
	// Else memory is told after the next collection, half a minute later.
	b := started(t, chromedp.Flag("enable-blink-features", "ForceEagerMeasureMemory"))
	page := open(t, b, "bench", url+"&server="+demo.url, 800, 600)
	loggedIn := func() float64 {
		page.wait("bench", "globalThis.bench")
		return ask(page, chromedp.Evaluate[float64]("bench.loggedIn"))
	}
	s.cold = loggedIn()
	page.do(chromedp.Reload())
	s.warm = loggedIn()
	id := ask(page, chromedp.Evaluate[string]("bench.chat()", chromedp.EvalAwaitPromise))
	s.trips = ask(page, chromedp.Evaluate[[]float64](fmt.Sprintf("bench.trips(%d)", trips), chromedp.EvalAwaitPromise))
	if len(s.trips) != trips {
		t.Fatalf("%d round trips, want %d", len(s.trips), trips)
	}
	before := rendererTime(t, b)
	var senders sync.WaitGroup
	for i := range 8 {
		senders.Go(func() {
			for n := i; n < burst; n += 8 {
				if _, err := desk.SendEvent(t.Context(), agent.Send(rtm.ChatID(id), agent.Message("push "+strconv.Itoa(n)))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	senders.Wait()
	if got := ask(page, chromedp.Evaluate[int](fmt.Sprintf("bench.pushed(%d)", burst), chromedp.EvalAwaitPromise)); got != burst {
		t.Errorf("%d pushes, want %d", got, burst)
	}
	s.push = (rendererTime(t, b) - before) * 1e6 / float64(burst)
	end := ask(page, chromedp.Evaluate[struct {
		Tasks []float64
		Bytes float64
	}]("bench.end()", chromedp.EvalAwaitPromise))
	s.tasks, s.heap = end.Tasks, end.Bytes
	if s.cold <= 0 || s.warm <= 0 || s.heap <= 0 {
		t.Errorf("measured %+v", s)
	}
	return s
}

// rendererTime is how long, in seconds, the processors were busy with the pages of a
// browser, all threads of theirs included.
func rendererTime(t *testing.T, ctx context.Context) (sum float64) {
	t.Helper()
	info, err := cdp.Call(ctx, chromedp.FromContext(ctx).Browser, systeminfo.GetProcessInfo, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range info.ProcessInfo {
		if p.Type == "renderer" {
			sum += p.CPUTime
		}
	}
	return sum
}

// serveBench serves the page and both builds of the SDK, all of which a browser may keep.
func serveBench(t *testing.T) string {
	t.Helper()
	const web = "../../web/dist"
	manifest, err := dist.Read(web)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="module" src="/bench.mjs"></script>`)
	})
	mux.Handle("/bench.mjs", http.FileServer(http.Dir("testdata/bench")))
	mux.Handle("/release/", http.StripPrefix("/release/", http.FileServer(http.Dir("../../.build/package/dist"))))
	mux.Handle(dist.AssetPath, http.StripPrefix(dist.AssetPath, http.FileServer(http.Dir(web))))
	mux.HandleFunc("/standard/sdk.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(web, manifest.Files["sdk.js"].File))
	})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Memory is told to isolated pages alone.
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		w.Header().Set("Cache-Control", "max-age=3600")
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// benchReport is the table of medians.
func benchReport(samples map[string][]sample) string {
	rows := []struct {
		name, unit string
		of         func(sample) float64
	}{
		{"script to logged in, cold", "ms", func(s sample) float64 { return s.cold }},
		{"script to logged in, warm", "ms", func(s sample) float64 { return s.warm }},
		{"send_event, p50", "ms", func(s sample) float64 { return percentile(s.trips, 50) }},
		{"send_event, p99", "ms", func(s sample) float64 { return percentile(s.trips, 99) }},
		{"processor time per push", "us", func(s sample) float64 { return s.push }},
		{"main-thread tasks over 50 ms", "", func(s sample) float64 { return float64(len(s.tasks)) }},
		{"longest of them", "ms", func(s sample) float64 { return slices.Max(append(s.tasks, 0)) }},
		{"JavaScript heap, Workers included", "MB", func(s sample) float64 { return s.heap / 1e6 }},
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%-34s", fmt.Sprintf("median of %d", len(samples["bare"])))
	for _, kind := range kinds {
		fmt.Fprintf(&out, "%10s", kind)
	}
	out.WriteString("  release/bare\n")
	for _, row := range rows {
		medians := map[string]float64{}
		for kind, all := range maps.All(samples) {
			values := make([]float64, 0, len(all))
			for _, s := range all {
				values = append(values, row.of(s))
			}
			medians[kind] = percentile(values, 50)
		}
		fmt.Fprintf(&out, "%-34s", strings.TrimSuffix(row.name+", "+row.unit, ", "))
		for _, kind := range kinds {
			fmt.Fprintf(&out, "%10.2f", medians[kind])
		}
		if medians["bare"] > 0 {
			fmt.Fprintf(&out, "%12.2fx", medians["release"]/medians["bare"])
		}
		out.WriteString("\n")
	}
	return out.String()
}

// percentile is the nearest-rank percentile of values, which stay as they are.
func percentile(values []float64, p int) float64 {
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare)
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// TestBenchReport holds the arithmetic of the table.
func TestBenchReport(t *testing.T) {
	all := []sample{}
	for i := range 9 {
		all = append(all, sample{cold: float64(10 * (9 - i)), trips: []float64{1, 2, 3, 4}, tasks: make([]float64, i%2), heap: 2e6})
	}
	got := benchReport(map[string][]sample{"release": all, "standard": all, "bare": all})
	for _, want := range []string{"median of 9", "cold, ms          50.00     50.00     50.00        1.00x", "p50, ms                     2.00", "p99, ms                     4.00", "included, MB      2.00      2.00"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}
