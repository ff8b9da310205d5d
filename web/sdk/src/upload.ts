import { addressOf } from './address.ts'
import type { CallInit } from './client.ts'
import { RTMError } from './error.ts'
import type { ConnectionConfig } from './messages.ts'

/** How a file is uploaded. `timeout` is for all of it; by default there is none. */
export interface UploadInit extends CallInit {
  /** Its name. Default: that of a `File`, else `file`. */
  name?: string
  /** Called while the file is on its way; bytes. `size` is that of the whole request, a little more than the file's. */
  onProgress?: (progress: { sent: number; size: number }) => void
}

/** A file that is uploaded. */
export interface Upload {
  /** For `{ type: 'file', url }`. */
  url: string
}

/**
 * One request with a file.
 * @internal
 */
export interface Post {
  url: string
  /** The header Authorization. */
  authorization: string
  body: FormData
  /** Milliseconds; 0 is for ever. */
  timeout: number
  signal: AbortSignal
  progress(sent: number, size: number): void
}

/**
 * Sends a file; resolves with the answer's status and text. Rejects when there is none.
 * @internal
 */
export type Poster = (post: Post) => Promise<{ status: number; text: string }>

/**
 * Uploads a file for a connection; resolves with the answer's payload. Where files go is the Web API beside its socket.
 * @internal
 */
export async function upload(
  post: Poster | undefined,
  config: ConnectionConfig,
  authorization: string | undefined,
  file: Blob,
  name: string,
  timeout: number,
  signal: AbortSignal,
  progress: Post['progress'],
): Promise<string> {
  if (!authorization) throw new RTMError('not_logged_in', 'log in first')
  const body = new FormData()
  body.append('file', file, name)
  const { status, text } = await post!({ url: addressOf(config, 'action/upload_file'), authorization, body, timeout, signal, progress })
  const answer = parse(text)
  const { type, message, data } = answer?.error ?? {}
  if (type) throw new RTMError(type, message ?? '', { data })
  if (typeof answer?.url !== 'string') throw new RTMError('internal', `the server answered with status ${status}`)
  return text
}

interface Answer {
  error?: { type: string; message: string; data?: unknown }
  url?: unknown
}

function parse(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer
  } catch {
    return undefined // a proxy's page
  }
}

/**
 * Sends by XMLHttpRequest, the only one that tells how far it is.
 * @internal
 */
export const postFile: Poster = ({ url, authorization, body, timeout, signal, progress }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', url)
    request.setRequestHeader('authorization', authorization)
    request.timeout = timeout
    request.upload.onprogress = ({ loaded, total }) => progress(loaded, total)
    request.onload = () => resolve({ status: request.status, text: request.responseText })
    request.onerror = () => reject(new Error('the server could not be reached'))
    request.ontimeout = () => reject(new RTMError('timeout', `no answer within ${timeout} ms`))
    request.onabort = () => reject(new RTMError('canceled', 'it was canceled'))
    signal.addEventListener('abort', () => request.abort())
    request.send(body)
  })
