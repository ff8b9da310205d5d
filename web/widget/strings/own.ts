import type { Counted } from './counted.ts'

/** Texts in place of those of a catalogue. Where those are functions a string will do: {1} and {2} in it are the arguments. */
export type Own<T> = { readonly [K in keyof T]?: T[K] extends string ? string : T[K] extends (...args: never) => string ? T[K] | string : Own<T[K]> }

/** replace puts a page's own strings in the place of those of a catalogue. */
export function replace<T extends object>(strings: T, own: Own<T>): T {
  const out = { ...strings } as Record<string, unknown>
  for (const [key, text] of Object.entries(own)) {
    if (!Object.hasOwn(out, key)) continue
    const ours = out[key]
    if (typeof ours === 'function' && typeof text === 'string') out[key] = template(text)
    else if (ours !== null && typeof ours === 'object' && text) out[key] = replace(ours, text)
    else if (typeof text === typeof ours) out[key] = text
  }
  return out as unknown as T
}

/** template is a function that fills in its arguments; the catalogue that it belongs to says how numbers look. */
function template(text: string) {
  return function (this: ThisParameterType<Counted>, ...args: ReadonlyArray<string | number>) {
    return text.replace(/\{(\d)\}/gu, (all, n: string) => {
      const arg = args[Number(n) - 1]
      return typeof arg === 'number' ? new Intl.NumberFormat(this.locale).format(arg) : arg ?? all
    })
  }
}
