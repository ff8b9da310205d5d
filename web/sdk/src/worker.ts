import { environment, openCore } from './core.ts'
import { Hub } from './hub.ts'
import { locksHere } from './locks.ts'
import { serve, serveShared, type SharedScope, type WorkerScope } from './serve.ts'

// The module that carries the core: run as a Worker, shared or not, it serves tabs through messages, imported in a page
// or in Node it only exports openCore.

export { environment, openCore }

declare const WorkerGlobalScope: (new () => object) | undefined

if (typeof WorkerGlobalScope !== 'undefined' && globalThis instanceof WorkerGlobalScope) {
  const hub = new Hub({
    ...environment,
    open: openCore,
    locks: locksHere(),
  })
  if ('SharedWorkerGlobalScope' in globalThis) serveShared(globalThis as unknown as SharedScope, hub)
  else serve(globalThis as unknown as WorkerScope, hub)
}
