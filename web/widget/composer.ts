import { html, nothing, type TemplateResult } from 'lit'
import { live } from 'lit/directives/live.js'
import type { EmojiPicker } from './emoji.ts'
import { attachIcon, sendIcon } from './icons.ts'
import { nearEnd, room } from './limit.ts'
import type { Strings } from './strings.ts'

export interface ComposerOptions {
  value: string
  label: string
  strings: Strings
  /** Why the text was not taken; '' when there is nothing to say. */
  notice: string
  input: (text: string) => void
  send: () => void
  /** Takes files that were chosen or pasted; without it there is no button for them. */
  files?: (files: Iterable<File>) => void
  emoji?: EmojiPicker
}

const sizesItself = typeof CSS !== 'undefined' && CSS.supports('field-sizing', 'content')

/**
 * composer draws a text field that grows, and its button. Enter sends, Shift+Enter starts a line. A text that is longer than
 * the protocol takes can be written, and stays, but is not sent.
 */
export function composer({ value, label, strings: s, notice, input, send, files, emoji }: ComposerOptions): TemplateResult {
  const left = room(value)
  const onKeydown = (event: KeyboardEvent) => {
    // keyCode 229: Safari ends a composition before it reports the Enter that accepted it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    if (left >= 0) send()
  }
  const onInput = (event: Event) => {
    const field = event.currentTarget as HTMLTextAreaElement
    fit(field)
    input(field.value)
  }
  const onSubmit = (event: Event) => {
    event.preventDefault()
    // The button goes out with its text, and a focus on it would be lost.
    ;(event.currentTarget as HTMLFormElement).querySelector('textarea')?.focus()
    if (left >= 0) send()
  }
  const onPaste = (event: ClipboardEvent) => {
    // What a word processor copies is text, with an image of it besides.
    const pasted = event.clipboardData
    if (!files || !pasted?.files.length || pasted.types.includes('text/plain')) return
    event.preventDefault()
    files(pasted.files)
  }
  const onChosen = (event: Event) => {
    const chooser = event.currentTarget as HTMLInputElement
    files?.([...chooser.files ?? []])
    chooser.value = '' // so that the same file can be chosen again
  }
  const onAttach = (event: Event) => (event.currentTarget as HTMLElement).parentElement?.querySelector<HTMLInputElement>('input[type=file]')?.click()
  return html`
    <form class="composer" part="composer" @submit=${onSubmit}>
      <div role="alert">${left < 0 || notice ? html`<p class="note failed">${left < 0 ? s.textTooLong : notice}</p>` : nothing}</div>
      ${left < nearEnd ? html`<p class="note left" id="left" data-over=${left < 0 ? '' : nothing}>${left < 0 ? s.bytesOver(-left) : s.bytesLeft(left)}</p>` : nothing}
      ${emoji?.grid(s) ?? nothing}
      <div class="field">
        ${files ? html`
          <input type="file" multiple hidden @change=${onChosen}>
          <button class="field-button attach" part="attach" type="button" aria-label=${s.attach} title=${s.attach} @click=${onAttach}>${attachIcon}</button>` : nothing}
        ${emoji?.button(s) ?? nothing}
        <textarea rows="1" aria-label=${label} placeholder=${label} autocomplete="off" enterkeyhint="send" aria-invalid=${left < 0}
          aria-describedby=${left < nearEnd ? 'left' : nothing}
          .value=${live(value)} @input=${onInput} @keydown=${onKeydown} @paste=${onPaste}></textarea>
        <button class="send" part="send" type="submit" aria-label=${s.send} ?disabled=${!value.trim() || left < 0}>${sendIcon}</button>
      </div>
    </form>`
}

/** fit sets the height that field-sizing gives where it is known. */
export function fit(field: HTMLTextAreaElement | null | undefined): void {
  if (!field || sizesItself) return
  field.style.setProperty('height', 'auto')
  field.style.setProperty('height', `${field.scrollHeight}px`)
}
