package rtmserver

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// A body is what is particular to the type of an event, as the wire has it: a JSON
// object as appendJSON writes it. There are more events than of anything else, and
// nearly all that is ever done with a body is to send it. Nobody changes one that an
// event has.
type body []byte

func newBody(members map[string]any) body { return appendJSON(nil, members) }

// members returns a copy that may be changed.
func (b body) members() params {
	m, _ := decodeRaw(b).(map[string]any)
	return m
}

// str returns a text that the body has, "" for none.
func (b body) str(name string) string { return wire.Str(b, name) }

// with returns a copy with another value.
func (b body) with(name string, value any) body {
	m := b.members()
	m[name] = value
	return newBody(m)
}

// appendTo appends the members, each behind a comma.
func (b body) appendTo(dst []byte) []byte {
	if inner := bytes.TrimSuffix(bytes.TrimPrefix(b, []byte("{")), []byte("}")); len(inner) > 0 {
		dst = append(append(dst, ','), inner...)
	}
	return dst
}

// MarshalJSON returns the body as it is.
func (b body) MarshalJSON() ([]byte, error) { return wire.AppendRaw(nil, b), nil }

// UnmarshalJSON reads what encodeEntry or encoding/json has written of a body.
func (b *body) UnmarshalJSON(data []byte) error {
	switch {
	case wire.IsNull(data):
		*b = nil
		return nil
	case !wire.Valid(data) || !wire.IsObject(data):
		return errors.New("the body of an event is no object")
	}
	*b = writtenBody(data)
	return nil
}

// writtenBody takes a body out of JSON that encodeEntry or encoding/json has written:
// they differ in what they escape.
func writtenBody(written []byte) body {
	if bytes.IndexByte(written, '\\') < 0 && utf8.Valid(written) {
		return bytes.Clone(written)
	}
	return appendJSON(nil, decodeRaw(written))
}

// bodyNames are the members of the body by the type of the event, in order.
var bodyNames = [2]func() map[string][]string{
	customerSide: sync.OnceValue(func() map[string][]string { return bodyNamesOf(catalogue.Customer()) }),
	agentSide:    sync.OnceValue(func() map[string][]string { return bodyNamesOf(catalogue.Agent()) }),
}

func bodyNamesOf(api *catalogue.API) map[string][]string {
	all := map[string][]string{}
	for typ, object := range api.Union("Event").Variants {
		fields, _ := api.Object(object)
		for _, f := range fields {
			if !slices.Contains(common, f.Name) {
				all[typ] = append(all[typ], f.Name)
			}
		}
		slices.Sort(all[typ])
	}
	return all
}

// An eventInput is an EventInput, validated.
type eventInput struct {
	raw        []byte
	typ        string
	customID   string
	visibility string
	recipients string
	properties properties
}

// readEventInput reads one that comes next.
func readEventInput(d *wire.Decoder) eventInput {
	whole := *d
	var in eventInput
	for more := d.Object() && d.Next(); more; more = d.Next() {
		switch string(d.Name()) {
		case "type":
			in.typ = d.String()
		case "custom_id":
			in.customID = d.String()
		case "visibility":
			in.visibility = d.String()
		case "recipients":
			in.recipients = d.String()
		case "properties":
			in.properties, _ = decodeValue(d).(map[string]any)
		default:
			d.Skip()
		}
	}
	in.raw = whole.Raw()
	return in
}

// body returns the members that a body of its type has.
func (in *eventInput) body(side side) body {
	b := append(make(body, 0, len(in.raw)), '{')
	for _, name := range bodyNames[side]()[in.typ] {
		raw := wire.Get(in.raw, name)
		if wire.IsNull(raw) {
			continue
		}
		b = wire.AppendName(b, name)
		if text, ok := wire.String(raw); ok {
			b = wire.AppendString(b, text)
		} else {
			b = appendJSON(b, decodeRaw(raw))
		}
	}
	return append(b, '}')
}

// fill changes the body of an event that nobody has yet.
func (e *event) fill(fn func(members map[string]any)) {
	m := e.Body.members()
	fn(m)
	e.Body = newBody(m)
}
