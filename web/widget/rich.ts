import { html, nothing, type TemplateResult } from 'lit'
import { words } from './content.ts'
import { nextIcon, previousIcon } from './icons.ts'
import { linkify, phoneURL, safeURL } from './linkify.ts'
import { link, picture } from './piece.ts'
import { list, str, type RawEvent } from './raw.ts'
import type { Strings } from './strings.ts'

/** A button as the server sent it; what is no text is ''. */
export interface Button {
  text: string
  postbackId: string
  type: string
  value: string
  /** In greetings. */
  buttonId: string
  role: string
  target: string
  /** Who has it toggled. */
  users: readonly unknown[]
}

export interface RichOptions {
  strings: Strings
  /** What a press does; without it the buttons can't be used, as in the agent's view. */
  press?: ((button: Button) => void) | undefined
  /** Whether a plain button is on. */
  pressed?: ((button: Button) => boolean) | undefined
  /** Quick replies are offered until they are answered. */
  answered?: boolean | undefined
}

/** drawn are the templates that are drawn as they are meant; of any other the text is shown. */
export const drawn = (event: RawEvent): boolean =>
  event.type === 'rich_message' && ['cards', 'quick_replies', 'sticker'].includes(str(event.template_id)) && list(event.elements).length > 0

/** rich draws a rich message of one of these templates. */
export function rich(event: RawEvent, options: RichOptions): TemplateResult {
  const elements = list(event.elements)
  const first = elements[0] ?? {}
  switch (event.template_id) {
    case 'sticker':
      return sticker(first, options.strings)
    case 'quick_replies':
      return html`
        ${text(words(first), 'bubble text')}
        ${options.answered ? nothing : buttons(first, options, 'quick-replies')}`
    default:
      return elements.length === 1 ? card(first, options) : carousel(elements, options)
  }
}

function text(value: string, name: string) {
  if (!value.trim()) return nothing
  return html`<div class=${name} part=${name.startsWith('bubble') ? 'bubble' : nothing}>${linkify(value).map(piece => typeof piece === 'string' ? piece : link(piece.href, piece.text))}</div>`
}

function sticker(element: Record<string, unknown>, s: Strings): TemplateResult {
  const image = object(element.image)
  const name = str(image.alternative_text) || str(image.name) || str(element.title) || s.sticker
  const src = safeURL(image.url)
  return src ? picture(src, name, 'sticker', image) : html`<div class="bubble unsupported">${name}</div>`
}

function card(element: Record<string, unknown>, options: RichOptions): TemplateResult {
  const image = object(element.image)
  const src = safeURL(image.url)
  return html`
    <div class="card" part="card">
      ${src ? picture(src, str(image.alternative_text), 'card-image', image) : nothing}
      <div class="card-text">
        ${str(element.title) ? text(str(element.title), 'card-title') : nothing}
        ${str(element.subtitle) ? text(str(element.subtitle), 'card-subtitle') : nothing}
      </div>
      ${buttons(element, options, 'card-buttons')}
    </div>`
}

function carousel(elements: ReadonlyArray<Record<string, unknown>>, options: RichOptions): TemplateResult {
  const { strings: s } = options
  const turn = (event: Event, by: number) => {
    const scroller = (event.currentTarget as HTMLElement).closest('.carousel')?.querySelector('.cards')
    const wide = scroller?.firstElementChild?.getBoundingClientRect().width ?? 0
    const rtl = scroller && getComputedStyle(scroller).direction === 'rtl' ? -1 : 1
    const smooth = !matchMedia('(prefers-reduced-motion: reduce)').matches
    scroller?.scrollBy({ left: by * rtl * (wide + 8), behavior: smooth ? 'smooth' : 'auto' })
  }
  return html`
    <div class="carousel" part="carousel" role="group" aria-label=${s.cards(elements.length)}>
      <div class="cards" role="list" tabindex="0" aria-label=${s.cards(elements.length)}>
        ${elements.map(element => html`<div role="listitem">${card(element, options)}</div>`)}
      </div>
      <div class="turn">
        <button class="icon-button" type="button" aria-label=${s.previousCard} @click=${(e: Event) => turn(e, -1)}>${previousIcon}</button>
        <button class="icon-button" type="button" aria-label=${s.nextCard} @click=${(e: Event) => turn(e, 1)}>${nextIcon}</button>
      </div>
    </div>`
}

/** buttonsOf reads the buttons of an element. */
export function buttonsOf(element: Record<string, unknown>): Button[] {
  return list(element.buttons).filter(button => str(button.text).trim()).map(button => ({
    text: str(button.text),
    postbackId: str(button.postback_id),
    type: str(button.type),
    value: str(button.value),
    buttonId: str(button.button_id),
    role: str(button.role),
    target: str(button.target),
    users: Array.isArray(button.user_ids) ? button.user_ids : [],
  }))
}

function buttons(element: Record<string, unknown>, options: RichOptions, name: string) {
  const all = buttonsOf(element)
  return all.length ? html`<div class=${name} role="group" aria-label=${options.strings.choices}>${all.map(button => one(button, options))}</div>` : nothing
}

function one(button: Button, { press, pressed }: RichOptions): TemplateResult {
  const role = button.role === 'primary' || button.role === 'danger' ? button.role : nothing
  if (!press) return html`<span class="choice" data-role=${role}>${button.text}</span>`
  const href = button.type === 'phone' ? phoneURL(button.value)
    : button.type === 'url' || button.type === 'webview' ? safeURL(button.value, true) : undefined
  // A webview, too, opens in a tab: in a frame it would be another site inside of this page, which the page's policy need not
  // allow, and whose address nobody sees.
  if (href) {
    return html`<a class="choice" part="choice" data-role=${role} href=${href} rel="noopener noreferrer nofollow"
      target=${button.type === 'phone' || button.target === 'current' ? nothing : '_blank'} @click=${() => press(button)}>${button.text}</a>`
  }
  // A link that leads nowhere safe stays visible: its text may say what it was.
  const dead = ['url', 'webview', 'phone'].includes(button.type)
  return html`<button class="choice" part="choice" type="button" data-role=${role} ?disabled=${dead}
    aria-pressed=${!button.type && pressed ? String(pressed(button)) : nothing} @click=${() => press(button)}>${button.text}</button>`
}

function object(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? value as Record<string, unknown> : {}
}
