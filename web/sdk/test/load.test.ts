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
    await rtm.close()
    await assert.rejects(pending, failsWith('closed', /./))
    assert.throws(() => rtm.agent({ token: 'x' }), failsWith('closed', /./))
    assert.deepEqual([customer.state, agent.state], ['stopped', 'stopped'])
    assert.ok(all.every((socket) => socket.closed))
    const again = await load(options)
    assert.notEqual(again, rtm)
    await again.close()
  })
}

test('load: wrong options are refused with a sentence', async (t) => {
  const rtm = await load({ worker: 'none', workerURL, wasm })
  t.after(() => rtm.close())
  assert.throws(() => rtm.customer({ organizationId: '' }), failsWith('validation', /organizationId is missing/))
  assert.throws(() => rtm.customer({ organizationId: 'o', server: 'chat.example' }), failsWith('validation', /server is "chat\.example"; it must be an address/))
  assert.throws(() => rtm.agent({}), failsWith('validation', /give token or getToken/))
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
  await assert.rejects(load({ workerURL }), failsWith('core_failed', /Worker/))
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
  const loading = load({ workerURL: 'https://chat.example/worker.js', wasmURL })
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
  const closing = rtm.close()
  assert.equal(worker.ended, false)
  worker.say([{ type: 'destroyed', conn: 1 }])
  await closing
  assert.equal(worker.ended, true)
})

test('worker: one that cannot start, and one that breaks later', async (t) => {
  const all = workers(t)
  const options: LoadOptions = { workerURL: 'https://chat.example/w2.js', wasmURL }
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
  await (await loading).close()
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
    const loading = load({ workerURL: `https://chat.example/${name}.js`, wasmURL })
    all.at(-1)!.say({ ready: true })
    await (await loading).close()
  }
  assert.deepEqual(all.map((worker) => worker.url), [{ trusted: 'https://chat.example/a.js' }, { trusted: 'https://chat.example/b.js' }])
  assert.equal(policies.length, 1)
  assert.equal(policies[0]!.name, 'rtmwidget')
  assert.throws(() => policies[0]!.createScriptURL('https://evil.example/x.js'), TypeError)
})
