import type { ConnectionState } from './model.ts'

// What the page and the core say to each other, in the page or through a Worker. Payloads stay JSON text until they
// reach the caller.

/** Why something failed, as it crosses. */
export interface Failure {
  type: string
  message: string
  data?: unknown
}

/** Where the core gets tokens: by itself with the cookie grant, or from the page. */
export type TokenSource = { from: 'page' } | { from: 'cookie'; url: string; clientId: string; organizationId: string }

/** What a connection is to be; see `Create` of the Go package bridge. */
export interface ConnectionConfig {
  api: 'customer' | 'agent'
  server: string
  organization: string
  version: string
  region: string
  /** Under which name what was not sent yet is kept; nothing is kept without. */
  store?: string
}

/** From the page. `conn` and `ref` are numbers of the page's choice. */
export type ToCore =
  | { type: 'create'; conn: number; config: ConnectionConfig; token: TokenSource }
  | { type: 'call'; conn: number; ref: number; action: string; payload: string; timeout: number }
  | { type: 'cancel'; conn: number; ref: number }
  | { type: 'act'; conn: number; ref: number; name: string; args: string }
  /** `lifetime` is in milliseconds, 0 when it is not known. */
  | { type: 'token'; conn: number; token: string; lifetime: number; failure?: Failure }
  /** Is settled like a call. */
  | { type: 'upload'; conn: number; ref: number; file: Blob; name: string; timeout: number }
  | { type: 'destroy'; conn: number }
  /** The page was shown: timers may be late. */
  | { type: 'wake' }

/** From the core. Each call and each act is settled once. */
export type FromCore =
  | { type: 'settle'; conn: number; ref: number; payload: string; failure?: Failure }
  /** Of an upload that is under way; bytes. */
  | { type: 'progress'; conn: number; ref: number; sent: number; size: number }
  | { type: 'push'; conn: number; action: string; requestId: string; payload: string; recovered?: boolean }
  | { type: 'patch'; conn: number; ops: string }
  | { type: 'state'; conn: number; state: ConnectionState; reason: string }
  | { type: 'needToken'; conn: number; fresh: boolean }
  | { type: 'report'; conn: number; text: string }
  /** The connection is no more: as the page wished, or because it could not be made. */
  | { type: 'destroyed'; conn: number; failure?: Failure }
  /** The core is gone; nothing follows. */
  | { type: 'crashed'; message: string }

/** Where the wasm comes from. */
export type WasmSource = string | BufferSource | WebAssembly.Module

/** The page's end of a core. */
export interface Port {
  post(message: ToCore): void
  /** Lets go of the core; nothing is received afterwards. */
  close(): void
  /** Resolves when the core runs; until then it takes messages all the same. Rejects when it cannot be loaded. */
  readonly ready: Promise<void>
}

/** Takes what the core says, all that one input led to at once. */
export type Receive = (messages: FromCore[]) => void

/** To a Worker: first how to start, then messages. */
export type ToWorker = { start: WasmSource } | ToCore

/** From a Worker: first whether it started, then messages. */
export type FromWorker = { ready: true } | { failed: string } | FromCore[]
