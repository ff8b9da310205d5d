import { html, nothing, type TemplateResult } from 'lit'
import { live } from 'lit/directives/live.js'
import { sendIcon } from './icons.ts'
import type { Strings } from './strings.ts'

export interface ComposerOptions {
  value: string
  label: string
  strings: Strings
  /** Why the text was not taken; '' when there is nothing to say. */
  notice: string
  input: (text: string) => void
  send: () => void
}

const sizesItself = typeof CSS !== 'undefined' && CSS.supports('field-sizing', 'content')

/** composer draws a text field that grows, and its button. Enter sends, Shift+Enter starts a line. */
export function composer({ value, label, strings: s, notice, input, send }: ComposerOptions): TemplateResult {
  const onKeydown = (event: KeyboardEvent) => {
    // keyCode 229: Safari ends a composition before it reports the Enter that accepted it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    send()
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
    send()
  }
  return html`
    <form class="composer" part="composer" @submit=${onSubmit}>
      <div role="alert">${notice ? html`<p class="note failed">${notice}</p>` : nothing}</div>
      <div class="field">
        <textarea rows="1" aria-label=${label} placeholder=${label} autocomplete="off" enterkeyhint="send"
          .value=${live(value)} @input=${onInput} @keydown=${onKeydown}></textarea>
        <button class="send" part="send" type="submit" aria-label=${s.send} ?disabled=${!value.trim()}>${sendIcon}</button>
      </div>
    </form>`
}

/** fit sets the height that field-sizing gives where it is known. */
export function fit(field: HTMLTextAreaElement | null | undefined): void {
  if (!field || sizesItself) return
  field.style.setProperty('height', 'auto')
  field.style.setProperty('height', `${field.scrollHeight}px`)
}
