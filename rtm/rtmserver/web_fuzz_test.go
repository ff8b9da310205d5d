package rtmserver

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// webServer is a server with the customer c, whose token is t.
func webServer(t testing.TB) (*Server, *org) {
	t.Helper()
	s, err := New(&Options{RandomSeed: 1, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	o := s.orgs[DefaultSeed().Organizations[0].ID]
	o.mu.Lock()
	defer o.mu.Unlock()
	err = o.commit(&emission{org: o}, &record{Kind: customerRegistered, CustomerID: "c"},
		&record{Kind: tokenIssued, Token: &token{Hash: hash("t"), CustomerID: "c", ExpiresAt: time.Now().Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	return s, o
}

// webAsk sends a request and checks that its answer is JSON, and an error of the
// catalogue when it is one.
func webAsk(t *testing.T, s *Server, side side, method, action, contentType string, body []byte) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, "/v3.6/"+side.String()+"/action/x?organization_id="+DefaultSeed().Organizations[0].ID, bytes.NewReader(body))
	r.URL.Path = "/v3.6/" + side.String() + "/action/" + action
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", map[string]string{"customer": "Bearer t", "agent": "Bearer dal:agent1"}[side.String()])
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var v any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%s %s: %d %q", method, action, w.Code, w.Body)
	}
	m, _ := v.(map[string]any)
	if w.Code == http.StatusOK {
		return w.Code, m
	}
	e, _ := m["error"].(map[string]any)
	if typ, _ := e["type"].(string); typ == "internal" || side.api().Error(typ) == nil || e["message"] == "" {
		t.Fatalf("%s %s %q: %d %v", method, action, body, w.Code, m)
	}
	return w.Code, m
}

// FuzzAction asks for anything with any body: there is one answer, never
// `internal`, and an error changes nothing.
func FuzzAction(f *testing.F) {
	for _, action := range []string{"get_customer", "start_chat", "send_event", "check_goals", "request_email_verification", "upload_file", "list_chats", "login", "fly", "..", "a%00"} {
		for _, body := range []string{"", "{}", "[]", `{"continuous":true,"chat":{"thread":{"events":[{"type":"file","url":"https://x/files/y/z/a"}]}}}`,
			`{"session_fields":[{}],"group_id":1e400,"page_url":""}`, `{"callback_uri":"https://x"}`, "{\"a\":\"\xff\"}"} {
			f.Add(action, "application/json", body)
		}
	}
	f.Fuzz(func(t *testing.T, action, contentType, body string) {
		s, o := webServer(t)
		for _, side := range []side{customerSide, agentSide} {
			for _, method := range []string{http.MethodPost, http.MethodGet} {
				before := o.st.Seq
				if status, _ := webAsk(t, s, side, method, action, contentType, []byte(body)); status != http.StatusOK && o.st.Seq != before {
					t.Fatalf("%s %s %q: %d, and the log grew", side, action, body, status)
				}
			}
		}
	})
}

// FuzzUpload uploads anything. What is taken is served as it came, with a type
// that is safe.
func FuzzUpload(f *testing.F) {
	form := func(name, content string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\n" + content + "\r\n--b--"
	}
	f.Add(form("a.txt", "hello"))
	f.Add(form("../../a.html", "<!doctype html><script>"))
	f.Add(form("a.png", string(pngHeader(60000, 60000))))
	f.Add(form("a.png", string(pngHeader(3, 3))+"\x00\x00\x00\x00IDAT"))
	f.Add(form("a.gif", "GIF89a\xff\xff\xff\xff\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
	f.Add(form("a.jpg", "\xff\xd8\xff\xe1\x00\x18Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff\x01\x12\xff\xd9"))
	f.Add(form("a.webp", "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Add(form("a.exe", "MZ"))
	f.Add("--b\r\n\r\n--b\r\nContent-Disposition: form-data; name=file\r\n\r\n")
	f.Add("--b--")
	f.Fuzz(func(t *testing.T, body string) {
		s, o := webServer(t)
		status, v := webAsk(t, s, customerSide, http.MethodPost, "upload_file", "multipart/form-data; boundary=b", []byte(body))
		if s.uploads.Load() != 0 || o.uploading != 0 {
			t.Fatalf("%d bytes are still counted as being uploaded", s.uploads.Load())
		}
		if status != http.StatusOK {
			if len(o.st.Files) != 0 {
				t.Fatalf("%v, and there is a file", v)
			}
			return
		}
		address := v["url"].(string)
		r := httptest.NewRequest(http.MethodGet, address, nil)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		typ, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
		if w.Code != http.StatusOK || !strings.Contains(body, w.Body.String()) || typ != octets && !slices.Contains(safeTypes, typ) {
			t.Fatalf("%s: %d %v", address, w.Code, w.Header())
		}
	})
}

// TestUploadsAreBounded refuses a file when too much is being uploaded already.
func TestUploadsAreBounded(t *testing.T) {
	s, _ := webServer(t)
	s.uploads.Store(maxUploads)
	form := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=a\r\n\r\nhello\r\n--b--"
	status, v := webAsk(t, s, agentSide, http.MethodPost, "upload_file", "multipart/form-data; boundary=b", []byte(form))
	if status != http.StatusServiceUnavailable || s.uploads.Load() != maxUploads {
		t.Errorf("%d %v, and %d bytes are counted", status, v, s.uploads.Load())
	}
	s.uploads.Store(0)
	if status, v = webAsk(t, s, agentSide, http.MethodPost, "upload_file", "multipart/form-data; boundary=b", []byte(form)); status != http.StatusOK {
		t.Errorf("%d %v", status, v)
	}
}

// TestFileName has the names that clients send.
func TestFileName(t *testing.T) {
	for sent, want := range map[string]string{
		"":                                "file",
		"a.txt":                           "a.txt",
		"Zażółć gęślą.txt":                "Zażółć gęślą.txt",
		"../../etc/passwd":                "passwd",
		`C:\Users\me\photo.png`:           "photo.png",
		"..":                              "file",
		". ..a. ":                         "a",
		"a/":                              "file",
		"a\r\nX: y":                       "a__X_ y",
		"a<b>\"c\"?.txt":                  "a_b__c__.txt",
		"\xff\xfe":                        "_",
		"photo\u202egnp.exe":              "photo_gnp.exe",
		strings.Repeat("ż", 100):          strings.Repeat("ż", 60),
		strings.Repeat("a", 200) + ".txt": strings.Repeat("a", 116) + ".txt",
	} {
		if got := fileName(sent); got != want {
			t.Errorf("%q became %q, want %q", sent, got, want)
		}
	}
}
