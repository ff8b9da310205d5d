import type { EventName } from './event-names.ts'
import type { Identity, RTMChatElement } from './rtm-chat-element.ts'

/** What `rtmChat` can be told, beside `on`, `once`, `off` and `destroy`; the element's own methods under their names. */
export interface Commands {
  maximize: []
  open: []
  minimize: []
  close: []
  hide: []
  identify: [identity: Identity]
  setSessionFields: [fields: Record<string, string>]
  setPage: [page: { url: string; title: string }]
  call: [action: string, payload?: object]
  get: [what: 'visibility' | 'unread']
}

/** command carries out a command that came from a page, of which nothing is sure. */
export function command(chat: RTMChatElement, name: string, args: readonly unknown[]): unknown {
  const [first, second] = args as [never, never]
  switch (name) {
    case 'maximize': case 'open': return chat.show()
    case 'minimize': case 'close': return chat.close()
    case 'hide': return chat.hide()
    case 'identify': return chat.identify(first)
    case 'setSessionFields': return chat.setSessionFields(first)
    case 'setPage': return chat.setPage(first)
    case 'call': return chat.call(first, second)
    case 'get': if (first === 'visibility' || first === 'unread') return chat[first]
  }
  throw new TypeError(`rtmChat: there is nothing like ${[name, ...args.filter(arg => typeof arg === 'string')].join(' ')}`)
}

/** detail is what an event says, as data that can go to another window. */
export function detail(event: Event): Record<string, unknown> {
  const { isTrusted, ...said } = event as Event & Record<string, unknown>
  return said.error === undefined ? said : { error: plain(said.error) }
}

/** plain is an error as data. */
export function plain(cause: unknown): { type: string; message: string } {
  const { type, message } = (cause ?? {}) as { type?: unknown; message?: unknown }
  return { type: typeof type === 'string' ? type : 'error', message: typeof message === 'string' ? message : String(cause) }
}

/** Attributes of the snippet's script that the element takes over. What is not among them stays with the script. */
export const attributes = ['organization-id', 'client-id', 'group', 'greetings', 'open', 'hidden', 'theme', 'position', 'lang', 'dir']

/** adorn sets what the page's author wrote at the script: attributes, and `--rtm-*` variables. */
export function adorn(chat: HTMLElement, given: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith('--rtm-')) chat.style.setProperty(name, value)
    else if (attributes.includes(name)) chat.setAttribute(name, value)
  }
}

/** Where the element is, seen from the snippet. */
export interface Place {
  run(name: string, args: readonly unknown[]): Promise<unknown>
  destroy(): void
}

export type Tell = (name: EventName, detail: unknown) => void
