import type { ModelChat, ModelItem, ModelUser } from 'rtmwidget'
import { raw } from './raw.ts'

/** Side says whose message it is; what no person wrote is the system's. */
export type Side = 'customer' | 'agent' | 'system'

export interface Day { kind: 'day'; key: string; at: string }
export interface Fresh { kind: 'new'; key: string }
export interface Group {
  kind: 'group'
  key: string
  side: Side
  /** own is the side of the person who looks; only one's own side is drawn at the end of the line. */
  own: boolean
  /** mine is true when that person wrote it, false for a colleague on the same side. */
  mine: boolean
  author: ModelUser | undefined
  items: ModelItem[]
}
export interface Viewer { id: string | undefined; side: 'customer' | 'agent' }

const pause = 5 * 60_000

/** group gathers a timeline for drawing: by day, then by author as long as they write without a pause. What is new begins at newKey. */
export function group(chat: ModelChat, viewer: Viewer, newKey?: string): Array<Day | Fresh | Group> {
  const users = new Map(chat.users.map(user => [user.id, user]))
  const rows: Array<Day | Fresh | Group> = []
  let current: Group | undefined
  let day = ''
  let last = 0
  for (const item of chat.timeline) {
    const { created_at: at = '', author_id: authorId } = raw(item.event)
    const ms = Date.parse(at)
    if (!Number.isNaN(ms)) {
      const date = new Date(ms).toDateString()
      if (date !== day) {
        day = date
        rows.push({ kind: 'day', key: `day ${item.key}`, at })
        current = undefined
      }
    }
    if (item.key === newKey) {
      rows.push({ kind: 'new', key: 'new' })
      current = undefined
    }
    const side = sideOf(item, users, viewer)
    const author = authorId ? users.get(authorId) : undefined
    const mine = isMine(item, viewer)
    const same = current && current.side === side && side !== 'system' && current.mine === mine &&
      (mine || current.items.every(one => raw(one.event).author_id === authorId)) && !(ms - last > pause)
    if (current && same) {
      current.items.push(item)
    } else {
      current = { kind: 'group', key: item.key, side, own: side === viewer.side, mine, author, items: [item] }
      rows.push(current)
    }
    if (!Number.isNaN(ms)) last = ms
  }
  return rows
}

/** sideOf finds a message's side; an author who left the chat's users counts as the other side. */
export function sideOf(item: ModelItem, users: ReadonlyMap<string, ModelUser>, viewer: Viewer): Side {
  const { type, author_id: author } = raw(item.event)
  if (type === 'system_message' || type === 'system' || (!author && item.state === 'sent')) return 'system'
  if (isMine(item, viewer)) return viewer.side
  const known = author ? users.get(author)?.type : undefined
  if (known === 'customer' || known === 'agent') return known
  return viewer.side === 'customer' ? 'agent' : 'customer'
}

/** seenKey is the key of the last own message that somebody on the other side has seen. */
export function seenKey(chat: ModelChat, viewer: Viewer): string | undefined {
  let seen = NaN
  for (const user of chat.users) {
    if (user.type === viewer.side) continue
    const mark = Date.parse(user.events_seen_up_to ?? '')
    if (!Number.isNaN(mark) && !(mark <= seen)) seen = mark
  }
  for (let i = chat.timeline.length - 1; i >= 0; i--) {
    const item = chat.timeline[i]
    if (item && item.state === 'sent' && isMine(item, viewer) && Date.parse(item.event.created_at ?? '') <= seen) return item.key
  }
  return undefined
}

/** firstUnread is the key of the first of the unread messages of others, undefined when there is none. */
export function firstUnread(chat: ModelChat, viewer: Viewer): string | undefined {
  let left = chat.unread
  let key: string | undefined
  for (let i = chat.timeline.length - 1; i >= 0 && left > 0; i--) {
    const item = chat.timeline[i]
    if (!item || isMine(item, viewer) || !raw(item.event).author_id) continue
    key = item.key
    left--
  }
  return key
}

function isMine(item: ModelItem, viewer: Viewer): boolean {
  return item.state !== 'sent' || (viewer.id !== undefined && raw(item.event).author_id === viewer.id)
}
