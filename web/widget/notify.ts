import type { ReactiveController, ReactiveControllerHost } from 'lit'
import { OneTab } from './one-tab.ts'
import { chime, readySound, soundReady } from './sound.ts'
import { wish, wishes, type Wishes } from './storage.ts'
import { badgeTitle } from './title.ts'

/** A message of the other side, as words. */
export interface News {
  id: string
  name: string
  text: string
}

export interface AlertsOptions {
  organization: () => string
  client: () => string
  /** Shows the conversation to the person who pressed a notification. */
  show: () => void
}

/** What is not shown of a long message. */
const longest = 140

/**
 * Alerts tells of messages to somebody who looks elsewhere: by a sound, by a notification of the desktop and by a number
 * in the page's title. Of several tabs one makes the sound, and one the notification.
 */
export class Alerts implements ReactiveController {
  readonly #host: ReactiveControllerHost & HTMLElement
  readonly #options: AlertsOptions
  #life: AbortController | undefined
  #tabs: OneTab | undefined
  readonly #shown = new Set<Notification>()

  constructor(host: ReactiveControllerHost & HTMLElement, options: AlertsOptions) {
    this.#host = host
    this.#options = options
    host.addController(this)
  }

  hostConnected(): void {
    this.#life = new AbortController()
    const { signal } = this.#life
    const gesture = () => readySound(true)
    for (const type of ['pointerup', 'keydown']) this.#host.addEventListener(type, gesture, { signal, once: true })
    document.addEventListener('visibilitychange', () => this.#seen(), { signal })
    const wished = ({ key }: StorageEvent) => {
      if (key?.startsWith('rtm-chat:')) this.#host.requestUpdate()
    }
    addEventListener('storage', wished, { signal }) // in another tab
  }

  hostUpdated(): void {
    const tabs = new OneTab(`${this.#options.organization()}:${this.#options.client()}`)
    if (this.#tabs?.name === tabs.name) return
    this.#tabs?.close()
    this.#tabs = tabs
    this.#seen()
  }

  hostDisconnected(): void {
    this.#life?.abort()
    this.#tabs?.close()
    this.#tabs = undefined
    this.#clear()
    badgeTitle(this, 0)
  }

  /** unread is how many messages nobody has seen yet. */
  unread(count: number): void {
    if (this.#host.isConnected) badgeTitle(this, count)
  }

  /** tell is called with the newest message that came. */
  tell({ id, name, text }: News): void {
    if (this.sound) readySound(false)
    if (this.sound && soundReady()) void this.#tabs?.tell(`rung:${id}`, chime)
    if (this.notifies && document.visibilityState === 'hidden') void this.#notify(id, name, text)
  }

  get sound(): boolean {
    return !this.#wishes.muted
  }

  toggleSound(): void {
    this.#wish({ muted: this.sound })
    if (this.sound) chime()
  }

  /** Whether the browser lets this page notify, or lets it ask. */
  get canNotify(): boolean {
    return typeof Notification !== 'undefined' && Notification.permission !== 'denied'
  }

  get notifies(): boolean {
    return this.canNotify && Notification.permission === 'granted' && Boolean(this.#wishes.notify)
  }

  /** Nobody has said yet whether they want notifications. */
  get undecided(): boolean {
    return this.canNotify && this.#wishes.notify === undefined
  }

  /** decide turns notifications on or off. Call it only when somebody chose so: the browser may ask them for permission. */
  async decide(on: boolean): Promise<void> {
    if (!on) return this.#wish({ notify: false })
    const answer = await Notification.requestPermission()
    this.#wish({ notify: answer === 'granted' })
  }

  get #wishes(): Wishes {
    return wishes(this.#options.organization(), this.#options.client())
  }

  #wish(change: Wishes): void {
    wish(this.#options.organization(), this.#options.client(), change)
    this.#host.requestUpdate()
  }

  async #notify(id: string, name: string, text: string): Promise<void> {
    const tabs = this.#tabs
    if (!tabs || await tabs.seen()) return
    await tabs.tell(`notified:${id}`, () => {
      if (!this.#host.isConnected) return
      try {
        const body = text.length > longest ? `${text.slice(0, longest - 1)}…` : text
        const note = new Notification(name, { body, tag: `rtm-chat:${this.#options.organization()}` })
        this.#shown.add(note)
        note.onclose = () => this.#shown.delete(note)
        note.onclick = () => {
          window.focus()
          note.close()
          this.#options.show()
        }
      } catch {
        // Chromium on Android notifies through a service worker alone.
      }
    })
  }

  #seen(): void {
    const visible = document.visibilityState === 'visible'
    this.#tabs?.visible(visible)
    if (visible) this.#clear()
  }

  #clear(): void {
    for (const note of this.#shown) note.close()
    this.#shown.clear()
  }
}
