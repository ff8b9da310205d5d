package codec

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

func TestProperties(t *testing.T) {
	const data = `{"a":{"bool":true,"float":0.5,"int":-3,"list":[1.0,null],"nothing":null,"text":"x"},"b":{}}`
	d := wire.NewDecoder([]byte(data))
	p := Properties(&d)
	if d.Err() != nil || p["a"]["int"] != -3 || p["a"]["float"] != 0.5 || p["a"]["text"] != "x" || p["a"]["bool"] != true || p["a"]["nothing"] != nil {
		t.Errorf("got %#v, %v", p, d.Err())
	}
	if got := string(AppendProperties(nil, p)); got != data {
		t.Errorf("got  %s\nwant %s", got, data)
	}
	type name string
	odd := rtm.Properties{"n": {"named": name("x"), "u8": uint8(7), "f32": float32(1.5), "fn": func() {}, "nan": math.NaN(), "raw": json.RawMessage(`{}`)}}
	if got, want := string(AppendProperties(nil, odd)), `{"n":{"f32":1.5,"fn":null,"named":"x","nan":null,"raw":{},"u8":7}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestUnknown(t *testing.T) {
	d := wire.NewDecoder([]byte(`{ "b" : [1.0] , "\"a" : 1 , "b":null}`))
	var u rtm.Unknown
	for ok := d.Object(); ok && d.Next(); {
		Keep(&u, &d)
	}
	if got, want := string(AppendUnknown([]byte("{"), u)), `{"b":[1.0],"\"a":1,"b":null`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if string(u.Get("b")) != "null" || u.Get("c") != nil {
		t.Errorf("Get finds %s and %s", u.Get("b"), u.Get("c"))
	}
}
