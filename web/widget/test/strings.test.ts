import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { strings as console } from '../../console/strings.ts'
import { en } from '../strings.ts'

const sources = (dir: string) => readdirSync(`${process.env.RTM_WEB}/${dir}`)
  .filter(name => name.endsWith('.ts') && name !== 'strings.ts')
  .map(name => readFileSync(`${process.env.RTM_WEB}/${dir}/${name}`, 'utf8')).join('\n')

test('no string is left that nothing shows', () => {
  const widget = sources('widget')
  // The forms' titles go by the names of their types.
  const byName = new Set(['locale', 'prechat', 'ticket', 'postchat'])
  for (const key of Object.keys(en)) assert.ok(byName.has(key) || new RegExp(`\\bs(?:trings)?\\.${key}\\b`, 'u').test(widget), `${key} is not used`)
  const desk = sources('console')
  for (const key of Object.keys(console)) assert.ok(key in en || new RegExp(`\\b(?:s|#?strings)\\.${key}\\b`, 'u').test(desk), `${key} is not used`)
})

test('a number has the form of its language', () => {
  assert.deepEqual([0, 1, 2].map(n => en.openUnread(n)), ['Open chat, 0 unread messages', 'Open chat, 1 unread message', 'Open chat, 2 unread messages'])
})
