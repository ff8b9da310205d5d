import { AgentConnection, type AgentClient, type AgentOptions } from './agent.ts'
import { wayTo } from './channel.ts'
import type { ClientOptions, Link } from './client.ts'
import { CustomerConnection, type CustomerClient, type CustomerOptions } from './customer.ts'
import type { Environment, Socket } from './core.ts'
import { RTMError, textOf, toRTMError } from './error.ts'
import type { ConnectionConfig, FromCore, Port, Receive, ToCore, TokenSource, WasmSource } from './messages.ts'
import type { ModelState } from './model.ts'
import { Tab } from './tab.ts'

// The addresses of a build that hashes its files; absent in one that keeps them side by side.
declare const __RTM_WORKER_URL__: string | undefined
declare const __RTM_WASM_URL__: string | undefined

// In the npm package: an import that packers leave alone. The remark which asks them to would not outlive the minifier.
declare const __RTM_PACKAGE__: true | undefined
declare const __rtm_import: (url: string) => Promise<unknown>

/** Where the core is and where it runs. All of it has defaults. */
export interface LoadOptions {
  /**
   * The file `rtm.wasm`: its address, a `Response` with it, its bytes, or the compiled `WebAssembly.Module`. Default:
   * beside this module.
   */
  wasmURL?: string | URL | object
  /**
   * The module `worker.js`. Default: beside this module. From another origin it needs CORS headers, and such a Worker is
   * under the page's policy: that has to allow `blob:` Workers, scripts of that origin, and WebAssembly (`wasm-unsafe-eval`).
   */
  workerURL?: string | URL
  /**
   * `shared`, the default in a page, runs one core for all tabs of this origin in a SharedWorker: the page's policy need
   * not allow WebAssembly. `dedicated` runs it in a Worker of one of the tabs, and in that of another when the first is
   * closed; it is also what `shared` means where there is no SharedWorker, or with a script from another origin. In a page
   * that is no secure context, or with a wasm that is no address, each tab has its own then. `none` runs the core where
   * `load` was called, which is the default in a Worker and in Node.
   */
  worker?: 'shared' | 'dedicated' | 'none'
  /** `false` keeps nothing of any client in this browser, whatever its `store` says; see `ClientOptions`. */
  storage?: boolean
  /** The class to make sockets with, in place of the global one; with `worker: 'none'` alone. */
  WebSocket?: WebSocketClass
}

/** As browsers have it, or the package `ws`. */
export type WebSocketClass = new (url: string) => object

/** A core. Its clients share it. */
export interface RTM {
  /** A customer's connection; idle until `login`. Throws an `RTMError` of type `validation`, `closed` or `core_crashed`. */
  customer(options: CustomerOptions): CustomerClient
  /** An agent's connection; idle until `login`. Throws an `RTMError` of type `validation`, `closed` or `core_crashed`. */
  agent(options: AgentOptions): AgentClient
  /** Closes all clients and ends the core. The next `load` starts a new one. */
  destroy(): Promise<void>
}

/**
 * A core that is being loaded: a promise that can be used like what it resolves to. Clients may be made and called at once;
 * what they are asked waits, while their socket is opened already. When the core cannot be loaded, they reject with the
 * error that the promise rejects with.
 */
export interface Loading extends Promise<RTM>, RTM {}

/**
 * What a place other than a browser does in its own way.
 * @internal
 */
export interface Platform {
  /** The wasm of an address; without one the own. */
  wasm?(url: string | undefined): Promise<WasmSource>
  /** The class of sockets where there is no global one. */
  socket?(): Promise<WebSocketClass>
  worker?: typeof import('./worker.ts')
  environment?: Partial<Environment>
}

/** @internal */
export const platform: Platform = {}

const loaded = new Map<string, Loading>()

/**
 * Starts the core. The same addresses give the same core, also while it is loading, and so do the same bytes, `Response` or
 * module. Rejects with an `RTMError`: of type `core_failed`, after which it can be tried again, or of type `validation`.
 */
export function load(options: LoadOptions = {}): Loading {
  let place: Place
  try {
    place = placeOf(options)
  } catch (cause) {
    return new Core(toRTMError(cause, 'validation')).loading
  }
  let loading = loaded.get(place.key)
  if (!loading) {
    const forget = () => {
      if (loaded.get(place.key) === loading) loaded.delete(place.key)
    }
    loading = new Core(place, forget).loading
    loaded.set(place.key, loading)
    loading.catch(forget)
  }
  return loading
}

/** Where a core is to be. */
interface Place {
  key: string
  worker: 'shared' | 'dedicated' | 'none'
  url: string
  wasm: WasmSource | Response | undefined
  storage: boolean
  sockets: WebSocketClass | undefined
}

function placeOf({ wasmURL, workerURL, worker, storage = true, WebSocket: sockets }: LoadOptions): Place {
  worker ??= typeof document !== 'undefined' && typeof Worker !== 'undefined' ? 'shared' : 'none'
  if (worker !== 'shared' && worker !== 'dedicated' && worker !== 'none') {
    throw new RTMError('validation', `worker is ${JSON.stringify(worker)}; it must be shared, dedicated or none`)
  }
  if (sockets && worker !== 'none') {
    throw new RTMError('validation', "WebSocket can't be taken into a Worker; it needs worker: 'none'")
  }
  // Packers know these forms, and bring the files along.
  const url =
    workerURL !== undefined
      ? resolve('workerURL', workerURL)
      : (typeof __RTM_WORKER_URL__ === 'string' ? new URL(__RTM_WORKER_URL__, import.meta.url) : new URL('./worker.js', import.meta.url)).href
  const wasm =
    typeof wasmURL === 'object' && !(wasmURL instanceof URL)
      ? (wasmURL as WasmSource | Response)
      : wasmURL !== undefined
        ? resolve('wasmURL', wasmURL)
        : platform.wasm
          ? undefined
          : (typeof __RTM_WASM_URL__ === 'string' ? new URL(__RTM_WASM_URL__, import.meta.url) : new URL('./rtm.wasm', import.meta.url)).href
  const key = [worker, url, typeof wasm === 'object' ? numberOf(wasm) : wasm, storage, sockets && numberOf(sockets)].join(' ')
  return { key, worker, url, wasm, storage, sockets }
}

/** What a page gives is relative to the page. */
function resolve(name: string, given: string | URL): string {
  const base = globalThis.location?.href ?? import.meta.url
  if (URL.canParse(given, base)) return new URL(given, base).href
  throw new RTMError('validation', `${name} is ${JSON.stringify(given)}; it must be an address`)
}

const numbers = new WeakMap<object, number>()
let lastNumber = 0

/** Tells objects apart. */
function numberOf(thing: object): number {
  const number = numbers.get(thing) ?? ++lastNumber
  numbers.set(thing, number)
  return number
}

class Core implements RTM {
  readonly #clients = new Map<number, CustomerConnection | AgentConnection>()
  readonly #forget: () => void
  readonly #listening = new AbortController()
  readonly #storage: boolean
  readonly loading: Loading
  #port: Port | undefined
  /** What is said before there is a port. */
  #waiting: ToCore[] = []
  #ended: RTMError | undefined
  /** Ends the loading that is under way. */
  #giveUp: ((why: RTMError) => void) | undefined
  #lastConn = 0

  /** An error in place of a place is that of a core which cannot be. */
  constructor(place: Place | RTMError, forget = () => {}) {
    this.#forget = forget
    this.#storage = place instanceof RTMError || place.storage
    const ready = place instanceof RTMError ? Promise.reject(place) : this.#start(place)
    const loading = Promise.race([ready, new Promise<never>((_, giveUp) => (this.#giveUp = giveUp))]).then(
      (): RTM => {
        this.#giveUp = undefined
        return this
      },
      (cause) => {
        const error = this.#ended ?? toRTMError(cause, 'core_failed')
        this.#end(error)
        throw error
      },
    )
    loading.catch(() => {}) // who asks for it hears of it, and so does every call
    if (place instanceof RTMError) this.#ended = place
    this.loading = Object.assign(loading, {
      customer: (options: CustomerOptions) => this.customer(options),
      agent: (options: AgentOptions) => this.agent(options),
      destroy: () => this.destroy(),
    })
  }

  #start(place: Place): Promise<void> {
    const port = openPort(place, (messages) => this.#receive(messages), (conn) => this.#clients.get(conn)?.model.state)
    const use = (port: Port) => {
      if (this.#ended) {
        port.close()
        throw this.#ended
      }
      this.#port = port
      this.#waiting.forEach((message) => port.post(message))
      this.#waiting = []
      return port.ready
    }
    if (typeof document !== 'undefined') {
      const shown = () => {
        if (document.visibilityState === 'visible') this.#port?.post({ type: 'wake' })
      }
      document.addEventListener('visibilitychange', shown, { signal: this.#listening.signal })
    }
    return port instanceof Promise ? port.then(use) : use(port)
  }

  customer(options: CustomerOptions): CustomerClient {
    const { organizationId, clientId = 'rtmwidget' } = options
    if (typeof organizationId !== 'string' || organizationId === '') {
      throw new RTMError('validation', 'organizationId is missing; it says whose chat this is')
    }
    const server = serverOf(options)
    const source: TokenSource = hasSource(options)
      ? { from: 'page' }
      : { from: 'cookie', url: `${accountsOf(server)}/v2/customer/token`, clientId, organizationId }
    const store = options.store ?? (source.from === 'cookie' && `cookie ${clientId}`)
    return this.#add(CustomerConnection, this.#config('customer', server, organizationId, { ...options, store }, `cookie ${clientId}`), source, options)
  }

  agent(options: AgentOptions): AgentClient {
    const { organizationId = '' } = options
    if (!hasSource(options)) {
      throw new RTMError('validation', 'there is no access token; give token, getToken or identityProvider')
    }
    return this.#add(AgentConnection, this.#config('agent', serverOf(options), organizationId, options), { from: 'page' }, options)
  }

  async destroy(): Promise<void> {
    this.#ended ??= new RTMError('closed', 'the core is closed')
    this.#forget()
    this.#listening.abort()
    this.#giveUp?.(this.#ended)
    if (this.#giveUp) await this.loading.catch(() => {}) // which ends the clients
    await Promise.all([...this.#clients.values()].map((client) => client.close()))
    this.#port?.close()
    this.#port = undefined
  }

  /** `cookie` names who comes without a token. */
  #config(api: 'customer' | 'agent', server: string, organization: string, options: ClientOptions, cookie?: string): ConnectionConfig {
    const { version = '3.6', region = '', token } = options
    const store = this.#storage && options.store
    if (!/^3\.[456]$/.test(version)) {
      throw new RTMError('validation', `version is ${JSON.stringify(version)}; it must be 3.4, 3.5 or 3.6`)
    }
    // Who this is, as far as that is known: somebody with a name, with a token, or with a cookie.
    const share = store ? `store ${store}` : token !== undefined ? `token ${token}` : hasSource(options) ? undefined : cookie
    return {
      api,
      server,
      organization: String(organization),
      version,
      region: String(region),
      ...(store && { store: JSON.stringify([api, server, organization, store]) }),
      ...(share !== undefined && { share }),
    }
  }

  #add<C extends CustomerConnection | AgentConnection>(
    Connection: new (link: Link, config: ConnectionConfig, source: TokenSource, options: never) => C,
    config: ConnectionConfig,
    source: TokenSource,
    options: ClientOptions,
  ): C {
    if (this.#ended) throw this.#ended
    const conn = ++this.#lastConn
    const link: Link = {
      conn,
      post: (message) => (this.#port ? this.#port.post(message) : this.#ended || this.#waiting.push(message)),
      done: () => this.#clients.delete(conn),
    }
    const client = new Connection(link, config, source, options as never)
    this.#clients.set(conn, client)
    return client
  }

  #receive(messages: FromCore[]): void {
    for (const message of messages) {
      if (message.type === 'crashed') this.#end(new RTMError('core_crashed', `the core ended unexpectedly: ${message.message}`))
      else this.#clients.get(message.conn)?.receive(message)
    }
  }

  #end(error: RTMError): void {
    this.#ended ??= error
    this.#forget()
    this.#listening.abort()
    this.#port?.close()
    this.#port = undefined
    this.#waiting = []
    for (const client of [...this.#clients.values()]) client.lost(error)
  }
}

/** The page's end of a core. In a Worker there is one at once when nothing has to be awaited. */
function openPort({ worker, url, wasm, sockets }: Place, receive: Receive, shown: (conn: number) => ModelState | undefined): Port | Promise<Port> {
  if (worker === 'none') return openHere(url, wasm, sockets, receive)
  const open = (source: WasmSource) => new Tab(wayTo(worker, url, source), receive, shown)
  return wasm instanceof Response ? bytesOf(wasm).then(open) : open(wasm!)
}

/** The core in this very realm. Its module is fetched only now, so that pages with a Worker never pay for it. */
async function openHere(url: string, wasm: Place['wasm'], sockets: WebSocketClass | undefined, receive: Receive): Promise<Port> {
  try {
    const fetched = () => (typeof __RTM_PACKAGE__ === 'boolean' ? __rtm_import(url) : import(url)) as Promise<typeof import('./worker.ts')>
    const own = platform.worker ?? (await fetched())
    const Sockets = sockets ?? (typeof WebSocket === 'undefined' ? await platform.socket?.() : undefined)
    const env = { ...own.environment, ...platform.environment, ...(Sockets && { socket: (to: string) => socketOf(new Sockets(to)) }) }
    let source = wasm instanceof Response ? await bytesOf(wasm) : wasm
    if (platform.wasm && typeof source !== 'object') source = await platform.wasm(source)
    const port = own.openCore(source!, receive, env)
    return { post: (message) => port.post(message), close: () => port.close(), ready: port.ready.catch(failed) }
  } catch (cause) {
    return failed(cause)
  }
}

/** A socket of any maker. One of `ws` ends the process by an error that nobody listens to, which one that was left can have. */
function socketOf(socket: object): Socket {
  ;(socket as Partial<EventTarget>).addEventListener?.('error', () => {})
  return socket as Socket
}

function failed(cause: unknown): never {
  throw new RTMError('core_failed', `the core could not be loaded: ${textOf(cause)}`)
}

async function bytesOf(response: Response): Promise<ArrayBuffer> {
  if (!response.ok) throw new RTMError('core_failed', `the core could not be loaded: ${response.url || 'wasmURL'} answered with status ${response.status}`)
  return response.arrayBuffer()
}

/** Whether tokens come from the page. */
const hasSource = ({ token, getToken, identityProvider }: ClientOptions) => token !== undefined || Boolean(getToken ?? identityProvider)

function serverOf({ server }: ClientOptions): string {
  const base = server ?? globalThis.location?.origin ?? ''
  if (base === '') return ''
  if (!/^(https?|wss?):\/\//i.test(base) || !URL.canParse(base)) {
    throw new RTMError('validation', `server is ${JSON.stringify(base)}; it must be an address with https:// or http://`)
  }
  return base.replace(/\/+$/, '')
}

/** Where tokens come from: the same server, for LiveChat's own another one. */
function accountsOf(server: string): string {
  return server === '' ? 'https://accounts.livechat.com' : server.replace(/^ws/, 'http')
}
