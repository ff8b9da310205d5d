import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RTMError } from 'rtmwidget'
import { persist } from '../login.ts'

test('a login that came to its end without an answer is made again, any other failure is one', async () => {
  const results: Array<RTMError | Error | string> = [new RTMError('timeout', 'late'), new RTMError('timeout', 'late'), 'in']
  const login = async () => {
    const next = results.shift()
    if (next instanceof Error) throw next
    return next
  }
  const { signal } = new AbortController()
  assert.equal(await persist(login, signal), 'in')
  for (const cause of [new RTMError('authentication', 'no'), new RTMError('connection_lost', 'no'), new Error('timeout')]) {
    results.push(cause, 'never')
    await assert.rejects(persist(login, signal), cause)
    results.length = 0
  }
})

test('who has gone does not log in again', async () => {
  const gone = new AbortController()
  let logins = 0
  const late = new RTMError('timeout', 'late')
  await assert.rejects(persist(async () => {
    logins++
    gone.abort()
    throw late
  }, gone.signal), late)
  assert.equal(logins, 1)
})
