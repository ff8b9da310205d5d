package rtmserver

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// FuzzJSON holds decodeValue and appendJSON to encoding/json.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-2.50,3e7,true,false,null,{}],"b":{"c":"d\n\u00e9\ud83d\ude00 <&>"},"":[],"b":1}`, `"\ud800"`, ` [ ] `, `0`, "\"\u2028\"",
		`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"n":14,"o":15,"p":16,"q":17,"r":18}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := wire.NewDecoder(data)
		var want any
		if err := decodeNumbers(data, &want); err != nil || d.Err() != nil || !utf8.Valid(data) {
			return
		}
		got := decodeValue(&d)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", data, got, want)
		}
		var back any
		if out := appendJSON(nil, got); decodeNumbers(out, &back) != nil || !reflect.DeepEqual(back, want) {
			t.Errorf("%s became %s", data, out)
		}
	})
}

func TestAppendJSON(t *testing.T) {
	type other struct {
		A int `json:"a"`
	}
	for _, v := range []any{
		nil, true, "x\"\\\t\x00", 7, json.Number("1.50"), obj{"b": 1, "a": obj{}}, params{"a": nil}, properties{"n": map[string]any{"v": 1}}, obj(nil),
		[]any{1, "a", nil}, []any(nil), []obj{{"a": 1}, nil}, []obj{}, []string{"a"}, []string(nil), []int{1, 2}, []int(nil),
		json.RawMessage(`{"a":1}`), json.RawMessage(nil), nameLists{"a": {"b"}}, other{3}, &other{4}, 1.5, int64(9), visit{},
	} {
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendJSON(nil, v); string(got) != string(want) {
			t.Errorf("%#v: got %s, want %s", v, got, want)
		}
	}
}
