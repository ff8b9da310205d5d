import type { ModelChat, ModelEvent, ModelItem, ModelState, ModelUser } from 'rtmwidget'

export const ida: ModelUser = { id: 'c', type: 'customer', name: 'Ida', present: true, typing: false }
export const nell: ModelUser = { id: 'n', type: 'agent', name: 'Nell', present: true, typing: false }
export const tom: ModelUser = { id: 't', type: 'agent', name: 'Tom', present: true, typing: false }

/** at is a local time on a fixed day, so that the tests do not depend on the machine's time zone. */
export const at = (hour: number, minute = 0, day = 10) => new Date(2030, 0, day, hour, minute).toISOString()

export const event = (fields: Record<string, unknown>) => fields as unknown as ModelEvent

export function item(key: string, author: string | undefined, created: string, fields: Partial<ModelItem> = {}): ModelItem {
  return {
    key, state: 'sent', thread_id: 'th',
    event: event({ id: key, type: 'message', text: key, created_at: created, ...(author ? { author_id: author } : {}) }),
    ...fields,
  }
}

export function chat(timeline: ModelItem[], fields: Partial<ModelChat> = {}): ModelChat {
  return {
    id: 'chat', thread_id: 'th', active: true, users: [ida, nell, tom], unread: 0, loaded: true, updated_at: at(12), timeline, ...fields,
  }
}

export function live(...chats: ModelChat[]): ModelState {
  return { connection: { state: 'live' }, me: { id: ida.id, type: 'customer', name: ida.name }, chats }
}
