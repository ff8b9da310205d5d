/**
 * Why a call failed. `type` decides, `message` is for people.
 *
 * The type is the protocol's own (`validation`, `authentication`, `not_found`, `chat_inactive` …) when the server
 * refused, an `oauth_exception` of the token endpoint (`invalid_client` …) when no token could be had, or one of the
 * SDK's:
 *
 * | type              | meaning                                                             | trying again |
 * |-------------------|---------------------------------------------------------------------|--------------|
 * | `timeout`         | no answer within the call's time                                    | may help     |
 * | `connection_lost` | the socket closed after the request was sent; it may have been done | look first   |
 * | `canceled`        | the caller's `AbortSignal` fired                                    | as you like  |
 * | `not_logged_in`   | a call was made before `login()`                                    | log in first |
 * | `queue_full`      | too many calls wait for the connection                              | later        |
 * | `no_token`        | the token source gave none                                          | may help     |
 * | `closed`          | the client, or the RTM it came from, is closed                      | no           |
 * | `core_failed`     | worker or wasm could not be loaded                                  | load again   |
 * | `core_crashed`    | the core ended while in use                                         | load again   |
 */
export class RTMError extends Error {
  override readonly name: string = 'RTMError'
  /** The kind of failure; compare this, never the text. */
  readonly type: string
  /** The action that failed, such as `send_event`, when there was one. */
  readonly action?: string
  /** Details from the server, as it sent them. */
  readonly data?: unknown

  constructor(type: string, message: string, details: { action?: string | undefined; data?: unknown } = {}) {
    super(message)
    this.type = type
    if (details.action !== undefined) this.action = details.action
    if (details.data !== undefined) this.data = details.data
  }
}

/** Any thrown value as an RTMError; one that is an RTMError already stays itself. */
export function toRTMError(cause: unknown, type: string, action?: string): RTMError {
  if (cause instanceof RTMError) return cause
  return new RTMError(type, cause instanceof Error ? cause.message : String(cause), { action })
}
