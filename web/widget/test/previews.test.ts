import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReactiveControllerHost } from 'lit'
import type { CustomerClient, customer } from 'rtmwidget'
import { previewOf, Previews } from '../previews.ts'

const server = 'https://chat.example.com'

test('a preview has what the server says; an image only of the server itself', () => {
  const href = 'https://shop.example/kites'
  const of = (info: Partial<customer.GetURLInfoResponse>) => previewOf(href, { url: href, ...info }, server)
  assert.deepEqual(of({ title: ' Kites ', description: 'All', image_url: 'https://chat.example.com/a.png' }),
    { href, title: 'Kites', description: 'All', image: 'https://chat.example.com/a.png' })
  assert.equal(of({ title: 'Kites', image_url: '//chat.example.com/a.png' })?.image, 'https://chat.example.com/a.png')
  for (const image_url of ['https://cdn.example/a.png', '//cdn.example/a.png', 'http://chat.example.com/a.png', 'https://chat.example.com:444/a.png',
    'https://chat.example.com@evil.example/a.png', 'javascript:alert(1)', 'data:image/png;base64,', 'a.png', '/a.png', '//', 7 as never]) {
    const preview = of({ title: 'Kites', image_url })
    assert.ok(preview)
    assert.equal(preview.image, undefined, String(image_url))
  }
  assert.equal(of({ title: 'shop.example' }), undefined, 'nothing that the link does not say')
  assert.equal(of({ description: 'no title' }), undefined)
  assert.equal(of({ title: 7 as never }), undefined)
  assert.equal(of({ title: 'x'.repeat(999) })?.title.length, 120)
})

function setup() {
  const asked: string[] = []
  const ends: Array<{ yes: (info: object) => void; no: () => void }> = []
  const client = { getUrlInfo: (url: string) => new Promise((yes, no) => { asked.push(url); ends.push({ yes, no: () => no(new Error('lost')) }) }) }
  let updates = 0
  const host = { addController() {}, requestUpdate: () => { updates++ } } as unknown as ReactiveControllerHost
  let there = true
  const previews = new Previews(host, () => there ? client as unknown as CustomerClient : undefined, () => server)
  const settle = () => new Promise(done => setTimeout(done))
  return { previews, asked, ends, settle, updates: () => updates, leave: () => { there = false } }
}

test('each address is asked for once, two at a time, the last that was seen first', async () => {
  const { previews, asked, ends, settle, updates } = setup()
  for (const href of ['a', 'b', 'c', 'a', 'c']) assert.equal(previews.of(href), undefined)
  await settle()
  assert.deepEqual(asked, ['c', 'b'])
  previews.of('c')
  ends[0]!.yes({ url: 'c', title: 'Kites', description: 'All' })
  await settle()
  assert.deepEqual(asked, ['c', 'b', 'a'])
  assert.deepEqual([previews.of('c')?.title, updates(), previews.version], ['Kites', 1, 1])
  ends[1]!.no()
  ends[2]!.yes({ url: 'a' })
  await settle()
  for (const href of ['a', 'b', 'c']) previews.of(href)
  await settle()
  assert.deepEqual([asked.length, updates()], [3, 1], 'what failed or has nothing is not asked for again')
})

test('what is scrolled past does not wait in a line without end', async () => {
  const { previews, asked, ends, settle } = setup()
  for (let i = 0; i < 500; i++) previews.of(`${i}`)
  for (let i = 0; i < 30; i++) {
    await settle()
    ends[i]?.yes({})
  }
  await settle()
  assert.equal(asked.length, 20)
  assert.equal(asked[0], '499')
})

test('nothing is asked for before there is a connection', async () => {
  const { previews, asked, settle, leave } = setup()
  leave()
  previews.of('a')
  await settle()
  assert.deepEqual(asked, [])
})
