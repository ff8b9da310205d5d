import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstUnread, group, seenKey, sideOf, type Viewer } from '../groups.ts'
import { at, chat, event, ida, item, nell, tom } from './fixture.ts'

const customer: Viewer = { id: ida.id, side: 'customer' }
const agent: Viewer = { id: nell.id, side: 'agent' }

const shape = (...args: Parameters<typeof group>) =>
  group(...args).map(row => row.kind !== 'group' ? row.kind : `${row.side}${row.own ? ' own' : ''}${row.mine ? ' mine' : ''}: ${row.items.map(one => one.key).join(' ')}`)

test('messages of one author without a pause are one group', () => {
  const timeline = [item('a', 'c', at(9)), item('b', 'c', at(9, 4)), item('c', 'n', at(9, 5)), item('d', 'c', at(9, 6)), item('e', 'c', at(9, 12))]
  assert.deepEqual(shape(chat(timeline), customer), ['day', 'customer own mine: a b', 'agent: c', 'customer own mine: d', 'customer own mine: e'])
})

test('what is new begins with its own row and a new group', () => {
  const timeline = [item('a', 'n', at(9)), item('b', 'n', at(9, 1))]
  assert.deepEqual(shape(chat(timeline), customer, 'b'), ['day', 'agent: a', 'new', 'agent: b'])
  assert.deepEqual(shape(chat(timeline), customer, 'gone'), ['day', 'agent: a b'])
})

test('the first unread message is the oldest of so many of others', () => {
  const timeline = [item('a', 'n', at(9)), item('b', 'n', at(9, 1)), item('c', 'c', at(9, 2)), item('s', undefined, at(9, 3)), item('d', 't', at(9, 4))]
  assert.deepEqual([0, 1, 2, 9].map(unread => firstUnread(chat(timeline, { unread }), customer)), [undefined, 'd', 'b', 'a'])
})

test('two agents are two groups, and only one of them is mine', () => {
  const timeline = [item('a', 'n', at(9)), item('b', 't', at(9, 1))]
  assert.deepEqual(shape(chat(timeline), agent), ['day', 'agent own mine: a', 'agent own: b'])
  assert.deepEqual(shape(chat(timeline), customer), ['day', 'agent: a', 'agent: b'])
  assert.deepEqual(shape(chat(timeline, { users: [ida] }), customer), ['day', 'agent: a', 'agent: b'], 'also when both have left')
})

test('a new day begins with its own row and a new group', () => {
  const timeline = [item('a', 'c', at(23, 59, 10)), item('b', 'c', at(0, 1, 11))]
  assert.deepEqual(shape(chat(timeline), customer), ['day', 'customer own mine: a', 'day', 'customer own mine: b'])
})

test('an event without an author is the system’s, and each stands alone', () => {
  const system = (key: string) => item(key, undefined, at(9), { event: event({ id: key, type: 'system_message', created_at: at(9) }) })
  assert.deepEqual(shape(chat([system('a'), system('b')]), customer), ['day', 'system: a', 'system: b'])
})

test('what is pending or failed is mine before anybody knows who I am', () => {
  const viewer: Viewer = { id: undefined, side: 'customer' }
  assert.deepEqual(shape(chat([item('a', undefined, at(9), { state: 'pending' }), item('b', undefined, at(9), { state: 'failed' })]), viewer),
    ['day', 'customer own mine: a b'])
})

test('an author who is no user of the chat is on the other side', () => {
  assert.equal(sideOf(item('a', 'gone', at(9)), new Map(), customer), 'agent')
  assert.equal(sideOf(item('a', 'gone', at(9)), new Map(), agent), 'customer')
})

test('keys of rows are unique, also with a time that is no time', () => {
  const rows = group(chat([item('a', 'c', 'never'), item('b', 'n', at(9)), item('c', 'n', at(9, 30)), item('d', 'n', at(9, 0, 11)), item('e', 'n', at(9))]), customer)
  assert.equal(new Set(rows.map(row => row.key)).size, rows.length)
})

test('seen is the last own message that the other side’s newest mark covers', () => {
  const timeline = [item('a', 'c', at(9)), item('b', 'c', at(9, 1)), item('c', 'n', at(9, 2)), item('d', 'c', at(9, 3))]
  const seenBy = (nellAt?: string, idaAt?: string) => chat(timeline, {
    users: [idaAt ? { ...ida, events_seen_up_to: idaAt } : ida, nellAt ? { ...nell, events_seen_up_to: nellAt } : nell, { ...tom, events_seen_up_to: at(9) }],
  })
  assert.equal(seenKey(seenBy(at(9, 2)), customer), 'b')
  assert.equal(seenKey(seenBy(at(9, 3)), customer), 'd')
  assert.equal(seenKey(seenBy(), customer), 'a')
  assert.equal(seenKey(seenBy(undefined, at(10)), customer), 'a', 'my own mark says nothing')
  assert.equal(seenKey(chat(timeline), customer), undefined)
})

test('a long group is cut into rows, of which only the first is not continued from above', () => {
  const timeline = Array.from({ length: 23 }, (_, i) => item(`m${i}`, 'n', at(9)))
  const rows = group(chat(timeline), customer).filter(row => row.kind === 'group')
  assert.deepEqual(rows.map(row => [row.key, row.start, row.items.length, row.continues]), [['m0', 0, 10, false], ['m10', 10, 10, true], ['m20', 20, 3, true]])
})
