import type { ReactiveController, ReactiveControllerHost } from 'lit'

/**
 * StickToEnd keeps a scroller at its end while its content or its size changes, as long as the reader has not scrolled away.
 */
export class StickToEnd implements ReactiveController {
  #find: () => HTMLElement | null | undefined
  #atEnd = true
  /** Where the scroller was when it was last looked at. */
  #top = 0
  #sizes: ResizeObserver | undefined
  #watched: HTMLElement | null | undefined

  constructor(host: ReactiveControllerHost, find: () => HTMLElement | null | undefined) {
    this.#find = find
    host.addController(this)
  }

  /** jump goes to the end at the next drawing, wherever the reader is. */
  jump(): void {
    this.#atEnd = true
  }

  hostUpdated(): void {
    const at = this.#find()
    if (at !== this.#watched) this.#watch(at)
    this.#keep()
  }

  hostDisconnected(): void {
    this.#watch(undefined)
  }

  #watch(at: HTMLElement | null | undefined): void {
    this.#sizes?.disconnect()
    this.#watched?.removeEventListener('scroll', this.#onScroll)
    this.#watched?.removeEventListener('load', this.#onLoad, true)
    this.#watched = at
    if (!at) return
    this.#sizes = new ResizeObserver(() => this.#keep())
    this.#sizes.observe(at)
    at.addEventListener('scroll', this.#onScroll, { passive: true })
    // An image gets its room when it is there.
    at.addEventListener('load', this.#onLoad, true)
  }

  #onLoad = (): void => this.#keep()

  #onScroll = (): void => {
    const at = this.#watched
    if (!at || at.clientHeight === 0) return
    // Only who goes up leaves the end: an event is told late, and by then more may have come or the room be less.
    if (at.scrollHeight - at.scrollTop - at.clientHeight < 48) this.#atEnd = true
    else if (at.scrollTop < this.#top) this.#atEnd = false
    this.#top = at.scrollTop
  }

  #keep(): void {
    const at = this.#watched
    if (!at || !this.#atEnd) return
    at.scrollTop = at.scrollHeight
    this.#top = at.scrollTop
  }
}
