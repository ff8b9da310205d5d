import type { ServerErrorType } from './errors.gen.ts'
import type { Open } from './objects.ts'

/** The types of errors that come from the SDK itself; see {@link RTMError}. */
export type LocalErrorType =
  | 'timeout'
  | 'connection_lost'
  | 'canceled'
  | 'not_logged_in'
  | 'unsupported_version'
  | 'queue_full'
  | 'no_token'
  | 'closed'
  | 'core_failed'
  | 'core_crashed'
  | 'not_stored'

/** What `RTMError.type` can be. */
export type ErrorType = Open<ServerErrorType | LocalErrorType>

/**
 * Why a call failed. `type` decides, `message` is for people.
 *
 * The type is the protocol's own (`validation`, `authentication`, `not_found`, `chat_inactive` …; {@link ServerErrorType}
 * says when a retry can help) when the server refused, or would have: a request that breaks a rule of the protocol is not
 * sent and rejects with `validation`. It is an `oauth_exception` of the token endpoint (`invalid_client` …) when no token
 * could be had, or one of the SDK's:
 *
 * | type              | meaning                                                             | trying again |
 * |-------------------|---------------------------------------------------------------------|--------------|
 * | `timeout`         | no answer within the call's time                                    | may help     |
 * | `connection_lost` | the socket closed after the request was sent; it may have been done | look first   |
 * | `canceled`        | the caller's `AbortSignal` fired                                    | as you like  |
 * | `not_logged_in`   | a call was made before `login()`                                    | log in first |
 * | `unsupported_version` | the version of the API that the client speaks lacks the method  | no           |
 * | `queue_full`      | too many calls wait for the connection                              | later        |
 * | `no_token`        | the token source gave none                                          | may help     |
 * | `closed`          | the client, or the RTM it came from, is closed                      | no           |
 * | `core_failed`     | worker or wasm could not be loaded                                  | load again   |
 * | `not_stored`      | there was no connection, and the browser could not keep the message | may help     |
 * | `core_crashed`    | the core broke; it started again, unless the client was closed too  | look first   |
 */
export class RTMError extends Error {
  override readonly name: string = 'RTMError'
  /** The kind of failure; compare this, never the text. */
  readonly type: ErrorType
  /** The action that failed, such as `send_event`, when there was one. */
  readonly action?: string
  /** Details from the server, as it sent them. */
  readonly data?: unknown

  constructor(type: ErrorType, message: string, details: { action?: string | undefined; data?: unknown } = {}) {
    super(message)
    this.type = type
    if (details.action !== undefined) this.action = details.action
    if (details.data !== undefined) this.data = details.data
  }
}

/** Any thrown value as an RTMError; one that is an RTMError already stays itself. */
export function toRTMError(cause: unknown, type: ErrorType, action?: string): RTMError {
  if (cause instanceof RTMError) return cause
  return new RTMError(type, textOf(cause), { action })
}

/** What any thrown value says. */
export const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
