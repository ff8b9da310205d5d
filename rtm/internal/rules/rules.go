// Package rules checks requests against the catalogue: which version has a
// method, and whether a payload is as the method wants it. The tables are
// generated; client and server use the same ones, so that a bad request gets
// the same sentence on either side:
//
//	payload.event.text: must have at most 16384 bytes, not 20000
//
// Members that the catalogue does not know are let through, and null stands
// for absent where a member is optional.
package rules

import "sync"

// Table is the rules of an API.
type Table struct {
	Methods map[string]Method
	Objects map[string][]Field
	Unions  map[string]Union
}

var (
	customer = sync.OnceValue(func() *Table { return parse(customerRules) })
	agent    = sync.OnceValue(func() *Table { return parse(agentRules) })
)

// Customer returns the rules of the Customer API.
func Customer() *Table { return customer() }

// Agent returns the rules of the Agent API.
func Agent() *Table { return agent() }

// Method is a request.
type Method struct {
	Since     string // the first version that has it
	RemovedIn string // the first version without it, "" for none
	Fields    []Field
	AnyOf     []string // at least one of these must be there
}

// Field is a member of an object. Its type is in the notation of the catalogue.
type Field struct {
	Name     string // "*" for any
	Type     string
	Required bool
	Enum     []string
	Min, Max *int // of a number; Max of a string, in bytes
	MaxItems *int
	Excludes []string
	Needs    []string
}

// Union is a type whose object depends on a member.
type Union struct {
	Discriminator string
	Values        []string // of the discriminator, in order
	Objects       []string // one for each value
}

// Supports returns why the method is not there in a version of the API, such
// as "3.6", or "" when it is. Methods that the table does not know are there.
func (t *Table) Supports(action, version string) (problem string) {
	m := t.Methods[action]
	switch {
	case m.RemovedIn != "" && version >= m.RemovedIn:
		return action + " was removed in version " + m.RemovedIn + ", and this connection speaks " + version
	case m.Since > version:
		return action + " is there since version " + m.Since + ", and this connection speaks " + version
	}
	return ""
}

// Check returns the first thing that is wrong with the payload of a request,
// as one sentence that names the member, or "". The payload must be JSON, or
// nothing for an empty object. Methods that the table does not know have no
// rules.
func (t *Table) Check(action string, payload []byte) (problem string) {
	m, ok := t.Methods[action]
	if !ok {
		return ""
	}
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	c := checker{table: t}
	if problem := c.object(m.Fields, payload, "payload"); problem != "" {
		c.named = true
		return c.object(m.Fields, payload, "payload")
	}
	return c.anyOf(m.AnyOf, payload)
}
