import type { DisconnectReason, ServerErrorType } from 'rtmwidget'

// The compiler sees to it that none is missing and none is made up.

const errors: Record<ServerErrorType, true> = {
  internal: true, authentication: true, authorization: true, chat_anonymized: true, chat_inactive: true, customer_banned: true,
  greeting_not_found: true, group_not_found: true, group_offline: true, group_unavailable: true, groups_offline: true,
  license_expired: true, limit_reached: true, not_allowed: true, not_found: true, pending_requests_limit_reached: true,
  request_timeout: true, service_unavailable: true, too_many_requests: true, unsupported_version: true, users_limit_reached: true,
  validation: true, wrong_product_version: true, misdirected_request: true, license_not_found: true, entity_too_large: true,
  chat_already_active: true, chat_limit_reached: true, customer_session_fields_limit_reached: true, agent_offline: true,
  missing_access: true, requester_already_offline: true, requester_awaiting_approval: true, requester_suspended: true,
  seats_limit_exceeded: true,
}

const reasons: Record<DisconnectReason, true> = {
  access_token_revoked: true, access_token_expired: true, connection_evicted: true, connection_timeout: true, internal_error:
  true, license_not_found: true, license_expired: true, misdirected_connection: true, unsupported_version: true,
  service_temporarily_unavailable: true, too_many_connections: true, too_many_unauthorized_connections: true, logged_out_remotely:
  true, customer_temporarily_blocked: true, customer_banned: true, inactivity_timeout: true, product_version_changed: true,
  agent_disconnected_by_server: true, agent_logged_out_remotely: true, role_permissions_changed: true, misdirected_request: true,
  agent_deleted: true, ping_timeout: true,
}

export const errorTypes = Object.keys(errors)
export const disconnectReasons = Object.keys(reasons)

/** What is worth a try before any frame was seen. */
export const commonActions = ['login', 'start_chat', 'resume_chat', 'send_event', 'send_typing_indicator', 'send_sneak_peek', 'mark_events_as_seen', 'ping', 'incoming_chat', 'incoming_event', 'incoming_typing_indicator']
