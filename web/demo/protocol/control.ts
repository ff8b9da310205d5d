// rtmd's control API, and what its journal and faults look like. It is described at /_rtmd/.

/** A frame that crossed a socket, the start or end of one, or a request of the Web API. */
export interface Entry {
  readonly seq: number
  readonly at: string
  readonly kind: 'open' | 'closed' | 'refused' | 'web' | 'request' | 'response' | 'push'
  readonly connection?: string
  readonly api: 'customer' | 'agent'
  readonly version: string
  readonly organization?: string
  readonly user?: string
  readonly action?: string
  readonly frame?: unknown
  /** In place of the frame when it is not JSON. */
  readonly text?: string
  readonly answer?: unknown
  /** The rule that acted on it, and what it did. */
  readonly fault?: string
  readonly effect?: string
  readonly code?: number
  readonly lost?: number
}

/** A rule as it is sent; the server adds `matches` and `hits`. */
export interface Fault {
  id?: string
  api?: string
  user?: string
  direction?: string
  action?: string
  nth?: number
  every?: number
  count?: number
  effect: string
  delay?: string
  corrupt?: string
  error?: string
  reason?: string
  data?: object
  code?: number
  status?: number
  readonly matches?: number
  readonly hits?: number
}

export interface Clock {
  readonly now: string
  readonly frozen: boolean
}

/** What the API refuses, with its own sentence. A status of 0 means that there was no answer. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'Refused'
    this.status = status
  }
}

/** control makes a request and returns the text of the answer; it throws Refused and nothing else. */
export async function control(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object | string): Promise<string> {
  let response: Response
  let text: string
  try {
    response = await fetch(`/_rtmd/${path}`, {
      method,
      ...(method === 'POST' && { headers: { 'content-type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body ?? {}) }),
    })
    text = await response.text()
  } catch {
    throw new Refused(0, 'rtmd does not answer')
  }
  if (response.ok) return text
  let message = `the answer has the status ${response.status}`
  try {
    message = (JSON.parse(text) as { error: { message: string } }).error.message || message
  } catch { /* not of the API: the status is all there is */ }
  throw new Refused(response.status, message)
}

export async function controlJSON<T>(...args: Parameters<typeof control>): Promise<T> {
  return JSON.parse(await control(...args)) as T
}

export const why = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))
