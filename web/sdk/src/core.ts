import { Early, openState } from './early.ts'
import { textOf, toRTMError } from './error.ts'
import { compile, runGo, type Entries, type Host } from './go.ts'
import type { ConnectionConfig, Failure, FromCore, Port, Receive, ToCore, TokenSource, WasmSource } from './messages.ts'
import type { ConnectionState } from './model.ts'
import { openStore, type OpenStore, type Store, type StoredEntry } from './store.ts'
import { fetchToken } from './token.ts'
import { postFile, upload, type Poster } from './upload.ts'

/** The part of a socket that the core uses. */
export type Socket = Pick<WebSocket, 'send' | 'close' | 'onopen' | 'onmessage' | 'onclose' | 'onerror'> & { readonly readyState: number }

/** `WebSocket.CLOSED`; Node may lack the class. */
const closedState = 3

/** What the core takes from its surroundings. */
export interface Environment {
  /** Milliseconds since 1970. */
  now(): number
  socket(url: string): Socket
  setTimeout(fn: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  /** `false` when the machine knows that it has no network. */
  online(): boolean
  /** Calls `fn` when that changes, until `signal` fires. */
  onOnline(fn: (up: boolean) => void, signal: AbortSignal): void
  /** Absent where nothing can be kept. */
  openStore?: OpenStore
  postFile?: Poster
}

/** The surroundings of a page, a Worker or Node. */
export const environment: Environment = {
  now: () => Date.now(),
  socket: (url) => new WebSocket(url),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (timer) => clearTimeout(timer as number),
  online: () => globalThis.navigator?.onLine !== false,
  onOnline(fn, signal) {
    if (typeof addEventListener !== 'function') return
    addEventListener('online', () => fn(true), { signal })
    addEventListener('offline', () => fn(false), { signal })
  },
  openStore,
  postFile,
}

/** Loads the core into this realm. What it is told before it runs is done then. */
export function openCore(source: WasmSource, receive: Receive, env: Environment = environment): Port {
  return new Core(source, receive, env)
}

/** Loads the core into this realm and waits for it. Rejects when the wasm cannot be loaded. */
export async function startCore(source: WasmSource, receive: Receive, env?: Environment): Promise<Port> {
  const core = openCore(source, receive, env)
  await core.ready
  return core
}

/** Milliseconds for the token endpoint, less than a login has in all: one that hangs must not hold up the next attempt. */
const tokenTimeout = 20_000

/** Milliseconds for what was kept to be read, which a login waits for. */
const storeTimeout = 2_000

/** Milliseconds within which a core that was restarted must not break again. */
const trialTime = 60_000

interface Connection {
  config: ConnectionConfig
  token: TokenSource
  /** Calls that are not settled. */
  calls: Map<number, Call>
  live?: boolean
  /** What the act under way asks to keep. */
  puts?: Promise<void>[]
  /** The login that holds, for a core that starts again. */
  login?: Call
  /** What the core asked to keep; beside the store, which a page may lack. */
  kept: Map<string, string>
  store?: Store
  /** What the page said before what was kept was read. */
  waiting?: ToCore[]
  socket?: Socket
  timer?: unknown
  /** The token request under way. */
  request?: { abort: AbortController; timer: unknown }
  /** Why there was no token the last time; the engine only knows a sentence. */
  noToken?: Failure
  /** The last token, as a header Authorization has it. */
  authorization?: string
  uploads: Map<number, AbortController>
}

type Call = ToCore & { type: 'call' }

/** The number of logins that the page did not make; their failure shows in the state. */
const ownRef = 0

class Core implements Port, Host {
  readonly #receive: Receive
  readonly #env: Environment
  readonly #conns = new Map<number, Connection>()
  readonly #listening = new AbortController()
  #module: WebAssembly.Module | undefined
  #go: Entries | undefined
  /** What the page says while the core starts, also again; absent otherwise. */
  #held: ToCore[] | undefined = []
  readonly #early: Early
  readonly ready: Promise<void>
  #restarted = -Infinity
  #out: FromCore[] = []
  #depth = 0

  constructor(source: WasmSource, receive: Receive, env: Environment) {
    this.#receive = receive
    this.#env = env
    this.#early = new Early(env)
    this.ready = this.#run(source)
    this.ready.catch(() => this.close()) // who waits hears of it
  }

  async #run(source: WasmSource): Promise<void> {
    const module = await compile(source)
    const go = await this.#start(module)
    if (!this.#held) throw new Error('it was closed') // meanwhile
    this.#module = module
    this.#resume(go)
    this.#env.onOnline((up) => {
      if (!this.#go) return
      for (const conn of this.#conns.keys()) this.#enter(conn, (go, now) => go.online(conn, now, up))
    }, this.#listening.signal)
  }

  async #start(module: WebAssembly.Module): Promise<Entries> {
    const go: Entries = await runGo(module, this, (why) => {
      if (this.#go === go) this.#crashed(why)
    })
    return go
  }

  // From the page.

  post(message: ToCore): void {
    this.#batch(() => this.#handle(message))
  }

  close(): void {
    this.#listening.abort()
    for (const conn of this.#conns.keys()) this.#destroy(conn)
    this.#early.close()
    this.#go = this.#module = this.#held = undefined
  }

  #handle(message: ToCore): void {
    if (this.#held) {
      this.#held.push(message)
      if (!this.#module) this.#early.see(message)
      return
    }
    if (message.type === 'wake') {
      for (const conn of this.#conns.keys()) this.#enter(conn, (go, now) => go.tick(conn, now))
      return
    }
    const { conn } = message
    const waiting = this.#conns.get(conn)?.waiting
    if (waiting && message.type !== 'destroy') {
      waiting.push(message)
      return
    }
    switch (message.type) {
      case 'create':
        this.#create(conn, message)
        break
      case 'call':
        this.#call(conn, message)
        break
      case 'act':
        this.#act(conn, message)
        break
      case 'snapshot':
        this.#enter(conn, (go) => this.#snapshot(go, message))
        break
      case 'upload':
        void this.#upload(message)
        break
      case 'cancel':
        this.#conns.get(conn)?.uploads.get(message.ref)?.abort()
        this.#enter(conn, (go, now) => go.cancel(conn, now, message.ref))
        break
      case 'token':
        this.#token(conn, message.token, message.lifetime, message.failure)
        break
      case 'destroy':
        this.#destroy(conn)
        this.#emit({ type: 'destroyed', conn })
        break
    }
  }

  #create(conn: number, { config, token, given }: ToCore & { type: 'create' }): void {
    const c: Connection = { config, token, calls: new Map(), kept: new Map(), uploads: new Map() }
    const error = this.#enter(conn, (go, now) => {
      this.#createIn(go, now, conn, c)
      this.#conns.set(conn, c)
      if (given) go.restore(conn, now, JSON.stringify([{ key: 'given', value: given }]))
      if (config.store && this.#env.openStore) void this.#open(conn, c, config.store)
    })
    if (error !== undefined) this.#emit({ type: 'destroyed', conn, failure: { type: 'internal', message: textOf(error) } })
  }

  #createIn(go: Entries, now: number, conn: number, { config }: Connection): void {
    const { api, server, organization, version, region } = config
    go.create(conn, api === 'agent', server, organization, version, region, seed(), true)
    if (!this.#env.online()) go.online(conn, now, false)
  }

  #call(conn: number, call: Call): void {
    const c = this.#conns.get(conn)
    const { calls } = c ?? {}
    if (c && call.action === 'login' && call.payload.includes('"token"')) {
      const { token } = JSON.parse(call.payload) as { token?: unknown }
      if (typeof token === 'string') c.authorization = token
    }
    const taken = this.#settling(conn, call.ref, 'internal', (go, now) => {
      if (call.action === 'login') go.start(conn, now)
      calls?.set(call.ref, call)
      go.call(conn, now, call.ref, call.action, call.payload, call.timeout)
    })
    if (!taken) calls?.delete(call.ref)
  }

  #snapshot(go: Entries, { conn, ref, given }: ToCore & { type: 'snapshot' }): void {
    const missed = given === undefined ? '[]' : go.missed(conn, given)
    if (!missed) return
    for (const { action, payload } of JSON.parse(missed) as { action: string; payload: object }[]) {
      this.#emit({ type: 'push', conn, ref, action, requestId: '', payload: JSON.stringify(payload), recovered: true })
    }
    this.#emit({ ...reset(conn, go), ref })
  }

  /** An act is done when what it leaves for later is kept. */
  #act(conn: number, { ref, name, args }: ToCore & { type: 'act' }): void {
    const c = this.#conns.get(conn)
    const puts: Promise<void>[] = []
    if (c) c.puts = puts
    const taken = this.#settling(conn, ref, 'validation', (go, now) => go.act(conn, now, name, args))
    delete c?.puts
    if (!taken) return
    const done = () => this.#emit({ type: 'settle', conn, ref, payload: '' })
    if (puts.length === 0) {
      done()
      return
    }
    Promise.all(puts).then(done, (cause) => {
      const failure: Failure = { type: 'not_stored', message: `there is no connection, and no place to keep it: ${textOf(cause)}` }
      this.#batch(() => {
        // Whoever wrote it has it back.
        const { key } = JSON.parse(args) as { key?: string }
        if (name === 'send' && key && this.#conns.get(conn) === c) {
          this.#enter(conn, (go, now) => go.act(conn, now, 'discard', JSON.stringify({ key })))
        }
        this.#emit({ type: 'settle', conn, ref, payload: '', failure })
      })
    })
  }

  /** Gives the core what was kept, and then what the page has said meanwhile. */
  async #open(conn: number, c: Connection, name: string): Promise<void> {
    c.waiting = []
    const alive = () => this.#conns.get(conn) === c
    const restore = (entries: StoredEntry[]) => {
      if (!alive() || entries.length === 0) return
      for (const { key, value } of entries) c.kept.set(key, value)
      if (this.#go) this.#enter(conn, (go, now) => go.restore(conn, now, JSON.stringify(entries)))
    }
    const opened = (this.#early.store(conn, restore) ?? this.#env.openStore!(name, restore)).then(
      ({ store, entries }) => {
        if (!alive()) {
          store.close()
          return
        }
        c.store = store
        restore(entries)
      },
      (cause) => this.#notKept(conn, c, cause),
    )
    await new Promise<void>((resolve) => {
      const timer = this.#env.setTimeout(resolve, storeTimeout)
      void opened.then(() => {
        this.#env.clearTimeout(timer)
        resolve()
      })
    })
    const waiting = c.waiting ?? []
    delete c.waiting
    if (alive()) this.#batch(() => waiting.forEach((message) => this.#handle(message)))
  }

  #notKept(conn: number, c: Connection, cause: unknown): void {
    if (this.#conns.get(conn) === c) this.report(conn, `what is not sent yet will not outlive this page: ${textOf(cause)}`)
  }

  #destroy(conn: number): void {
    const c = this.#conns.get(conn)
    if (!c) return
    if (this.#go) {
      this.#enter(conn, (go, now) => {
        go.stop(conn, now)
        go.destroy(conn)
      })
    }
    this.#conns.delete(conn)
    this.#release(c)
    this.#early.drop(conn)
    for (const upload of c.uploads.values()) upload.abort()
    c.store?.close()
  }

  #release(c: Connection): void {
    this.#endRequest(c)
    this.#hangUp(c, 1000, '')
    this.#env.clearTimeout(c.timer)
    delete c.timer
  }

  // Into Go. What an input leads to is passed on in one piece.

  #enter(conn: number, input: (go: Entries, now: number) => void): unknown {
    let error: unknown
    this.#batch(() => {
      try {
        if (!this.#go) throw new Error('the core is not running')
        input(this.#go, this.#env.now())
      } catch (cause) {
        error = cause
        if (broke(cause)) this.#crashed(textOf(cause))
      }
    })
    if (error !== undefined) this.#emit({ type: 'report', conn, text: textOf(error) })
    return error
  }

  /** An input whose error belongs to a caller; reports whether there was none. */
  #settling(conn: number, ref: number, type: string, input: (go: Entries, now: number) => void): boolean {
    let error: unknown
    this.#enter(conn, (go, now) => {
      try {
        input(go, now)
      } catch (cause) {
        error = cause
        if (broke(cause)) {
          type = 'core_crashed'
          this.#conns.get(conn)?.calls.delete(ref) // its end is told below
          throw cause
        }
      }
    })
    if (!this.#go && error === undefined) error = new Error('the core is not running')
    if (error === undefined) return true
    if (ref !== ownRef) this.#emit({ type: 'settle', conn, ref, payload: '', failure: { type, message: textOf(error) } })
    return false
  }

  #batch(work: () => void): void {
    this.#depth++
    try {
      work()
    } finally {
      if (--this.#depth === 0) this.#flush()
    }
  }

  #emit(message: FromCore): void {
    this.#out.push(message)
    if (this.#depth === 0) this.#flush()
  }

  #flush(): void {
    const out = this.#out
    this.#out = []
    if (out.length > 0) this.#receive(out)
  }

  /**
   * After a panic in Go: whoever waits gets an error, and another core goes on where this one was. One that breaks at once
   * is the last.
   */
  #crashed(message: string): void {
    if (!this.#go || !this.#module) return
    this.#go = undefined
    const now = this.#env.now()
    if (now - this.#restarted < trialTime) {
      this.#end(message)
      return
    }
    this.#restarted = now
    this.#held = []
    const why = `the core broke and was started again: ${message}`
    for (const [conn, c] of this.#conns) {
      this.#release(c)
      for (const ref of c.calls.keys()) {
        if (ref !== ownRef) this.#emit({ type: 'settle', conn, ref, payload: '', failure: { type: 'core_crashed', message: why } })
      }
      c.calls.clear()
      this.#emit({ type: 'report', conn, text: why })
    }
    this.#start(this.#module).then(
      (go) => this.#resume(go),
      (cause) => this.#end(textOf(cause)),
    )
  }

  /** Gives a new core what the last one had: connections, what they kept, and who was logged in. */
  #resume(go: Entries): void {
    const held = this.#held
    if (!held) return // closed meanwhile
    this.#held = undefined
    this.#go = go
    this.#batch(() => {
      for (const [conn, c] of this.#conns) {
        this.#enter(conn, (go, now) => {
          this.#createIn(go, now, conn, c)
          const entries = Array.from(c.kept, ([key, value]) => ({ key, value }))
          if (entries.length > 0) go.restore(conn, now, JSON.stringify(entries))
          this.#emit(reset(conn, go))
        })
        if (c.login) this.#call(conn, { ...c.login, ref: ownRef })
      }
      held.forEach((message) => this.#handle(message))
    })
  }

  #end(message: string): void {
    this.#module = this.#held = undefined
    this.#listening.abort()
    for (const c of this.#conns.values()) {
      this.#release(c)
      c.store?.close()
    }
    this.#conns.clear()
    this.#emit({ type: 'crashed', message })
  }

  // From Go: none of these throws.

  dial(conn: number, url: string): void {
    const c = this.#conns.get(conn)
    if (!c) return
    this.#hangUp(c, 1000, '')
    let socket: Socket
    try {
      socket = this.#early.socket(conn, url) ?? this.#env.socket(url)
    } catch (cause) {
      queueMicrotask(() => {
        if (!c.socket) this.#enter(conn, (go, now) => go.closed(conn, now, 0, textOf(cause)))
      })
      return
    }
    c.socket = socket
    socket.onopen = () => this.#enter(conn, (go, now) => go.opened(conn, now))
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') this.#enter(conn, (go, now) => go.receive(conn, now, data))
      else this.#emit({ type: 'report', conn, text: 'a binary frame' })
    }
    const closed = (code: number, reason: string) => {
      detach(socket)
      delete c.socket
      this.#enter(conn, (go, now) => go.closed(conn, now, code, reason))
    }
    socket.onclose = ({ code, reason }) => closed(code, reason)
    if (socket.readyState === openState) queueMicrotask(() => socket.onopen?.call(socket as WebSocket, new Event('open')))
    // A close follows at once, except in Chrome for a socket that the page's policy refuses.
    socket.onerror = () => {
      this.#env.setTimeout(() => {
        if (c.socket === socket && socket.readyState === closedState) closed(0, '')
      }, 0)
    }
  }

  send(conn: number, frame: string): void {
    try {
      this.#conns.get(conn)?.socket?.send(frame)
    } catch {
      // Only a socket that is not open throws; its close event follows.
    }
  }

  shut(conn: number, code: number, reason: string): void {
    const c = this.#conns.get(conn)
    if (c) this.#hangUp(c, code, reason)
  }

  wake(conn: number, delay: number): void {
    const c = this.#conns.get(conn)
    if (!c) return
    this.#env.clearTimeout(c.timer)
    delete c.timer
    if (delay < 0) return
    // A timer holds 31 bits of milliseconds; an early tick is harmless.
    c.timer = this.#env.setTimeout(() => this.#enter(conn, (go, now) => go.tick(conn, now)), Math.min(delay, 0x7fffffff))
  }

  settle(conn: number, ref: number, ok: boolean, payload: string, errorType: string, errorMessage: string): void {
    const c = this.#conns.get(conn)
    const call = c?.calls.get(ref)
    c?.calls.delete(ref)
    if (call?.action === 'login' && ok) c!.login = call
    if (call?.action === 'logout' && ok) delete c!.login
    if (ok) {
      this.#emit({ type: 'settle', conn, ref, payload })
      return
    }
    let failure: Failure = { type: errorType, message: errorMessage }
    if (payload !== '') failure.data = JSON.parse(payload) as unknown
    if (errorType === 'no_token') failure = { ...failure, ...c?.noToken }
    this.#emit({ type: 'settle', conn, ref, payload: '', failure })
  }

  push(conn: number, action: string, requestId: string, payload: string, recovered: boolean): void {
    this.#emit({ type: 'push', conn, action, requestId, payload, recovered })
  }

  /** The model tells it too. */
  unstable(): void {}

  stored(conn: number, key: string, value: string | null): void {
    const c = this.#conns.get(conn)
    if (!c) return
    if (value === null) c.kept.delete(key)
    else c.kept.set(key, value)
    const kept = (failure = '') => {
      if (value !== null && this.#go && this.#conns.get(conn) === c) this.#enter(conn, (go, now) => go.kept(conn, now, key, failure))
    }
    if (!c.store) {
      kept()
      return
    }
    const put = c.store.put(key, value).then(() => kept(), (cause) => {
      this.#notKept(conn, c, cause)
      // With a connection it is sent all the same.
      const now = c.live
      kept(now ? '' : textOf(cause))
      if (!now) throw cause
    })
    if (value !== null && c.puts) c.puts.push(put)
    else put.catch(() => {})
  }

  patch(conn: number, ops: string): void {
    this.#emit({ type: 'patch', conn, ops })
  }

  state(conn: number, state: string, reason: string): void {
    const c = this.#conns.get(conn)
    if (c) c.live = state === 'live'
    this.#emit({ type: 'state', conn, state: state as ConnectionState, reason })
  }

  needToken(conn: number, fresh: boolean): void {
    const c = this.#conns.get(conn)
    if (!c) return
    if (c.token.from === 'page') {
      this.#emit({ type: 'needToken', conn, fresh })
      return
    }
    this.#endRequest(c)
    const abort = new AbortController()
    const late = () => abort.abort(new Error(`no answer within ${tokenTimeout / 1000} s`))
    const request = { abort, timer: this.#env.setTimeout(late, tokenTimeout) }
    c.request = request
    const answer = (token: string, lifetime: number, failure?: Failure) => {
      if (c.request !== request) return
      this.#endRequest(c)
      this.#token(conn, token, lifetime, failure)
    }
    const source = c.token
    const ask = () => fetchToken(source, abort.signal)
    const early = this.#early.token(conn)
    ;(early ? early.catch(ask) : ask()).then(
      (got) => answer(...got),
      (cause) => {
        const { type, message } = toRTMError(cause, 'no_token')
        answer('', 0, { type, message })
      },
    )
  }

  #endRequest(c: Connection): void {
    if (!c.request) return
    this.#env.clearTimeout(c.request.timer)
    c.request.abort.abort()
    delete c.request
  }

  report(conn: number, message: string): void {
    this.#emit({ type: 'report', conn, text: message })
  }

  #token(conn: number, token: string, lifetime: number, failure?: Failure): void {
    const c = this.#conns.get(conn)
    if (!c) return
    if (token) c.authorization = token
    if (failure) c.noToken = failure
    else delete c.noToken
    this.#enter(conn, (go, now) => go.token(conn, now, token, failure?.message ?? '', lifetime))
  }

  async #upload({ conn, ref, file, name, timeout }: ToCore & { type: 'upload' }): Promise<void> {
    const c = this.#conns.get(conn)
    if (!c) return
    const abort = new AbortController()
    c.uploads.set(ref, abort)
    const end = (payload: string, failure?: Failure) => {
      c.uploads.delete(ref)
      if (this.#conns.get(conn) === c) this.#emit({ type: 'settle', conn, ref, payload, ...(failure && { failure }) })
    }
    const progress = (sent: number, size: number) => this.#emit({ type: 'progress', conn, ref, sent, size })
    await upload(this.#env.postFile, c.config, c.authorization, file, name, timeout, abort.signal, progress).then(end, (cause) => {
      const { type, message, data } = toRTMError(cause, 'connection_lost')
      end('', { type, message, data })
    })
  }

  #hangUp(c: Connection, code: number, reason: string): void {
    const { socket } = c
    if (!socket) return
    delete c.socket
    detach(socket)
    // A page may only send 1000 and 3000 to 4999.
    socket.close(code >= 3000 && code <= 4999 ? code : 1000, reason.slice(0, 40))
  }
}

const reset = (conn: number, go: Entries) => ({ type: 'patch', conn, ops: `[{"op":"reset","state":${go.snapshot(conn)}}]` }) as const

function detach(socket: Socket): void {
  socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null
}

/** Whether Go is broken: it throws plain Errors itself. */
function broke(cause: unknown): boolean {
  return cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError
}

/** A random whole number, as large as JavaScript holds exactly. */
function seed(): number {
  return Number(crypto.getRandomValues(new BigUint64Array(1))[0]! >> 11n)
}
