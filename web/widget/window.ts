import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { Row } from './groups.ts'
import type { StickToEnd } from './scroll.ts'

/** What is to be drawn: the rows from…to, and the room of those above and below, in pixels. */
export interface Range { from: number; to: number; above: number; below: number }

/** Up to so many messages are all drawn: the browser's own search and reading aloud find the whole of most conversations. */
const whole = 200

/** How much is drawn above and below what is seen, in heights of that, and when it has to be renewed. */
const spare = 1
const enough = 0.7

/** What an unseen scroller is taken to be, in pixels. */
const usual = 600

/** The most rows that are kept drawn for a selection or the focus in them. */
const held = 400

/** How often in a row the drawing may show that too little was drawn. Each time more heights are known. */
const passes = 8

/**
 * Window has a scroller draw only what is near to what is seen of a long timeline. Above and below stands an element of the
 * class `space`, which has the height of what is not drawn: measured where it was drawn once, else estimated. StickToEnd,
 * which must be made before it, keeps in place what is read while a height turns out to be another.
 *
 * `content-visibility: auto` would spare the layout of what is not seen, but not its nodes and templates: 10,000 messages
 * are 100,000 nodes, and each change would go over all of them.
 */
export class Window implements ReactiveController {
  readonly #host: ReactiveControllerHost
  readonly #find: () => HTMLElement | null | undefined
  readonly #stick: StickToEnd
  readonly #estimate: (row: Row, width: number) => number
  #watched: HTMLElement | null | undefined
  #sizes: ResizeObserver | undefined
  #rows: readonly Row[] = []
  /** Measured heights by the row's key; the number of its messages when it was measured. */
  readonly #known = new Map<string, { height: number; count: number }>()
  #heights = new Float64Array(0)
  /** Where each row begins, and at last where they end. */
  #tops = new Float64Array(1)
  #range: Range = { from: 0, to: 0, above: 0, below: 0 }
  /** What is seen: where it begins below the start of the rows, and its size. */
  #view = { top: 0, height: 0, width: 0 }
  #drawn = false
  /** The heights are those of another width. */
  #stale = false
  #passes = 0
  #live = true
  /** Counts the drawings that scrolling asked for. */
  version = 0

  constructor(host: ReactiveControllerHost, find: () => HTMLElement | null | undefined, stick: StickToEnd, estimate: (row: Row, width: number) => number) {
    this.#host = host
    this.#find = find
    this.#stick = stick
    this.#estimate = estimate
    host.addController(this)
  }

  /**
   * Whether what comes into the page is new, not only drawn because somebody scrolls: then it can be read out. To be asked
   * before range.
   */
  get live(): boolean {
    return this.#live = this.#fresh
  }

  get #fresh(): boolean {
    return this.#stick.atEnd && this.#range.to === this.#rows.length
  }

  /** range is what to draw of the rows, which are others only when they have changed. */
  range(rows: readonly Row[]): Range {
    if (rows !== this.#rows || this.#stale) this.#take(rows)
    this.#drawn = true
    return this.#range = this.#choose()
  }

  /** heightOf is what a row takes, or is thought to. */
  #heightOf(row: Row): number {
    const known = this.#known.get(row.key)
    return known?.count === count(row) ? known.height : this.#estimate(row, this.#view.width)
  }

  #take(rows: readonly Row[]): void {
    // A message: the row of a day has another key when more of that day comes in above it.
    let read = this.#stick.atEnd ? this.#rows.length : this.#at(this.#view.top)
    while (read < this.#rows.length && this.#rows[read]?.kind !== 'group') read++
    const before = this.#rows[read]
    const into = before ? this.#view.top - (this.#tops[read] ?? 0) : 0
    if (this.#known.size > rows.length + 5_000) this.#known.clear()
    this.#rows = rows
    this.#stale = false
    this.#passes = 0
    this.#heights = Float64Array.from(rows, row => this.#heightOf(row))
    this.#sum()
    // What is read stays what is seen, whatever came in above it.
    const now = before ? place(rows, before) : -1
    if (now >= 0) this.#view.top = (this.#tops[now] ?? 0) + into
  }

  #sum(): void {
    const tops = new Float64Array(this.#heights.length + 1)
    let top = 0
    for (let i = 0; i < this.#heights.length; i++) tops[i + 1] = top += this.#heights[i] ?? 0
    this.#tops = tops
  }

  /** at is the row at a height, the last that begins above it. */
  #at(y: number): number {
    let [low, high] = [0, Math.max(0, this.#rows.length - 1)]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#tops[middle] ?? 0) <= y) low = middle
      else high = middle - 1
    }
    return low
  }

  #choose(): Range {
    const n = this.#rows.length
    const total = this.#tops[n] ?? 0
    let messages = 0
    for (let i = 0; i < n && messages <= whole; i++) messages += count(this.#rows[i])
    if (messages <= whole) return { from: 0, to: n, above: 0, below: 0 }
    const height = this.#view.height || usual
    const top = this.#stick.atEnd ? total - height : Math.min(this.#view.top, total - height)
    let from = this.#at(top - spare * height)
    let to = this.#stick.atEnd ? n : this.#at(top + (1 + spare) * height) + 1
    const { from: first, to: last } = this.#range
    if (last <= n && Math.max(to, last) - Math.min(from, first) <= held && this.#inUse()) {
      from = Math.min(from, first)
      to = Math.max(to, last)
    }
    return { from, to, above: this.#tops[from] ?? 0, below: total - (this.#tops[to] ?? 0) }
  }

  /** inUse is whether the focus or a selection is in what is drawn: neither may be taken away by scrolling. */
  #inUse(): boolean {
    const at = this.#watched
    if (!at) return false
    const root = at.getRootNode() as ShadowRoot & { getSelection?: () => Selection | null }
    const focused = root.activeElement
    if (focused && focused !== at && at.contains(focused)) return true
    const selection = root.getSelection ? root.getSelection() : document.getSelection()
    return Boolean(selection && !selection.isCollapsed && at.contains(selection.anchorNode))
  }

  hostUpdate(): void {
    if (this.#stick.atEnd && this.#range.to !== this.#rows.length) this.version++
  }

  hostUpdated(): void {
    const at = this.#find()
    if (at !== this.#watched) this.#watch(at)
    if (!this.#drawn) return
    this.#drawn = false
    if (!at?.clientHeight) return
    this.#fit(at)
    this.#measure(at)
    this.#look()
    if (this.#live !== this.#fresh) this.#host.requestUpdate()
  }

  hostDisconnected(): void {
    this.#watch(undefined)
  }

  #watch(at: HTMLElement | null | undefined): void {
    this.#sizes?.disconnect()
    this.#watched?.removeEventListener('scroll', this.#onScroll)
    this.#watched = at
    if (!at) return
    this.#sizes = new ResizeObserver(this.#onScroll)
    this.#sizes.observe(at)
    at.addEventListener('scroll', this.#onScroll, { passive: true })
  }

  #onScroll = (): void => {
    this.#passes = 0
    this.#look()
  }

  /** fit forgets the heights when the width is another: text wraps in other places. */
  #fit({ clientWidth: width }: HTMLElement): void {
    if (width === this.#view.width) return
    this.#view.width = width
    this.#known.clear()
    this.#stale = true
    this.#again()
  }

  /** measure takes down the heights of what was drawn. */
  #measure(at: HTMLElement): void {
    const [above, below] = at.querySelectorAll<HTMLElement>('.space')
    if (!above || !below) return
    let one = above.nextElementSibling as HTMLElement | null
    let changed = false
    for (let i = this.#range.from; i < this.#range.to && one && one !== below; i++) {
      const next = one.nextElementSibling as HTMLElement | null
      const row = this.#rows[i]
      // Not by getBoundingClientRect: the panel may be growing.
      const height = (next ?? below).offsetTop - one.offsetTop
      if (row && Math.abs(height - (this.#heights[i] ?? 0)) >= 1) {
        changed = true
        this.#heights[i] = height
      }
      if (row) this.#known.set(row.key, { height, count: count(row) })
      one = next
    }
    if (changed) this.#sum()
  }

  /** look sees where the reader is, and has more drawn when that comes to an end. */
  #look(): void {
    const at = this.#watched
    const above = at?.querySelector('.space')
    if (!at?.clientHeight || !above) return
    this.#fit(at)
    const height = at.clientHeight
    this.#view.top = at.getBoundingClientRect().top - above.getBoundingClientRect().top
    this.#view.height = height
    const { from, to, above: start } = this.#range
    const end = start + (this.#tops[to] ?? 0) - (this.#tops[from] ?? 0)
    const { top } = this.#view
    const lacks = (from > 0 && top - enough * height < start) || (to < this.#rows.length && top + (1 + enough) * height > end)
    if (lacks && this.#passes++ < passes) this.#again()
  }

  #again(): void {
    this.version++
    this.#host.requestUpdate()
  }
}

function count(row: Row | undefined): number {
  return row?.kind === 'group' ? row.items.length : 0
}

/** place is where the message that a row begins with stands among others; -1 when it is gone. */
function place(rows: readonly Row[], { key }: Row): number {
  return rows.findIndex(row => row.kind === 'group' && row.items.some(item => item.key === key))
}
