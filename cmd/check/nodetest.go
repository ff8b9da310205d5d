package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// nodeTests runs the TypeScript tests. The reporter is named because Node's default
// depends on its version.
func nodeTests(c *checker) (string, error) {
	if err := c.exec("web", []string{"NODE_OPTIONS=--test-reporter=tap"}, "npm", "test"); err != nil {
		return "", err
	}
	t, err := nodeTally(c.output.String())
	c.tests.passed += t.passed
	c.tests.skipped = append(c.tests.skipped, t.skipped...)
	return fmt.Sprintf("%d tests", t.passed), err
}

var (
	tapTotal = regexp.MustCompile(`(?m)^# (pass|skipped|todo) (\d+)$`)
	tapLeft  = regexp.MustCompile(`(?m)^ *(?:not )?ok \d+ - (.*?) # (SKIP|TODO) *(.*)$`)
)

// nodeTally counts the tests of a TAP report and names those that did not have to pass.
func nodeTally(tap string) (tally, error) {
	var t tally
	left := 0
	for _, m := range tapTotal.FindAllStringSubmatch(tap, -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return t, err
		}
		if m[1] == "pass" {
			t.passed += n
		} else {
			left += n
		}
	}
	for _, m := range tapLeft.FindAllStringSubmatch(tap, -1) {
		why := strings.TrimSpace(m[3])
		if m[2] == "TODO" {
			why = strings.TrimSuffix("to do: "+why, ": ")
		}
		if why != "" {
			why = " (" + why + ")"
		}
		t.skipped = append(t.skipped, "node "+m[1]+why)
	}
	switch {
	case t.passed == 0:
		return t, errors.New("no TypeScript test ran")
	case left > len(t.skipped):
		return t, fmt.Errorf("%d TypeScript tests were skipped, %d of them have a name", left, len(t.skipped))
	}
	return t, nil
}
