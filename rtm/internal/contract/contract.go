// Package contract holds the generated types to the catalogue. It is imported
// by tests alone.
package contract

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// Types makes empty values by the action that they belong to.
type Types struct {
	Requests, Responses, Pushes map[string]func() any
}

// Check fails for every method and push of an API that Go lacks, or whose
// fields are not those of the catalogue: by name, order, type, and whether they
// can be absent. Client is the type with the methods.
func (types Types) Check(t *testing.T, api *catalogue.API, client reflect.Type) {
	c := &checker{t: t, api: api, done: make(map[reflect.Type]bool)}
	for _, m := range api.Methods {
		method, ok := client.MethodByName(camel(m.Action))
		if !ok {
			t.Errorf("%s: %s has no method %s", m.Action, client, camel(m.Action))
			continue
		}
		if m.Action == "ping" {
			continue // without types: it measures
		}
		var request, response any
		if f := types.Requests[m.Action]; f != nil {
			request = f()
		}
		if f := types.Responses[m.Action]; f != nil {
			response = f()
		}
		c.method(m, method, reflect.TypeOf(request), reflect.TypeOf(response))
	}
	for _, p := range api.Pushes {
		f := types.Pushes[p.Action]
		if f == nil {
			t.Errorf("%s: there is no type for the push", p.Action)
			continue
		}
		push, ok := f().(rtm.Push)
		if !ok || push.Action() != p.Action {
			t.Errorf("%s: %T is no push of that name", p.Action, f())
			continue
		}
		c.payload(p.Action, p.Payload, reflect.TypeOf(push).Elem())
	}
	if len(types.Pushes) != len(api.Pushes) || len(types.Requests) != len(api.Methods)-1 {
		t.Errorf("%d requests and %d pushes have types, the catalogue has %d and %d", len(types.Requests)+1, len(types.Pushes), len(api.Methods), len(api.Pushes))
	}
}

type checker struct {
	t    *testing.T
	api  *catalogue.API
	done map[reflect.Type]bool // structs that were compared
}

func (c *checker) errorf(where, format string, args ...any) {
	c.t.Errorf("%s %s: %s", c.api.Name, where, fmt.Sprintf(format, args...))
}

// method checks the signature and both bodies: func(ctx, *Request) (…, error).
func (c *checker) method(m *catalogue.Method, method reflect.Method, request, response reflect.Type) {
	sig := method.Type
	if sig.NumIn() != 3 || sig.In(2) != request {
		c.errorf(m.Action, "the method takes %s, not %s", sig, request)
		return
	}
	c.payload(m.Action+" request", m.Request, request.Elem())
	if len(m.Response) == 0 {
		if sig.NumOut() != 1 {
			c.errorf(m.Action, "the answer is empty, and the method returns %s", sig)
		}
		return
	}
	if response == nil || sig.NumOut() != 2 || sig.Out(0) != response && sig.Out(0) != response.Elem() {
		c.errorf(m.Action, "the method returns %s, not %s", sig, response)
		return
	}
	c.payload(m.Action+" response", m.Response, response.Elem())
}

// payload checks a body, which may be something else than an object.
func (c *checker) payload(where string, fields catalogue.Fields, t reflect.Type) {
	bare := fields.Payload()
	if bare == nil {
		c.object(where, fields, t)
		return
	}
	if t.Kind() == reflect.Struct && t.NumField() == 1 && t.Field(0).Anonymous {
		t = t.Field(0).Type
	}
	c.value(where, bare, fields[0], t)
}

// object checks a struct: one field for each member, in order, and Unknown.
func (c *checker) object(where string, fields catalogue.Fields, t reflect.Type) {
	if c.done[t] {
		return
	}
	c.done[t] = true
	if t.Kind() != reflect.Struct {
		c.errorf(where, "%s is no struct", t)
		return
	}
	if n := t.NumField() - 1; n != len(fields) || t.Field(n).Type != reflect.TypeFor[rtm.Unknown]() {
		c.errorf(where, "%s has %d fields and Unknown, the catalogue has %d", t, n, len(fields))
		return
	}
	for i, f := range fields {
		field := t.Field(i)
		where := where + "." + f.Name
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != f.Name {
			c.errorf(where, "the field there is %s", name)
			continue
		}
		if (options == "") != f.Required {
			c.errorf(where, "%s is %q, and required is %v", field.Name, field.Tag, f.Required)
		}
		typ := field.Type
		if typ.Kind() == reflect.Pointer {
			if f.Required {
				c.errorf(where, "is required and a pointer")
			}
			typ = typ.Elem()
		} else if f.DistinctZero && field.Type.Kind() != reflect.Slice && field.Type.Kind() != reflect.Map {
			c.errorf(where, "%s cannot tell absent from zero", field.Type)
		}
		c.value(where, f.Type, f, typ)
	}
}

// value checks the Go type of a value.
func (c *checker) value(where string, typ *catalogue.Type, f *catalogue.Field, t reflect.Type) {
	kind := t.Kind()
	ok := true
	switch typ.Kind {
	case catalogue.String:
		ok = kind == reflect.String
		if ok && f.EnumName != "" && t.PkgPath() == "" {
			c.errorf(where, "values of the enum %s have no type", f.EnumName)
		}
		if ok && t.PkgPath() == "" && (strings.HasSuffix(f.Name, "chat_id") || strings.HasSuffix(f.Name, "thread_id") && !strings.HasPrefix(f.Name, "x_")) {
			c.errorf(where, "ids of chats and threads have types of their own")
		}
	case catalogue.Int:
		ok = kind == reflect.Int
	case catalogue.Number:
		ok = kind == reflect.Float64
	case catalogue.Bool:
		ok = kind == reflect.Bool
	case catalogue.Datetime:
		ok = t == reflect.TypeFor[time.Time]()
	case catalogue.JSON:
		ok = t.String() == "json.RawMessage" || kind == reflect.Interface // any in properties
	case catalogue.List:
		if ok = kind == reflect.Slice; ok {
			c.value(where+"[]", typ.Elem, f, t.Elem())
		}
	case catalogue.Map:
		if ok = kind == reflect.Map; ok {
			c.value(where+"{}", typ.Elem, f, t.Elem())
		}
	case catalogue.Named:
		ok = c.named(where, typ.Name, t)
	}
	if !ok {
		c.errorf(where, "%s is %s", typ, t)
	}
}

// named checks objects and unions. The variants of a union are checked by what
// the golden frames decode into.
func (c *checker) named(where, name string, t reflect.Type) bool {
	if c.api.Union(name) != nil {
		return t.Kind() == reflect.Interface && t.Name() == name
	}
	fields, _ := c.api.Object(name)
	if len(fields) == 1 && fields[0].Star() {
		if t.Kind() != reflect.Map {
			return false
		}
		c.value(where+"{}", fields[0].Type, fields[0], t.Elem())
		return true
	}
	c.object(name, fields, t)
	return true
}

// Variant checks the type of a variant of a union.
func Variant(t *testing.T, api *catalogue.API, object string, v any) {
	t.Helper()
	fields, ok := api.Object(object)
	if !ok {
		t.Errorf("there is no object %s", object)
	}
	c := &checker{t: t, api: api, done: make(map[reflect.Type]bool)}
	c.object(object, fields, reflect.TypeOf(v).Elem())
}

// camel turns an action into the name of a method.
func camel(action string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(action, "_") {
		if word == "url" {
			b.WriteString("URL")
			continue
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
