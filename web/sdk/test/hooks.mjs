// Gives Node the two names that the bundler resolves otherwise: wasm_exec is the file of the Go toolchain, rtmwidget the SDK.
import { register } from 'node:module'
import { pathToFileURL } from 'node:url'

register(
  'data:text/javascript,' +
    encodeURIComponent(`
      let names
      export function initialize(data) { names = data }
      export function resolve(name, context, next) {
        return names[name] ? { url: names[name], format: name === 'wasm_exec' ? 'commonjs' : 'module', shortCircuit: true } : next(name, context)
      }
    `),
  {
    data: {
      wasm_exec: pathToFileURL(`${process.env.GOROOT}/lib/wasm/wasm_exec.js`).href,
      rtmwidget: pathToFileURL(`${process.env.RTM_BUILD}/sdk/src/index.js`).href,
    },
  },
)
