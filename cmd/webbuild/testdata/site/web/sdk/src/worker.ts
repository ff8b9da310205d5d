import './wasm_exec.js'

declare const __RTM_WASM_URL__: string
declare const Go: new () => { importObject: WebAssembly.Imports, run(instance: WebAssembly.Instance): Promise<void> }

const go = new Go()
export const started = fetch(__RTM_WASM_URL__)
  .then((response) => WebAssembly.instantiateStreaming(response, go.importObject))
  .then(({ instance }) => { void go.run(instance) })
