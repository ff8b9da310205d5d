import { AgentConnection, type AgentClient, type AgentOptions } from './agent.ts'
import { wayTo } from './channel.ts'
import type { ClientOptions, Link } from './client.ts'
import { CustomerConnection, type CustomerClient, type CustomerOptions } from './customer.ts'
import { RTMError } from './error.ts'
import type { FromCore, Port, Receive, TokenSource, WasmSource } from './messages.ts'
import { Tab } from './tab.ts'

// The addresses of a build that hashes its files; absent in one that keeps them side by side.
declare const __RTM_WORKER_URL__: string | undefined
declare const __RTM_WASM_URL__: string | undefined

/** Where the core is and where it runs. All of it has defaults. */
export interface LoadOptions {
  /**
   * The module `worker.js`. Default: beside this module. From another origin it needs CORS headers, and such a Worker is
   * under the page's policy: that has to allow `blob:` Workers, scripts of that origin, and WebAssembly (`wasm-unsafe-eval`).
   */
  workerURL?: string | URL
  /** The file `rtm.wasm`. Default: beside this module. */
  wasmURL?: string | URL
  /** The wasm itself in place of its address, for Node and for packers that bring files in by themselves. */
  wasm?: BufferSource | WebAssembly.Module
  /**
   * `shared`, the default, runs one core for all tabs of this origin in a SharedWorker: the page's policy need not allow
   * WebAssembly. `dedicated` runs it in a Worker of one of the tabs, and in that of another when the first is closed; it is
   * also what `shared` means where there is no SharedWorker, or with a script from another origin. Where a page is no secure
   * context, or with `wasm`, each tab then has its own. `none` runs the core where `load` was called, which is what Node wants.
   */
  worker?: 'shared' | 'dedicated' | 'none'
}

/** A core that runs. Its clients share it. */
export interface RTM {
  /** A customer's connection; idle until `login`. Throws an `RTMError` of type `validation`, `closed` or `core_crashed`. */
  customer(options: CustomerOptions): CustomerClient
  /** An agent's connection; idle until `login`. Throws an `RTMError` of type `validation`, `closed` or `core_crashed`. */
  agent(options: AgentOptions): AgentClient
  /** Closes all clients and ends the core. The next `load` starts a new one. */
  close(): Promise<void>
}

const loaded = new Map<string, Promise<RTM>>()

/**
 * Starts the core. The same addresses give the same core, also while it is loading; `wasm` gives a new one each time.
 * Rejects with an `RTMError`: of type `core_failed`, after which it can be tried again, or of type `validation`.
 */
export function load(options: LoadOptions = {}): Promise<RTM> {
  let workerURL, wasmURL
  try {
    workerURL = resolve('workerURL', options.workerURL, typeof __RTM_WORKER_URL__ === 'string' ? __RTM_WORKER_URL__ : './worker.js')
    wasmURL = resolve('wasmURL', options.wasmURL, typeof __RTM_WASM_URL__ === 'string' ? __RTM_WASM_URL__ : './rtm.wasm')
  } catch (cause) {
    return Promise.reject(cause)
  }
  const worker = options.worker ?? 'shared'
  if (options.wasm) return Core.start(worker, workerURL, options.wasm, () => {})
  const key = [worker, workerURL, wasmURL].join(' ')
  let rtm = loaded.get(key)
  if (!rtm) {
    const forget = () => {
      if (loaded.get(key) === rtm) loaded.delete(key)
    }
    rtm = Core.start(worker, workerURL, wasmURL, forget)
    loaded.set(key, rtm)
    rtm.catch(forget)
  }
  return rtm
}

/** What a page gives is relative to the page, what a build wrote to this module. */
function resolve(name: string, given: string | URL | undefined, own: string): string {
  if (given === undefined) return new URL(own, import.meta.url).href
  const base = globalThis.location?.href ?? import.meta.url
  if (URL.canParse(given, base)) return new URL(given, base).href
  throw new RTMError('validation', `${name} is ${JSON.stringify(given)}; it must be an address`)
}

class Core implements RTM {
  readonly #clients = new Map<number, CustomerConnection | AgentConnection>()
  readonly #forget: () => void
  readonly #listening = new AbortController()
  #port: Port | undefined
  #ended: RTMError | undefined
  #lastConn = 0

  static async start(worker: 'shared' | 'dedicated' | 'none', url: string, wasm: WasmSource, forget: () => void): Promise<RTM> {
    const core = new Core(forget)
    const receive: Receive = (messages) => core.#receive(messages)
    const shown = (conn: number) => core.#clients.get(conn)?.model.state
    const port = worker === 'none' ? await startHere(url, wasm, receive) : new Tab(wayTo(worker, url, wasm), receive, shown)
    await port.ready
    core.#port = port
    if (typeof document !== 'undefined') {
      const shown = () => {
        if (document.visibilityState === 'visible') core.#port?.post({ type: 'wake' })
      }
      document.addEventListener('visibilitychange', shown, { signal: core.#listening.signal })
    }
    return core
  }

  private constructor(forget: () => void) {
    this.#forget = forget
  }

  customer(options: CustomerOptions): CustomerClient {
    const { organizationId, clientId = 'rtmwidget', token, getToken } = options
    if (typeof organizationId !== 'string' || organizationId === '') {
      throw new RTMError('validation', 'organizationId is missing; it is the id of the organization whose chat this is')
    }
    const server = serverOf(options)
    const source: TokenSource =
      token !== undefined || getToken
        ? { from: 'page' }
        : { from: 'cookie', url: `${accountsOf(server)}/v2/customer/token`, clientId, organizationId }
    const share = shareOf(options, `cookie ${clientId}`)
    const store = options.store ?? (source.from === 'cookie' && `cookie ${clientId}`)
    return this.#add((link) => new CustomerConnection(link, config('customer', server, organizationId, { ...options, store, share }), source, options))
  }

  agent(options: AgentOptions): AgentClient {
    const { token, getToken, organizationId = '' } = options
    if (token === undefined && !getToken) {
      throw new RTMError('validation', 'there is no access token; give token or getToken')
    }
    return this.#add(
      (link) => new AgentConnection(link, config('agent', serverOf(options), organizationId, { ...options, share: shareOf(options) }), { from: 'page' }, options),
    )
  }

  async close(): Promise<void> {
    this.#ended ??= new RTMError('closed', 'the core is closed')
    this.#forget()
    this.#listening.abort()
    await Promise.all([...this.#clients.values()].map((client) => client.close()))
    this.#port?.close()
    this.#port = undefined
  }

  #add<C extends CustomerConnection | AgentConnection>(make: (link: Link) => C): C {
    if (this.#ended) throw this.#ended
    const conn = ++this.#lastConn
    const client = make({
      conn,
      post: (message) => this.#port?.post(message),
      done: () => this.#clients.delete(conn),
    })
    this.#clients.set(conn, client)
    return client
  }

  #receive(messages: FromCore[]): void {
    for (const message of messages) {
      if (message.type === 'crashed') this.#crashed(message.message)
      else this.#clients.get(message.conn)?.receive(message)
    }
  }

  #crashed(why: string): void {
    const error = new RTMError('core_crashed', `the core ended unexpectedly: ${why}`)
    this.#ended ??= error
    this.#forget()
    this.#listening.abort()
    this.#port?.close()
    this.#port = undefined
    for (const client of [...this.#clients.values()]) client.lost(error)
  }
}

/** The core in this very realm. Its module is fetched only now, so that pages with a Worker never pay for it. */
async function startHere(url: string, wasm: WasmSource, receive: Receive): Promise<Port> {
  try {
    const { startCore } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ url)) as typeof import('./worker.ts')
    return await startCore(wasm, receive)
  } catch (cause) {
    throw new RTMError('core_failed', `the core could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

/** Who a client is, as far as that is known: somebody with a name, with a token, or with a cookie. */
function shareOf({ store, token, getToken }: ClientOptions, cookie?: string): string | undefined {
  if (store) return `store ${store}`
  if (token !== undefined) return `token ${token}`
  return getToken ? undefined : cookie
}

function serverOf({ server }: ClientOptions): string {
  const base = server ?? globalThis.location?.origin ?? ''
  if (base === '') return ''
  const url = URL.canParse(base) ? new URL(base) : undefined
  if (!url || !/^(https?|wss?):$/.test(url.protocol)) {
    throw new RTMError('validation', `server is ${JSON.stringify(base)}; it must be an address that begins with https:// or http://`)
  }
  return base.replace(/\/+$/, '')
}

/** Where tokens come from: the same server, for LiveChat's own another one. */
function accountsOf(server: string): string {
  return server === '' ? 'https://accounts.livechat.com' : server.replace(/^ws/, 'http')
}

function config(
  api: 'customer' | 'agent',
  server: string,
  organization: string,
  { version = '3.6', region = '', store, share }: ClientOptions & { share: string | undefined },
) {
  if (!/^3\.[456]$/.test(version)) {
    throw new RTMError('validation', `version is ${JSON.stringify(version)}; it must be 3.4, 3.5 or 3.6`)
  }
  const base = { api, server, organization: String(organization), version, region: String(region) }
  return {
    ...base,
    ...(store && { store: JSON.stringify([api, server, organization, store]) }),
    ...(share !== undefined && { share }),
  }
}
