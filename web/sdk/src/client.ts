import type { ClientModel, ConnectionState } from './model.ts'

/** What both kinds of connection have in common. */
export interface ClientOptions {
  /**
   * The server's base address, such as `https://chat.example.com`. Default: where the page came from. `''` means
   * LiveChat's own servers.
   */
  server?: string
  /** Version of the API. Default `3.6`. */
  version?: string
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
  /** Milliseconds to wait for the answer, from the moment of the call. Default 15,000; 30,000 for a login. */
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
  readonly model: ClientModel<A>
  /** Sends any action, also one that this SDK has no method for; resolves with the answer's payload. */
  call<T = unknown>(action: string, payload?: object, init?: CallInit): Promise<T>
  /** Calls `fn` for each push of that action. Returns the function that ends it. What `fn` throws is reported, no more. */
  on<K extends keyof P & string>(action: K, fn: (push: P[K], info: PushInfo) => void): () => void
  /** Calls `fn` for every push, also those that this SDK has no type for. */
  onPush(fn: (action: string, push: unknown, info: PushInfo) => void): () => void
  /** Calls `fn` when the state changes, with the reason if there is one. Returns the function that ends it. */
  onState(fn: (state: ConnectionState, reason?: string) => void): () => void
  /** Ends the connection and everything that belongs to it; what is pending rejects with type `closed`. */
  close(): Promise<void>
}
