import type { Environment, Socket } from './core.ts'
import type { ConnectionConfig, ToCore, TokenSource } from './messages.ts'
import { fetchToken, type TokenInfo } from './token.ts'

/** `WebSocket.OPEN`; Node may lack the class. */
export const openState = 1

interface Coming {
  config: ConnectionConfig
  source: TokenSource
  url?: string
  socket?: Socket
  token?: Promise<TokenInfo>
}

/**
 * What connections can have while the wasm is compiled: the socket that the engine is going to ask for first, and the
 * customer's token. Each is given out once; what nobody took is closed with the core.
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
    if (message.type === 'create') this.#coming.set(message.conn, { config: message.config, source: message.token })
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
    this.#hangUp(this.#coming.get(conn))
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
