import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit'
import { checkIcon, moreIcon } from './icons.ts'
import { Popup, type Find } from './popup.ts'
import type { Strings } from './strings.ts'

export interface MenuItem {
  /** The name of its part. */
  part: string
  label: string
  /** Whether it is on, for what can be on or off. */
  checked?: boolean
  disabled?: boolean
  act: () => void
}

/** Menu is a button with what can be done with the conversation. */
export class Menu {
  readonly #popup: Popup

  constructor(host: ReactiveControllerHost, find: Find) {
    this.#popup = new Popup(host, find, 'menu')
  }

  render(s: Strings, items: () => readonly MenuItem[]): TemplateResult {
    const { open, toggle, onKeydown, onFocusout } = this.#popup
    return html`
      <div class="menu-place">
        <button class="icon-button menu-button" part="menu-button" type="button" aria-label=${s.menu} aria-haspopup="menu" aria-expanded=${open}
          @click=${toggle}>${moreIcon}</button>
        ${open ? html`
          <div class="menu" part="menu" role="menu" aria-label=${s.menu} @keydown=${onKeydown} @focusout=${onFocusout}>${items().map(item => this.#item(item))}</div>` : nothing}
      </div>`
  }

  #item({ part, label, checked, disabled, act }: MenuItem): TemplateResult {
    const choose = () => {
      if (disabled) return
      this.#popup.close()
      act()
    }
    return html`
      <button class="menu-item" part="menu-item ${part}" type="button" tabindex="-1" role=${checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
        aria-checked=${checked ?? nothing} aria-disabled=${disabled ? 'true' : nothing} @click=${choose}>
        <span class="menu-mark" aria-hidden="true">${checked ? checkIcon : nothing}</span>${label}
      </button>`
  }
}
