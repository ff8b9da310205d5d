import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { strings as console } from '../../console/strings.ts'
import { localeOf } from '../locale.ts'
import { en, speak, type Language, type OwnStrings, type Strings } from '../strings.ts'
import { launcher } from '../strings/launcher.ts'
import { loadTexts } from '../strings/load.ts'
import { replace } from '../strings/own.ts'

const languages: readonly Language[] = ['en', 'de', 'es', 'fr', 'pl', 'ar', 'ja']

const strings = async (language: Language, own: OwnStrings = {}) =>
  speak({ locale: language, launcher: replace(launcher[language], own), texts: await loadTexts(language), own })

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

/** said is everything that a catalogue can say, by where it stands. */
function said(of: Strings, at: object = of, path = ''): Array<[string, string]> {
  return Object.entries(at).flatMap(([key, text]) => {
    if (key === 'locale') return []
    if (typeof text === 'string') return [[path + key, text] as [string, string]]
    if (typeof text === 'object') return said(of, text, `${path}${key}.`)
    return [[path + key, String(text.call(of, 2, 2))] as [string, string]]
  })
}

test('every language says everything in words of its own', async () => {
  const english = new Map(said(await strings('en')))
  // Words that are the same, or the name of nothing but its argument.
  const same: Partial<Record<Language, readonly string[]>> = {
    de: ['sticker', 'panel', 'emoji', 'transcriptFile', 'connection.live', 'connection.stopped', 'fieldProblem'],
    es: ['panel', 'emoji', 'transcriptFile', 'fieldProblem'],
    fr: ['messages', 'panel', 'notifications', 'transcriptFile'],
    pl: ['emoji', 'connection.live', 'connection.stopped', 'fieldProblem'],
    ar: ['transcriptFile'],
    ja: ['transcriptFile'],
  }
  for (const language of languages.slice(1)) {
    const theirs = said(await strings(language))
    assert.equal(theirs.length, english.size)
    const left: string[] = []
    for (const [key, text] of theirs) {
      assert.ok(text.trim(), `${language}: ${key} is empty`)
      if (text === english.get(key)) left.push(key)
    }
    assert.deepEqual(left.sort(), [...same[language] ?? []].sort(), language)
  }
})

test('a number has the form of its language', async () => {
  const forms = async (language: Language, ...numbers: number[]) => {
    const s = await strings(language)
    return numbers.map(n => s.openUnread(n).replace(/^[^,،、]*[,،、]\s*/u, ''))
  }
  assert.deepEqual(await forms('en', 0, 1, 2), ['0 unread messages', '1 unread message', '2 unread messages'])
  assert.deepEqual(await forms('de', 1, 2), ['1 ungelesene Nachricht', '2 ungelesene Nachrichten'])
  assert.deepEqual(await forms('fr', 0, 1, 2), ['0 message non lu', '1 message non lu', '2 messages non lus'])
  assert.deepEqual(await forms('pl', 1, 2, 5, 12, 22, 1.5), [
    '1 nieprzeczytana wiadomość', '2 nieprzeczytane wiadomości', '5 nieprzeczytanych wiadomości', '12 nieprzeczytanych wiadomości',
    '22 nieprzeczytane wiadomości', '1,5 nieprzeczytanej wiadomości',
  ])
  assert.deepEqual(await forms('ar', 0, 1, 2, 3, 11, 100), [
    'لا رسائل غير مقروءة', 'رسائل غير مقروءة: 1', 'رسائل غير مقروءة: 2', '3 رسائل غير مقروءة', '11 رسالة غير مقروءة', '100 رسالة غير مقروءة',
  ])
  assert.deepEqual(await forms('ja', 1, 2), ['未読メッセージ1件', '未読メッセージ2件'])
  assert.equal(speak({ locale: 'ar-EG', launcher: launcher.ar, texts: await loadTexts('ar') }).cards(3), '٣ بطاقات', 'digits are the country’s')
})

test('a locale is one that the widget speaks, or English', () => {
  for (const [tag, want] of [
    ['de', 'de'], ['de-AT', 'de-AT'], ['pt_BR', 'en'], ['fr_CA', 'fr-CA'], ['EN-gb', 'en-GB'], ['it', 'en'], ['', 'en'], ['<b>', 'en'], ['constructor', 'en'], ['ar-EG', 'ar-EG'],
  ] as const) assert.equal(localeOf(tag), want, tag)
})

test('a page replaces single strings', async () => {
  const s = await strings('de', {
    title: 'Moin', openUnread: '{1} neue', queue: (position: string) => `Platz ${position}`, errors: { busy: 'Gleich wieder.' },
    typing: '{1} tippt {2}', ...JSON.parse('{"__proto__":{"x":1},"constructor":"x","strange":"x","sent":5}') as OwnStrings,
  })
  assert.equal(s.title, 'Moin')
  assert.equal(s.openUnread(1200), '1.200 neue')
  assert.equal(s.queue('3', ''), 'Platz 3')
  assert.equal(s.errors.busy, 'Gleich wieder.')
  assert.equal(s.errors.large, 'Es ist zu groß.')
  assert.equal(s.typing('Ida'), 'Ida tippt {2}')
  assert.equal(s.sent, 'Gesendet')
  assert.ok(!('strange' in s) && !('x' in s) && s.constructor === Object)
})
