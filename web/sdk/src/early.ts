import { addressOf } from './address.ts'
import type { Environment, Socket } from './core.ts'
import type { ConnectionConfig, ToCore, TokenSource } from './messages.ts'
import type { Opened, StoredEntry } from './store.ts'
import { fetchToken, type Authorization } from './token.ts'

/** `WebSocket.OPEN`; Node may lack the class. */
export const openState = 1

type Tell = (entries: StoredEntry[]) => void

interface Coming {
  config: ConnectionConfig
  source: TokenSource
  url?: string
  socket?: Socket
  token?: Promise<Authorization>
  opening?: Promise<Opened>
  /** Takes who is to hear what comes later. */
  late?: (tell: Tell) => void
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
  store(conn: number, late: Tell): Promise<Opened> | undefined {
    const coming = this.#coming.get(conn)
    const opening = coming?.opening
    coming?.late?.(late)
    delete coming?.opening
    return opening
  }

  token(conn: number): Promise<Authorization> | undefined {
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
    const late = new Promise<Tell>((found) => (coming.late = found))
    coming.opening = openStore(coming.config.store, (entries) => void late.then((tell) => tell(entries)))
    coming.opening.catch(() => {}) // told to whoever takes it
  }

  #begin(conn: number, payload: string): void {
    const coming = this.#coming.get(conn)
    if (!coming || coming.url || !this.#env.online()) return
    // As the engine makes it. Where they differ a socket is opened in vain.
    coming.url = addressOf(coming.config, 'rtm/ws').replace(/^http/, 'ws')
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
    coming?.opening?.then(
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
