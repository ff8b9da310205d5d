import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { OneTab } from '../one-tab.ts'

type Callback = (lock: object | null) => Promise<void> | undefined

/** Locks as a browser has them, as far as they are asked for here. */
class Locks {
  readonly held = new Map<string, number>()
  async request(name: string, options: { ifAvailable?: boolean }, callback: Callback): Promise<void> {
    const count = this.held.get(name) ?? 0
    if (options.ifAvailable && count) return void callback(null)
    this.held.set(name, count + 1)
    await callback({})
    const left = (this.held.get(name) ?? 1) - 1
    if (left) this.held.set(name, left)
    else this.held.delete(name)
  }
  async query(): Promise<{ held: Array<{ name: string }> }> {
    return { held: [...this.held.keys()].map(name => ({ name })) }
  }
}

const give = (name: string, value: unknown) => Object.defineProperty(globalThis, name, { configurable: true, value })
let locks: Locks

beforeEach(() => {
  locks = new Locks()
  give('navigator', { locks })
  give('document', { visibilityState: 'hidden' })
})

test('one tab tells of an event', async () => {
  const [one, two, other] = [new OneTab('o:'), new OneTab('o:'), new OneTab('p:')]
  const told: string[] = []
  await Promise.all([one.tell('1', () => told.push('one 1')), two.tell('1', () => told.push('two 1'))])
  await two.tell('2', () => told.push('two 2'))
  await one.tell('2', () => told.push('one 2'))
  await other.tell('1', () => told.push('other 1'))
  assert.deepEqual(told, ['one 1', 'two 2', 'other 1'])
})

test('what is held on to has an end', async () => {
  const one = new OneTab('o:')
  for (let i = 0; i < 100; i++) await one.tell(String(i), () => {})
  await new Promise(setImmediate)
  assert.equal(locks.held.size, 20)
  assert.ok(locks.held.has('rtm-chat:o::99'))
  one.visible(true)
  assert.equal(locks.held.size, 21)
  one.close()
  await new Promise(setImmediate)
  assert.equal(locks.held.size, 0)
})

test('a tab knows that another one is seen', async () => {
  const [one, two] = [new OneTab('o:'), new OneTab('o:')]
  assert.equal(await one.seen(), false)
  two.visible(true)
  two.visible(true)
  assert.equal(await one.seen(), true)
  assert.equal(await new OneTab('p:').seen(), false)
  two.visible(false)
  await new Promise(setImmediate)
  assert.equal(await one.seen(), false)
  give('document', { visibilityState: 'visible' })
  assert.equal(await one.seen(), true)
})

test('without locks each tab tells', async () => {
  give('navigator', {})
  let told = 0
  for (const tab of [new OneTab('o:'), new OneTab('o:')]) {
    tab.visible(true)
    assert.equal(await tab.seen(), false)
    await tab.tell('1', () => told++)
  }
  assert.equal(told, 2)
})
