import type { ReactiveController, ReactiveControllerHost } from 'lit'

/** Find gets an element of what the host draws. */
export type Find = (selector: string) => HTMLElement | null

/**
 * Popup is a menu beside the button that opens it. The arrow keys, Home and End move through its items; Esc, a choice, a
 * press elsewhere and moving on with Tab close it. The button has the class `NAME-button`, the menu `NAME`.
 */
export class Popup implements ReactiveController {
  open = false
  readonly #host: ReactiveControllerHost
  readonly #find: Find
  readonly #name: string
  readonly #columns: number
  #outside: AbortController | undefined

  constructor(host: ReactiveControllerHost, find: Find, name: string, columns = 1) {
    this.#host = host
    this.#find = find
    this.#name = name
    this.#columns = columns
    host.addController(this)
  }

  readonly toggle = (): void => {
    if (this.open) this.close()
    else void this.#show()
  }

  /** close takes the menu away; the focus goes back to its button, unless it went elsewhere. */
  close(back = true): void {
    if (!this.open) return
    this.open = false
    this.#outside?.abort()
    if (back) this.#button?.focus({ preventScroll: true })
    this.#host.requestUpdate()
  }

  hostDisconnected(): void {
    this.close(false)
  }

  readonly onKeydown = (event: KeyboardEvent): void => {
    const items = this.#items
    const at = items.indexOf(event.target as HTMLElement)
    const menu = this.#menu
    const forth = menu && getComputedStyle(menu).direction === 'rtl' ? -1 : 1
    const wide = this.#columns > 1
    const steps: Record<string, number> = {
      ArrowDown: at + this.#columns, ArrowUp: at - this.#columns, Home: 0, End: items.length - 1,
      ...(wide && { ArrowRight: at + forth, ArrowLeft: at - forth }),
    }
    const to = steps[event.key]
    if (event.key === 'Escape') this.close()
    else if (to === undefined) return
    // A list goes round, a grid ends at its edges.
    else items[wide ? to : (to + items.length) % items.length]?.focus()
    event.preventDefault()
    event.stopPropagation()
  }

  readonly onFocusout = (event: FocusEvent): void => {
    const to = event.relatedTarget
    if (to instanceof Node && !this.#menu?.contains(to) && to !== this.#button) this.close(false)
  }

  async #show(): Promise<void> {
    this.open = true
    this.#outside = new AbortController()
    const { signal } = this.#outside
    document.addEventListener('pointerdown', event => {
      const path = event.composedPath()
      if (![this.#menu, this.#button].some(own => own && path.includes(own))) this.close(false)
    }, { signal, capture: true })
    this.#host.requestUpdate()
    await this.#host.updateComplete
    this.#items[0]?.focus({ preventScroll: true })
  }

  get #menu(): HTMLElement | null {
    return this.#find(`.${this.#name}`)
  }

  get #button(): HTMLElement | null {
    return this.#find(`.${this.#name}-button`)
  }

  get #items(): HTMLElement[] {
    return [...this.#menu?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? []]
  }
}
