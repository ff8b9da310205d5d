package rtmserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// decodeStrict reads one JSON object that has no other fields than v has. Its
// errors are one sentence that begins with the field, as far as there is one.
func decodeStrict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			return errors.New("there is more after the first JSON value")
		}
		if trimmed := bytes.TrimSpace(data); trimmed[0] != '{' {
			return errors.New("must be a JSON object")
		}
		return nil
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return fmt.Errorf("must be a JSON object, not %s", article(wrong.Value))
		}
		// The names of embedded structs are none of the client's business.
		parts := strings.Split(wrong.Field, ".")
		var path []string
		for _, p := range parts {
			if !strings.HasPrefix(p, "plain") {
				path = append(path, p)
			}
		}
		return fmt.Errorf("%s: must be %s, not %s", strings.Join(path, "."), jsonKind(wrong.Type.Kind().String()), article(wrong.Value))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("%s: there is no such field", strings.Trim(name, `"`))
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("is not JSON: " + strings.TrimPrefix(err.Error(), "json: "))
	}
	return err
}

// article puts an article before json's name of a value's kind.
func article(kind string) string {
	kind, _, _ = strings.Cut(kind, " ")
	switch kind {
	case "array", "object":
		return "an " + kind
	case "bool":
		return "a boolean"
	}
	return "a " + kind
}

// jsonKind names what goes into a Go kind.
func jsonKind(kind string) string {
	switch {
	case kind == "string":
		return "a string"
	case kind == "bool":
		return "a boolean"
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return "a whole number that is not out of range"
	case strings.HasPrefix(kind, "float"):
		return "a number"
	case kind == "slice":
		return "an array"
	}
	return "an object"
}
