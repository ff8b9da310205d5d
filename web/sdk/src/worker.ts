import { startCore } from './core.ts'
import type { FromWorker, Port, ToWorker } from './messages.ts'

// The module that carries the core: run as a Worker it talks through messages, imported in a page or in Node it only
// exports startCore.

export { startCore }

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
    startCore(data.start, (messages) => scope.postMessage(messages)).then(
      (port) => {
        core = port
        scope.postMessage({ ready: true })
      },
      (cause) => scope.postMessage({ failed: cause instanceof Error ? cause.message : String(cause) }),
    )
  }
}
