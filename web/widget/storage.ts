/** What one browser remembers of an organization's chat. */
export interface Memory {
  /** The panel was open. */
  open?: boolean
  /** The whole widget was hidden. */
  hidden?: boolean
  /** There is a conversation, so the panel and the core are loaded when the page has been. */
  known?: boolean
  /** The number of unread events when the core was last there. */
  unread?: number
}

const key = (organization: string, client: string) => `rtm-chat:${organization}${client && `:${client}`}`

/** recall never throws: storage may be blocked or hold anything. */
export function recall(organization: string, client: string): Memory {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key(organization, client)) ?? '{}')
    return value !== null && typeof value === 'object' ? value : {}
  } catch {
    return {}
  }
}

export function remember(organization: string, client: string, change: Memory): void {
  try {
    localStorage.setItem(key(organization, client), JSON.stringify({ ...recall(organization, client), ...change }))
  } catch {
    // Without storage the widget starts minimized on each page.
  }
}
