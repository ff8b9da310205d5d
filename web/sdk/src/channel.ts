import { textOf } from './error.ts'
import { hold, unique, whenGone, type Locks } from './locks.ts'
import type { FromHub, OnChannel, ToHub, ToWorker, WasmSource } from './messages.ts'
import type { Connect, Events } from './tab.ts'

// The ways from a page to a core in a Worker.

/** What a browser has or has not. */
export type Realm = Partial<Pick<typeof globalThis, 'SharedWorker' | 'BroadcastChannel'>> & Pick<typeof globalThis, 'Worker' | 'setTimeout' | 'clearTimeout'> & { navigator?: { locks?: Locks } }

/** The way for this browser: one core for all tabs where that can be. */
export function wayTo(worker: 'shared' | 'dedicated', url: string, wasm: WasmSource, realm: Realm = globalThis): Connect {
  const { locks } = realm.navigator ?? {}
  // Bytes cannot be told from other bytes, so a core made of them is this page's own.
  if (typeof wasm !== 'string') return alone(realm, url, wasm)
  const next = locks && realm.BroadcastChannel ? led(realm, url, wasm, realm.BroadcastChannel, locks) : alone(realm, url, wasm)
  // A script of another origin is run by one of this page's, which another page does not have.
  return worker === 'shared' && realm.SharedWorker && isLocal(url) ? shared(realm, url, wasm, realm.SharedWorker, locks, next) : next
}

/** A Worker of this page alone. */
const alone = (realm: Realm, url: string, wasm: WasmSource): Connect => (on) => {
  const { worker, stop } = startWorker(realm, url, on)
  if (!worker) return stop
  worker.onmessage = ({ data }: MessageEvent<FromHub>) => take(data, on)
  worker.postMessage({ start: wasm } satisfies ToWorker)
  on.up((message) => worker.postMessage(message))
  return stop
}

/** A SharedWorker; where it does not start, another way. */
const shared = (realm: Realm, url: string, wasm: string, Shared: typeof SharedWorker, locks: Locks | undefined, otherwise: Connect): Connect => (on) => {
  let leave = () => {}
  /** Milliseconds for it to answer, twice as many each time. One that is just ending never does. */
  let patience = 100
  const begin = async () => {
    const end = new AbortController()
    const { signal } = end
    leave = () => end.abort()
    const next = (go: () => void) => {
      if (signal.aborted) return
      end.abort()
      on.down()
      go()
    }
    const again = () => next(() => void begin())
    const other = () => next(() => (leave = otherwise(on)))
    const tab = `rtmwidget tab ${unique()}`
    if (locks) await hold(locks, tab, signal).catch(() => {}) // ended meanwhile
    if (signal.aborted) return
    let worker: SharedWorker
    try {
      worker = new Shared(scriptURL(url), { type: 'module', name: `rtmwidget ${wasm}` })
    } catch {
      other()
      return
    }
    const { port } = worker
    const post = (message: ToHub) => port.postMessage(message)
    const timer = realm.setTimeout(again, (patience *= 2))
    signal.addEventListener('abort', () => {
      realm.clearTimeout(timer)
      post({ bye: true })
      port.close()
    })
    worker.onerror = (event) => {
      event.preventDefault()
      other()
    }
    port.onmessage = ({ data }: MessageEvent<FromHub>) => {
      if (signal.aborted) return
      if (!('hub' in data)) {
        take(data, on)
        return
      }
      realm.clearTimeout(timer)
      patience = 100
      if (locks) whenGone(locks, data.hub, signal, again)
      on.up(post)
    }
    port.addEventListener('close', again) // where it is told
    post({ start: wasm, ...(locks && { tab }) })
  }
  void begin()
  return () => leave()
}

/**
 * A Worker of one of the tabs, the leader, which all reach by a BroadcastChannel. It lives as long as that tab; then one
 * of the others leads.
 */
const led = (realm: Realm, url: string, wasm: string, Channel: typeof BroadcastChannel, locks: Locks): Connect => (on) => {
  const name = `rtmwidget ${url} ${wasm}`
  const tab = `rtmwidget tab ${unique()}`
  const end = new AbortController()
  const { signal } = end
  const channel = new Channel(name)
  const post = (data: ToHub) => channel.postMessage({ from: tab, data } satisfies OnChannel)
  const hello = () => post({ start: wasm, tab })
  /** The lock of the hub that serves this tab. */
  let hub: string | undefined
  const down = () => {
    if (hub === undefined) return
    hub = undefined
    on.down()
  }
  let stop = () => {}
  const leave = () => {
    if (signal.aborted) return
    post({ bye: true })
    stop()
    end.abort()
    channel.close()
  }
  const fail = (why: string) => {
    leave()
    on.fail(why)
  }
  channel.onmessage = ({ data: { from, hub: by, to, data } }: MessageEvent<OnChannel>) => {
    if (from !== undefined) return
    if (data === undefined) {
      down()
      hello()
    } else if (to === tab && 'hub' in data) {
      hub = by
      whenGone(locks, by, signal, () => hub === by && down())
      on.up(post)
    } else if (to === tab && (hub === by || hub === undefined)) {
      take(data, { ...on, fail })
    }
  }
  const ended = () => {} // before there was a lock
  hold(locks, tab, signal).then(() => {
    hello()
    return hold(locks, `${name} leader`, signal).then(() => {
      if (signal.aborted) return
      down()
      const started = startWorker(realm, url, { ...on, fail })
      stop = started.stop
      started.worker?.postMessage({ channel: name } satisfies ToWorker)
    })
  }).catch(ended)
  return leave
}

function take(data: FromHub, on: Events): void {
  if (Array.isArray(data)) on.receive(data)
  else if ('failed' in data) on.fail(`the core could not be loaded: ${data.failed}`)
  else if ('ready' in data) on.ready()
}

function startWorker(realm: Realm, url: string, on: Events): { worker?: Worker; stop: () => void } {
  const script = localScript(url)
  let worker: Worker | undefined
  const stop = () => {
    if (worker) {
      worker.onmessage = worker.onmessageerror = worker.onerror = null
      worker.terminate()
    }
    if (script !== url) URL.revokeObjectURL(script)
  }
  const fail = (why: string) => {
    stop()
    on.fail(why)
  }
  try {
    worker = new realm.Worker(scriptURL(script), { type: 'module', name: 'rtmwidget' })
  } catch (cause) {
    queueMicrotask(() => fail(`the worker ${url} failed: ${textOf(cause)}`))
    return { stop }
  }
  worker.onmessageerror = () => fail('a message of the worker could not be read')
  worker.onerror = (event) => {
    event.preventDefault()
    fail(`the worker ${url} failed${event.message ? `: ${event.message}` : ''}`)
  }
  return { worker, stop }
}

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

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

/** The address that is just asked for; the policy lets no other pass. */
let asked = ''
let policy: ReturnType<TrustedTypes['createPolicy']> | undefined

/** The address as `new Worker` takes it where the page's policy requires trusted types. */
function scriptURL(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  if (!trustedTypes) return url
  asked = url
  policy ??= trustedTypes.createPolicy('rtmwidget', {
    createScriptURL(candidate) {
      if (candidate === asked) return candidate
      throw new TypeError(`${candidate} is not the worker of rtmwidget`)
    },
  })
  return policy.createScriptURL(url)
}
