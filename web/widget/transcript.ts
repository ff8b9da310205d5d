import type { CustomerClient, ModelChat, ModelEvent, ModelUser } from 'rtmwidget'
import { content } from './content.ts'
import { raw } from './raw.ts'
import { userName } from './timeline.ts'
import type { Strings } from './strings.ts'

/** What a transcript is made of. */
export interface Conversation {
  /** Oldest first. */
  events: readonly ModelEvent[]
  /** What was written and has not been sent. */
  waiting: readonly ModelEvent[]
  users: readonly ModelUser[]
  me: string | undefined
  /** Older messages could not be had. */
  cut: boolean
}

/** conversation is the chat from its first thread; where that can't be had, what the page holds. */
export async function conversation(client: CustomerClient, chat: ModelChat): Promise<Conversation> {
  const { users, timeline } = chat
  const waiting = timeline.filter(item => item.state !== 'sent').map(item => item.event)
  const all = { waiting, users, me: client.model.state.me?.id }
  if (chat.id && client.state === 'live') {
    try {
      const threads: ModelEvent[][] = []
      for await (const thread of client.history(chat.id, { limit: 100 })) threads.push(thread.events ?? [])
      return { ...all, events: threads.reverse().flat(), cut: false }
    } catch {
      // The connection went, or the server is busy.
    }
  }
  const events = timeline.filter(item => item.state === 'sent' && !item.deleted).map(item => item.event)
  return { ...all, events, cut: Boolean(chat.id && (chat.more || !chat.loaded)) }
}

/**
 * transcript is a conversation as plain text: a heading for each day, then time with zone, name and text. The lines of a
 * text after its first are indented, so that nobody's text can look like somebody else's message.
 */
export function transcript({ events, waiting, users, me, cut }: Conversation, s: Strings, saved: Date, timeZone?: string): string {
  const people = new Map(users.map(user => [user.id, user]))
  const dayOf = new Intl.DateTimeFormat(s.locale, { dateStyle: 'full', timeZone })
  const timeOf = new Intl.DateTimeFormat(s.locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short', timeZone })
  const lines = [`${s.transcriptTitle}`, s.transcriptSaved(`${dayOf.format(saved)}, ${timeOf.format(saved)}`)]
  if (cut) lines.push(s.transcriptCut)
  let day = ''
  const write = (event: ModelEvent, remark: string) => {
    const { author_id: author, created_at, type } = raw(event)
    const at = new Date(created_at ?? NaN)
    const known = !Number.isNaN(at.getTime())
    const today = known ? dayOf.format(at) : day
    if (today !== day) lines.push('', today, '')
    day = today
    const user = author ? people.get(author) : undefined
    const name = !author || type === 'system_message' ? '' : author === me ? user?.name?.trim() || s.you : userName(user, s, s.agent)
    const { text, href } = content(event, s)
    const body = [name && `${plain(name)}:`, href ? `${text} <${href}>` : text, remark && `(${remark})`].filter(Boolean).join(' ')
    lines.push(`${known ? `${timeOf.format(at)}  ` : ''}${body.split(/\r\n|[\n\r\u2028\u2029]/u).join('\n    ')}`)
  }
  for (const event of events) write(event, '')
  for (const event of waiting) write(event, s.notSent)
  return `${lines.join('\n')}\n`
}

const plain = (name: string) => name.replace(/\s+/gu, ' ')

/** download gives a file with that text to the person in front of the page. */
export function download(name: string, text: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  link.download = name
  link.click()
  // The browser takes the content in its own time.
  setTimeout(() => URL.revokeObjectURL(link.href), 30_000)
}
