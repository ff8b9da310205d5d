import 'wasm_exec' // globalThis.Go
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startCore, type Environment, type Socket } from '../src/core.ts'
import type { FromCore, Port } from '../src/messages.ts'
import { noRelease, release, wasm } from './fake.ts'

// What a core holds after much work is what it held after little. `make soak` sets RTM_SOAK and has the full numbers.

const whole = Boolean(process.env.RTM_SOAK)
const pushes = whole ? 1_000_000 : 20_000
const calls = whole ? 100_000 : 2_000
const cycles = whole ? 500 : 50
const chats = whole ? 20 : 4 // each full before the count begins

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Surroundings that count what is alive in them and keep nothing. */
class CountingWorld implements Environment {
  time = Date.UTC(2030, 0, 1)
  readonly sockets = new Set<CountedSocket>()
  readonly timers = new Map<number, () => void>()
  readonly listeners = new Set<(up: boolean) => void>()
  #last = 0

  now = () => this.time
  socket = () => new CountedSocket(this)
  setTimeout(fn: () => void): unknown {
    this.timers.set(++this.#last, fn)
    return this.#last
  }
  clearTimeout = (timer: unknown) => void this.timers.delete(timer as number)
  online = () => true
  onOnline(fn: (up: boolean) => void, signal: AbortSignal): void {
    this.listeners.add(fn)
    signal.addEventListener('abort', () => this.listeners.delete(fn))
  }
}

/** A server that says yes to everything. */
class CountedSocket implements Socket {
  onopen: Socket['onopen'] = null
  onmessage: Socket['onmessage'] = null
  onclose: Socket['onclose'] = null
  onerror: Socket['onerror'] = null
  readyState = 1

  constructor(readonly world: CountingWorld) {
    world.sockets.add(this)
  }

  send(frame: string): void {
    const { request_id, action } = JSON.parse(frame) as { request_id: string; action: string }
    const payload = action === 'login' ? { my_profile: { id: 'me' }, chats_summary: [] } : {}
    queueMicrotask(() => this.frame({ request_id, action, type: 'response', success: true, payload }))
  }

  frame(data: unknown): void {
    this.onmessage?.call(this as never, { data: JSON.stringify(data) } as MessageEvent)
  }

  close(): void {
    this.world.sockets.delete(this)
  }
}

/** A core with ways to see what it holds. */
async function measured(t: TestContext, source: Uint8Array) {
  const world = new CountingWorld()
  let instance: WebAssembly.Instance | undefined
  const real = WebAssembly.instantiate as (module: WebAssembly.Module, imports: WebAssembly.Imports) => Promise<WebAssembly.Instance>
  const mock = t.mock.method(WebAssembly, 'instantiate', async (module: WebAssembly.Module, imports: WebAssembly.Imports) => (instance = await real(module, imports)))
  // Go's side of syscall/js keeps a number for each JavaScript value that Go holds.
  const goes: { _values: unknown[]; _idPool: unknown[] }[] = []
  const scope = globalThis as unknown as { Go: new () => (typeof goes)[number] }
  const Go = scope.Go
  scope.Go = class extends Go {
    constructor() {
      super()
      goes.push(this)
    }
  }
  const ends = new Map<number, () => void>()
  const seen = { pushes: 0 }
  const receive = (messages: FromCore[]) => {
    for (const message of messages) {
      if (message.type === 'push') seen.pushes++
      if (message.type === 'crashed') throw new Error(message.message)
      if (message.type !== 'settle') continue
      assert.equal(message.failure, undefined)
      ends.get(message.ref)!()
      ends.delete(message.ref)
    }
  }
  const port: Port = await startCore(source as BufferSource, receive, world)
  scope.Go = Go
  mock.mock.restore()
  t.after(() => port.close())
  let ref = 0
  const call = (conn: number, action: string, payload: string) =>
    new Promise<void>((settled) => {
      ends.set(++ref, settled)
      port.post({ type: 'call', conn, ref, action, payload, timeout: 0 })
    })
  const login = async (conn: number) => {
    port.post({
      type: 'create', conn, token: { from: 'page' },
      config: { api: 'agent', server: 'http://h', organization: '', version: '3.6', region: '' },
    })
    const done = call(conn, 'login', '{"token":"Bearer x"}')
    const socket = [...world.sockets].at(-1)!
    socket.onopen?.call(socket as never, {} as Event)
    await done
    return socket
  }
  const memory = () => {
    const { exports } = instance! as { exports: { memory?: WebAssembly.Memory; mem?: WebAssembly.Memory } }
    return (exports.memory ?? exports.mem)!.buffer.byteLength
  }
  const holds = () => {
    collect()
    const [go] = goes
    return {
      heap: process.memoryUsage().heapUsed,
      memory: memory(),
      values: go ? go._values.length - go._idPool.length : 0,
      timers: world.timers.size,
      sockets: world.sockets.size,
      listeners: world.listeners.size,
      calls: ends.size,
    }
  }
  return { world, port, seen, call, login, memory, holds }
}

const at = (ms: number) => new Date(Date.UTC(2030, 0, 1) + ms).toISOString().replace('Z', '000Z')

function chat(id: string) {
  const users = [{ id: 'a', type: 'customer', name: 'Ann', present: true }]
  return { chat: { id, users, thread: { id: `t${id}`, active: true, user_ids: ['a', 'me'], created_at: at(0), events: [] } } }
}

const event = (chat: string, n: number) => ({
  chat_id: chat,
  thread_id: `t${chat}`,
  event: { id: `e${n}`, type: 'message', author_id: 'a', text: `line ${n}, long enough to be a sentence`, created_at: at(n), visibility: 'all' },
})

for (const { name, core } of [{ name: 'standard core', core: wasm }, { name: 'release core', core: release }]) {
  const skip = core ? false : noRelease

  test(`${name}: ${pushes} pushes, ${calls} calls and ${cycles} lives leave nothing behind`, { skip }, async (t) => {
    const { world, port, seen, call, login, holds } = await measured(t, core!)
    const socket = await login(1)
    for (let i = 0; i < chats; i++) socket.frame({ type: 'push', action: 'incoming_chat', payload: chat(`c${i}`) })
    let events = 0
    let conn = 1
    const work = async (part: number) => {
      const before = seen.pushes
      for (let i = 0; i < pushes * part; i++) {
        events++
        socket.frame({ type: 'push', action: 'incoming_event', payload: event(`c${events % chats}`, events) })
      }
      assert.equal(seen.pushes - before, Math.ceil(pushes * part))
      for (let i = 0; i < calls * part; i++) await call(1, 'get_chat', `{"chat_id":"c${i % chats}"}`)
      for (let i = 0; i < cycles * part; i++) {
        const other = await login(++conn)
        other.frame({ type: 'push', action: 'incoming_chat', payload: chat('c') })
        port.post({ type: 'destroy', conn })
      }
    }
    // Go lets go of what JavaScript gave it when it collects, which is not ours to order: what it holds is the least around
    // two collections, which show by falling values.
    const settled = () => {
      let least = holds()
      let last = least
      for (let looks = 0, falls = 0; looks < 20 || (last.values > 0 && falls < 2 && looks < 1000); looks++) {
        for (let j = 0; j < 200; j++) socket.frame({ type: 'push', action: 'own', payload: {} })
        const now = holds()
        if (now.values < last.values) falls++
        if (now.values < least.values) least = now
        last = now
      }
      return least
    }
    await work(whole ? 0.2 : 2) // until what has a bound is full
    const before = settled()
    await work(1)
    const after = settled()
    t.diagnostic(`heap ${before.heap} to ${after.heap}, wasm ${before.memory} to ${after.memory}, ${after.values} values of Go`)
    for (const what of Object.keys(before) as (keyof typeof before)[]) {
      // Values: less than a collection apart. Memory: a short run may end just behind a step of Go's heap, which is 4 MB.
      const step = what === 'values' ? 1000 : what === 'memory' && name === 'standard core' && !whole ? 4 << 20 : 0
      const most = before[what] * 1.1 + step
      assert.ok(after[what] <= most, `${what}: ${before[what]} before, ${after[what]} after`)
    }
    port.close()
    assert.deepEqual([world.timers.size, world.sockets.size, world.listeners.size], [0, 0, 0])
  })
}

test('release core: at most 4 MB of memory after login and 1,000 events', { skip: release ? false : noRelease }, async (t) => {
  const { login, memory, seen } = await measured(t, release!)
  const socket = await login(1)
  for (let i = 0; i < 5; i++) socket.frame({ type: 'push', action: 'incoming_chat', payload: chat(`c${i}`) })
  for (let n = 1; n <= 1000; n++) socket.frame({ type: 'push', action: 'incoming_event', payload: event(`c${n % 5}`, n) })
  assert.equal(seen.pushes, 1005)
  t.diagnostic(`${memory()} bytes`)
  assert.ok(memory() <= 4 << 20, `${memory()} bytes`)
})
