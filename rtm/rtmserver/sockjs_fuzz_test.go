package rtmserver

import (
	"encoding/json"
	"slices"
	"testing"
	"unicode/utf8"
)

// FuzzUnpack compares what a frame of SockJS is taken for with encoding/json.
func FuzzUnpack(f *testing.F) {
	for _, s := range []string{
		"", `"x"`, ` "\"" `, `[]`, `[""]`, ` [ "a" , "b\\" ,"\\\"\u005d😀" ] `, `["\ud800"]`, `["a",1]`, `["a",null]`, `{"a":"b"}`, `null`, `["a"`, `[["a"]]`,
		`["{\"action\":\"ping\",\"payload\":{\"x\":\"\\\"\"}}"]`, "[\"\xff\"]", "[\"\x00\"]",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		var got []string
		ok := isArray(frame)
		if ok {
			for rest := frame; ; {
				m, left, more := cutMessage(rest)
				if !more {
					break
				}
				got, rest = append(got, string(m)), left
			}
		}
		var list []*string
		var one *string
		var want []string
		good := len(frame) == 0
		switch {
		case !utf8.Valid(frame):
		case json.Unmarshal(frame, &one) == nil && one != nil:
			want, good = []string{*one}, true
		case json.Unmarshal(frame, &list) == nil && list != nil && !slices.Contains(list, nil):
			for _, s := range list {
				want = append(want, *s)
			}
			good = true
		}
		if ok != good || !slices.Equal(got, want) {
			t.Errorf("%q: got %v %q, want %v %q", frame, ok, got, good, want)
		}
	})
}
