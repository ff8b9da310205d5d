import type { ConnectionConfig } from './messages.ts'

/** Where the Web API and the sockets of a connection are; the engine makes them alike, see `url` of the Go package session. */
export function addressOf({ api, server, organization, version, region }: ConnectionConfig, path: string): string {
  const base = server ? server.replace(/^ws/, 'http') : `https://api${region.startsWith('fra') ? '-fra' : ''}.livechatinc.com`
  return `${base}/v${version}/${api}/${path}${organization && `?organization_id=${encodeURIComponent(organization)}`}`
}
