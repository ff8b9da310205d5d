import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyState } from 'rtmwidget'
import { unsent, vanished } from '../unsent.ts'
import { at, chat, event, item, live } from './fixture.ts'

const waits = (key: string, text: string, state: 'pending' | 'failed' = 'pending') =>
  item(key, undefined, at(12), { state, event: event({ type: 'message', text, custom_id: key }) })

const before = live(chat([item('1', 'c', at(11)), waits('a', 'first'), waits('b', 'second', 'failed')]))

test('the texts that were not sent, in their order', () => {
  assert.equal(unsent(before.chats), 'first\nsecond')
  assert.equal(unsent([chat([item('1', 'c', at(11))])]), '')
  assert.equal(unsent([]), '')
  assert.equal(unsent([chat([item('x', undefined, at(12), { state: 'failed', event: event({ type: 'file', name: 'a.pdf' }) })])]), '')
})

test('a chat that is gone leaves what was not sent', () => {
  assert.equal(vanished(before, emptyState), 'first\nsecond')
  assert.equal(vanished(before, live(chat([], { id: 'other' }))), 'first\nsecond')
})

test('what is still there, sent, or discarded did not vanish', () => {
  assert.equal(vanished(before, before), '')
  assert.equal(vanished(before, live(chat([item('a', 'c', at(12))]))), '', 'discarded in a chat that is there')
  assert.equal(vanished(before, live(chat([waits('a', 'first'), item('b', 'c', at(12))], { id: 'named' }))), '', 'gone on under another id')
  assert.equal(vanished(before, live(chat([waits('a', 'first')], { id: 'named' }))), 'second')
})
