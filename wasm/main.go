//go:build tinygo || (js && wasm)

// Command wasm is the core for JavaScript: session and model of any number of
// connections in one WebAssembly module.
//
// There are two builds. They differ in one file each, host_js.go and
// host_export.go, which hold the crossing and nothing else.
//
// The standard build is GOOS=js GOARCH=wasm. The page or Worker that runs it
// sets globalThis.__go_wasm__ first:
//
//	globalThis.__go_wasm__ = {
//		__wrapper__: (fn) => (...args) => { … },  // throws result.error, returns result.result
//		host: { dial, send, shut, wake, settle, push, patch, state, needToken, report, unstable, stored },
//	}
//	go.run(instance)
//
// When go.run returns, the object also has the entries create, restore, kept,
// start, opened, receive, closed, tick, online, call, cancel, token, act, snapshot, missed, stop and
// destroy, and __ready__ is true. Their contracts are those of package bridge;
// times are milliseconds since 1970, errors are thrown. The object is read
// once, so the global may be taken away then.
//
// The release build is TinyGo's, for the target in release.json: make
// wasm-release. It exports the same entries and imports the same functions of
// the host. A text crosses as UTF-8 in the module's memory: into Go as its length,
// after JavaScript has put it where the export reserve says, one text behind
// the other; out of Go as its address and length. An entry answers 1 for an
// error, and gives its text, like that of a snapshot, to the import answer.
// JavaScript calls collect when it has left the module; see package heap.
package main

func init() { expose() }

// main is not called in the release build, whose entries need no program that
// runs.
func main() { select {} }
