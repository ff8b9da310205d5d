package rtmserver

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// validate checks the payload of a request against the catalogue and returns
// the first thing that is wrong, as one sentence that names the field. Members
// that the catalogue does not know are let through.
func validate(api *catalogue.API, action string, payload params) error {
	v := validator{api}
	return v.fields(api.Method(action).Request, payload, "payload")
}

type validator struct{ api *catalogue.API }

func (v validator) fields(fields catalogue.Fields, m map[string]any, where string) error {
	for _, f := range fields {
		if f.RemovedIn != "" {
			continue
		}
		if f.Star() {
			for _, name := range sortedKeys(m) {
				if err := v.value(f, f.Type, m[name], where+"."+name); err != nil {
					return err
				}
			}
			continue
		}
		x, there := m[f.Name]
		switch {
		case x == nil && !f.Required:
			// null stands for absent.
		case !there:
			return invalid("%s.%s: is required", where, f.Name)
		default:
			if err := v.value(f, f.Type, x, where+"."+f.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// value checks a value against a type; f gives the limits.
func (v validator) value(f *catalogue.Field, t *catalogue.Type, x any, where string) error {
	switch t.Kind {
	case catalogue.JSON:
		return nil
	case catalogue.String:
		s, ok := x.(string)
		if !ok {
			return mustBe(where, "a string", x)
		}
		if f.Enum != nil && !slices.Contains(f.Enum, s) {
			return invalid("%s: must be one of %s, not %s", where, strings.Join(f.Enum, ", "), quote(s))
		}
		if f.Max != nil && len(s) > *f.Max {
			return invalid("%s: must have at most %d bytes, not %d", where, *f.Max, len(s))
		}
	case catalogue.Int:
		n, ok := x.(json.Number)
		if !ok {
			return mustBe(where, "an integer", x)
		}
		i, err := strconv.ParseInt(n.String(), 10, 64)
		if err != nil {
			return invalid("%s: must be an integer, not %s", where, clip(n.String()))
		}
		return inRange(f, i, where)
	case catalogue.Number:
		if _, ok := x.(json.Number); !ok {
			return mustBe(where, "a number", x)
		}
	case catalogue.Bool:
		if _, ok := x.(bool); !ok {
			return mustBe(where, "a boolean", x)
		}
	case catalogue.Datetime:
		s, ok := x.(string)
		if !ok {
			return mustBe(where, "a string with an RFC 3339 time", x)
		}
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return invalid("%s: must be an RFC 3339 time such as 2026-01-02T15:04:05.000000Z, not %s", where, quote(s))
		}
	case catalogue.List:
		list, ok := x.([]any)
		if !ok {
			return mustBe(where, "an array", x)
		}
		if f.MaxItems != nil && len(list) > *f.MaxItems {
			return invalid("%s: must have at most %d items, not %d", where, *f.MaxItems, len(list))
		}
		for i, item := range list {
			if err := v.value(f, t.Elem, item, where+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
	case catalogue.Map:
		m, ok := x.(map[string]any)
		if !ok {
			return mustBe(where, "an object", x)
		}
		for _, name := range sortedKeys(m) {
			if err := v.value(f, t.Elem, m[name], where+"."+name); err != nil {
				return err
			}
		}
	case catalogue.Named:
		m, ok := x.(map[string]any)
		if !ok {
			return mustBe(where, "an object", x)
		}
		return v.named(t.Name, m, where)
	}
	return nil
}

// named checks an object or a union. A union is the object that its
// discriminator names.
func (v validator) named(name string, m map[string]any, where string) error {
	if u := v.api.Union(name); u != nil {
		x, there := m[u.Discriminator]
		if !there {
			return invalid("%s.%s: is required", where, u.Discriminator)
		}
		s, ok := x.(string)
		if !ok {
			return mustBe(where+"."+u.Discriminator, "a string", x)
		}
		if name, ok = u.Variants[s]; !ok {
			return invalid("%s.%s: must be one of %s, not %s", where, u.Discriminator, strings.Join(sortedKeys(u.Variants), ", "), quote(s))
		}
	}
	fields, _ := v.api.Object(name)
	return v.fields(fields, m, where)
}

func inRange(f *catalogue.Field, n int64, where string) error {
	if f.Min != nil && n < int64(*f.Min) {
		return invalid("%s: must be at least %d, not %d", where, *f.Min, n)
	}
	if f.Max != nil && n > int64(*f.Max) {
		return invalid("%s: must be at most %d, not %d", where, *f.Max, n)
	}
	return nil
}

func mustBe(where, what string, x any) *apiError {
	return invalid("%s: must be %s, not %s", where, what, kindOf(x))
}

// kindOf names the kind of a JSON value.
func kindOf(x any) string {
	switch x.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "a boolean"
	case []any:
		return "an array"
	}
	return "an object"
}

func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}
