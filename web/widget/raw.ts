import type { ModelEvent } from 'rtmwidget'

/** RawEvent is an event of any type, also of one that a newer server invents: every other field has to be checked. */
export interface RawEvent {
  id?: string
  type: string
  author_id?: string
  created_at?: string
  [field: string]: unknown
}

export const raw = (event: ModelEvent): RawEvent => event as unknown as RawEvent

export function str(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function list(value: unknown): Array<Record<string, unknown>> {
  return Array.isArray(value) ? value.filter(one => one !== null && typeof one === 'object') : []
}
