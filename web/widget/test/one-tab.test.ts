import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { inOneTab } from '../one-tab.ts'

let kept = new Map<string, string>()

beforeEach(() => {
  kept = new Map()
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { locks: { request: async (_name: string, fn: () => void) => fn() } } })
  Object.defineProperty(globalThis, 'localStorage', {
    configurable: true,
    value: { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) },
  })
})

test('an event is told of once, and each kind by itself', async () => {
  const told: string[] = []
  const tell = (mark: 'rung' | 'notified', event: string, client = '') => inOneTab('o', client, mark, event, () => told.push(`${mark} ${event}`))
  await Promise.all([tell('rung', '1'), tell('rung', '1'), tell('notified', '1'), tell('rung', '2')])
  assert.deepEqual(told.sort(), ['notified 1', 'rung 1', 'rung 2'])
  await tell('rung', '1')
  assert.equal(told.length, 3)
  await tell('rung', '1', 'other client')
  assert.equal(told.length, 4)
})

test('what is remembered has an end', async () => {
  for (let i = 0; i < 100; i++) await inOneTab('o', '', 'rung', String(i), () => {})
  const { rung } = JSON.parse(kept.get('rtm-chat:o') ?? '') as { rung: string[] }
  assert.equal(rung.length, 20)
  assert.equal(rung.at(-1), '99')
})

test('where nothing is kept each tab speaks', async () => {
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, get() { throw new Error('denied') } })
  let told = 0
  await inOneTab('o', '', 'rung', '1', () => told++)
  await inOneTab('o', '', 'rung', '1', () => told++)
  assert.equal(told, 2)
})
