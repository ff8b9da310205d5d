import { RTMError } from './error.ts'
import type { Poster } from './upload.ts'

/** Sends a file by fetch. What counts as sent is what the socket has taken. */
export const postFile: Poster = async ({ url, authorization, body, timeout, signal, progress }) => {
  const form = new Response(body)
  const whole = await form.arrayBuffer()
  let sent = 0
  const chunk = 64 << 10
  const stream = new ReadableStream({
    pull(control) {
      if (sent > 0) progress(sent, whole.byteLength)
      if (sent === whole.byteLength) return control.close()
      const next = new Uint8Array(whole, sent, Math.min(chunk, whole.byteLength - sent))
      sent += next.byteLength
      control.enqueue(next)
    },
  })
  const stop = new AbortController()
  const abort = () => stop.abort()
  signal.addEventListener('abort', abort)
  let late = false
  const expire = () => {
    late = true
    abort()
  }
  const timer = timeout ? setTimeout(expire, timeout) : undefined
  if (signal.aborted) abort()
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization, 'content-type': form.headers.get('content-type')! },
      body: stream,
      duplex: 'half',
      signal: stop.signal,
    } as RequestInit)
    return { status: response.status, text: await response.text() }
  } catch (cause) {
    if (signal.aborted) throw new RTMError('canceled', 'it was canceled')
    if (late) throw new RTMError('timeout', `no answer within ${timeout} ms`)
    throw new Error('the server could not be reached', { cause })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
