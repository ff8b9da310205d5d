package wire

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"
)

var samples = []string{
	`{}`, `[]`, `""`, `0`, `-0.5e+10`, `true`, `false`, `null`, ` { "a" : [ 1 , 2 ] } `,
	`{"a":{"b":{"c":"d"}}}`, `{"a":1,"a":2}`, `{"\u0061":3}`, `"\ud83d\ude00 \ud800 \u0000"`, `"a\"b\\\/\b\f\n\r\t"`,
	`"` + "\xff" + `"`,
	``, ` `, `{`, `}`, `[1,]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `01`, `1.`, `.5`, `1e`, `-`, `tru`, `nul`, `"`, `"\x"`, `"\u12"`,
	"\"\n\"", `[1 2]`, `{"a":1 "b":2}`, `1 2`, `{"a":1}}`,
}

func TestValidAgreesWithEncodingJSON(t *testing.T) {
	for _, s := range samples {
		if got, want := Valid([]byte(s)), json.Valid([]byte(s)); got != want {
			t.Errorf("Valid(%q) = %v, want %v", s, got, want)
		}
	}
	if deep := slices.Repeat([]byte("["), 100_000); Valid(deep) {
		t.Error("Valid accepts unclosed arrays")
	}
	if deep := append(slices.Repeat([]byte("["), 300), slices.Repeat([]byte("]"), 300)...); Valid(deep) {
		t.Error("Valid accepts 300 levels")
	}
}

func TestGet(t *testing.T) {
	obj := []byte(` {"a":{"b":[1,{"c":"d"}]}, "n":null, "a2":1, "a2":2, "\u0065":"esc"}`)
	for _, c := range []struct {
		path []string
		want string
	}{
		{[]string{"a", "b"}, `[1,{"c":"d"}]`},
		{[]string{"n"}, `null`},
		{[]string{"a2"}, `2`},
		{[]string{"e"}, `"esc"`},
		{[]string{"a", "missing"}, ``},
		{[]string{"n", "x"}, ``},
	} {
		if got := string(Get(obj, c.path...)); got != c.want {
			t.Errorf("Get(%v) = %q, want %q", c.path, got, c.want)
		}
	}
}

func TestMembersAndElements(t *testing.T) {
	got := maps.Collect(Members([]byte(`{"x":1,"y":[2,3]}`)))
	if len(got) != 2 || string(got["x"]) != "1" || string(got["y"]) != "[2,3]" {
		t.Errorf("Members = %q", got)
	}
	var elems []string
	for e := range Elements([]byte(` [ 1 , "two" , {"three":3} ] `)) {
		elems = append(elems, string(e))
	}
	if !slices.Equal(elems, []string{"1", `"two"`, `{"three":3}`}) {
		t.Errorf("Elements = %q", elems)
	}
	for range Elements([]byte(`{}`)) {
		t.Error("an object has no elements")
	}
	for range Members([]byte(`[]`)) {
		t.Error("an array has no members")
	}
}

func TestScalars(t *testing.T) {
	if v, ok := Bool([]byte(" true ")); !v || !ok {
		t.Error("Bool(true)")
	}
	if _, ok := Bool([]byte(`"true"`)); ok {
		t.Error("a string is no bool")
	}
	if n, ok := Int([]byte("-42")); n != -42 || !ok {
		t.Error("Int(-42)")
	}
	if _, ok := Int([]byte("1.5")); ok {
		t.Error("1.5 is no whole number")
	}
	if !IsNull(nil) || !IsNull([]byte(" null")) || IsNull([]byte("0")) {
		t.Error("IsNull")
	}
	want := time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC)
	raw := AppendTime(nil, want)
	if string(raw) != `"2026-03-04T05:06:07.123456Z"` {
		t.Errorf("AppendTime = %s", raw)
	}
	if got, ok := Time(raw); !ok || !got.Equal(want) {
		t.Errorf("Time(%s) = %v, %v", raw, got, ok)
	}
	if _, ok := Time([]byte(`"yesterday"`)); ok {
		t.Error("yesterday is no time")
	}
}

func TestObject(t *testing.T) {
	var empty Object
	if got := string(empty.Bytes()); got != "{}" {
		t.Errorf("empty Object = %s", got)
	}
	var o Object
	o.Str("s", "a\"\n\x00\u2028é\xff")
	o.Int("i", -1)
	o.Bool("b", true)
	o.Raw("absent", nil)
	o.Raw("empty", []byte{})
	o.Raw("r", []byte(`[1]`))
	if got, want := string(o.Bytes()), `{"s":"a\"\n\u0000\u2028é`+"\ufffd"+`","i":-1,"b":true,"r":[1]}`; got != want {
		t.Errorf("Object = %s, want %s", got, want)
	}
}

func FuzzAgainstEncodingJSON(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		valid := Valid(b)
		if json.Valid(b) != valid && !deeperThan(b, maxDepth) {
			t.Fatalf("Valid(%q) = %v", b, valid)
		}
		for name, raw := range Members(b) {
			_, _ = name, Get(raw, "x")
		}
		for e := range Elements(b) {
			String(e)
		}
		if s, ok := String(b); ok && valid {
			var want string
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatalf("String(%q) = %q, encoding/json: %v", b, s, err)
			}
			var again string
			if err := json.Unmarshal(AppendString(nil, s), &again); err != nil || again != want {
				t.Fatalf("AppendString(%q) reads back as %q, want %q", s, again, want)
			}
		}
	})
}

// deeperThan reports whether b may nest deeper than n.
func deeperThan(b []byte, n int) bool {
	depth := 0
	for _, c := range b {
		if c == '[' || c == '{' {
			depth++
		}
	}
	return depth > n
}
