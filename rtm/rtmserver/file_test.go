package rtmserver_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

const agentAuth = "Bearer " + rtmtest.AgentToken

// picture makes an image whose upper left quarter is red.
func picture(w, h int, format string) []byte {
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.White, color.RGBA{255, 0, 0, 255}})
	for y := range h / 2 {
		for x := range w / 2 {
			img.SetColorIndex(x, y, 1)
		}
	}
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, img)
	case "gif":
		err = gif.Encode(&b, img, nil)
	default:
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil {
		panic(err) // a buffer takes anything
	}
	return b.Bytes()
}

// webp is an image of 1 x 1.
var webp = []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")

// TestUpload has what is taken and what is refused, and how it is served.
func TestUpload(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		cu := "Bearer " + srv.CustomerToken(t)
		var archive bytes.Buffer
		z := zip.NewWriter(&archive)
		if f, err := z.Create("a.txt"); err != nil {
			t.Fatal(err)
		} else if _, err := f.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name, declared string
			content        []byte
			served         string // with its disposition; else the error
		}{
			{"a.png", "image/png", picture(8, 8, "png"), "image/png inline"},
			{"a.jpg", "image/jpeg", picture(8, 8, "jpeg"), "image/jpeg inline"},
			{"a.gif", "application/octet-stream", picture(8, 8, "gif"), "image/gif inline"},
			{"a.webp", "image/webp", webp, "image/webp inline"},
			{"no extension", "", picture(8, 8, "png"), "image/png inline"},
			{"a.txt", "text/plain", []byte("hello"), "text/plain; charset=utf-8 attachment"},
			{"a.csv", "text/csv", []byte("a,b\n1,2\n"), "text/csv; charset=utf-8 attachment"},
			{"a.json", "application/json", []byte(`{"a":1}`), "application/json attachment"},
			{"a.md", "text/markdown", []byte("# a"), "text/plain; charset=utf-8 attachment"},
			{"a.pdf", "application/pdf", []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), "application/pdf attachment"},
			{"a.zip", "application/zip", archive.Bytes(), "application/zip attachment"},
			{"a.dat", "application/x-unknown", []byte{0, 1, 2, 3}, "application/octet-stream attachment"},
			{"a.html", "text/html", []byte("<!doctype html><script>alert(1)</script>"), "application/octet-stream attachment"},
			{"a.txt", "text/plain", []byte("<!doctype html><script>alert(1)</script>"), "application/octet-stream attachment"},
			{"a.svg", "image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "application/octet-stream attachment"},
			{"a.xml", "text/xml", []byte(`<?xml version="1.0"?><a/>`), "application/octet-stream attachment"},
			{"a.js", "text/javascript", []byte("alert(1)"), "text/plain; charset=utf-8 attachment"},
			{`..\..\dir/../Zażółć "x" <b>.txt`, "", []byte("x"), "text/plain; charset=utf-8 attachment"},

			{"a.png", "image/png", []byte("<!doctype html><script>alert(1)</script>"), `the name of "a.png" says image/png, the content is text/html`},
			{"a", "image/png", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), `the Content-Type of "a" says image/png, the content is image/svg+xml`},
			{"a.jpg", "", []byte("hello"), "says image/jpeg, the content is text/plain"},
			{"a.pdf", "", picture(8, 8, "png"), "says application/pdf, the content is image/png"},
			{"a.mp4", "", []byte("hello"), "says video/mp4"},
			{"a.txt", "", []byte("MZ" + strings.Repeat("\x00", 200)), "executable files are refused"},
			{"a.txt", "", []byte("\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 200)), "executable files are refused"},
			{"a.txt", "", []byte("#!/bin/sh\nrm -rf /\n"), "executable files are refused"},
			{"a.EXE", "", []byte("hello"), "executable files are refused"},
			{"photo.png.bat", "", picture(8, 8, "png"), "executable files are refused"},
			{"a.wasm", "", []byte("\x00asm\x01\x00\x00\x00"), "executable files are refused"},
			{"a.txt", "", nil, "file: is empty"},
		} {
			res, v := upload(t, srv, "customer", cu, tt.name, tt.declared, tt.content)
			kind, disposition, _ := strings.Cut(tt.served, " ")
			if strings.HasPrefix(disposition, "charset") {
				kind, disposition = tt.served[:strings.LastIndex(tt.served, " ")], "attachment"
			}
			if disposition != "inline" && disposition != "attachment" {
				if text, _ := at(v, "error", "message").(string); res.StatusCode != 400 || !strings.Contains(text, tt.served) {
					t.Errorf("%s: %s %v, want %q", tt.name, res.Status, v, tt.served)
				}
				continue
			}
			address, ok := v["url"].(string)
			if !ok {
				t.Errorf("%s: %s %v", tt.name, res.Status, v)
				continue
			}
			got, data := fetch(t, srv, address, nil)
			h := got.Header
			if got.StatusCode != 200 || !bytes.Equal(data, tt.content) || h.Get("Content-Type") != kind || !strings.HasPrefix(h.Get("Content-Disposition"), disposition+"; filename") {
				t.Errorf("%s: %s %v, want %s", tt.name, got.Status, h, tt.served)
			}
			if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || strings.Contains(h.Get("Content-Type"), "html") {
				t.Errorf("%s: %v", tt.name, h)
			}
		}
	})
}

// TestUploadForm has the forms that are none, and the limits.
func TestUploadForm(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		form, header := fileForm("a.txt", "text/plain", []byte("hello"))
		part := func(name, more string) string {
			return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"a.txt\"\r\n\r\n" + more + "\r\n"
		}
		const b = "multipart/form-data; boundary=b"
		big := strings.Repeat("x", 10<<20)
		for name, tt := range map[string]struct {
			body, contentType string
			status            int
			text              string
		}{
			"the form":             {string(form), header, 200, ""},
			"with other parts":     {part("a", "1") + part("file", "hello") + part("b", "2") + "--b--", b, 200, ""},
			"10 MB":                {part("file", big) + "--b--", b, 200, ""},
			"a byte more":          {part("file", big+"x") + "--b--", b, 413, "Upload limit exceeded (10MB)."},
			"much more":            {part("file", big+big) + "--b--", b, 413, "Upload limit exceeded (10MB)."},
			"much beside the file": {part("a", big+big) + part("file", "hello") + "--b--", b, 413, "Upload limit exceeded (10MB)."},
			"a long head":          {"--b\r\nX: " + big[:1<<20] + "\r\n\r\n\r\n" + part("file", "hello") + "--b--", b, 413, "Upload limit exceeded (10MB)."},
			"a long head behind":   {part("file", "hello") + "--b\r\nX: " + big[:1<<20] + "\r\n\r\n\r\n--b--", b, 413, "Upload limit exceeded (10MB)."},
			"a long head of it":    {"--b\r\nX: " + big[:1<<20] + part("file", "hello")[3:] + "--b--", b, 413, "Upload limit exceeded (10MB)."},
			"17 parts":             {strings.Repeat(part("a", "1"), 17) + "--b--", b, 400, "the form must have at most 16 parts"},
			"two files":            {part("file", "1") + part("file", "2") + "--b--", b, 400, "the form must have one part of that name"},
			"no file":              {part("a", "1") + "--b--", b, 400, "file: is required"},
			"an empty form":        {"--b--", b, 400, "file: is required"},
			"no body":              {"", b, 400, "file: is required"},
			"half a form":          {part("file", "1"), b, 400, "must be a whole form"},
			"no form":              {"{}", "application/json", 400, "Content-Type: must be multipart/form-data with a boundary"},
			"no boundary":          {string(form), "multipart/form-data", 400, "Content-Type: must be multipart/form-data with a boundary"},
			"no content type":      {string(form), "", 400, "Content-Type: must be"},
		} {
			res, v := ask(t, srv, "POST", "/v3.6/agent/action/upload_file", tt.body, http.Header{"Content-Type": {tt.contentType}, "Authorization": {agentAuth}})
			text, _ := at(v, "error", "message").(string)
			if res.StatusCode != tt.status || !strings.Contains(text, tt.text) {
				t.Errorf("%s: %s %v, want %d %q", name, res.Status, v, tt.status, tt.text)
			}
			if tt.status == 413 && at(v, "error", "type") != "entity_too_large" {
				t.Errorf("%s: %v", name, v)
			}
		}
		res, _ := ask(t, srv, "POST", "/v3.6/agent/action/upload_file", string(form), http.Header{"Content-Type": {header}, "Authorization": {agentAuth}, "Content-Encoding": {"gzip"}})
		if res.StatusCode != 400 {
			t.Errorf("compressed: %s", res.Status)
		}
	})
}

// TestFileEvent sends uploaded files: both sides see what the server knows of them.
func TestFileEvent(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		ag, cu := agent(t, srv, rtmtest.AgentToken), customer(t, srv)
		photo := sendFile(t, srv, "customer", cu.auth, "my photo.jpg", "image/jpeg", picture(800, 400, "jpeg"))
		notes := sendFile(t, srv, "agent", agentAuth, "notes.txt", "text/plain", []byte("hello"))
		chatID, _ := start(cu, object{"type": "file", "url": photo, "alternative_text": "us"})
		e := at(cu.push("incoming_chat"), "chat", "thread", "events", 0)
		for name, want := range (object{
			"name": "my photo.jpg", "content_type": "image/jpeg", "url": photo, "width": 800.0, "height": 400.0, "size": float64(len(picture(800, 400, "jpeg"))),
			"alternative_text": "us", "thumbnail_url": strings.Replace(photo, "/my%20", "/300/my%20", 1), "thumbnail2x_url": strings.Replace(photo, "/my%20", "/600/my%20", 1),
		}) {
			if got := at(e, name); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		for name, size := range map[string]image.Point{"thumbnail_url": {300, 150}, "thumbnail2x_url": {600, 300}} {
			res, data := fetch(t, srv, at(e, name).(string), nil)
			img, format, err := image.Decode(bytes.NewReader(data))
			if err != nil || img.Bounds().Size() != size || format != "jpeg" || res.Header.Get("Content-Type") != "image/jpeg" {
				t.Errorf("%s: %s %v %v %v", name, res.Status, format, err, img)
				continue
			}
			if r, g, _, _ := img.At(size.X/4, size.Y/4).RGBA(); r>>8 < 230 || g>>8 > 30 {
				t.Errorf("%s: the corner is %v", name, img.At(size.X/4, size.Y/4))
			}
			if r, g, b, _ := img.At(size.X*3/4, size.Y*3/4).RGBA(); r>>8 < 230 || g>>8 < 230 || b>>8 < 230 {
				t.Errorf("%s: the other corner is %v", name, img.At(size.X*3/4, size.Y*3/4))
			}
		}
		ag.push("incoming_chat")
		ag.ok("send_event", object{"chat_id": chatID, "event": object{"type": "file", "url": notes}})
		for _, p := range []*peer{cu, ag} {
			f := at(p.push("incoming_event"), "event")
			if at(f, "name") != "notes.txt" || at(f, "content_type") != "text/plain" || at(f, "thumbnail_url") != nil || at(f, "width") != nil {
				t.Errorf("the notes are %v", f)
			}
		}
		// Nothing but what upload_file gave.
		for _, address := range []string{
			"https://cdn.example/a.png", "javascript:alert(1)", notes + "?", strings.Replace(notes, "notes", "other", 1), strings.Replace(notes, "rtm.test", "evil.test", 1),
			at(e, "thumbnail_url").(string), srv.URL + "/files/" + rtmtest.Organization + "/x/a.png", "",
		} {
			cu.fails("validation", "send_event", object{"chat_id": chatID, "event": object{"type": "file", "url": address}})
		}
	})
}

// TestFileOfWhoDoesNotRead has a client that asks for a file and does not read it.
func TestFileOfWhoDoesNotRead(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		content := bytes.Repeat([]byte("0123456789abcde\n"), 64<<10)
		address := sendFile(t, srv, "agent", agentAuth, "a.txt", "text/plain", content)
		read := func(wait time.Duration) (int, error) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := srv.HTTPClient().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			time.Sleep(wait) // virtual
			data, err := io.ReadAll(res.Body)
			return len(data), err
		}
		if n, err := read(9 * time.Minute); err != nil || n != len(content) {
			t.Errorf("after 9 minutes: %d bytes, %v", n, err)
		}
		if n, err := read(11 * time.Minute); err == nil {
			t.Errorf("after 11 minutes: %d bytes", n)
		}
	})
}

// TestFileLife ends files that no event has after a day, and others with their
// chats.
func TestFileLife(t *testing.T) {
	inBubble(t, &rtmserver.Options{RandomSeed: 1, FileSpace: 1000}, func(t *testing.T, srv *rtmtest.Server) {
		cu := customer(t, srv)
		content := bytes.Repeat([]byte("x"), 300)
		send := func(name string) string { return sendFile(t, srv, "customer", cu.auth, name, "text/plain", content) }
		unused, used, deep := send("unused"), send("used"), send("deep")
		res, v := upload(t, srv, "customer", cu.auth, "more", "text/plain", content)
		if res.StatusCode != 429 || at(v, "error", "type") != "limit_reached" || !strings.Contains(at(v, "error", "message").(string), "900 of 1000 bytes, this one needs 300") {
			t.Errorf("a file too much: %s %v", res.Status, v)
		}
		chatID, threadID := start(cu, object{"type": "file", "url": used}, object{"type": "custom", "content": object{"a": []any{object{"b": deep}}}})
		cu.ok("send_event", object{"chat_id": chatID, "event": object{"type": "file", "url": used}})
		status := func(url string) int {
			res, _ := fetch(t, srv, url, nil)
			return res.StatusCode
		}
		time.Sleep(24*time.Hour - time.Minute) // virtual
		for _, url := range []string{unused, used, deep} {
			if got := status(url); got != 200 {
				t.Errorf("before a day is over: %d", got)
			}
		}
		time.Sleep(2 * time.Minute) // virtual
		if status(unused) != 404 || status(used) != 200 || status(deep) != 200 {
			t.Errorf("after a day: %d %d %d", status(unused), status(used), status(deep))
		}
		cu = customer(t, srv) // the token was over too
		second := send("in its place")
		cu.fails("validation", "start_chat", object{"continuous": true, "chat": object{"thread": object{"events": []any{object{"type": "file", "url": unused}}}}})
		// The thread had one of the two events; the chat had both.
		old := agent(t, srv, rtmtest.AgentToken)
		old.ok("deactivate_chat", object{"id": chatID, "ignore_requester_presence": true})
		old.ok("resume_chat", object{"chat": object{"id": chatID, "thread": object{"events": []any{object{"type": "file", "url": used}}}}})
		if err := srv.RTM.DeleteThread(rtmtest.Organization, chatID, threadID); err != nil {
			t.Fatal(err)
		}
		if status(used) != 200 || status(deep) != 404 || status(second) != 200 {
			t.Errorf("without the thread: %d %d %d", status(used), status(deep), status(second))
		}
		if err := srv.RTM.DeleteChat(rtmtest.Organization, chatID); err != nil {
			t.Fatal(err)
		}
		if status(used) != 404 || status(second) != 200 {
			t.Errorf("without the chat: %d %d", status(used), status(second))
		}
	})
}

// TestFileServed has ranges, caches, and the addresses that lead nowhere.
func TestFileServed(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		url := sendFile(t, srv, "agent", agentAuth, "a.txt", "text/plain", []byte("0123456789"))
		res, data := fetch(t, srv, url, http.Header{"Range": {"bytes=2-4"}})
		if res.StatusCode != 206 || string(data) != "234" || res.Header.Get("Content-Range") != "bytes 2-4/10" {
			t.Errorf("a range: %s %q %v", res.Status, data, res.Header)
		}
		if res, _ := fetch(t, srv, url, http.Header{"Range": {"bytes=20-"}}); res.StatusCode != 416 {
			t.Errorf("a range behind the end: %s", res.Status)
		}
		etag := res.Header.Get("ETag")
		if res, data := fetch(t, srv, url, http.Header{"If-None-Match": {etag}}); res.StatusCode != 304 || len(data) > 0 || etag == "" {
			t.Errorf("an old friend: %s %q", res.Status, etag)
		}
		picture := sendFile(t, srv, "agent", agentAuth, "a.png", "image/png", picture(2, 2, "png"))
		id := strings.Split(url, "/")[5]
		base := srv.URL + "/files/" + rtmtest.Organization + "/"
		for _, bad := range []string{
			srv.URL + "/files/", srv.URL + "/files", base, base + id, base + id + "/", base + id + "/b.txt", base + id + "/a.txt/", base + id + "/300/a.txt",
			base + "x/a.txt", srv.URL + "/files/x/" + id + "/a.txt", base + id + "/../" + id + "/a.txt", base + "..%2f..%2f..%2fetc/passwd", base + "../../../../etc/passwd",
			base + "%2e%2e/%2e%2e/etc/passwd", base + id + "/%2e%2e%2fa.txt", base + id + "/a.txt%00", srv.URL + "/files//" + id + "/a.txt", base + id + ".300/a.txt",
			strings.Replace(picture, "/a.png", "/301/a.png", 1), strings.Replace(picture, "/a.png", "/300/b.png", 1), strings.Replace(picture, "/a.png", "/300/300/a.png", 1),
		} {
			if res, data := fetch(t, srv, bad, nil); res.StatusCode != 404 || !bytes.Contains(data, []byte(`"not_found"`)) {
				t.Errorf("%s: %s %q", bad, res.Status, data)
			}
		}
		if res, _ := ask(t, srv, "DELETE", strings.TrimPrefix(url, srv.URL), "", nil); res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("DELETE: %s", res.Status)
		}
	})
}

// TestUploadsAtOnce uploads many files, and all are served.
func TestUploadsAtOnce(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *rtmtest.Server) {
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				content := picture(10+i, 10, "png")
				url := sendFile(t, srv, "agent", agentAuth, fmt.Sprintf("%d.png", i), "image/png", content)
				if _, data := fetch(t, srv, url, nil); !bytes.Equal(data, content) {
					t.Errorf("file %d is another one", i)
				}
			})
		}
		wg.Wait()
	})
}

// TestFilesOnDisk starts again on the same log and the same directory: files are
// there, what nobody knows is gone, and a write that was cut short is nothing.
func TestFilesOnDisk(t *testing.T) {
	dir, log := t.TempDir(), rtmserver.NewMemoryLog()
	open := func() *rtmserver.DiskFiles {
		files, err := rtmserver.OpenDiskFiles(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { files.Close() })
		return files
	}
	files := open()
	srv := rtmtest.NewServer(t, &rtmserver.Options{Log: log, Files: files, PublicURL: "https://chat.example/base"})
	content := picture(1000, 500, "png")
	_, v := upload(t, srv, "agent", agentAuth, "a.png", "image/png", content)
	public, _ := v["url"].(string)
	if !strings.HasPrefix(public, "https://chat.example/base/files/") {
		t.Fatalf("the address is %v", v)
	}
	cu := customer(t, srv)
	start(cu, object{"type": "file", "url": public})
	thumbnail := at(cu.push("incoming_chat"), "chat", "thread", "events", 0, "thumbnail_url").(string)
	cu.close()
	srv.Close()

	// An orphan, a young one, and two partial files.
	put := func(name string, age time.Duration) string {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(name, when, when); err != nil {
			t.Fatal(err)
		}
		return name
	}
	orphan, young := put("org-"+rtmtest.Organization+"/or/orphan.300", 2*time.Hour), put("org-"+rtmtest.Organization+"/yo/young", 0)
	stale, fresh := put("partial/STALE", 2*time.Hour), put("partial/FRESH", 0)

	again := rtmtest.NewServer(t, &rtmserver.Options{Log: log, Files: open()})
	path := func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return again.URL + strings.TrimPrefix(u.EscapedPath(), "/base")
	}
	if res, data := fetch(t, again, path(public), nil); !bytes.Equal(data, content) {
		t.Errorf("after the restart the file is %s", res.Status)
	}
	if res, data := fetch(t, again, path(thumbnail), nil); res.StatusCode != 200 || len(data) == 0 {
		t.Errorf("after the restart the thumbnail is %s", res.Status)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); { // what looks for orphans has no hurry
		if _, err := os.Stat(orphan); err != nil {
			break
		}
		runtime.Gosched()
	}
	again.Close()
	for name, there := range map[string]bool{orphan: false, young: true, stale: false, fresh: true} {
		if _, err := os.Stat(name); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFileNodes uploads to one node; another serves the file at once, and knows it
// in an event.
func TestFileNodes(t *testing.T) {
	log, files := rtmserver.NewMemoryLog(), rtmserver.NewMemoryFiles()
	inBubble(t, &rtmserver.Options{Log: log, Files: files, RandomSeed: 1, Node: "one"}, func(t *testing.T, srv *rtmtest.Server) {
		other := rtmtest.NewServer(t, &rtmserver.Options{Log: log, Files: files, RandomSeed: 2, Node: "two"})
		cu := customer(t, other)
		chatID, _ := start(cu)
		agent(t, srv, rtmtest.AgentToken)
		for i := range 10 {
			url := sendFile(t, srv, "agent", agentAuth, fmt.Sprintf("%d.txt", i), "text/plain", []byte("hello"))
			if i%2 == 0 {
				if res, data := fetch(t, other, url, nil); string(data) != "hello" {
					t.Fatalf("the other node says %s", res.Status)
				}
			}
			cu.ok("send_event", object{"chat_id": chatID, "event": object{"type": "file", "url": url}})
		}
	})
}
