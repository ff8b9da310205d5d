/** Where the basket lives: as long as the tab. */
const key = 'gale-basket'

/** Basket holds how many of which kite somebody wants. */
export class Basket {
  readonly #items: Map<string, number>

  /** What was kept counts as far as it names one of the known. */
  constructor(known: (id: string) => boolean) {
    this.#items = new Map()
    try {
      const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? '[]')
      if (Array.isArray(kept)) for (const [id, n] of kept as unknown[][]) if (typeof id === 'string' && known(id) && Number.isInteger(n)) this.set(id, n as number)
    } catch { /* nothing is kept, or nothing that can be read: it begins empty */ }
  }

  get items(): ReadonlyMap<string, number> {
    return this.#items
  }

  get count(): number {
    return [...this.#items.values()].reduce((sum, n) => sum + n, 0)
  }

  /** set makes it n of a kite, from 0 to 99. */
  set(id: string, n: number): void {
    if (n > 0) this.#items.set(id, Math.min(n, 99))
    else this.#items.delete(id)
    this.#keep()
  }

  add(id: string, n = 1): void {
    this.set(id, (this.#items.get(id) ?? 0) + n)
  }

  clear(): void {
    this.#items.clear()
    this.#keep()
  }

  #keep(): void {
    try {
      sessionStorage.setItem(key, JSON.stringify([...this.#items]))
    } catch { /* then it lives as long as the page */ }
  }
}
