import { RTMError } from './error.ts'
import type { FromWorker, Port, Receive, ToWorker, WasmSource } from './messages.ts'

/** The page's end of a core in a Worker. When there can be none `ready` rejects with `core_failed`. */
export function openWorker(url: string, wasm: WasmSource, receive: Receive): Port {
  let close = () => {}
  let post = (_: ToWorker): void => {}
  const ready = new Promise<void>((resolve, reject) => {
    let worker: Worker
    const script = localScript(url)
    try {
      worker = new Worker(scriptURL(script), { type: 'module', name: 'rtmwidget' })
    } catch (cause) {
      release(script)
      reject(new RTMError('core_failed', `the worker ${url} could not be started: ${cause instanceof Error ? cause.message : String(cause)}`))
      return
    }
    post = (message) => worker.postMessage(message)
    let ready = false
    close = () => {
      release(script)
      worker.onmessage = worker.onmessageerror = worker.onerror = null
      worker.terminate()
    }
    const fail = (message: string) => {
      close()
      if (ready) receive([{ type: 'crashed', message }])
      else reject(new RTMError('core_failed', message))
    }
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (Array.isArray(data)) {
        receive(data)
      } else if ('failed' in data) {
        fail(`the core could not be loaded: ${data.failed}`)
      } else {
        ready = true
        release(script)
        resolve()
      }
    }
    worker.onmessageerror = () => fail('a message of the worker could not be read')
    worker.onerror = (event) => {
      event.preventDefault()
      fail(`the worker ${url} failed${event.message ? `: ${event.message}` : ''}`)
    }
    post({ start: wasm })
  })
  return { post: (message) => post(message), close: () => close(), ready }
}

/**
 * A Worker's script must come from the page's own origin. One from elsewhere is imported by a script of one line, which is under
 * the page's own policy; see `LoadOptions.workerURL`.
 */
function localScript(url: string): string {
  const own = globalThis.location?.origin
  if (own === undefined || new URL(url).origin === own) return url
  return URL.createObjectURL(new Blob([`import ${JSON.stringify(url)}`], { type: 'text/javascript' }))
}

function release(script: string): void {
  if (!script.startsWith('blob:')) return
  URL.revokeObjectURL(script)
  allowed.delete(script)
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

/** Worker addresses that this module was asked for; the policy lets no other pass. */
const allowed = new Set<string>()
let policy: ReturnType<TrustedTypes['createPolicy']> | undefined

/** The address as `new Worker` takes it where the page's policy requires trusted types. */
function scriptURL(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  if (!trustedTypes) return url
  allowed.add(url)
  policy ??= trustedTypes.createPolicy('rtmwidget', {
    createScriptURL(candidate) {
      if (allowed.has(candidate)) return candidate
      throw new TypeError(`${candidate} is not the worker of rtmwidget`)
    },
  })
  return policy.createScriptURL(url)
}
