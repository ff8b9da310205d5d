import type { Language } from './strings/counted.ts'
import { launcher } from './strings/launcher.ts'

/** localeOf is a language tag as Intl takes it, English for a language that the widget does not speak. */
export function localeOf(tag: string): string {
  try {
    const locale = new Intl.Locale(tag.trim().replaceAll('_', '-'))
    return locale.language in launcher ? locale.toString() : 'en'
  } catch {
    return 'en'
  }
}

/** languageOf is the language of a locale that localeOf gave. */
export const languageOf = (locale: string): Language => new Intl.Locale(locale).language as Language

/** LocaleWatch knows in which language an element is: its own lang or that of the nearest element around it, across shadow roots; else the reader's. */
export class LocaleWatch {
  readonly #element: HTMLElement
  readonly #changes: MutationObserver
  /** The direction that was set here, not by the page. */
  #directed: string | undefined

  constructor(element: HTMLElement, changed: () => void) {
    this.#element = element
    this.#changes = new MutationObserver(changed)
  }

  /** begin looks at everything around the element until end; after a move it has to begin again. */
  begin(): void {
    this.end()
    for (let at: Node = this.#element; ; at = (at as ShadowRoot).host) {
      at = at.getRootNode()
      this.#changes.observe(at, { subtree: true, attributes: true, attributeFilter: ['lang', 'dir'] })
      if (!(at instanceof ShadowRoot)) return
    }
  }

  end(): void {
    this.#changes.disconnect()
  }

  /** The locale that the page asks for. */
  get locale(): string {
    for (let at: Element | undefined = this.#element; at; at = around(at)) {
      const tag = at.getAttribute('lang')
      if (tag) return localeOf(tag)
    }
    return localeOf(navigator.language)
  }

  /** direct lets the element run as its language does where what is around it runs otherwise; a direction that the page gave it stays. */
  direct(locale: string): void {
    const element = this.#element
    if (element.hasAttribute('dir') && element.dir !== this.#directed) return
    const want = languageOf(locale) === 'ar' ? 'rtl' : 'ltr'
    const parent = around(element)
    this.#directed = parent && getComputedStyle(parent).direction !== want ? want : undefined
    if (!this.#directed) element.removeAttribute('dir')
    else if (element.dir !== want) element.dir = want
  }
}

/** around is an element's parent; that of a shadow root's first elements is its host. */
function around(at: Element): Element | undefined {
  const root = at.getRootNode()
  return at.parentElement ?? (root instanceof ShadowRoot ? root.host : undefined)
}
