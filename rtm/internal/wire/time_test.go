package wire_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// strict is what package time takes and RFC 3339 does not: another separator,
// offsets of a day and more.
var strict = regexp.MustCompile(`^[^,]*(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)

// FuzzTime holds Time and Nanos to package time: they take what that takes and
// RFC 3339 allows, and get the same.
func FuzzTime(f *testing.F) {
	for _, s := range []string{
		"2026-01-02T15:04:05.123456Z", "2026-01-02T15:04:05Z", "2024-02-29T23:59:59.9999999999+23:59", "2023-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z", "2000-02-29T00:00:00-00:30", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1969-12-31T23:59:59.5Z",
		"2026-01-02t15:04:05Z", "2026-01-02T24:00:00Z", "2026-13-02T15:04:05Z", "2026-00-02T15:04:05Z", "2026-01-00T15:04:05Z",
		"2026-01-02T15:04:60Z", "2026-01-02T15:04:05.Z", "2026-01-02T15:04:05,5Z", "2026-01-02T15:04:05+24:00", "2026-01-02T15:04:05+0100",
		"2026-01-02T15:04:05", "2026-1-02T15:04:05Z", "", "Z",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want time.Time
		raw := wire.AppendString(nil, s)
		wantOK := want.UnmarshalText([]byte(s)) == nil && strict.MatchString(s)
		got, ok := wire.Time(raw)
		if ok != wantOK || ok && !got.Equal(want) {
			t.Fatalf("%q: got %v, %v; want %v, %v", s, got, ok, want, wantOK)
		}
		if ok && wire.Nanos(raw) != want.UnixNano() {
			t.Fatalf("%q: got %d nanoseconds, want %d", s, wire.Nanos(raw), want.UnixNano())
		}
	})
}

func FuzzAppendTime(f *testing.F) {
	for _, s := range []int64{0, -1, 951782400, 951868799, 951868800, 4102444800, 253402300799, -62135596800, -62167219201, -2203891200} {
		f.Add(s, int64(123456789))
	}
	f.Fuzz(func(t *testing.T, seconds, nanos int64) {
		seconds %= 1 << 38 // the years -6741 to 10680
		at := time.Unix(seconds, nanos%1e9)
		if got, want := string(wire.AppendTime(nil, at)), `"`+at.UTC().Format(wire.TimeFormat)+`"`; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}
