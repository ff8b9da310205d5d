package rtmserver

import (
	"encoding/json"
	"regexp"
	"slices"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// versions are the API versions of the paths, oldest first. Views are made for
// the newest; [older] renders them for the others.
var versions = [...]string{"3.4", "3.5", newest}

const newest = "3.6"

var versionPattern = regexp.MustCompile(`^3\.[0-9]$`)

// serveVersion is the version that a request is carried out in: the one that it
// names, or the connection's.
func (c *conn) serveVersion(r *request) (string, error) {
	switch v := r.version; {
	case v == "":
		return c.version, nil
	case !versionPattern.MatchString(v) || v < c.version:
		return "", fail("unsupported_version", "version: must be an API version not lower than the connection's %s, not %s", c.version, quote(v))
	case !slices.Contains(versions[:], v):
		return "", fail("unsupported_version", "version: the newest version that is served here is %s, not %s", newest, quote(v))
	default:
		return v, nil
	}
}

// older renders a view as a version of the API has it: without the fields that
// came later, and with the names that fields had. Whatever the catalogue has no
// mark for stays as it is.
func older(api *catalogue.API, version string, fields catalogue.Fields, view any) any {
	if version >= newest {
		return view
	}
	data, err := json.Marshal(view)
	if err != nil {
		panic(err) // views are made of what JSON can say
	}
	var copied any
	if err := decodeNumbers(data, &copied); err != nil {
		panic(err)
	}
	o := renderer{api, version}
	if typ := fields.Payload(); typ != nil {
		o.value(typ, copied)
	} else {
		o.fields(fields, copied)
	}
	return copied
}

type renderer struct {
	api     *catalogue.API
	version string
}

func (r renderer) fields(fields catalogue.Fields, x any) {
	m, _ := x.(map[string]any)
	for _, f := range fields {
		if f.Star() {
			for _, v := range m {
				r.value(f.Type, v)
			}
			continue
		}
		v, there := m[f.Name]
		if !there {
			continue
		}
		r.value(f.Type, v)
		if f.In(r.version) {
			continue
		}
		delete(m, f.Name)
		if f.Was != "" {
			m[f.Was] = v
		}
	}
}

func (r renderer) value(typ *catalogue.Type, x any) {
	switch typ.Kind {
	case catalogue.List:
		list, _ := x.([]any)
		for _, item := range list {
			r.value(typ.Elem, item)
		}
	case catalogue.Map:
		m, _ := x.(map[string]any)
		for _, item := range m {
			r.value(typ.Elem, item)
		}
	case catalogue.Named:
		name := typ.Name
		if u := r.api.Union(name); u != nil {
			m, _ := x.(map[string]any)
			value, _ := m[u.Discriminator].(string)
			name = u.Variants[value]
		}
		fields, _ := r.api.Object(name)
		r.fields(fields, x)
	}
}
