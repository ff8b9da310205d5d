package main

import (
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rtmwidget/rtmwidget/cmd/internal/dist"
)

// TestRunsAtOnce builds one tree several times at once, while a source changes:
// every run succeeds, and what is left is whole and of the last state.
func TestRunsAtOnce(t *testing.T) {
	root := copySite(t)
	for round := range 3 {
		edit(t, root, "web/sdk/src/index.ts", "export", fmt.Sprintf("console.log(%d)\nexport", round))
		errs := make(chan error, 4)
		var wg sync.WaitGroup
		for range cap(errs) {
			wg.Go(func() {
				errs <- run(&fixture, options{root: root, quality: fast, stdout: io.Discard})
			})
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		out := filepath.Join(root, "web/dist")
		m, err := dist.Read(out)
		if err != nil {
			t.Fatal(err)
		}
		for logical, f := range m.Files {
			checkStored(t, out, logical, f)
		}
		if n := len(stamps(t, out)); n != 3*len(m.Files)+1 {
			t.Errorf("%d files are left, the manifest names %d", n, len(m.Files))
		}
	}
}
