package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// vulnVersion is not in go.mod: newer releases need a version of golang.org/x/telemetry
// that not every module proxy has.
const vulnVersion = "v1.7.0"

// govulncheck asks the vulnerability database, where it can be reached; where not, it
// says so. A vulnerability that the code calls is a failure.
func govulncheck(c *checker) (string, error) {
	db := os.Getenv("GOVULNDB")
	if db == "" {
		db = "https://vuln.go.dev"
	}
	if err := reachable(db); err != nil {
		return fmt.Sprintf("NOT CHECKED: the database %s can't be reached", db), nil
	}
	bin := filepath.Join(c.root, ".build", "govulncheck-"+vulnVersion)
	tool := filepath.Join(bin, "govulncheck")
	if _, err := os.Stat(tool); err != nil {
		if err := c.exec(".", []string{"GOBIN=" + bin}, "go", "install", "golang.org/x/vuln/cmd/govulncheck@"+vulnVersion); err != nil {
			return "", err
		}
	}
	return "", c.exec(".", nil, tool, "-db", db, "./...")
}

// reachable asks for the database's index; a file URL is tried as it is.
func reachable(db string) error {
	u, err := url.Parse(db)
	if err != nil {
		return err
	}
	if u.Scheme == "file" {
		_, err := os.Stat(filepath.Join(filepath.FromSlash(u.Path), "index", "db.json"))
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, db+"/index/db.json", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", resp.Status)
	}
	return nil
}
