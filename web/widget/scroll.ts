import type { ReactiveController, ReactiveControllerHost } from 'lit'

/**
 * StickToEnd keeps a scroller at its end while its content or its size changes, as long as the reader has not scrolled away.
 */
export class StickToEnd implements ReactiveController {
  #find: () => HTMLElement | null | undefined
  #atEnd = true
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
    this.#watched = at
    if (!at) return
    this.#sizes = new ResizeObserver(() => this.#keep())
    this.#sizes.observe(at)
    at.addEventListener('scroll', this.#onScroll, { passive: true })
  }

  #onScroll = (): void => {
    const at = this.#watched
    if (at && at.clientHeight > 0) this.#atEnd = at.scrollHeight - at.scrollTop - at.clientHeight < 48
  }

  #keep(): void {
    const at = this.#watched
    if (at && this.#atEnd) at.scrollTop = at.scrollHeight
  }
}
