// Package wire reads and writes the JSON of RTM frames without encoding/json.
//
// It serves the packages that also run as WebAssembly, where encoding/json,
// reflect and fmt cost more than the rest of the program. Reading works on raw
// bytes: check a frame once with [Valid], then take members out of it with
// [Get], [Members] and [Elements], which return slices of the input and copy
// nothing. Writing appends to a caller's buffer, or fills an [Object].
//
// No function here panics on any input, keeps state, or knows the protocol.
package wire
