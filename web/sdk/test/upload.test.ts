import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { RTMError } from '../src/error.ts'
import type { ConnectionConfig } from '../src/messages.ts'
import { postFile, upload, type Post, type Poster } from '../src/upload.ts'

const customer: ConnectionConfig = { api: 'customer', server: 'https://chat.example', organization: 'o 1', version: '3.6', region: '' }
const file = new Blob(['hello'])

function send(post: Poster, config = customer, authorization: string | undefined = 'Bearer t', signal = new AbortController().signal) {
  return upload(post, config, authorization, file, 'a.txt', 5, signal, () => {})
}

const failsWith = (type: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RTMError)
  assert.equal(error.type, type)
  assert.match(error.message, message)
  return true
}

test('upload: a form to the Web API beside the socket', async () => {
  for (const [config, url] of [
    [customer, 'https://chat.example/v3.6/customer/action/upload_file?organization_id=o%201'],
    [{ ...customer, server: 'ws://h:1', version: '3.5' }, 'http://h:1/v3.5/customer/action/upload_file?organization_id=o%201'],
    [{ ...customer, api: 'agent', server: '', organization: '' }, 'https://api.livechatinc.com/v3.6/agent/action/upload_file'],
    [{ ...customer, api: 'agent', server: '', organization: '', region: 'fra' }, 'https://api-fra.livechatinc.com/v3.6/agent/action/upload_file'],
  ] as [ConnectionConfig, string][]) {
    let sent: Post | undefined
    const answer = await send(async (post) => {
      sent = post
      return { status: 200, text: '{"url":"https://chat.example/f"}' }
    }, config)
    assert.equal(answer, '{"url":"https://chat.example/f"}')
    assert.deepEqual([sent!.url, sent!.authorization, sent!.timeout], [url, 'Bearer t', 5])
    const part = sent!.body.get('file') as File
    assert.deepEqual([part.name, await part.text()], ['a.txt', 'hello'])
  }
})

test('upload: what the server refuses, and what is no answer', async () => {
  const answers = (status: number, text: string): Poster => async () => ({ status, text })
  await assert.rejects(send(answers(413, '{"error":{"type":"entity_too_large","message":"10 MB at most"}}')), failsWith('entity_too_large', /10 MB/))
  await assert.rejects(send(answers(502, '<html>')), failsWith('internal', /status 502/))
  await assert.rejects(send(answers(200, 'null')), failsWith('internal', /status 200/))
  await assert.rejects(upload(postFile, customer, undefined, file, 'a', 0, new AbortController().signal, () => {}), failsWith('not_logged_in', /log in first/))
})

/** The last XMLHttpRequest; the test is its server. */
class FakeRequest {
  static last: FakeRequest
  upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {}
  onload = () => {}
  onerror = () => {}
  ontimeout = () => {}
  onabort = () => {}
  timeout = 0
  status = 200
  responseText = '{"url":"u"}'
  did: unknown[] = []
  constructor() {
    FakeRequest.last = this
  }
  open(...args: unknown[]) {
    this.did.push(args)
  }
  setRequestHeader(...args: unknown[]) {
    this.did.push(args)
  }
  send() {
    this.did.push('send')
  }
  abort() {
    this.onabort()
  }
}

test('upload: XMLHttpRequest tells how far it is, and can be stopped', async (t: TestContext) => {
  const scope = globalThis as { XMLHttpRequest?: unknown }
  scope.XMLHttpRequest = FakeRequest
  t.after(() => delete scope.XMLHttpRequest)
  const told: number[][] = []
  const control = new AbortController()
  const begin = () =>
    postFile({ url: 'u', authorization: 'Bearer t', body: new FormData(), timeout: 7, signal: control.signal, progress: (...args) => told.push(args) })
  const first = begin()
  FakeRequest.last.upload.onprogress!({ loaded: 2, total: 9 })
  FakeRequest.last.onload()
  assert.deepEqual(await first, { status: 200, text: '{"url":"u"}' })
  assert.deepEqual(told, [[2, 9]])
  assert.deepEqual([FakeRequest.last.did, FakeRequest.last.timeout], [[['POST', 'u'], ['authorization', 'Bearer t'], 'send'], 7])
  const second = begin()
  FakeRequest.last.onerror()
  await assert.rejects(second, /could not be reached/)
  const third = begin()
  FakeRequest.last.ontimeout()
  await assert.rejects(third, failsWith('timeout', /within 7 ms/))
  const fourth = begin()
  control.abort()
  await assert.rejects(fourth, failsWith('canceled', /./))
})
