import { RTMError, type LocalErrorType, type ServerErrorType } from 'rtmwidget'
import type { Strings } from './strings.ts'

/** The kind of every error type: to the person in front, many are the same. */
const kinds: Readonly<Record<ServerErrorType | LocalErrorType, keyof Strings['errors']>> = {
  timeout: 'answer', request_timeout: 'answer', connection_lost: 'answer', canceled: 'answer', closed: 'answer', not_logged_in: 'answer',
  internal: 'busy', service_unavailable: 'busy', too_many_requests: 'busy', pending_requests_limit_reached: 'busy', queue_full: 'busy',
  users_limit_reached: 'busy', seats_limit_exceeded: 'busy',
  authentication: 'denied', authorization: 'denied', customer_banned: 'denied', not_allowed: 'denied', missing_access: 'denied', no_token: 'denied',
  requester_awaiting_approval: 'denied', requester_suspended: 'denied',
  chat_inactive: 'ended', chat_anonymized: 'ended',
  not_found: 'gone', greeting_not_found: 'gone', group_not_found: 'gone',
  validation: 'invalid', chat_already_active: 'invalid',
  entity_too_large: 'large',
  limit_reached: 'limit', chat_limit_reached: 'limit', customer_session_fields_limit_reached: 'limit',
  core_failed: 'loading', core_crashed: 'loading', license_expired: 'loading', license_not_found: 'loading', misdirected_request: 'loading',
  unsupported_version: 'loading', wrong_product_version: 'loading',
  group_offline: 'nobody', group_unavailable: 'nobody', groups_offline: 'nobody', agent_offline: 'nobody', requester_already_offline: 'nobody',
  not_stored: 'unkept',
}

/** reason is why something failed, for people: by the error's type in their language, or else the error's own sentence without the name of the action before it. */
export function reason(cause: unknown, s?: Strings): string {
  const kind = s && kindOf(cause)
  if (kind) return s.errors[kind]
  const text = cause instanceof Error ? cause.message : String((cause as { message?: unknown } | undefined)?.message ?? cause)
  const prefix = cause instanceof RTMError && cause.action ? `${cause.action}: ` : ''
  return prefix && text.startsWith(prefix) ? text.slice(prefix.length) : text
}

function kindOf(cause: unknown): keyof Strings['errors'] | undefined {
  const type = (cause as { type?: unknown } | null | undefined)?.type
  return typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type as keyof typeof kinds] : undefined
}
