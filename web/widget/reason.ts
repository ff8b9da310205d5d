import { RTMError } from 'rtmwidget'

/** reason is why something failed, for people: the error's sentence without the name of the action before it. */
export function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  const prefix = cause instanceof RTMError && cause.action ? `${cause.action}: ` : ''
  return prefix && text.startsWith(prefix) ? text.slice(prefix.length) : text
}
