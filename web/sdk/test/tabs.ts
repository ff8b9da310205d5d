import type { Environment, Socket } from '../src/core.ts'
import { openCore } from '../src/core.ts'
import { wayTo, type Realm } from '../src/channel.ts'
import { CustomerConnection } from '../src/customer.ts'
import { Hub } from '../src/hub.ts'
import type { FromCore } from '../src/messages.ts'
import { serve, serveShared, type SharedScope, type WorkerScope } from '../src/serve.ts'
import type { OpenStore, StoredEntry } from '../src/store.ts'
import { Tab, type Life } from '../src/tab.ts'
import { FakeSocket, type Request } from './fake.ts'

// A browser with tabs, Workers, locks, channels and a disk, and a server, in which things happen in an order that a seed
// decides. Whatever lives there lives in a realm, and dies with it at any moment.

/** Something that can be killed: a tab or a Worker. */
export class Living {
  alive = true
  readonly #ends: (() => void)[] = []

  onEnd(fn: () => void): void {
    this.#ends.push(fn)
  }

  die(): void {
    if (!this.alive) return
    this.alive = false
    for (const end of this.#ends.splice(0)) end()
  }
}

export type Random = (below: number) => number

/** Numbers that a seed decides; mulberry32. */
export function random(seed: number): Random {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below | 0
  }
}

export class World {
  /** What is under way: each lane keeps its order, and that is all the order there is. */
  readonly #lanes = new Map<object, (() => void)[]>()
  readonly #timers = new Map<number, { at: number; fn: () => void }>()
  readonly #locks = new Map<string, LockState>()
  readonly #channels = new Map<string, Set<FakeChannel>>()
  readonly #shared = new Map<string, SharedInstance>()
  readonly disk = new Disk()
  readonly server: Server
  readonly random: Random
  readonly wasm: WebAssembly.Module
  /** Living cores. */
  hubs = 0
  /** Cores that are being loaded. */
  #loading = 0
  #now = Date.UTC(2030, 0, 1)
  #lastTimer = 0

  constructor(wasm: WebAssembly.Module, random: Random) {
    this.wasm = wasm
    this.random = random
    this.server = new Server(this)
  }

  now = () => this.#now

  later(lane: object, fn: () => void): void {
    const list = this.#lanes.get(lane)
    if (list) list.push(fn)
    else this.#lanes.set(lane, [fn])
  }

  setTimeout(of: Living, fn: () => void, ms: number): number {
    const id = ++this.#lastTimer
    this.#timers.set(id, { at: this.#now + ms, fn: () => of.alive && fn() })
    return id
  }

  clearTimeout(id: unknown): void {
    this.#timers.delete(id as number)
  }

  /** Lets one thing happen; time passes only when nothing is under way. */
  async step(): Promise<boolean> {
    do await new Promise<void>(setImmediate)
    while (this.#loading > 0) // takes no time in this world
    const lanes = [...this.#lanes]
    if (lanes.length > 0) {
      const [lane, list] = lanes[this.random(lanes.length)]!
      const fn = list.shift()!
      if (list.length === 0) this.#lanes.delete(lane)
      fn()
      return true
    }
    const [id, next] = [...this.#timers].sort((a, b) => a[1].at - b[1].at)[0] ?? []
    if (!next) return false
    this.#timers.delete(id!)
    this.#now = Math.max(this.#now, next.at)
    next.fn()
    return true
  }

  /** Goes on until `so` holds, an hour of this world at most. */
  async until(so: () => boolean, what: () => string): Promise<void> {
    const end = this.#now + 3_600_000
    while (!so()) {
      if (!(await this.step()) || this.#now > end) throw new Error(`it did not come about: ${what()}`)
    }
  }

  locksOf(of: Living): Pick<LockManager, 'request'> {
    const request = (name: string, ...rest: unknown[]) => {
      const run = rest.at(-1) as (lock: Lock | null) => unknown
      const { mode = 'exclusive', signal } = (rest.length > 1 ? rest[0] : {}) as LockOptions
      return new Promise((resolve, reject) => {
        let state = this.#locks.get(name)
        if (!state) this.#locks.set(name, (state = { held: new Set(), queue: [] }))
        const grant = async () => {
          const holder = {}
          state.held.add(holder)
          const release = () => {
            if (state.held.delete(holder)) this.#grant(state)
          }
          of.onEnd(release)
          try {
            const result = await run({ name, mode })
            release()
            if (of.alive) resolve(result)
          } catch (cause) {
            release()
            reject(cause as Error)
          }
        }
        const ask: Ask = { shared: mode === 'shared', grant: () => of.alive && void grant() }
        const forget = () => {
          state.queue = state.queue.filter((one) => one !== ask)
          this.#grant(state)
        }
        of.onEnd(forget)
        signal?.addEventListener('abort', () => {
          if (!state.queue.includes(ask)) return
          forget()
          reject(signal.reason as Error)
        })
        state.queue.push(ask)
        this.#grant(state)
      })
    }
    return { request: request as LockManager['request'] }
  }

  #grant(state: LockState): void {
    const next = state.queue[0]
    if (!next || (state.held.size > 0 && !(next.shared && state.shared))) return
    state.queue.shift()
    state.shared = next.shared
    const holding = {}
    state.held.add(holding) // until it is told
    this.later(holding, () => {
      state.held.delete(holding)
      next.grant()
      this.#grant(state)
    })
    this.#grant(state)
  }

  channelClass(of: Living): typeof BroadcastChannel {
    const world = this
    return class extends FakeChannel {
      constructor(name: string) {
        super(world, of, name, world.#channels)
      }
    } as unknown as typeof BroadcastChannel
  }

  /** What a tab or a Worker finds around it. */
  realm(of: Living, secure = true, shares = true): Realm {
    const world = this
    return {
      ...(shares && {
        SharedWorker: class {
          readonly port: FakePort
          onerror = null
          constructor(url: string, { name }: { name: string }) {
            const key = url + name
            let instance = world.#shared.get(key)
            if (!instance?.living.alive) {
              const scope: SharedScope = { onconnect: null }
              const living = new Living()
              instance = { living, scope, clients: new Set() }
              world.#shared.set(key, instance)
              world.later(living, () => living.alive && serveShared(scope, world.hub(living)))
            }
            const { living, scope, clients } = instance
            const [page, worker] = FakePort.pair(world, of, living)
            this.port = page
            clients.add(of)
            of.onEnd(() => {
              clients.delete(of)
              if (clients.size === 0) living.die()
            })
            world.later(living, () => living.alive && scope.onconnect?.({ ports: [worker] } as unknown as MessageEvent))
          }
        } as unknown as typeof SharedWorker,
      }),
      Worker: class {
        readonly living = new Living()
        readonly scope: WorkerScope
        onmessage: ((event: { data: unknown }) => void) | null = null
        onmessageerror = null
        onerror = null
        readonly #in = {}
        readonly #out = {}
        constructor() {
          of.onEnd(() => this.terminate())
          this.scope = {
            onmessage: null,
            postMessage: (data) => world.later(this.#out, () => of.alive && this.onmessage?.({ data })),
          }
          world.later(this.#in, () => this.living.alive && serve(this.scope, world.hub(this.living), world.channelClass(this.living)))
        }
        postMessage(data: unknown): void {
          world.later(this.#in, () => this.living.alive && this.scope.onmessage?.({ data } as MessageEvent))
        }
        terminate(): void {
          this.living.die()
        }
      } as unknown as typeof Worker,
      BroadcastChannel: this.channelClass(of),
      setTimeout: ((fn: () => void, ms: number) => this.setTimeout(of, fn, ms)) as typeof setTimeout,
      clearTimeout: (id) => this.clearTimeout(id),
      navigator: secure ? { locks: this.locksOf(of) as LockManager } : {},
    }
  }

  /** Every SharedWorker that lives. */
  sharedWorkers(): Living[] {
    return [...this.#shared.values()].map(({ living }) => living).filter(({ alive }) => alive)
  }

  hub(of: Living): Hub {
    this.hubs++
    of.onEnd(() => this.hubs--)
    const env: Environment = {
      now: this.now,
      socket: () => this.server.accept(of),
      setTimeout: (fn, ms) => this.setTimeout(of, fn, ms),
      clearTimeout: (id) => this.clearTimeout(id),
      online: () => true,
      onOnline() {},
      openStore: this.disk.opener(this, of),
    }
    return new Hub({
      open: (_, receive) => {
        const port = openCore(this.wasm, (messages) => of.alive && receive(messages), env)
        this.#loading++
        const loaded = () => void this.#loading--
        port.ready.then(loaded, loaded)
        return port
      },
      setTimeout: env.setTimeout,
      clearTimeout: env.clearTimeout,
      locks: this.locksOf(of),
    })
  }
}

interface Ask {
  readonly shared: boolean
  grant(): void
}

interface LockState {
  held: Set<object>
  queue: Ask[]
  shared?: boolean
}

interface SharedInstance {
  living: Living
  scope: SharedScope
  clients: Set<Living>
}

class FakeChannel {
  onmessage: ((event: { data: unknown }) => void) | null = null
  readonly #world: World
  readonly #of: Living
  readonly #all: Set<FakeChannel>
  readonly #lane = {}

  constructor(world: World, of: Living, name: string, channels: Map<string, Set<FakeChannel>>) {
    this.#world = world
    this.#of = of
    this.#all = channels.get(name) ?? new Set()
    channels.set(name, this.#all)
    this.#all.add(this)
    of.onEnd(() => this.close())
  }

  /** All of a channel's messages have one order. */
  postMessage(data: unknown): void {
    if (!this.#of.alive) return
    for (const other of this.#all) {
      if (other !== this) this.#world.later(other.#lane, () => this.#all.has(other) && other.onmessage?.({ data: structuredClone(data) }))
    }
  }

  close(): void {
    this.#all.delete(this)
  }
}

class FakePort {
  onmessage: ((event: { data: unknown }) => void) | null = null
  #other!: FakePort
  #closed = false

  private constructor(
    readonly world: World,
    readonly of: Living,
  ) {}

  static pair(world: World, a: Living, b: Living): [FakePort, FakePort] {
    const [one, two] = [new FakePort(world, a), new FakePort(world, b)]
    one.#other = two
    two.#other = one
    return [one, two]
  }

  addEventListener(_: 'close', fn: () => void): void {
    this.#other.of.onEnd(() => this.world.later(this, () => this.of.alive && !this.#closed && fn()))
  }

  postMessage(data: unknown): void {
    if (!this.of.alive || this.#closed) return
    const to = this.#other
    this.world.later(to, () => to.of.alive && !to.#closed && to.onmessage?.({ data: structuredClone(data) }))
  }

  close(): void {
    this.#closed = true
  }
}

/** What outlives a realm. A write that is under way when its realm dies may be lost. */
export class Disk {
  readonly rows = new Map<string, { owner: Living; value: string }>()

  opener(world: World, of: Living): OpenStore {
    return async (_name, late) => {
      const owner = new Living()
      of.onEnd(() => owner.die())
      const take = (from: Living): StoredEntry[] => {
        const taken: StoredEntry[] = []
        for (const [key, row] of this.rows) {
          if (row.owner !== from) continue
          row.owner = owner
          taken.push({ key, value: row.value })
        }
        return taken
      }
      await new Promise<void>((opened) => world.later(owner, opened))
      const entries: StoredEntry[] = []
      for (const other of new Set([...this.rows.values()].map((row) => row.owner))) {
        if (!other.alive) entries.push(...take(other))
        else other.onEnd(() => world.later(owner, () => owner.alive && late(take(other))))
      }
      const put = (key: string, value: string | null) =>
        new Promise<void>((done) => {
          world.later(owner, () => {
            if (!owner.alive) return
            if (value === null) this.rows.delete(key)
            else this.rows.set(key, { owner, value })
            done()
          })
        })
      return { store: { put, close: () => owner.die() }, entries }
    }
  }
}

interface ServerEvent {
  id: string
  custom_id?: string
  type: 'message'
  text: string
  author_id: string
  created_at: string
}

/** A server with one customer, who has one chat. */
export class Server {
  readonly sockets = new Set<FakeSocket>()
  readonly events: ServerEvent[] = []
  readonly #loggedIn = new Set<FakeSocket>()
  #world: World
  #lastEvent = 0

  constructor(world: World) {
    this.#world = world
  }

  get log(): string[] {
    return this.events.map(({ text }) => text)
  }

  accept(of: Living): Socket {
    const socket: FakeSocket = new FakeSocket('', (request) => {
      this.#world.later(up, () => this.sockets.has(socket) && this.#answer(request, socket))
    })
    const up = {}
    this.#world.later(up, () => {
      if (!of.alive || socket.closed) return
      this.sockets.add(socket)
      socket.open()
    })
    const close = socket.close.bind(socket)
    socket.close = (...args) => {
      this.sockets.delete(socket)
      close(...args)
    }
    of.onEnd(() => this.sockets.delete(socket))
    return socket
  }

  /** The network breaks. */
  cut(): void {
    for (const socket of [...this.sockets]) {
      this.sockets.delete(socket)
      this.#world.later(socket, () => socket.drop())
    }
  }

  say(text: string, author = 'agent', custom?: string): ServerEvent {
    const n = ++this.#lastEvent
    const created_at = new Date(this.#world.now() + n).toISOString().replace('Z', '000Z')
    const event: ServerEvent = { id: `t1_${n}`, type: 'message', text, author_id: author, created_at, ...(custom && { custom_id: custom }) }
    this.events.push(event)
    this.#push('incoming_event', { chat_id: 'c1', thread_id: 't1', event })
    return event
  }

  #push(action: string, payload: unknown): void {
    for (const socket of this.#loggedIn) this.#down(socket, () => socket.push(action, payload))
  }

  #down(socket: FakeSocket, fn: () => void): void {
    this.#world.later(socket, () => this.sockets.has(socket) && fn())
  }

  #thread() {
    return { id: 't1', active: true, user_ids: ['me', 'agent'], created_at: '2029-12-31T23:00:00.000000Z', events: structuredClone(this.events) }
  }

  #answer(request: Request, socket: FakeSocket): void {
    const users = [{ id: 'me', type: 'customer', name: 'Me', present: true }, { id: 'agent', type: 'agent', name: 'Ann', present: true }]
    const answers: Record<string, () => unknown> = {
      login: () => ({ customer: { id: 'me' }, has_active_thread: true, chats: [{ chat_id: 'c1', has_active_thread: true }], __priv_dynamic_config: {} }),
      get_chat: () => ({ id: 'c1', users, thread: this.#thread() }),
      list_threads: () => ({ threads: [this.#thread()], found_threads: 1 }),
      list_chats: () => ({ chats_summary: [{ id: 'c1', users, last_thread_summary: { id: 't1', active: true } }], total_chats: 1 }),
      send_event: () => {
        const { text, custom_id } = request.payload['event'] as ServerEvent
        return { event_id: this.say(text, 'me', custom_id).id }
      },
    }
    const payload = answers[request.action]?.() ?? {}
    if (request.action === 'login') this.#loggedIn.add(socket)
    this.#down(socket, () => socket.answer(request, payload))
  }
}

/** A page with one client. */
export class Page extends Living {
  readonly client: CustomerConnection
  readonly tab: Tab
  readonly pushes: string[] = []
  readonly crashes: string[] = []
  /** Puts the page into the back/forward cache, and takes it out. */
  readonly rest: () => void
  readonly wake: () => void

  constructor(
    readonly name: string,
    readonly world: World,
    worker: 'shared' | 'dedicated',
  ) {
    super()
    let [rest, wake] = [() => {}, () => {}]
    const life: Life = (...both) => ([rest, wake] = both)
    this.rest = () => rest()
    this.wake = () => wake()
    let client: CustomerConnection | undefined
    const receive = (messages: FromCore[]) => {
      if (!this.alive) return
      for (const message of messages) {
        if (message.type === 'crashed') this.crashes.push(message.message)
        else client?.receive(message)
      }
    }
    this.tab = new Tab(wayTo(worker, 'https://chat.example/worker.js', 'rtm.wasm', world.realm(this)), receive, () => client?.model.state, life)
    client = this.client = new CustomerConnection(
      { conn: 1, post: (message) => this.alive && this.tab.post(message), done() {} },
      { api: 'customer', server: 'https://chat.example', organization: 'o', version: '3.6', region: '', store: 'me', share: 'me' },
      { from: 'page' },
      { getToken: () => 'dal:t' },
    )
    client.on('incoming_event', ({ event }) => this.pushes.push((event as { text: string }).text))
  }

  get lines(): string[] {
    return this.client.model.state.chats.flatMap((chat) => chat.timeline.map((item) => `${item.state} ${(item.event as { text?: string }).text}`))
  }
}
