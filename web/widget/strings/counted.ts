/** The plural categories of a language; a catalogue gives a form for each. */
export interface Plurals {
  en: 'one' | 'other'
  de: 'one' | 'other'
  es: 'one' | 'many' | 'other'
  fr: 'one' | 'many' | 'other'
  pl: 'one' | 'few' | 'many' | 'other'
  ar: 'zero' | 'one' | 'two' | 'few' | 'many' | 'other'
  ja: 'other'
}

export type Language = keyof Plurals

/** A text with a number; the catalogue that it belongs to says in which locale. */
export type Counted = (this: { readonly locale: string }, n: number) => string

/** counted makes a text that depends on a number, {n} in each form. */
export function counted<L extends Language>(forms: Readonly<Record<Plurals[L], string>>): Counted {
  return function (n) {
    const category = new Intl.PluralRules(this.locale).select(n)
    const form = (forms as Readonly<Record<string, string>>)[category] ?? (forms as Readonly<Record<'other', string>>).other
    return form.replace('{n}', new Intl.NumberFormat(this.locale).format(n))
  }
}
