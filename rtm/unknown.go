package rtm

import "encoding/json"

// Unknown holds the members of an object that its type has no field for, in
// the order in which they came. Every object keeps its own, and writes them
// after its fields, so that what a newer server adds survives a program that
// sends the object back.
type Unknown []Member

// Member is a name and its JSON.
type Member struct {
	Name  string
	Value json.RawMessage
}

// Get returns the value of that name, nil when there is none. Of a repeated
// name the last one counts.
func (u Unknown) Get(name string) json.RawMessage {
	for i := len(u) - 1; i >= 0; i-- {
		if u[i].Name == name {
			return u[i].Value
		}
	}
	return nil
}
