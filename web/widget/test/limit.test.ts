import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maxText, room } from '../limit.ts'

test('room is counted in bytes of what would be sent', () => {
  assert.equal(room(''), maxText)
  assert.equal(room('  a\n'), maxText - 1)
  assert.equal(room('ż'), maxText - 2)
  assert.equal(room('日本'), maxText - 6)
  assert.equal(room('👍🏽'), maxText - 8)
  assert.equal(room('\ud800'), maxText - 3)
  assert.equal(room('a'.repeat(maxText)), 0)
  assert.equal(room('é'.repeat(maxText / 2) + 'x'), -1)
})
