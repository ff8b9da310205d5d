package rtmserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// maxArray is how many bytes a frame of SockJS may have: one message of maxFrame,
// escapes, and others beside it. A longer one closes the connection.
const maxArray = 4 * maxFrame

// brokenFraming is the code with which SockJS closes what sends no array.
const brokenFraming websocket.StatusCode = 3000

var errBroken = errors.New("rtmserver: broken framing of SockJS")

// sockJSPath has the base address, which is followed by /info, or by the client's
// choice of a server, a session, and the name of a transport.
var sockJSPath = regexp.MustCompile(`^/v([^/]+)/(customer|agent)/rtm/sjs(?:/(info)?|/[^/.]+/[^/.]+/([a-z_]+))?$`)

// serveSockJS serves what is below the base address of SockJS, and reports
// whether the request was one of these. The protocol is
// https://github.com/sockjs/sockjs-protocol; of its transports there is the one
// over WebSocket, and /info is the client's hint not to wait for others.
func (s *Server) serveSockJS(w http.ResponseWriter, r *http.Request) bool {
	m := sockJSPath.FindStringSubmatch(r.URL.Path)
	if m == nil {
		return false
	}
	side := customerSide
	if m[2] == "agent" {
		side = agentSide
	}
	switch {
	case m[3] != "":
		// In any version, so that the socket can say that it is not served.
		s.serveInfo(w, r)
	case !slices.Contains(versions[:], m[1]) && r.Header.Get("Upgrade") == "":
		sockJSHeader(w, r)
		httpError(w, http.StatusNotFound, "unsupported_version", "API version "+quote(m[1])+" is not served here; use /v"+newest+"/"+m[2]+"/rtm/sjs")
	case m[4] == "websocket":
		s.serveTransport(w, r, side, m[1], func(c *socket) (transport, error) { return c.acceptSockJS(w, r) })
	case m[4] != "":
		sockJSHeader(w, r)
		httpError(w, http.StatusNotFound, "not_found", "of the transports of SockJS there is websocket only, not "+quote(m[4]))
	default:
		w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
		_, _ = io.WriteString(w, "Welcome to SockJS!\n")
	}
	return true
}

// serveInfo tells a client of SockJS what it can do here.
func (s *Server) serveInfo(w http.ResponseWriter, r *http.Request) {
	sockJSHeader(w, r)
	if s.foreign(w, r) {
		return
	}
	switch r.Method {
	case http.MethodGet:
		writeJSON(w, http.StatusOK, obj{
			"websocket": true, "origins": []string{"*:*"}, "cookie_needed": false,
			"entropy": rand.Uint32(), // randomness for clients that have none of their own: no part of what repeats
		})
	case http.MethodOptions:
		w.Header().Set("Access-Control-Allow-Methods", "OPTIONS, GET")
		w.Header().Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, OPTIONS")
		httpError(w, http.StatusMethodNotAllowed, "validation", "use GET")
	}
}

// sockJSHeader lets pages of any origin read an answer. The client sends its
// cookies, which are not used here.
func sockJSHeader(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if origin := r.Header.Get("Origin"); origin != "" && origin != "null" {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	} else {
		h.Set("Access-Control-Allow-Origin", "*")
	}
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	h.Add("Vary", "Origin")
	h.Set("Cache-Control", "no-store, no-cache, no-transform, must-revalidate, max-age=0")
}

// sockJS is the transport of SockJS over a WebSocket: the server's frames are o
// (open), h (heartbeat), a["…",…] (messages) and c[code,"reason"] (close), the
// client's are arrays of messages.
type sockJS struct {
	ws   *websocket.Conn
	left []byte // of the array whose messages are being read
}

// acceptSockJS answers the request for a WebSocket and opens the session on it.
func (c *socket) acceptSockJS(w http.ResponseWriter, r *http.Request) (transport, error) {
	ws, err := c.accept(w, r)
	if err != nil {
		return nil, err
	}
	t := &sockJS{ws: ws}
	ctx, cancel := context.WithTimeout(c.ctx, writeTimeout)
	defer cancel()
	if err := t.frame(ctx, "o"); err != nil {
		_ = ws.CloseNow()
		return nil, err
	}
	return t, nil
}

// Reader gives the messages of arrays one by one. An array that is broken ends
// the connection and gives none; an empty frame is nothing.
func (t *sockJS) Reader(ctx context.Context) (io.Reader, error) {
	for {
		message, left, ok := cutMessage(t.left)
		if t.left = left; ok {
			return bytes.NewReader(message), nil
		}
		_, r, err := t.ws.Reader(ctx)
		if err != nil {
			return nil, err
		}
		array, err := io.ReadAll(io.LimitReader(r, maxArray+1))
		if err != nil {
			return nil, err
		}
		if len(array) > maxArray {
			t.Close(websocket.StatusMessageTooBig, "A frame is over the limit of "+itoa(maxArray)+" bytes.")
			return nil, errBroken
		}
		if !isArray(array) {
			t.Close(brokenFraming, "Broken framing.")
			return nil, errBroken
		}
		t.left = array
	}
}

// isArray reports whether a frame is what a client may send: an array of strings,
// a single string, or nothing.
func isArray(frame []byte) bool {
	if len(frame) == 0 {
		return true
	}
	if !utf8.Valid(frame) || !wire.Valid(frame) {
		return false
	}
	switch bytes.TrimLeft(frame, " \t\r\n")[0] {
	case '"':
		return true
	case '[':
		for element := range wire.Elements(frame) {
			if element[0] != '"' {
				return false
			}
		}
		return true
	}
	return false
}

// cutMessage takes the first message off what isArray has found good.
func cutMessage(array []byte) (message, left []byte, ok bool) {
	begin := bytes.IndexByte(array, '"')
	if begin < 0 {
		return nil, nil, false
	}
	end := begin + 1
	for ; array[end] != '"'; end++ {
		if array[end] == '\\' {
			end++
		}
	}
	s, _ := wire.String(array[begin : end+1])
	return []byte(s), array[end+1:], true
}

// Write sends a frame as an array of one message.
func (t *sockJS) Write(ctx context.Context, frame []byte) error {
	return t.frame(ctx, "a["+quoteJSON(string(frame))+"]")
}

// Ping sends a heartbeat, which clients that know it answer with a message, and a
// control ping, which all others answer.
func (t *sockJS) Ping(ctx context.Context) error {
	if err := t.frame(ctx, "h"); err != nil {
		return err
	}
	return t.ws.Ping(ctx)
}

func (t *sockJS) Close(code websocket.StatusCode, reason string) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if t.frame(ctx, "c["+itoa(int(code))+","+quoteJSON(reason)+"]") == nil {
		_ = t.ws.Close(websocket.StatusNormalClosure, "")
	}
}

func (t *sockJS) CloseNow() { _ = t.ws.CloseNow() }

func (t *sockJS) frame(ctx context.Context, s string) error {
	return t.ws.Write(ctx, websocket.MessageText, []byte(s))
}

// quoteJSON is s as JSON without the escapes that only HTML needs.
func quoteJSON(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // of a string into memory
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}
