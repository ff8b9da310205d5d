package catalogue

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Kind is the outermost part of a [Type].
type Kind uint8

// The kinds of types.
const (
	String Kind = iota
	Int         // a JSON number without a fraction
	Number      // any JSON number
	Bool
	JSON     // any JSON value
	Datetime // RFC 3339 text; the server writes UTC and six decimals
	List     // of Elem
	Map      // from string to Elem
	Named    // an object or a union, see API.Object and API.Union
)

var basic = map[string]Kind{"string": String, "int": Int, "number": Number, "bool": Bool, "json": JSON, "datetime": Datetime}

// Type is the type of a field.
type Type struct {
	Kind Kind
	Elem *Type  // of List and Map
	Name string // of Named
}

// ParseType reads the notation of the files: string, []T, map[string]T or the
// name of an object.
func ParseType(s string) (*Type, error) {
	if elem, ok := strings.CutPrefix(s, "[]"); ok {
		return wrap(List, elem)
	}
	if elem, ok := strings.CutPrefix(s, "map[string]"); ok {
		return wrap(Map, elem)
	}
	if kind, ok := basic[s]; ok {
		return &Type{Kind: kind}, nil
	}
	if s == "" || strings.ContainsAny(s, "[] ") {
		return nil, fmt.Errorf("catalogue: %q is not a type", s)
	}
	return &Type{Kind: Named, Name: s}, nil
}

func wrap(kind Kind, elem string) (*Type, error) {
	t, err := ParseType(elem)
	if err != nil {
		return nil, err
	}
	return &Type{Kind: kind, Elem: t}, nil
}

// String returns the type in the notation of the files.
func (t *Type) String() string {
	switch t.Kind {
	case List:
		return "[]" + t.Elem.String()
	case Map:
		return "map[string]" + t.Elem.String()
	case Named:
		return t.Name
	}
	for name, kind := range basic {
		if kind == t.Kind {
			return name
		}
	}
	return fmt.Sprintf("Kind(%d)", t.Kind)
}

// Base returns the innermost type of lists and maps.
func (t *Type) Base() *Type {
	for t.Elem != nil {
		t = t.Elem
	}
	return t
}

// UnmarshalJSON reads the notation of the files from a JSON string.
func (t *Type) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	parsed, err := ParseType(s)
	if err != nil {
		return err
	}
	*t = *parsed
	return nil
}

// Strings is a list that one of the files also writes as a single string.
type Strings []string

// UnmarshalJSON reads a string or a list of strings.
func (s *Strings) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*s = nil
		if one != "" {
			*s = Strings{one}
		}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(s))
}

// Enum is a set of allowed values; nil when the file does not give a list.
type Enum []string

// UnmarshalJSON reads a list of strings and numbers. Other shapes give nil.
func (e *Enum) UnmarshalJSON(data []byte) error {
	*e = nil
	var values []json.RawMessage
	if json.Unmarshal(data, &values) != nil {
		return nil
	}
	list := make(Enum, 0, len(values))
	for _, v := range values {
		var s string
		if json.Unmarshal(v, &s) != nil {
			s = string(v)
		}
		list = append(list, s)
	}
	*e = list
	return nil
}
