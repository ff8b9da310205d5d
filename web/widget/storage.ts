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

/** What somebody wants of it. It is kept by itself, so that two tabs that remember something at the same time don't lose it. */
export interface Wishes {
  /** No sound. */
  muted?: boolean
  /** Notifications; unset as long as nobody said. */
  notify?: boolean
}

/** recall never throws: storage may be blocked or hold anything. */
export const recall = (organization: string, client: string): Memory => read(key(organization, client))

export const remember = (organization: string, client: string, change: Memory): void => write(key(organization, client), change)

export const wishes = (organization: string, client: string): Wishes => read(`${key(organization, client)}:wishes`)

export const wish = (organization: string, client: string, change: Wishes): void => write(`${key(organization, client)}:wishes`, change)

function read(at: string): object {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(at) ?? '{}')
    return value !== null && typeof value === 'object' ? value : {}
  } catch {
    return {}
  }
}

function write(at: string, change: object): void {
  try {
    localStorage.setItem(at, JSON.stringify({ ...read(at), ...change }))
  } catch {
    // Without storage the widget starts minimized on each page.
  }
}
