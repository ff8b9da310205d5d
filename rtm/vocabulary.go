package rtm

// Properties are values by namespace and name. A namespace is the client id of
// the program that owns it, or a built-in one such as "routing". A value is a
// string, a bool or a number, which decodes to int where it is whole and to
// float64 where it is not.
type Properties map[string]map[string]any
