import { RTMError } from './error.ts'
import type { TokenSource } from './messages.ts'

type CookieSource = Extract<TokenSource, { from: 'cookie' }>

/** Gets a customer's access token by the cookie grant: the browser's cookie is the identity. */
export async function fetchToken(source: CookieSource, signal: AbortSignal): Promise<string> {
  let response: Response
  try {
    response = await fetch(source.url, {
      method: 'POST',
      credentials: 'include',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'cookie',
        response_type: 'token',
        client_id: source.clientId,
        organization_id: source.organizationId,
      }),
      signal,
    })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RTMError('no_token', `the token endpoint ${source.url} could not be reached: ${why}`)
  }
  const body = object(await response.json().catch(() => null))
  if (!response.ok) {
    const type = body['oauth_exception'] ?? body['identity_exception']
    const details = [body['exception_description'], body['exception_details']].filter((text) => typeof text === 'string' && text)
    throw new RTMError(
      typeof type === 'string' && type ? type : 'no_token',
      `the token endpoint ${source.url} answered with status ${response.status}${details.length ? ': ' + details.join(', ') : ''}`,
    )
  }
  const token = body['access_token']
  if (typeof token !== 'string' || token === '') {
    throw new RTMError('no_token', `the token endpoint ${source.url} answered without an access_token`)
  }
  return token
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** The token as the login wants it. */
export function withScheme(token: string): string {
  return /^[A-Za-z]+ /.test(token) ? token : `Bearer ${token}`
}
