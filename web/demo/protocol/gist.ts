import type { Entry } from './control.ts'

/** How much of a text stands in a line. */
const most = 90

const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((here, name) => (here !== null && typeof here === 'object' ? (here as Record<string, unknown>)[name] : undefined), value)

/** label names a frame: its action, or what happened to the connection. */
export function label(entry: Entry): string {
  switch (entry.kind) {
    case 'open': return 'connected'
    case 'closed': return 'connection ended'
    case 'refused': return `refused ${entry.code ?? ''}`.trim()
    case 'web': return `${entry.action ?? ''} ${entry.code ?? ''}`.trim()
    default: return entry.action || 'not a frame'
  }
}

/** way says which way it goes. */
export function way({ kind }: Entry): string {
  switch (kind) {
    case 'request': return 'request to rtmd'
    case 'response': return 'response from rtmd'
    case 'push': return 'push from rtmd'
    case 'web': return 'Web API request'
    default: return kind
  }
}

/** gist is the part of a frame that tells most: the text of a message, an error, what has changed. */
export function gist(entry: Entry): string {
  const text = gistOf(entry).replace(/\s+/gu, ' ')
  return text.length > most ? `${text.slice(0, most)}…` : text
}

function gistOf({ kind, frame, text, user, connection, lost }: Entry): string {
  if (lost) return `${lost} frames before this one were missed`
  if (kind === 'open' || kind === 'closed' || kind === 'refused') return [connection, user].filter(Boolean).join(' ')
  if (text !== undefined) return text
  const payload = at(frame, 'payload')
  if (at(frame, 'success') === false) return `${String(at(payload, 'error', 'type'))}: ${String(at(payload, 'error', 'message') ?? '')}`
  const events = at(payload, 'chat', 'thread', 'events')
  const event = at(payload, 'event') ?? (Array.isArray(events) ? (events as unknown[]).at(-1) : undefined)
  for (const said of [at(event, 'text'), at(payload, 'sneak_peek', 'text'), at(payload, 'reason'), at(payload, 'text')]) {
    if (typeof said === 'string') return said
  }
  const typing = at(payload, 'typing_indicator', 'is_typing') ?? at(payload, 'is_typing')
  if (typeof typing === 'boolean') return typing ? 'is typing' : 'stopped typing'
  const seen = at(payload, 'seen_up_to')
  if (typeof seen === 'string') return `seen up to ${seen.slice(11, 23)}`
  for (const name of ['status', 'user_id', 'tag']) {
    const value = at(payload, name)
    if (typeof value === 'string') return value
  }
  if (typeof at(event, 'type') === 'string') return String(at(event, 'type'))
  return kind === 'response' ? 'ok' : ''
}
