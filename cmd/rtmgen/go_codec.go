package main

import (
	"fmt"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// goCodec writes how the types are read and written.
func goCodec(api *API, kinds ...Kind) *goFile {
	f := &goFile{pkg: api.Name}
	for _, s := range api.Structs {
		for _, k := range kinds {
			if s.Kind == k && s.Any == nil && s.Base == nil {
				goDecode(f, s)
				goAppend(f, s)
				goMarshal(f, s.Name)
			}
		}
	}
	for _, m := range api.Methods {
		for _, k := range kinds {
			if k == Response && m.Bare != nil && !isStruct(m.Bare) {
				goBare(f, m.Name+"Response", m.Bare)
			}
		}
	}
	for _, p := range api.Pushes {
		for _, k := range kinds {
			if k == Payload && p.Bare != nil && !isStruct(p.Bare) {
				goBare(f, p.Name, p.Bare)
			}
		}
	}
	return f
}

// goMarshal writes the two methods that encoding/json looks for.
func goMarshal(f *goFile, name string) {
	f.p("// MarshalJSON encodes x.\nfunc (x %s) MarshalJSON() ([]byte, error) { return x.append(nil), nil }\n", name)
	f.p("// UnmarshalJSON decodes x anew.\nfunc (x *%s) UnmarshalJSON(data []byte) error {", name)
	f.p("\td := wire.NewDecoder(data)\n\t*x = %s{}\n\tx.decode(&d)\n\treturn d.Err()\n}\n", name)
}

// goBare writes the codec of a payload that is no object of named fields.
func goBare(f *goFile, name string, t *Type) {
	f.p("func (x *%s) decode(d *wire.Decoder) { *x = %s }\n", name, read(t))
	f.p("func (x *%s) append(b []byte) []byte { return %s }\n", name, write(t, "*x"))
	goMarshal(f, name)
}

func goDecode(f *goFile, s *Struct) {
	f.p("func (x *%s) decode(d *wire.Decoder) {\n\tfor ok := d.Object(); ok && d.Next(); {", s.Name)
	if len(s.Fields) == 0 {
		f.p("\t\tcodec.Keep(&x.Unknown, d)\n\t}\n}\n")
		return
	}
	f.p("\t\tswitch string(d.Name()) {")
	for _, field := range s.Fields {
		f.p("\t\tcase %q:", field.Name)
		switch t := field.Type; {
		case field.Distinct && scalar(t):
			f.p("\t\t\tx.%s = codec.Pointer(d, %s)", field.GoName, reader(t))
		case isStruct(t) && field.Required:
			f.p("\t\t\tx.%s.decode(d)", field.GoName)
		case isStruct(t):
			f.p("\t\t\tx.%s = codec.Struct(d, (*%s).decode)", field.GoName, goName(t.Struct))
		default:
			f.p("\t\t\tx.%s = %s", field.GoName, read(t))
		}
	}
	f.p("\t\tdefault:\n\t\t\tcodec.Keep(&x.Unknown, d)\n\t\t}\n\t}\n}\n")
}

// read is an expression that takes a value of t from the decoder d.
func read(t *Type) string {
	switch t.Kind {
	case catalogue.String, catalogue.Int:
		call := "d.String()"
		if t.Kind == catalogue.Int {
			call = "d.Int()"
		}
		if name := goType(t); name != "string" && name != "int" {
			return name + "(" + call + ")"
		}
		return call
	case catalogue.Number:
		return "d.Float()"
	case catalogue.Bool:
		return "d.Bool()"
	case catalogue.Datetime:
		return "d.Time()"
	case catalogue.JSON:
		return "codec.Raw(d)"
	case catalogue.List:
		if isStruct(t.Elem) {
			return "codec.Structs(d, (*" + goName(t.Elem.Struct) + ").decode)"
		}
		return "codec.List(d, " + reader(t.Elem) + ")"
	case catalogue.Map:
		return "codec.Map(d, " + reader(t.Elem) + ")"
	}
	switch {
	case t.Union != nil:
		return "decode" + t.Union.Name + "(d)"
	case t.Struct.Wire == "Properties":
		return "codec.Properties(d)"
	}
	return "codec.Map(d, " + reader(t.Struct.Any) + ")"
}

// reader is a function that takes a value of t from a decoder.
func reader(t *Type) string {
	switch t.Kind {
	case catalogue.String, catalogue.Int:
		switch name := goType(t); {
		case name == "string":
			return "(*wire.Decoder).String"
		case name == "int":
			return "(*wire.Decoder).Int"
		case t.Kind == catalogue.Int:
			return "codec.Int[" + name + "]"
		default:
			return "codec.String[" + name + "]"
		}
	case catalogue.Number:
		return "(*wire.Decoder).Float"
	case catalogue.Bool:
		return "(*wire.Decoder).Bool"
	case catalogue.Datetime:
		return "(*wire.Decoder).Time"
	case catalogue.JSON:
		return "codec.Raw"
	}
	switch {
	case t.Union != nil:
		return "decode" + t.Union.Name
	case isStruct(t):
		return "codec.Value((*" + goName(t.Struct) + ").decode)"
	}
	return fmt.Sprintf("func(d *wire.Decoder) %s { return %s }", goType(t), read(t))
}

func goAppend(f *goFile, s *Struct) {
	f.p("func (x *%s) append(b []byte) []byte {\n\tb = append(b, '{')", s.Name)
	for _, field := range s.Fields {
		name, value := fmt.Sprintf("b = wire.AppendName(b, %q)", field.Name), "x."+field.GoName
		text := "b = " + write(field.Type, value)
		if field.Distinct && scalar(field.Type) {
			text = "b = " + write(field.Type, "*"+value)
		}
		if field.Const != "" {
			text = fmt.Sprintf("b = wire.AppendString(b, string(cmp.Or(%s, %q)))", value, field.Const)
		}
		if cond := present(s, field); cond != "" {
			f.p("\tif %s {\n\t\t%s\n\t\t%s\n\t}", cond, name, text)
		} else {
			f.p("\t%s\n\t%s", name, text)
		}
	}
	f.p("\tb = codec.AppendUnknown(b, x.Unknown)\n\treturn append(b, '}')\n}\n")
}

// present is the condition under which a field is written, "" for always. A
// required field is, but for what cannot be right when it is zero: the rules
// then say that it is missing, and not that it is odd.
func present(s *Struct, f *Field) string {
	value, t := "x."+f.GoName, f.Type
	if f.Required {
		switch {
		case t.Union != nil, t.Kind == catalogue.JSON:
			return value + " != nil"
		case f.Const != "" || !(s.Kind == Request || s.Input):
			return ""
		case t.Kind == catalogue.String && (t.Ref != "" || t.Enum != nil):
			return value + ` != ""`
		case t.Kind == catalogue.Datetime:
			return "!" + value + ".IsZero()"
		}
		return ""
	}
	if f.Distinct && scalar(t) {
		return value + " != nil"
	}
	switch t.Kind {
	case catalogue.String:
		return value + ` != ""`
	case catalogue.Int, catalogue.Number:
		return value + " != 0"
	case catalogue.Bool:
		return value
	case catalogue.Datetime:
		return "!" + value + ".IsZero()"
	}
	return value + " != nil"
}

// write is an expression that appends value to b.
func write(t *Type, value string) string {
	switch t.Kind {
	case catalogue.String:
		if goType(t) != "string" {
			value = "string(" + value + ")"
		}
		return "wire.AppendString(b, " + value + ")"
	case catalogue.Int:
		return "strconv.AppendInt(b, int64(" + value + "), 10)"
	case catalogue.Number:
		return "wire.AppendFloat(b, " + value + ")"
	case catalogue.Bool:
		return "strconv.AppendBool(b, " + value + ")"
	case catalogue.Datetime:
		return "wire.AppendTime(b, " + value + ")"
	case catalogue.JSON:
		return "wire.AppendRaw(b, " + value + ")"
	case catalogue.List:
		if isStruct(t.Elem) {
			return "codec.AppendStructs(b, " + value + ", (*" + goName(t.Elem.Struct) + ").append)"
		}
		return "codec.AppendList(b, " + value + ", " + writer(t.Elem) + ")"
	case catalogue.Map:
		return "codec.AppendMap(b, " + value + ", " + writer(t.Elem) + ")"
	}
	switch {
	case t.Union != nil:
		return "append" + t.Union.Name + "(b, " + value + ")"
	case t.Struct.Wire == "Properties":
		return "codec.AppendProperties(b, " + value + ")"
	case t.Struct.Any != nil:
		return "codec.AppendMap(b, " + value + ", " + writer(t.Struct.Any) + ")"
	}
	return value + ".append(b)"
}

// writer is a function that appends a value of t.
func writer(t *Type) string {
	switch t.Kind {
	case catalogue.String:
		return "codec.AppendString"
	case catalogue.Int:
		return "codec.AppendInt"
	case catalogue.Number:
		return "wire.AppendFloat"
	case catalogue.Bool:
		return "strconv.AppendBool"
	case catalogue.Datetime:
		return "wire.AppendTime"
	case catalogue.JSON:
		return "codec.AppendRaw"
	}
	switch {
	case t.Union != nil:
		return "append" + t.Union.Name
	case isStruct(t):
		return "codec.AppendValue((*" + goName(t.Struct) + ").append)"
	}
	return fmt.Sprintf("func(b []byte, v %s) []byte { return %s }", goType(t), write(t, "v"))
}
