package main

import (
	"bytes"
	"compress/gzip"
	"runtime"
	"sync"

	"github.com/andybalholm/brotli"
)

// compressible reports whether content of that type gets a .br and a .gz beside it.
// Pictures and fonts are compressed already.
func compressible(ext string) bool {
	switch ext {
	case ".png", ".jpg", ".webp", ".avif", ".gif", ".woff2":
		return false
	}
	return true
}

// brotliBytes compresses at the given level; 0 means the best.
func brotliBytes(b []byte, quality int) ([]byte, error) {
	if quality == 0 {
		quality = brotli.BestCompression
	}
	var out bytes.Buffer
	// 24 is the largest window that browsers accept.
	w := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: quality, LGWin: 24})
	_, err := w.Write(b)
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	return out.Bytes(), err
}

func gzipBytes(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(b)
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	return out.Bytes(), err
}

// pool collects jobs and runs them on all processors. Nothing is compressed before the
// whole site is known to build: brotli of the wasm takes seconds, a mistake in a source
// file should show at once.
type pool struct{ jobs []func() error }

func (p *pool) add(job func() error) { p.jobs = append(p.jobs, job) }

// run starts the jobs in the order in which they were added; the first error wins.
func (p *pool) run() error {
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
		next  = make(chan func() error)
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for job := range next {
				if err := job(); err != nil {
					once.Do(func() { first = err })
				}
			}
		})
	}
	for _, job := range p.jobs {
		next <- job
	}
	close(next)
	wg.Wait()
	return first
}
