import type { ModelChat, ModelItem, ModelUser } from 'rtmwidget'
import { raw } from './raw.ts'

/** Side says whose message it is; what no person wrote is the system's. */
export type Side = 'customer' | 'agent' | 'system'

export interface Day { kind: 'day'; key: string; at: string }
export interface Fresh { kind: 'new'; key: string }
export interface Group {
  kind: 'group'
  key: string
  /** It goes on with what stands above it: a long group is cut, so that no row is much higher than the others. */
  continues: boolean
  side: Side
  /** own is the side of the person who looks; only one's own side is drawn at the end of the line. */
  own: boolean
  /** mine is true when that person wrote it, false for a colleague on the same side. */
  mine: boolean
  authorId: string | undefined
  items: ModelItem[]
  /** Where the first of them stands in the timeline. */
  start: number
}
export type Row = Day | Fresh | Group
export interface Viewer { id: string | undefined; side: 'customer' | 'agent' }

const pause = 5 * 60_000

/** How many messages a row has at most. */
const most = 10

/** group gathers a timeline for drawing: by day, then by author as long as they write without a pause. What is new begins at newKey. */
export function group(chat: ModelChat, viewer: Viewer, newKey?: string): Row[] {
  const users = new Map(chat.users.map(user => [user.id, user]))
  const rows: Row[] = []
  let current: Group | undefined
  let day = { from: NaN, to: NaN }
  let last = 0
  for (const [start, item] of chat.timeline.entries()) {
    const { created_at: at = '', author_id: authorId } = raw(item.event)
    const ms = Date.parse(at)
    if (!Number.isNaN(ms) && !(ms >= day.from && ms < day.to)) {
      day = dayOf(ms)
      rows.push({ kind: 'day', key: `day ${item.key}`, at })
      current = undefined
    }
    if (item.key === newKey) {
      rows.push({ kind: 'new', key: 'new' })
      current = undefined
    }
    const side = sideOf(item, users, viewer)
    const mine = isMine(item, viewer)
    const same = current !== undefined && current.side === side && side !== 'system' && current.mine === mine &&
      (mine || current.authorId === authorId) && !(ms - last > pause)
    if (current && same && current.items.length < most) {
      current.items.push(item)
    } else {
      current = { kind: 'group', key: item.key, continues: same, side, own: side === viewer.side, mine, authorId, items: [item], start }
      rows.push(current)
    }
    if (!Number.isNaN(ms)) last = ms
  }
  return rows
}

/** dayOf is the local day of a time; asking for it by message would be the most of the work. */
function dayOf(ms: number): { from: number; to: number } {
  const date = new Date(ms)
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()]
  return { from: new Date(year, month, day).getTime(), to: new Date(year, month, day + 1).getTime() }
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
  if (Number.isNaN(seen)) return undefined
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
