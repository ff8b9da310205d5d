//go:build tinygo || (js && wasm)

// Command wasm is the core for JavaScript: session and model of any number of
// connections in one WebAssembly module.
//
// Build it with GOOS=js GOARCH=wasm. The page or Worker that runs it sets
// globalThis.__go_wasm__ first:
//
//	globalThis.__go_wasm__ = {
//		__wrapper__: (fn) => (...args) => { … },  // throws result.error, returns result.result
//		host: { dial, send, shut, wake, settle, push, patch, state, needToken, report, unstable, stored },
//	}
//	go.run(instance)
//
// When go.run returns, the object also has the entries create, restore, kept,
// start, opened, receive, closed, tick, online, call, cancel, token, act, snapshot, stop and
// destroy, and __ready__ is true. Their contracts are those of package bridge;
// times are milliseconds since 1970, errors are thrown. The object is read
// once, so the global may be taken away then.
package main

func init() { expose() }

// main is not called in the release build, whose entries need no program that
// runs.
func main() { select {} }
