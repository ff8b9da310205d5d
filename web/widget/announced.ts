import type { ModelItem, ModelState } from 'rtmwidget'

/**
 * Announced tells what was added to the chats since the page was loaded. History does not count: what a chat holds when its
 * timeline is first fetched was there before, unless the chat came whole after the first login.
 */
export class Announced {
  readonly #known = new Map<string, Set<string>>()
  readonly #unfetched = new Set<string>()
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
      for (const item of chat.timeline) {
        if (item.state !== 'sent' || keys.has(item.key)) continue
        keys.add(item.key)
        if (!history) fresh.push({ chatId: chat.id, item })
      }
    }
    if (state.connection.state === 'live') this.#begun = true
    return fresh
  }
}
