package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// tally counts tests: of Go the top-level ones.
type tally struct {
	passed, failed int
	skipped        []string
}

// goTest runs go test and shows, while it runs, the line of each package and all that a
// failing test printed.
func (c *checker) goTest(env []string, args ...string) error {
	cmd := c.command(".", env, "go", append([]string{"test", "-json"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = cmd.Stdout // what is no event is shown as it is
	if err := cmd.Start(); err != nil {
		return err
	}
	t, rerr := show(c.stdout, stdout, c.verbose)
	err = cmd.Wait()
	c.tests.passed += t.passed
	c.tests.failed += t.failed
	c.tests.skipped = append(c.tests.skipped, t.skipped...)
	switch {
	case err != nil && t.failed > 0:
		return fmt.Errorf("%d Go tests failed", t.failed)
	case err != nil:
		return explain(cmd, err)
	case rerr != nil:
		return rerr
	case t.passed == 0:
		return errors.New("no Go test ran")
	}
	return nil
}

// event is a line of go test -json, or of the build before it.
type event struct {
	Action, Package, Test, Output string
}

// show turns the events in r into text for people.
func show(w io.Writer, r io.Reader, verbose bool) (tally, error) {
	var t tally
	held := map[string]*strings.Builder{} // output of each running test
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				w.Write(line) // not an event: what go says of itself
			} else {
				t.add(w, e, held, verbose)
			}
		}
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return t, err
		}
	}
}

func (t *tally) add(w io.Writer, e event, held map[string]*strings.Builder, verbose bool) {
	key := e.Package + " " + e.Test
	top := e.Test != "" && !strings.Contains(e.Test, "/")
	switch e.Action {
	case "build-output":
		io.WriteString(w, e.Output)
	case "output":
		switch {
		case verbose:
			io.WriteString(w, e.Output)
		case e.Test != "":
			if held[key] == nil {
				held[key] = new(strings.Builder)
			}
			held[key].WriteString(e.Output)
		case e.Output != "PASS\n":
			io.WriteString(w, e.Output)
		}
	case "pass":
		delete(held, key)
		if top {
			t.passed++
		}
	case "skip":
		if e.Test != "" {
			t.skipped = append(t.skipped, key)
		}
		delete(held, key)
	case "fail":
		if e.Test == "" {
			// A package that died has tests without an end: what they printed says why.
			for other, text := range held {
				if strings.HasPrefix(other, e.Package+" ") {
					io.WriteString(w, text.String())
					delete(held, other)
				}
			}
			return
		}
		if text := held[key]; text != nil {
			io.WriteString(w, text.String())
			delete(held, key)
		}
		if top {
			t.failed++
		}
	}
}
