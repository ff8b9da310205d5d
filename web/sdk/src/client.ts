import { RTMError, textOf, toRTMError } from './error.ts'
import { history, type HistoryInit, type Page } from './history.ts'
import { listen, once, tell } from './listeners.ts'
import type { ConnectionConfig, Failure, FromCore, ToCore, TokenSource } from './messages.ts'
import { applyPatch, emptyState, type ClientModel, type ConnectionState, type ModelState, type PatchOp } from './model.ts'
import type { Empty, Version } from './objects.ts'
import { lifetime, ofOptions, withScheme, type IdentityProvider, type Token } from './token.ts'
import type { Upload, UploadInit } from './upload.ts'

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
   * becomes the error of the login: give an `RTMError` to choose the type. A token whose lifetime is known is asked for
   * anew before it expires.
   */
  getToken?: (fresh: boolean) => Promise<Token> | Token
  /** Who keeps the tokens, in place of `token` and `getToken`. */
  identityProvider?: IdentityProvider
  /**
   * Names the person whose unsent messages this browser keeps, so that they are sent after a reload; `false` keeps none.
   * Different people must have different names. Default: a customer whose token comes by the cookie grant, and nobody else.
   */
  store?: string | false
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
  /** It was missed while there was no connection, and fetched afterwards. */
  readonly recovered?: true
}

/** The part that customers' and agents' connections share. `P` are its pushes, `A` the acts of its model, `T` its threads. */
export interface Client<P, A, T> {
  /** Where the connection is now. */
  readonly state: ConnectionState
  /** The actions that were called and are not settled yet, oldest first. For diagnosis. */
  readonly pending: readonly string[]
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
  /** `on` for the first push alone. */
  once<K extends keyof P & string>(action: K, fn: (push: P[K], info: PushInfo) => void): () => void
  /** Calls `fn` for every push, also those that this SDK has no type for. */
  onPush(fn: (action: string, push: unknown, info: PushInfo) => void): () => void
  /** Calls `fn` when the state changes, with the reason if there is one. Returns the function that ends it. */
  onState(fn: (state: ConnectionState, reason?: string) => void): () => void
  /** Calls `fn` with a sentence for each thing that was ignored, such as a frame that is not JSON. For diagnosis. */
  onReport(fn: (text: string) => void): () => void
  /**
   * The threads of a chat, newest first, page by page as the loop gets to them; leaving the loop ends it. Each loop begins
   * anew.
   */
  history(chatId: string, init?: HistoryInit): AsyncIterable<T>
  /**
   * Uploads a file and resolves with its address, for the event `{ type: 'file', url }`. It is sent in the name of the last
   * login; without one it rejects with type `not_logged_in`.
   */
  uploadFile(file: Blob, init?: UploadInit): Promise<Upload>
  /** Ends the connection and everything that belongs to it; what is pending rejects with type `closed`. */
  close(): Promise<void>
}

/**
 * What a connection needs from the RTM that made it.
 * @internal
 */
export interface Link {
  readonly conn: number
  post(message: ToCore): void
  /** The connection is closed; no message for it is needed any more. */
  done(): void
}

interface Pending {
  readonly action: string
  readonly progress?: ((sent: number, size: number) => void) | undefined
  resolve(payload: string): void
  reject(error: RTMError): void
}

/**
 * The part that customers' and agents' clients share.
 * @internal
 */
export class Connection<P, A, T> implements Client<P, A, T> {
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
      getSnapshot: () => this.#modelState,
      subscribe: (fn) => listen(this.#models, fn),
      act: (name, args, init) =>
        this.#request(name, args as object, init?.signal, (ref, json) => {
          link.post({ type: 'act', conn: link.conn, ref, name, args: json })
        }).then(() => undefined),
    }
    link.post({ type: 'create', conn: link.conn, config, token: source })
  }

  get state(): ConnectionState {
    return this.#state
  }

  get pending(): readonly string[] {
    return Array.from(this.#pending.values(), ({ action }) => action)
  }

  async call<T = unknown>(action: string, payload: object = {}, init: CallInit = {}): Promise<T> {
    const { conn } = this.#link
    let request = payload
    let timeout = timeoutOf(action, init)
    if (action === 'login') {
      const { token, getToken, identityProvider } = this.#options
      // Without another source the token goes in here, so that the server's own refusal is what the caller gets.
      const given = (payload as { token?: string }).token ?? (getToken || identityProvider ? undefined : token)
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

  once<K extends keyof P & string>(action: K, fn: (push: P[K], info: PushInfo) => void): () => void {
    return once((each) => this.on(action, each), fn)
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

  history(chatId: string, init: HistoryInit = {}): AsyncIterable<T> {
    const { limit, ...rest } = init
    return history((page_id) => {
      // The server allows no other parameters beside a page.
      const request = page_id === undefined ? { chat_id: chatId, ...(limit !== undefined && { limit }) } : { chat_id: chatId, page_id }
      return this.call<Page<T>>('list_threads', request, rest)
    })
  }

  async uploadFile(file: Blob, init: UploadInit = {}): Promise<Upload> {
    const action = 'upload_file'
    const { onProgress } = init
    const name = init.name ?? (file as Partial<File>)?.name ?? 'file'
    if (!(file instanceof Blob)) throw new RTMError('validation', `${action}: the file must be a File or a Blob`, { action })
    if (typeof name !== 'string') throw new RTMError('validation', `${action}: name is ${String(name)}; it must be a string`, { action })
    const timeout = timeoutOf(action, init)
    const post = (ref: number) => this.#link.post({ type: 'upload', conn: this.#link.conn, ref, file, name, timeout })
    const progress = onProgress && ((sent: number, size: number) => tell(new Set([onProgress]), (fn) => fn({ sent, size })))
    return JSON.parse(await this.#request(action, {}, init.signal, post, progress)) as Upload
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
      case 'progress':
        this.#pending.get(message.ref)?.progress?.(message.sent, message.size)
        break
      case 'push': {
        const { action, requestId } = message
        const info: PushInfo = { action, ...(requestId && { request_id: requestId }), ...(message.recovered && { recovered: true }) }
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
    progress?: Pending['progress'],
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
        progress,
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
    const { conn } = this.#link
    try {
      const token = await ofOptions(this.#options, fresh)
      if (!this.#ended) this.#link.post({ type: 'token', conn, token: withScheme(token), lifetime: lifetime(token) })
    } catch (cause) {
      const { type, message } = toRTMError(cause, 'no_token')
      if (!this.#ended) this.#link.post({ type: 'token', conn, token: '', lifetime: 0, failure: { type, message: message || 'getToken failed' } })
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
    throw new RTMError('validation', `${action}: the payload is no JSON: ${textOf(cause)}`, { action })
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

function timeoutOf(action: string, { timeout = 0 }: CallInit): number {
  if (typeof timeout === 'number' && timeout >= 0 && timeout <= 0x7fffffff) return timeout
  throw new RTMError('validation', `${action}: timeout is ${String(timeout)}; it must be a number of milliseconds`, { action })
}
