import { hold, locksHere, uniqueName, whenGone } from './locks.ts'
import type { FromHub, OnChannel, ToHub, ToWorker, WasmSource } from './messages.ts'
import type { Connect, Events } from './tab.ts'

// The ways from a page to a core in a Worker.

/** The way for this browser: one core for all tabs where that can be. */
export function wayTo(worker: 'shared' | 'dedicated', url: string, wasm: WasmSource): Connect {
  const locks = locksHere()
  // Bytes cannot be told from other bytes, so a core made of them is this page's own.
  if (typeof wasm !== 'string') return alone(url, wasm)
  const next = locks && typeof BroadcastChannel !== 'undefined' ? led(url, wasm, locks) : alone(url, wasm)
  // A script of another origin is run by one of this page's, which another page does not have.
  return worker === 'shared' && typeof SharedWorker !== 'undefined' && isLocal(url) ? shared(url, wasm, next) : next
}

/** A Worker of this page alone. */
const alone = (url: string, wasm: WasmSource): Connect => (on) => {
  const worker = startWorker(url, on)
  if (!worker) return () => {}
  worker.onmessage = ({ data }: MessageEvent<FromHub>) => take(data, on)
  worker.postMessage({ start: wasm } satisfies ToWorker)
  on.up((message) => worker.postMessage(message))
  return () => stop(worker)
}

/** A SharedWorker; where it does not start, another way. */
const shared = (url: string, wasm: string, otherwise: Connect): Connect => (on) => {
  const locks = locksHere()
  const end = new AbortController()
  const { signal } = end
  let leave = () => end.abort()
  const begin = async () => {
    const tab = uniqueName('tab')
    if (locks) await hold(locks, tab, signal)
    if (signal.aborted) return
    const other = () => {
      if (signal.aborted) return
      end.abort()
      on.down()
      leave = otherwise(on)
    }
    let worker: SharedWorker
    try {
      worker = new SharedWorker(scriptURL(url), { type: 'module', name: `rtmwidget ${wasm}` })
    } catch {
      other()
      return
    }
    const { port } = worker
    const post = (message: ToHub) => port.postMessage(message)
    let hub = false
    worker.onerror = (event) => {
      event.preventDefault()
      if (!hub) other()
    }
    port.onmessage = ({ data }: MessageEvent<FromHub>) => {
      if (signal.aborted) return
      if ('hub' in data) {
        hub = true
        if (locks) whenGone(locks, data.hub, signal, again)
      } else {
        take(data, on)
      }
    }
    const again = () => {
      on.down()
      port.close()
      void begin()
    }
    signal.addEventListener('abort', () => {
      post({ bye: true })
      port.close()
    })
    post({ start: wasm, ...(locks && { tab }) })
    on.up(post)
  }
  void begin().catch(() => {}) // ended meanwhile
  return () => leave()
}

/**
 * A Worker of one of the tabs, the leader, which all reach by a BroadcastChannel. It lives as long as that tab; then one
 * of the others leads.
 */
const led = (url: string, wasm: string, locks: NonNullable<ReturnType<typeof locksHere>>): Connect => (on) => {
  const name = `rtmwidget ${url} ${wasm}`
  const tab = uniqueName('tab')
  const end = new AbortController()
  const { signal } = end
  const channel = new BroadcastChannel(name)
  const post = (data: ToHub) => channel.postMessage({ from: tab, data } satisfies OnChannel)
  const hello = () => post({ start: wasm, tab })
  /** The lock of the hub that serves this tab. */
  let hub: string | undefined
  const down = () => {
    if (hub === undefined) return
    hub = undefined
    on.down()
  }
  let worker: Worker | undefined
  const leave = () => {
    if (signal.aborted) return
    post({ bye: true })
    if (worker) stop(worker)
    end.abort()
    channel.close()
  }
  const fail = (why: string) => {
    leave()
    on.fail(why)
  }
  channel.onmessage = ({ data: { from, to, data } }: MessageEvent<OnChannel>) => {
    if (from !== undefined) return
    if (data === undefined) {
      down()
      hello()
    } else if (to === tab && 'hub' in data) {
      const own = (hub = data.hub)
      whenGone(locks, own, signal, () => hub === own && down())
      on.up(post)
    } else if (to === tab) {
      take(data, { ...on, fail })
    }
  }
  const ended = () => {} // before there was a lock
  hold(locks, tab, signal).then(() => {
    hello()
    return hold(locks, `${name} leader`, signal).then(() => {
      down()
      worker = startWorker(url, { ...on, fail })
      worker?.postMessage({ channel: name } satisfies ToWorker)
    })
  }).catch(ended)
  return leave
}

function take(data: FromHub, on: Events): void {
  if (Array.isArray(data)) on.receive(data)
  else if ('failed' in data) on.fail(`the core could not be loaded: ${data.failed}`)
  else if ('ready' in data) on.ready()
}

function startWorker(url: string, on: Events): Worker | undefined {
  const script = localScript(url)
  let worker: Worker
  try {
    worker = new Worker(scriptURL(script), { type: 'module', name: 'rtmwidget' })
  } catch (cause) {
    release(script)
    queueMicrotask(() => on.fail(`the worker ${url} could not be started: ${cause instanceof Error ? cause.message : String(cause)}`))
    return undefined
  }
  const fail = (why: string) => {
    stop(worker)
    on.fail(why)
  }
  worker.onmessageerror = () => fail('a message of the worker could not be read')
  worker.onerror = (event) => {
    event.preventDefault()
    fail(`the worker ${url} failed${event.message ? `: ${event.message}` : ''}`)
  }
  scripts.set(worker, script)
  return worker
}

function stop(worker: Worker): void {
  worker.onmessage = worker.onmessageerror = worker.onerror = null
  worker.terminate()
  release(scripts.get(worker)!)
}

const scripts = new WeakMap<Worker, string>()

const isLocal = (url: string): boolean => {
  const own = globalThis.location?.origin
  return own === undefined || new URL(url).origin === own
}

/**
 * A Worker's script must come from the page's own origin. One from elsewhere is imported by a script of one line, which is under
 * the page's own policy; see `LoadOptions.workerURL`.
 */
function localScript(url: string): string {
  if (isLocal(url)) return url
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
