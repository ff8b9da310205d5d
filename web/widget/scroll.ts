import type { ReactiveController, ReactiveControllerHost } from 'lit'

/** Reading is what a scroller does for somebody who reads what is old. */
export interface Reading {
  /** What stands still while something comes in above it, in its order; each has a data-key. */
  rows: (at: HTMLElement) => Iterable<HTMLElement>
  /** The reader is near the start. */
  start: () => void
  /** The reader has left the end or is back. */
  end: (atEnd: boolean) => void
}

/** How near to the start older things are asked for, in pixels. */
const near = 160

/**
 * StickToEnd keeps a scroller at its end while its content or its size changes, as long as the reader has not scrolled away;
 * then it keeps what is read where it is.
 */
export class StickToEnd implements ReactiveController {
  #find: () => HTMLElement | null | undefined
  #atEnd = true
  /** Where the scroller was when it was last looked at; 0 when it does not matter. */
  #top = 0
  #sizes: ResizeObserver | undefined
  #watched: HTMLElement | null | undefined
  #reading: Reading | undefined
  /** What the reader had on top before a drawing, and how high it stood. */
  #anchor: { key: string | undefined; top: number } | undefined

  constructor(host: ReactiveControllerHost, find: () => HTMLElement | null | undefined, reading?: Reading) {
    this.#find = find
    this.#reading = reading
    host.addController(this)
  }

  /** Whether the end is kept in sight. */
  get atEnd(): boolean {
    return this.#atEnd
  }

  /** jump goes to the end at the next drawing, wherever the reader is. */
  jump(): void {
    this.#top = 0
    this.#setEnd(true)
  }

  hostUpdate(): void {
    if (this.#atEnd) this.#look()
    this.#anchor = undefined
    const at = this.#watched
    if (!at || this.#atEnd || !this.#reading) return
    const { top } = at.getBoundingClientRect()
    for (const row of this.#reading.rows(at)) {
      const box = row.getBoundingClientRect()
      if (box.bottom <= top) continue
      this.#anchor = { key: row.dataset.key, top: box.top }
      return
    }
  }

  hostUpdated(): void {
    const at = this.#find()
    if (at !== this.#watched) this.#watch(at)
    this.#hold()
    this.#keep()
    if (at && at.clientHeight > 0 && at.scrollHeight <= at.clientHeight + near) this.#reading?.start()
  }

  hostDisconnected(): void {
    this.#watch(undefined)
  }

  #watch(at: HTMLElement | null | undefined): void {
    this.#sizes?.disconnect()
    this.#watched?.removeEventListener('scroll', this.#onScroll)
    this.#watched?.removeEventListener('load', this.#onLoad, true)
    this.#watched = at
    this.#top = 0
    if (!at) return
    this.#sizes = new ResizeObserver(() => this.#keep())
    this.#sizes.observe(at)
    at.addEventListener('scroll', this.#onScroll, { passive: true })
    // An image gets its room when it is there.
    at.addEventListener('load', this.#onLoad, true)
  }

  #onLoad = (): void => this.#keep()

  #onScroll = (): void => {
    this.#look()
    if (!this.#atEnd && this.#watched?.clientHeight && this.#top < near) this.#reading?.start()
  }

  /** look finds out whether the reader has moved. The event that tells of it comes a frame later, and much may happen before. */
  #look(): void {
    const at = this.#watched
    if (!at || at.clientHeight === 0) return
    const top = at.scrollTop
    const up = top < this.#top
    this.#top = top
    // Only who goes up leaves the end: by now more may have come or the room be less.
    if (at.scrollHeight - top - at.clientHeight < 48) this.#setEnd(true)
    else if (up) this.#setEnd(false)
  }

  #setEnd(atEnd: boolean): void {
    if (atEnd === this.#atEnd) return
    this.#atEnd = atEnd
    this.#reading?.end(atEnd)
  }

  /** hold puts back where it was what the reader had on top. */
  #hold(): void {
    const at = this.#watched
    const anchor = this.#anchor
    this.#anchor = undefined
    if (!at || !anchor || this.#atEnd || !this.#reading) return
    for (const row of this.#reading.rows(at)) {
      if (row.dataset.key !== anchor.key) continue
      const moved = row.getBoundingClientRect().top - anchor.top
      if (moved) at.scrollTop += moved
      this.#top = at.scrollTop
      return
    }
  }

  #keep(): void {
    if (this.#atEnd) this.#look()
    const at = this.#watched
    if (!at || !this.#atEnd) return
    at.scrollTop = at.scrollHeight
    this.#top = at.scrollTop
  }
}
