import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { Draft } from '../draft.ts'

class MemoryStorage {
  readonly items = new Map<string, string>()
  getItem(key: string): string | null { return this.items.get(key) ?? null }
  setItem(key: string, value: string): void { this.items.set(key, value) }
  removeItem(key: string): void { this.items.delete(key) }
}

let storage: MemoryStorage

beforeEach(() => {
  storage = new MemoryStorage()
  Object.defineProperty(globalThis, 'sessionStorage', { value: storage, configurable: true })
})

const draft = (whose = 'o') => new Draft(whose)

test('a draft survives a reload, before and after its chat is known', () => {
  const before = draft()
  before.chat('a')
  before.text = 'half a line'
  const after = draft()
  assert.equal(after.text, 'half a line')
  assert.equal(after.chat('a'), false)
  assert.equal(after.text, 'half a line')
  after.text = ''
  assert.equal(draft().text, '')
  assert.equal(storage.items.size, 0, 'nothing is left behind')
})

test('each chat has its own', () => {
  const one = draft()
  one.chat('a')
  one.text = 'for a'
  assert.equal(one.chat('b'), true)
  assert.equal(one.text, '')
  one.text = 'for b'
  assert.equal(one.chat('a'), true)
  assert.equal(one.text, 'for a')
  assert.equal(draft('other').text, '')
})

test('what was written before the chat was there goes with its writer', () => {
  const one = draft()
  one.text = 'first words'
  assert.equal(one.chat(''), false)
  assert.equal(one.chat('a'), false)
  assert.equal(one.text, 'first words')
  assert.equal(draft().text, 'first words')
})

test('what was written while another chat was remembered joins that of the chat that came', () => {
  const old = draft()
  old.chat('b')
  old.text = 'of b'
  old.chat('a')
  old.text = 'of a'
  const one = draft()
  one.text = 'of a, and more'
  assert.equal(one.chat('b'), true)
  assert.equal(one.text, 'of b\nof a, and more')
  assert.equal(one.chat('a'), true)
  assert.equal(one.text, '', 'it is in one place only')
})

test('a chat that is gone leaves what was written, to who wrote it', () => {
  const one = draft()
  one.chat('a')
  one.text = 'still here'
  assert.equal(one.chat(''), false)
  assert.equal(one.text, 'still here')

  one.chat('a')
  const other = draft()
  assert.equal(other.text, 'still here')
  assert.equal(other.chat(''), true, 'somebody else is logged in after the reload')
  assert.equal(other.text, '')
})

test('text is put before the draft', () => {
  const one = draft()
  one.add('')
  assert.equal(one.text, '')
  one.add('unsent')
  one.text += ' and new'
  one.add('first')
  assert.equal(one.text, 'first\nunsent and new')
})

test('whatever the storage holds or does, there is a draft', () => {
  for (const value of ['', 'null', '7', '{"texts":7}', '{"last":{},"texts":{"a":1,"":"kept"}}', '{"last":"a","texts":["x"]}']) {
    storage.items.set('rtm-draft:o', value)
    const one = draft()
    one.text += 'x'
    assert.match(one.text, /x$/u)
  }
  Object.defineProperty(globalThis, 'sessionStorage', { configurable: true, get() { throw new Error('denied') } })
  const one = draft()
  one.text = 'kept in memory'
  assert.equal(one.text, 'kept in memory')
})
