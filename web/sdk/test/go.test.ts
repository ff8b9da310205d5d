import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runGo, type Host } from '../src/go.ts'
import { wasm } from './fake.ts'

// The crossing itself: the wasm without the SDK around it.

function recorder() {
  const calls: unknown[][] = []
  const names = ['dial', 'send', 'shut', 'wake', 'settle', 'push', 'patch', 'state', 'needToken', 'report'] as const
  const host = Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => calls.push([name, ...args])])) as unknown as Host
  return { calls, host, of: (name: string) => calls.filter((call) => call[0] === name).map((call) => call.slice(1)) }
}

test('entries refuse wrong arguments and unknown connections, and live on', async () => {
  const { host, of } = recorder()
  const go = await runGo(wasm, host, () => assert.fail('the program ended'))
  const create = (conn: number, agent = false, organization = 'o') => go.create(conn, agent, '', organization, '', '', 1)
  create(1)
  assert.throws(() => create(1), /^Error: connection 1 exists already$/)
  assert.throws(() => create(2, false, ''), /organization is missing/)
  assert.throws(() => go.receive(9, 0, 'x'), /^Error: there is no connection 9$/)
  assert.throws(() => go.snapshot(9), /there is no connection 9/)
  assert.throws(() => go.receive(1, 0, 5 as never), Error)
  assert.throws(() => (go.receive as (conn: number) => void)(1), /invalid argument/)
  assert.throws(() => go.tick(null as never, 0), Error)
  go.tick(1, NaN)
  go.start(1, 0)
  assert.deepEqual(of('dial'), [[1, 'wss://api.livechatinc.com/v3.6/customer/rtm/ws?organization_id=o']])
  go.call(1, 0, 1, 'login', '{bad', 0)
  assert.deepEqual(of('settle'), [[1, 1, false, '', 'validation', 'payload must be a JSON object']])
  assert.throws(() => go.act(1, 0, 'send', '{bad'), /must be a JSON object/)
  assert.equal(JSON.parse(go.snapshot(1)).connection.state, 'connecting')
  go.destroy(1)
  go.destroy(1)
})

test('a host function that throws costs nobody an answer', async () => {
  const { host, of } = recorder()
  host.state = () => {
    throw new Error('state is broken')
  }
  const go = await runGo(wasm, host, () => assert.fail('the program ended'))
  go.create(1, true, 'http://h', '', '', '', 1)
  go.start(1, 0)
  assert.equal(of('dial').length, 1, 'what comes after it is delivered')
  assert.match(String(of('report')[0]), /state is broken/)
  go.call(1, 0, 7, 'login', '{"token":"Bearer x"}', 0)
  go.opened(1, 0)
  const [, frame] = of('send')[0] as [number, string]
  const { request_id } = JSON.parse(frame) as { request_id: string }
  go.receive(1, 0, JSON.stringify({ request_id, action: 'login', type: 'response', success: true, payload: { my_profile: { id: 'a' } } }))
  assert.deepEqual(of('settle'), [[1, 7, true, '{"my_profile":{"id":"a"}}', '', '']])
})

test('a host function may call back', async () => {
  const { host, of } = recorder()
  host.dial = (conn) => go.opened(conn, 0)
  const go = await runGo(wasm, host, () => assert.fail('the program ended'))
  go.create(1, true, 'http://h', '', '', '', 1)
  go.call(1, 0, 1, 'login', '{"token":"Bearer x"}', 0)
  go.start(1, 0)
  assert.equal(of('send').length, 1, 'the login goes out on the socket that opened at once')
  assert.deepEqual(of('state').map((call) => call[1]), ['connecting', 'authorizing'])
})

test('timers are asked for once, and taken back', async () => {
  const { host, of } = recorder()
  const go = await runGo(wasm, host, () => assert.fail('the program ended'))
  go.create(1, true, 'http://h', '', '', '', 1)
  go.call(1, 1000, 1, 'login', '{"token":"Bearer x"}', 5000)
  assert.deepEqual(of('wake'), [[1, 5000]])
  go.cancel(1, 1500, 1)
  assert.deepEqual(of('wake').at(-1), [1, -1])
  assert.equal(of('settle')[0]![4], 'canceled')
})
