package rtmserver

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// TestEncodeEntry compares the short way of events with encoding/json, with every
// field of an event set and with none.
func TestEncodeEntry(t *testing.T) {
	full := &event{
		ID: "T_1", CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 678900, time.UTC), Type: "message", AuthorID: "a\"<é>", CustomID: "c", Visibility: "all",
		Properties: properties{"ns": map[string]any{"n": json.Number("1"), "b": true}},
		Body:       newBody(map[string]any{"text": "\u2028 hello\n", "text_vars": map[string]string{"a": "b"}, "version": 1, "elements": []any{map[string]any{"x": nil}}}),
		Files:      []string{"f"}, Deleted: true,
	}
	for v, i := reflect.ValueOf(full).Elem(), 0; i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("the test does not set %s", v.Type().Field(i).Name)
		}
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		r     *record
		plain bool
	}{
		{&record{Kind: eventAdded, At: at, By: "u", ChatID: "C", ThreadID: "T", Event: full}, true},
		{&record{Kind: eventAdded, At: at, Event: &event{}}, true},
		{&record{Kind: eventAdded, At: at, ChatID: "C", Event: full, Tag: "x"}, false},
		{&record{Kind: eventAdded, At: at, ChatID: "C"}, false},
		{&record{Kind: threadTagged, At: at, ChatID: "C", Event: full}, false},
	} {
		if tt.r.plainEvent() != tt.plain {
			t.Errorf("%+v: plain is %v", tt.r, !tt.plain)
		}
		got, err := encodeEntry([]*record{tt.r, tt.r})
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal([]*record{tt.r, tt.r})
		if err != nil {
			t.Fatal(err)
		}
		var x, y any
		if decodeNumbers(got, &x) != nil || decodeNumbers(want, &y) != nil || !reflect.DeepEqual(x, y) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
