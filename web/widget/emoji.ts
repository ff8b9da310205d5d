import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit'
import { emojiIcon } from './icons.ts'
import { Popup, type Find } from './popup.ts'
import type { Strings } from './strings.ts'

// The ready-made pickers (emoji-picker-element, PicMo, Emoji Mart) write markup from strings and put a style element into
// the page; a policy with Trusted Types and style-src 'self' refuses both. So these are drawn here: those that people send.
const emoji = (
  '😀 😄 😁 😂 🤣 😊 🙂 😉 😍 😘 😋 😎 🤗 🤔 😏 😌 ' +
  '😅 😇 🤩 🥳 😜 😐 😴 😬 🙄 😮 😳 🥺 😢 😭 😞 😓 ' +
  '😤 😡 🤯 😱 🤒 🤕 👍 👎 👌 🙏 👏 🙌 👋 🤝 💪 🤞 ' +
  '👉 👆 👀 🤷 🤦 🙋 ❤️ 🧡 💛 💚 💙 💜 💔 ✨ 🔥 🎉 ' +
  '🎁 ⭐ ✅ ❌ ❓ ❗ ⚠️ 💯 💡 ⏰ 📅 📦 🚚 🛒 💳 💶 ' +
  '🏠 📞 📧 📷 🔑 🔒 🔗 📎 🌞 🌧️ ❄️ 🌈 🌹 🍀 🐶 🐱 ' +
  '☕ 🍰 🍕 🍺 🥂 🎵 ⚽ 🏆 🚗 ✈️ 🚲 🚀 🌍 💬 👻 🤖'
).split(' ')

const columns = 8

/** EmojiPicker is a button beside a text field, and a grid of emoji that go into the field where its caret is. */
export class EmojiPicker {
  readonly #popup: Popup
  readonly #find: Find

  constructor(host: ReactiveControllerHost, find: Find) {
    this.#popup = new Popup(host, find, 'emoji', columns)
    this.#find = find
  }

  button(s: Strings): TemplateResult {
    return html`<button class="field-button emoji-button" part="emoji-button" type="button" aria-label=${s.emoji} title=${s.emoji} aria-haspopup="menu"
      aria-expanded=${this.#popup.open} @click=${this.#popup.toggle}>${emojiIcon}</button>`
  }

  /** The grid, drawn when it is wanted. A screen reader knows the name of every emoji. */
  grid(s: Strings): TemplateResult | typeof nothing {
    if (!this.#popup.open) return nothing
    return html`
      <div class="emoji" part="emoji" role="menu" aria-label=${s.emoji} @keydown=${this.#popup.onKeydown} @focusout=${this.#popup.onFocusout}
        @click=${this.#onClick}>
        ${emoji.map(one => html`<button type="button" role="menuitem" tabindex="-1">${one}</button>`)}
      </div>`
  }

  readonly #onClick = (event: Event): void => {
    const field = this.#find('.composer .field textarea') as HTMLTextAreaElement | null
    const chosen = (event.target as Element).closest('button')?.textContent
    if (!field || !chosen) return
    this.#popup.close(false)
    field.focus()
    field.setRangeText(chosen, field.selectionStart, field.selectionEnd, 'end')
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
}
