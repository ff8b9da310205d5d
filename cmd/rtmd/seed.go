package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// readSeed returns the seed that -seed names.
func readSeed(name string) (*rtmserver.Seed, error) {
	switch name {
	case "demo":
		return rtmserver.DefaultSeed(), nil
	case "empty":
		return &rtmserver.Seed{}, nil
	}
	return rtmserver.LoadSeedFile(name, time.Now())
}

const seedUsage = `usage: rtmd seed check FILE
       rtmd seed print
       rtmd seed schema
`

// seed looks over and prints what -seed takes. check prints a line for each
// problem, with its place, and fails when there are any.
func seed(args []string, stdout, stderr io.Writer) int {
	var command string
	if len(args) > 0 {
		command = args[0]
	}
	switch {
	case command == "check" && len(args) == 2:
		return checkSeed(args[1], stdout, stderr)
	case command == "print" && len(args) == 1:
		data, err := rtmserver.DefaultSeed().JSON()
		if err != nil {
			fmt.Fprintln(stderr, "rtmd:", err)
			return 1
		}
		stdout.Write(data)
		return 0
	case command == "schema" && len(args) == 1:
		stdout.Write(rtmserver.SeedSchema())
		return 0
	}
	fmt.Fprint(stderr, seedUsage)
	return 2
}

func checkSeed(file string, stdout, stderr io.Writer) int {
	if _, err := rtmserver.LoadSeedFile(file, time.Now()); err != nil {
		complain(stderr, err)
		return 1
	}
	fmt.Fprintf(stdout, "%s: fine\n", file)
	return 0
}

// complain prints an error. Those of a seed begin with the file and the line of
// each problem, as editors read them.
func complain(stderr io.Writer, err error) {
	if wrong, ok := errors.AsType[*rtmserver.SeedError](err); ok && wrong.File != "" {
		fmt.Fprintln(stderr, wrong)
		return
	}
	fmt.Fprintln(stderr, "rtmd:", err)
}
