/*! @license fixture notice */
import { greet } from './greet'

declare const __RTM_WORKER_URL__: string
declare const __RTM_WASM_URL__: string

export const urls = { worker: __RTM_WORKER_URL__, wasm: __RTM_WASM_URL__ }

/** Exercises what a minifier likes to rewrite: closures, labels, getters, spreads, templates, regular expressions. */
export function selfTest(): string {
  class Counter {
    #n = 0
    static readonly start = 2
    get n(): number { return this.#n }
    add(...by: number[]): this {
      outer: for (const b of by) {
        for (let i = 0; i < 3; i++) {
          if (i === b) continue outer
        }
        this.#n += b
      }
      return this
    }
  }
  const counter = new Counter().add(1, 5, Counter.start, 7)
  const { a = 4, ...rest } = { b: 2, c: 3 } as { a?: number, b: number, c: number }
  const text = `${greet('Ada')} ${counter.n} ${a ?? 0} ${JSON.stringify(rest)} ${'a-b_c'.replace(/[-_](\w)/g, (_, x: string) => x.toUpperCase())}`
  return text
}
