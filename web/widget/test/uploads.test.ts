import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RTMError, type CustomerClient } from 'rtmwidget'
import { fit } from '../file.ts'
import { formatSize } from '../format.ts'
import { en } from '../strings.ts'
import { maxFile, refusal, Uploads } from '../uploads.ts'

type Upload = { file: File; progress: (sent: number) => void; done: (url: string) => void; fail: (cause: Error) => void; signal: AbortSignal }

/** client notes the acts and leaves each upload to the test. */
function client() {
  const acts: Array<[string, Record<string, unknown>]> = []
  const uploads: Upload[] = []
  const it = {
    model: { act: async (name: string, args: Record<string, unknown>) => { acts.push([name, args]) } },
    uploadFile: (file: File, { signal, onProgress }: { signal: AbortSignal; onProgress: (p: { sent: number; size: number }) => void }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new RTMError('canceled', 'it was canceled')))
        uploads.push({ file, signal, progress: sent => onProgress({ sent, size: file.size }), done: url => resolve({ url }), fail: reject })
      }),
  }
  return { acts, uploads, it: it as unknown as CustomerClient }
}

const turn = () => new Promise(resolve => setImmediate(resolve))
const file = (name: string, text = 'x') => new File([text], name, { type: 'text/plain' })

test('files go one after the other, and a failed one goes again', async () => {
  const { acts, uploads, it } = client()
  const all = new Uploads(() => en)
  all.add(it, 'chat', file('a.txt'))
  all.add(it, undefined, file('b.txt'))
  await turn()
  assert.deepEqual(acts.map(([name, args]) => [name, args.name, args.size, args.content_type, args.chat_id]),
    [['upload', 'a.txt', 1, 'text/plain', 'chat'], ['upload', 'b.txt', 1, 'text/plain', undefined]])
  const [a, b] = acts.map(([, args]) => String(args.key))
  assert.equal(uploads.length, 1)
  uploads[0]?.progress(1)
  uploads[0]?.fail(new RTMError('validation', 'too many'))
  await turn()
  assert.deepEqual(acts.slice(2), [['upload_progress', { key: a, sent: 1, size: 1 }], ['upload_failed', { key: a, message: en.errors.invalid }]])
  assert.equal(uploads.length, 2, 'the next one goes')
  uploads[1]?.done('https://a.example/b.txt')
  await turn()
  assert.deepEqual(acts.at(-1), ['upload_done', { key: b, url: 'https://a.example/b.txt' }])
  assert.equal(all.retry(String(b)), false, 'what is uploaded is not uploaded again')
  assert.equal(all.retry(String(a)), true)
  await turn()
  assert.deepEqual(acts.at(-1), ['upload_progress', { key: a, sent: 0 }])
  assert.equal(uploads[2]?.file.name, 'a.txt')
})

test('a canceled upload ends in silence, also before its turn', async () => {
  const { acts, uploads, it } = client()
  const all = new Uploads(() => en)
  for (const name of ['a', 'b', 'c']) all.add(it, 'chat', file(name))
  await turn()
  const [a, b] = acts.map(([, args]) => String(args.key))
  all.cancel(String(b))
  all.cancel(String(a))
  await turn()
  assert.equal(uploads[0]?.signal.aborted, true)
  assert.deepEqual(uploads.map(upload => upload.file.name), ['a', 'c'])
  assert.equal(acts.length, 3, 'nothing more is told of them')
  all.clear()
  assert.equal(uploads[1]?.signal.aborted, true)
})

test('what the server would refuse is not uploaded', () => {
  assert.equal(refusal({ name: 'a.png', size: maxFile }, en), '')
  assert.equal(refusal({ name: 'a.png', size: maxFile + 1 }, en), 'a.png is too large: a file has at most 10 MB.')
  assert.equal(refusal({ name: 'a.png', size: 0 }, en), 'a.png is empty.')
  assert.equal(refusal({ name: 'kite.pdf.EXE', size: 5 }, en), 'kite.pdf.EXE is a program, which can’t be sent.')
})

test('sizes', () => {
  assert.deepEqual([1, 1023, 1024, 1 << 20, 1.25 * (1 << 20)].map(n => formatSize(n, en)), ['1 byte', '1,023 byte', '1 kB', '1 MB', '1.3 MB'])
  assert.deepEqual([fit(480, 240), fit(10, 20), fit(10_000, 1), fit(0, 5), fit('1', 2)],
    [{ width: 240, height: 120 }, { width: 10, height: 20 }, { width: 240, height: 1 }, {}, {}])
})
