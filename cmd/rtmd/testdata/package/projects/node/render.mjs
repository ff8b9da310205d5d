// What a server that renders pages does with the module for pages: import it, where there is
// neither a window nor anything else of a browser.
import { createRequire } from 'node:module'
import * as esm from './node_modules/rtmwidget/dist/index.js'

const touched = []
for (const name of ['window', 'document', 'location', 'Worker', 'SharedWorker', 'WebSocket', 'indexedDB', 'navigator']) {
  Object.defineProperty(globalThis, name, { configurable: true, get: () => void touched.push(name) })
}
await import('./node_modules/rtmwidget/dist/index.js?again')
await import('./node_modules/rtmwidget/dist/widget.js')
const cjs = createRequire(import.meta.url)('./node_modules/rtmwidget/dist/index.cjs')
console.log(typeof esm.load, typeof cjs.load, touched.length === 0 ? 'untouched' : touched.join())
