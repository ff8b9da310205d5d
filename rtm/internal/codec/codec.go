// Package codec holds what the generated codecs of the packages customer and
// agent share: readers and writers of lists, maps and open values over package
// wire. Readers take null for absent; writers sort the names of a map.
package codec

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// String reads a string of a named type.
func String[T ~string](d *wire.Decoder) T { return T(d.String()) }

// Int reads a whole number of a named type.
func Int[T ~int](d *wire.Decoder) T { return T(d.Int()) }

// Raw reads any value and copies its JSON.
func Raw(d *wire.Decoder) json.RawMessage { return bytes.Clone(d.Raw()) }

// Pointer reads a value that tells absent from zero.
func Pointer[T any](d *wire.Decoder, read func(*wire.Decoder) T) *T {
	if d.Null() {
		return nil
	}
	return new(read(d))
}

// Struct reads an object that may be absent.
func Struct[T any](d *wire.Decoder, read func(*T, *wire.Decoder)) *T {
	if d.Null() {
		return nil
	}
	v := new(T)
	read(v, d)
	return v
}

// Value makes a reader of values from a reader of objects.
func Value[T any](read func(*T, *wire.Decoder)) func(*wire.Decoder) T {
	return func(d *wire.Decoder) (v T) {
		read(&v, d)
		return v
	}
}

// List reads an array. An empty one is not nil.
func List[T any](d *wire.Decoder, read func(*wire.Decoder) T) []T {
	if !d.Array() {
		return nil
	}
	list := []T{}
	for d.More() {
		list = append(list, read(d))
	}
	return list
}

// Structs is List for objects.
func Structs[T any](d *wire.Decoder, read func(*T, *wire.Decoder)) []T {
	if !d.Array() {
		return nil
	}
	list := []T{}
	for d.More() {
		var zero T
		list = append(list, zero)
		read(&list[len(list)-1], d)
	}
	return list
}

// Map reads an object with any names. An empty one is not nil.
func Map[T any](d *wire.Decoder, read func(*wire.Decoder) T) map[string]T {
	if !d.Object() {
		return nil
	}
	m := map[string]T{}
	for d.Next() {
		name := string(d.Name())
		m[name] = read(d)
	}
	return m
}

// Keep reads a member that the type has no field for.
func Keep(u *rtm.Unknown, d *wire.Decoder) {
	name := string(d.Name())
	*u = append(*u, rtm.Member{Name: name, Value: Raw(d)})
}

// Properties reads properties.
func Properties(d *wire.Decoder) rtm.Properties {
	return Map(d, func(d *wire.Decoder) map[string]any { return Map(d, property) })
}

// property reads a value of a property, or whatever is there instead.
func property(d *wire.Decoder) any {
	raw := d.Raw()
	if s, ok := wire.String(raw); ok {
		return s
	}
	if v, ok := wire.Bool(raw); ok {
		return v
	}
	if n, err := strconv.Atoi(string(raw)); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(string(raw), 64); err == nil {
		return f
	}
	if wire.IsNull(raw) {
		return nil
	}
	return json.RawMessage(bytes.Clone(raw))
}

// AppendString appends a string of a named type.
func AppendString[T ~string](b []byte, s T) []byte { return wire.AppendString(b, string(s)) }

// AppendInt appends a whole number of a named type.
func AppendInt[T ~int](b []byte, n T) []byte { return strconv.AppendInt(b, int64(n), 10) }

// AppendRaw appends JSON as it stands.
func AppendRaw(b []byte, raw json.RawMessage) []byte { return wire.AppendRaw(b, raw) }

// AppendValue makes a writer of values from a writer of objects.
func AppendValue[T any](write func(*T, []byte) []byte) func([]byte, T) []byte {
	return func(b []byte, v T) []byte { return write(&v, b) }
}

// AppendList appends an array; nil is empty.
func AppendList[S ~[]T, T any](b []byte, list S, write func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for _, v := range list {
		b = write(wire.AppendComma(b), v)
	}
	return append(b, ']')
}

// AppendStructs is AppendList for objects.
func AppendStructs[S ~[]T, T any](b []byte, list S, write func(*T, []byte) []byte) []byte {
	b = append(b, '[')
	for i := range list {
		b = write(&list[i], wire.AppendComma(b))
	}
	return append(b, ']')
}

// AppendMap appends an object with the map's names in order; nil is empty.
func AppendMap[M ~map[string]T, T any](b []byte, m M, write func([]byte, T) []byte) []byte {
	b = append(b, '{')
	for _, name := range slices.Sorted(maps.Keys(m)) {
		b = wire.AppendString(wire.AppendComma(b), name)
		b = write(append(b, ':'), m[name])
	}
	return append(b, '}')
}

// AppendUnknown appends what Keep has kept.
func AppendUnknown(b []byte, u rtm.Unknown) []byte {
	for _, m := range u {
		b = wire.AppendString(wire.AppendComma(b), m.Name)
		b = wire.AppendRaw(append(b, ':'), m.Value)
	}
	return b
}

// AppendProperties appends properties. A value that is no JSON becomes null.
func AppendProperties(b []byte, p rtm.Properties) []byte {
	return AppendMap(b, p, func(b []byte, values map[string]any) []byte { return AppendMap(b, values, appendProperty) })
}

func appendProperty(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return wire.AppendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case float64:
		return wire.AppendFloat(b, v)
	case json.RawMessage:
		return wire.AppendRaw(b, v)
	}
	raw, _ := json.Marshal(v) // nothing, and so null, when it cannot be
	return wire.AppendRaw(b, raw)
}
