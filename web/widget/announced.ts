import type { ModelItem, ModelState } from 'rtmwidget'

/**
 * Announced tells what was added to the chats since the page was loaded. History does not count: neither what a chat holds
 * when its timeline is first fetched, unless the chat came whole after the first login, nor what is read above it later.
 */
export class Announced {
  readonly #known = new Map<string, Set<string>>()
  readonly #unfetched = new Set<string>()
  /** The timelines that were looked at. */
  readonly #seen = new Map<string, readonly ModelItem[]>()
  #begun = false

  next(state: ModelState): Array<{ chatId: string; item: ModelItem }> {
    const fresh: Array<{ chatId: string; item: ModelItem }> = []
    for (const chat of state.chats) {
      let keys = this.#known.get(chat.id)
      let history = false
      if (!keys) {
        if (!chat.loaded) {
          this.#unfetched.add(chat.id)
          continue
        }
        history = this.#unfetched.delete(chat.id) || !this.#begun
        keys = new Set()
        this.#known.set(chat.id, keys)
      }
      if (this.#seen.get(chat.id) === chat.timeline) continue
      this.#seen.set(chat.id, chat.timeline)
      let above = keys.size > 0 && chat.timeline.some(item => keys?.has(item.key))
      for (const item of chat.timeline) {
        if (item.state !== 'sent') continue
        if (keys.has(item.key)) {
          above = false
          continue
        }
        keys.add(item.key)
        if (!history && !above) fresh.push({ chatId: chat.id, item })
      }
    }
    if (state.connection.state === 'live') this.#begun = true
    return fresh
  }
}
