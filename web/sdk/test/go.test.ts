import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runGo, type Host } from '../src/go.ts'
import { applyPatch, emptyState, type PatchOp } from '../src/model.ts'
import { wasm } from './fake.ts'

// The crossing itself: the wasm without the SDK around it.

function recorder() {
  const calls: unknown[][] = []
  const names = ['dial', 'send', 'shut', 'wake', 'settle', 'push', 'patch', 'state', 'needToken', 'report', 'unstable', 'stored'] as const
  const host = Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => calls.push([name, ...args])])) as unknown as Host
  return { calls, host, of: (name: string) => calls.filter((call) => call[0] === name).map((call) => call.slice(1)) }
}

test('entries refuse wrong arguments and unknown connections, and live on', async () => {
  const { host, of } = recorder()
  const go = await runGo(wasm, host, () => assert.fail('the program ended'))
  const create = (conn: number, agent = false, organization = 'o') => go.create(conn, agent, '', organization, '', '', 1, false)
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
  go.create(1, true, 'http://h', '', '', '', 1, false)
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
  go.create(1, true, 'http://h', '', '', '', 1, false)
  go.call(1, 0, 1, 'login', '{"token":"Bearer x"}', 0)
  go.start(1, 0)
  assert.equal(of('send').length, 1, 'the login goes out on the socket that opened at once')
  assert.deepEqual(of('state').map((call) => call[1]), ['connecting', 'authorizing'])
})

test('timers are asked for once, and taken back', async () => {
  const { host, of } = recorder()
  const go = await runGo(wasm, host, () => assert.fail('the program ended'))
  go.create(1, true, 'http://h', '', '', '', 1, false)
  go.call(1, 1000, 1, 'login', '{"token":"Bearer x"}', 5000)
  assert.deepEqual(of('wake'), [[1, 5000]])
  go.cancel(1, 1500, 1)
  assert.deepEqual(of('wake').at(-1), [1, -1])
  assert.equal(of('settle')[0]![4], 'canceled')
})

test('the state made of patches is the state of the core', async () => {
  const { host, of } = recorder()
  const go = await runGo(wasm, host, () => assert.fail('the program ended'))
  go.create(1, false, 'http://h', 'o', '', '', 1, false)
  let state = emptyState
  let seen = 0
  const check = (step: string) => {
    const patches = of('patch')
    for (const [, ops] of patches.slice(seen)) state = applyPatch(state, JSON.parse(ops as string) as PatchOp[])
    seen = patches.length
    assert.deepEqual(state, JSON.parse(go.snapshot(1)), step)
  }
  const at = (second: number) => new Date(Date.UTC(2030, 0, 1) + second * 1000).toISOString().replace('Z', '000Z')
  let now = Date.UTC(2030, 0, 1)
  const push = (action: string, payload: unknown) => {
    go.receive(1, now, JSON.stringify({ type: 'push', action, payload }))
    check(action)
  }
  const answer = (action: string, payload: unknown) => {
    const request = of('send').map((call) => JSON.parse(call[1] as string) as { action: string; request_id: string }).filter((r) => r.action === action).at(-1)!
    go.receive(1, now, JSON.stringify({ type: 'response', success: true, action, request_id: request.request_id, payload }))
    check(action)
  }
  const message = (n: number) => ({ id: `e${n}`, type: 'message', author_id: 'a', text: `line ${n}`, created_at: at(n) })
  const chat = (id: string, n: number) => ({
    chat: {
      id,
      users: [{ id: 'a', type: 'agent', name: 'Ann', present: true }],
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
  assert.equal(state.chats[0]?.id, '')
  answer('start_chat', { chat_id: 'c1', thread_id: 'tc1', event_ids: ['mine'] })
  push('incoming_chat', chat('c1', 1))
  push('incoming_chat', chat('c2', 1))
  push('incoming_event', { chat_id: 'c2', thread_id: 'tc2', event: message(9) })
  push('incoming_event', { chat_id: 'c1', thread_id: 'tc1', event: message(5) })
  push('incoming_event', { chat_id: 'c1', thread_id: 'tc1', event: message(3) })
  push('incoming_typing_indicator', { chat_id: 'c1', thread_id: 'tc1', typing_indicator: { author_id: 'a', timestamp: 1, is_typing: true } })
  go.tick(1, (now += 10_000))
  check('tick')
  for (let n = 10; n < 200; n++) go.receive(1, now, JSON.stringify({ type: 'push', action: 'incoming_event', payload: { chat_id: 'c1', thread_id: 'tc1', event: message(n) } }))
  check('many')
  push('chat_deactivated', { chat_id: 'c1', thread_id: 'tc1' })
  go.closed(1, now, 1006, '')
  check('closed')
  assert.equal(state.chats.length, 2)
  assert.equal(state.chats[0]!.timeline.length, 194)
})
