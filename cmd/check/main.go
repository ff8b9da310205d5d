// Check is what make test runs: everything that must hold of the tree, in steps.
//
//	go run ./cmd/check            all steps
//	go run ./cmd/check -run tsc   the steps whose name contains "tsc"
//	go run ./cmd/check -list      their names
//	go run ./cmd/check -fuzz 60s  in place of them every fuzz test, each for so long
//
// Each step prints its time, and its output only when it fails or with -v; go test is
// shown as it runs. The first step that fails ends the run with exit code 1.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	verbose := flag.Bool("v", false, "show the output of steps that pass, too")
	only := flag.String("run", "", "run only steps whose name contains this `text`")
	list := flag.Bool("list", false, "print the names of the steps")
	fuzz := flag.Duration("fuzz", 0, "run each fuzz test for this `time` instead of the steps")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "check: unexpected argument %q\n", flag.Arg(0))
		os.Exit(2)
	}
	root, err := findRoot()
	if err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(1)
	}
	c := &checker{root: root, verbose: *verbose, stdout: os.Stdout}
	todo := steps
	if *fuzz > 0 {
		if todo, err = fuzzSteps(c, *fuzz); err != nil {
			os.Stderr.Write(c.output.Bytes())
			fmt.Fprintln(os.Stderr, "check:", err)
			os.Exit(1)
		}
	}
	if *list {
		for _, s := range todo {
			fmt.Println(s.name)
		}
		return
	}
	if !c.run(todo, *only) {
		os.Exit(1)
	}
}

// step is one thing that must hold. Its note, a sentence, is shown also when it passes.
type step struct {
	name string
	run  func(c *checker) (note string, err error)
}

// checker carries what steps share.
type checker struct {
	root    string
	verbose bool
	stdout  io.Writer
	output  bytes.Buffer // of the current step
	tests   tally
}

// run runs the steps whose name contains only, up to the first failure.
func (c *checker) run(steps []step, only string) bool {
	began := time.Now()
	n := 0
	for _, s := range steps {
		if !strings.Contains(s.name, only) {
			continue
		}
		n++
		c.output.Reset()
		start := time.Now()
		note, err := s.run(c)
		took := time.Since(start).Round(10 * time.Millisecond)
		if err != nil {
			c.stdout.Write(c.output.Bytes())
			c.listSkipped()
			fmt.Fprintf(c.stdout, "FAIL  %-28s %8s  %v\n", s.name, took, err)
			return false
		}
		if c.verbose {
			c.stdout.Write(c.output.Bytes())
		}
		if note != "" {
			note = "  " + note
		}
		fmt.Fprintf(c.stdout, "ok    %-28s %8s%s\n", s.name, took, note)
	}
	if n == 0 {
		fmt.Fprintf(c.stdout, "FAIL  no step is named like %q\n", only)
		return false
	}
	if n == 1 && c.tests.passed == 0 {
		return true // that line says it all
	}
	c.listSkipped()
	fmt.Fprintf(c.stdout, "PASS  %d steps, %d tests, %d skipped, %s\n", n, c.tests.passed, len(c.tests.skipped), time.Since(began).Round(time.Second))
	return true
}

// listSkipped names every test that was skipped: none goes in silence.
func (c *checker) listSkipped() {
	for _, name := range c.tests.skipped {
		fmt.Fprintf(c.stdout, "skipped: %s\n", name)
	}
}

// exec runs a command in dir, relative to the root, with more environment; its output
// belongs to the step.
func (c *checker) exec(dir string, env []string, name string, args ...string) error {
	cmd := c.command(dir, env, name, args...)
	cmd.Stdout, cmd.Stderr = &c.output, &c.output
	return explain(cmd, cmd.Run())
}

// query is exec for a command whose standard output is wanted.
func (c *checker) query(env []string, name string, args ...string) (string, error) {
	cmd := c.command(".", env, name, args...)
	cmd.Stderr = &c.output
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), explain(cmd, err)
}

func (c *checker) command(dir string, env []string, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = filepath.Join(c.root, dir)
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

func explain(cmd *exec.Cmd, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", strings.Join(append([]string{filepath.Base(cmd.Path)}, cmd.Args[1:]...), " "), err)
}

func findRoot() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod here or above: run it inside the repository")
		}
	}
	return "", err
}
