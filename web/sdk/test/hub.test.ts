import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hub } from '../src/hub.ts'
import type { FromCore, FromHub, Receive, ToCore } from '../src/messages.ts'

// The hub alone, between tabs and a core that the test plays.

const config = { api: 'customer', server: 'https://chat.example', organization: 'o', version: '3.6', region: '', share: 'me' } as const

function hub() {
  let tell: Receive = () => {}
  let now = 0
  const timers = new Map<number, { at: number; fn: () => void }>()
  const heard: ToCore[] = []
  const it = new Hub({
    open: (_, receive) => {
      tell = receive
      return { post: (message) => void heard.push(message), close() {}, ready: Promise.resolve() }
    },
    setTimeout(fn, ms) {
      timers.set(timers.size + 1, { at: now + ms, fn })
      return timers.size
    },
    clearTimeout: (timer) => void timers.set(timer as number, { at: Infinity, fn() {} }),
    locks: undefined,
  })
  const tab = () => {
    const told: FromCore[] = []
    const seat = it.attach((data: FromHub) => {
      if (Array.isArray(data)) told.push(...data)
    })
    seat.receive({ start: 'rtm.wasm' })
    seat.receive({ type: 'create', conn: 1, config, token: { from: 'page' } })
    return {
      asked: () => told.filter(({ type }) => type === 'needToken').length,
      answer: (token: string) => seat.receive({ type: 'token', conn: 1, token, lifetime: 0 }),
      leave: () => seat.leave(),
    }
  }
  return {
    tab,
    needToken: () => tell([{ type: 'needToken', conn: 1, fresh: false }]),
    tokens: () => heard.flatMap((message) => (message.type === 'token' ? message.token : [])),
    pass(ms: number) {
      now += ms
      for (const timer of [...timers.values()]) {
        if (timer.at > now) continue
        timer.at = Infinity
        timer.fn()
      }
    },
  }
}

test('one tab is asked for a token; one that does not answer is not the last', () => {
  const { tab, needToken, tokens, pass } = hub()
  const [a, b, c] = [tab(), tab(), tab()]
  const asked = () => [a, b, c].map((one) => one.asked()).join()
  needToken()
  assert.equal(asked(), '0,0,1')
  pass(9_999)
  assert.equal(asked(), '0,0,1')
  pass(1)
  assert.equal(asked(), '0,1,1')
  pass(10_000)
  assert.equal(asked(), '1,1,1')
  b.answer('of b')
  assert.deepEqual(tokens(), ['of b'])
  c.answer('of c, which woke up')
  assert.deepEqual(tokens(), ['of b'], 'the first answer counts')
  pass(60_000)
  assert.equal(asked(), '1,1,1')
  needToken()
  assert.equal(asked(), '1,1,2')
})

test('a tab that goes is not waited for, and one that is alone is asked once', () => {
  const { tab, needToken, tokens, pass } = hub()
  const [a, b] = [tab(), tab()]
  needToken()
  b.leave()
  assert.deepEqual([a.asked(), b.asked()], [1, 1])
  pass(60_000)
  assert.equal(a.asked(), 1)
  a.answer('late')
  assert.deepEqual(tokens(), ['late'])
})
