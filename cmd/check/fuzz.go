package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// fuzzSteps are a step for each fuzz test of the module, which runs it for so long. Its
// seeds alone are part of go test.
func fuzzSteps(c *checker, long time.Duration) ([]step, error) {
	out, err := c.query(nil, "go", "test", "-json", "-list", "^Fuzz", "./...")
	if err != nil {
		return nil, err
	}
	tests, err := fuzzTests(out)
	var all []step
	for _, test := range tests {
		all = append(all, step{test.name + " " + test.short(), func(c *checker) (string, error) {
			err := c.exec(".", nil, "go", "test", "-run", "^$", "-fuzz", "^"+test.name+"$", "-fuzztime", long.String(), test.pkg)
			return fuzzNote(c.output.String()), err
		}})
	}
	return all, err
}

type fuzzTest struct{ pkg, name string }

func (t fuzzTest) short() string {
	_, path, _ := strings.Cut(t.pkg, "/rtmwidget/rtmwidget/")
	return path
}

// fuzzTests reads what go test -json -list says.
func fuzzTests(events string) ([]fuzzTest, error) {
	var tests []fuzzTest
	for line := range strings.Lines(events) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return nil, fmt.Errorf("go test -list: %w in %q", err, line)
		}
		if name := strings.TrimSuffix(e.Output, "\n"); e.Action == "output" && strings.HasPrefix(name, "Fuzz") {
			tests = append(tests, fuzzTest{e.Package, name})
		}
	}
	if len(tests) == 0 {
		return nil, errors.New("there is no fuzz test")
	}
	return tests, nil
}

// fuzzNote is the last count that go test gave: how many inputs it tried, and how many
// of them led somewhere new.
func fuzzNote(output string) string {
	note := ""
	for line := range strings.Lines(output) {
		if _, count, ok := strings.Cut(line, "execs: "); ok {
			note = strings.TrimSpace(count)
		}
	}
	return note
}
