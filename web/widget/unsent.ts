import type { ModelChat, ModelItem, ModelState } from 'rtmwidget'
import { raw } from './raw.ts'

/** unsent is the text of everything that was written and not sent; '' when there is none. */
export function unsent(chats: readonly ModelChat[]): string {
  return join(chats.flatMap(chat => chat.timeline))
}

/**
 * vanished is the unsent text that went away with its chat: the server knows nothing of the chat any more, or takes this
 * browser for somebody else. What was discarded in a chat that stays does not count.
 */
export function vanished(before: ModelState, after: ModelState): string {
  if (before.chats === after.chats) return ''
  const chats = new Set(after.chats.map(chat => chat.id))
  const gone = before.chats.filter(chat => !chats.has(chat.id))
  if (!gone.length) return ''
  const kept = new Set(after.chats.flatMap(chat => chat.timeline.map(item => item.key)))
  return join(gone.flatMap(chat => chat.timeline).filter(item => !kept.has(item.key)))
}

function join(items: readonly ModelItem[]): string {
  return items.filter(item => item.state !== 'sent').map(item => raw(item.event).text).filter(text => typeof text === 'string').join('\n')
}
