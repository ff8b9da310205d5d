import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientOptions } from '../src/client.ts'
import { CustomerConnection } from '../src/customer.ts'
import { RTMError } from '../src/error.ts'
import type { ToCore } from '../src/messages.ts'
import type { IdentityProvider, Token, TokenInfo } from '../src/token.ts'

/** A client whose core is the test. */
function connect(options: ClientOptions = {}) {
  const sent: ToCore[] = []
  let done = 0
  const client = new CustomerConnection(
    { conn: 7, post: (message) => sent.push(message), done: () => done++ },
    { api: 'customer', server: 'http://h', organization: 'o', version: '', region: '' },
    { from: 'page' },
    options,
  )
  const last = <T extends ToCore['type']>(type: T) => sent.filter((m) => m.type === type).at(-1) as Extract<ToCore, { type: T }>
  return { client, sent, last, done: () => done }
}

/** Keeps a token, and says what it was asked before it gave a fresh one. */
function provider(has: boolean, held: Token = 'held'): IdentityProvider {
  const asked: string[] = []
  return {
    hasToken: async () => has,
    getToken: () => held,
    getFreshToken: async () => `fresh-${[...asked, 'getFreshToken'].join()}`,
    invalidate: () => void asked.push('invalidate'),
  }
}

const rejects = (promise: Promise<unknown>, type: string, more: object = {}) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof RTMError && error instanceof Error)
    assert.deepEqual({ type: error.type, ...pick(error, more) }, { type, ...more })
    return true
  })

const pick = (from: object, like: object) => Object.fromEntries(Object.keys(like).map((key) => [key, (from as Record<string, unknown>)[key]]))

test('a method is one call, settled by its number', async () => {
  const { client, last, sent } = connect()
  assert.equal(sent[0]!.type, 'create')
  const first = client.listChats({ limit: 2 }, { timeout: 1234 })
  const one = last('call')
  const second = client.ping()
  const two = last('call')
  assert.deepEqual(one, { type: 'call', conn: 7, ref: one.ref, action: 'list_chats', payload: '{"limit":2}', timeout: 1234 })
  assert.deepEqual([two.action, two.payload, two.timeout], ['ping', '{}', 0])
  client.receive({ type: 'settle', conn: 7, ref: two.ref, payload: '' })
  client.receive({ type: 'settle', conn: 7, ref: one.ref, payload: '{"chats_summary":[],"total_chats":0}' })
  client.receive({ type: 'settle', conn: 7, ref: one.ref, payload: '{"late":true}' })
  assert.deepEqual(await second, {})
  assert.deepEqual(await first, { chats_summary: [], total_chats: 0 })
})

test('every method names its action', async () => {
  const { client, last } = connect()
  const names = ['login', 'startChat', 'resumeChat', 'deactivateChat', 'sendEvent', 'listChats', 'listThreads', 'getChat', 'sendSneakPeek', 'markEventsAsSeen', 'updateCustomer', 'ping'] as const
  for (const name of names) {
    const answer = (client[name] as (request?: object) => Promise<unknown>).call(client, name === 'ping' ? undefined : { x: 1 })
    const call = last('call')
    assert.equal(call.action, name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase()))
    assert.equal(call.payload, name === 'ping' ? '{}' : '{"x":1}')
    client.receive({ type: 'settle', conn: 7, ref: call.ref, payload: '{}' })
    await answer
  }
})

test('a failure becomes an RTMError', async () => {
  const { client, last } = connect()
  const answer = client.call('send_event', {})
  client.receive({ type: 'settle', conn: 7, ref: last('call').ref, payload: '', failure: { type: 'chat_inactive', message: 'Chat is inactive', data: { a: 1 } } })
  await rejects(answer, 'chat_inactive', { name: 'RTMError', action: 'send_event', message: 'send_event: Chat is inactive', data: { a: 1 } })
})

test('what cannot be sent is refused at once', async () => {
  const { client, sent } = connect()
  const circle: { self?: unknown } = {}
  circle.self = circle
  await rejects(client.call('x', circle), 'validation', { action: 'x' })
  await rejects(client.call('x', [] as object), 'validation', { message: 'x: the payload must be an object' })
  await rejects(client.call('x', {}, { timeout: 5n as never }), 'validation', { message: 'x: timeout is 5; it must be a number of milliseconds' })
  await rejects(client.call('x', {}, { timeout: NaN }), 'validation')
  await rejects(client.call(5n as never), 'validation')
  assert.equal(sent.length, 1)
})

test('abort before and after sending', async () => {
  const { client, last, sent } = connect()
  await rejects(client.ping({ signal: AbortSignal.abort('why') }), 'canceled', { cause: 'why' })
  assert.equal(sent.length, 1)
  const control = new AbortController()
  const answer = client.ping({ signal: control.signal })
  const { ref } = last('call')
  control.abort('enough')
  await rejects(answer, 'canceled', { action: 'ping', cause: 'enough' })
  assert.deepEqual(last('cancel'), { type: 'cancel', conn: 7, ref })
  client.receive({ type: 'settle', conn: 7, ref, payload: '', failure: { type: 'canceled', message: '' } })
})

test('an abort after the answer does nothing', async () => {
  const { client, last, sent } = connect()
  const control = new AbortController()
  const answer = client.ping({ signal: control.signal })
  client.receive({ type: 'settle', conn: 7, ref: last('call').ref, payload: '{}' })
  await answer
  control.abort()
  assert.equal(sent.filter((m) => m.type === 'cancel').length, 0)
})

test('pushes reach their listeners until they leave', () => {
  const { client } = connect()
  const got: unknown[] = []
  const off = client.on('incoming_event', (push, info) => got.push([push.event.id, info]))
  client.onPush((action) => got.push(action))
  const push = (action: string, requestId = '') => client.receive({ type: 'push', conn: 7, action, requestId, payload: '{"event":{"id":"e"}}' })
  push('incoming_event', '5')
  push('brand_new')
  off()
  push('incoming_event')
  assert.deepEqual(got, [['e', { action: 'incoming_event', request_id: '5' }], 'incoming_event', 'brand_new', 'incoming_event'])
})

test('a listener that throws is reported and keeps nobody from anything', (t) => {
  const { client } = connect()
  const reported: unknown[] = []
  const scope = globalThis as { reportError?: (cause: unknown) => void }
  scope.reportError = (cause) => reported.push(cause)
  t.after(() => delete scope.reportError)
  let reached = false
  client.on('incoming_event', () => {
    throw new Error('mine')
  })
  client.on('incoming_event', () => (reached = true))
  client.receive({ type: 'push', conn: 7, action: 'incoming_event', requestId: '', payload: '{}' })
  assert.ok(reached)
  assert.equal((reported[0] as Error).message, 'mine')
})

test('state and model tell of changes only', () => {
  const { client } = connect()
  const states: unknown[] = []
  let models = 0
  client.onState((...args) => states.push(args))
  client.model.subscribe(() => models++)
  client.receive({ type: 'state', conn: 7, state: 'connecting', reason: '' })
  client.receive({ type: 'state', conn: 7, state: 'connecting', reason: '' })
  client.receive({ type: 'state', conn: 7, state: 'waiting', reason: 'connection_lost' })
  client.receive({ type: 'patch', conn: 7, ops: '[{"op":"connection","connection":{"state":"waiting"}}]' })
  client.receive({ type: 'patch', conn: 7, ops: '[]' })
  assert.deepEqual(states, [['connecting'], ['waiting', 'connection_lost']])
  assert.equal(models, 1)
  assert.equal(client.model.state.connection.state, 'waiting')
  assert.equal(client.state, 'waiting')
})

test('an act resolves when the core took it', async () => {
  const { client, last } = connect()
  const good = client.model.act('send', { text: 'hi' })
  const { type: _, ...act } = last('act')
  assert.deepEqual(act, { conn: 7, ref: act.ref, name: 'send', args: '{"text":"hi"}' })
  client.receive({ type: 'settle', conn: 7, ref: act.ref, payload: '' })
  assert.equal(await good, undefined)
  const bad = client.model.act('send', { text: '' })
  client.receive({ type: 'settle', conn: 7, ref: last('act').ref, payload: '', failure: { type: 'validation', message: 'text is empty' } })
  await rejects(bad, 'validation', { action: 'send' })
})

test('tokens: a fixed one goes into the login', async () => {
  const { client, last } = connect({ token: 'dal:x' })
  void client.login({ is_mobile: true }).catch(() => {})
  assert.deepEqual(JSON.parse(last('call').payload), { is_mobile: true, token: 'Bearer dal:x' })
  assert.equal(last('call').timeout, 30_000)
})

for (const [name, options, fresh, want] of [
  ['getToken gives one', { getToken: () => 'dal:a' }, false, { token: 'Bearer dal:a' }],
  ['one with a scheme stays', { getToken: async () => 'Basic abc' }, false, { token: 'Basic abc' }],
  ['the given one comes first', { token: 'dal:t', getToken: () => 'dal:g' }, false, { token: 'Bearer dal:t' }],
  ['a refused one is replaced', { token: 'dal:t', getToken: (fresh: boolean) => `dal:${fresh}` }, true, { token: 'Bearer dal:true' }],
  ['an empty one is none', { getToken: () => '' }, false, { token: '', failure: { type: 'no_token', message: 'getToken gave no token; it must give a string or an object with accessToken' } }],
  ['what it throws is told', { getToken: () => Promise.reject(new RTMError('invalid_client', 'no such client')) }, false, { token: '', failure: { type: 'invalid_client', message: 'no such client' } }],
  ['one may say how long it lives', { getToken: () => ({ accessToken: 'dal:a', expiresIn: 60 }) }, false, { token: 'Bearer dal:a', lifetime: 60_000 }],
  ['one that is over is asked for anew at once', { getToken: () => ({ accessToken: 'x', tokenType: 'Basic', expiresIn: 60, creationDate: 0 }) }, false, { token: 'Basic x', lifetime: 1 }],
  ['an object without a token is none', { identityProvider: provider(true, {} as TokenInfo) }, false, { token: '', failure: { type: 'no_token', message: 'identityProvider gave no token; it must give a string or an object with accessToken' } }],
  ['a provider has one', { identityProvider: provider(true) }, false, { token: 'Bearer held' }],
  ['a provider has none', { identityProvider: provider(false) }, false, { token: 'Bearer fresh-getFreshToken' }],
  ["a provider's was refused", { identityProvider: provider(true) }, true, { token: 'Bearer fresh-invalidate,getFreshToken' }],
  ['a plain error as well', { getToken: () => { throw new Error('no net') } }, false, { token: '', failure: { type: 'no_token', message: 'no net' } }],
] as const) {
  test(`tokens: ${name}`, async () => {
    const { client, last } = connect(options as ClientOptions)
    client.receive({ type: 'needToken', conn: 7, fresh })
    await new Promise(setImmediate)
    assert.deepEqual(last('token'), { type: 'token', conn: 7, lifetime: 0, ...want })
  })
}

test('close rejects what is pending, says so once, and lets go', async () => {
  const { client, last, done } = connect()
  const states: unknown[] = []
  client.onState((...args) => states.push(args))
  const pending = client.ping()
  const act = client.model.act('start', {})
  const closing = client.close()
  assert.equal(client.close(), closing)
  await rejects(pending, 'closed', { action: 'ping' })
  await rejects(act, 'closed')
  await rejects(client.ping(), 'closed')
  assert.equal(last('destroy').conn, 7)
  assert.equal(done(), 0)
  client.receive({ type: 'destroyed', conn: 7 })
  await closing
  assert.equal(done(), 1)
  assert.deepEqual(states, [['stopped', 'closed']])
  assert.equal(client.state, 'stopped')
  assert.equal(client.model.state.connection.state, 'stopped')
})

test('once is one push, or none', () => {
  const { client } = connect()
  const got: unknown[] = []
  const push = (id: string) => client.receive({ type: 'push', conn: 7, action: 'incoming_event', requestId: '', payload: `{"event":{"id":"${id}"}}` })
  client.once('incoming_event', ({ event }) => {
    got.push(event.id)
    if (got.length === 1) push('within')
  })
  client.once('incoming_event', ({ event }) => got.push(event.id))()
  push('first')
  push('second')
  assert.deepEqual(got, ['first'])
})

test('a view gets the same state until something changes', () => {
  const { client } = connect()
  const { subscribe, getSnapshot } = client.model
  const seen: unknown[] = []
  const off = subscribe((state) => seen.push(state))
  const patch = (...ops: object[]) => client.receive({ type: 'patch', conn: 7, ops: JSON.stringify(ops) })
  const before = getSnapshot()
  patch({ op: 'drop', chat_id: 'nobody' })
  assert.equal(getSnapshot(), before)
  patch({ op: 'me', me: { id: 'x', type: 'customer', name: '' } })
  assert.notEqual(getSnapshot(), before)
  assert.equal(getSnapshot().chats, before.chats, 'what did not change is the same object')
  assert.equal(getSnapshot(), client.model.state)
  assert.deepEqual(seen, [getSnapshot()])
  off()
  patch({ op: 'me', me: null })
  assert.equal(seen.length, 1)
})

test('an act can be given up', async () => {
  const { client, last } = connect()
  const control = new AbortController()
  const act = client.model.act('start', {}, { signal: control.signal })
  control.abort()
  await rejects(act, 'canceled', { action: 'start' })
  assert.equal(last('cancel').ref, last('act').ref)
})

/** Answers each list_threads with a page of two, of five threads in all. */
function pages(client: CustomerConnection, sent: ToCore[]) {
  const asked: unknown[] = []
  const answer = async () => {
    await Promise.resolve()
    const call = sent.at(-1)
    assert.ok(call?.type === 'call' && call.action === 'list_threads')
    asked.push(JSON.parse(call.payload))
    const from = asked.length * 2 - 2
    const threads = [5, 4, 3, 2, 1].slice(from, from + 2).map((n) => ({ id: `T${n}` }))
    client.receive({ type: 'settle', conn: 7, ref: call.ref, payload: JSON.stringify({ threads, found_threads: 5, ...(from < 4 && { next_page_id: `p${from}` }) }) })
  }
  const calls = client.call.bind(client)
  client.call = ((...args: Parameters<typeof calls>) => {
    void answer()
    return calls(...args)
  }) as typeof client.call
  return asked
}

test('history: all threads, page by page, as often as it is read', async () => {
  const { client, sent } = connect()
  const asked = pages(client, sent)
  const history = client.history('C', { limit: 2 })
  const ids: string[] = []
  for await (const { id } of history) ids.push(id)
  assert.deepEqual(ids, ['T5', 'T4', 'T3', 'T2', 'T1'])
  assert.deepEqual(asked, [{ chat_id: 'C', limit: 2 }, { chat_id: 'C', page_id: 'p0' }, { chat_id: 'C', page_id: 'p2' }])
  asked.length = 0
  for await (const { id } of history) {
    if (id === 'T4') break
  }
  assert.deepEqual(asked, [{ chat_id: 'C', limit: 2 }], 'no page is asked for that nobody reads')
})

test('history: what fails ends the loop', async () => {
  const { client, last } = connect()
  const control = new AbortController()
  const loop = (async () => {
    for await (const _ of client.history('C', { signal: control.signal })) assert.fail('there is nothing')
  })()
  assert.equal(last('call').payload, '{"chat_id":"C"}')
  control.abort()
  await rejects(loop, 'canceled', { action: 'list_threads' })
})

test('uploads: name, progress, answer', async () => {
  const { client, last } = connect()
  const file = new File(['hello'], 'a.txt')
  const told: unknown[] = []
  const upload = client.uploadFile(file, { onProgress: (progress) => told.push(progress), timeout: 9 })
  const { ref } = last('upload')
  assert.deepEqual(last('upload'), { type: 'upload', conn: 7, ref, file, name: 'a.txt', timeout: 9 })
  client.receive({ type: 'progress', conn: 7, ref, sent: 3, size: 5 })
  client.receive({ type: 'settle', conn: 7, ref, payload: '{"url":"https://chat.example/f"}' })
  client.receive({ type: 'progress', conn: 7, ref, sent: 5, size: 5 })
  assert.deepEqual(await upload, { url: 'https://chat.example/f' })
  assert.deepEqual(told, [{ sent: 3, size: 5 }])
  void client.uploadFile(new Blob(['x'])).catch(() => {})
  assert.equal(last('upload').name, 'file')
  void client.uploadFile(new Blob(['x']), { name: 'b.txt' }).catch(() => {})
  assert.equal(last('upload').name, 'b.txt')
})

test('uploads: what is no file is refused, and one can be given up', async () => {
  const { client, last, sent } = connect()
  await rejects(client.uploadFile('text' as never), 'validation', { message: 'upload_file: the file must be a File or a Blob' })
  await rejects(client.uploadFile(new Blob([]), { name: 5 as never }), 'validation', { message: 'upload_file: name is 5; it must be a string' })
  await rejects(client.uploadFile(new Blob([]), { timeout: -1 }), 'validation')
  assert.equal(sent.length, 1)
  const control = new AbortController()
  const upload = client.uploadFile(new Blob([]), { signal: control.signal })
  control.abort()
  await rejects(upload, 'canceled', { action: 'upload_file' })
  assert.equal(last('cancel').ref, last('upload').ref)
})

test('a core that is gone rejects everything, and close still ends', async () => {
  const { client, done } = connect()
  const states: unknown[] = []
  client.onState((...args) => states.push(args))
  const pending = client.ping()
  client.lost(new RTMError('core_crashed', 'bad'))
  await rejects(pending, 'core_crashed')
  await rejects(client.ping(), 'core_crashed')
  assert.deepEqual(states, [['stopped', 'core_crashed']])
  assert.equal(done(), 1)
  await client.close()
})

test('a core that goes while closing does not leave close hanging', async () => {
  const { client } = connect()
  const closing = client.close()
  client.lost(new RTMError('core_crashed', 'bad'))
  await closing
})
