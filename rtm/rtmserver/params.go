package rtmserver

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// obj is a JSON object to be sent.
type obj = map[string]any

// params is a JSON object that came in and was validated. Its methods treat null
// as absent, and give the zero value for what is absent.
type params map[string]any

func (p params) str(name string) string {
	s, _ := p[name].(string)
	return s
}

func (p params) boolOr(name string, otherwise bool) bool {
	if b, ok := p[name].(bool); ok {
		return b
	}
	return otherwise
}

func (p params) intOr(name string, otherwise int) int {
	if p[name] == nil {
		return otherwise
	}
	return number(p[name])
}

func (p params) obj(name string) params {
	m, _ := p[name].(map[string]any)
	return m
}

func (p params) props(name string) properties {
	m, _ := p[name].(map[string]any)
	return m
}

func (p params) list(name string) []any {
	l, _ := p[name].([]any)
	return l
}

func (p params) time(name string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, p.str(name))
	return t.UTC(), err == nil
}

// number returns a validated integer.
func number(x any) int {
	n, _ := x.(json.Number)
	i, _ := strconv.Atoi(n.String())
	return i
}

// sameValue compares the values of properties; numbers by their value.
func sameValue(a, b any) bool {
	x, okX := a.(json.Number)
	y, okY := b.(json.Number)
	if okX && okY {
		f, errF := x.Float64()
		g, errG := y.Float64()
		return errF == nil && errG == nil && f == g
	}
	switch a.(type) {
	case string, bool:
		return a == b
	}
	return false
}

// stamp writes a time as the protocol does: UTC, six decimals.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

func itoa(n int) string { return strconv.Itoa(n) }

// quote shows a client's text in an error, shortened.
func quote(s string) string { return strconv.Quote(clip(s)) }

func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
