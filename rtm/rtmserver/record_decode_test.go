package rtmserver

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"
)

// plainEntry is decodeEntry by encoding/json alone.
func plainEntry(data []byte) (records []*record, err error) {
	err = decodeNumbers(data, &records)
	return records, err
}

// FuzzDecodeEntry reads entries as encoding/json does, and those that it writes in
// the fast way as well.
func FuzzDecodeEntry(f *testing.F) {
	for _, n := range []int{0, 1} {
		data, err := encodeEntry(said(n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	e := event{ID: "1", Type: "file", Visibility: "agents", Deleted: true, Files: []string{"f"}, CreatedAt: time.Unix(1, 2000).In(time.FixedZone("", 3600)),
		Properties: properties{"a": map[string]any{"b": json.Number("1.50")}}, Body: newBody(map[string]any{"a": []any{nil, true, "\u2028<\U0001F600"}, "b": nil})}
	data, err := encodeEntry([]*record{{Kind: eventAdded, Event: &e}, {Kind: eventsSeen, UserID: "u", SeenUpTo: time.Unix(1, 2000).UTC()}, {Kind: chatFollowed},
		{Kind: threadOpened, Thread: &thread{ID: "t", Events: []*event{&e}}}, {Kind: threadOpened, Thread: &thread{}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	for _, s := range []string{
		`[]`, `null`, `[{}]`, `{"kind":"x"}`, `[{"kind":null,"event":null}]`, `[{"event":{"body":[],"properties":null,"files":[]}}]`,
		`[{"at":"never"},{"by":7}]`, `[{"thread":{"events":null}},{"thread":{"events":[null,{}]}},{"thread":{"events":7}}]`, `[{"deep":[[[[]]]]}] `, `[1`, `[{"kind":"\ud800"}]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want, err := plainEntry(data)
		if err != nil || slices.Contains(want, nil) {
			return // no entry
		}
		// What a log holds is what encodeEntry made.
		if data, err = encodeEntry(want); err != nil {
			return // a time out of range
		}
		if want, err = plainEntry(data); err != nil {
			t.Fatal(err)
		}
		got, err := readRecords(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: read as\n%+v\nnot\n%+v", data, got, want)
		}
		if again, err := encodeEntry(got); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%s became %s, %v", data, again, err)
		}
	})
}
