import assert from 'node:assert/strict'
import { test as nodeTest, type TestContext } from 'node:test'
import type { ClientOptions } from '../src/client.ts'
import { CustomerConnection } from '../src/customer.ts'
import { startCore } from '../src/core.ts'
import { RTMError } from '../src/error.ts'
import type { FromCore, Port, TokenSource } from '../src/messages.ts'
import type { Version } from '../src/objects.ts'
import type { Post } from '../src/upload.ts'
import { FakeSocket, FakeWorld, noRelease, release, wasm } from './fake.ts'

// The real core, in a world where nothing happens by itself.

const builds = [
  { name: 'standard core', module: await WebAssembly.compile(wasm) },
  { name: 'release core', module: release && (await WebAssembly.compile(release)) },
]
const cores = new WeakMap<TestContext, WebAssembly.Module>()

/** A test of both builds. */
function test(what: string, run: (t: TestContext) => Promise<void>): void {
  for (const { name, module } of builds) {
    nodeTest(`${name}: ${what}`, { skip: module ? false : noRelease }, (t) => {
      cores.set(t, module!)
      return run(t)
    })
  }
}

const turn = () => new Promise<void>(setImmediate)

interface Setup {
  options?: ClientOptions
  source?: TokenSource
  version?: Version
}

async function setup(t: TestContext, { options = { getToken: () => 'dal:t' }, source = { from: 'page' }, version }: Setup = {}) {
  const world = new FakeWorld()
  let client: CustomerConnection | undefined
  const crashes: string[] = []
  const receive = (messages: FromCore[]) => {
    for (const message of messages) {
      if (message.type !== 'crashed') {
        client?.receive(message)
        continue
      }
      crashes.push(message.message)
      client?.lost(new RTMError('core_crashed', message.message))
    }
  }
  const port: Port = await startCore(cores.get(t)!, receive, world)
  t.after(() => port.close())
  client = new CustomerConnection(
    { conn: 1, post: (message) => port.post(message), done() {} },
    { api: 'customer', server: 'https://chat.example', organization: 'org 1', version: version ?? '', region: '' },
    source,
    version ? { ...options, version } : options,
  )
  const reports: string[] = []
  client.onReport((text) => reports.push(text))
  return { world, client, port, reports, crashes }
}

/** Logs in over the newest socket and answers what the model asks for. */
async function login(t: TestContext, how?: Setup) {
  const all = await setup(t, how)
  const response = all.client.login({ is_mobile: true })
  const socket = all.world.newest
  socket.open()
  await turn()
  assert.equal(socket.last.action, 'login')
  socket.answer(socket.last, loginAnswer)
  return { ...all, socket, response: await response }
}

const loginAnswer = { customer: { id: 'me', statistics: {} }, has_active_thread: false, chats: [], __priv_dynamic_config: {} }

const fails = (promise: Promise<unknown>, type: string, message: RegExp) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof RTMError)
    assert.equal(error.type, type)
    assert.match(error.message, message)
    return true
  })

test('a file is uploaded in the name of the login, and can be given up', async (t) => {
  const { client, world, reports } = await setup(t)
  await assert.rejects(client.uploadFile(new Blob(['x'])), (error: RTMError) => error.type === 'not_logged_in' && error.action === 'upload_file')
  const response = client.login()
  const socket = world.newest
  socket.open()
  await turn()
  socket.answer(socket.last, loginAnswer)
  await response
  const posts: Post[] = []
  world.postFile = async (post) => {
    posts.push(post)
    post.progress(4, 8)
    if (posts.length === 1) return { status: 200, text: '{"url":"https://chat.example/f"}' }
    return new Promise((_, reject) => post.signal.addEventListener('abort', () => reject(post.signal.reason)))
  }
  const told: unknown[] = []
  const uploaded = await client.uploadFile(new File(['x'], 'x.txt'), { onProgress: (progress) => told.push(progress) })
  assert.deepEqual([uploaded, told], [{ url: 'https://chat.example/f' }, [{ sent: 4, size: 8 }]])
  assert.equal(posts[0]!.authorization, 'Bearer dal:t')
  const control = new AbortController()
  const given = client.uploadFile(new Blob(['x']), { signal: control.signal })
  control.abort()
  await assert.rejects(given, (error: RTMError) => error.type === 'canceled')
  assert.ok(posts[1]!.signal.aborted)
  void client.uploadFile(new Blob(['x'])).catch(() => {})
  await client.close()
  assert.ok(posts[2]!.signal.aborted)
  assert.deepEqual(reports, [])
})

test("a token's lifetime is known to the engine", async (t) => {
  const asked: boolean[] = []
  const getToken = (fresh: boolean) => {
    asked.push(fresh)
    return { accessToken: `dal:${asked.length}`, expiresIn: 1000 }
  }
  const { world, socket } = await login(t, { options: { getToken } })
  await turn()
  assert.deepEqual(asked, [false])
  while (asked.length === 1 && world.now() < Date.UTC(2030, 0, 1, 0, 20)) {
    world.advance(10_000)
    for (const request of socket.requests.splice(0)) socket.answer(request, {})
    await turn()
  }
  assert.deepEqual(asked, [false, true])
  assert.ok(world.now() - Date.UTC(2030, 0, 1) >= 890_000, 'it was asked for anew too early')
})

test('login: address, token, answer, state and model', async (t) => {
  const { world, client } = await setup(t)
  const states: string[] = []
  client.onState((state) => states.push(state))
  assert.equal(client.state, 'idle')
  assert.equal(world.sockets.length, 0, 'nothing is dialled before login')
  const response = client.login({ is_mobile: true })
  const socket = world.newest
  assert.equal(socket.url, 'wss://chat.example/v3.6/customer/rtm/ws?organization_id=org%201')
  socket.open()
  await turn()
  const { request_id, ...request } = socket.last
  assert.equal(typeof request_id, 'string')
  assert.deepEqual(request, { action: 'login', payload: { token: 'Bearer dal:t', is_mobile: true } })
  socket.answer(socket.last, loginAnswer)
  assert.deepEqual(await response, loginAnswer)
  assert.deepEqual(states, ['connecting', 'authorizing', 'live'])
  assert.equal(client.model.state.connection.state, 'live')
  assert.equal(client.model.state.me?.id, 'me')
})

test('answers find their calls by id, in any order', async (t) => {
  const { client, socket } = await login(t)
  const first = client.call('get_chat', { chat_id: 'a' })
  const one = socket.last
  const second = client.call('get_chat', { chat_id: 'b' })
  const two = socket.last
  assert.notEqual(one.request_id, two.request_id)
  socket.answer(two, { id: 'b', users: [], text: 'ß\u{1F600}"\\' })
  socket.answer(one, { id: 'a', users: [] })
  assert.deepEqual(await second, { id: 'b', users: [], text: 'ß\u{1F600}"\\' })
  assert.deepEqual(await first, { id: 'a', users: [] })
})

test('what the catalogue forbids is refused before anything is sent', async (t) => {
  const { client, socket } = await login(t)
  const sent = socket.requests.length
  const refused = (call: Promise<unknown>, action: string, type: string, sentence: string) =>
    assert.rejects(call, { name: 'RTMError', type, action, message: `${action}: ${sentence}` })
  await refused(client.sendEvent({ chat_id: 'c', event: { type: 'message', text: 'ü'.repeat(8193) } }), 'send_event', 'validation',
    'payload.event.text: must have at most 16384 bytes, not 16386')
  await refused(client.call('get_chat'), 'get_chat', 'validation', 'payload.chat_id: is required')
  await refused(client.call('get_chat', { chat_id: 7 }), 'get_chat', 'validation', 'payload.chat_id: must be a string, not a number')
  await refused(client.listChats({ limit: 26 }), 'list_chats', 'validation', 'payload.limit: must be at most 25, not 26')
  await refused(client.listChats({ sort_order: 'up' as 'asc' }), 'list_chats', 'validation', 'payload.sort_order: must be one of asc, desc, not "up"')
  await refused(client.listChats({ page_id: 'p', limit: 5 }), 'list_chats', 'validation', 'payload.page_id: cannot be combined with limit')
  await refused(client.updateCustomer({}), 'update_customer', 'validation',
    'payload: needs at least one of name, email, avatar, session_fields, omnichannel, address, phone_number, name_is_default')
  await refused(client.sendEvent('c', { type: 'hologram' as 'message', text: '' }), 'send_event', 'validation',
    'payload.event.type: must be one of custom, file, filled_form, form, message, rich_message, system_message, not "hologram"')
  await refused(client.markEventsAsSeen('c', 'yesterday'), 'mark_events_as_seen', 'validation',
    'payload.seen_up_to: must be an RFC 3339 time such as 2026-01-02T15:04:05.000000Z, not "yesterday"')
  assert.equal(socket.requests.length, sent)
  void client.call('an_action_of_tomorrow', { anything: 1 }).catch(() => {})
  assert.equal(socket.last.action, 'an_action_of_tomorrow')
})

test('a method that the version lacks is refused before anything is sent', async (t) => {
  const { client, socket } = await login(t, { version: '3.5' })
  assert.equal(socket.url, 'wss://chat.example/v3.5/customer/rtm/ws?organization_id=org%201')
  const sent = socket.requests.length
  await fails(client.deleteEvent('c', 't', 'e'), 'unsupported_version', /^delete_event: delete_event is there since version 3\.6, and this connection speaks 3\.5$/)
  assert.equal(socket.requests.length, sent)
})

test('a bad login is refused, a good one can follow', async (t) => {
  const { client, world } = await setup(t)
  await fails(client.login({ is_mobile: 'yes' as never }), 'validation', /^login: payload\.is_mobile: must be a boolean, not a string$/)
  const response = client.login({ is_mobile: true })
  world.newest.open()
  await turn()
  world.newest.answer(world.newest.last, loginAnswer)
  assert.deepEqual(await response, loginAnswer)
})

test('the server refuses', async (t) => {
  const { client, socket } = await login(t)
  const call = client.sendEvent({ chat_id: 'a', event: { type: 'message', text: 'x' } })
  socket.answer(socket.last, { error: { type: 'chat_inactive', message: 'Chat is inactive', data: { thread: 1 } } }, false)
  await assert.rejects(call, { name: 'RTMError', type: 'chat_inactive', action: 'send_event', message: 'send_event: Chat is inactive', data: { thread: 1 } })
})

test('a push is delivered, a chat reaches the model', async (t) => {
  const { client, socket } = await login(t)
  const got: unknown[] = []
  client.on('incoming_chat', (push) => got.push(push))
  const chat = {
    chat: {
      id: 'c1',
      users: [{ id: 'a1', type: 'agent', name: 'Ann', present: true }],
      thread: {
        id: 't1',
        active: true,
        user_ids: ['a1'],
        created_at: '2030-01-01T00:00:00.000000Z',
        events: [{ id: 'e1', type: 'message', author_id: 'a1', text: '<b>hi</b>', created_at: '2030-01-01T00:00:00.000000Z' }],
      },
    },
  }
  socket.push('incoming_chat', chat)
  assert.deepEqual(got, [chat])
  const [shown] = client.model.state.chats
  assert.equal(shown?.id, 'c1')
  assert.equal(shown.active, true)
  const event = shown.timeline[0]?.event
  assert.equal(event?.type === 'message' && event.text, '<b>hi</b>')
})

test('an act shows at once, and wrong arguments name the field', async (t) => {
  const { client, socket } = await login(t)
  await client.model.act('send', { text: 'Hello' })
  const [chat] = client.model.state.chats
  assert.equal(chat?.timeline[0]?.state, 'pending')
  assert.equal(socket.last.action, 'start_chat')
  await fails(client.model.act('send', { text: '' }), 'validation', /^send: text /)
  await fails(client.model.act('nothing' as 'start', {}), 'validation', /nothing/)
})

test('frames that make no sense change nothing', async (t) => {
  const { client, socket, reports } = await login(t)
  for (const frame of ['', 'no json', '[]', '{}', '{"type":"response","request_id":"99","success":true}', '{"type":"push"}', '\ud800', 'null']) socket.frame(frame)
  socket.onmessage?.call(socket as never, { data: new ArrayBuffer(3) } as MessageEvent)
  assert.equal(reports.length, 9, reports.join('\n'))
  const call = client.ping()
  socket.answer(socket.last, {})
  await call
  assert.equal(client.state, 'live')
})

test('bad JSON gives the caller one clear error', async (t) => {
  const { client, port } = await login(t)
  // Only a page that goes round the client can do this.
  const answers: FromCore[] = []
  const receive = client.receive.bind(client)
  client.receive = (message) => {
    answers.push(message)
    receive(message)
  }
  for (const payload of ['{', '[]', '5', '{"a":1}}']) {
    answers.length = 0
    port.post({ type: 'call', conn: 1, ref: 900, action: 'x', payload, timeout: 0 })
    assert.deepEqual(answers, [
      { type: 'settle', conn: 1, ref: 900, payload: '', failure: { type: 'validation', message: 'payload must be a JSON object' } },
    ])
  }
})

test('close rejects what is pending and leaves nothing behind', async (t) => {
  const { client, world, socket } = await login(t)
  const call = client.ping()
  const closing = client.close()
  await fails(call, 'closed', /closed/)
  await closing
  assert.deepEqual(socket.closed?.[0], 1000)
  assert.equal(socket.onmessage, null)
  assert.equal(world.timers.size, 0)
  assert.equal(client.state, 'stopped')
})

test('a call before login fails, one while connecting waits', async (t) => {
  const { client, world } = await setup(t)
  await fails(client.ping(), 'not_logged_in', /log in/)
  const response = client.login()
  const early = client.listChats()
  const socket = world.newest
  socket.open()
  await turn()
  socket.answer(socket.last, loginAnswer)
  await response
  const waiting = socket.requests.find((request) => request.action === 'list_chats')
  assert.ok(waiting)
  socket.answer(waiting, { chats_summary: [], total_chats: 0 })
  assert.deepEqual(await early, { chats_summary: [], total_chats: 0 })
})

test('a call that nobody answers times out; one that is aborted is canceled', async (t) => {
  const { client, world } = await login(t)
  const slow = client.getChat({ chat_id: 'a' }, { timeout: 3000 })
  const control = new AbortController()
  const dropped = client.getChat({ chat_id: 'b' }, { signal: control.signal })
  control.abort()
  await fails(dropped, 'canceled', /canceled/)
  world.advance(2999)
  let settled = false
  slow.catch(() => (settled = true))
  await turn()
  assert.equal(settled, false)
  world.advance(1)
  await fails(slow, 'timeout', /get_chat/)
})

test('a lost connection comes back and logs in again', async (t) => {
  const { client, world, socket } = await login(t)
  const write = client.updateCustomer({ name: 'x' })
  const read = client.getChat({ chat_id: 'a' })
  socket.drop()
  await fails(write, 'connection_lost', /update_customer.*outcome is unknown/)
  assert.equal(client.state, 'waiting')
  world.untilDial().open()
  assert.equal(world.newest.last.action, 'login')
  world.newest.answer(world.newest.last, loginAnswer)
  assert.equal(client.state, 'live')
  assert.equal(world.newest.last.action, 'get_chat')
  world.newest.answer(world.newest.last, { id: 'a', users: [] })
  assert.deepEqual(await read, { id: 'a', users: [] })
})

test('a push that was missed says so', async (t) => {
  const { client, world, socket } = await login(t)
  const thread = (events: object[]) => ({ id: 't', active: true, user_ids: [], created_at: '2030-01-01T00:00:00.000000Z', events })
  socket.push('incoming_chat', { chat: { id: 'c', users: [], thread: thread([]) } })
  socket.drop()
  const infos: unknown[] = []
  client.on('incoming_event', (push, info) => infos.push(push.event.id, info))
  const states: string[] = []
  client.model.subscribe(({ connection }) => states.push(`${connection.state}${connection.stale ? ' stale' : ''}`))
  world.untilDial().open()
  const again = world.newest
  again.answer(again.last, { ...loginAnswer, chats: [{ chat_id: 'c', has_active_thread: true }] })
  assert.equal(client.state, 'syncing')
  const missed = { id: 'e1', type: 'message', author_id: 'x', text: 'hi', created_at: '2030-01-01T00:00:01.000000Z' }
  again.answer(again.last, { threads: [thread([missed])], found_threads: 1 })
  assert.equal(client.state, 'live')
  assert.deepEqual(infos, ['e1', { action: 'incoming_event', recovered: true }])
  assert.equal(client.model.state.chats[0]?.timeline[0]?.recovered, true)
  assert.deepEqual([...new Set(states)], ['connecting stale', 'authorizing stale', 'syncing stale', 'live'])
})

test('a silent connection is noticed', async (t) => {
  const { client, world, socket } = await login(t)
  world.advance(15_000)
  assert.equal(socket.last.action, 'ping')
  world.advance(15_000)
  assert.ok(socket.closed)
  assert.notEqual(client.state, 'live')
})

test('offline holds back, online goes on', async (t) => {
  const { world, socket } = await login(t)
  for (const tell of world.listeners) tell(false)
  socket.drop()
  world.advance(600_000)
  assert.equal(world.sockets.length, 1)
  for (const tell of world.listeners) tell(true)
  assert.equal(world.sockets.length, 2)
})

test('an address that cannot be dialled is a lost connection', async (t) => {
  const { client, world } = await setup(t)
  world.refuse = 'refused by policy'
  void client.login().catch(() => {})
  await turn()
  assert.equal(client.state, 'waiting')
  assert.equal(world.sockets.length, 0)
  world.refuse = undefined
  world.untilDial().open()
  assert.equal(client.state, 'authorizing')
})

test('a socket that ends with an error alone is a lost connection, once', async (t) => {
  const { client, world } = await setup(t)
  void client.login().catch(() => {})
  world.newest.refuse()
  world.advance(0)
  assert.equal(client.state, 'waiting')
  const socket = world.untilDial()
  socket.open()
  const states: string[] = []
  client.onState((state) => states.push(state))
  socket.refuse()
  socket.drop(1011, 'as usual')
  world.advance(0)
  assert.deepEqual(states, ['waiting'])
  assert.equal(socket.onerror, null)
})

test('a refused token is asked for again, then the login fails with the reason', async (t) => {
  const asked: boolean[] = []
  const getToken = (fresh: boolean) => {
    asked.push(fresh)
    if (fresh) throw new RTMError('invalid_client', 'client_id is unknown')
    return 'dal:old'
  }
  const { client, world } = await setup(t, { options: { getToken } })
  const response = client.login()
  const socket = world.newest
  socket.open()
  await turn()
  socket.answer(socket.last, { error: { type: 'authentication', message: 'Invalid access token' } }, false)
  await fails(response, 'invalid_client', /client_id is unknown/)
  assert.deepEqual(asked, [false, true])
})

test('a wrong fixed token gives the server\'s own words', async (t) => {
  const { client, world } = await setup(t, { options: { token: 'dal:x' } })
  const response = client.login()
  const socket = world.newest
  socket.open()
  assert.equal(socket.last.payload['token'], 'Bearer dal:x')
  socket.answer(socket.last, { error: { type: 'authentication', message: 'Invalid access token' } }, false)
  await fails(response, 'authentication', /Invalid access token/)
})

for (const [name, answer, type, message] of [
  ['a refusal', () => Response.json({ oauth_exception: 'invalid_client', exception_description: 'no such client' }, { status: 401 }), 'invalid_client', /status 401: no such client/],
  ['no JSON', () => new Response('oops', { status: 500 }), 'no_token', /status 500$/],
  ['no token in it', () => Response.json({}), 'no_token', /without an access_token/],
  ['no server', () => Promise.reject(new TypeError('fetch failed')), 'no_token', /could not be reached: fetch failed/],
] as const) {
  test(`cookie grant: ${name}`, async (t) => {
    t.mock.method(globalThis, 'fetch', async () => answer())
    const { client, world } = await setup(t, { source: { from: 'cookie', url: 'https://chat.example/v2/customer/token', clientId: 'c', organizationId: 'o' } })
    const response = client.login()
    world.newest.open()
    await fails(response, type, message)
  })
}

test('cookie grant: an endpoint that never answers fails the login, and is asked again by the next', async (t) => {
  const asked: RequestInit[] = []
  t.mock.method(globalThis, 'fetch', (_: string, init: RequestInit) => {
    asked.push(init)
    return new Promise((_, reject) => init.signal!.addEventListener('abort', () => reject(init.signal!.reason as Error)))
  })
  const { client, world } = await setup(t, { source: { from: 'cookie', url: 'https://chat.example/v2/customer/token', clientId: 'c', organizationId: 'o' } })
  const first = client.login()
  world.newest.open()
  world.advance(19_999)
  assert.equal(asked[0]!.signal!.aborted, false)
  world.advance(1)
  await fails(first, 'no_token', /customer\/token could not be reached: no answer within 20 s/)
  const second = client.login()
  if (client.state === 'connecting') world.newest.open()
  assert.equal(asked.length, 2)
  await client.close()
  assert.ok(asked[1]!.signal!.aborted, 'a client that is closed asks for nothing')
  assert.equal(world.timers.size, 0)
  await fails(second, 'closed', /./)
})

test('cookie grant: the request and the token', async (t) => {
  const fetch = t.mock.method(globalThis, 'fetch', async () => Response.json({ access_token: 'dal:cookie' }))
  const { client, world } = await setup(t, { source: { from: 'cookie', url: 'https://chat.example/v2/customer/token', clientId: 'c', organizationId: 'o' } })
  const response = client.login()
  world.newest.open()
  await turn()
  const [url, init] = fetch.mock.calls[0]!.arguments as unknown as [string, RequestInit]
  assert.equal(url, 'https://chat.example/v2/customer/token')
  assert.equal(init.credentials, 'include')
  assert.deepEqual(JSON.parse(init.body as string), { grant_type: 'cookie', response_type: 'token', client_id: 'c', organization_id: 'o' })
  assert.equal(world.newest.last.payload['token'], 'Bearer dal:cookie')
  world.newest.answer(world.newest.last, loginAnswer)
  await response
})

test('a socket that was given up says no more', async (t) => {
  const { client, world, socket } = await login(t)
  const message = socket.onmessage
  world.advance(30_000)
  assert.ok(socket.closed && message)
  assert.equal(socket.onmessage, null)
  assert.equal(socket.onclose, null)
  assert.notEqual(client.state, 'live')
})

/** Makes the next timer that the core asks for break it, as a bug in Go would. */
function breakCore(t: TestContext, world: FakeWorld): void {
  t.mock.method(console, 'log', () => {}) // where a Go program's last words go
  const mock = t.mock.method(world, 'setTimeout', () => {
    mock.mock.restore()
    throw new WebAssembly.RuntimeError('a bug')
  })
}

test('a panic in Go rejects what is pending; another core goes on', async (t) => {
  const { client, world, socket, reports, crashes } = await login(t)
  const first = client.getChat({ chat_id: 'a' })
  await client.model.act('send', { text: 'kept' })
  assert.equal(client.model.state.chats[0]?.timeline.length, 1)
  breakCore(t, world)
  const second = client.getChat({ chat_id: 'b' }, { timeout: 10 })
  await fails(first, 'core_crashed', /./)
  await fails(second, 'core_crashed', /./)
  assert.ok(socket.closed)
  assert.match(reports.join(' '), /the core broke and was started again/)
  assert.equal(crashes.length, 0)

  // What the page asks meanwhile waits for the new core.
  const third = client.ping()
  while (world.sockets.length < 2) await turn()
  const next = world.newest
  next.open()
  await turn()
  assert.deepEqual(next.last.payload, { token: 'Bearer dal:t', is_mobile: true }, 'the same login')
  next.answer(next.last, loginAnswer)
  await turn()
  assert.equal(client.state, 'live')
  const ping = next.requests.find(({ action }) => action === 'ping')!
  next.answer(ping, {})
  await third
  assert.equal(world.listeners.size, 1)

  // The message is on the screen, and goes out again as soon as it is known that it did not arrive.
  const item = () => client.model.state.chats[0]?.timeline[0]
  assert.equal(item()?.state, 'pending')
  for (let i = 0; item()?.state === 'pending' && i < 20; i++) {
    for (const request of next.requests.splice(0)) {
      if (request.action === 'list_chats') next.answer(request, { chats_summary: [], total_chats: 0 })
      if (request.action === 'start_chat') next.answer(request, { chat_id: 'c', thread_id: 't', event_ids: ['e'] })
    }
    await turn()
  }
  assert.equal(item()?.state, 'sent')
})

test('a core that breaks again at once is the last', async (t) => {
  const { client, world, port, crashes } = await login(t)
  breakCore(t, world)
  await fails(client.getChat({ chat_id: 'a' }, { timeout: 10 }), 'core_crashed', /./)
  while (world.sockets.length < 2) await turn()
  breakCore(t, world)
  port.post({ type: 'wake' })
  const pending = client.call('list_chats', {}, { timeout: 10 })
  await fails(pending, 'core_crashed', /./)
  assert.equal(crashes.length, 1)
  assert.equal(client.state, 'stopped')
  assert.equal(world.timers.size, 0)
  assert.equal(world.listeners.size, 0)
  await fails(client.ping(), 'core_crashed', /./)
})

test('a core that breaks much later starts again, too', async (t) => {
  const { client, world, crashes } = await login(t)
  for (let i = 0; i < 2; i++) {
    const before = world.sockets.length
    breakCore(t, world)
    await fails(client.getChat({ chat_id: 'a' }, { timeout: 10 }), 'core_crashed', /./)
    while (world.sockets.length === before) await turn()
    world.newest.open()
    await turn()
    world.newest.answer(world.newest.last, loginAnswer)
    await turn()
    assert.equal(client.state, 'live')
    world.advance(61_000)
    world.untilDial().open()
    await turn()
    world.newest.answer(world.newest.last, loginAnswer)
  }
  assert.equal(crashes.length, 0)
})

test('two cores in one realm do not meet', async (t) => {
  const a = await login(t)
  const b = await login(t)
  assert.equal((globalThis as { __go_wasm__?: unknown }).__go_wasm__, undefined)
  const call = a.client.ping()
  a.socket.answer(a.socket.last, {})
  await call
  await b.client.close()
  assert.equal(a.client.state, 'live')
  assert.ok(a.socket instanceof FakeSocket)
})
