import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RTMError } from 'rtmwidget'
import { content } from '../content.ts'
import { badge, formatDay, formatTime, formatWait, formatWhen, initials } from '../format.ts'
import { linkify, phoneURL, safeURL } from '../linkify.ts'
import { reason } from '../reason.ts'
import { en } from '../strings.ts'
import { at, event } from './fixture.ts'

const now = new Date(2030, 0, 10, 0, 5)

test('times and days', () => {
  assert.equal(formatTime('2030-01-10T14:05:00.000001Z', 'en-GB', 'UTC'), '14:05')
  assert.equal(formatTime('soon', 'en'), '')
  assert.equal(formatTime(undefined, 'en'), '')
  for (const [day, want] of [[10, 'Today'], [9, 'Yesterday'], [8, 'Tuesday'], [4, 'Friday'], [3, 'January 3']] as const) {
    assert.equal(formatDay(at(23, 59, day), now, en), want)
  }
  assert.equal(formatDay(new Date(2029, 5, 2).toISOString(), now, en), 'June 2, 2029')
  assert.equal(formatWhen(at(23, 59, 9), now, en), 'Yesterday')
  assert.equal(formatWhen(at(9, 0, 8), now, en), 'Jan 8')
  assert.equal(formatWhen('1970-01-01T00:00:00.000000Z', now, en), '')
  assert.match(formatWhen(at(0, 1), now, en), /^12:01.AM$/u)
})

test('waiting times are rounded up', () => {
  assert.deepEqual([undefined, 0, -1, 59, 60, 61, 600].map(seconds => formatWait(seconds, en)),
    ['', '', '', 'less than a minute', 'about 1 minute', 'about 2 minutes', 'about 10 minutes'])
})

test('initials and badge', () => {
  assert.deepEqual(['Nell Gale', 'mette', 'Oluwaseun B. Adebayo', 'agent1@example.com', '👩‍🚀 Ида', ' '].map(initials),
    ['NG', 'M', 'OA', 'AC', '👩И', ''])
  assert.deepEqual([1, 99, 100].map(n => badge(n, en)), ['1', '99', '99+'])
})

test('only http and https addresses become links', () => {
  const hrefs = (text: string) => linkify(text).flatMap(piece => typeof piece === 'string' ? [] : [piece.href])
  for (const [text, want] of [
    ['see https://a.example/x?y=1.', ['https://a.example/x?y=1']],
    ['(https://a.example/wiki/Kite_(toy))', ['https://a.example/wiki/Kite_(toy)']],
    ['HTTP://A.example! and http://b.example, ok', ['http://a.example/', 'http://b.example/']],
    ['javascript:alert(1) data:text/html,x mailto:a@b.example //a.example www.a.example', []],
    ['https:// http://[ https://', []],
    ['https://a.example/"onmouseover=alert(1)', ['https://a.example/']],
  ] as const) assert.deepEqual(hrefs(text), want, text)
})

test('linkify loses no character', () => {
  for (const text of ['', 'plain', 'https://a.example', 'a https://a.example/), b https://b.example…\nc', '<b>https://a.example</b>']) {
    assert.equal(linkify(text).map(piece => typeof piece === 'string' ? piece : piece.text).join(''), text)
  }
})

test('an address that could run script is none', () => {
  for (const bad of ['javascript:alert(1)', ' javascript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', 'blob:x', '/a', '', null, 7]) {
    assert.equal(safeURL(bad), undefined, String(bad))
  }
})

test('a button opens mail and telephone besides, and calls numbers only', () => {
  assert.deepEqual(['mailto:a@b.example', 'tel:+441947', 'javascript:alert(1)', 'data:text/html,x'].map(url => safeURL(url, true)),
    ['mailto:a@b.example', 'tel:+441947', undefined, undefined])
  assert.deepEqual(['+44 (1947) 00-00', 'tel:112', '*100#', 'javascript:alert(1)', '', '+'].map(phoneURL),
    ['tel:+4419470000', 'tel:112', 'tel:*100%23', undefined, undefined, undefined])
})

test('every event has words', () => {
  const words = (fields: Record<string, unknown>) => {
    const { kind, text, href } = content(event(fields), en)
    return [kind, text, href]
  }
  assert.deepEqual(words({ type: 'message', text: '<b>hi</b>' }), ['text', '<b>hi</b>', undefined])
  assert.deepEqual(words({ type: 'message', text: ' ' }), ['unsupported', en.unsupported, undefined])
  assert.deepEqual(words({ type: 'system_message', text: '%agent% left %what%', text_vars: { agent: 'Nell' } }), ['text', 'Nell left %what%', undefined])
  assert.deepEqual(words({ type: 'system_message', system_message_type: 'routing.archived' }), ['text', 'routing.archived', undefined])
  assert.deepEqual(words({ type: 'file', name: 'a.pdf', url: 'https://a.example/a.pdf' }), ['file', 'File: a.pdf', 'https://a.example/a.pdf'])
  assert.deepEqual(words({ type: 'file', name: 'a.pdf', url: 'javascript:alert(1)' }), ['file', 'File: a.pdf', undefined])
  assert.deepEqual(words({ type: 'filled_form', fields: [{ label: 'Name:', answer: 'Ida' }, { label: 'Colours:', answers: [{ label: 'red' }, { label: 'blue' }] }, { label: 'Why:' }] }),
    ['text', 'Form sent\nName: Ida\nColours: red, blue\nWhy:', undefined])
  assert.deepEqual(words({ type: 'rich_message', template_id: 'new_one', elements: [{ title: 'Kites', buttons: [{ text: 'See' }] }, null, 'x'] }), ['text', 'Kites\nSee', undefined])
  assert.deepEqual(words({ type: 'form', form_id: 'f', fields: [{ label: 'Your name' }, { label: 'Why?' }] }), ['text', 'Your name\nWhy?', undefined])
  assert.deepEqual(words({ type: 'hologram' }), ['unsupported', en.unsupported, undefined])
  assert.deepEqual(words({ type: 'hologram', text: 'still words' }), ['text', 'still words', undefined])
})

/** grows is how many times as long fn takes for four times as much: the least of some looks, in time of the processor alone. */
function grows(fn: (size: number) => void): number {
  const time = (size: number) => {
    const times = [1, 2, 3, 4, 5].map(() => {
      const began = process.cpuUsage()
      fn(size)
      return process.cpuUsage(began).user
    })
    return Math.max(Math.min(...times), 1000) // less says nothing
  }
  time(8_192) // compiles it
  return time(131_072) / time(32_768)
}

test('an address with a long tail of brackets takes time with its length, not with its square', () => {
  for (const tail of [')', '])', '.)', '!']) {
    const factor = grows(size => assert.equal(linkify('https://a.example/' + tail.repeat(size / tail.length)).length, 2))
    assert.ok(factor < 12, `${tail}: ${factor} times as long for four times as much`)
  }
})

test('many addresses take time with their number, not with its square', () => {
  const factor = grows(size => assert.equal(linkify('https://a.example/) '.repeat(size / 16)).filter(piece => typeof piece !== 'string').length, size / 16))
  assert.ok(factor < 12, `${factor} times as long for four times as much`)
})

test('a reason is for people, without the name of the action', () => {
  assert.equal(reason(new RTMError('validation', 'send: text has 2 bytes', { action: 'send' })), 'text has 2 bytes')
  assert.equal(reason(new RTMError('core_failed', 'send: x')), 'send: x')
  assert.equal(reason(new RTMError('closed', 'the client is closed', { action: 'send' })), 'the client is closed')
  assert.equal(reason('why'), 'why')
  assert.equal(reason(new RTMError('validation', 'text has 2 bytes'), en), en.errors.invalid)
  assert.equal(reason({ type: 'too_many_requests', message: 'slow down' }, en), en.errors.busy)
  assert.equal(reason(new RTMError('of_tomorrow', 'not on Mondays'), en), 'not on Mondays')
})
