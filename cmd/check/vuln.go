package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// vulnTool is not in go.mod: the newest release does not install everywhere, because of
// a dependency that not every module proxy has. This one does.
const vulnTool = "golang.org/x/vuln/cmd/govulncheck@v1.1.4"

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
	tool, err := exec.LookPath("govulncheck")
	if err != nil {
		bin := filepath.Join(c.root, ".build", "bin")
		tool = filepath.Join(bin, "govulncheck")
		if _, err := os.Stat(tool); err != nil {
			if err := c.exec(".", []string{"GOBIN=" + bin}, "go", "install", vulnTool); err != nil {
				return "", err
			}
		}
	}
	return "", c.exec(".", nil, tool, "./...")
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
