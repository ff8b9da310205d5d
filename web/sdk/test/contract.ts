import { runGo, type Entries, type Host } from '../src/go.ts'
import { applyPatch, emptyState, type PatchOp } from '../src/model.ts'

// The contract of the crossing: the wasm without the SDK around it. Written once, it runs against both builds, in Node
// (contract.test.ts) and in Chromium (cmd/webbuild/contract_test.go), so nothing here may need either.

/** A test; it rejects when it fails. */
export interface ContractTest {
  name: string
  run(): Promise<void>
}

function equal(got: unknown, want: unknown, what = ''): void {
  const [a, b] = [JSON.stringify(sorted(got)), JSON.stringify(sorted(want))]
  if (a !== b) throw new Error(`${what}\ngot  ${clip(a)}\nwant ${clip(b)}`)
}

/** The value with the members of its objects in order, and undefined told from what is not there. */
function sorted(value: unknown): unknown {
  if (value === undefined) return '(undefined)'
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, sorted(member)]))
}

const clip = (text: string | undefined) => (text && text.length > 2000 ? `${text.slice(0, 2000)}… (${text.length})` : text)

function matches(got: unknown, want: RegExp): void {
  if (!want.test(String(got))) throw new Error(`got ${String(got)}, want ${want.source}`)
}

function throws(fn: () => void, want: RegExp): void {
  let thrown: unknown
  try {
    fn()
  } catch (cause) {
    thrown = cause
  }
  if (!(thrown instanceof Error)) throw new Error(`nothing was thrown; want ${want.source}`)
  matches(thrown, want)
}

const names = ['dial', 'send', 'shut', 'wake', 'settle', 'push', 'patch', 'state', 'needToken', 'report', 'unstable', 'stored'] as const

interface Request {
  conn: number
  request_id: string
  action: string
  payload: Record<string, unknown>
}

/** A core and what it said to its host. */
class World {
  readonly calls: unknown[][] = []
  readonly host = Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => this.calls.push([name, ...args])])) as unknown as Host
  readonly exits: string[] = []
  go!: Entries

  static async open(wasm: WebAssembly.Module): Promise<World> {
    const world = new World()
    world.go = await runGo(wasm, world.host, (why) => world.exits.push(why))
    return world
  }

  of(name: (typeof names)[number]): unknown[][] {
    return this.calls.filter((call) => call[0] === name).map((call) => call.slice(1))
  }

  get requests(): Request[] {
    return this.of('send').map(([conn, frame]) => ({ conn, ...(JSON.parse(frame as string) as object) }) as Request)
  }

  request(action: string, conn = 1): Request {
    const found = this.requests.filter((request) => request.action === action && request.conn === conn).at(-1)
    if (!found) throw new Error(`no ${action} was sent on ${conn}`)
    return found
  }

  answer(request: Request, payload: unknown, now = 0, success = true): void {
    const { request_id, action } = request
    this.go.receive(request.conn, now, JSON.stringify({ request_id, action, type: 'response', success, payload }))
  }

  push(action: string, payload: unknown, conn = 1, now = 0): void {
    this.go.receive(conn, now, JSON.stringify({ type: 'push', action, payload }))
  }

  agent(conn = 1, id = 'me'): void {
    this.go.create(conn, true, 'http://h', '', '', '', 1, false)
    this.go.call(conn, 0, 1, 'login', '{"token":"Bearer x"}', 0)
    this.go.start(conn, 0)
    this.go.opened(conn, 0)
    this.answer(this.request('login', conn), { my_profile: { id }, chats_summary: [] })
  }
}

/** Texts that a crossing may get wrong. */
const texts: Record<string, string> = {
  empty: '',
  ascii: 'plain',
  astral: '😀 \u{10ffff} 𝔘',
  'two and three bytes': 'żółć Ω 漢字 \uffff',
  NUL: 'a\u0000b\u0000',
  controls: '\u0001\u001f\u007f\b\f\n\r\t"\\/',
  separators: '\u2028\u2029',
  'a byte order mark': '\ufeffmark',
  'a megabyte': 'x'.repeat(1 << 20),
  'a megabyte of three bytes each': '漢'.repeat(1 << 18) + 'x'.repeat(1 << 18),
  'a megabyte of astral': '😀'.repeat(1 << 18),
  'ascii that ends astral': 'x'.repeat(70_000) + '😀',
}

const lone: Record<string, [string, string]> = {
  'high surrogate': ['a\ud83db', 'a\ufffdb'],
  'low surrogate': ['\ude00', '\ufffd'],
  'in the wrong order': ['\ude00\ud83d', '\ufffd\ufffd'],
  'at the end': ['x'.repeat(1000) + '\ud83d', 'x'.repeat(1000) + '\ufffd'],
}

const tests: Record<string, (wasm: WebAssembly.Module) => Promise<void>> = {
  async 'entries refuse wrong arguments and unknown connections, and live on'(wasm) {
    const { go, of, calls } = bound(await World.open(wasm))
    const create = (conn: number, agent = false, organization = 'o') => go.create(conn, agent, '', organization, '', '', 1, false)
    create(1)
    throws(() => create(1), /^Error: connection 1 exists already$/)
    throws(() => create(2, false, ''), /organization is missing/)
    throws(() => go.receive(9, 0, 'x'), /^Error: there is no connection 9$/)
    throws(() => go.snapshot(9), /^Error: there is no connection 9$/)
    const entries: (() => void)[] = [
      () => go.restore(9, 0, '[]'), () => go.kept(9, 0, 'k', ''), () => go.start(9, 0), () => go.opened(9, 0), () => go.closed(9, 0, 1006, ''),
      () => go.tick(9, 0), () => go.online(9, 0, true), () => go.call(9, 0, 1, 'ping', '', 0), () => go.cancel(9, 0, 1), () => go.token(9, 0, 't', '', 0),
      () => go.act(9, 0, 'start', ''), () => go.stop(9, 0),
    ]
    for (const entry of entries) throws(entry, /there is no connection 9/)
    throws(() => go.receive(1, 0, 5 as never), /./)
    throws(() => (go.receive as (conn: number) => void)(1), /./)
    throws(() => go.tick(null as never, 0), /./)
    throws(() => go.restore(1, 0, 'x'), /./)
    go.tick(1, NaN)
    go.start(1, 0)
    equal(of('dial'), [[1, 'wss://api.livechatinc.com/v3.6/customer/rtm/ws?organization_id=o']])
    go.call(1, 0, 1, 'login', '{bad', 0)
    equal(of('settle'), [[1, 1, false, '', 'validation', 'payload must be a JSON object']])
    throws(() => go.act(1, 0, 'send', '{bad'), /must be a JSON object/)
    throws(() => go.act(1, 0, 'send', '{"text":""}'), /^Error: text is empty; it must say something$/)
    equal((JSON.parse(go.snapshot(1)) as { connection: unknown }).connection, { state: 'connecting' })
    go.destroy(1)
    go.destroy(1)
    equal(calls.some((call) => call[0] === 'report'), false)
  },

  async 'each call has one end'(wasm) {
    const world = bound(await World.open(wasm))
    const { go, of } = world
    world.agent()
    equal(of('settle'), [[1, 1, true, '{"my_profile":{"id":"me"},"chats_summary":[]}', '', '']])
    go.call(1, 0, 2, 'get_chat', '{"chat_id":"a"}', 0)
    go.call(1, 0, 3, 'list_archives', '{}', 0)
    go.call(1, 0, 4, 'get_chat', '{}', 0)
    go.call(1, 0, 5, 'follow_customer', '{"id":"x"}', 0)
    go.call(1, 0, 6, 'ping', '', 0)
    throws(() => go.call(1, 0, 6, 'ping', '', 0), /call number 6 is in use/)
    go.call(1, 0, 7, 'my_own', '{"a":[1,2.5,null,true]}', 1000)
    world.answer(world.request('get_chat'), { error: { type: 'not_found', message: 'none', data: { a: 1 } } }, 0, false)
    world.answer(world.request('list_archives'), { chats: [] })
    equal(world.request('my_own').payload, { a: [1, 2.5, null, true] })
    go.cancel(1, 0, 6)
    go.cancel(1, 0, 999)
    go.tick(1, 1000)
    const ends = of('settle').slice(1)
    equal(ends.map(([, ref, ok, , type]) => [ref, ok, type]), [
      [4, false, 'validation'], [5, false, 'unsupported_version'], [2, false, 'not_found'], [3, true, ''], [6, false, 'canceled'], [7, false, 'timeout'],
    ])
    equal(ends[0]![5], 'payload.chat_id: is required')
    equal(ends[2]!.slice(3), ['{"a":1}', 'not_found', 'none'])
    go.call(1, 1000, 8, 'get_chat', '{"chat_id":"b"}', 0)
    go.stop(1, 1000)
    equal(of('settle').at(-1)!.slice(1, 5), [8, false, '', 'closed'])
    equal(of('shut').length, 1)
  },

  async 'the host hears of everything'(wasm) {
    const world = bound(await World.open(wasm))
    const { go, of } = world
    go.create(1, false, 'http://h', 'o', '3.5', 'fra', 2 ** 53 - 1, true)
    go.online(1, 0, true)
    go.call(1, 0, 1, 'login', '{}', 0)
    go.start(1, 0)
    equal(of('dial'), [[1, 'ws://h/v3.5/customer/rtm/ws?organization_id=o']])
    go.opened(1, 0)
    equal(of('needToken'), [[1, false]])
    go.token(1, 0, 'Bearer ä', '', 0)
    equal(world.request('login').payload, { token: 'Bearer ä' })
    world.answer(world.request('login'), { customer_id: 'me' })
    world.push('customer_side_storage_updated', { customer_side_storage: { k: 'v' } })
    equal(of('push').pop()![1], 'customer_side_storage_updated')
    equal(of('stored')[0], [1, 'customer_side_storage', '{"k":"v"}'])
    equal(of('state').map((call) => call.slice(1)), [['connecting', ''], ['authorizing', ''], ['live', '']])
    go.act(1, 0, 'send', '{"text":"first"}')
    const entries = of('stored').slice(1).map(([, key, value]) => ({ key, value })).filter(({ value }) => value !== null)
    equal(world.requests.length, 1, 'what is not kept yet does not go out')
    for (const { key } of entries) go.kept(1, 0, key as string, '')
    world.answer(world.request('start_chat'), { chat_id: 'c', thread_id: 't', event_ids: ['e'] })
    for (const { key } of entries) equal(of('stored').some(([conn, k, value]) => conn === 1 && k === key && value === null), true)
    world.push('routing_status_set', { a: 1 })
    world.go.receive(1, 0, '{"type":"push","action":"own","request_id":"7","payload":{"b":2}}')
    equal(of('push').slice(-2), [[1, 'routing_status_set', '', '{"a":1}', false], [1, 'own', '7', '{"b":2}', false]])
    go.receive(1, 0, 'nonsense')
    equal(of('report').length, 1)
    go.tick(1, 15_000)
    world.request('ping')
    go.tick(1, 20_000)
    equal(of('unstable'), [[1, true]])
    go.closed(1, 20_000, 1006, 'gone')
    equal(of('state').at(-1)!.slice(0, 2), [1, 'waiting'])
    matches(JSON.stringify(of('wake').at(-1)), /^\[1,\d+\]$/)
    go.stop(1, 20_000)

    // Another one goes on with what this one kept.
    go.create(2, false, 'http://h', 'o', '3.5', '', 1, true)
    go.restore(2, 0, JSON.stringify(entries))
    go.call(2, 0, 1, 'login', '{"token":"Bearer x"}', 0)
    go.start(2, 0)
    go.opened(2, 0)
    matches(go.snapshot(2), /"text":"first"/)
  },

  async 'texts arrive as they were sent, both ways'(wasm) {
    const world = bound(await World.open(wasm))
    const { go, of } = world
    world.agent()
    let ref = 1
    const check = (name: string, given: string, want: string) => {
      go.call(1, 0, ++ref, 'my_own', JSON.stringify({ text: '' }).replace('""', quoted(given)), 0)
      const request = world.request('my_own')
      equal(request.payload, { text: want }, `${name}, out`)
      const { request_id } = request
      go.receive(1, 0, `{"request_id":"${request_id}","action":"my_own","type":"response","success":true,"payload":{"text":${quoted(given)}}}`)
      equal((JSON.parse(of('settle').at(-1)![3] as string) as { text: string }).text, want, `${name}, in`)
      go.receive(1, 0, `{"type":"push","action":"own","payload":{"text":${quoted(given)}}}`)
      equal((JSON.parse(of('push').at(-1)![3] as string) as { text: string }).text, want, `${name}, push`)
      world.calls.length = 0
    }
    for (const [name, text] of Object.entries(texts)) check(name, text, text)
    for (const [name, [given, want]] of Object.entries(lone)) check(name, given, want)

    // Texts of several arguments, and of an error.
    go.call(1, 0, ++ref, 'ä😀\u0000', '{"a":"漢"}', 0)
    equal(world.request('ä😀\u0000').payload, { a: '漢' })
    throws(() => go.act(1, 0, 'close', '{"chat_id":"漢😀"}'), /chat_id names no chat that is known here: "漢😀"/)
    go.create(2, false, 'https://ä.example/', 'o ä', '', '', 1, false)
    go.start(2, 0)
    equal(of('dial').at(-1), [2, 'wss://ä.example/v3.6/customer/rtm/ws?organization_id=o%20%C3%A4'])
  },

  async 'connections do not meet'(wasm) {
    const world = bound(await World.open(wasm))
    const { go, of } = world
    for (let conn = 1; conn <= 20; conn++) world.agent(conn, `agent ${conn}`)
    for (let conn = 1; conn <= 20; conn++) go.call(conn, 0, 2, 'get_chat', `{"chat_id":"c${conn}"}`, 0)
    for (let conn = 20; conn >= 1; conn--) world.answer(world.request('get_chat', conn), { id: `c${conn}` })
    equal(of('settle').slice(20), Array.from({ length: 20 }, (_, i) => [20 - i, 2, true, `{"id":"c${20 - i}"}`, '', '']))
    for (let conn = 1; conn <= 20; conn++) equal((JSON.parse(go.snapshot(conn)) as { me: { id: string } }).me.id, `agent ${conn}`)
    for (let conn = 1; conn <= 20; conn += 2) go.destroy(conn)
    throws(() => go.tick(1, 0), /there is no connection 1/)
    world.push('own', {}, 2)
    equal(of('push').at(-1)![0], 2)
  },

  async 'a host function that throws costs nobody an answer'(wasm) {
    const world = bound(await World.open(wasm))
    world.host.state = () => {
      throw new Error('state is broken')
    }
    world.agent()
    equal(world.of('dial').length, 1, 'what comes after it')
    matches(world.of('report')[0], /state is broken/)
    equal(world.of('settle').length, 1)
  },

  async 'a host function may call back'(wasm) {
    const world = bound(await World.open(wasm))
    const { go, of, host } = world
    host.dial = (conn) => go.opened(conn, 0)
    go.create(1, true, 'http://h', '', '', '', 1, false)
    go.call(1, 0, 1, 'login', '{"token":"Bearer ä"}', 0)
    go.start(1, 0)
    equal(world.request('login').payload, { token: 'Bearer ä' }, 'the login goes out on the socket that opened at once')
    equal(of('state').map((call) => call[1]), ['connecting', 'authorizing'])
    // One that has texts of its own, while texts of another entry are under way.
    host.push = (conn, action) => {
      if (action === 'first') go.receive(conn, 0, JSON.stringify({ type: 'push', action: 'second', payload: { text: texts['a megabyte'] } }))
      else world.calls.push(['push', conn, action])
    }
    world.answer(world.request('login'), { my_profile: { id: 'a' }, chats_summary: [] })
    world.push('first', {})
    equal(of('push'), [[1, 'second']])
    throws(() => go.act(1, 0, 'open', '{}'), /chat_id is missing/)
  },

  async 'timers are asked for once, and taken back'(wasm) {
    const { go, of } = bound(await World.open(wasm))
    go.create(1, true, 'http://h', '', '', '', 1, false)
    go.call(1, 1000, 1, 'login', '{"token":"Bearer x"}', 5000)
    equal(of('wake'), [[1, 5000]])
    go.cancel(1, 1500, 1)
    equal(of('wake').at(-1), [1, -1])
    equal(of('settle')[0]![4], 'canceled')
  },

  async 'a number that was destroyed starts again'(wasm) {
    const world = bound(await World.open(wasm))
    for (let i = 0; i < 50; i++) {
      world.agent()
      world.push('incoming_chat', { chat: { id: `c${i}`, users: [], thread: { id: 't', active: true, user_ids: [], events: [], created_at: '2030-01-01T00:00:00.000000Z' } } })
      equal((JSON.parse(world.go.snapshot(1)) as { chats: { id: string }[] }).chats.map(({ id }) => id), [`c${i}`])
      world.go.stop(1, 0)
      world.go.destroy(1)
      throws(() => world.go.tick(1, 0), /there is no connection 1/)
      world.calls.length = 0
    }
  },

  async 'a panic inside a call throws, and another core starts'(wasm) {
    const world = bound(await World.open(wasm))
    world.agent()
    world.host.push = () => {
      throw new WebAssembly.RuntimeError('a bug')
    }
    throws(() => world.push('own', {}), /^RuntimeError: /)
    const next = bound(await World.open(wasm))
    next.agent()
    equal(next.of('settle').length, 1)
  },

  async 'the state made of patches is the state of the core'(wasm) {
    const world = bound(await World.open(wasm))
    const { go, of } = world
    go.create(1, false, 'http://h', 'o', '', '', 1, false)
    let state = emptyState
    let seen = 0
    const check = (step: string) => {
      const patches = of('patch')
      for (const [, ops] of patches.slice(seen)) state = applyPatch(state, JSON.parse(ops as string) as PatchOp[])
      seen = patches.length
      equal(state, JSON.parse(go.snapshot(1)), step)
    }
    const at = (second: number) => new Date(Date.UTC(2030, 0, 1) + second * 1000).toISOString().replace('Z', '000Z')
    let now = Date.UTC(2030, 0, 1)
    const push = (action: string, payload: unknown) => {
      world.push(action, payload, 1, now)
      check(action)
    }
    const answer = (action: string, payload: unknown) => {
      world.answer(world.request(action), payload, now)
      check(action)
    }
    const message = (n: number) => ({ id: `e${n}`, type: 'message', author_id: 'a', text: `line ${n} 😀`, created_at: at(n) })
    const chat = (id: string, n: number) => ({
      chat: {
        id,
        users: [{ id: 'a', type: 'agent', name: 'Änn', present: true }],
        thread: { id: `t${id}`, active: true, user_ids: ['a', 'me'], created_at: at(n), events: [message(n)] },
      },
    })
    go.call(1, now, 1, 'login', '{"token":"Bearer x"}', 0)
    go.start(1, now)
    check('start')
    go.opened(1, now)
    answer('login', { customer: { id: 'me' }, has_active_thread: false, chats: [] })
    go.act(1, now, 'send', '{"text":"first"}')
    check('send')
    equal(state.chats[0]?.id, '')
    answer('start_chat', { chat_id: 'c1', thread_id: 'tc1', event_ids: ['mine'] })
    push('incoming_chat', chat('c1', 1))
    push('incoming_chat', chat('c2', 1))
    push('incoming_event', { chat_id: 'c2', thread_id: 'tc2', event: message(9) })
    push('incoming_event', { chat_id: 'c1', thread_id: 'tc1', event: message(5) })
    push('incoming_event', { chat_id: 'c1', thread_id: 'tc1', event: message(3) })
    push('incoming_typing_indicator', { chat_id: 'c1', thread_id: 'tc1', typing_indicator: { author_id: 'a', timestamp: 1, is_typing: true } })
    go.tick(1, (now += 10_000))
    check('tick')
    for (let n = 10; n < 200; n++) world.push('incoming_event', { chat_id: 'c1', thread_id: 'tc1', event: message(n) }, 1, now)
    check('many')
    push('chat_deactivated', { chat_id: 'c1', thread_id: 'tc1' })
    go.closed(1, now, 1006, '')
    check('closed')
    equal(state.chats.length, 2)
    equal(state.chats[0]!.timeline.length, 194)
  },
}

/** JSON as a frame may carry it: lone surrogates as they are. */
const quoted = (text: string) => `"${text.replace(/[\u0000-\u001f"\\]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`

function bound(world: World): World {
  world.of = world.of.bind(world)
  return world
}

/** The tests of one build. */
export async function contract(wasm: BufferSource): Promise<ContractTest[]> {
  const module = await WebAssembly.compile(wasm)
  return Object.entries(tests).map(([name, run]) => ({ name, run: () => run(module) }))
}
