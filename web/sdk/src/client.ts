import { RTMError, toRTMError } from './error.ts'
import type { ConnectionConfig, Failure, FromCore, ToCore, TokenSource } from './messages.ts'
import { applyPatch, emptyState, type ClientModel, type ConnectionState, type ModelState, type PatchOp } from './model.ts'
import type { Empty, Version } from './objects.ts'
import { withScheme } from './token.ts'

/** What both kinds of connection have in common. */
export interface ClientOptions {
  /**
   * The server's base address, such as `https://chat.example.com`. Default: where the page came from. `''` means
   * LiveChat's own servers.
   */
  server?: string
  /** Version of the API. Default `3.6`. A method that the version lacks rejects with type `unsupported_version`. */
  version?: Version
  /** Data centre, such as `fra`. Default: the one that the token names, else `dal`. */
  region?: string
  /** The access token, with or without a leading `Bearer `. When it is refused and there is no `getToken`, login fails. */
  token?: string
  /**
   * Gets an access token; called for each new one, and with `fresh` true when the last one was refused. What it throws
   * becomes the error of the login: give an `RTMError` to choose the type.
   */
  getToken?: (fresh: boolean) => Promise<string> | string
}

/** How one call is made. */
export interface CallInit {
  /** Ends the wait: the call rejects with type `canceled`. What was sent already is not taken back. */
  signal?: AbortSignal
  /** Milliseconds to wait for the answer, from the moment of the call. 0 is the default: 15,000; 30,000 for a login. */
  timeout?: number
}

/** The envelope of a push. */
export interface PushInfo {
  readonly action: string
  /** Set when a request of this very connection caused the push. */
  readonly request_id?: string
}

/** The part that customers' and agents' connections share. `P` are its pushes, `A` the acts of its model. */
export interface Client<P, A> {
  /** Where the connection is now. */
  readonly state: ConnectionState
  /** The version of the API that is spoken. */
  readonly version: Version
  readonly model: ClientModel<A>
  /**
   * Sends any action, also one that this SDK has no method for; resolves with the answer's payload. A call that the
   * protocol forbids rejects before anything is sent, as those of the methods do; an action that it lacks is sent as it is.
   */
  call<T = unknown>(action: string, payload?: object, init?: CallInit): Promise<T>
  /** Asks the server for a sign of life. The core does so by itself. */
  ping(init?: CallInit): Promise<Empty>
  /** Calls `fn` for each push of that action. Returns the function that ends it. What `fn` throws goes to `reportError`. */
  on<K extends keyof P & string>(action: K, fn: (push: P[K], info: PushInfo) => void): () => void
  /** Calls `fn` for every push, also those that this SDK has no type for. */
  onPush(fn: (action: string, push: unknown, info: PushInfo) => void): () => void
  /** Calls `fn` when the state changes, with the reason if there is one. Returns the function that ends it. */
  onState(fn: (state: ConnectionState, reason?: string) => void): () => void
  /** Calls `fn` with a sentence for each thing that was ignored, such as a frame that is not JSON. For diagnosis. */
  onReport(fn: (text: string) => void): () => void
  /** Ends the connection and everything that belongs to it; what is pending rejects with type `closed`. */
  close(): Promise<void>
}

/** What a connection needs from the RTM that made it. */
export interface Link {
  readonly conn: number
  post(message: ToCore): void
  /** The connection is closed; no message for it is needed any more. */
  done(): void
}

interface Pending {
  readonly action: string
  resolve(payload: string): void
  reject(error: RTMError): void
}

/** The part that customers' and agents' clients share. */
export class Connection<P, A> implements Client<P, A> {
  readonly model: ClientModel<A>
  readonly version: Version
  readonly #link: Link
  readonly #options: ClientOptions
  readonly #pending = new Map<number, Pending>()
  readonly #pushes = new Map<string, Set<(push: never, info: PushInfo) => void>>()
  readonly #anyPush = new Set<(action: string, push: unknown, info: PushInfo) => void>()
  readonly #states = new Set<(state: ConnectionState, reason?: string) => void>()
  readonly #models = new Set<(state: ModelState) => void>()
  readonly #reports = new Set<(text: string) => void>()
  #modelState = emptyState
  #state: ConnectionState = 'idle'
  #lastRef = 0
  /** Why nothing can be called any more. */
  #ended: RTMError | undefined
  #closing: Promise<void> | undefined
  #closed: () => void = () => {}

  constructor(link: Link, config: ConnectionConfig, source: TokenSource, options: ClientOptions) {
    this.#link = link
    this.#options = options
    this.version = options.version ?? '3.6'
    const connection = this
    this.model = {
      get state() {
        return connection.#modelState
      },
      subscribe: (fn) => listen(this.#models, fn),
      act: (name, args) =>
        this.#request(name, args as object, undefined, (ref, json) => {
          link.post({ type: 'act', conn: link.conn, ref, name, args: json })
        }).then(() => undefined),
    }
    link.post({ type: 'create', conn: link.conn, config, token: source })
  }

  get state(): ConnectionState {
    return this.#state
  }

  async call<T = unknown>(action: string, payload: object = {}, init: CallInit = {}): Promise<T> {
    const { conn } = this.#link
    let request = payload
    let timeout = init.timeout ?? 0
    if (typeof timeout !== 'number' || !(timeout >= 0 && timeout <= 0x7fffffff)) {
      throw new RTMError('validation', `${action}: timeout is ${String(timeout)}; it must be a number of milliseconds`, { action })
    }
    if (action === 'login') {
      const { token, getToken } = this.#options
      // Without another source the token goes in here, so that the server's own refusal is what the caller gets.
      const given = (payload as { token?: string }).token ?? (getToken ? undefined : token)
      if (given !== undefined) request = { ...payload, token: withScheme(given) }
      if (!timeout) timeout = 30_000
    }
    const answer = await this.#request(action, request, init.signal, (ref, json) => {
      this.#link.post({ type: 'call', conn, ref, action, payload: json, timeout })
    })
    return (answer === '' ? {} : JSON.parse(answer)) as T
  }

  ping(init?: CallInit): Promise<Empty> {
    return this.call('ping', {}, init)
  }

  on<K extends keyof P & string>(action: K, fn: (push: P[K], info: PushInfo) => void): () => void {
    let fns = this.#pushes.get(action)
    if (!fns) this.#pushes.set(action, (fns = new Set()))
    return listen(fns, fn)
  }

  onPush(fn: (action: string, push: unknown, info: PushInfo) => void): () => void {
    return listen(this.#anyPush, fn)
  }

  onState(fn: (state: ConnectionState, reason?: string) => void): () => void {
    return listen(this.#states, fn)
  }

  onReport(fn: (text: string) => void): () => void {
    return listen(this.#reports, fn)
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#closed = resolve
      if (this.#ended) {
        resolve()
        return
      }
      this.#end(new RTMError('closed', 'the client is closed'))
      this.#link.post({ type: 'destroy', conn: this.#link.conn })
    })
    return this.#closing
  }

  /** Takes what the core says about this connection. */
  receive(message: Exclude<FromCore, { type: 'crashed' }>): void {
    switch (message.type) {
      case 'settle': {
        const pending = this.#pending.get(message.ref)
        if (!pending) break
        if (message.failure) pending.reject(asError(message.failure, pending.action))
        else pending.resolve(message.payload)
        break
      }
      case 'push': {
        const { action, requestId } = message
        const info: PushInfo = requestId ? { action, request_id: requestId } : { action }
        const push: unknown = message.payload === '' ? {} : JSON.parse(message.payload)
        tell(this.#pushes.get(action), (fn) => fn(push as never, info))
        tell(this.#anyPush, (fn) => fn(action, push, info))
        break
      }
      case 'patch':
        this.#setModel(applyPatch(this.#modelState, JSON.parse(message.ops) as PatchOp[]))
        break
      case 'state':
        this.#setState(message.state, message.reason)
        break
      case 'needToken':
        void this.#giveToken(message.fresh)
        break
      case 'report':
        tell(this.#reports, (fn) => fn(message.text))
        break
      case 'destroyed':
        if (message.failure) this.lost(new RTMError(message.failure.type, message.failure.message))
        else this.#finish('closed')
        break
    }
  }

  /** The core is gone. */
  lost(error: RTMError): void {
    this.#end(error)
    this.#finish(error.type)
  }

  #request(
    action: string,
    payload: object,
    signal: AbortSignal | undefined,
    post: (ref: number, json: string) => void,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw new RTMError(this.#ended.type, this.#ended.message, { action })
      if (signal?.aborted) throw canceled(action, signal)
      if (typeof action !== 'string' || action === '') throw new RTMError('validation', 'the action must be a string, such as send_event')
      const json = stringify(action, payload)
      const ref = ++this.#lastRef
      const settle = () => {
        this.#pending.delete(ref)
        signal?.removeEventListener('abort', abort)
      }
      const abort = () => {
        settle()
        this.#link.post({ type: 'cancel', conn: this.#link.conn, ref })
        reject(canceled(action, signal!))
      }
      this.#pending.set(ref, {
        action,
        resolve(answer) {
          settle()
          resolve(answer)
        },
        reject(error) {
          settle()
          reject(error)
        },
      })
      signal?.addEventListener('abort', abort)
      post(ref, json)
    })
  }

  async #giveToken(fresh: boolean): Promise<void> {
    const { token, getToken } = this.#options
    const { conn } = this.#link
    try {
      let got: unknown
      if (token !== undefined && !fresh) got = token
      else if (getToken) got = await getToken(fresh)
      else throw new RTMError('no_token', 'there is no access token; give token or getToken')
      if (typeof got !== 'string' || got === '') throw new RTMError('no_token', 'getToken gave no token; it must give a string')
      if (!this.#ended) this.#link.post({ type: 'token', conn, token: withScheme(got) })
    } catch (cause) {
      const { type, message } = toRTMError(cause, 'no_token')
      if (!this.#ended) this.#link.post({ type: 'token', conn, token: '', failure: { type, message: message || 'getToken failed' } })
    }
  }

  /** Rejects what is pending and everything that is called from now on. */
  #end(error: RTMError): void {
    if (this.#ended) return
    this.#ended = error
    for (const { action, reject } of [...this.#pending.values()]) {
      reject(new RTMError(error.type, error.message, { action }))
    }
  }

  /** The last words to the listeners, then none. */
  #finish(reason: string): void {
    this.#setState('stopped', reason)
    if (this.#modelState.connection.state !== 'stopped') {
      this.#setModel({ ...this.#modelState, connection: { state: 'stopped', reason } })
    }
    this.#pushes.clear()
    for (const fns of [this.#anyPush, this.#states, this.#models, this.#reports]) fns.clear()
    this.#link.done()
    this.#closed()
  }

  #setState(state: ConnectionState, reason: string): void {
    if (state === this.#state) return
    this.#state = state
    tell(this.#states, (fn) => (reason ? fn(state, reason) : fn(state)))
  }

  #setModel(state: ModelState): void {
    if (state === this.#modelState) return
    this.#modelState = state
    tell(this.#models, (fn) => fn(state))
  }
}

function stringify(action: string, payload: object): string {
  let json: string | undefined
  try {
    json = JSON.stringify(payload)
  } catch (cause) {
    throw new RTMError('validation', `${action}: the payload is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { action })
  }
  if (json?.[0] !== '{') throw new RTMError('validation', `${action}: the payload must be an object`, { action })
  return json
}

function asError({ type, message, data }: Failure, action: string): RTMError {
  return new RTMError(type, `${action}: ${message || type}`, { action, data })
}

function canceled(action: string, signal: AbortSignal): RTMError {
  const error = new RTMError('canceled', `${action}: the call was canceled`, { action })
  error.cause = signal.reason
  return error
}

/** Each registration is its own, also of the same function. */
function listen<F extends (...args: never[]) => void>(fns: Set<F>, fn: NoInfer<F>): () => void {
  const own = ((...args) => fn(...args)) as F
  fns.add(own)
  return () => void fns.delete(own)
}

/** Calls all; one that throws does not keep the others from it. */
function tell<F>(fns: Set<F> | undefined, call: (fn: F) => void): void {
  for (const fn of fns ? [...fns] : []) {
    if (!fns!.has(fn)) continue
    try {
      call(fn)
    } catch (cause) {
      if (typeof reportError === 'function') reportError(cause)
      else queueMicrotask(() => { throw cause })
    }
  }
}
