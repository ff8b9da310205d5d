package rtmserver

import (
	"encoding/json"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// TestBodyOfInput takes the members of a type out of what a client sent, in whatever
// order and spelling.
func TestBodyOfInput(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain", `{"type":"message","text":"hello"}`, `{"text":"hello"}`},
		{"no member of a body", `{"type":"message","text":"a","custom_id":"x","visibility":"all","properties":{},"id":"y","other":1}`, `{"text":"a"}`},
		{"null is absent", `{"type":"message","postback":null,"text":"a"}`, `{"text":"a"}`},
		{"the last one counts", `{"type":"message","text":"a","text":"b"}`, `{"text":"b"}`},
		{"spelling", "{ \"type\": \"message\", \"te\\u0078t\" : \"\\u003c\\/\u2028\\n\" }", `{"text":"</\u2028\n"}`},
		{"order", `{"type":"message","text":"a","postback":{"toggled":true,"id":"i","n":1.50}}`, `{"postback":{"id":"i","n":1.50,"toggled":true},"text":"a"}`},
		{"none", `{"type":"message"}`, `{}`},
	} {
		d := wire.NewDecoder([]byte(tt.in))
		in := readEventInput(&d)
		for _, side := range []side{customerSide, agentSide} {
			if got := string(in.body(side)); got != tt.want {
				t.Errorf("%s: the body of a %s is %s, want %s", tt.name, side, got, tt.want)
			}
		}
	}
}

// TestWrittenBody reads back what either encoder has written: the same body.
func TestWrittenBody(t *testing.T) {
	for _, members := range []map[string]any{
		{}, {"text": "plain", "a": json.Number("1.50")}, {"text": "<b>&\"\\ \u2028 \u00e9", "elements": []any{map[string]any{"x": nil}}},
	} {
		want := newBody(members)
		written, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{want, written} {
			var got body
			if err := json.Unmarshal(text, &got); err != nil || string(got) != string(want) {
				t.Errorf("%s was read as %s, %v, want %s", text, got, err, want)
			}
		}
		if e := (&event{Body: want}); e.Body.with("text", "x").str("text") != "x" || string(e.Body) != string(want) {
			t.Errorf("with changed %s to %s", want, e.Body)
		}
	}
	for _, bad := range []string{`[]`, `7`, `"{}"`} {
		var b body
		if json.Unmarshal([]byte(bad), &b) == nil {
			t.Errorf("%s was read as the body %s", bad, b)
		}
	}
}
