package rtmserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// decodeNumbers reads one JSON value; numbers in it keep their spelling.
func decodeNumbers(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, more := d.Token(); more != io.EOF {
		return errors.New("there is more after the first value")
	}
	return nil
}

// decodeValue reads the value that comes next as decodeNumbers does into an any,
// in a third of the time: it knows that what it reads is JSON.
func decodeValue(d *wire.Decoder) any {
	switch d.Kind() {
	case '{':
		m := map[string]any{}
		for more := d.Object() && d.Next(); more; more = d.Next() {
			name := string(d.Name())
			m[name] = decodeValue(d)
		}
		return m
	case '[':
		list := []any{}
		for more := d.Array() && d.More(); more; more = d.More() {
			list = append(list, decodeValue(d))
		}
		return list
	case '"':
		return d.String()
	case 't', 'f':
		return d.Bool()
	case 'n':
		d.Skip()
		return nil
	}
	return json.Number(d.Raw())
}

// decodeRaw is decodeValue of what a decoder found before; nil for nothing.
func decodeRaw(raw []byte) any {
	if len(raw) == 0 {
		return nil
	}
	d := wire.NewDecoder(raw)
	return decodeValue(&d)
}

// appendJSON appends a view as JSON, the members of objects in order of their
// names. It is for what is sent often; what it does not know is encoding/json's.
func appendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case string:
		return wire.AppendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case json.Number:
		return append(dst, v...)
	case obj:
		return appendObject(dst, v)
	case params:
		return appendObject(dst, v)
	case properties:
		return appendObject(dst, v)
	case []any:
		return appendList(dst, v, v == nil)
	case []obj:
		return appendList(dst, v, v == nil)
	case []json.RawMessage:
		return appendList(dst, v, v == nil)
	case []string:
		return appendList(dst, v, v == nil)
	case []int:
		return appendList(dst, v, v == nil)
	case json.RawMessage:
		if v == nil {
			return append(dst, "null"...)
		}
		return append(dst, v...)
	}
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // views are made of what JSON can say
	}
	return append(dst, data...)
}

func appendObject(dst []byte, m map[string]any) []byte {
	if m == nil {
		return append(dst, "null"...)
	}
	var few [16]string
	dst = append(dst, '{')
	for i, name := range sortedNames(few[:0], m) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(wire.AppendString(dst, name), ':')
		dst = appendJSON(dst, m[name])
	}
	return append(dst, '}')
}

func appendList[T any](dst []byte, list []T, null bool) []byte {
	if null {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSON(dst, v)
	}
	return append(dst, ']')
}

// sortedNames is sortedKeys into a list that is there.
func sortedNames(names []string, m map[string]any) []string {
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
