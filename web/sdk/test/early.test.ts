import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Early } from '../src/early.ts'
import type { ConnectionConfig, TokenSource } from '../src/messages.ts'
import type { StoredEntry } from '../src/store.ts'
import { FakeWorld } from './fake.ts'

// What a connection has before its core runs.

const config: ConnectionConfig = { api: 'customer', server: 'https://chat.example', organization: 'o 1', version: '3.6', region: '', store: 'someone' }
const url = 'wss://chat.example/v3.6/customer/rtm/ws?organization_id=o%201'
const cookie: TokenSource = { from: 'cookie', url: 'https://chat.example/v2/customer/token', clientId: 'c', organizationId: 'o 1' }
const turn = () => new Promise<void>(setImmediate)

function begin(token: TokenSource = { from: 'page' }, payload = '{}', change: Partial<ConnectionConfig> = {}) {
  const told: { late?: (entries: StoredEntry[]) => void; open: number } = { open: 0 }
  const openStore = async (_: string, late: (entries: StoredEntry[]) => void) => {
    told.late = late
    told.open++
    return { store: { put: async () => {}, close: () => void told.open-- }, entries: [] }
  }
  const world = Object.assign(new FakeWorld(), { openStore })
  const early = new Early(world)
  early.see({ type: 'create', conn: 1, config: { ...config, ...change }, token })
  early.see({ type: 'call', conn: 1, ref: 1, action: 'list_chats', payload: '{}', timeout: 0 })
  assert.equal(world.sockets.length, 0, 'only a login connects')
  for (let ref = 2; ref < 4; ref++) early.see({ type: 'call', conn: 1, ref, action: 'login', payload, timeout: 0 })
  return { world, early, told }
}

test('early: one socket, given out once, and only to its address', () => {
  const { world, early } = begin()
  assert.deepEqual(world.sockets.map((socket) => socket.url), [url])
  assert.equal(early.socket(1, url), world.newest)
  assert.equal(early.socket(1, url), undefined)
  assert.equal(early.socket(2, url), undefined)
  early.close()
  assert.equal(world.newest.closed, undefined, 'it is not his any more')
})

test('early: a socket that is of no use is closed', () => {
  for (const useless of [
    (early: Early) => void early.socket(1, 'wss://elsewhere'),
    (early: Early) => early.see({ type: 'destroy', conn: 1 }),
    (early: Early) => early.close(),
  ]) {
    const { world, early } = begin()
    useless(early)
    assert.deepEqual(world.newest.closed, [1000, undefined])
    assert.equal(early.socket(1, url), undefined)
  }
  const { world, early } = begin()
  world.newest.drop()
  assert.equal(early.socket(1, url), undefined, 'it has ended')
})

test("early: addresses are the engine's", () => {
  for (const [change, want] of [
    [{ server: 'ws://h:1', api: 'agent', organization: '' }, 'ws://h:1/v3.6/agent/rtm/ws'],
    [{ server: '', version: '3.5' }, 'wss://api.livechatinc.com/v3.5/customer/rtm/ws?organization_id=o%201'],
    [{ server: '', region: 'fra', api: 'agent', organization: '' }, 'wss://api-fra.livechatinc.com/v3.6/agent/rtm/ws'],
  ] as [Partial<ConnectionConfig>, string][]) {
    assert.equal(begin(undefined, undefined, change).world.newest.url, want)
  }
})

test('early: without a network nothing is begun, and a refusal is left to the engine', () => {
  const world = Object.assign(new FakeWorld(), { online: (): boolean => false })
  const early = new Early(world)
  early.see({ type: 'create', conn: 1, config, token: cookie })
  early.see({ type: 'call', conn: 1, ref: 1, action: 'login', payload: '{}', timeout: 0 })
  assert.deepEqual([world.sockets.length, early.token(1)], [0, undefined])
  world.online = () => true
  world.refuse = 'no'
  early.see({ type: 'call', conn: 1, ref: 2, action: 'login', payload: '{}', timeout: 0 })
  assert.deepEqual([early.socket(1, url), early.token(1)], [undefined, undefined])
})

test('early: the token of a cookie, once, and none that could not be had', async (t: TestContext) => {
  const answers = [Response.json({ access_token: 'a', expires_in: 5 }), new Response('', { status: 500 })]
  const fetched = t.mock.method(globalThis, 'fetch', async () => answers.shift()!)
  const { early } = begin(cookie)
  assert.deepEqual(await early.token(1), ['Bearer a', 5000])
  assert.equal(early.token(1), undefined)
  const { early: second } = begin(cookie)
  await turn()
  await turn()
  assert.equal(second.token(1), undefined)
  assert.equal(fetched.mock.callCount(), 2)
  begin(cookie, '{"token":"Bearer x"}')
  begin()
  assert.equal(fetched.mock.callCount(), 2, 'who brings a token needs none')
})

test('early: what was kept is read meanwhile', async () => {
  const { early, told } = begin()
  assert.equal(told.open, 1)
  told.late!([{ key: 'a', value: '1' }])
  const late: StoredEntry[] = []
  const opened = await early.store(1, (entries) => late.push(...entries))
  assert.ok(opened)
  told.late!([{ key: 'b', value: '2' }])
  await turn()
  assert.deepEqual(late.map(({ key }) => key), ['a', 'b'])
  assert.equal(early.store(1, () => {}), undefined)
  early.close()
  assert.equal(told.open, 1, 'it is not his any more')
  const other = begin()
  other.early.close()
  await turn()
  assert.equal(other.told.open, 0)
  assert.equal(begin(undefined, undefined, { store: undefined as never }).told.open, 0)
})
