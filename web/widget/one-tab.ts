import { recall, remember, type Alerted } from './storage.ts'

const scope = (organization: string, client: string) => `rtm-chat:${organization}:${client}`

/** How many events a browser remembers to have told of. */
const remembered = 20

/**
 * inOneTab calls act in one of this browser's tabs alone for each event: in the one that comes first. Where the browser keeps
 * nothing each tab speaks for itself.
 */
export async function inOneTab(organization: string, client: string, mark: Alerted, event: string, act: () => void): Promise<void> {
  const first = () => {
    const told = recall(organization, client)[mark] ?? []
    if (told.includes(event)) return
    remember(organization, client, { [mark]: [...told, event].slice(-remembered) })
    act()
  }
  if (navigator.locks) await navigator.locks.request(scope(organization, client), first)
  else first()
}

/** Visible tells the browser's other tabs that somebody sees this one. */
export class Visible {
  readonly name: string
  #release: (() => void) | undefined

  constructor(organization: string, client: string) {
    this.name = `${scope(organization, client)}:visible`
  }

  /** update follows the page's visibility; false when the widget has gone. */
  update(visible: boolean): void {
    if (!visible) {
      this.#release?.()
      this.#release = undefined
    } else if (!this.#release && navigator.locks) {
      const seen = new Promise<void>(release => { this.#release = release })
      void navigator.locks.request(this.name, { mode: 'shared' }, () => seen)
    }
  }

  /** anywhere is true when some tab with this chat is seen. */
  async anywhere(): Promise<boolean> {
    if (document.visibilityState === 'visible') return true
    const held = navigator.locks ? (await navigator.locks.query()).held : []
    return Boolean(held?.some(({ name }) => name === this.name))
  }
}
