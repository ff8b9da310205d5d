import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const widget = readdirSync(`${process.env.RTM_WEB}/widget`).filter(name => name.endsWith('.ts'))
  .map(name => readFileSync(`${process.env.RTM_WEB}/widget/${name}`, 'utf8')).join('\n')
const readme = readFileSync(`${process.env.RTM_WEB}/../README.md`, 'utf8')
const looks = readme.slice(readme.indexOf('### Its looks'), readme.indexOf('### Its languages'))

const found = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(match => match[1] ?? ''))].sort()

test('README names the properties that the styles use, and no other', () => {
  assert.deepEqual(found(looks, /`(--rtm-[a-z-]+)`/gu), found(widget, /var\((--rtm-[a-z-]+)/gu))
})

test('README names the parts that are drawn, and no other, as the element’s documentation does', () => {
  const drawn = found(widget, /\bpart(?:=|: )["']([a-z-]+)(?: \$\{part\})?["']/gu)
  const list = looks.slice(looks.indexOf('For everything else')).split('\n\n')[1] ?? ''
  assert.deepEqual(found(list, /`([a-z-]+)`/gu), drawn)
  const documented = /@csspart (.*)/u.exec(widget)?.[1] ?? ''
  assert.deepEqual(documented.split(', ').sort(), drawn)
})
