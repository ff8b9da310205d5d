/** How many events a tab holds on to, so that no slower tab tells of them again. */
const kept = 20

/**
 * OneTab chooses one of this browser's tabs for what all of them hear of. It is done with locks: what tabs store in
 * localStorage reaches the others too late.
 */
export class OneTab {
  readonly name: string
  readonly #held: Array<() => void> = []
  #seen: (() => void) | undefined

  /** whose names the conversation that the tabs have in common. */
  constructor(whose: string) {
    this.name = `rtm-chat:${whose}`
  }

  /** tell calls act in the tab that comes first with that event. */
  async tell(event: string, act: () => void): Promise<void> {
    if (!navigator.locks) return act()
    await new Promise<void>(decided => {
      void navigator.locks.request(`${this.name}:${event}`, { ifAvailable: true }, lock => {
        decided()
        if (!lock) return
        act()
        const held = new Promise<void>(release => { this.#held.push(release) })
        if (this.#held.length > kept) this.#held.shift()?.()
        return held
      })
    })
  }

  /** visible tells the other tabs whether somebody sees this one. */
  visible(visible: boolean): void {
    if (!visible) {
      this.#seen?.()
      this.#seen = undefined
    } else if (!this.#seen && navigator.locks) {
      const seen = new Promise<void>(release => { this.#seen = release })
      void navigator.locks.request(`${this.name}:visible`, { mode: 'shared' }, () => seen)
    }
  }

  /** seen is true when somebody sees a tab with this conversation. */
  async seen(): Promise<boolean> {
    if (document.visibilityState === 'visible') return true
    const held = navigator.locks ? (await navigator.locks.query()).held : []
    return Boolean(held?.some(({ name }) => name === `${this.name}:visible`))
  }

  /** close lets go of everything. */
  close(): void {
    this.visible(false)
    for (const release of this.#held.splice(0)) release()
  }
}
