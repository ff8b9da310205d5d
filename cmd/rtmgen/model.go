package main

import "github.com/rtmwidget/rtmwidget/rtm/catalogue"

// An API is what the emitters write from: the catalogue with names resolved,
// and with each shape that a language needs a type for. It knows nothing of a
// target language but the MixedCaps names, which Go and TypeScript share.
type API struct {
	Name    string // customer or agent
	Title   string // Customer or Agent
	Version string
	Link    string // documentation of the methods
	Source  *catalogue.API

	Methods []*Method
	Pushes  []*Push
	Structs []*Struct // every one that the methods, pushes and unions need; objects in the catalogue's order first
	Unions  []*Union
	Enums   []*Enum
}

// A Method is a request with its answer.
type Method struct {
	*catalogue.Method
	Name     string // SendEvent
	Request  *Struct
	Response *Struct // nil when the answer is empty, or is Bare
	Bare     *Type   // what the payload of the answer itself is, when it has no fields
	Manual   bool    // the Client's method is written by hand
}

// A Push is a push with its payload.
type Push struct {
	*catalogue.Push
	Name    string // IncomingEvent
	Payload *Struct
	Bare    *Type
}

// Kind says what a struct is for.
type Kind int

const (
	Object Kind = iota
	Request
	Response
	Payload // of a push
)

// A Struct is an object with named fields, or one with any names.
type Struct struct {
	Name   string // MixedCaps, without the suffix Base of a union's common fields
	Wire   string // its name in the catalogue; the action of a request, response or push
	Kind   Kind
	About  string // a phrase such as "is a text message"
	Fields []*Field
	Any    *Type  // the type of the values when the names are open
	Union  *Union // that the struct is a variant of
	Value  string // of the union's discriminator
	Base   *Union // that the struct holds the common fields of
	Input  bool   // only ever sent by a client
	UsedBy []string
}

// A Field is a member of a struct.
type Field struct {
	*catalogue.Field
	GoName   string
	Type     *Type
	Const    string // the only value of a string, which an empty one stands for
	Distinct bool   // absent and zero differ
}

// A Type is a catalogue type with names resolved.
type Type struct {
	Kind   catalogue.Kind
	Elem   *Type
	Struct *Struct
	Union  *Union
	Enum   *Enum
	Ref    string // what an id is of, see catalogue.Field.Ref
}

// A Union is a type whose struct depends on a member.
type Union struct {
	Name          string
	Discriminator string
	Variants      []*Struct // in the order of their names
	Others        []*Struct // that the discriminator does not tell
	Base          *Struct   // the common fields
}

// An Enum is a named set of strings.
type Enum struct {
	Name   string // MixedCaps
	Wire   string
	Values []string
}
