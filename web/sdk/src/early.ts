import type { Environment, Socket } from './core.ts'
import type { ConnectionConfig, ToCore, TokenSource } from './messages.ts'
import type { Opened, StoredEntry } from './store.ts'
import { fetchToken, type TokenInfo } from './token.ts'

/** `WebSocket.OPEN`; Node may lack the class. */
export const openState = 1

interface Coming {
  config: ConnectionConfig
  source: TokenSource
  url?: string
  socket?: Socket
  token?: Promise<TokenInfo>
  store?: { opening: Promise<Opened>; late: StoredEntry[]; tell: (entries: StoredEntry[]) => void }
}

/**
 * What connections can have while the wasm is compiled: what this browser kept for them, the socket that the engine is
 * going to ask for first, and the customer's token. Each is given out once; what nobody took is closed with the core.
 */
export class Early {
  readonly #env: Environment
  readonly #coming = new Map<number, Coming>()
  readonly #closing = new AbortController()

  constructor(env: Environment) {
    this.#env = env
  }

  /** Hears what the core will be told. */
  see(message: ToCore): void {
    if (message.type === 'create') this.#create(message.conn, { config: message.config, source: message.token })
    else if (message.type === 'destroy') this.drop(message.conn)
    else if (message.type === 'call' && message.action === 'login') this.#begin(message.conn, message.payload)
  }

  /** The socket to `url`, if there is one that lives. */
  socket(conn: number, url: string): Socket | undefined {
    const coming = this.#coming.get(conn)
    const socket = coming?.socket
    if (!socket || coming.url !== url || socket.readyState > openState) {
      this.#hangUp(coming)
      return undefined
    }
    delete coming.socket
    return socket
  }

  /** What was kept; see `OpenStore`. */
  store(conn: number, late: (entries: StoredEntry[]) => void): Promise<Opened> | undefined {
    const coming = this.#coming.get(conn)
    const store = coming?.store
    if (!store) return undefined
    delete coming.store
    store.tell = late
    if (store.late.length > 0) void store.opening.then(() => late(store.late))
    return store.opening
  }

  token(conn: number): Promise<TokenInfo> | undefined {
    const coming = this.#coming.get(conn)
    const token = coming?.token
    delete coming?.token
    return token
  }

  close(): void {
    this.#closing.abort()
    for (const conn of this.#coming.keys()) this.drop(conn)
  }

  #create(conn: number, coming: Coming): void {
    this.#coming.set(conn, coming)
    const { openStore } = this.#env
    if (!coming.config.store || !openStore) return
    const late: StoredEntry[] = []
    const opening = openStore(coming.config.store, (entries) => store.tell(entries))
    const store = { opening, late, tell: (entries: StoredEntry[]) => void late.push(...entries) }
    coming.store = store
    opening.catch(() => {}) // told to whoever takes it
  }

  #begin(conn: number, payload: string): void {
    const coming = this.#coming.get(conn)
    if (!coming || coming.url || !this.#env.online()) return
    coming.url = socketURL(coming.config)
    try {
      coming.socket = this.#env.socket(coming.url)
    } catch {
      return // the engine's own attempt says why
    }
    if (coming.source.from === 'cookie' && !payload.includes('"token"')) {
      coming.token = fetchToken(coming.source, this.#closing.signal)
      coming.token.catch(() => delete coming.token) // by the time that one is needed there may be a network again
    }
  }

  /** Nobody needs what is there for a connection. */
  drop(conn: number): void {
    const coming = this.#coming.get(conn)
    this.#hangUp(coming)
    coming?.store?.opening.then(
      ({ store }) => store.close(),
      () => {},
    )
    this.#coming.delete(conn)
  }

  #hangUp(coming: Coming | undefined): void {
    coming?.socket?.close(1000)
    delete coming?.socket
  }
}

/** As the engine makes it; see `url` of the Go package session. Where they differ a socket is opened in vain. */
function socketURL({ api, server, organization, version, region }: ConnectionConfig): string {
  const base = server ? server.replace(/^http/, 'ws') : `wss://api${region.startsWith('fra') ? '-fra' : ''}.livechatinc.com`
  return `${base}/v${version}/${api}/rtm/ws${organization && `?organization_id=${encodeURIComponent(organization)}`}`
}
