package main

import (
	"errors"

	"github.com/rtmwidget/rtmwidget/cmd/internal/tinygo"
)

// release gets the compiler of the release core, which webbuild and the tests then find.
// Where it can't be had they go without that core, and this says so.
func release(c *checker) (string, error) {
	compiler, err := tinygo.Get(&c.output)
	if missing := new(tinygo.MissingError); errors.As(err, &missing) {
		return "RELEASE CORE NOT CHECKED: " + err.Error(), nil
	}
	if err != nil {
		return "", err
	}
	return compiler.Path, nil
}
