import { badge } from './format.ts'
import { launcherText } from './launcher-styles.ts'
import type { LauncherStrings } from './strings/launcher-en.ts'
import { chatShape, downShape } from './shapes.ts'
import { themeText } from './theme.ts'

export interface LauncherState {
  open: boolean
  unread: number
  /** The panel was asked for and is on its way. */
  loading: boolean
  /** The panel could not be had. */
  failed: boolean
}

let sheets: CSSStyleSheet[] | undefined

/** Launcher is the button in the corner, drawn without a library: it is all that a page loads for most of its visitors. */
export class Launcher {
  readonly button = document.createElement('button')
  readonly #path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  readonly #badge = document.createElement('span')
  readonly #trouble = document.createElement('p')

  constructor(root: ShadowRoot) {
    root.adoptedStyleSheets = sheets ??= [themeText, launcherText].map(text => {
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(text)
      return sheet
    })
    const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    set(icon, { viewBox: '0 0 24 24', width: '28', height: '28', 'aria-hidden': 'true', focusable: 'false' })
    icon.append(this.#path)
    set(this.button, { class: 'launcher', part: 'launcher', type: 'button', 'aria-haspopup': 'dialog' })
    set(this.#badge, { class: 'badge', part: 'badge', 'aria-hidden': 'true' })
    set(this.#trouble, { class: 'trouble', part: 'trouble', role: 'status' })
    this.button.append(icon)
    root.append(this.button, this.#trouble)
  }

  draw({ open, unread, loading, failed }: LauncherState, s: LauncherStrings & { readonly locale: string }): void {
    const counts = unread > 0 && !open
    set(this.button, {
      lang: s.locale,
      'aria-expanded': String(open),
      'aria-label': open ? s.close : counts ? s.openUnread(unread) : s.open,
    })
    this.button.toggleAttribute('data-loading', loading)
    this.#path.setAttribute('d', open ? downShape : chatShape)
    write(this.#badge, counts ? badge(unread, s) : '')
    this.#trouble.lang = s.locale
    write(this.#trouble, failed ? s.unavailable : '')
    if (counts) this.button.append(this.#badge)
    else this.#badge.remove()
  }
}

function set(element: Element, attributes: Record<string, string>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
}

/** write leaves a text alone that is the same, so that it is not announced again. */
function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
