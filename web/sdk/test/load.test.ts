import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { load, RTMError, type LoadOptions } from '../src/index.ts'
import { FakeSocket, wasm } from './fake.ts'

const workerURL = new URL('../src/worker.js', import.meta.url)
const wasmURL = 'https://chat.example/rtm.wasm'

/** A WebSocket for the whole realm, whose server logs everybody in and echoes. */
function sockets(t: TestContext): FakeSocket[] {
  const all: FakeSocket[] = []
  const scope = globalThis as { WebSocket?: unknown }
  const before = scope.WebSocket
  scope.WebSocket = class extends FakeSocket {
    constructor(url: string) {
      super(url, (request, socket) =>
        queueMicrotask(() =>
          socket.answer(request, request.action === 'login' ? { customer: { id: 'c' }, my_profile: { id: 'a' }, chats: [], chats_summary: [] } : request.payload),
        ),
      )
      all.push(this)
      queueMicrotask(() => this.open())
    }
  }
  t.after(() => (scope.WebSocket = before))
  return all
}

const failsWith = (type: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RTMError)
  assert.equal(error.type, type)
  assert.match(error.message, message)
  return true
}

for (const [name, type] of [['with the right type', 'application/wasm'], ['with a wrong type', 'text/plain']] as const) {
  test(`load: a core from an address ${name}, both kinds of client`, async (t) => {
    const all = sockets(t)
    t.mock.method(globalThis, 'fetch', async (url: string) => {
      assert.equal(url, wasmURL)
      return new Response(wasm, { headers: { 'content-type': type } })
    })
    const options: LoadOptions = { worker: 'none', workerURL, wasmURL }
    const rtm = await load(options)
    assert.equal(await load(options), rtm, 'the same addresses give the same core')
    const customer = rtm.customer({ server: 'http://127.0.0.1:1/', organizationId: 'o', token: 'dal:c' })
    const agent = rtm.agent({ server: 'ws://127.0.0.1:1', getToken: async () => 'dal:a' })
    assert.equal((await customer.login()).customer.id, 'c')
    assert.equal((await agent.login()).my_profile.id, 'a')
    assert.deepEqual(
      all.map((socket) => socket.url),
      ['ws://127.0.0.1:1/v3.6/customer/rtm/ws?organization_id=o', 'ws://127.0.0.1:1/v3.6/agent/rtm/ws'],
    )
    assert.deepEqual(await customer.call('echo', { a: [1] }), { a: [1] })
    assert.deepEqual(await agent.setRoutingStatus({ status: 'accepting_chats' }), { status: 'accepting_chats' })
    const pending = agent.listChats()
    pending.catch(() => {})
    await rtm.destroy()
    await assert.rejects(pending, failsWith('closed', /./))
    assert.throws(() => rtm.agent({ token: 'x' }), failsWith('closed', /./))
    assert.deepEqual([customer.state, agent.state], ['stopped', 'stopped'])
    assert.ok(all.every((socket) => socket.closed))
    const again = await load(options)
    assert.notEqual(again, rtm)
    await again.destroy()
  })
}

test('load: wrong options are refused with a sentence', async (t) => {
  const rtm = await load({ worker: 'none', workerURL, wasmURL: wasm })
  t.after(() => rtm.destroy())
  assert.throws(() => rtm.customer({ organizationId: '' }), failsWith('validation', /organizationId is missing/))
  assert.throws(() => rtm.customer({ organizationId: 'o', server: 'chat.example' }), failsWith('validation', /server is "chat\.example"; it must be an address/))
  assert.throws(() => rtm.agent({}), failsWith('validation', /give token, getToken or identityProvider/))
  await assert.rejects(load({ worker: 'service' as never }), failsWith('validation', /worker is "service"; it must be/))
  await assert.rejects(load({ worker: 'dedicated', WebSocket: FakeSocket }), failsWith('validation', /WebSocket can't be taken into a Worker/))
  assert.throws(() => load({ workerURL: 'http://[' }).agent({ token: 'x' }), failsWith('validation', /workerURL/))
})

test('load: what is used before waits, and its socket opens meanwhile', async (t) => {
  const all = sockets(t)
  let found = (_: Response) => {}
  t.mock.method(globalThis, 'fetch', () => new Promise<Response>((resolve) => (found = resolve)))
  const loading = load({ worker: 'none', workerURL, wasmURL: wasmURL + '?late' })
  t.after(() => loading.destroy())
  const client = loading.agent({ server: 'http://127.0.0.1:1', token: 'dal:a', organizationId: 'o 1' })
  const idle = loading.agent({ server: 'http://127.0.0.1:1', token: 'dal:a' })
  const login = client.login()
  const listed = client.call('echo', { waits: true })
  while (all.length === 0) await new Promise(setImmediate)
  await new Promise(setImmediate)
  assert.deepEqual([all[0]!.url, all[0]!.readyState, all[0]!.requests], ['ws://127.0.0.1:1/v3.6/agent/rtm/ws?organization_id=o%201', 1, []])
  found(new Response(wasm, { headers: { 'content-type': 'application/wasm' } }))
  assert.equal((await login).my_profile.id, 'a')
  assert.deepEqual(await listed, { waits: true })
  assert.deepEqual([all.length, idle.state], [1, 'idle'], 'the engine took the socket that was there')
  assert.equal((await loading).agent, (await loading).agent)
})

test('load: a socket that opened in vain is closed', async (t) => {
  const all = sockets(t)
  t.mock.method(globalThis, 'fetch', () => new Promise<Response>(() => {}))
  const loading = load({ worker: 'none', workerURL, wasmURL: wasmURL + '?never' })
  const client = loading.agent({ server: 'http://127.0.0.1:1', token: 'dal:a' })
  const login = client.login()
  const failed = assert.rejects(login, failsWith('closed', /./))
  while (all.length === 0) await new Promise(setImmediate)
  await loading.destroy()
  await failed
  await assert.rejects(loading, failsWith('closed', /./))
  assert.ok(all[0]!.closed)
})

test('load: when it fails, so does what was asked', async (t) => {
  t.mock.method(globalThis, 'fetch', async () => new Response('no', { status: 404 }))
  sockets(t)
  const loading = load({ worker: 'none', workerURL, wasmURL: wasmURL + '?no' })
  const client = loading.agent({ server: 'http://127.0.0.1:1', token: 'dal:a' })
  const failed = failsWith('core_failed', /the core could not be loaded: .*status 404/)
  await Promise.all([
    assert.rejects(loading, failed),
    assert.rejects(client.login(), failed),
    assert.rejects(client.listChats(), failed),
  ])
  await assert.rejects(client.listChats(), failed)
  assert.throws(() => loading.agent({ token: 'x' }), failed)
  assert.equal(client.state, 'stopped')
  await client.close()
})

for (const [name, make] of [
  ['bytes', async () => wasm],
  ['a module', () => WebAssembly.compile(wasm)],
  ['a Response', async () => new Response(wasm)],
] as const) {
  test(`load: ${name} in place of an address, and a WebSocket of the caller's`, async () => {
    const source = await make()
    const made: string[] = []
    class Own extends FakeSocket {
      constructor(url: string) {
        super(url, (request, socket) => queueMicrotask(() => socket.answer(request, { my_profile: { id: 'a' }, chats_summary: [] })))
        made.push(url)
        queueMicrotask(() => this.open())
      }
    }
    const options: LoadOptions = { worker: 'none', workerURL, wasmURL: source, WebSocket: Own }
    const loading = load(options)
    assert.equal(load(options), loading)
    const client = loading.agent({ server: 'http://127.0.0.1:1', token: 'dal:a' })
    await client.login()
    assert.equal(made.length, 1)
    await loading.destroy()
    assert.equal(client.state, 'stopped')
  })
}

test('load: a Response without a core', async () => {
  await assert.rejects(load({ worker: 'none', workerURL, wasmURL: new Response('', { status: 500 }) }), failsWith('core_failed', /wasmURL answered with status 500/))
})

test('load: an address that is none rejects, it does not throw', async () => {
  for (const options of [{ workerURL: 'http://[' }, { wasmURL: 'http://[' }] as LoadOptions[]) {
    const [name] = Object.keys(options)
    let loading: Promise<unknown> | undefined
    assert.doesNotThrow(() => (loading = load({ worker: 'none', ...options })))
    await assert.rejects(loading!, failsWith('validation', new RegExp(`${name} is "http://\\["; it must be an address`)))
  }
})

test('load: what cannot be loaded says why, and can be tried again', async (t) => {
  const answers = [new Response('no', { status: 404 }), new Response('<html>', { headers: { 'content-type': 'application/wasm' } })]
  t.mock.method(globalThis, 'fetch', async () => answers.shift())
  const options: LoadOptions = { worker: 'none', workerURL, wasmURL: wasmURL + '?bad' }
  await assert.rejects(load(options), failsWith('core_failed', /status 404/))
  await assert.rejects(load(options), failsWith('core_failed', /./))
  await assert.rejects(load({ ...options, workerURL: 'file:///no/such.js' }), failsWith('core_failed', /no\/such\.js/))
  await assert.rejects(load({ worker: 'dedicated', workerURL, wasmURL }), failsWith('core_failed', /Worker/))
})

/** A Worker in which the test is the core. */
class FakeWorker {
  static all: FakeWorker[] = []
  onmessage: ((event: { data: unknown }) => void) | null = null
  onmessageerror: (() => void) | null = null
  onerror: ((event: { message: string; preventDefault(): void }) => void) | null = null
  readonly got: unknown[] = []
  ended = false
  constructor(
    readonly url: unknown,
    readonly options: unknown,
  ) {
    FakeWorker.all.push(this)
  }
  postMessage(message: unknown): void {
    this.got.push(message)
  }
  terminate(): void {
    this.ended = true
  }
  say(data: unknown): void {
    this.onmessage?.({ data })
  }
}

function workers(t: TestContext): FakeWorker[] {
  const scope = globalThis as { Worker?: unknown }
  scope.Worker = FakeWorker
  FakeWorker.all = []
  t.after(() => delete scope.Worker)
  return FakeWorker.all
}

test('worker: start, messages in one piece, end', async (t) => {
  const all = workers(t)
  const loading = load({ worker: 'dedicated', workerURL: 'https://chat.example/worker.js', wasmURL })
  const [worker] = all
  assert.ok(worker)
  assert.deepEqual([worker.url, worker.options], ['https://chat.example/worker.js', { type: 'module', name: 'rtmwidget' }])
  assert.deepEqual(worker.got, [{ start: wasmURL }])
  worker.say({ ready: true })
  const rtm = await loading
  const client = rtm.customer({ server: 'https://chat.example', organizationId: 'o' })
  assert.deepEqual(worker.got[1], {
    type: 'create',
    conn: 1,
    config: {
      api: 'customer',
      server: 'https://chat.example',
      organization: 'o',
      version: '3.6',
      region: '',
      store: '["customer","https://chat.example","o","cookie rtmwidget"]',
      share: 'store cookie rtmwidget',
    },
    token: { from: 'cookie', url: 'https://chat.example/v2/customer/token', clientId: 'rtmwidget', organizationId: 'o' },
  })
  const login = client.login()
  const ref = (worker.got as { ref?: number }[])[2]!.ref
  worker.say([
    { type: 'settle', conn: 1, ref, payload: '{"chats":[]}' },
    { type: 'state', conn: 1, state: 'live', reason: '' },
    { type: 'patch', conn: 1, ops: '[{"op":"me","me":{"id":"x","type":"customer","name":""}}]' },
  ])
  assert.deepEqual(await login, { chats: [] })
  assert.equal(client.state, 'live', 'what belongs to an answer is there when the answer is')
  assert.equal(client.model.state.me?.id, 'x')
  const closing = rtm.destroy()
  assert.equal(worker.ended, false)
  worker.say([{ type: 'destroyed', conn: 1 }])
  await closing
  assert.equal(worker.ended, true)
})

test('worker: one that cannot start, and one that breaks later', async (t) => {
  const all = workers(t)
  const options: LoadOptions = { worker: 'dedicated', workerURL: 'https://chat.example/w2.js', wasmURL }
  let loading = load(options)
  all[0]!.say({ failed: 'no wasm here' })
  await assert.rejects(loading, failsWith('core_failed', /no wasm here/))
  loading = load(options)
  all[1]!.onerror?.({ message: '', preventDefault() {} })
  await assert.rejects(loading, failsWith('core_failed', /w2\.js failed/))
  loading = load(options)
  all[2]!.say({ ready: true })
  const rtm = await loading
  const client = rtm.customer({ server: 'https://chat.example', organizationId: 'o' })
  const pending = client.login()
  all[2]!.say([{ type: 'crashed', message: 'status 2' }])
  await assert.rejects(pending, failsWith('core_crashed', /status 2/))
  assert.ok(all.every((worker) => worker.ended))
  assert.throws(() => rtm.customer({ server: 'https://chat.example', organizationId: 'o' }), failsWith('core_crashed', /./))
  loading = load(options)
  all[3]!.say({ ready: true })
  await (await loading).destroy()
})

test('worker: where trusted types are required, one policy lets only the worker pass', async (t) => {
  const all = workers(t)
  const policies: { name: string; createScriptURL(url: string): string }[] = []
  const scope = globalThis as { trustedTypes?: unknown }
  scope.trustedTypes = {
    createPolicy(name: string, rules: { createScriptURL(url: string): string }) {
      policies.push({ name, ...rules })
      return { createScriptURL: (url: string) => ({ trusted: rules.createScriptURL(url) }) }
    },
  }
  t.after(() => delete scope.trustedTypes)
  for (const name of ['a', 'b']) {
    const loading = load({ worker: 'dedicated', workerURL: `https://chat.example/${name}.js`, wasmURL })
    all.at(-1)!.say({ ready: true })
    await (await loading).destroy()
  }
  assert.deepEqual(all.map((worker) => worker.url), [{ trusted: 'https://chat.example/a.js' }, { trusted: 'https://chat.example/b.js' }])
  assert.equal(policies.length, 1)
  assert.equal(policies[0]!.name, 'rtmwidget')
  assert.throws(() => policies[0]!.createScriptURL('https://evil.example/x.js'), TypeError)
})
