import { RTMError, textOf } from './error.ts'
import type { ClientOptions } from './client.ts'
import type { TokenSource } from './messages.ts'

/** An access token: alone, or with how long it lives. */
export type Token = string | TokenInfo

/** A token as identity providers have it. */
export interface TokenInfo {
  accessToken: string
  /** Seconds that it lives, from `creationDate` on; unknown without. */
  expiresIn?: number
  /** Milliseconds since 1970. Default: now. */
  creationDate?: number
  /** Default `Bearer`. */
  tokenType?: string
}

/** Who keeps the tokens of a customer or an agent. What any of these throws becomes the error of the login. */
export interface IdentityProvider {
  /** The token at hand. */
  getToken(): Promise<Token> | Token
  /** A new token: there is none at hand, or the last one was refused or is about to expire. */
  getFreshToken(): Promise<Token> | Token
  /** Whether there is a token at hand. */
  hasToken(): Promise<boolean> | boolean
  /** The token at hand is of no more use. */
  invalidate(): Promise<void> | void
}

/**
 * The next token of a client that has a source of its own.
 * @internal
 */
export async function ofOptions({ token, getToken, identityProvider: provider }: ClientOptions, fresh: boolean): Promise<Token> {
  let got: Token
  if (provider) {
    if (fresh) await provider.invalidate()
    got = !fresh && (await provider.hasToken()) ? await provider.getToken() : await provider.getFreshToken()
  } else if (token !== undefined && !fresh) got = token
  else if (getToken) got = await getToken(fresh)
  else throw new RTMError('no_token', 'there is no access token; give token, getToken or identityProvider')
  if (!accessToken(got)) throw new RTMError('no_token', `${provider ? 'identityProvider' : 'getToken'} gave no token; it must give a string or an object with accessToken`)
  return got
}

function accessToken(token: Token): string {
  const text = typeof token === 'object' ? token?.accessToken : token
  return typeof text === 'string' ? text : ''
}

/**
 * Milliseconds that a token lives yet, 0 for not known.
 * @internal
 */
export function lifetime(token: Token): number {
  if (typeof token === 'string' || !(token.expiresIn! > 0)) return 0
  const { expiresIn = 0, creationDate = Date.now() } = token
  return Math.max(1, creationDate + expiresIn * 1000 - Date.now())
}

type CookieSource = Extract<TokenSource, { from: 'cookie' }>

/**
 * A token as the login wants it, and milliseconds that it lives yet, 0 for not known.
 * @internal
 */
export type Authorization = [token: string, lifetime: number]

/**
 * Gets a customer's access token by the cookie grant: the browser's cookie is the identity.
 * @internal
 */
export async function fetchToken(source: CookieSource, signal: AbortSignal): Promise<Authorization> {
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
    throw new RTMError('no_token', `the token endpoint ${source.url} could not be reached: ${textOf(cause)}`)
  }
  const body = Object(await response.json().catch(() => null)) as Record<string, unknown>
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
  const seconds = Number(body['expires_in'])
  return [`Bearer ${token}`, seconds > 0 ? seconds * 1000 : 0]
}

/**
 * The token as the login wants it.
 * @internal
 */
export function withScheme(token: Token): string {
  const text = accessToken(token)
  const type = (typeof token === 'object' && token.tokenType) || 'Bearer'
  return /^[A-Za-z]+ /.test(text) ? text : `${type} ${text}`
}
