import { html, nothing, type LitElement, type TemplateResult } from 'lit'
import type { CustomerClient, ModelChat } from 'rtmwidget'
import { Menu } from './menu.ts'
import type { Alerts } from './notify.ts'
import { raw } from './raw.ts'
import { conversation, download, transcript } from './transcript.ts'
import type { Strings } from './strings.ts'

export interface ChatMenuOptions {
  alerts: Alerts
  strings: () => Strings
  chat: () => ModelChat | undefined
  client: () => CustomerClient | undefined
  end: (chat: ModelChat) => void
  /** Puts the focus where one writes. */
  write: () => void
}

/** ChatMenu is what a customer can do with the conversation beside writing: keep it, end it, and be told of answers. */
export class ChatMenu {
  readonly #host: LitElement
  readonly #options: ChatMenuOptions
  readonly #menu: Menu
  /** The chat that somebody is about to end. */
  #ending: string | undefined
  #saving = false

  constructor(host: LitElement, options: ChatMenuOptions) {
    this.#host = host
    this.#options = options
    this.#menu = new Menu(host)
  }

  /** The button for the header, as soon as there is a conversation. */
  button(): TemplateResult | typeof nothing {
    const { alerts, chat: chatNow, strings } = this.#options
    const chat = chatNow()
    if (!chat) return nothing
    const s = strings()
    return this.#menu.render(s, () => [
      { part: 'save-transcript', label: s.saveTranscript, disabled: this.#saving || !chat.timeline.length, act: () => void this.#save() },
      { part: 'sound', label: s.sound, checked: alerts.sound, act: () => alerts.toggleSound() },
      { part: 'notifications', label: s.notifications, checked: alerts.notifies, disabled: !alerts.canNotify, act: () => void alerts.decide(!alerts.notifies) },
      ...(chat.active ? [{ part: 'end-chat', label: s.endChat, act: () => this.#ask(chat.id) }] : []),
    ])
  }

  /** What stands under the header: a question, or nothing. */
  question(): TemplateResult | typeof nothing {
    const { chat: chatNow, strings, end, alerts } = this.#options
    const s = strings()
    const chat = chatNow()
    if (chat?.active && chat.id === this.#ending) {
      return html`
        <div class="confirm" part="confirm" role="alertdialog" aria-labelledby="end-question" @keydown=${this.#onKeydown}>
          <p id="end-question">${s.endQuestion}</p>
          <button class="text-button" part="keep-chatting" type="button" @click=${this.#keep}>${s.keepChatting}</button>
          <button class="text-button primary" part="end-confirm" type="button" @click=${() => { this.#keep(); end(chat) }}>${s.endChat}</button>
        </div>`
    }
    if (!alerts.undecided || !waits(chat, this.#options.client())) return nothing
    const decide = (on: boolean) => {
      void alerts.decide(on)
      this.#options.write()
    }
    return html`
      <div class="confirm offer" part="notify-offer" role="group" aria-label=${s.notifications}>
        <p>${s.notifyOffer}</p>
        <button class="link-button" part="notify-no" type="button" @click=${() => decide(false)}>${s.notifyNo}</button>
        <button class="text-button" part="notify-yes" type="button" @click=${() => decide(true)}>${s.notifyYes}</button>
      </div>`
  }

  #ask(chat: string): void {
    this.#ending = chat
    this.#host.requestUpdate()
    void this.#host.updateComplete.then(() => this.#host.renderRoot.querySelector<HTMLElement>('[part=keep-chatting]')?.focus())
  }

  readonly #keep = (): void => {
    this.#ending = undefined
    this.#host.requestUpdate()
    this.#options.write()
  }

  readonly #onKeydown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    event.stopPropagation()
    this.#keep()
  }

  async #save(): Promise<void> {
    const { client: clientNow, chat: chatNow, strings } = this.#options
    const [client, chat] = [clientNow(), chatNow()]
    if (!client || !chat) return
    this.#saving = true
    const s = strings()
    const now = new Date()
    const held = await conversation(client, chat)
    this.#saving = false
    this.#host.requestUpdate()
    if (!this.#host.isConnected) return
    download(`${s.transcriptFile}-${now.toISOString().slice(0, 10)}.txt`, transcript(held, s, now))
  }
}

/** waits is true when the customer has written, and nobody has answered. */
function waits(chat: ModelChat | undefined, client: CustomerClient | undefined): boolean {
  const last = chat?.active ? [...chat.timeline].reverse().find(item => raw(item.event).type !== 'system_message') : undefined
  return last?.state === 'sent' && raw(last.event).author_id === client?.model.state.me?.id
}
