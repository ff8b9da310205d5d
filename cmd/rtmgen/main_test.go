package main

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

var rewrite = flag.Bool("write", false, "write testdata/small anew")

func small(t *testing.T) *catalogue.API {
	t.Helper()
	data, err := os.ReadFile("testdata/small.json")
	if err != nil {
		t.Fatal(err)
	}
	api, err := catalogue.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// TestFresh fails when what is committed is not what the catalogue gives.
func TestFresh(t *testing.T) {
	files, err := generate(catalogue.Customer(), catalogue.Agent())
	if err != nil {
		t.Fatal(err)
	}
	if err := compare("../..", files); err != nil {
		t.Error(err)
	}
}

// TestSmall compares the output for a catalogue of a few lines, in which each
// kind of type, mark and payload is there once, with testdata/small.
func TestSmall(t *testing.T) {
	files, err := generate(small(t))
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string][]byte)
	for path, content := range files {
		name := "testdata/small/" + filepath.Base(path)
		if path == "rtm/constants_gen.go" {
			name = "testdata/small/rtm_constants_gen.go" // beside those of the API
		}
		if want[name] != nil || want[name+".txt"] != nil {
			t.Fatalf("two files are called %s", name)
		}
		if strings.HasSuffix(name, ".go") {
			name += ".txt" // no package of this module
		}
		want[name] = content
	}
	if *rewrite {
		if err := update(".", want); err != nil {
			t.Fatal(err)
		}
	}
	if err := compare(".", want); err != nil {
		t.Errorf("%v (here: go test ./cmd/rtmgen -write, and read the difference)", err)
	}
}

// TestMethodsByGroup splits the methods of an API that has many.
func TestMethodsByGroup(t *testing.T) {
	api, err := load(small(t))
	if err != nil {
		t.Fatal(err)
	}
	files := goMethods(api, 10)
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, []string{"methods_kites_gen.go", "methods_other_gen.go"}) {
		t.Fatalf("the files are %q", got)
	}
	whole := goMethods(api, 500)["methods_gen.go"].body.Len()
	if n := files["methods_kites_gen.go"].body.Len() + files["methods_other_gen.go"].body.Len(); n != whole {
		t.Errorf("the parts have %d bytes, the whole %d", n, whole)
	}
}

// TestLeftover: a file that is not written any more goes, one by hand stays.
func TestLeftover(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("old_gen.go", generated+"\n")
	write("hand_gen.go", "package x\n")
	files := map[string][]byte{"new_gen.go": []byte(generated + "\n")}
	write("new_gen.go", generated+"\n")
	if err := compare(dir, files); err == nil || !strings.Contains(err.Error(), "old_gen.go is left over") {
		t.Errorf("got %v", err)
	}
	if err := update(dir, files); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 2 {
		t.Errorf("left are %q, %v", left, err)
	}
}

func TestDeterministic(t *testing.T) {
	first, err := generate(small(t))
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := generate(small(t))
		if err != nil {
			t.Fatal(err)
		}
		for path := range first {
			if string(first[path]) != string(again[path]) {
				t.Fatalf("%s differs from run to run", path)
			}
		}
	}
}

// TestDocumented fails for generated Go without a doc comment.
func TestDocumented(t *testing.T) {
	files, err := generate(catalogue.Customer(), catalogue.Agent())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(path, ".go") {
			continue
		}
		if !strings.HasPrefix(string(files[path]), generated+"\n") {
			t.Errorf("%s does not say that it is generated", path)
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, files[path], parser.ParseComments)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && (d.Doc == nil || !strings.HasPrefix(d.Doc.Text(), d.Name.Name+" ")) {
					t.Errorf("%s: %s has no doc comment", path, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					s, ok := spec.(*ast.TypeSpec)
					if ok && (d.Doc == nil || !strings.HasPrefix(d.Doc.Text(), s.Name.Name+" ")) {
						t.Errorf("%s: %s has no doc comment", path, s.Name.Name)
					}
				}
			}
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, tt := range []struct{ data, want string }{
		{`{"api":"a","methods":[{"action":"b","request":[{"name":"x","type":"None"}]}]}`, "there is no object None"},
		{`{"api":"a","methods":[{"action":"b","request":[{"name":"x","type":"string","enum_name":"none"}]}]}`, "there is no enum none"},
		{`{"api":"a","methods":[{"action":"b","request":[{"name":"x","type":"BRequest"}]}],"objects":{"BRequest":[{"name":"y","type":"int"}]}}`, "are both named BRequest"},
	} {
		source, err := catalogue.Parse([]byte(tt.data))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := load(source); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.data, err, tt.want)
		}
	}
}

func TestMixedCaps(t *testing.T) {
	for name, want := range map[string]string{
		"chat_id": "ChatID", "group_ids": "GroupIDs", "thumbnail2x_url": "Thumbnail2xURL", "__priv_dynamic_config": "PrivDynamicConfig",
		"ProfilePicURL": "ProfilePicURL", "skillName": "SkillName", "agentId": "AgentID", "get_url_info": "GetURLInfo", "sky-blue": "SkyBlue",
		"SystemDetails.cdp.store.v1": "SystemDetailsCDPStoreV1", "IsVerifiedUser": "IsVerifiedUser",
	} {
		if got := mixedCaps(name); got != want {
			t.Errorf("mixedCaps(%q) = %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{"Event.rich_message": "RichMessageEvent", "EventInput.file": "FileInput", "User.agent": "AgentUser", "Chat": "Chat"} {
		if got := structName(name); got != want {
			t.Errorf("structName(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestStaleIsNamed(t *testing.T) {
	dir := t.TempDir()
	files := map[string][]byte{"a/b.txt": []byte("new")}
	if err := update(dir, files); err != nil {
		t.Fatal(err)
	}
	if err := compare(dir, files); err != nil {
		t.Errorf("what was just written is stale: %v", err)
	}
	files["a/b.txt"] = []byte("newer")
	if err := compare(dir, files); err == nil || !strings.Contains(err.Error(), "a/b.txt is stale") {
		t.Errorf("err = %v", err)
	}
	files["c.txt"] = nil
	delete(files, "a/b.txt")
	if err := compare(dir, files); err == nil {
		t.Error("a file that is not there is not stale")
	}
}
