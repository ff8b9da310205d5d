import { environment, openCore } from './core.ts'
import type { FromWorker, Port, ToWorker } from './messages.ts'

// The module that carries the core: run as a Worker it talks through messages, imported in a page or in Node it only
// exports openCore.

export { environment, openCore }

interface Scope {
  postMessage(message: FromWorker): void
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null
}

declare const WorkerGlobalScope: (new () => object) | undefined

if (typeof WorkerGlobalScope !== 'undefined' && globalThis instanceof WorkerGlobalScope) {
  const scope = globalThis as unknown as Scope
  let core: Port | undefined
  scope.onmessage = ({ data }) => {
    if (!('start' in data)) {
      core?.post(data)
      return
    }
    core = openCore(data.start, (messages) => scope.postMessage(messages))
    core.ready.then(
      () => scope.postMessage({ ready: true }),
      (cause) => scope.postMessage({ failed: cause instanceof Error ? cause.message : String(cause) }),
    )
  }
}
