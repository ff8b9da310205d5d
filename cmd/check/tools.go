package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

const minNode = 20

// browsers are the names under which Chromium is looked for; $CHROMIUM goes before them.
var browsers = []string{"chromium", "chromium-browser", "google-chrome"}

const getChromium = "install Chromium or Google Chrome, or set $CHROMIUM to its path"

// tools looks for everything that the other steps call and sets $CHROMIUM for the tests.
func tools(c *checker) (string, error) {
	for name, why := range map[string]string{
		"git": "the list of tracked files", "npm": "the packages of web/ and the clients that rtmd is tested with", "gofmt": "the format of Go files; it comes with Go",
	} {
		if _, err := exec.LookPath(name); err != nil {
			return "", fmt.Errorf("%s is missing: install it for %s", name, why)
		}
	}
	if err := compiler(c); err != nil {
		return "", err
	}
	node, err := c.query(nil, "node", "--version")
	if err != nil {
		return "", fmt.Errorf("node is missing: install Node.js %d or newer", minNode)
	}
	if err := checkNode(node); err != nil {
		return "", err
	}
	browser, err := chromium(c)
	if err != nil {
		return "", err
	}
	if err := os.Setenv("CHROMIUM", browser); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, node %s, %s", runtime.Version(), node, browser), nil
}

// compiler finds the C compiler that go test -race links with.
func compiler(c *checker) error {
	cc, err := c.query(nil, "go", "env", "CC")
	if err != nil {
		return err
	}
	name, _, _ := strings.Cut(cc, " ")
	if _, err := exec.LookPath(name); err != nil {
		return fmt.Errorf("%s is missing: install a C compiler (on Debian: gcc and libc6-dev) for go test -race", name)
	}
	return nil
}

// checkNode reads what node --version prints.
func checkNode(version string) error {
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < minNode {
		return fmt.Errorf("node is %s: install Node.js %d or newer", version, minNode)
	}
	return nil
}

// chromium finds the browser, and installs it where that is one command.
func chromium(c *checker) (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		if _, err := exec.LookPath(path); err != nil {
			return "", fmt.Errorf("$CHROMIUM is %s, which can't be run: %w", path, err)
		}
		return path, nil
	}
	if path, ok := findBrowser(); ok {
		return path, nil
	}
	if _, err := os.Stat("/etc/debian_version"); err != nil || os.Geteuid() != 0 {
		return "", errors.New("chromium is missing: " + getChromium)
	}
	return installChromium(c)
}

func installChromium(c *checker) (string, error) {
	fmt.Fprintln(c.stdout, "      installing chromium")
	apt := []string{"DEBIAN_FRONTEND=noninteractive"}
	// One source out of reach fails the update; the package may come from another.
	update := c.exec(".", apt, "apt-get", "update", "-q")
	if err := c.exec(".", apt, "apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"); err != nil {
		if update != nil {
			err = fmt.Errorf("%w, after %w", err, update)
		}
		return "", fmt.Errorf("chromium is missing and could not be installed (%w): %s", err, getChromium)
	}
	if path, ok := findBrowser(); ok {
		return path, nil
	}
	return "", errors.New("chromium was installed but is not on the PATH: set $CHROMIUM to its path")
}

func findBrowser() (string, bool) {
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	return "", false
}
