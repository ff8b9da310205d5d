package rtmserver

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ControlOptions are the options of [Server.Control]. nil means the zero value.
type ControlOptions struct {
	// Anywhere serves clients of other machines too. Whoever reaches the server
	// can then read all chats and delete them.
	Anywhere bool
}

// Control returns the handler of the control API: Server's methods over HTTP, as
// JSON, at /_rtmd/. GET /_rtmd/ lists them.
//
// It serves clients on this machine alone unless the options say otherwise. Web
// pages can use it when they come from this server: a request with the Origin of
// another site is refused, and so is one to a name that is not of this machine,
// because such a name may be made to lead here; and what changes something must
// come as application/json, which a page of another site cannot send unasked.
func (s *Server) Control(opts *ControlOptions) http.Handler {
	if opts == nil {
		opts = new(ControlOptions)
	}
	return &control{s: s, opts: *opts}
}

type control struct {
	s    *Server
	opts ControlOptions
}

// An endpoint is a path of the control API. Of path, a last part {id} stands for
// any text.
type endpoint struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Body   string `json:"body,omitempty"` // an example
	Help   string `json:"help"`

	serve func(*control, *controlRequest) (any, error)
}

const controlPath = "/_rtmd/"

// maxControlBody bounds a request in bytes: a snapshot may be large.
const maxControlBody = 256 << 20

var controlEndpoints = []endpoint{
	{"POST", "reset", `{"organization":"…"}`, "make an organization, or with {} everything, as it was at the first start", (*control).reset},
	{"GET", "snapshot", "", "the state of ?organization=…, for restore", (*control).snapshot},
	{"POST", "restore", "what snapshot gave", "make the organization of a snapshot what it was then", (*control).restore},
	{"GET", "clock", "", "the server's time, and whether it stands still", (*control).clock},
	{"POST", "clock/freeze", `{}`, "stop the clock", (*control).clockFreeze},
	{"POST", "clock/resume", `{}`, "let it go on from where it is", (*control).clockResume},
	{"POST", "clock/advance", `{"by":"9h"}`, "move it forward and run what is due, before the answer", (*control).clockAdvance},
	{"POST", "clock/set", `{"to":"2030-01-02T15:04:05Z"}`, "advance it to a time", (*control).clockSet},
	{"GET", "faults", "", "the faults, with how often each matched and acted", (*control).faults},
	{"POST", "faults", `{"action":"send_event","nth":3,"effect":"error","error":"internal"}`, "add a fault; the answer has its id", (*control).addFault},
	{"DELETE", "faults", "", "remove all faults", (*control).clearFaults},
	{"DELETE", "faults/{id}", "", "remove a fault", (*control).removeFault},
	{"GET", "journal", "", "frames and requests of the Web API as lines of JSON; ?after= ?limit= ?organization= ?user= ?connection= ?kind= ?action=, and ?follow=1 for those to come, as events with Accept: text/event-stream", nil},
	{"GET", "connections", "", "who is connected", (*control).connections},
	{"POST", "disconnect", `{"user":"agent1@example.com","reason":"connection_timeout"}`, "end the connections of a user, on all nodes, or one by its id in connection, with a reason and its data; the answer counts those of this node", (*control).disconnect},
	{"GET", "organizations", "", "the organizations with their groups and agents, and what they hold", (*control).organizations},
	{"GET", "export", "", "the present state as a seed file", (*control).export},
	{"POST", "announce", `{"organization":"…","action":"tag_created","payload":{}}`, "push what the vendor's configuration would; customers names the recipients of an incoming_multicast", (*control).announce},
	{"POST", "delete_chat", `{"organization":"…","chat_id":"…"}`, "delete a chat, as the vendor's privacy tools do", (*control).deleteChat},
	{"POST", "delete_thread", `{"organization":"…","chat_id":"…","thread_id":"…"}`, "delete a closed thread", (*control).deleteThread},
	{"POST", "delete_threads", `{"organization":"…","from":"…","to":"…","tag":"…"}`, "delete the closed threads of a time, with a tag, or both", (*control).deleteThreads},
}

// A controlRequest is a request to an endpoint.
type controlRequest struct {
	w    http.ResponseWriter
	r    *http.Request
	id   string // what stands for {id}
	body []byte
}

// A controlError is an error with a status of its own; others are the client's
// fault.
type controlError struct {
	status int
	typ    string
	text   string
}

func (e *controlError) Error() string { return e.text }

func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	result, err := c.serve(w, r)
	switch known, ok := errors.AsType[*controlError](err); {
	case ok:
		httpError(w, known.status, known.typ, known.text)
	case err != nil:
		// Without the names of package and method: the path says what failed.
		text := err.Error()
		for _, prefix := range []string{"rtmserver: ", "fault: ", "disconnect: ", "restore: ", "announce: "} {
			text = strings.TrimPrefix(text, prefix)
		}
		httpError(w, http.StatusBadRequest, "validation", text)
	case result != nil:
		writeJSON(w, http.StatusOK, result)
	}
}

// serve answers, or returns what is to be answered.
func (c *control) serve(w http.ResponseWriter, r *http.Request) (any, error) {
	if err := c.admit(r); err != nil {
		return nil, err
	}
	path, ok := strings.CutPrefix(r.URL.Path, controlPath)
	if !ok {
		return nil, notServed(r)
	}
	var allowed []string
	if path == "" {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			return c.list(), nil
		}
		allowed = []string{http.MethodGet}
	}
	for i := range controlEndpoints {
		e := &controlEndpoints[i]
		id, ok := e.match(path)
		if !ok {
			continue
		}
		if e.Method != r.Method && !(e.Method == http.MethodGet && r.Method == http.MethodHead) {
			allowed = append(allowed, e.Method)
			continue
		}
		in := &controlRequest{w: w, r: r, id: id}
		if e.serve == nil {
			return nil, c.journal(in)
		}
		if e.Method == http.MethodPost {
			if err := in.read(); err != nil {
				return nil, err
			}
		}
		return e.serve(c, in)
	}
	if allowed != nil {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return nil, &controlError{http.StatusMethodNotAllowed, "method_not_allowed", r.Method + " is not possible here: use " + strings.Join(allowed, " or ")}
	}
	return nil, notServed(r)
}

func notServed(r *http.Request) error {
	return &controlError{http.StatusNotFound, "not_found", "nothing is served at " + quote(r.URL.Path) + ": GET " + controlPath + " lists what is"}
}

func (e *endpoint) match(path string) (id string, ok bool) {
	if prefix, ok := strings.CutSuffix(e.Path, "{id}"); ok {
		id, found := strings.CutPrefix(path, prefix)
		return id, found && id != ""
	}
	return "", e.Path == path
}

// list describes the API.
func (c *control) list() any {
	type shown struct {
		endpoint
		Path string `json:"path"`
	}
	all := make([]shown, len(controlEndpoints))
	for i, e := range controlEndpoints {
		all[i] = shown{e, controlPath + e.Path}
	}
	return obj{"endpoints": all}
}

// admit refuses who must not use the API.
func (c *control) admit(r *http.Request) error {
	deny := func(format string, args ...any) error {
		return &controlError{http.StatusForbidden, "forbidden", fmt.Sprintf(format, args...)}
	}
	if !c.opts.Anywhere {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			return deny("the control API serves clients on its own machine alone")
		}
		for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
			if r.Header.Get(name) != "" {
				return deny("the control API serves clients on its own machine alone, and this request came by a proxy: it has %s", name)
			}
		}
		if !loopback(r.Host) {
			return deny("Host: must be a name of this machine such as localhost, not %s", quote(r.Host))
		}
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, r.Host) {
			return deny("Origin: must be of this server, not %s", quote(origin))
		}
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return deny("a page of another site cannot use the control API")
	}
	return nil
}

// read reads the body of a POST.
func (in *controlRequest) read() error {
	if kind, _, _ := mime.ParseMediaType(in.r.Header.Get("Content-Type")); kind != "application/json" {
		return &controlError{http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type: must be application/json"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(in.w, io.NopCloser(patient(in.w, in.r)), maxControlBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return &controlError{http.StatusRequestEntityTooLarge, "entity_too_large", "the body has more than " + itoa(maxControlBody) + " bytes"}
	}
	if err != nil {
		known := unreadable(err)
		return &controlError{known.status(), known.typ, known.message}
	}
	in.body = body
	return nil
}

// decode reads the body into a struct. An empty body is an empty object.
func (in *controlRequest) decode(v any) error {
	if len(in.body) == 0 {
		return nil
	}
	return decodeStrict(in.body, v)
}

// query returns the parameters of the address; others than the allowed are
// refused.
func (in *controlRequest) query(allowed ...string) (url.Values, error) {
	q, err := url.ParseQuery(in.r.URL.RawQuery)
	if err != nil {
		return nil, errors.New("the query of the address cannot be read")
	}
	for _, name := range sortedKeys(q) {
		if !slices.Contains(allowed, name) {
			return nil, fmt.Errorf("%s: there is no such parameter: use %s", clip(name), strings.Join(allowed, ", "))
		}
		if len(q[name]) > 1 {
			return nil, fmt.Errorf("%s: is there twice", name)
		}
	}
	return q, nil
}
