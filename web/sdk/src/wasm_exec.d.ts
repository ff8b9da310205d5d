// The Go toolchain's own lib/wasm/wasm_exec.js; whoever bundles resolves the name to the file of the Go that built the
// wasm. It defines globalThis.Go.
declare module 'wasm_exec' {}

declare class Go {
  importObject: WebAssembly.Imports
  exit: (code: number) => void
  run(instance: WebAssembly.Instance): Promise<void>
}
