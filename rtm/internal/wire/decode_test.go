package wire_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// thing has a member of each kind that the generated types have.
type thing struct {
	Text    string                     `json:"text"`
	Flag    bool                       `json:"flag"`
	Count   int                        `json:"count"`
	Price   float64                    `json:"price"`
	At      time.Time                  `json:"at"`
	Raw     json.RawMessage            `json:"raw"`
	Inner   *thing                     `json:"inner"`
	List    []thing                    `json:"list"`
	Strings []string                   `json:"strings"`
	Map     map[string]json.RawMessage `json:"map"`
}

func (x *thing) decode(d *wire.Decoder) {
	for ok := d.Object(); ok && d.Next(); {
		switch string(d.Name()) {
		case "text":
			x.Text = d.String()
		case "flag":
			x.Flag = d.Bool()
		case "count":
			x.Count = d.Int()
		case "price":
			x.Price = d.Float()
		case "at":
			x.At = d.Time()
		case "raw":
			x.Raw = bytes.Clone(d.Raw())
		case "inner":
			x.Inner = nil
			if !d.Null() {
				x.Inner = new(thing)
				x.Inner.decode(d)
			}
		case "list":
			x.List = nil
			if d.Array() {
				x.List = []thing{}
				for d.More() {
					var item thing
					item.decode(d)
					x.List = append(x.List, item)
				}
			}
		case "strings":
			x.Strings = nil
			if d.Array() {
				x.Strings = []string{}
				for d.More() {
					x.Strings = append(x.Strings, d.String())
				}
			}
		case "map":
			x.Map = nil
			if d.Object() {
				x.Map = map[string]json.RawMessage{}
				for d.Next() {
					x.Map[string(d.Name())] = bytes.Clone(d.Raw())
				}
			}
		default:
			d.Skip()
		}
	}
}

func decode(data string) (*thing, error) {
	d := wire.NewDecoder([]byte(data))
	x := new(thing)
	x.decode(&d)
	return x, d.Err()
}

const whole = ` { "text" : "a\"\u00e9\\" , "flag":true,"count" : -12 ,"price": 1.5e3, "at":"2026-01-02T15:04:05.123456+01:00", "raw": [1, {"a":null}] ,
	"inner" : {"count":3.0, "list":[ ]} , "list" : [ {"text":"x"} , {} , { "flag" : false } ], "strings":[ "p" , "q" ],
	"map" : { "\u006b" : 1 , "l":"m" } , "unknown" : {"text":[{}]} } `

func TestDecoder(t *testing.T) {
	got, err := decode(whole)
	if err != nil {
		t.Fatal(err)
	}
	var want thing
	if err := json.Unmarshal([]byte(whole), &want); err == nil {
		t.Fatal("encoding/json takes 3.0 for an int")
	}
	if err := json.Unmarshal(bytes.Replace([]byte(whole), []byte("3.0"), []byte("3"), 1), &want); err != nil {
		t.Fatal(err)
	}
	if a, b := text(t, got), text(t, want); a != b {
		t.Errorf("got  %s\nwant %s", a, b)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestDecoderNamesWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ data, want string }{
		{`{"text":1}`, "text: must be a string, not a number"},
		{`{"text":{}}`, "text: must be a string, not an object"},
		{`{"flag":"true"}`, "flag: must be a boolean, not a string"},
		{`{"count":1.5}`, "count: must be an integer, not 1.5"},
		{`{"count":1e400}`, "count: must be an integer, not 1e400"},
		{`{"count":[]}`, "count: must be an integer, not an array"},
		{`{"price":"1"}`, "price: must be a number, not a string"},
		{`{"price":1e400}`, "price: must be a number of 64 bits, not 1e400"},
		{`{"at":"today"}`, "at: must be an RFC 3339 time such as 2026-01-02T15:04:05.000000Z"},
		{`{"at":7}`, "at: must be a string with an RFC 3339 time, not a number"},
		{`{"list":{}}`, "list: must be an array, not an object"},
		{`{"list":[{},{"inner":{"strings":["a",true]}}]}`, "list[1].inner.strings[1]: must be a string, not a boolean"},
		{` {"text":"a", "list" : [ {"text":"b"} , {"t\u0065xt" : 2 } ] }`, "list[1].text: must be a string, not a number"},
		{`{"text":1,"flag":1}`, "text: must be a string, not a number"},
		{`[]`, "must be an object, not an array"},
		{`{`, "is not JSON"},
		{``, "is not JSON"},
	} {
		if _, err := decode(tt.data); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.data, err, tt.want)
		}
	}
	x, err := decode(`{"text":null,"flag":null,"count":null,"price":null,"at":null,"inner":null,"list":null,"strings":[null],"map":null}`)
	if err != nil || x.Inner != nil || x.List != nil || len(x.Strings) != 1 {
		t.Errorf("null is not absent: %+v, %v", x, err)
	}
	if x, err := decode(`null`); err != nil || x.Text != "" {
		t.Errorf("null as a whole: %+v, %v", x, err)
	}
	x, err = decode(`{"flag":3,"text":"still read"}`)
	if err == nil || x.Text != "still read" {
		t.Errorf("what follows a problem is lost: %+v, %v", x, err)
	}
}

func TestDecoderMakesUTF8(t *testing.T) {
	got, err := decode("{\"text\":\"a\xff\xfe\\u0062\xc3\xa9\"}")
	if want := "a\ufffd\ufffdbé"; err != nil || got.Text != want {
		t.Errorf("got %q, %v; want %q", got.Text, err, want)
	}
}

func TestPeek(t *testing.T) {
	d := wire.NewDecoder([]byte(`[{"a":{"type":"no"},"type":"first","ty\u0070e":"yes"},3]`))
	d.Array()
	d.More()
	if got := string(d.Peek("type")); got != `"yes"` {
		t.Errorf("Peek = %s", got)
	}
	if got := d.Peek("none"); got != nil {
		t.Errorf("Peek of what is not there = %s", got)
	}
	if got := string(d.Raw()); got != `{"a":{"type":"no"},"type":"first","ty\u0070e":"yes"}` {
		t.Errorf("Peek has moved: %s", got)
	}
	d.More()
	if got := d.Peek("type"); got != nil || d.Int() != 3 || d.More() || d.Err() != nil {
		t.Errorf("Peek into a number = %s, %v", got, d.Err())
	}
}

// FuzzDecoder holds the decoder to encoding/json: it takes what that takes, and
// gets the same from it.
func FuzzDecoder(f *testing.F) {
	for _, s := range []string{whole, `{"text":1}`, `{"at":"2026-01-02T15:04:05Z"}`, `{"list":[{"inner":{}}],"map":{"a":1,"a":2}}`, `{"strings":["\ud83d\ude00","\ud83d"]}`, `null`, `{"inner":null}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := wire.NewDecoder(data)
		var got thing
		got.decode(&d)
		if !utf8.Valid(data) || caseless(data) {
			return
		}
		var want thing
		if err := json.Unmarshal(data, &want); err != nil {
			return // this decoder takes a little more: 3.0 for 3
		}
		if d.Err() != nil {
			t.Fatalf("refuses %q: %v", data, d.Err())
		}
		if a, b := text(t, got), text(t, want); a != b && !bytes.Contains(data, []byte("null")) && !repeats(data) {
			t.Fatalf("%q\ngot  %s\nwant %s", data, a, b)
		}
	})
}

// caseless reports a name that encoding/json takes for another, because it
// ignores case.
func caseless(data []byte) bool {
	names := []string{"text", "flag", "count", "price", "at", "raw", "inner", "list", "strings", "map"}
	found := false
	var walk func(raw []byte)
	walk = func(raw []byte) {
		for name, member := range wire.Members(raw) {
			for _, n := range names {
				found = found || name != n && equalFold(name, n)
			}
			walk(member)
		}
		for e := range wire.Elements(raw) {
			walk(e)
		}
	}
	if wire.Valid(data) {
		walk(data)
	}
	return found
}

func equalFold(a, b string) bool { return bytes.EqualFold([]byte(a), []byte(b)) }

// repeats reports a name that is twice in an object: encoding/json merges the
// values, the decoder takes the last.
func repeats(data []byte) bool {
	found := false
	var walk func(raw []byte)
	walk = func(raw []byte) {
		seen := map[string]bool{}
		for name, member := range wire.Members(raw) {
			found = found || seen[name]
			seen[name] = true
			walk(member)
		}
		for e := range wire.Elements(raw) {
			walk(e)
		}
	}
	walk(data)
	return found
}

func TestAppend(t *testing.T) {
	b := []byte("{")
	b = wire.AppendName(b, "a")
	b = wire.AppendRaw(b, nil)
	b = wire.AppendName(b, "b")
	b = append(b, '[')
	for _, n := range []float64{1, -0.5, 1e21, 1e-9, math.NaN()} {
		b = wire.AppendComma(b)
		b = wire.AppendFloat(b, n)
	}
	b = append(b, "]}"...)
	if want := `{"a":null,"b":[1,-0.5,1e+21,1e-9,null]}`; string(b) != want {
		t.Errorf("got %s, want %s", b, want)
	}
}

func FuzzAppendFloat(f *testing.F) {
	f.Add(1.5)
	f.Add(1e-7)
	f.Add(1e300)
	f.Fuzz(func(t *testing.T, n float64) {
		want, err := json.Marshal(n)
		if err != nil {
			want = []byte("null")
		}
		if got := wire.AppendFloat(nil, n); string(got) != string(want) {
			t.Errorf("%v: got %s, want %s", n, got, want)
		}
	})
}
