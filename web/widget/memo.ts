/** Memo keeps what was made last, until something that it was made of is another. */
export class Memo<T> {
  #of: readonly unknown[] | undefined
  #made: T | undefined

  get(of: readonly unknown[], make: () => T): T {
    if (this.#of?.length !== of.length || of.some((one, i) => !Object.is(one, this.#of?.[i]))) {
      this.#made = make()
      this.#of = of
    }
    return this.#made as T
  }
}
