// Seedschema writes the JSON Schema of seed files from the types of package
// rtmserver. Descriptions are the comments of the types; what may be there and
// what must are their tags, which the server reads too.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

func main() {
	out := flag.String("o", "seed.schema.json", "`file` to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "seedschema:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	r := &jsonschema.Reflector{Anonymous: true, RequiredFromJSONSchemaTags: true, ExpandedStruct: true}
	if err := r.AddGoComments(reflect.TypeFor[rtmserver.Seed]().PkgPath(), ".", jsonschema.WithFullComment()); err != nil {
		return err
	}
	for key, text := range r.CommentMap {
		r.CommentMap[key] = strings.Join(strings.Fields(strings.NewReplacer("[", "", "]", "").Replace(text)), " ")
	}
	schema := r.Reflect(&rtmserver.Seed{})
	schema.Title = "Seed of rtmd"
	schema.Definitions["Moment"] = &jsonschema.Schema{
		Type: "string", Description: r.CommentMap[reflect.TypeFor[rtmserver.Moment]().PkgPath()+".Moment"],
		AnyOf: []*jsonschema.Schema{{Format: "date-time"}, {Pattern: `^[+-]?([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$`}},
	}
	if err := addEvents(schema.Definitions["Event"]); err != nil {
		return err
	}
	if err := useMoments(schema); err != nil {
		return err
	}
	data, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	return os.WriteFile(out, b.Bytes(), 0o644)
}

// useMoments lets the fields that are moments refer to what a moment is: for the
// reflector they are strings like others.
func useMoments(schema *jsonschema.Schema) error {
	for _, t := range []reflect.Type{
		reflect.TypeFor[rtmserver.Customer](), reflect.TypeFor[rtmserver.Visit](), reflect.TypeFor[rtmserver.Page](), reflect.TypeFor[rtmserver.ChatUser](),
		reflect.TypeFor[rtmserver.Thread](), reflect.TypeFor[rtmserver.Summary](), reflect.TypeFor[rtmserver.Event](),
	} {
		def := schema.Definitions[t.Name()]
		if def == nil {
			return fmt.Errorf("there is no definition of %s", t.Name())
		}
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Type != reflect.TypeFor[rtmserver.Moment]() {
				continue
			}
			p, ok := def.Properties.Get(name)
			if !ok {
				return fmt.Errorf("%s has no property %s", t.Name(), name)
			}
			p.Type, p.Ref = "", "#/$defs/Moment"
		}
	}
	return nil
}

// addEvents adds the fields of each type of event, which the protocol has and no
// Go type.
func addEvents(def *jsonschema.Schema) error {
	if def == nil {
		return fmt.Errorf("there is no definition of Event")
	}
	types, _ := def.Properties.Get("type")
	for _, x := range types.Enum {
		fields, ok := catalogue.Agent().Object("Event." + fmt.Sprint(x))
		if !ok {
			return fmt.Errorf("the catalogue has no event of type %v", x)
		}
		for _, f := range fields {
			if f.Name == "id" || f.Name == "recipients" {
				continue
			}
			if p, there := def.Properties.Get(f.Name); there {
				if p.Title != "" {
					p.Title += ", " + fmt.Sprint(x)
				}
				continue
			}
			p := &jsonschema.Schema{Title: "of " + fmt.Sprint(x), Description: f.Note}
			def.Properties.Set(f.Name, p)
		}
	}
	return nil
}
