import { html, nothing, type TemplateResult } from 'lit'
import type { ModelChat } from 'rtmwidget'
import { Menu } from './menu.ts'
import type { Panel } from './panel-host.ts'
import { raw } from './raw.ts'
import { conversation, download, transcript } from './transcript.ts'

/** ChatMenu is what a customer can do with the conversation beside writing: keep it, end it, and be told of answers. */
export class ChatMenu {
  readonly #panel: Panel
  readonly #menu: Menu
  /** The chat that somebody is about to end. */
  #ending: string | undefined
  #saving = false

  constructor(panel: Panel) {
    this.#panel = panel
    this.#menu = new Menu(panel, selector => panel.find(selector))
  }

  /** The button for the header, as soon as there is a conversation. */
  button(): TemplateResult | typeof nothing {
    const { alerts, session: { chat }, strings: s } = this.#panel
    if (!chat) return nothing
    return this.#menu.render(s, () => [
      { part: 'save-transcript', label: s.saveTranscript, disabled: this.#saving, act: () => void this.#save() },
      { part: 'sound', label: s.sound, checked: alerts.sound, act: () => alerts.toggleSound() },
      { part: 'notifications', label: s.notifications, checked: alerts.notifies, disabled: !alerts.canNotify, act: () => void alerts.decide(!alerts.notifies) },
      ...(chat.active ? [{ part: 'end-chat', label: s.endChat, act: () => this.#ask(chat.id) }] : []),
    ])
  }

  /** What stands under the header: a question, or nothing. */
  question(): TemplateResult | typeof nothing {
    const { alerts, session, strings: s } = this.#panel
    const { chat } = session
    const end = () => {
      this.#keep()
      if (chat) session.act('close', { chat_id: chat.id })
    }
    if (chat?.active && chat.id === this.#ending) {
      return html`
        <div class="confirm" part="confirm" role="alertdialog" aria-labelledby="end-question" @keydown=${this.#onKeydown}>
          <p id="end-question">${s.endQuestion}</p>
          <button class="text-button" part="keep-chatting" type="button" @click=${this.#keep}>${s.keepChatting}</button>
          <button class="text-button primary" part="end-confirm" type="button" @click=${end}>${s.endChat}</button>
        </div>`
    }
    if (!alerts.undecided || !waits(chat, session.state.me?.id)) return nothing
    const decide = (on: boolean) => {
      void alerts.decide(on)
      this.#panel.focusComposer()
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
    this.#panel.requestUpdate()
    void this.#panel.updateComplete.then(() => this.#panel.find('[part=keep-chatting]')?.focus())
  }

  readonly #keep = (): void => {
    this.#ending = undefined
    this.#panel.requestUpdate()
    this.#panel.focusComposer()
  }

  readonly #onKeydown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    event.stopPropagation()
    this.#keep()
  }

  async #save(): Promise<void> {
    const { session: { client, chat }, strings: s } = this.#panel
    if (!client || !chat) return
    this.#saving = true
    const now = new Date()
    const held = await conversation(client, chat)
    this.#saving = false
    this.#panel.requestUpdate()
    if (client !== this.#panel.session.client) return // it is somebody else's widget now
    download(`${s.transcriptFile}-${now.toISOString().slice(0, 10)}.txt`, transcript(held, s, now))
  }
}

/** waits is true when the customer has written, and nobody has answered. */
function waits(chat: ModelChat | undefined, me: string | undefined): boolean {
  if (!chat?.active) return false
  let at = chat.timeline.length - 1
  while (at >= 0 && raw(chat.timeline[at]!.event).type === 'system_message') at--
  const last = chat.timeline[at]
  return last?.state === 'sent' && raw(last.event).author_id === me
}
