import { html, nothing, type TemplateResult } from 'lit'
import type { ModelItem, ModelState } from 'rtmwidget'
import { Announced } from './announced.ts'
import { content } from './content.ts'
import { badge } from './format.ts'
import { firstUnread } from './groups.ts'
import { downIcon } from './icons.ts'
import type { Panel } from './panel-host.ts'
import { raw } from './raw.ts'
import { StickToEnd } from './scroll.ts'
import { Timeline, userName } from './timeline.ts'

/** Reader knows where in the conversation the person in front is: at its end or away, what is new there, and what was seen. */
export class Reader {
  readonly #panel: Panel
  readonly #stick: StickToEnd
  /** What is drawn of the conversation. */
  readonly timeline: Timeline
  #announced = new Announced()
  /** The reader is away from the end. */
  #away = false
  /** The timeline's first key when older threads could not be had. */
  #oldest: string | undefined
  /** Messages of others that came while the reader was away. */
  #fresh = 0
  /** The chat in which what is new was looked for. */
  #newIn: string | undefined
  #seenMark = ''
  /** Older threads were asked for since the reader left the end. */
  readsOlder = false
  /** Where what is new begins. */
  newKey: string | undefined

  constructor(panel: Panel) {
    this.#panel = panel
    this.#stick = new StickToEnd(panel, () => panel.find('.timeline'), {
      rows: at => at.querySelectorAll<HTMLElement>('[data-key]'),
      start: () => this.older(),
      end: atEnd => this.#moved(atEnd),
    })
    this.timeline = new Timeline(panel, () => panel.find('.timeline'), this.#stick)
  }

  toEnd(): void {
    this.#stick.jump()
  }

  /** opened takes the reader to the end. */
  opened(): void {
    this.#stick.jump()
    this.#fresh = 0
  }

  closed(): void {
    this.newKey = undefined
  }

  clear(): void {
    this.#announced = new Announced()
    this.#seenMark = ''
    this.newKey = this.#newIn = this.#oldest = undefined
  }

  /** changed takes what the model shows now, and tells the page of what was added. */
  changed(before: ModelState): void {
    const { session, open, host } = this.#panel
    const { state, chat } = session
    if (session.live && before.connection.state !== 'live') this.#seenMark = ''
    const me = state.me?.id
    if (chat?.loaded && me && this.#newIn !== chat.id) {
      this.#newIn = chat.id
      this.newKey ??= firstUnread(chat, { id: me, side: 'customer' })
    }
    const read = open && !this.#away && document.visibilityState === 'visible'
    let news: ModelItem | undefined
    if (read) this.#fresh = 0
    for (const { chatId, item } of this.#announced.next(state)) {
      const author = raw(item.event).author_id
      if (author && author !== me) news = item
      if (!read && chatId === chat?.id && author && author !== me) {
        if (!this.#fresh++) this.newKey = item.key
      }
      host.message(chatId, item.event, author === me)
    }
    if (news) this.#tell(news)
  }

  /** tell lets somebody who looks elsewhere know of a message. */
  #tell({ key, event }: ModelItem): void {
    const { alerts, session: { chat }, strings } = this.#panel
    const author = chat?.users.find(user => user.id === raw(event).author_id)
    alerts.tell({ id: key, name: userName(author, strings, strings.agent), text: content(event, strings).text })
  }

  markSeen(): void {
    const { session: { chat }, open } = this.#panel
    if (!chat?.unread || !open || document.visibilityState !== 'visible') return
    // Once for each newest event: the count stays until the server has answered.
    const mark = `${chat.id} ${chat.timeline.at(-1)?.key ?? ''}`
    if (mark === this.#seenMark) return
    this.#seenMark = mark
    this.#panel.session.act('seen', { chat_id: chat.id })
  }

  /** older asks for what is before the timeline, once for each start of it. */
  older(byHand = false): void {
    const { session, open } = this.#panel
    const { chat } = session
    if (!chat?.more || chat.loading || !chat.loaded || !session.live || !open) return
    const first = chat.timeline[0]?.key
    if (!byHand && (first === this.#oldest || chat.error?.act === 'older')) return
    this.#oldest = first
    this.readsOlder = true
    session.act('older', { chat_id: chat.id })
  }

  #moved(atEnd: boolean): void {
    this.#away = !atEnd
    const { session } = this.#panel
    if (atEnd) {
      this.#fresh = 0
      if (this.readsOlder && session.chat) session.act('recent', { chat_id: session.chat.id })
      this.readsOlder = false
      this.#oldest = undefined
    }
    this.#panel.requestUpdate()
  }

  /** jump draws the button that leads back to the end. */
  jump(after: () => void): TemplateResult {
    const s = this.#panel.strings
    const toEnd = () => {
      this.toEnd()
      after()
    }
    // Said here, for the messages themselves are too far from what is seen to be in the page.
    const news = this.#away && this.#fresh ? s.jumpNew(this.#fresh) : ''
    return html`<div class="jump-place"><span class="hidden-text" role="status">${news}</span>${this.#away ? html`
      <button class="jump" part="jump" type="button" aria-label=${this.#fresh ? s.jumpNew(this.#fresh) : s.jump} @click=${toEnd}>
        ${downIcon}${this.#fresh ? html`<span class="badge" aria-hidden="true">${badge(this.#fresh, s)}</span>` : nothing}
      </button>` : nothing}</div>`
  }
}
