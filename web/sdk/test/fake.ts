import { existsSync, readFileSync } from 'node:fs'
import type { Environment, Socket } from '../src/core.ts'
import type { Poster } from '../src/upload.ts'

/** The core as it was built for the tests. */
export const wasm = readFileSync(new URL('../../rtm.wasm', import.meta.url))

const releaseURL = new URL('../../rtm-release.wasm', import.meta.url)

/** The release core, where there is one; else why not. */
export const release = existsSync(releaseURL) ? readFileSync(releaseURL) : undefined
export const noRelease = process.env.RTM_NO_RELEASE ?? ''

/** A request as the core sent it. */
export interface Request {
  request_id: string
  action: string
  payload: Record<string, unknown>
}

const WebSocketState = { connecting: 0, open: 1, closed: 3 }

/** A socket whose other end is the test. */
export class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null
  onmessage: Socket['onmessage'] = null
  onclose: Socket['onclose'] = null
  onerror: Socket['onerror'] = null
  readyState: number = WebSocketState.connecting
  readonly requests: Request[] = []
  closed: [number | undefined, string | undefined] | undefined
  readonly #answer: ((request: Request, socket: FakeSocket) => void) | undefined

  constructor(
    readonly url: string,
    answer?: (request: Request, socket: FakeSocket) => void,
  ) {
    this.#answer = answer
  }

  send(frame: string): void {
    const request = JSON.parse(frame) as Request
    this.requests.push(request)
    this.#answer?.(request, this)
  }

  close(code?: number, reason?: string): void {
    this.closed = [code, reason]
  }

  get last(): Request {
    return this.requests.at(-1)!
  }

  open(): void {
    this.readyState = WebSocketState.open
    this.onopen?.call(this as never, {} as Event)
  }

  frame(data: unknown): void {
    this.onmessage?.call(this as never, { data: typeof data === 'string' ? data : JSON.stringify(data) } as MessageEvent)
  }

  answer(request: Request, payload: unknown, success = true): void {
    this.frame({ request_id: request.request_id, action: request.action, type: 'response', success, payload })
  }

  push(action: string, payload: unknown): void {
    this.frame({ action, type: 'push', version: '3.6', payload })
  }

  /** What Chrome tells of a socket that the page's policy refuses: an error, and no close. */
  refuse(): void {
    this.readyState = WebSocketState.closed
    this.onerror?.call(this as never, {} as Event)
  }

  drop(code = 1006, reason = ''): void {
    this.readyState = WebSocketState.closed
    this.onclose?.call(this as never, { code, reason } as CloseEvent)
  }
}

/** Surroundings in which time passes by `advance` alone. */
export class FakeWorld implements Environment {
  readonly sockets: FakeSocket[] = []
  readonly timers = new Map<number, { at: number; fn: () => void }>()
  readonly listeners = new Set<(up: boolean) => void>()
  refuse: string | undefined
  postFile?: Poster
  #now = Date.UTC(2030, 0, 1)
  #lastTimer = 0

  now = () => this.#now

  socket(url: string): Socket {
    if (this.refuse) throw new Error(this.refuse)
    const socket = new FakeSocket(url)
    this.sockets.push(socket)
    return socket
  }

  setTimeout(fn: () => void, ms: number): unknown {
    this.timers.set(++this.#lastTimer, { at: this.#now + ms, fn })
    return this.#lastTimer
  }

  clearTimeout(timer: unknown): void {
    this.timers.delete(timer as number)
  }

  online = () => true

  onOnline(fn: (up: boolean) => void, signal: AbortSignal): void {
    this.listeners.add(fn)
    signal.addEventListener('abort', () => this.listeners.delete(fn))
  }

  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [id, next] = [...this.timers].sort((a, b) => a[1].at - b[1].at)[0] ?? []
      if (!next || next.at > end) break
      this.timers.delete(id!)
      this.#now = Math.max(this.#now, next.at)
      next.fn()
    }
    this.#now = end
  }

  /** Lets time pass until another socket is opened. */
  untilDial(): FakeSocket {
    const before = this.sockets.length
    while (this.sockets.length === before) {
      if (this.timers.size === 0) throw new Error('nothing will ever dial')
      this.advance(Math.min(...[...this.timers.values()].map((timer) => timer.at)) - this.#now)
    }
    return this.newest
  }

  get newest(): FakeSocket {
    return this.sockets.at(-1)!
  }
}
