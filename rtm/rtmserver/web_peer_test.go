package rtmserver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// overWeb holds the servers whose peers call methods over the Web API.
var overWeb sync.Map

// onSocketsOnly are the methods that the documentation of the Web API does not have.
var onSocketsOnly = map[string][]string{
	"customer": {"login", "ping", "update_customer_page", "activate_customer_page", "deactivate_customer_page"},
	"agent": {"login", "logout", "ping", "set_away_status", "update_session", "change_push_notifications",
		"subscribe_customers", "unsubscribe_customers", "follow_customer", "unfollow_customer"},
}

func webHas(api *catalogue.API, action string) bool {
	return !slices.Contains(onSocketsOnly[api.Name], action)
}

// callWeb calls over the Web API; its answer is checked and returned as the frame
// that a socket would have got.
func (p *peer) callWeb(action string, payload any) object {
	p.t.Helper()
	body, err := json.Marshal(payload)
	if err != nil {
		p.t.Fatal(err)
	}
	if payload == nil {
		body = nil
	}
	res, answer := post(p.t, p.srv, p.api.Name, p.speaks, action, p.auth, body)
	f := object{"type": "response", "action": action, "success": res.StatusCode == http.StatusOK, "payload": answer}
	p.check(f)
	if f["success"] == true {
		tour.Store(p.api.Name+" web "+action, true)
	}
	return f
}

// post sends a request of the Web API.
func post(t *testing.T, srv *rtmtest.Server, side, version, action, auth string, body []byte) (*http.Response, any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+actionURL(side, version, action), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	return do(t, srv, req)
}

func actionURL(side, version, action string) string {
	query := ""
	if side == "customer" {
		query = "?organization_id=" + rtmtest.Organization
	}
	return "/v" + version + "/" + side + "/action/" + action + query
}

// do sends a request whose answer is JSON.
func do(t *testing.T, srv *rtmtest.Server, req *http.Request) (*http.Response, any) {
	t.Helper()
	res, data := raw(t, srv, req)
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%s %s: %s: %q", req.Method, req.URL, res.Status, data)
	}
	return res, v
}

func raw(t *testing.T, srv *rtmtest.Server, req *http.Request) (*http.Response, []byte) {
	t.Helper()
	res, err := srv.HTTPClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, data
}

// fileForm makes the body of an upload.
func fileForm(name, contentType string, content []byte) (body []byte, header string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, name)},
		"Content-Type":        {contentType},
	})
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // a buffer takes anything
	}
	return b.Bytes(), w.FormDataContentType()
}

// upload sends a file and returns the answer.
func upload(t *testing.T, srv *rtmtest.Server, side, auth, name, contentType string, content []byte) (*http.Response, object) {
	t.Helper()
	body, header := fileForm(name, contentType, content)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+actionURL(side, "3.6", "upload_file"), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", header)
	req.Header.Set("Authorization", auth)
	res, v := do(t, srv, req)
	return res, v.(object)
}

// sendFile uploads a file and returns its address.
func sendFile(t *testing.T, srv *rtmtest.Server, side, auth, name, contentType string, content []byte) string {
	t.Helper()
	res, v := upload(t, srv, side, auth, name, contentType, content)
	url, _ := v["url"].(string)
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(url, srv.URL+"/files/"+rtmtest.Organization+"/") {
		t.Fatalf("%s: %s: %v", name, res.Status, v)
	}
	return url
}

// fetch gets a file.
func fetch(t *testing.T, srv *rtmtest.Server, url string, header http.Header) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	return raw(t, srv, req)
}
