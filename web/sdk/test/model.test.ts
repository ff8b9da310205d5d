import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyPatch, emptyState, type ModelChat, type ModelItem, type ModelState, type PatchOp } from '../src/model.ts'

const item = (key: string, state: ModelItem['state'] = 'sent'): ModelItem => ({
  key,
  state,
  thread_id: 't',
  event: { type: 'message', author_id: 'a', text: key, created_at: '2030-01-01T00:00:00.000000Z' },
})

const chat = (id: string, updated: number, ...items: ModelItem[]): ModelChat => ({
  id,
  thread_id: 't',
  active: true,
  users: [],
  unread: 0,
  loaded: true,
  updated_at: `2030-01-01T00:00:0${updated}.000000Z`,
  timeline: items,
})

/** The chat as a `chat` op carries it. */
const head = (id: string, updated: number, more: Partial<ModelChat> = {}) => {
  const { timeline: _, ...rest } = { ...chat(id, updated), ...more }
  return rest
}

const two: ModelState = {
  connection: { state: 'live' },
  me: { id: 'me', type: 'customer', name: 'Me' },
  chats: [chat('b', 2, item('b1')), chat('a', 1, item('a1'), item('a2'))],
}

/** The shape of a state: `chat:keys` in order. */
const shape = (state: ModelState) => state.chats.map((c) => `${c.id}:${c.timeline.map((i) => i.key + (i.state === 'sent' ? '' : '?')).join(',')}`)

const table: { name: string; ops: PatchOp[]; want: string[] }[] = [
  { name: 'nothing', ops: [], want: ['b:b1', 'a:a1,a2'] },
  { name: 'a new chat goes where its time says', ops: [{ op: 'chat', chat: head('c', 3) }], want: ['c:', 'b:b1', 'a:a1,a2'] },
  { name: 'activity moves a chat up, with its timeline', ops: [{ op: 'chat', chat: head('a', 9) }], want: ['a:a1,a2', 'b:b1'] },
  { name: 'an item at its place', ops: [{ op: 'put', chat_id: 'a', key: 'x', index: 1, item: item('x') }], want: ['b:b1', 'a:a1,x,a2'] },
  { name: 'an item that is there moves', ops: [{ op: 'put', chat_id: 'a', key: 'a1', index: 1, item: item('a1') }], want: ['b:b1', 'a:a2,a1'] },
  { name: 'an item that is there changes', ops: [{ op: 'put', chat_id: 'a', key: 'a2', index: 1, item: item('a2', 'failed') }], want: ['b:b1', 'a:a1,a2?'] },
  {
    name: 'pending becomes sent',
    ops: [
      { op: 'put', chat_id: 'b', key: 'k', index: 1, item: item('k', 'pending') },
      { op: 'put', chat_id: 'b', key: 'k', index: 1, item: item('k') },
    ],
    want: ['b:b1,k', 'a:a1,a2'],
  },
  { name: 'an item goes', ops: [{ op: 'remove', chat_id: 'a', key: 'a1' }], want: ['b:b1', 'a:a2'] },
  { name: 'a chat goes', ops: [{ op: 'drop', chat_id: 'b' }], want: ['a:a1,a2'] },
  {
    name: 'a chat goes and comes back empty',
    ops: [{ op: 'put', chat_id: 'b', key: 'x', index: 0, item: item('x') }, { op: 'drop', chat_id: 'b' }, { op: 'chat', chat: head('b', 3) }],
    want: ['b:', 'a:a1,a2'],
  },
  {
    name: 'a reset replaces everything',
    ops: [{ op: 'put', chat_id: 'a', key: 'x', index: 0, item: item('x') }, { op: 'reset', state: { ...two, chats: [chat('a', 4, item('z'))] } }, { op: 'put', chat_id: 'a', key: 'y', index: 1, item: item('y') }],
    want: ['a:z,y'],
  },
  {
    name: 'what names no chat changes nothing',
    ops: [{ op: 'put', chat_id: 'no', key: 'x', index: 0, item: item('x') }, { op: 'remove', chat_id: 'no', key: 'x' }, { op: 'drop', chat_id: 'no' }, { op: 'later' } as never],
    want: ['b:b1', 'a:a1,a2'],
  },
]

for (const { name, ops, want } of table) {
  test(`patch: ${name}`, () => {
    const before = structuredClone(two)
    assert.deepEqual(shape(applyPatch(two, ops)), want)
    // A long patch is applied in another way.
    assert.deepEqual(shape(applyPatch(two, [...ops, ...Array.from({ length: 20 }, () => ({ op: 'later' }) as never)])), want)
    assert.deepEqual(two, before, 'the old state must stay as it was')
  })
}

test('patch: only what changed is new', () => {
  const next = applyPatch(two, [{ op: 'put', chat_id: 'a', key: 'a2', index: 1, item: item('a2', 'failed') }])
  assert.notEqual(next, two)
  assert.notEqual(next.chats, two.chats)
  assert.equal(next.chats[0], two.chats[0])
  assert.notEqual(next.chats[1], two.chats[1])
  assert.equal(next.chats[1]!.timeline[0], two.chats[1]!.timeline[0])
  assert.notEqual(next.chats[1]!.timeline[1], two.chats[1]!.timeline[1])
  assert.equal(next.connection, two.connection)
  assert.equal(next.me, two.me)
})

test('patch: a chat keeps its timeline when its head changes', () => {
  const next = applyPatch(two, [{ op: 'chat', chat: head('a', 1, { unread: 3 }) }])
  assert.equal(next.chats[1]!.unread, 3)
  assert.equal(next.chats[1]!.timeline, two.chats[1]!.timeline)
})

test('patch: no change gives the same state', () => {
  assert.equal(applyPatch(two, []), two)
  assert.equal(applyPatch(two, [{ op: 'drop', chat_id: 'no' }]), two)
})

test('patch: connection and me', () => {
  const next = applyPatch(emptyState, [
    { op: 'connection', connection: { state: 'waiting', reason: 'connection_lost' } },
    { op: 'me', me: { id: 'x', type: 'agent', name: 'X' } },
  ])
  assert.deepEqual(next, { ...emptyState, connection: { state: 'waiting', reason: 'connection_lost' }, me: { id: 'x', type: 'agent', name: 'X' } })
})
