import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Announced } from '../announced.ts'
import { at, chat, item, live } from './fixture.ts'

const keys = (fresh: ReturnType<Announced['next']>) => fresh.map(one => one.item.key)
const a = item('a', 'c', at(9))
const b = item('b', 'n', at(9, 1))

test('history is not announced, what follows is, once', () => {
  const announced = new Announced()
  assert.deepEqual(keys(announced.next(live(chat([], { loaded: false })))), [])
  assert.deepEqual(keys(announced.next(live(chat([a])))), [])
  assert.deepEqual(keys(announced.next(live(chat([a, b])))), ['b'])
  assert.deepEqual(keys(announced.next(live(chat([a, b])))), [])
})

test('a chat that begins after login is announced from its first message', () => {
  const announced = new Announced()
  assert.deepEqual(keys(announced.next(live())), [])
  assert.deepEqual(keys(announced.next(live(chat([a])))), ['a'])
})

test('a chat that is whole before login is history', () => {
  const announced = new Announced()
  assert.deepEqual(keys(announced.next({ ...live(chat([a])), connection: { state: 'authorizing' } })), [])
  assert.deepEqual(keys(announced.next(live(chat([a, b])))), ['b'])
})

test('an own message is announced when it is sent', () => {
  const announced = new Announced()
  announced.next(live(chat([a])))
  assert.deepEqual(keys(announced.next(live(chat([a, { ...b, state: 'pending' }])))), [])
  assert.deepEqual(keys(announced.next(live(chat([a, b])))), ['b'])
})

test('what is read above the timeline later is history', () => {
  const announced = new Announced()
  const [a, b, c] = [item('a', 'n', at(9)), item('b', 'n', at(9, 1)), item('c', 'n', at(9, 2))]
  announced.next(live(chat([b])))
  assert.deepEqual(announced.next(live(chat([a, b, c]))).map(({ item }) => item.key), ['c'])
  assert.deepEqual(announced.next(live(chat([a, b, c]))), [])
})
