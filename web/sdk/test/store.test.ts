import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { CustomerConnection } from '../src/customer.ts'
import { startCore } from '../src/core.ts'
import { RTMError } from '../src/error.ts'
import type { FromCore, Port } from '../src/messages.ts'
import type { OpenStore, StoredEntry } from '../src/store.ts'
import { FakeWorld, wasm, type FakeSocket } from './fake.ts'

// What was not sent outlives the page: the real core over a storage that the test holds.

const compiled = WebAssembly.compile(wasm)
const turn = () => new Promise<void>(setImmediate)

/** Storage that outlives a page. */
class Disk {
  readonly rows = new Map<string, string>()
  readonly names: string[] = []
  open = 0
  full = false
  late: ((entries: StoredEntry[]) => void) | undefined

  readonly openStore: OpenStore = async (name, late) => {
    this.names.push(name)
    this.open++
    this.late = late
    await turn()
    return {
      store: {
        put: async (key, value) => {
          await turn()
          if (this.full) throw new Error('the disk is full')
          if (value === null) this.rows.delete(key)
          else this.rows.set(key, value)
        },
        close: () => void this.open--,
      },
      entries: this.entries(),
    }
  }

  entries(): StoredEntry[] {
    return [...this.rows].map(([key, value]) => ({ key, value }))
  }
}

async function page(t: TestContext, openStore: OpenStore) {
  const world = Object.assign(new FakeWorld(), { openStore })
  let client: CustomerConnection | undefined
  const receive = (messages: FromCore[]) => {
    for (const message of messages) if (message.type !== 'crashed') client?.receive(message)
  }
  const port: Port = await startCore(await compiled, receive, world)
  t.after(() => port.close())
  client = new CustomerConnection(
    { conn: 1, post: (message) => port.post(message), done() {} },
    { api: 'customer', server: 'https://chat.example', organization: 'o', version: '', region: '', store: 'someone' },
    { from: 'page' },
    { token: 'dal:t' },
  )
  const reports: string[] = []
  client.onReport((text) => reports.push(text))
  return { world, client, port, reports }
}

async function settled(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; !condition(); i++) {
    assert.ok(i < 1000, what)
    await turn()
  }
}

const users = [{ id: 'me', type: 'customer', name: 'Me', present: true }]
const thread = (events: object[]) => ({ id: 't1', active: true, user_ids: ['me'], created_at: '2029-12-31T23:59:50.000000Z', events })

async function login({ world, client }: Awaited<ReturnType<typeof page>>, events: object[] = []): Promise<FakeSocket> {
  const response = client.login()
  await settled(() => world.sockets.length > 0, 'nothing is dialled')
  const socket = world.newest
  socket.open()
  await settled(() => socket.requests.length > 0, 'no login')
  socket.answer(socket.last, { customer: { id: 'me' }, has_active_thread: true, chats: [{ chat_id: 'c1', has_active_thread: true }], __priv_dynamic_config: {} })
  await response
  for (const request of [...socket.requests]) {
    if (request.action === 'get_chat') socket.answer(request, { id: 'c1', users, thread: thread(events) })
    if (request.action === 'list_threads') socket.answer(request, { threads: [thread(events)], found_threads: 1 })
  }
  return socket
}

const lines = ({ client }: { client: CustomerConnection }) =>
  client.model.state.chats.flatMap((chat) => chat.timeline.map((item) => `${item.state} ${(item.event as { text?: string }).text}`))

const sends = (socket: FakeSocket) => socket.requests.filter((request) => request.action === 'send_event')

test('a reload sends what was not sent, in order and once', async (t) => {
  const disk = new Disk()
  const first = await page(t, disk.openStore)
  const socket = await login(first)
  const taken = ['one', 'two'].map((text) => first.client.model.act('send', { chat_id: 'c1', text }))
  assert.equal(sends(socket).length, 0, 'nothing is sent before it is kept')
  await Promise.all(taken)
  await settled(() => sends(socket).length === 1, 'the first is not sent')
  socket.drop()
  await first.client.model.act('send', { chat_id: 'c1', text: 'three' })
  await settled(() => disk.rows.size === 3, `${disk.rows.size} entries`)
  const sent = sends(socket)[0]!.payload['event'] as object
  first.port.close() // the page is gone
  assert.equal(disk.open, 0)

  const second = await page(t, disk.openStore)
  await settled(() => lines(second).length === 3, 'nothing is shown before the login')
  assert.deepEqual(lines(second), ['pending one', 'pending two', 'pending three'])
  const arrived = { ...sent, id: 't1_1', author_id: 'me', created_at: '2029-12-31T23:59:55.000000Z' }
  const again = await login(second, [arrived])
  for (const [i, text] of ['two', 'three'].entries()) {
    await settled(() => (sends(again).at(-1)?.payload['event'] as { text?: string } | undefined)?.text === text, `${text} is not sent`)
    again.answer(sends(again).at(-1)!, { event_id: `t1_${i + 2}` })
  }
  assert.equal(sends(again).length, 2, 'what had arrived is sent again')
  assert.deepEqual(lines(second), ['sent one', 'sent two', 'sent three'])
  await settled(() => disk.rows.size === 0, 'something stays on disk')
  assert.deepEqual(second.reports, [])
})

test('what another tab leaves behind is sent by this one', async (t) => {
  const disk = new Disk()
  const first = await page(t, disk.openStore)
  await first.client.model.act('send', { text: 'left' })
  await settled(() => disk.rows.size === 1, 'not kept')
  const left = disk.entries()
  first.port.close()
  disk.rows.clear()
  const second = await page(t, disk.openStore)
  const socket = await login(second)
  disk.late!(left)
  await settled(() => sends(socket).length === 1, 'not sent')
  assert.deepEqual(lines(second), ['pending left'])
})

test('a disk that is full is told, and everything is sent all the same', async (t) => {
  const disk = new Disk()
  disk.full = true
  const all = await page(t, disk.openStore)
  const socket = await login(all)
  await all.client.model.act('send', { chat_id: 'c1', text: 'one' })
  await settled(() => sends(socket).length === 1, 'not sent')
  assert.match(all.reports[0]!, /will not outlive this page: the disk is full/)
})

test('a disk that is full while there is no connection leaves the text with its writer', async (t) => {
  const disk = new Disk()
  const all = await page(t, disk.openStore)
  const socket = await login(all)
  socket.drop()
  await all.client.model.act('send', { chat_id: 'c1', text: 'one', key: 'k1' } as never)
  disk.full = true
  await assert.rejects(all.client.model.act('send', { chat_id: 'c1', text: 'two', key: 'k2' } as never), (error) => {
    assert.ok(error instanceof RTMError)
    assert.equal(error.type, 'not_stored')
    assert.match(error.message, /no place to keep it: the disk is full/)
    return true
  })
  assert.deepEqual(lines(all), ['pending one'])
  assert.match(all.reports.at(-1)!, /will not outlive this page: the disk is full/)
})

for (const [name, openStore] of [
  ['none', async () => { throw new Error('there is none') }],
  ['one that never opens', () => new Promise<never>(() => {})],
] as [string, OpenStore][]) {
  test(`a storage that is ${name} keeps nobody from logging in`, async (t) => {
    const all = await page(t, openStore)
    await turn()
    all.world.advance(2_000)
    const socket = await login(all)
    await all.client.model.act('send', { chat_id: 'c1', text: 'one' })
    await settled(() => sends(socket).length === 1, 'not sent')
  })
}

test('what a page that ends slowly leaves behind is shown without a connection', async (t) => {
  const disk = new Disk()
  const first = await page(t, disk.openStore)
  const before = await login(first)
  before.drop()
  for (const text of ['one', 'two']) await first.client.model.act('send', { chat_id: 'c1', text })
  await settled(() => disk.rows.size === 2, 'not kept')
  const left = disk.entries()
  first.port.close()
  disk.rows.clear()
  const second = await page(t, disk.openStore)
  second.client.login().catch(() => {})
  await settled(() => second.world.sockets.length > 0, 'nothing is dialled')
  second.world.newest.drop()
  disk.late!(left)
  await settled(() => lines(second).length === 2, 'nothing is shown')
  assert.deepEqual(lines(second), ['pending one', 'pending two'])
})
