import type { Entry } from './control.ts'
import { copy, make, tree } from './dom.ts'
import { gist, label, way } from './gist.ts'

interface Row {
  readonly entry: Entry
  readonly element: HTMLLIElement
}

/** What is shown; empty texts stand for all. */
export interface Filter {
  connection: string
  kind: string
  action: string
}

/**
 * Frames draws the newest frames as a sequence diagram: the customer on the left, rtmd in the middle, the agent on the right.
 * A frame costs what it costs to draw it, however many there are; what is folded is drawn when it is opened.
 */
export class Frames {
  readonly #list: HTMLElement
  readonly #most: number
  readonly #changed: () => void
  #rows: Row[] = []
  /** What came while it was paused. */
  #held: Entry[] = []
  #dropped = 0
  #paused = false
  #filter: Filter = { connection: '', kind: '', action: '' }
  /** The row that the Tab key leads to. */
  #current: HTMLElement | undefined

  /** It keeps and draws `most` frames, the newest. */
  constructor(list: HTMLElement, most: number, changed: () => void) {
    this.#list = list
    this.#most = most
    this.#changed = changed
    list.addEventListener('keydown', event => this.#move(event))
    list.addEventListener('focusin', event => {
      if (event.target instanceof HTMLElement && event.target.matches('.frame > details > summary')) this.#lead(event.target)
    })
  }

  get paused(): boolean {
    return this.#paused
  }

  get held(): number {
    return this.#held.length
  }

  get size(): number {
    return this.#rows.length
  }

  /** How many were let go because there were more than fit. */
  get dropped(): number {
    return this.#dropped
  }

  /** The frames that the filter lets through. */
  get shown(): Entry[] {
    return this.#rows.filter(row => !row.element.hidden).map(row => row.entry)
  }

  /** The connections of the frames, in the order of their first one. */
  get connections(): Map<string, Entry> {
    const all = new Map<string, Entry>()
    for (const { entry } of this.#rows) if (entry.connection) all.set(entry.connection, entry.user || !all.has(entry.connection) ? entry : all.get(entry.connection)!)
    return all
  }

  get actions(): Set<string> {
    return new Set(this.#rows.flatMap(({ entry }) => entry.action ?? []))
  }

  add(entries: readonly Entry[]): void {
    if (this.#paused) {
      this.#held.push(...entries)
      this.#dropped += Math.max(0, this.#held.length - this.#most)
      this.#held = this.#held.slice(-this.#most)
      this.#changed()
      return
    }
    const fresh = entries.slice(-this.#most).map(entry => this.#row(entry))
    this.#dropped += entries.length - fresh.length
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 48
    const gone = this.#rows.splice(0, Math.max(0, this.#rows.length + fresh.length - this.#most))
    this.#dropped += gone.length
    for (const { element } of gone) element.remove()
    this.#rows.push(...fresh)
    this.#list.append(...fresh.map(row => row.element))
    if (!this.#current?.isConnected) this.#lead(this.#rows.at(-1)?.element.querySelector('summary') ?? undefined)
    if (atEnd) this.#list.scrollTop = this.#list.scrollHeight
    this.#changed()
  }

  pause(paused: boolean): void {
    this.#paused = paused
    const held = this.#held
    this.#held = []
    if (!paused && held.length) this.add(held)
    else this.#changed()
  }

  clear(): void {
    this.#rows = []
    this.#held = []
    this.#dropped = 0
    this.#list.replaceChildren()
    this.#changed()
  }

  filter(filter: Filter): void {
    this.#filter = filter
    for (const { entry, element } of this.#rows) element.hidden = !this.#passes(entry)
    this.#list.scrollTop = this.#list.scrollHeight
    this.#changed()
  }

  #passes(entry: Entry): boolean {
    const { connection, kind, action } = this.#filter
    return (!connection || entry.connection === connection || entry.api === connection)
      && (!kind || entry.kind === kind || (kind === 'fault' && Boolean(entry.fault)))
      && (!action || (entry.action ?? '').includes(action))
  }

  #row(entry: Entry): Row {
    const name = label(entry)
    const text = gist(entry)
    const time = make('time', 'frame-time', entry.at.slice(11, 23))
    time.dateTime = entry.at
    const effect = entry.fault ? [make('span', 'frame-fault', entry.effect ?? entry.fault)] : []
    const summary = make('summary', 'frame-line', time,
      make('span', 'frame-arrow', make('span', 'frame-name', name), make('span', 'hidden-text', `, ${entry.api} ${way(entry)}`)),
      make('span', 'frame-gist', ...effect, make('bdi', '', text)))
    summary.tabIndex = -1
    const details = make('details', '', summary)
    details.addEventListener('toggle', () => {
      if (details.childElementCount === 1) details.append(this.#body(entry))
    })
    const element = make('li', 'frame', details)
    element.dataset.api = entry.api
    element.dataset.kind = entry.kind
    element.dataset.seq = String(entry.seq)
    if (entry.fault) element.dataset.fault = entry.fault
    element.hidden = !this.#passes(entry)
    return { entry, element }
  }

  #body(entry: Entry): HTMLElement {
    const button = make('button', 'small-button', 'Copy as JSON')
    button.type = 'button'
    button.addEventListener('click', () => void copy(JSON.stringify(entry), button))
    const about = [`#${entry.seq}`, `${entry.api} ${entry.version}`, entry.connection, entry.user, way(entry), entry.fault && `rule ${entry.fault}: ${entry.effect ?? ''}`]
    const body = make('div', 'frame-body', make('div', 'frame-about', make('span', '', about.filter(Boolean).join(' · ')), button))
    if (entry.frame !== undefined) body.append(tree(entry.frame))
    if (entry.text !== undefined) body.append(make('pre', '', entry.text))
    if (entry.answer !== undefined) body.append(tree(entry.answer, 'answer'))
    return body
  }

  /** One row is reached with Tab; from there the arrow keys lead on. */
  #lead(summary: HTMLElement | undefined): void {
    if (this.#current) this.#current.tabIndex = -1
    this.#current = summary
    if (summary) summary.tabIndex = 0
  }

  #move(event: KeyboardEvent): void {
    const from = event.target
    if (!(from instanceof HTMLElement) || !from.matches('.frame > details > summary')) return
    const rows = this.#rows.filter(row => !row.element.hidden)
    const at = rows.findIndex(row => row.element.contains(from))
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key]
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    rows[to]?.element.querySelector('summary')?.focus()
  }
}
