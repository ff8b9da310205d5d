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
  /** Who this is: clients that agree in it and in all of the above share a connection. Without, there is none to share with. */
  share?: string
}

/** From the page. `conn` and `ref` are numbers of the page's choice. */
export type ToCore =
  /** `given` is what another core has told this client already; see `Given` of the Go package session. */
  | { type: 'create'; conn: number; config: ConnectionConfig; token: TokenSource; given?: string }
  | { type: 'call'; conn: number; ref: number; action: string; payload: string; timeout: number }
  | { type: 'cancel'; conn: number; ref: number }
  | { type: 'act'; conn: number; ref: number; name: string; args: string }
  /** `lifetime` is in milliseconds, 0 when it is not known. */
  | { type: 'token'; conn: number; token: string; lifetime: number; failure?: Failure }
  /** Is settled like a call. */
  | { type: 'upload'; conn: number; ref: number; file: Blob; name: string; timeout: number }
  | { type: 'destroy'; conn: number }
  /** Asks for a patch of the whole state, with the same `ref`, and before it for the pushes since `given`; or nothing while they are not known. */
  | { type: 'snapshot'; conn: number; ref: number; given?: string | undefined }
  /** The page was shown: timers may be late. */
  | { type: 'wake' }

/** From the core. Each call and each act is settled once. */
export type FromCore =
  | { type: 'settle'; conn: number; ref: number; payload: string; failure?: Failure }
  /** Of an upload that is under way; bytes. */
  | { type: 'progress'; conn: number; ref: number; sent: number; size: number }
  | { type: 'push'; conn: number; action: string; requestId: string; payload: string; recovered?: boolean; ref?: number }
  | { type: 'patch'; conn: number; ops: string; ref?: number }
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

/** To a hub: first how to start, and the lock that the tab holds as long as it lives; then messages; at the end a word of it. */
export type ToHub = { start: WasmSource; tab?: string } | { bye: true } | ToCore

/** From a hub: first the lock that it holds as long as it lives, later whether there is a core; and messages. */
export type FromHub = { hub: string } | { ready: true } | { failed: string } | FromCore[]

/** To a dedicated Worker: what a hub takes, or at first the name of a BroadcastChannel by which all tabs can reach it. */
export type ToWorker = ToHub | { channel: string }

/** On that channel. A hub that begins says its name to nobody. */
export type OnChannel = { from: string; to?: never; data: ToHub; hub?: never } | { from?: never; hub: string; to?: string; data?: FromHub }
