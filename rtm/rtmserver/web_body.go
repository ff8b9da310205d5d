package rtmserver

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// readPayload reads the body of a method's request, as faults let it through.
func (x *exchange) readPayload() (*request, error) {
	body, err := readBody(x.w, x.r)
	if err != nil {
		return nil, err
	}
	if body, err = x.arrives(body); err != nil {
		return nil, err
	}
	return parsePayload(x.action, body)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := plainBody(r); err != nil {
		return nil, err
	}
	if typ := r.Header.Get("Content-Type"); typ != "" {
		if media, _, err := mime.ParseMediaType(typ); err != nil || media != "application/json" {
			return nil, invalid("Content-Type: must be application/json, not %s", quote(typ))
		}
	}
	body, err := io.ReadAll(io.LimitReader(patient(w, r), maxFrame+1))
	switch {
	case err != nil:
		return nil, unreadable(err)
	case len(body) > maxFrame:
		readRest(w, r, maxFrame)
		return nil, fail("entity_too_large", "the body is over the limit of %d bytes", maxFrame)
	}
	return body, nil
}

func parsePayload(action string, body []byte) (*request, error) {
	req := &request{action: action, payload: params{}, began: time.Now()}
	if len(body) == 0 {
		return req, nil
	}
	if !utf8.Valid(body) {
		return nil, invalid("the body is not valid UTF-8")
	}
	var x any
	if err := decodeNumbers(body, &x); err != nil {
		return nil, invalid("the body is not JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if !wire.Valid(body) {
		return nil, invalid("the body is nested too deep")
	}
	m, ok := x.(map[string]any)
	if !ok {
		return nil, mustBe("the body", "a JSON object", x)
	}
	req.payload, req.raw = m, body
	return req, nil
}

// plainBody refuses a compressed body: how long it is would be its sender's word.
func plainBody(r *http.Request) error {
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return invalid("Content-Encoding: must be identity, not %s", quote(enc))
	}
	return nil
}

// How long the body of a request may take, and how long a client may be silent in
// the middle of it.
const (
	longestBody = 5 * time.Minute
	bodySilence = 15 * time.Second
)

// patientReader reads the body of a request within those times.
type patientReader struct {
	r       io.Reader
	control *http.ResponseController
	end     time.Time
}

func patient(w http.ResponseWriter, r *http.Request) io.Reader {
	return &patientReader{r.Body, http.NewResponseController(w), time.Now().Add(longestBody)}
}

func (p *patientReader) Read(b []byte) (int, error) {
	deadline := time.Now().Add(bodySilence)
	if deadline.After(p.end) {
		deadline = p.end
	}
	// A transport without deadlines is one of tests.
	_ = p.control.SetReadDeadline(deadline)
	n, err := p.r.Read(b)
	if errors.Is(err, io.EOF) {
		_ = p.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// readRest reads what is left of a body, as far as that is worth it: a client that
// sends reads no answer before it is through.
func readRest(w http.ResponseWriter, r *http.Request, most int64) {
	_, _ = io.Copy(io.Discard, io.LimitReader(patient(w, r), most))
}

// unreadable is the error for a body that did not arrive.
func unreadable(err error) *apiError {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fail("request_timeout", "the body did not arrive in time")
	}
	return invalid("the body could not be read")
}
