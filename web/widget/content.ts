import { safeURL } from './linkify.ts'
import { list, raw, str } from './raw.ts'
import type { ModelEvent } from 'rtmwidget'
import type { Strings } from './strings.ts'

/** Content is an event as words: every event has some, whatever its type. */
export interface Content {
  kind: 'text' | 'file' | 'unsupported'
  text: string
  href?: string | undefined
}

/** content reads what can be shown of an event; what has no text gets a neutral line. */
export function content(source: ModelEvent, s: Strings): Content {
  const event = raw(source)
  switch (event.type) {
    case 'message':
      return said(str(event.text), s)
    case 'system_message':
      return said(fill(str(event.text), event.text_vars) || str(event.system_message_type).replaceAll('_', ' '), s)
    case 'file':
      return { kind: 'file', text: s.file(str(event.name) || s.attachment), href: safeURL(event.url) }
    case 'form':
      return said(list(event.fields).map(field => str(field.label)).filter(Boolean).join('\n'), s)
    case 'filled_form':
      return { kind: 'text', text: [s.form, ...list(event.fields).map(answer)].filter(Boolean).join('\n') }
    case 'rich_message':
      return said(list(event.elements).flatMap(element => [
        words(element), ...list(element.buttons).map(button => str(button.text)),
      ]).filter(Boolean).join('\n'), s)
    default:
      return said(str(event.text), s)
  }
}

/** gone is what stands in place of an event that was deleted. */
export const gone = (s: Strings): Content => ({ kind: 'unsupported', text: s.deleted })

/** words is the text of an element of a rich message. */
export const words = (element: Record<string, unknown>): string => [str(element.title), str(element.subtitle)].filter(Boolean).join('\n')

function said(text: string, s: Strings): Content {
  return text.trim() ? { kind: 'text', text } : { kind: 'unsupported', text: s.unsupported }
}

function answer(field: Record<string, unknown>): string {
  const given = Array.isArray(field.answers) ? field.answers : [field.answer]
  const texts = given.map(one => typeof one === 'object' && one ? str((one as Record<string, unknown>).label) : one == null ? '' : String(one))
  return `${str(field.label)} ${texts.filter(Boolean).join(', ')}`.trim()
}

/** fill puts text_vars into their %name% places. */
function fill(text: string, vars: unknown): string {
  if (!vars || typeof vars !== 'object') return text
  return text.replace(/%(\w+)%/gu, (all, name: string) => str((vars as Record<string, unknown>)[name]) || all)
}
