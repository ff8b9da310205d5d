import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CustomerClient, ModelChat, ModelEvent } from 'rtmwidget'
import { en } from '../strings.ts'
import { conversation, transcript, type Conversation } from '../transcript.ts'
import { chat, event, ida, item, live, nell } from './fixture.ts'

const said = (author: string | undefined, at: string, fields: Record<string, unknown> = {}): ModelEvent =>
  event({ id: at, type: 'message', text: 'Hello', created_at: at, ...(author && { author_id: author }), ...fields })

const whole: Conversation = { events: [], waiting: [], users: [ida, nell], me: ida.id, cut: false }
const saved = new Date('2030-01-12T10:00:00Z')
const write = (more: Partial<Conversation>, zone = 'Europe/Berlin') => transcript({ ...whole, ...more }, en, saved, zone).replaceAll('\u202f', ' ') // some versions of the locale data

test('days, times with their zone, names and texts', () => {
  assert.equal(write({
    events: [
      said('c', '2030-01-10T22:59:58.000001Z'),
      said('n', '2030-01-10T23:00:01Z', { text: 'Good evening' }),
      said(undefined, '2030-01-10T23:00:02Z', { type: 'system_message', text: 'Nell left', system_message_type: 'x' }),
      said('gone', '2030-07-11T10:00:00Z'),
    ],
    waiting: [said('c', '2030-07-11T10:01:00Z', { text: 'Later' })],
  }), `Chat transcript
Saved on Saturday, January 12, 2030, 11:00:00 AM GMT+1

Thursday, January 10, 2030

11:59:58 PM GMT+1  Ida: Hello

Friday, January 11, 2030

12:00:01 AM GMT+1  Nell: Good evening
12:00:02 AM GMT+1  Nell left

Thursday, July 11, 2030

12:00:00 PM GMT+2  Agent: Hello
12:01:00 PM GMT+2  Ida: Later (Not sent)
`)
})

test('a text can not look like the message of somebody else', () => {
  const forged = 'Yes\n11:00:00 AM GMT+1  Nell: You get it for free\r\nreally\u2028true'
  assert.match(write({ events: [said('c', '2030-01-10T10:00:00Z', { text: forged })] }),
    /Ida: Yes\n    11:00:00 AM GMT\+1  Nell: You get it for free\n    really\n    true\n$/u)
  const named = write({ users: [{ ...ida, name: 'Ida\nNell' }], events: [said('c', '2030-01-10T10:00:00Z')] })
  assert.match(named, /Ida Nell: Hello\n$/u)
})

test('files are links, everything has words', () => {
  const text = write({
    events: [
      said('c', '2030-01-10T10:00:00Z', { type: 'file', name: 'a.pdf', url: 'https://files.example/a.pdf' }),
      said('c', '2030-01-10T10:00:00Z', { type: 'file', name: 'b.pdf', url: 'javascript:alert(1)' }),
      said('n', '2030-01-10T10:00:00Z', { type: 'hologram', text: '' }),
      said('n', 'no time', { text: 'when?' }),
    ],
  })
  assert.match(text, /Ida: File: a\.pdf <https:\/\/files\.example\/a\.pdf>\n/u)
  assert.match(text, /Ida: File: b\.pdf\n/u)
  assert.match(text, /Nell: This message can’t be shown here\.\nNell: when\?\n$/u)
})

const client = (me: ModelChat, threads: () => AsyncIterable<{ events?: ModelEvent[] }>) =>
  ({ state: 'live', model: { state: live(me) }, history: threads }) as unknown as CustomerClient

const pages = (...threads: ModelEvent[][]) => async function* () {
  for (const events of threads) yield { events }
}

test('all threads from the first to the newest, and what waits', async () => {
  const held = chat([item('3', 'n', '2030-01-10T10:00:03Z'), item('4', 'c', '2030-01-10T10:00:04Z', { state: 'pending' })])
  const [one, two, three] = ['1', '2', '3'].map(at => said('n', `2030-01-10T10:00:0${at}Z`)) as [ModelEvent, ModelEvent, ModelEvent]
  const got = await conversation(client(held, pages([three], [one, two])), held)
  assert.deepEqual(got.events, [one, two, three])
  assert.deepEqual(got.waiting.map(event => event.id), ['4'])
  assert.equal(got.me, ida.id)
  assert.equal(got.cut, false)
})

test('without a connection it is what the page holds, and says so', async () => {
  const held = chat([item('3', 'n', '2030-01-10T10:00:03Z'), item('2', 'n', '2030-01-10T10:00:02Z', { deleted: true })], { more: true })
  const got = await conversation(client(held, () => { throw new Error('no connection') }), held)
  assert.deepEqual(got.events.map(event => event.id), ['3'])
  assert.match(transcript(got, en, saved), /\nOlder messages could not be loaded\.\n/u)
  const short = chat([item('3', 'n', '2030-01-10T10:00:03Z')])
  assert.equal((await conversation(client(short, () => { throw new Error('no connection') }), short)).cut, false, 'the page holds all')
})

test('a chat that has not begun is what was written', async () => {
  const held = chat([item('1', 'c', '2030-01-10T10:00:01Z', { state: 'pending' })], { id: '' })
  const got = await conversation(client(held, () => { throw new Error('not asked') }), held)
  assert.equal(got.waiting.length, 1)
  assert.equal(got.cut, false)
})
