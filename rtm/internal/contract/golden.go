package contract

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// A Frame is a line of a file of golden frames.
type Frame struct {
	Name    string // such as "push incoming_event"
	Payload []byte
	New     func() any // the type of the payload, nil when there is none
}

// Frames reads the golden frames of a file.
func (types Types) Frames(t testing.TB, file string) []Frame {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var frames []Frame
	for line := range bytes.Lines(data) {
		if !wire.Valid(line) {
			t.Fatalf("%s: not JSON: %s", file, line)
		}
		action := wire.Str(line, "action")
		kind, makers := wire.Str(line, "type"), types.Requests
		switch kind {
		case "push":
			makers = types.Pushes
		case "response":
			makers = types.Responses
		case "":
			kind = "request"
		}
		frames = append(frames, Frame{kind + " " + action, wire.Get(line, "payload"), makers[action]})
	}
	return frames
}

// RoundTrip decodes each frame and encodes it again, which must give the same
// bytes. Every method and push must have its frames.
func (types Types) RoundTrip(t *testing.T, api *catalogue.API, frames []Frame) {
	left := make(map[string]bool)
	for _, m := range api.Methods {
		left["request "+m.Action], left["response "+m.Action] = true, true
	}
	for _, p := range api.Pushes {
		left["push "+p.Action] = true
	}
	for _, f := range frames {
		delete(left, f.Name)
		if f.New == nil {
			if string(f.Payload) != "{}" && f.Name != "request ping" {
				t.Errorf("%s has no type", f.Name)
			}
			continue
		}
		v := f.New()
		if err := v.(json.Unmarshaler).UnmarshalJSON(f.Payload); err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		got, err := v.(json.Marshaler).MarshalJSON()
		if err != nil || !bytes.Equal(got, f.Payload) {
			t.Errorf("%s: %v\ngot  %s\nwant %s", f.Name, err, got, f.Payload)
		}
	}
	for name := range left {
		t.Errorf("%s has no golden frame", name)
	}
}

// Stable decodes any bytes into a value and holds what comes out of it to
// itself: it encodes as JSON, and that decodes and encodes the same.
func Stable(t *testing.T, v, again any, data []byte) {
	if v.(json.Unmarshaler).UnmarshalJSON(data) != nil {
		return
	}
	first, err := v.(json.Marshaler).MarshalJSON()
	if err != nil || !wire.Valid(first) {
		t.Fatalf("%T of %q encodes as %q: %v", v, data, first, err)
	}
	if err := again.(json.Unmarshaler).UnmarshalJSON(first); err != nil {
		t.Fatalf("%T of %q encodes as %s, which does not decode: %v", v, data, first, err)
	}
	second, err := again.(json.Marshaler).MarshalJSON()
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("%T of %q is not stable: %v\nfirst  %s\nsecond %s", v, data, err, first, second)
	}
}
